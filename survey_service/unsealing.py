"""The private side: sealed responses are opened, checked and shuffled. Nothing else sees plaintext answers.

What comes out holds no serial, and its order is drawn anew: an answer can no longer be met with its ballot.
"""

import secrets
from collections.abc import Sequence

import numpy as np
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_private_key
from msgspec import Struct
from numpy.typing import NDArray

from analysis.responses import Column, Responses, coded_items, dtype, shape
from questionnaires.answers import AnswerChecker, Answers, InvalidAnswers
from questionnaires.model import Questionnaire
from survey_service.domain.messages import SEALING_SUITE, Malformed, WrongPadding, parse, response_info, unpad
from survey_service.domain.responses import SealedResponse
from survey_service.domain.rounds import RoundId


class UnusableSealingKey(ValueError):
    """The sealing key file holds no P-256 private key, or not the one of the round's terms."""


class OpenedBatch(Struct, frozen=True, kw_only=True):
    """Some responses of a ballot box, opened and coded, still in the order in which they were given.

    texts: by item id. invalid: responses that could not be opened or are no answers to this questionnaire; left out.
    """

    size: int
    columns: dict[str, Column]
    texts: dict[str, list[str]]
    invalid: int


class OpenedResponses(Struct, frozen=True, kw_only=True):
    """What a round's ballot box held.

    responses: coded, shuffled, without free texts.
    texts: by item id, shuffled on their own, so that a text meets neither its author's answers nor their other texts.
    invalid: responses that could not be opened or are no answers to this questionnaire; counted and left out.
    """

    responses: Responses
    texts: dict[str, tuple[str, ...]]
    invalid: int


class _Plaintext(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    questionnaire: str
    answers: dict[str, str | list[str]]


class Opener:
    """Opens the sealed responses of one round.

    Raises UnusableSealingKey where the key does not fit the point in the terms.
    """

    def __init__(
        self, private_key_der: bytes, public_point: bytes, round_id: RoundId, questionnaire: Questionnaire, sha256: str
    ) -> None:
        try:
            key = load_der_private_key(private_key_der, password=None)
        except (ValueError, TypeError):
            raise UnusableSealingKey from None
        expected = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public_point)
        if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != expected:
            raise UnusableSealingKey
        self.questionnaire = questionnaire
        self.text_items = tuple(item.id for item in questionnaire.items if item.kind == "text")
        self._key = key
        self._round_id = round_id
        self._checker = AnswerChecker(questionnaire)
        self._sha256 = sha256

    def open(self, response: SealedResponse) -> Answers | None:
        """The checked answers; None where the response is invalid."""
        info = response_info(self._round_id, response.serial)
        try:
            plaintext = SEALING_SUITE.decrypt(response.sealed, self._key, info=info)
            content = parse(unpad(plaintext), _Plaintext)
            return self._checker.check(content.answers) if content.questionnaire == self._sha256 else None
        except (InvalidTag, ValueError, WrongPadding, Malformed, InvalidAnswers):
            return None


def open_batch(opener: Opener, responses: Sequence[SealedResponse]) -> OpenedBatch:
    """Opens, checks and codes. No answer is kept in any other form."""
    answers: list[Answers] = []
    texts: dict[str, list[str]] = {item_id: [] for item_id in opener.text_items}
    for response in responses:
        opened = opener.open(response)
        if opened is None:
            continue
        for item_id in opener.text_items:
            text = opened.pop(item_id, None)
            if isinstance(text, str):
                texts[item_id].append(text)
        answers.append(opened)
    coded = Responses.from_answers(opener.questionnaire, answers)
    return OpenedBatch(size=coded.size, columns=coded.columns, texts=texts, invalid=len(responses) - len(answers))


def shuffled(questionnaire: Questionnaire, batches: Sequence[OpenedBatch]) -> OpenedResponses:
    """All batches as one, in an order drawn anew; of each column there are two copies for a moment."""
    size = sum(batch.size for batch in batches)
    order = new_order(size)
    columns: dict[str, Column] = {}
    for item in coded_items(questionnaire):
        # popped: the batches give up what is taken over, so that a large round is not held twice
        parts = [batch.columns.pop(item.id) for batch in batches]
        column = np.zeros(shape(item, size), dtype=dtype(item))
        if parts:
            np.concatenate(parts, out=column)
        columns[item.id] = column[order]
    texts: dict[str, tuple[str, ...]] = {}
    for item in questionnaire.items:
        if item.kind == "text":
            written = [text for batch in batches for text in batch.texts[item.id]]
            texts[item.id] = tuple(written[place] for place in new_order(len(written)))
    return OpenedResponses(
        responses=Responses(questionnaire, size, columns), texts=texts, invalid=sum(batch.invalid for batch in batches)
    )


def new_order(size: int) -> NDArray[np.intp]:
    """A permutation drawn with a CSPRNG, each equally likely (Fisher and Yates)."""
    order = list(range(size))
    secrets.SystemRandom().shuffle(order)
    return np.array(order, dtype=np.intp)
