"""Somebody of the same role stands in for whoever is away: with tasks, mails and the voice of the office, and no longer."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path

import httpx
import pytest

from survey_service.domain.accounts import Email
from survey_service.operations.approve_survey import SpeaksForNoOffice, approve_survey
from survey_service.operations.create_survey import create_survey
from survey_service.operations.installation import Installation
from survey_service.operations.manage_accounts import disable_account
from survey_service.operations.notify_team import notify_team
from survey_service.operations.what_is_next import what_is_next
from survey_service.store import team as store
from tests.conftest import SURVEY
from tests.team.conftest import EMAIL, OWN, csrf_of, sign_in

COUNCIL = Email("council@example.org")
PRIVACY = Email("privacy@example.org")
DEPUTY = Email("deputy@example.org")
SURVEY_ID = "stood-in"
TODAY = date.today()  # noqa: DTZ011 - whole days; the tests leave one to either side
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
async def survey(installation: Installation, account: None, password_hash: str, tmp_path: Path) -> AsyncIterator[str]:
    """A survey that waits for the staff council; yields its hash."""
    del account
    file = tmp_path / "survey.toml"
    demands = 'approvals = ["staff-council"]\n'
    await asyncio.to_thread(file.write_text, demands + SURVEY.format(survey_id=SURVEY_ID, roster_size=100))
    stored = await create_survey(installation, file)
    async with installation.database.session("team") as connection:
        await store.add_account(connection, COUNCIL, "auditor", password_hash, "staff-council")
        await store.add_account(connection, PRIVACY, "auditor", password_hash, "data-protection")
        await store.add_account(connection, DEPUTY, "auditor", password_hash)
    yield stored.sha256
    async with installation.database.owner() as connection:
        await connection.execute("DELETE FROM approval WHERE survey_id = $1", SURVEY_ID)
        await connection.execute("DELETE FROM survey WHERE survey_id = $1", SURVEY_ID)


async def test_a_stand_in_gets_the_task_the_mail_and_the_voice_of_the_office(
    client: httpx.AsyncClient, installation: Installation, survey: str
) -> None:
    assert await waits_for(installation) == {COUNCIL}
    with pytest.raises(SpeaksForNoOffice):
        await approve_survey(installation, SURVEY_ID, sha256=survey, email=DEPUTY)
    await sign_in(client, email=COUNCIL)
    assert (await name(client, DEPUTY, TODAY - DAY, TODAY + DAY)).status_code == 303
    assert "deputy@example.org vertritt Sie" in (await client.get("/team/account")).text
    assert await waits_for(installation) == {COUNCIL, DEPUTY}
    assert await notify_team(installation, "approve", about=SURVEY_ID, to=[COUNCIL]) == 2
    read, _ = await approve_survey(installation, SURVEY_ID, sha256=survey, email=DEPUTY)
    assert [each.office for each in read.approvals] == ["staff-council"]


@pytest.mark.parametrize(("first", "last"), [(2, 5), (-5, -2)])
async def test_before_and_after_its_days_nobody_stands_in(
    installation: Installation, first: int, last: int, survey: str
) -> None:
    async with installation.database.owner() as connection:
        await connection.execute(
            "INSERT INTO stand_in VALUES ($1, $2, $3, $4)", COUNCIL, DEPUTY, TODAY + first * DAY, TODAY + last * DAY
        )
    assert await waits_for(installation) == {COUNCIL}
    with pytest.raises(SpeaksForNoOffice):
        await approve_survey(installation, SURVEY_ID, sha256=survey, email=DEPUTY)


async def test_nobody_ever_speaks_for_two_offices(client: httpx.AsyncClient) -> None:
    await sign_in(client, email=COUNCIL)
    assert (await name(client, PRIVACY, TODAY, TODAY + DAY)).status_code == 403
    assert (await name(client, DEPUTY, TODAY, TODAY + DAY)).status_code == 303
    await sign_in(client, email=PRIVACY)
    assert (await name(client, DEPUTY, TODAY, TODAY + DAY)).status_code == 403


@pytest.mark.parametrize("who", [EMAIL, COUNCIL, "nobody@example.org", "no address"])
async def test_another_role_oneself_and_nobody_are_refused(client: httpx.AsyncClient, who: str) -> None:
    await sign_in(client, email=COUNCIL)
    assert (await name(client, who, TODAY, TODAY + DAY)).status_code == 403


async def test_days_that_are_none_or_over_are_refused(client: httpx.AsyncClient) -> None:
    await sign_in(client, email=COUNCIL)
    assert (await name(client, DEPUTY, TODAY + 3 * DAY, TODAY + DAY)).status_code == 403
    assert (await name(client, DEPUTY, TODAY - 9 * DAY, TODAY - 2 * DAY)).status_code == 403
    assert (await name(client, DEPUTY, "soon", "later")).status_code == 403


async def test_it_ends_when_it_is_ended_and_when_either_account_is_disabled(
    client: httpx.AsyncClient, installation: Installation
) -> None:
    await sign_in(client, email=COUNCIL)
    await name(client, DEPUTY, TODAY - DAY, TODAY + DAY)
    await client.post("/team/account/stand-in/end", data={"csrf": await csrf_of(client)}, headers=OWN)
    assert await waits_for(installation) == {COUNCIL}
    await name(client, DEPUTY, TODAY - DAY, TODAY + DAY)
    await disable_account(installation, DEPUTY)
    async with installation.database.session("team") as connection:
        assert await store.list_stand_ins(connection) == []


async def test_nobody_takes_over_a_trustees_share(client: httpx.AsyncClient, installation: Installation) -> None:
    await sign_in(client, email=COUNCIL)
    await name(client, DEPUTY, TODAY - DAY, TODAY + DAY)
    assert await notify_team(installation, "give-share", about="any-round", to=[COUNCIL]) == 1


async def test_whoever_is_alone_in_a_role_is_told_so(client: httpx.AsyncClient) -> None:
    await sign_in(client)
    assert "Niemand sonst hat Ihre Rolle" in (await client.get("/team/account")).text


async def name(client: httpx.AsyncClient, who: str, first: date | str, last: date | str) -> httpx.Response:
    form = {"csrf": await csrf_of(client), "stands_in": who, "first_day": str(first), "last_day": str(last)}
    return await client.post("/team/account/stand-in", data=form, headers=OWN)


async def waits_for(installation: Installation) -> set[Email]:
    found = await what_is_next(installation)
    return {
        email
        for task in found.tasks
        if (task.name, task.survey_id) == ("approve", SURVEY_ID)
        for email in task.whom(found.accounts)
    }
