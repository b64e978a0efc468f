"""The participant's side: answers in, sealed response and blinded credential request out.

This is also the reference client: whatever it sends, any client may send. It asks nothing of the network.
Protocol sections 3 and 4.
"""

import secrets
from collections.abc import Callable, Mapping, Sequence

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from msgspec import Struct

from questionnaires.model import Item, Questionnaire
from survey_service.domain import blind_signatures, encodings
from survey_service.domain.blind_signatures import Blinded, NotACredentialKey
from survey_service.domain.codes import normalise
from survey_service.domain.messages import (
    RANDOMIZER_LENGTH,
    SEALING_KEY_LENGTH,
    SEALING_SUITE,
    SERIAL_LENGTH,
    Answers,
    Credential,
    CredentialRequest,
    ResponseRequest,
    Terms,
    credential_message,
    pad,
    response_info,
)
from survey_service.errors import Refusal

RandomBytes = Callable[[int], bytes]
"""Number of bytes -> that many, cryptographically secure."""


class UnusableTerms(Refusal):
    """Terms whose keys are not of the protocol's shape: nobody should answer under them.

    member: the member at fault.
    """

    def __init__(self, member: str) -> None:
        super().__init__(f"The terms' {member} is not what the protocol describes.", remedy="Do not take part.")
        self.member = member


class UnknownAnswer(Refusal):
    """An answer to an item, or a choice of an option, that the questionnaire does not have.

    item: the item's id as it was given.
    """

    def __init__(self, item: str) -> None:
        super().__init__(f"The questionnaire has no such answer: {item!r}.", remedy="Answer the questionnaire served.")
        self.item = item


def in_questionnaire_order(
    questionnaire: Questionnaire, answers: Mapping[str, str | Sequence[str]]
) -> dict[str, str | tuple[str, ...]]:
    """The same answers in the questionnaire's order: the order of clicking would tell of the person.

    answers: item id -> option code, number or text; for a multiple choice the option codes, in any order.
    Raises UnknownAnswer.
    """
    ordered = {item.id: _ordered(item, answers[item.id]) for item in questionnaire.items if item.id in answers}
    if unknown := [item_id for item_id in answers if item_id not in ordered]:
        raise UnknownAnswer(unknown[0])
    return ordered


def _ordered(item: Item, answer: str | Sequence[str]) -> str | tuple[str, ...]:
    if isinstance(answer, str):
        return answer
    chosen = tuple(option.code for option in item.options if option.code in answer)
    if len(chosen) != len(set(answer)):
        raise UnknownAnswer(item.id)
    return chosen


def load_credential_key(terms: Terms) -> rsa.RSAPublicKey:
    """Raises UnusableTerms."""
    try:
        return blind_signatures.load_public_key(encodings.decode(terms.credential_key))
    except (encodings.NotBase64Url, NotACredentialKey):
        raise UnusableTerms("credential_key") from None


def load_sealing_key(terms: Terms) -> ec.EllipticCurvePublicKey:
    """Raises UnusableTerms."""
    try:
        point = encodings.decode(terms.sealing_key, SEALING_KEY_LENGTH)
        return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except (encodings.NotBase64Url, ValueError):
        raise UnusableTerms("sealing_key") from None


def seal(terms: Terms, serial: bytes, answers: Answers) -> bytes:
    """The sealed response, ``enc || ciphertext``: exactly `terms.sealed_length` bytes.

    serial: 32 bytes; the sealed response opens only together with it.
    Raises AnswerTooLong, UnusableTerms.
    """
    plaintext = pad(msgspec.json.encode(answers), terms.plaintext_size)
    return SEALING_SUITE.encrypt(plaintext, load_sealing_key(terms), info=response_info(terms.round_id, serial))


class Participation(Struct, frozen=True, kw_only=True):
    """One person's taking part, from the sealing to the response. Its fields are secrets of that person.

    serial, randomizer: 32 bytes each, never derived from the invitation.
    sealed: the sealed response; it exists before the credential is asked for, so leaving half-way costs nothing.
    """

    terms: Terms
    credential_key: rsa.RSAPublicKey
    serial: bytes
    randomizer: bytes
    blinded: Blinded
    sealed: bytes

    @classmethod
    def begin(
        cls, terms: Terms, answers: Answers, *, random_bytes: RandomBytes = secrets.token_bytes
    ) -> "Participation":
        """Seals the answers and blinds a fresh credential.

        Raises AnswerTooLong, UnusableTerms.
        """
        serial, randomizer = random_bytes(SERIAL_LENGTH), random_bytes(RANDOMIZER_LENGTH)
        credential_key = load_credential_key(terms)
        prepared = blind_signatures.prepare(credential_message(terms.round_id, serial), randomizer)
        return cls(
            terms=terms,
            credential_key=credential_key,
            serial=serial,
            randomizer=randomizer,
            blinded=blind_signatures.blind(credential_key, prepared),
            sealed=seal(terms, serial, answers),
        )

    def __repr__(self) -> str:
        return f"<Participation in {self.terms.round_id}>"

    def credential_request(self, code: str) -> CredentialRequest:
        """The request that redeems an invitation; repeating it is safe. Raises NotACode."""
        return CredentialRequest(
            invitation=normalise(code), blinded_message=encodings.encode(self.blinded.blinded_message)
        )

    def finish(self, blind_signature: bytes) -> ResponseRequest:
        """The response with its credential; repeating it is safe.

        blind_signature: 384 bytes, the service's answer to the credential request.
        Raises InvalidBlindSignature.
        """
        message = credential_message(self.terms.round_id, self.serial)
        prepared = blind_signatures.prepare(message, self.randomizer)
        signature = blind_signatures.finalize(self.credential_key, prepared, blind_signature, self.blinded.inverse)
        credential = Credential(serial=self.serial, randomizer=self.randomizer, signature=signature)
        return ResponseRequest.encoded(credential, self.sealed)
