"""What the programme did: rows to Structs. Transactions belong to the operations."""

from datetime import date
from uuid import UUID

from asyncpg import Record

from survey_service.domain.programme import ProgrammeMeasure, UnknownMeasure
from survey_service.store.database import AnyConnection
from survey_service.store.statements import statement


async def list_measures(connection: AnyConnection) -> tuple[ProgrammeMeasure, ...]:
    """The earliest first."""
    return tuple(_measure(row) for row in await connection.fetch(statement("list_measures")))


async def insert_measure(connection: AnyConnection, day: date, name: dict[str, str]) -> None:
    await connection.fetchval(statement("insert_measure"), day, name["de"], name.get("en"))


async def update_measure(connection: AnyConnection, measure_id: str, day: date, name: dict[str, str]) -> None:
    """Raises: UnknownMeasure."""
    if not await connection.fetchval(statement("update_measure"), _known(measure_id), day, name["de"], name.get("en")):
        raise UnknownMeasure


async def delete_measure(connection: AnyConnection, measure_id: str) -> ProgrammeMeasure:
    """Raises: UnknownMeasure."""
    row = await connection.fetchrow(statement("delete_measure"), _known(measure_id))
    if row is None:
        raise UnknownMeasure
    return _measure(row)


def _known(measure_id: str) -> UUID:
    try:
        return UUID(measure_id)
    except ValueError:
        raise UnknownMeasure from None


def _measure(row: Record) -> ProgrammeMeasure:
    name = {"de": row["name_de"], "en": row["name_en"]}
    return ProgrammeMeasure(
        measure_id=str(row["measure_id"]),
        day=row["day"],
        name={language: text for language, text in name.items() if text is not None},
    )
