"""The audit log as the auditor reads it, and at the command line."""

import re
from collections.abc import AsyncIterator

import httpx
import pytest

from survey_service.domain.accounts import Email
from survey_service.domain.audit_log import AUDITED_DEEDS, COMMAND_LINE, FACTS
from survey_service.operations.installation import Installation
from survey_service.operations.read_audit_log import read_audit_log
from survey_service.operations.run_schedule import run_due
from survey_service.store import audit_log
from survey_service.store import team as store
from survey_service.web.team.audit_log import PAGE_SIZE, line
from survey_service.web.team.wording import wording
from tests.team.conftest import EMAIL, sign_in

AUDITOR = Email("council@example.org")


@pytest.fixture(autouse=True)
async def told(installation: Installation, account: None, password_hash: str) -> AsyncIterator[None]:
    """An auditor, and more entries than one page holds; the last is of somebody with an address that looks like a page."""
    del account
    await run_due(installation)  # what other tests have left to the schedule, which would be told meanwhile
    async with installation.database.owner() as connection:
        await connection.execute("DELETE FROM audit_entry")  # what other tests have done in the same installation
    async with installation.database.session("team") as connection:
        await store.add_account(connection, AUDITOR, "auditor", password_hash, "staff-council")
        for number in range(PAGE_SIZE + 3):
            await audit_log.append(connection, COMMAND_LINE, "codes-drawn", round_id="read-me", count=number)
        await audit_log.append(connection, EMAIL, "release-withdrawn", round_id="read-me", because="<b>so</b>")
    yield
    async with installation.database.owner() as connection:
        await connection.execute("DELETE FROM audit_entry")


async def test_the_auditor_reads_the_latest_first_in_pages(client: httpx.AsyncClient) -> None:
    await sign_in(client, email=AUDITOR)
    first = (await client.get("/team/audit-log")).text
    assert first.count('class="audit__entry"') == PAGE_SIZE
    assert "Veröffentlichung zurückgezogen" in first
    assert "&lt;b&gt;so&lt;&#x2f;b&gt;" in first
    assert "Die Kette ist vollständig: 54 Einträge" in first
    assert "Seite 1 von 2" in first
    second = (await client.get("/team/audit-log?page=2")).text
    assert second.count('class="audit__entry"') == 4
    assert "Anzahl: 0" in second
    for number in ("3", "-1", "0", "x", "9" * 50):
        assert (await client.get(f"/team/audit-log?page={number}")).status_code == 200


async def test_entries_are_picked_by_person_and_by_deed(client: httpx.AsyncClient) -> None:
    await sign_in(client, email=AUDITOR)
    by_person = (await client.get("/team/audit-log", params={"who": EMAIL})).text
    assert by_person.count('class="audit__entry"') == 1
    by_deed = (await client.get("/team/audit-log", params={"deed": "codes-drawn", "page": 2})).text
    assert by_deed.count('class="audit__entry"') == 3
    assert "deed=codes-drawn" in by_deed
    assert "Keinen solchen Eintrag gibt es" in (await client.get("/team/audit-log?who=nobody")).text


async def test_the_page_is_read_in_english_too(client: httpx.AsyncClient) -> None:
    await sign_in(client, email=AUDITOR)
    page = (await client.get("/team/audit-log?lang=en")).text
    assert "Release withdrawn" in page
    assert "command line on the server" in page


async def test_an_entry_that_was_changed_is_said_on_the_page(
    client: httpx.AsyncClient, installation: Installation
) -> None:
    async with installation.database.owner() as connection:
        await connection.execute("UPDATE audit_entry SET entry = '\\x00' WHERE position = 7")
    await sign_in(client, email=AUDITOR)
    page = (await client.get("/team/audit-log?page=2")).text
    assert "Die Kette ist gebrochen ab Eintrag 7" in page
    assert "nicht lesbar" in (await client.get("/team/audit-log")).text


async def test_the_whole_log_is_taken_along_as_a_file(client: httpx.AsyncClient, installation: Installation) -> None:
    await sign_in(client, email=AUDITOR)
    log = await read_audit_log(installation)
    json_file = await client.get("/team/audit-log.json")
    assert json_file.json()["head"] == log.head
    assert json_file.headers["content-disposition"] == 'attachment; filename="audit-log.json"'
    assert json_file.headers["cache-control"] == "no-store"
    csv_file = await client.get("/team/audit-log.csv")
    assert len(csv_file.text.splitlines()) == len(log.entries) + 1


async def test_every_deed_and_every_fact_has_its_words_in_both_languages() -> None:
    for language in ("de", "en"):
        words = wording(language)
        assert len({words(f"audit.deed.{deed}") for deed in AUDITED_DEEDS}) == len(AUDITED_DEEDS)
        assert all(words(f"audit.fact.{fact}") for fact in FACTS)


async def test_an_entry_of_a_later_version_is_shown_as_it_stands(installation: Installation) -> None:
    async with installation.database.owner() as connection:
        await connection.fetchval("""SELECT append_audit_entry('kim', 'moved-a-mountain', '{"height": "12 m"}')""")
    shown = line((await read_audit_log(installation)).entries[-1], wording("de"))
    assert (shown.deed, shown.facts) == ("moved-a-mountain", [("height", "12 m")])
    assert re.search(r"\d{4}, \d\d:\d\d Uhr", shown.at)
