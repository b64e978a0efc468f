"""The audit log: what the team, the command line and the schedule did, in one chain of hashes."""

from typing import Literal, get_args

Actor = str  # an account's address, or one of the two below
COMMAND_LINE: Actor = "command line"
SCHEDULE: Actor = "schedule"

AuditedDeed = Literal[
    "survey-created",
    "survey-approved",
    "round-planned",
    "round-started",
    "round-extended",
    "round-ended",
    "round-closed",
    "round-unsealed",
    "round-lost",
    "round-erased",
    "release-proposed",
    "comments-reviewed",
    "release-published",
    "release-withdrawn",
    "codes-drawn",
    "account-added",
    "account-disabled",
]
AUDITED_DEEDS: tuple[AuditedDeed, ...] = get_args(AuditedDeed)
"""Every deed that is recorded; each has its sentence in the pages' wordings, `audit.deed`."""
