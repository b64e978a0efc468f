"""The demonstration city, smaller than the real one, built through the same way."""

from pathlib import Path

import pytest

from survey_service.cli.demonstration import build as demonstration
from survey_service.operations.installation import DEMONSTRATION, opened
from survey_service.operations.record_measures import read_measures
from survey_service.operations.recount import recount
from survey_service.operations.release_tables import read_release
from survey_service.operations.show_to_staff import list_for_staff
from survey_service.store import rounds as store
from survey_service.store.embedded import EmbeddedPostgres
from tests.operations.running_service import own_settings


async def test_the_city_has_three_finished_rounds_and_an_open_one_and_stands_at_once_the_second_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demonstration, "FINISHED", (40, 50, 60))
    monkeypatch.setattr(demonstration, "STARTED", 5)
    settings = own_settings(tmp_path)
    through: list[int] = []
    await demonstration.build(settings, through.append)
    assert sum(through) == 155
    assert EmbeddedPostgres(settings.data_dir / "postgres").postmaster() is None

    async with opened(settings) as installation:
        async with installation.database.session("operation") as connection:
            last, *finished = await store.list_rounds(connection)
            now = await store.read_clock(connection)
        assert (last.state, last.rehearsal) == ("open", True)
        assert last.opens_at < now < last.closes_at
        assert [entry.ballots for entry in finished] == [60, 50, 40]
        assert len(await read_measures(installation)) == 2
        assert await list_for_staff(installation.database) == tuple(entry.round_id for entry in finished)
        for entry in finished:
            released = await read_release(installation, entry.round_id)
            assert (released.analysed, released.invalid, released.roster_size) == (entry.ballots, 0, 2480)
            units = next(t for t in released.tables if (t.kind, t.dimensions) == ("respondents", ("unit",)))
            assert len(units.rows) == 54
            assert not any(row.n is not None and row.n < 10 for row in units.rows)
            assert not released.is_above_headcount
            # Nine on alpha and omega, five associations, three weighted means: of fifty answers at the least, or hidden.
            # Two groups that are compared are each told in whole tens.
            assert len(released.statistics) == 17
            shown = [one.n for one in released.statistics if one.n is not None]
            assert all(n >= 40 for n in shown)
            if entry.ballots != 50:  # then it is chance whether one of them was left out by nobody
                assert bool(shown) is (entry.ballots == 60)
            assert (await recount(installation, entry.round_id)).sound

    through.clear()
    await demonstration.build(settings, through.append)
    assert through == []


async def test_a_build_that_was_interrupted_begins_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demonstration, "FINISHED", ())
    monkeypatch.setattr(demonstration, "STARTED", 3)
    settings = own_settings(tmp_path)

    def stop(_: int) -> None:
        raise ConnectionAbortedError

    with pytest.raises(ConnectionAbortedError):
        await demonstration.build(settings, stop)
    through: list[int] = []
    await demonstration.build(settings, through.append)
    assert sum(through) == 3


async def test_a_directory_that_is_no_demonstration_is_left_alone(tmp_path: Path) -> None:
    settings = own_settings(tmp_path)
    (settings.data_dir / DEMONSTRATION).unlink()
    (settings.data_dir / "precious").touch()
    with pytest.raises(demonstration.NoDemonstration, match="Set SURVEY_DATA_DIR elsewhere"):
        await demonstration.build(settings, lambda _: None)
    assert (settings.data_dir / "precious").exists()
