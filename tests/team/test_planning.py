"""Planning a round on the page of its survey."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import httpx
import pytest

from survey_service.domain.accounts import Email
from survey_service.domain.schedules import Schedule, closes_after
from survey_service.domain.site import TIME_ZONE
from survey_service.operations.create_survey import create_survey
from survey_service.operations.installation import Installation
from survey_service.operations.read_results import read_round
from survey_service.store import rounds as store_rounds
from survey_service.store import team as store
from survey_service.store.trustees import list_preparations
from tests.conftest import SURVEY
from tests.operations.test_proposals import deeds
from tests.team.conftest import EMAIL, sign_in
from tests.team.test_moving import send

_numbers: Iterator[int] = count(1)


@pytest.fixture
async def survey_id(installation: Installation, tmp_path: Path) -> str:
    return await planned_survey(installation, tmp_path)


async def planned_survey(installation: Installation, directory: Path, *demands: str) -> str:
    survey_id = f"planning-{next(_numbers)}"
    file = directory / "survey.toml"
    file.write_text("\n".join([*demands, SURVEY.format(survey_id=survey_id, roster_size=100)]))
    await create_survey(installation, file)
    return survey_id


async def rounds_of(installation: Installation, survey_id: str) -> list[store_rounds.RoundEntry]:
    async with installation.database.session("operation") as connection:
        return [each for each in await store_rounds.list_rounds(connection) if each.survey_id == survey_id]


async def test_a_round_is_planned_for_times_by_the_clock_in_germany(
    client: httpx.AsyncClient, installation: Installation, survey_id: str
) -> None:
    await sign_in(client)
    assert "Nächste Runde planen" in (await client.get(f"/team/surveys/{survey_id}")).text
    answer = await send(
        client, f"/team/surveys/{survey_id}/plan", kind="round", opens="2098-07-01T08:00", closes="2098-07-15T18:00"
    )
    (entry,) = await rounds_of(installation, survey_id)
    assert answer.headers["location"] == f"/team/rounds/{entry.round_id}"
    assert (entry.rehearsal, entry.state) == (False, "scheduled")
    assert f"{entry.opens_at.astimezone(TIME_ZONE):%Y-%m-%d %H:%M}" == "2098-07-01 08:00"
    assert f"{entry.closes_at.astimezone(TIME_ZONE):%Y-%m-%d %H:%M}" == "2098-07-15 18:00"
    assert (EMAIL, "round-planned") in await deeds(installation, entry.round_id)


async def test_without_times_it_opens_now_for_as_long_as_the_survey_says(
    client: httpx.AsyncClient, installation: Installation, survey_id: str
) -> None:
    await sign_in(client)
    await send(client, f"/team/surveys/{survey_id}/plan", kind="rehearsal", opens="", closes="")
    (entry,) = await rounds_of(installation, survey_id)
    found = await read_round(installation, entry.round_id)
    assert (found.rehearsal, found.state) == (True, "open")
    assert found.closes_at == closes_after(Schedule(days=14), found.opens_at)


async def test_times_that_are_none_or_end_before_they_begin_plan_nothing(
    client: httpx.AsyncClient, installation: Installation, survey_id: str
) -> None:
    await sign_in(client)
    for opens, closes, told in (
        ("soon", "", "Das ist kein Tag mit Uhrzeit"),
        ("2098-07-01T08:00", "2098-06-01T08:00", "Die Runde würde enden, bevor sie offen ist"),
        ("", "2020-01-01T08:00", "Die Runde würde enden, bevor sie offen ist"),
    ):
        answer = await send(client, f"/team/surveys/{survey_id}/plan", kind="round", opens=opens, closes=closes)
        assert (answer.status_code, told in answer.text) == (422, True)
    assert await rounds_of(installation, survey_id) == []


async def test_a_survey_that_demands_trustees_waits_for_exactly_those_who_were_ticked(
    client: httpx.AsyncClient, installation: Installation, tmp_path: Path, password_hash: str
) -> None:
    survey_id = await planned_survey(installation, tmp_path, 'custody = "2 of 2 trustees"')
    async with installation.database.session("team") as connection:
        await store.add_account(connection, Email("council@example.org"), "auditor", password_hash, "staff-council")
        await store.add_account(connection, Email("it@example.org"), "operator", password_hash)
    await sign_in(client)
    page = f"/team/surveys/{survey_id}/plan"
    shown = (await client.get(page)).text
    assert "council@example.org" in shown
    assert "it@example.org" not in shown
    too_few = await send(client, page, kind="round", **{"trustee-0": EMAIL})
    assert (too_few.status_code, "So lässt sich der Schlüssel nicht teilen" in too_few.text) == (422, True)
    operator = await send(client, page, kind="round", **{"trustee-0": EMAIL, "trustee-1": "it@example.org"})
    assert operator.status_code == 422
    answer = await send(client, page, kind="round", **{"trustee-0": EMAIL, "trustee-1": "council@example.org"})
    assert answer.headers["location"] == "/team/"
    async with installation.database.session("reporting") as connection:
        (waiting,) = [each for each in await list_preparations(connection) if each.survey_id == survey_id]
    assert (waiting.trustees, waiting.threshold, waiting.rehearsal) == ((EMAIL, "council@example.org"), 2, False)
    assert "Passphrase für den Schlüsselanteil setzen" in (await client.get("/team/")).text
