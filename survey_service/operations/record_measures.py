"""What the programme did, entered, changed and removed by the project team; results show it on their time line."""

from datetime import date

from survey_service.domain.programme import ProgrammeMeasure, UnknownMeasure, parse_day, parse_name
from survey_service.operations.installation import Installation
from survey_service.store import audit_log, programme


async def read_measures(installation: Installation) -> tuple[ProgrammeMeasure, ...]:
    """The earliest first."""
    async with installation.database.session("reporting") as connection:
        return await programme.list_measures(connection)


async def read_measure(installation: Installation, measure_id: str) -> ProgrammeMeasure:
    """Raises: UnknownMeasure."""
    for measure in await read_measures(installation):
        if measure.measure_id == measure_id:
            return measure
    raise UnknownMeasure


async def record_measure(
    installation: Installation, day: str, german: str, english: str = "", *, measure_id: str | None = None
) -> None:
    """Adds a measure, or changes the one that is named. day: as in 2026-03-14.

    Raises: UnusableMeasure, UnknownMeasure.
    """
    on, name = parse_day(day), parse_name(german, english)
    async with installation.database.session("operation") as connection, connection.transaction():
        if measure_id is None:
            await programme.insert_measure(connection, on, name)
        else:
            await programme.update_measure(connection, measure_id, on, name)
        await audit_log.append(
            connection,
            installation.actor,
            "measure-added" if measure_id is None else "measure-changed",
            **_facts(on, name),
        )


async def remove_measure(installation: Installation, measure_id: str) -> None:
    """Raises: UnknownMeasure."""
    async with installation.database.session("operation") as connection, connection.transaction():
        gone = await programme.delete_measure(connection, measure_id)
        await audit_log.append(connection, installation.actor, "measure-removed", **_facts(gone.day, gone.name))


def _facts(day: date, name: dict[str, str]) -> dict[str, str]:
    return {"day": day.isoformat(), "measure": name["de"]}
