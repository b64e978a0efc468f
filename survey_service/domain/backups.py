"""What a backup holds, and what becomes of each round when one is restored. Decided here, without a database or a file.

A backup is read by people who were never meant to read the database, and is kept longer than anything in it should be.
So it leaves out what would link, and what is to be erased before the backup is.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Literal

from msgspec import Struct

from survey_service.domain.rounds import RoundId
from survey_service.errors import Refusal

FORMAT = 1

Part = Literal["whole", "by round", "left out"]

PARTS: dict[str, Part] = {
    "survey": "whole",
    "survey_draft": "whole",
    "round": "whole",
    "approval": "whole",
    "preparation": "whole",
    "account": "whole",
    "recovery_code": "whole",
    "stand_in": "whole",
    "audit_entry": "whole",
    # Else a restored service would tell everyone once more what they were told already.
    "team_notice": "whole",
    "programme_measure": "whole",
    "trustee": "by round",
    # Else a restored service would hold a round twice, or remind and warn anew.
    "planned_time": "whole",
    "scheduled_deed": "by round",
    "participation_band": "by round",
    "mailing": "by round",
    "invitation": "by round",
    "ballot": "by round",
    "sealed_response": "by round",
    "response_block": "by round",
    "comment_verdict": "by round",
    "proposal": "by round",
    "release": "by round",
    # Whoever was signed in signs in again: a stolen backup opens no door.
    "session": "left out",
    "known_browser": "left out",
    "calendar_address": "left out",
    "account_invitation": "left out",
    # What a process was doing at that moment.
    "tabulation_work": "left out",
}
"""What is copied of each table. A table that is missing here stops the backup: nobody has decided about it."""

COLUMNS_LEFT_OUT: dict[str, frozenset[str]] = {
    # Which codes were redeemed. Between two backups it would say whose code met which ballot; a restore voids the
    # codes of an open round anyway.
    "invitation": frozenset({"blinded_hash", "blind_signature"}),
}

UNREADABLE_BY_FATE: dict[str, frozenset[str]] = {
    "lost": frozenset({"sealed_response", "response_block", "comment_verdict"}),
    "erased": frozenset({"sealed_response", "response_block", "comment_verdict", "invitation"}),
}
"""What is not written back, by a round's fate: it never reaches the new database's files."""


class UndecidedTable(Refusal):
    def __init__(self, table: str) -> None:
        super().__init__(
            f"Nobody has decided what a backup holds of the table {table!r}.",
            remedy="Name it in survey_service/domain/backups.py. No backup was written.",
        )


class AppliedMigration(Struct, frozen=True, kw_only=True):
    number: int
    name: str
    sha256: str


class Entry(Struct, frozen=True, kw_only=True):
    """A part of the file. size: bytes. table: None for a file of the site. round_id: where it belongs to one."""

    name: str
    size: int
    sha256: str
    table: str | None = None
    columns: tuple[str, ...] = ()
    round_id: str | None = None
    rows: int = 0


class Manifest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What stands in a backup. site_file: the name of the site file among the entries."""

    format: int
    made_at: datetime
    migrations: tuple[AppliedMigration, ...]
    entries: tuple[Entry, ...]
    site_file: str | None = None

    def rows(self, table: str) -> int:
        return sum(entry.rows for entry in self.entries if entry.table == table)


class BackedUpRound(Struct, frozen=True, kw_only=True):
    """A round as it stood when the backup was made."""

    round_id: RoundId
    stage: str
    opens_at: datetime
    erase_at: datetime | None


Fate = Literal["kept", "void", "closed", "lost", "erased"]
"""kept: as it was. void: its codes are. closed: frozen as well. lost, erased: nothing that was answered is left."""

_KEYS_NEEDED: dict[str, tuple[str, ...]] = {
    "prepared": ("credential", "sealing"),
    "planned": ("credential", "sealing"),
    "closed": ("sealing",),
    "opened": ("storage",),
    "unsealed": ("storage",),
    "released": ("storage",),
}


def missing_keys(found: BackedUpRound, keys: Collection[str], now: datetime) -> tuple[str, ...]:
    """The keys that this round would need, by its stage, and that are not there; none where it is to be erased."""
    if _is_over(found, now):
        return ()
    return tuple(name for name in _KEYS_NEEDED.get(found.stage, ()) if name not in keys)


def fate(found: BackedUpRound, keys: Collection[str], now: datetime, *, never_opened: bool) -> Fate:
    """What becomes of a round, where missing keys were destroyed after the backup.

    keys: names of those that are there. never_opened: somebody vouches that it did not open after the backup either.
    """
    missing = missing_keys(found, keys, now)
    match found.stage:
        case "prepared" | "planned":
            if "sealing" in missing:
                return "lost"
            if "credential" in missing and found.stage == "planned":
                return "closed"
            return "kept" if never_opened and now < found.opens_at else "void"
        case "closed":
            return "lost" if missing else "kept"
        case "opened" | "unsealed" | "released":
            return "erased" if missing or _is_over(found, now) else "kept"
        case "erased" | "lost":
            return "kept"
    raise ValueError(found.stage)


def _is_over(found: BackedUpRound, now: datetime) -> bool:
    return found.stage in ("opened", "unsealed", "released") and found.erase_at is not None and found.erase_at <= now
