"""How far the tabulation of a round is."""

from datetime import timedelta

from msgspec import Struct

from survey_service.domain.rounds import RoundId
from survey_service.store.database import AnyConnection
from survey_service.store.statements import statement


class Work(Struct, frozen=True, kw_only=True):
    """going_on: since when, while some process is at it. refused: a name of what kept the last one from being done."""

    going_on: timedelta | None
    refused: str | None


async def begin(connection: AnyConnection, round_id: RoundId, gone_after: timedelta) -> bool:
    """Whether nobody else is at it."""
    return await connection.fetchval(statement("begin_work"), round_id, gone_after) is not None


async def show_life(connection: AnyConnection, round_id: RoundId) -> None:
    await connection.execute(statement("show_life"), round_id)


async def end(connection: AnyConnection, round_id: RoundId, refused: str | None) -> None:
    await connection.execute(statement("end_work"), round_id, refused)


async def select(connection: AnyConnection, round_id: RoundId, gone_after: timedelta) -> Work | None:
    """None where nobody has ever begun."""
    row = await connection.fetchrow(statement("select_work"), round_id, gone_after)
    return None if row is None else Work(**dict(row))
