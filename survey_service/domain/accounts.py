"""The team's accounts: who they are, and what each role may do."""

import re
from datetime import datetime
from typing import Literal, NewType, get_args

from msgspec import Struct

from survey_service.domain.surveys import Office
from survey_service.errors import Refusal

Email = NewType("Email", str)

AccountRole = Literal["project-team", "trustee", "auditor", "operator"]
Deed = Literal["read-results", "hold-share", "approve"]

ROLES: tuple[AccountRole, ...] = get_args(AccountRole)
MAY: dict[AccountRole, frozenset[Deed]] = {
    "project-team": frozenset({"read-results", "hold-share"}),
    "trustee": frozenset({"read-results", "hold-share"}),
    "auditor": frozenset({"read-results", "hold-share", "approve"}),
    "operator": frozenset({"read-results"}),
}
"""What each role may do on the team's pages; what is not named here, nobody may."""

LONGEST_EMAIL = 254  # characters; RFC 5321 section 4.5.3.1.3, without the angle brackets
_EMAIL = re.compile(r"[^@\s\x00-\x1f]{1,64}@[^@\s\x00-\x1f]+")


class Account(Struct, frozen=True, kw_only=True):
    """office: whom an auditor speaks for."""

    email: Email
    role: AccountRole
    disabled: bool
    office: Office | None = None


class Session(Struct, frozen=True, kw_only=True):
    """Somebody who is signed in. token_sha256, csrf_secret: 32 bytes. language: of the pages."""

    token_sha256: bytes
    email: Email
    role: AccountRole
    csrf_secret: bytes
    language: str
    expires_at: datetime


class NotAnEmail(Refusal):
    def __init__(self) -> None:
        super().__init__("This is no e-mail address.", remedy="Write it as name@example.org.")


def normalise_email(text: str) -> Email:
    """The address as accounts are found by: without spaces around it, in lower case. Raises: NotAnEmail."""
    email = text.strip().lower()
    if len(email) > LONGEST_EMAIL or not _EMAIL.fullmatch(email):
        raise NotAnEmail
    return Email(email)


def may(role: AccountRole, deed: Deed) -> bool:
    return deed in MAY[role]
