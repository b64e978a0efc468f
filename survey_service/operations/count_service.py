"""What of the service may be counted for a monitoring system: nothing that moves when somebody takes part.

No requests, no sizes, no processor time: each of them is a clock of participation. Who has taken part is known as
everywhere else, in tenths and once a day.
"""

from collections import Counter
from datetime import timedelta

from msgspec import Struct

from survey_service.domain.rounds import GRACE, RoundId
from survey_service.errors import Refusal
from survey_service.operations.installation import Installation
from survey_service.operations.readiness import Finding, readiness
from survey_service.store import mail
from survey_service.store import rounds as store

DUE: dict[str, tuple[str, tuple[timedelta, ...]]] = {
    "close": ("rounds_due_to_close", (GRACE,)),
    "unseal": ("rounds_due_to_open", ()),
    "erase": ("rounds_due_to_erase", ()),
}
"""What the schedule does, with the statement that finds where it is due."""


class ServiceCounts(Struct, frozen=True, kw_only=True):
    """findings: of readiness. rounds: by state. due: rounds whose transition by the schedule is due, by what is to be done.

    participation: by round, in per cent, as counted once a day. mails_waiting: that are still to go.
    """

    findings: tuple[Finding, ...]
    rounds: dict[str, int]
    due: dict[str, int]
    participation: dict[RoundId, int]
    mails_waiting: int


async def count_service(installation: Installation) -> ServiceCounts:
    """The counts; only the findings where the database does not answer."""
    findings = await readiness(installation)
    try:
        async with installation.database.session("operation") as connection:
            return ServiceCounts(
                findings=findings,
                rounds=Counter(entry.state for entry in await store.list_rounds(connection)),
                due={
                    step: len(await store.due(connection, statement, *arguments))
                    for step, (statement, arguments) in DUE.items()
                },
                participation=await store.list_participation(connection),
                mails_waiting=await mail.count_waiting(connection),
            )
    except Refusal:
        return ServiceCounts(findings=findings, rounds={}, due={}, participation={}, mails_waiting=0)
