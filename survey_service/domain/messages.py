"""What travels between a participant's browser and the service, byte by byte. Protocol sections 1, 3 and 4."""

import hashlib
import json
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from msgspec import Meta, Struct

from survey_service.domain import encodings
from survey_service.domain.codes import InvitationCode, normalise
from survey_service.errors import Refusal

SERIAL_LENGTH = 32  # bytes
RANDOMIZER_LENGTH = 32  # bytes; RFC 9474 section 4.1
SIGNATURE_LENGTH = 384  # bytes: RSA-3072; also of a blinded message and of a blind signature
SEALING_KEY_LENGTH = 65  # bytes: 0x04 and two coordinates of a P-256 point

SEALING_SUITE = Suite(KEM.P256, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
"""HPKE base mode, DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-256-GCM: RFC 9180. One shot, empty aad."""
SEALING_OVERHEAD = 81  # bytes: 65 of the encapsulated key, 16 of the tag

_FRAME_LENGTH = 4  # bytes that hold the length of the JSON
_CREDENTIAL_LABEL = b"survey/v1/credential"
_RESPONSE_LABEL = b"survey/v1/response"

# "$(?!\n)" instead of "$": in Python's expressions "$" alone also matches before a last line feed.
_RoundId = Annotated[str, Meta(pattern=r"^[a-z0-9-]{1,64}$(?!\n)")]
_Sha256Hex = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$(?!\n)")]
_Custody = Annotated[str, Meta(pattern=r"^(server|[1-9][0-9]* of [1-9][0-9]* trustees)$(?!\n)")]
_Count = Annotated[int, Meta(ge=1)]

T = TypeVar("T")


class Malformed(Refusal):
    """A body that is not what the protocol describes. Carries a fixed sentence, never a piece of the body.

    fault: what is wrong, without any received value.
    """

    def __init__(self, fault: str) -> None:
        super().__init__(fault, remedy="The participant protocol describes the request.")
        self.fault = fault


class AnswerTooLong(Refusal):
    """The answers do not fit into the round's plaintext size.

    length, limit: bytes of JSON.
    """

    def __init__(self, *, length: int, limit: int) -> None:
        super().__init__(f"The answers take {length} bytes, and {limit} fit.", remedy="Shorten the free texts.")
        self.length = length
        self.limit = limit


class WrongPadding(Refusal):
    """A plaintext whose stated length does not fit, or whose filling is not all zero."""

    def __init__(self) -> None:
        super().__init__("The plaintext is not framed as length, JSON and zero bytes.")


class QuestionnaireReference(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which questionnaire a round asks. sha256: of the served questionnaire's bytes."""

    id: str
    version: str
    sha256: _Sha256Hex


class Terms(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A round's immutable terms. The members' order is the served one: `msgspec.json.encode(terms)` are the bytes.

    title: by language tag.
    survey_sha256: of what was approved (plan, units, retention, schedule).
    roster_size: valid invitation codes, at most.
    credential_key: base64url DER SubjectPublicKeyInfo, RSA-3072.
    sealing_key: base64url, 65 bytes, uncompressed P-256 point.
    plaintext_size: bytes of every padded plaintext.
    """

    protocol: Literal["1"] = "1"
    round_id: _RoundId
    title: dict[str, str]
    languages: tuple[str, ...]
    questionnaire: QuestionnaireReference
    survey_sha256: _Sha256Hex
    minimum_group_size: _Count
    roster_size: _Count
    custody: _Custody
    credential_key: str
    sealing_key: str
    plaintext_size: Annotated[int, Meta(gt=_FRAME_LENGTH)]

    @property
    def sealed_length(self) -> int:
        """Bytes of every sealed response of the round."""
        return self.plaintext_size + SEALING_OVERHEAD


class CredentialRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Asks for a blind signature in exchange for an invitation."""

    invitation: str
    blinded_message: str

    def code(self) -> InvitationCode:
        """The invitation in normal form. Raises NotACode."""
        return normalise(self.invitation)

    def decoded_message(self) -> bytes:
        """384 bytes. Raises NotBase64Url."""
        return encodings.decode(self.blinded_message, SIGNATURE_LENGTH)


class CredentialAnswer(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The blind signature, base64url."""

    blind_signature: str

    @classmethod
    def encoded(cls, blind_signature: bytes) -> "CredentialAnswer":
        return cls(blind_signature=encodings.encode(blind_signature))

    def decoded(self) -> bytes:
        """384 bytes. Raises NotBase64Url."""
        return encodings.decode(self.blind_signature, SIGNATURE_LENGTH)


class Credential(Struct, frozen=True, kw_only=True):
    """The right to answer once: serial and randomizer 32 bytes each, signature 384 bytes."""

    serial: bytes
    randomizer: bytes
    signature: bytes


class ResponseRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Hands in a sealed response with its credential; every member base64url."""

    serial: str
    randomizer: str
    signature: str
    sealed: str

    @classmethod
    def encoded(cls, credential: Credential, sealed: bytes) -> "ResponseRequest":
        return cls(
            serial=encodings.encode(credential.serial),
            randomizer=encodings.encode(credential.randomizer),
            signature=encodings.encode(credential.signature),
            sealed=encodings.encode(sealed),
        )

    def credential(self) -> Credential:
        """Raises NotBase64Url."""
        return Credential(
            serial=encodings.decode(self.serial, SERIAL_LENGTH),
            randomizer=encodings.decode(self.randomizer, RANDOMIZER_LENGTH),
            signature=encodings.decode(self.signature, SIGNATURE_LENGTH),
        )

    def decoded_sealed(self, plaintext_size: int | None = None) -> bytes:
        """Exactly `plaintext_size` + 81 bytes, of any length before the round is known. Raises NotBase64Url."""
        return encodings.decode(self.sealed, None if plaintext_size is None else plaintext_size + SEALING_OVERHEAD)


class ResponseAnswer(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The receipt, 64 hex digits: SHA-256 of the sealed response."""

    receipt: _Sha256Hex


class Answers(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a sealed response holds; `msgspec.json.encode(answers)` are the JSON bytes.

    questionnaire: SHA-256 of the questionnaire that was answered, hex.
    answers: item id -> option code, number or text; for a multiple choice the option codes.
    """

    questionnaire: _Sha256Hex
    answers: dict[str, str | tuple[str, ...]]


def credential_message(round_id: str, serial: bytes) -> bytes:
    """The message a credential signs. serial: 32 bytes. Protocol section 3."""
    return b"\0".join((_CREDENTIAL_LABEL, round_id.encode("ascii"), serial))


def response_info(round_id: str, serial: bytes) -> bytes:
    """HPKE `info` that ties a sealed response to its round and credential. serial: 32 bytes. Protocol section 4."""
    return b"\0".join((_RESPONSE_LABEL, round_id.encode("ascii"), hashlib.sha256(serial).digest()))


def pad(json_bytes: bytes, plaintext_size: int) -> bytes:
    """Length (4 bytes), JSON, and zero bytes up to `plaintext_size`. Raises AnswerTooLong."""
    limit = plaintext_size - _FRAME_LENGTH
    if len(json_bytes) > limit:
        raise AnswerTooLong(length=len(json_bytes), limit=limit)
    return len(json_bytes).to_bytes(_FRAME_LENGTH, "big") + json_bytes.ljust(limit, b"\0")


def unpad(plaintext: bytes) -> bytes:
    """The JSON bytes of a padded plaintext. Raises WrongPadding."""
    if len(plaintext) < _FRAME_LENGTH:
        raise WrongPadding
    end = _FRAME_LENGTH + int.from_bytes(plaintext[:_FRAME_LENGTH], "big")
    if end > len(plaintext) or plaintext.count(0, end) != len(plaintext) - end:
        raise WrongPadding
    return plaintext[_FRAME_LENGTH:end]


def parse(body: bytes, schema: type[T]) -> T:
    """The body as `schema`: UTF-8 JSON without a byte order mark, known members only, each once.

    Raises Malformed.
    """
    # What the parsers raise holds pieces of the body: it must not travel on as a cause.
    try:
        parsed = msgspec.json.decode(body, type=schema)
        # msgspec keeps the last of several members of one name, another reader perhaps the first: what one
        # checks and the other stores would differ. The second reading only looks for such members.
        json.loads(body.decode("utf-8"), object_pairs_hook=_refuse_duplicates)
    except msgspec.ValidationError:
        raise Malformed("Members or their types differ.") from None
    except (msgspec.DecodeError, ValueError, RecursionError):
        raise Malformed("The body is no strict UTF-8 JSON.") from None
    return parsed


def _refuse_duplicates(members: list[tuple[str, Any]]) -> None:
    if len({name for name, _ in members}) != len(members):
        raise Malformed("A member stands twice.")
