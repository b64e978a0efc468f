"""What the programme did, on the team's pages: entered, changed, removed, and told to whoever reads the audit log."""

import re
from collections.abc import AsyncIterator

import httpx
import pytest

from survey_service.domain.accounts import Email
from survey_service.operations.installation import Installation
from survey_service.operations.read_audit_log import read_audit_log
from survey_service.operations.record_measures import read_measures
from survey_service.store import team as store
from tests.team.conftest import EMAIL, OWN, csrf_of, sign_in
from tests.team.test_moving import unescaped

PAGE = "/team/measures"


@pytest.fixture(autouse=True)
async def forgotten(installation: Installation) -> AsyncIterator[None]:
    yield
    async with installation.database.owner() as connection:
        await connection.execute("DELETE FROM programme_measure")


async def send(client: httpx.AsyncClient, page: str, **form: str) -> httpx.Response:
    return await client.post(page, data={"csrf": await csrf_of(client)} | form, headers=OWN)


async def test_a_measure_is_entered_changed_and_removed_and_the_log_tells_it(
    client: httpx.AsyncClient, installation: Installation
) -> None:
    await sign_in(client)
    assert "Noch ist keine Maßnahme eingetragen" in (await client.get(PAGE)).text
    entered = await send(client, PAGE, day="2026-03-14", german="Anlaufstelle  <b>eröffnet</b>", english="")
    assert (entered.status_code, entered.headers["location"]) == (303, PAGE)
    listed = (await client.get(PAGE)).text
    assert "Anlaufstelle &lt;b&gt;eröffnet" in listed
    assert "14. März 2026" in listed

    (address,) = re.findall(r"/team/measures/[0-9a-f-]{36}", listed)
    assert 'value="2026-03-14"' in (await client.get(address)).text
    await send(client, address, day="2026-04-01", german="Anlaufstelle eröffnet", english="Contact point opened")
    (measure,) = await read_measures(installation)
    assert (measure.day.isoformat(), measure.name) == (
        "2026-04-01",
        {"de": "Anlaufstelle eröffnet", "en": "Contact point opened"},
    )
    assert "Contact point opened" in (await client.get(f"{PAGE}?lang=en")).text

    assert (await send(client, f"{address}/removal")).headers["location"] == PAGE
    assert await read_measures(installation) == ()
    assert (await client.get(address)).status_code == 404
    told = [(entry.who, entry.deed, entry.facts) for entry in (await read_audit_log(installation)).entries[-3:]]
    assert told == [
        (EMAIL, "measure-added", {"day": "2026-03-14", "measure": "Anlaufstelle <b>eröffnet</b>"}),
        (EMAIL, "measure-changed", {"day": "2026-04-01", "measure": "Anlaufstelle eröffnet"}),
        (EMAIL, "measure-removed", {"day": "2026-04-01", "measure": "Anlaufstelle eröffnet"}),
    ]


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"day": "gestern", "german": "Schulung"}, "Der Tag fehlt oder ist keiner"),
        ({"day": "2026-03-14", "german": "  "}, "Der deutsche Text fehlt"),
        ({"day": "2026-03-14", "german": "x" * 81}, "ein Text ist zu lang"),
        ({"day": "2026-03-14", "german": "Schulung", "english": "x" * 81}, "ein Text ist zu lang"),
    ],
)
async def test_what_cannot_stand_on_a_time_line_is_refused_and_nothing_typed_is_lost(
    client: httpx.AsyncClient, installation: Installation, form: dict[str, str], said: str
) -> None:
    await sign_in(client)
    answer = await send(client, PAGE, **form)
    assert answer.status_code == 422
    assert said in unescaped(answer)
    assert form["german"] in answer.text
    assert await read_measures(installation) == ()


async def test_whoever_only_reads_sees_the_list_and_no_form(
    client: httpx.AsyncClient, installation: Installation, password_hash: str
) -> None:
    await sign_in(client)
    await send(client, PAGE, day="2026-03-14", german="Schulung")
    await client.post("/team/sign-out", data={"csrf": await csrf_of(client)}, headers=OWN)
    async with installation.database.session("team") as connection:
        await store.add_account(connection, Email("ada@example.org"), "auditor", password_hash, "staff-council")
    await sign_in(client, email="ada@example.org")
    page = (await client.get(PAGE)).text
    assert "Schulung" in page
    assert "Eintragen" not in page
