"""The team's accounts: who they are, and what each role may do."""

import hashlib
import re
from datetime import date, datetime, timedelta
from typing import Literal, NewType, get_args

from msgspec import Struct

from survey_service.domain.surveys import Office
from survey_service.errors import Refusal

Email = NewType("Email", str)

AccountRole = Literal["project-team", "trustee", "auditor", "operator"]
Deed = Literal[
    "read-results",  # surveys, rounds, released tables
    "keep-own-account",  # one's password, second factor, sessions, stand-in
    "hold-share",  # of a round's key, where named as its trustee
    "set-up-surveys",
    "run-rounds",  # plan, start, extend, close
    "unseal",  # a round in custody of the server
    "publish",  # propose, review, publish, withdraw
    "approve",  # a survey, for one's office
    "invite",  # draw codes, send invitations: whoever reviews results never sees a code
    "read-audit-log",
    "manage-accounts",
]

ROLES: tuple[AccountRole, ...] = get_args(AccountRole)
DEEDS: tuple[Deed, ...] = get_args(Deed)
_EVERYONE: frozenset[Deed] = frozenset({"read-results", "keep-own-account"})
MAY: dict[AccountRole, frozenset[Deed]] = {
    "project-team": _EVERYONE | {"hold-share", "set-up-surveys", "run-rounds", "unseal", "publish"},
    "trustee": _EVERYONE | {"hold-share"},
    "auditor": _EVERYONE | {"hold-share", "approve", "read-audit-log"},
    "operator": _EVERYONE | {"run-rounds", "unseal", "invite", "manage-accounts"},
}
"""What each role may do on the team's pages; what is not named here, nobody may. The one table of it: routes name their
deed in `opt`, and `tests/team/test_doors.py` holds every route against it."""

LONGEST_EMAIL = 254  # characters; RFC 5321 section 4.5.3.1.3, without the angle brackets
_ID_LENGTH = 16  # hexadecimal digits; a city has some dozens of accounts
_EMAIL = re.compile(r"[^@\s\x00-\x1f]{1,64}@[^@\s\x00-\x1f]+")


class Account(Struct, frozen=True, kw_only=True):
    """office: whom an auditor speaks for. office_today: the same, or that of somebody they stand in for today."""

    email: Email
    role: AccountRole
    disabled: bool
    office: Office | None = None
    has_second_factor: bool = False
    office_today: Office | None = None


class PreparedAccount(Struct, frozen=True, kw_only=True):
    """An account that somebody may set up themselves, with the code they were given. is_over: nobody can any more."""

    email: Email
    role: AccountRole
    office: Office | None
    expires_at: datetime
    is_over: bool


class StandIn(Struct, frozen=True, kw_only=True):
    """Who does the work of somebody who is away, from one day to another, both of them included."""

    email: Email
    stands_in: Email
    first_day: date
    last_day: date


class Session(Struct, frozen=True, kw_only=True):
    """Somebody who is signed in. token_sha256, csrf_secret: 32 bytes. language: of the pages.

    confirmed_ago: how long it is since they gave their password.
    """

    token_sha256: bytes
    email: Email
    role: AccountRole
    csrf_secret: bytes
    language: str
    expires_at: datetime
    confirmed_ago: timedelta


class BegunSession(Struct, frozen=True, kw_only=True):
    """Somebody who gave their password and not yet their second factor, or has none to give: no page is theirs yet."""

    token_sha256: bytes
    email: Email
    role: AccountRole
    csrf_secret: bytes
    language: str
    has_second_factor: bool


class NotAnEmail(Refusal):
    def __init__(self) -> None:
        super().__init__("This is no e-mail address.", remedy="Write it as name@example.org.")


def normalise_email(text: str) -> Email:
    """The address as accounts are found by: without spaces around it, in lower case. Raises: NotAnEmail."""
    email = text.strip().lower()
    if len(email) > LONGEST_EMAIL or not _EMAIL.fullmatch(email):
        raise NotAnEmail
    return Email(email)


def account_id(email: Email) -> str:
    """What stands for an account in the addresses of pages, so that no address of a person comes into a log of requests."""
    return hashlib.sha256(b"survey/v1/account\0" + email.encode()).hexdigest()[:_ID_LENGTH]


def may(role: AccountRole, deed: Deed) -> bool:
    return deed in MAY[role]


def roles_that_may(deed: Deed) -> tuple[AccountRole, ...]:
    return tuple(role for role in ROLES if may(role, deed))
