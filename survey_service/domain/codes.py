"""Invitation codes: one for each participation, tied to nobody. Protocol section 2."""

import hashlib
import re
import secrets
import unicodedata
from collections.abc import Callable
from typing import NewType

from survey_service.domain.encodings import CROCKFORD, base32
from survey_service.errors import Refusal

InvitationCode = NewType("InvitationCode", str)
"""16 Crockford base32 characters in normal form: upper case, no separators."""

CODE_LENGTH = 16  # characters of 5 bits: 80 bits
_CODE_BITS = 80
_GROUP_LENGTH = 4  # characters

_NORMAL_FORM = re.compile(f"[{CROCKFORD}]{{{CODE_LENGTH}}}")
_LOOK_ALIKES = str.maketrans("OIL", "011")
_LABEL = b"survey/v1/invitation"


class NotACode(Refusal):
    """No invitation code, however kindly one reads it. Never carries what was typed, which may be nearly a code.

    length: characters without spaces and hyphens.
    """

    def __init__(self, *, length: int) -> None:
        super().__init__(
            f"An invitation code has {CODE_LENGTH} letters and digits, never the letter U; here are {length} characters.",
            remedy="Compare them with the invitation.",
        )
        self.length = length


def new_code(random_bits: Callable[[int], int] = secrets.randbits) -> InvitationCode:
    """A fresh code. random_bits: number of bits -> uniform non-negative integer, cryptographically secure."""
    return InvitationCode(base32(random_bits(_CODE_BITS), CODE_LENGTH))


def normalise(text: str) -> InvitationCode:
    """The normal form of a code as people type it: any case, spaces and hyphens, O for 0, I and L for 1.

    Raises NotACode.
    """
    # Word processors and mail programs turn "-" into other dashes and " " into no-break spaces.
    typed = "".join(
        character for character in text if not character.isspace() and unicodedata.category(character) != "Pd"
    )
    # Only ASCII is folded: upper() would otherwise turn foreign letters such as the dotless i into Latin ones.
    code = typed.upper().translate(_LOOK_ALIKES) if typed.isascii() else typed
    if not _NORMAL_FORM.fullmatch(code):
        raise NotACode(length=len(typed))
    return InvitationCode(code)


def grouped(code: InvitationCode) -> str:
    """The code as printed: four groups of four, joined by hyphens."""
    return "-".join(code[start : start + _GROUP_LENGTH] for start in range(0, CODE_LENGTH, _GROUP_LENGTH))


def code_hash(round_id: str, code: InvitationCode) -> bytes:
    """What is stored of a code: SHA-256, 32 bytes, bound to its round. Protocol section 2."""
    return hashlib.sha256(b"\0".join((_LABEL, round_id.encode("ascii"), code.encode("ascii")))).digest()
