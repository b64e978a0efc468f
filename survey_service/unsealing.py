"""The private side: sealed responses are opened, checked and shuffled. Nothing else sees plaintext answers.

What comes out holds no serial, and its order is drawn anew: an answer can no longer be met with its ballot.
"""

import secrets
from collections.abc import Iterable, Sequence
from typing import TypeVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_private_key
from msgspec import Struct

from questionnaires.answers import AnswerChecker, Answers, InvalidAnswers
from questionnaires.model import Questionnaire
from survey_service.domain.messages import SEALING_SUITE, Malformed, WrongPadding, parse, response_info, unpad
from survey_service.domain.responses import SealedResponse
from survey_service.domain.rounds import RoundId

T = TypeVar("T")


class UnusableSealingKey(ValueError):
    """The sealing key file holds no P-256 private key, or not the one of the round's terms."""


class OpenedResponses(Struct, frozen=True, kw_only=True):
    """What a round's ballot box held.

    answers: one for each respondent, shuffled, without free texts.
    texts: by item id, shuffled on their own, so that a text meets neither its author's answers nor their other texts.
    invalid: responses that could not be opened or are no answers to this questionnaire; counted and left out.
    """

    answers: tuple[Answers, ...]
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


def open_all(opener: Opener, responses: Iterable[SealedResponse], text_items: Sequence[str]) -> OpenedResponses:
    """Opens, checks and shuffles. text_items: ids of the items whose answers are free texts."""
    answers: list[Answers] = []
    texts: dict[str, list[str]] = {item_id: [] for item_id in text_items}
    invalid = 0
    for response in responses:
        opened = opener.open(response)
        if opened is None:
            invalid += 1
            continue
        for item_id in text_items:
            text = opened.pop(item_id, None)
            if isinstance(text, str):
                texts[item_id].append(text)
        answers.append(opened)
    shuffle(answers)
    for split_off in texts.values():
        shuffle(split_off)
    return OpenedResponses(
        answers=tuple(answers),
        texts={item_id: tuple(split_off) for item_id, split_off in texts.items()},
        invalid=invalid,
    )


def shuffle(values: list[T]) -> None:
    """Draws a new order with a CSPRNG, every order equally likely (Fisher and Yates)."""
    secrets.SystemRandom().shuffle(values)
