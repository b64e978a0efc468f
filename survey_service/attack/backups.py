"""Attackers who hold nothing but a row of the service's own backups."""

from collections.abc import Sequence

from survey_service.attack.attackers import Scores, closeness
from survey_service.attack.evidence import Evidence, find_all
from survey_service.attack.scoring import Verdict, judge, ranked
from survey_service.attack.trial import Trial

WRITTEN = "while open.backup"
"""The file of the backup that is written while the rounds are open."""


def used_codes(evidence: Evidence) -> list[bytes]:
    """What only a code that was used has: the hash of the message that used it."""
    bound = [row.values["blinded_hash"] for row in evidence.table("invitation")]
    return [value for value in bound if value is not None]


def told_by_backups(evidence: Evidence) -> int:
    """How many used codes can be told from others by what a backup says of them."""
    used = used_codes(evidence)
    parts = (content for name, content in evidence.files.items() if name.startswith(f"{WRITTEN}/"))
    return len({found for content in parts for _, found in find_all(content, used)})


def by_order_in_a_backup(evidence: Evidence, each: Trial) -> Scores:
    """Codes stand in a backup in the order of the ballots."""
    codes, ballots = (
        evidence.files[f"{WRITTEN}/tables/{table}/{each.round.round_id}"] for table in ("invitation", "ballot")
    )
    return closeness(
        [codes.index(person.code_hash) for person in each.people],
        [ballots.index(person.serial) for person in each.people],
    )


def attack_backups(evidence: Evidence, rounds: Sequence[Trial]) -> dict[str, Verdict]:
    """Whose ballot is whose: which would be half the way to whose answers."""
    return {
        by_order_in_a_backup.__name__: judge(
            [ranked(by_order_in_a_backup(evidence, each), range(len(each.people))) for each in rounds]
        )
    }
