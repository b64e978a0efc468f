"""Rounds that wait for their trustees, and who holds shares: rows to Structs. Nothing of a key is among them."""

from datetime import datetime

from msgspec import Struct

from survey_service.domain.accounts import Email
from survey_service.domain.rounds import RoundId
from survey_service.domain.surveys import SurveyId
from survey_service.store.database import AnyConnection
from survey_service.store.statements import statement


class Preparation(Struct, frozen=True, kw_only=True):
    """A round whose keys are made when the last of its trustees has set a passphrase. Times: as asked for."""

    round_id: RoundId
    survey_id: SurveyId
    rehearsal: bool
    threshold: int
    trustees: tuple[Email, ...]
    opens_at: datetime | None
    closes_at: datetime | None


class ShareHolder(Struct, frozen=True, kw_only=True):
    """proven: whether this trustee has opened their share before the round opens."""

    place: int
    email: Email
    proven: bool


async def insert_preparation(connection: AnyConnection, preparation: Preparation) -> None:
    await connection.execute(
        statement("insert_preparation"),
        preparation.round_id,
        preparation.survey_id,
        preparation.rehearsal,
        preparation.threshold,
        list(preparation.trustees),
        preparation.opens_at,
        preparation.closes_at,
    )


async def select_preparation(connection: AnyConnection, round_id: str) -> Preparation | None:
    row = await connection.fetchrow(statement("select_preparation"), round_id)
    return None if row is None else _preparation(dict(row))


async def list_preparations(connection: AnyConnection) -> list[Preparation]:
    return [_preparation(dict(row)) for row in await connection.fetch(statement("list_preparations"))]


async def insert_trustees(connection: AnyConnection, round_id: RoundId, emails: tuple[Email, ...]) -> None:
    await connection.execute(statement("insert_trustees"), round_id, list(emails))


async def select_trustees(connection: AnyConnection, round_id: RoundId) -> list[ShareHolder]:
    """In the order of their places; none in custody of the server."""
    return [ShareHolder(**dict(row)) for row in await connection.fetch(statement("select_trustees"), round_id)]


async def rounds_of_trustee(connection: AnyConnection, email: Email) -> list[RoundId]:
    return [row["round_id"] for row in await connection.fetch(statement("rounds_of_trustee"), email)]


async def count_sealed(connection: AnyConnection, round_id: RoundId) -> int:
    return int(await connection.fetchval(statement("count_sealed"), round_id))


def _preparation(row: dict[str, object]) -> Preparation:
    return Preparation(**(row | {"trustees": tuple(row["trustees"])}))  # type: ignore[arg-type]  # an array of text
