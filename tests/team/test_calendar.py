"""The dates of all rounds: a page, a file, and an address that a calendar reads."""

import re
from pathlib import Path

import httpx
import icalendar
import pytest

from survey_service.domain.rounds import Round
from survey_service.operations.installation import Installation
from survey_service.operations.manage_accounts import disable_account
from tests.conftest import new_round
from tests.team.conftest import EMAIL, OWN, csrf_of, sign_in

ADDRESS = re.compile(
    r"http:(?://|&#x2f;&#x2f;)survey\.test(?:/|&#x2f;)calendar(?:/|&#x2f;)([\w-]{43})(?:/|&#x2f;)rounds-de\.ics"
)


@pytest.fixture
async def planned(installation: Installation, tmp_path: Path) -> Round:
    return await new_round(installation, tmp_path, opens_in=3600)


async def made_address(client: httpx.AsyncClient) -> str:
    page = await client.post("/team/calendar", data={"csrf": await csrf_of(client)}, headers=OWN)
    found = ADDRESS.search(page.text)
    assert found, page.text
    return f"/calendar/{found[1]}/rounds-de.ics"


def events_of(answer: httpx.Response, found: Round) -> dict[str, icalendar.Event]:
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/calendar")
    calendar = icalendar.Calendar.from_ical(answer.content)
    return {
        str(event["uid"]).removeprefix(f"{found.round_id}-"): event
        for event in calendar.walk("VEVENT")
        if str(event["uid"]).startswith(found.round_id)
    }


async def test_a_calendar_has_what_happens_by_itself_and_says_what_may_still_move(
    client: httpx.AsyncClient, planned: Round
) -> None:
    await sign_in(client)
    events = events_of(await client.get("/team/calendar.ics"), planned)
    assert set(events) == {"open", "remind-1", "unseal-1", "warn-1", "warn-2", "erase-1"}
    assert (events["open"]["dtstart"].dt, events["open"]["dtend"].dt) == (
        planned.opens_at.replace(microsecond=0),
        planned.closes_at.replace(microsecond=0),
    )
    assert str(events["open"]["summary"]) == "Runde ist offen: Probe"
    assert {name: str(event["status"]) for name, event in events.items()} == {
        "open": "CONFIRMED",
        "remind-1": "CONFIRMED",
        "unseal-1": "TENTATIVE",
        "warn-1": "TENTATIVE",
        "warn-2": "TENTATIVE",
        "erase-1": "TENTATIVE",
    }
    page = (await client.get("/team/calendar")).text
    assert "Erinnerung geht an alle per Mail Eingeladenen" in page
    assert "voraussichtlich" in page


async def test_an_address_is_read_without_signing_in_until_it_is_renewed_or_closed(
    client: httpx.AsyncClient, installation: Installation, planned: Round
) -> None:
    await sign_in(client)
    first = await made_address(client)
    second = await made_address(client)
    assert first not in (await client.get("/team/calendar")).text
    token = second.split("/")[2]
    async with installation.database.owner() as connection:
        kept = await connection.fetchval("SELECT encode(token_sha256, 'hex') || email FROM survey.calendar_address")
    assert token not in kept
    csrf = await csrf_of(client)

    signed_in_as_nobody = httpx.Cookies()
    own, client.cookies = client.cookies, signed_in_as_nobody
    assert (await client.get(first)).status_code == 404
    assert "open" in events_of(await client.get(second), planned)
    for unknown in (second.replace("-de", "-xx"), "/calendar/x/rounds-de.ics", second.replace(token, token[:-1])):
        assert (await client.get(unknown)).status_code == 404

    client.cookies = own
    await client.post("/team/calendar/end", data={"csrf": csrf}, headers=OWN)
    assert (await client.get(second)).status_code == 404


async def test_an_address_closes_with_its_account(client: httpx.AsyncClient, installation: Installation) -> None:
    await sign_in(client)
    address = await made_address(client)
    assert (await client.get(address)).status_code == 200
    await disable_account(installation, EMAIL)
    assert (await client.get(address)).status_code == 404


async def test_the_page_of_a_round_says_what_comes_by_itself_and_when(
    client: httpx.AsyncClient, planned: Round
) -> None:
    await sign_in(client)
    page = (await client.get(f"/team/rounds/{planned.round_id}")).text
    assert "Was von selbst geschieht" in page
    assert "Antworten werden gelöscht" in page
