"""What the pages show of rounds: states, bands, nothing before the release, and the same tables as the export."""

import re
from datetime import timedelta
from pathlib import Path

import httpx

from survey_service.cli import demonstration
from survey_service.exports import delimited, json_document
from survey_service.operations.close_round import close_round
from survey_service.operations.create_survey import create_survey
from survey_service.operations.export_release import Format, export_release
from survey_service.operations.installation import Installation
from survey_service.operations.release_tables import read_release, release_tables, withdraw_release
from survey_service.operations.unseal_round import unseal_round
from tests.conftest import new_round, set_times
from tests.operations.participants import GitHub, take_part
from tests.pages.team_rounds import counted
from tests.team.conftest import sign_in

CITY = Path(demonstration.__file__).with_name("survey.toml")
FORMS: tuple[Format, ...] = ("pdf", "xlsx")


async def test_a_round_is_read_from_its_planning_to_its_release(
    client: httpx.AsyncClient, installation: Installation, tmp_path: Path
) -> None:
    found = await new_round(installation, tmp_path, roster_size=100)
    address = f"/team/rounds/{found.round_id}"
    await sign_in(client)

    await take_part(installation, found, [GitHub] * 24)
    await counted(installation, found.round_id)
    page = await text(client, address)
    assert "Noch ist nichts veröffentlicht" in await text(client, f"{address}/results")
    assert "rund 20 % haben teilgenommen" in page
    assert "Solange die Runde läuft, sieht niemand eine Antwort" in page
    assert set(re.findall(r"(\d+) %", page)) == {"20"}
    assert "24 Antworten" not in page
    assert (await client.get(f"{address}/release.json")).status_code == 404

    await set_times(installation, found.round_id, opens=timedelta(days=-2), closes=timedelta(minutes=-1))
    assert "die Urne schließt in wenigen Minuten" in await text(client, address)
    await close_round(installation, found.round_id)
    assert "wartet auf die Entsiegelung" in (await text(client, address)).replace("Wartet", "wartet")
    await unseal_round(installation, found.round_id)
    assert f'href="{address}/review"' in await text(client, address)

    await release_tables(installation, found.round_id)
    assert f'href="{address}/results"' in await text(client, address)
    page = await text(client, f"{address}/results")
    assert "Was auffällt" in page
    assert "24 Antworten sind ausgewertet" in page
    assert "Probelauf: erfundene Antworten" in page
    document = await read_release(installation, found.round_id)
    tables = await client.get(f"{address}/release.json")
    assert tables.content == json_document.render(document)
    assert tables.headers["content-disposition"] == f'attachment; filename="{found.round_id}.json"'
    assert tables.headers["cache-control"] == "no-store"
    assert (await client.get(f"{address}/release.csv")).content == delimited.render(document)
    report, workbook = [await client.get(f"{address}/release.{form}") for form in FORMS]
    assert (report.headers["content-type"], report.content[:5]) == ("application/pdf", b"%PDF-")
    assert workbook.headers["content-type"].endswith("spreadsheetml.sheet")
    assert (report.content, workbook.content) == tuple(
        [(await export_release(installation, found.round_id, form)).content for form in FORMS]
    )
    assert report.headers["cache-control"] == workbook.headers["cache-control"] == "no-store"

    await withdraw_release(installation, found.round_id)
    assert "Was auffällt" not in await text(client, f"{address}/results")
    assert (await client.get(f"{address}/release.csv")).status_code == 404


async def test_where_a_tenth_of_the_roster_is_a_small_group_participation_is_not_told(
    client: httpx.AsyncClient, installation: Installation, tmp_path: Path
) -> None:
    found = await new_round(installation, tmp_path, roster_size=99)
    await take_part(installation, found, [GitHub] * 2)
    await sign_in(client)
    assert "teilgenommen" not in (await text(client, f"/team/rounds/{found.round_id}")).replace(
        "wer gerade teilgenommen", ""
    )


async def test_a_round_that_is_planned_says_when_it_opens(
    client: httpx.AsyncClient, installation: Installation, tmp_path: Path
) -> None:
    found = await new_round(installation, tmp_path, opens_in=3600)
    await sign_in(client)
    assert "Öffnet am " in await text(client, f"/team/rounds/{found.round_id}")


async def test_an_unknown_round_is_a_page_with_the_way_back(client: httpx.AsyncClient) -> None:
    await sign_in(client)
    for round_id in ("no-such-round", "NO", "x" * 80):
        for page in (f"/team/rounds/{round_id}", f"/team/rounds/{round_id}/results"):
            answer = await client.get(page)
            assert answer.status_code == 404
            assert "Diese Runde gibt es nicht" in answer.text


async def test_every_page_forbids_scripts_from_elsewhere_and_is_kept_by_nobody(
    client: httpx.AsyncClient,
) -> None:
    await sign_in(client)
    for page in ("/team/", "/team/sign-in", "/team/rounds/no-such-round"):
        answer = await client.get(page)
        assert answer.headers["cache-control"] == "no-store"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"  # a form's origin would be hidden from us, too
        assert "<script" not in answer.text
        assert " style=" not in answer.text


async def test_what_is_planned_beyond_counts_can_be_read_before_it_is_approved(
    client: httpx.AsyncClient, installation: Installation
) -> None:
    stored = await create_survey(installation, CITY)
    await sign_in(client)

    page = " ".join((await text(client, f"/team/surveys/{stored.survey.survey_id}")).split())

    assert "wie verlässlich die Fragen zusammen messen" in page
    assert "Haben Sie gemeldet, was geschehen ist? „Ja, alles“ und „Ja, einen Teil“" in page
    assert "gewichtet auf alle Eingeladenen nach Antwort auf „" in page


async def text(client: httpx.AsyncClient, address: str) -> str:
    answer = await client.get(address)
    assert answer.status_code == 200
    return answer.text.replace("\N{NO-BREAK SPACE}", " ").replace("&#x2f;", "/")
