"""What reviewers have decided of free texts; never a word of one."""

from msgspec import Struct

from survey_service.domain.accounts import Email
from survey_service.domain.comments import Verdict
from survey_service.domain.rounds import RoundId
from survey_service.store.database import AnyConnection
from survey_service.store.statements import statement


class Place(Struct, frozen=True, kw_only=True):
    """A free text by its place among the shuffled ones of its question, from 0."""

    item_id: str
    place: int


async def set_verdict(connection: AnyConnection, round_id: RoundId, at: Place, verdict: Verdict) -> None:
    await connection.execute(
        statement("set_verdict"),
        round_id,
        at.item_id,
        at.place,
        verdict.reviewer,
        verdict.accepted,
        list(verdict.blackened),
    )


async def select_verdicts(connection: AnyConnection, round_id: RoundId) -> dict[Place, list[Verdict]]:
    found: dict[Place, list[Verdict]] = {}
    for row in await connection.fetch(statement("select_verdicts"), round_id):
        verdict = Verdict(reviewer=Email(row["reviewer"]), accepted=row["accepted"], blackened=tuple(row["blackened"]))
        found.setdefault(Place(item_id=row["item_id"], place=row["place"]), []).append(verdict)
    return found
