"""While a round is open, anyone reads how many took part as it was counted once that day, and nothing finer."""

from datetime import timedelta
from pathlib import Path

import pytest

from survey_service.domain.rounds import RoundId
from survey_service.operations.close_round import close_round
from survey_service.operations.installation import Installation
from survey_service.operations.read_results import read_overview
from survey_service.operations.run_schedule import run_due
from survey_service.store.statements import statement
from tests.conftest import new_round, set_times
from tests.operations.participants import GitHub, take_part


async def told(installation: Installation, round_id: RoundId) -> int | None:
    return (await read_overview(installation)).participation.get(round_id)


async def a_day_later(installation: Installation, round_id: RoundId) -> None:
    """What a night does: the count is of yesterday, and the schedule looks again."""
    async with installation.database.owner() as connection:
        await connection.execute(
            "UPDATE participation_band SET counted_on = counted_on - 1 WHERE round_id = $1", round_id
        )
    await run_due(installation)


async def test_whoever_looks_twice_on_one_day_sees_the_same_whoever_answers_between(
    installation: Installation, tmp_path: Path
) -> None:
    found = await new_round(installation, tmp_path, roster_size=100)
    assert await told(installation, found.round_id) is None
    await run_due(installation)
    assert await told(installation, found.round_id) == 0
    for _ in range(3):
        await take_part(installation, found, [GitHub] * 5)
        await run_due(installation)
        assert await told(installation, found.round_id) == 0
    await a_day_later(installation, found.round_id)
    assert await told(installation, found.round_id) == 20


async def test_two_looks_on_successive_days_differ_by_a_tenth_of_the_roster_or_not_at_all(
    installation: Installation, tmp_path: Path
) -> None:
    found = await new_round(installation, tmp_path, roster_size=100)
    await run_due(installation)
    seen = []
    for _ in range(30):  # one more person a day
        await take_part(installation, found, [GitHub])
        await a_day_later(installation, found.round_id)
        seen.append(await told(installation, found.round_id))
    assert seen == [0] * 4 + [10] * 10 + [20] * 10 + [30] * 6


async def test_the_band_never_goes_down(installation: Installation, tmp_path: Path) -> None:
    found = await new_round(installation, tmp_path, roster_size=100)
    await take_part(installation, found, [GitHub] * 12)
    await run_due(installation)
    async with installation.database.owner() as connection:
        await connection.execute("DELETE FROM ballot WHERE round_id = $1", found.round_id)
    await a_day_later(installation, found.round_id)
    assert await told(installation, found.round_id) == 10


async def test_nobody_who_reads_counts_the_ballot_box(installation: Installation) -> None:
    """The statement the pages ask is one that cannot: it reads the count of the day, and the frozen box."""
    async with installation.database.session("reporting") as connection:
        plan = await connection.fetch("EXPLAIN " + statement("list_participation"))
    assert not any("on ballot" in row[0] for row in plan)


@pytest.mark.parametrize("roster_size", [99])
async def test_where_a_tenth_of_the_roster_is_a_small_group_nothing_is_counted(
    installation: Installation, tmp_path: Path, roster_size: int
) -> None:
    found = await new_round(installation, tmp_path, roster_size=roster_size)
    await take_part(installation, found, [GitHub] * 20)
    await run_due(installation)
    assert await told(installation, found.round_id) is None
    await close_round(installation, found.round_id)
    assert await told(installation, found.round_id) is None


async def test_after_the_close_the_band_is_that_of_the_ballot_box(installation: Installation, tmp_path: Path) -> None:
    found = await new_round(installation, tmp_path, roster_size=100)
    await run_due(installation)
    await take_part(installation, found, [GitHub] * 20)
    await set_times(installation, found.round_id, opens=timedelta(days=-2), closes=timedelta(minutes=-1))
    await close_round(installation, found.round_id)
    assert await told(installation, found.round_id) == 20
