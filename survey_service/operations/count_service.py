"""What of the service may be counted for a monitoring system: nothing that moves when somebody takes part.

No requests, no sizes, no processor time: each of them is a clock of participation. Who has taken part is known as
everywhere else, in tenths and once a day.
"""

from collections import Counter
from collections.abc import Mapping
from typing import get_args

from msgspec import Struct

from survey_service.domain.rounds import RoundId
from survey_service.domain.timetable import DeedName, due
from survey_service.errors import Refusal
from survey_service.operations.foresee_rounds import foreseen
from survey_service.operations.installation import Installation
from survey_service.operations.readiness import Finding, readiness
from survey_service.store import mail
from survey_service.store import rounds as store


class ServiceCounts(Struct, frozen=True, kw_only=True):
    """findings: of readiness. rounds: by state. due: rounds of which the schedule has something to do now, by what.

    participation: by round, in per cent, as counted once a day. mails_waiting: that are still to go.
    """

    findings: tuple[Finding, ...]
    rounds: dict[str, int]
    due: Mapping[str, int]
    participation: dict[RoundId, int]
    mails_waiting: int


async def count_service(installation: Installation) -> ServiceCounts:
    """The counts; only the findings where the database does not answer."""
    findings = await readiness(installation)
    try:
        waiting = await _due(installation)
        async with installation.database.session("operation") as connection:
            return ServiceCounts(
                findings=findings,
                rounds=Counter(entry.state for entry in await store.list_rounds(connection)),
                due=waiting,
                participation=await store.list_participation(connection),
                mails_waiting=await mail.count_waiting(connection),
            )
    except Refusal:
        return ServiceCounts(findings=findings, rounds={}, due={}, participation={}, mails_waiting=0)


async def _due(installation: Installation) -> dict[str, int]:
    async with installation.database.session("operation") as connection:
        under_way = await store.due(connection, "rounds_under_way")
        found = [await store.select_round(connection, round_id) for round_id in under_way]
        now = await store.read_clock(connection)
    counted: Counter[str] = Counter()
    for each in found:
        counted.update({one.deed for one in due(await foreseen(installation, each), now)})
    return {deed: counted[deed] for deed in get_args(DeedName)}
