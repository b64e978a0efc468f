"""The audit log: what the team, the command line and the schedule did, in one chain of hashes."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Literal, get_args

from msgspec import Struct

from survey_service.domain.release_ledger import START, next_head

Actor = str  # an account's address, or one of the two below
COMMAND_LINE: Actor = "command line"
SCHEDULE: Actor = "schedule"

AuditedDeed = Literal[
    "survey-created",
    "survey-approved",
    "round-prepared",
    "round-planned",
    "round-given-up",
    "round-left-out",
    "round-opened",
    "round-started",
    "round-extended",
    "round-ended",
    "round-closed",
    "round-unsealed",
    "round-lost",
    "round-erased",
    "erased-without-key",
    "keys-destroyed",
    "passphrase-set",
    "share-proven",
    "share-given",
    "shares-dropped",
    "release-proposed",
    "comments-reviewed",
    "release-published",
    "release-withdrawn",
    "results-shown-to-staff",
    "results-hidden-from-staff",
    "measure-added",
    "measure-changed",
    "measure-removed",
    "codes-drawn",
    "invitations-sent",
    "reminder-sent",
    "recipients-erased",
    "retention-warned",
    "calendar-shared",
    "calendar-closed",
    "account-prepared",
    "account-given-up",
    "account-added",
    "account-disabled",
    "password-changed",
    "second-factor-set-up",
    "second-factor-reset",
    "recovery-code-used",
    "recovery-codes-drawn",
    "stand-in-named",
    "stand-in-ended",
    "backup-written",
    "backup-restored",
]
AUDITED_DEEDS: tuple[AuditedDeed, ...] = get_args(AuditedDeed)
"""Every deed that is recorded; each has its sentence in the pages' wordings, `audit.deed`."""

Fact = Literal[
    "survey_id",
    "round_id",
    "email",  # of an account; participants have none here
    "role",
    "office",
    "sha256",  # of a survey, a release, a ballot box; never of anything of one participant
    "count",
    "left",  # of somebody's recovery codes
    "because",
    "closes_at",
    "minimum_group_size",
    "rehearsal",
    "threshold",
    "last_day",  # that somebody stands in
    "day",  # and name of what the programme did, in the words of its measure
    "measure",
    "for_staff",  # whether the overview stands on a page that needs no account
]
FACTS: tuple[Fact, ...] = get_args(Fact)
"""Everything an entry may tell beside who, when and what; each has its word in the pages' wordings, `audit.fact`."""
LONGEST_FACT = 500  # characters; a reason, not a letter

Value = str | int | bool


class UnknownFact(ValueError):
    """A fact that nobody has thought about may be one of a participant: it does not come into the log."""


class ChainedEntry(Struct, frozen=True, kw_only=True):
    """An entry as it is stored. head: SHA-256 of the head before and of the entry's SHA-256, bytes."""

    position: int
    entry: bytes
    head: bytes


class AuditEntry(Struct, frozen=True, kw_only=True):
    """An entry as it is read. text: what its hash is of. Of one that was changed until nobody can read it, only that is left."""

    position: int
    at: datetime | None
    who: Actor
    deed: str
    facts: dict[str, Value]
    text: str
    head: str


class AuditLog(Struct, frozen=True, kw_only=True):
    """Every entry, the earliest first. broken_at: the first position that does not continue the chain; None: all do."""

    entries: tuple[AuditEntry, ...]
    broken_at: int | None

    @property
    def people(self) -> list[Actor]:
        """Everyone who did anything, sorted."""
        return sorted({entry.who for entry in self.entries if entry.who})

    @property
    def head(self) -> str:
        """Of the last entry, hex: whoever keeps it can tell later that nothing before it was changed or left out."""
        return self.entries[-1].head if self.entries else START.hex()


def checked(facts: Mapping[str, Value]) -> dict[str, Value]:
    """Raises: UnknownFact."""
    for name, value in facts.items():
        if name not in FACTS:
            raise UnknownFact(
                f"{name} is no fact of the audit log: add it to FACTS if it tells nothing of a participant"
            )
        if isinstance(value, str) and len(value) > LONGEST_FACT:
            raise UnknownFact(f"{name} is longer than {LONGEST_FACT} characters")
    return dict(facts)


def read(stored: Iterable[ChainedEntry]) -> AuditLog:
    """Computes every hash again, and reads what can be read."""
    head, position, broken_at = START, 0, None
    entries = []
    for one in stored:
        head, position = next_head(head, one.entry), position + 1
        if broken_at is None and (one.position, one.head) != (position, head):
            broken_at = position
        entries.append(_read(one))
    return AuditLog(entries=tuple(entries), broken_at=broken_at)


def _read(stored: ChainedEntry) -> AuditEntry:
    text, head = stored.entry.decode(errors="replace"), stored.head.hex()
    try:
        found = json.loads(stored.entry)
        return AuditEntry(
            position=stored.position,
            at=datetime.fromisoformat(found["at"]),
            who=str(found["who"]),
            deed=str(found["deed"]),
            facts=dict(found["facts"]),
            text=text,
            head=head,
        )
    except (ValueError, KeyError, TypeError):
        return AuditEntry(position=stored.position, at=None, who="", deed="", facts={}, text=text, head=head)
