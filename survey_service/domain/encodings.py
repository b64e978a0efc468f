"""Bytes as text: strict base64url for the wire, Crockford base32 for what people read and type."""

import base64
import hashlib

from survey_service.errors import Refusal

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # without I, L, O (look-alikes) and U; Crockford 2002
_BITS_PER_CHARACTER = 5

FINGERPRINT_LENGTH = 26  # characters of 5 bits: 130 bits, protocol section 1


class NotBase64Url(Refusal):
    """Not base64url without padding and with zero trailing bits, or not of the expected length.

    Carries lengths only: the text itself may be a serial or a signature.

    length: characters received. expected: bytes wanted, None for any number.
    """

    def __init__(self, *, length: int, expected: int | None) -> None:
        wanted = "base64url" if expected is None else f"base64url of {expected} bytes"
        super().__init__(f"{length} characters are no {wanted}.", remedy="Send it unpadded, with zero trailing bits.")
        self.length = length
        self.expected = expected


def encode(value: bytes) -> str:
    """Base64url (RFC 4648 section 5) without padding."""
    return base64.urlsafe_b64encode(value).decode("ascii").rstrip("=")


def decode(text: str, length: int | None = None) -> bytes:
    """Strict inverse of `encode`.

    length: bytes expected, None for any number.
    Raises NotBase64Url.
    """
    try:
        value = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        raise NotBase64Url(length=len(text), expected=length) from None
    # The library skips foreign characters, stops at an inner "=" and ignores trailing bits. Only the one
    # canonical text of these bytes encodes back to itself, so comparing refuses every variant at once.
    if encode(value) != text or (length is not None and len(value) != length):
        raise NotBase64Url(length=len(text), expected=length)
    return value


def base32(value: int, length: int) -> str:
    """The lowest 5 x `length` bits of `value` as Crockford base32, most significant first."""
    shifts = range(_BITS_PER_CHARACTER * (length - 1), -1, -_BITS_PER_CHARACTER)
    return "".join(CROCKFORD[value >> shift & 0b11111] for shift in shifts)


def fingerprint(served_bytes: bytes) -> str:
    """The first 130 bits of SHA-256 as 26 Crockford base32 characters, for people to compare. Protocol section 1."""
    digest = hashlib.sha256(served_bytes).digest()
    first_bits = int.from_bytes(digest, "big") >> (8 * len(digest) - _BITS_PER_CHARACTER * FINGERPRINT_LENGTH)
    return base32(first_bits, FINGERPRINT_LENGTH)
