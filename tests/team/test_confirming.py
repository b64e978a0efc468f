"""Deeds that weigh: whoever signed in a while ago gives their password once more."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from survey_service.domain.accounts import Email
from survey_service.operations.create_survey import create_survey
from survey_service.operations.installation import Installation
from survey_service.operations.sign_in import MOST_CONFIRMATIONS
from survey_service.store import team as store
from tests.conftest import SURVEY
from tests.team.conftest import EMAIL, OWN, PASSWORD, csrf_of, sign_in

COUNCIL = Email("council@example.org")
SURVEY_ID = "weighs"
PAGE = f"/team/surveys/{SURVEY_ID}"


@pytest.fixture(autouse=True)
async def survey(installation: Installation, account: None, password_hash: str, tmp_path: Path) -> AsyncIterator[str]:
    """An approval by the staff council is the deed; yields the hash to approve."""
    del account
    file = tmp_path / "survey.toml"
    demands = 'approvals = ["staff-council"]\n'
    await asyncio.to_thread(file.write_text, demands + SURVEY.format(survey_id=SURVEY_ID, roster_size=100))
    stored = await create_survey(installation, file)
    async with installation.database.session("team") as connection:
        await store.add_account(connection, COUNCIL, "auditor", password_hash, "staff-council")
    yield stored.sha256
    async with installation.database.owner() as connection:
        await connection.execute("DELETE FROM approval WHERE survey_id = $1", SURVEY_ID)
        await connection.execute("DELETE FROM survey WHERE survey_id = $1", SURVEY_ID)


async def test_just_after_signing_in_nobody_is_asked_again(client: httpx.AsyncClient, survey: str) -> None:
    await sign_in(client, email=COUNCIL)
    assert 'name="sha256"' in (await client.get(PAGE)).text
    assert (await approve(client, survey)).headers["location"] == PAGE


async def test_after_ten_minutes_the_form_gives_way_to_the_question_who_sits_there(
    client: httpx.AsyncClient, installation: Installation, survey: str
) -> None:
    await sign_in(client, email=COUNCIL)
    await age(installation, "10 minutes")
    page = (await client.get(PAGE)).text
    assert 'name="sha256"' not in page
    asked = "/team/confirm?next=%2Fteam%2Fsurveys%2Fweighs"
    assert f'href="{asked}"' in page.replace("&#x2f;", "/")
    assert "Sind Sie es noch?" in (await client.get(asked)).text
    assert (await confirm(client, next=PAGE)).headers["location"] == PAGE
    assert (await approve(client, survey)).headers["location"] == PAGE
    assert await approvals(installation) == 1


async def test_a_form_that_was_opened_in_time_may_be_sent_a_little_later_and_not_much_later(
    client: httpx.AsyncClient, installation: Installation, survey: str
) -> None:
    await sign_in(client, email=COUNCIL)
    await age(installation, "15 minutes")
    late = await approve(client, survey)
    assert late.status_code == 303
    assert late.headers["location"] == "/team/confirm?next=%2Fteam%2Fsurveys%2Fweighs"
    assert await approvals(installation) == 0
    await age(installation, "14 minutes")
    assert (await approve(client, survey)).headers["location"] == PAGE
    assert await approvals(installation) == 1


async def test_the_way_back_leads_to_pages_of_the_team_only(
    client: httpx.AsyncClient, installation: Installation, survey: str
) -> None:
    await sign_in(client, email=COUNCIL)
    await age(installation, "1 hour")
    for elsewhere in ("https://evil.example/team/x", "//evil", "/r/x", "/team/confirm", ""):
        late = await approve(client, survey, referer=elsewhere)
        assert late.headers["location"] == "/team/confirm?next=%2Fteam%2F"
        assert "evil" not in (await client.get("/team/confirm", params={"next": elsewhere})).text
    assert (await confirm(client, next="//evil")).headers["location"] == "/team/"


async def test_a_wrong_password_confirms_nothing_and_after_five_the_session_ends(
    client: httpx.AsyncClient, installation: Installation, survey: str
) -> None:
    await sign_in(client, email=COUNCIL)
    await age(installation, "1 hour")
    csrf = await csrf_of(client)
    for _ in range(MOST_CONFIRMATIONS):
        answer = await confirm(client, csrf=csrf, password="not this one at all")
        assert (answer.status_code, "Das Passwort stimmt nicht" in answer.text) == (403, True)
    assert (await approve(client, survey, csrf=csrf)).headers["location"].startswith("/team/confirm")
    ended = await confirm(client, csrf=csrf)
    assert ended.headers["location"] == "/team/sign-in"
    assert (await client.get("/team/")).status_code == 303
    assert (await sign_in(client, email=COUNCIL)).status_code == 303  # the account itself is not held up


async def test_wrong_attempts_before_the_right_one_are_forgotten(
    client: httpx.AsyncClient, installation: Installation
) -> None:
    await sign_in(client)
    for _ in range(MOST_CONFIRMATIONS - 1):
        await confirm(client, password="not this one at all")
    assert (await confirm(client)).status_code == 303
    async with installation.database.owner() as connection:
        assert await connection.fetchval("SELECT failed_confirmations FROM session") == 0


async def test_confirming_is_a_form_of_this_session_only(client: httpx.AsyncClient) -> None:
    await sign_in(client)
    assert (await confirm(client, csrf="0" * 64)).status_code == 403
    foreign = {"csrf": await csrf_of(client), "password": PASSWORD}
    answer = await client.post("/team/confirm", data=foreign, headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 403


async def test_confirming_keeps_the_same_session_for_the_same_person(client: httpx.AsyncClient) -> None:
    await sign_in(client)
    token = client.cookies["team"]
    await confirm(client)
    assert client.cookies["team"] == token
    assert EMAIL in (await client.get("/team/")).text


async def approve(
    client: httpx.AsyncClient, sha256: str, *, csrf: str | None = None, referer: str = f"http://survey.test{PAGE}"
) -> httpx.Response:
    form = {"csrf": csrf or await csrf_of(client), "sha256": sha256}
    return await client.post(f"{PAGE}/approval", data=form, headers={**OWN, "referer": referer})


async def confirm(
    client: httpx.AsyncClient, *, csrf: str | None = None, password: str = PASSWORD, **form: str
) -> httpx.Response:
    sent = {"csrf": csrf or await csrf_of(client), "password": password} | form
    return await client.post("/team/confirm", data=sent, headers=OWN)


async def age(installation: Installation, since: str) -> None:
    """As if the password had been given so long ago."""
    async with installation.database.owner() as connection:
        await connection.execute(f"UPDATE session SET confirmed_at = now() - interval '{since}'")


async def approvals(installation: Installation) -> int:
    async with installation.database.owner() as connection:
        return int(await connection.fetchval("SELECT count(*) FROM approval WHERE survey_id = $1", SURVEY_ID))
