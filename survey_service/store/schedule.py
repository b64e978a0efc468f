"""What the schedule has done, and which round each planned time has become: rows to Structs."""

from datetime import datetime

from survey_service.domain.rounds import RoundId
from survey_service.domain.surveys import SurveyId
from survey_service.domain.timetable import DeedName
from survey_service.store.database import AnyConnection
from survey_service.store.statements import statement


async def take_schedule(connection: AnyConnection) -> bool:
    """Whether this session may run what is due, until it leaves it."""
    return bool(await connection.fetchval(statement("take_schedule")))


async def leave_schedule(connection: AnyConnection) -> None:
    await connection.execute(statement("leave_schedule"))


async def deeds_done(connection: AnyConnection, round_id: RoundId) -> frozenset[tuple[DeedName, int]]:
    rows = await connection.fetch(statement("list_scheduled_deeds"), round_id)
    return frozenset((row["deed"], row["number"]) for row in rows)


async def note_deed(connection: AnyConnection, round_id: RoundId, deed: DeedName, number: int) -> bool:
    """Whether it was not noted before."""
    return await connection.fetchval(statement("note_scheduled_deed"), round_id, deed, number) is not None


async def created_at(connection: AnyConnection, survey_id: SurveyId) -> datetime | None:
    """None of a survey from before there were schedules."""
    found = await connection.fetchval(statement("select_created_at"), survey_id)
    return found if isinstance(found, datetime) else None


async def planned_times(connection: AnyConnection, survey_id: SurveyId) -> dict[datetime, RoundId | None]:
    """Which round each planned time has become; None: it was left out."""
    rows = await connection.fetch(statement("list_planned_times"), survey_id)
    return {row["planned_for"]: row["round_id"] for row in rows}


async def take_planned_time(
    connection: AnyConnection, survey_id: SurveyId, planned_for: datetime, round_id: RoundId | None
) -> bool:
    """Whether it has become this round here and now."""
    taken = await connection.fetchval(statement("take_planned_time"), survey_id, planned_for, round_id)
    return taken is not None


async def rounds_between(
    connection: AnyConnection, survey_id: SurveyId, opens_at: datetime, closes_at: datetime
) -> list[RoundId]:
    rows = await connection.fetch(statement("rounds_between"), survey_id, opens_at, closes_at)
    return [row["round_id"] for row in rows]
