"""The second factor: codes from an authenticator app (RFC 6238), and codes to write down for the day the phone is gone."""

import hashlib
import re
import secrets
import unicodedata
from collections.abc import Callable
from typing import NewType

import pyotp
from pyotp.exceptions import OTPVerificationError

from survey_service.domain.accounts import Email
from survey_service.domain.encodings import CROCKFORD, base32

Secret = NewType("Secret", str)
"""What an authenticator is set up with: 32 characters of base32 (RFC 4648), 160 bits; RFC 4226 section 4 recommends that."""

WrittenCode = NewType("WrittenCode", str)
"""A code that a person keeps on paper: 24 characters of Crockford base32, upper case, without separators."""

RECOVERY_CODES = 10  # drawn at a time
TOLERANCE = 1  # steps of 30 seconds, before and after: a phone's clock is a little off, and typing takes a while

_WRITTEN_LENGTH = 24  # characters of 5 bits: 120, enough for a plain hash (OWASP ASVS 5.0, 6.5.2: 112 bits)
_WRITTEN_BITS = 120
_GROUP_LENGTH = 4  # characters
_WRITTEN = re.compile(f"[{CROCKFORD}]{{{_WRITTEN_LENGTH}}}")
_SHOWN = re.compile(r"[0-9]{6}")
_LOOK_ALIKES = str.maketrans("OIL", "011")
_LABEL = b"survey/v1/written-code"


def new_secret() -> Secret:
    return Secret(pyotp.random_base32(length=32))


def address(secret: Secret, *, email: Email, issuer: str) -> str:
    """What the QR code says: ``otpauth://totp/…``. issuer: the name that the app shows beside the address."""
    # A colon separates the issuer from the account, and some apps know no way to escape it.
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=issuer.replace(":", " "))


def spelled(secret: Secret) -> str:
    """The secret as it is typed in where no camera is: groups of four."""
    return " ".join(_groups(secret))


def step_of(secret: Secret, code: str, *, at: float) -> int | None:
    """The time step that the code belongs to, near `at` (seconds since 1970, UTC); None: it is none of this secret's."""
    typed = _without_separators(code)
    if not _SHOWN.fullmatch(typed):
        return None
    try:
        return pyotp.TOTP(secret).verify_and_get_timecode(typed, for_time=at, valid_window=TOLERANCE)
    except OTPVerificationError:
        return None


def new_written_code(random_bits: Callable[[int], int] = secrets.randbits) -> WrittenCode:
    """A fresh code. random_bits: number of bits -> uniform non-negative integer, cryptographically secure."""
    return WrittenCode(base32(random_bits(_WRITTEN_BITS), _WRITTEN_LENGTH))


def written_code(typed: str) -> WrittenCode | None:
    """The code as people type it: any case, spaces and dashes, O for 0, I and L for 1; None: it has another form."""
    text = _without_separators(typed)
    code = text.upper().translate(_LOOK_ALIKES) if text.isascii() else text
    return WrittenCode(code) if _WRITTEN.fullmatch(code) else None


def grouped(code: WrittenCode) -> str:
    """The code as it is shown: six groups of four, joined by hyphens."""
    return "-".join(_groups(code))


def written_code_sha256(email: Email, code: WrittenCode) -> bytes:
    """What is stored of a code, bound to its account."""
    return hashlib.sha256(b"\0".join((_LABEL, email.encode(), code.encode("ascii")))).digest()


def _groups(text: str) -> list[str]:
    return [text[start : start + _GROUP_LENGTH] for start in range(0, len(text), _GROUP_LENGTH)]


def _without_separators(typed: str) -> str:
    return "".join(
        character for character in typed if not character.isspace() and unicodedata.category(character) != "Pd"
    )
