"""The overview of a published round, for everyone who took part: only where the project team says so."""

from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from survey_service.domain.rounds import Round
from survey_service.operations.close_round import close_round
from survey_service.operations.create_round import create_round
from survey_service.operations.installation import Installation
from survey_service.operations.release_tables import propose_release, release_tables, withdraw_release
from survey_service.operations.unseal_round import unseal_round
from survey_service.web.participant import pages, results
from tests.conftest import new_round, service_on
from tests.operations.participants import GitHub, take_part
from tests.operations.test_proposals import deeds
from tests.team.conftest import EMAIL, sign_in
from tests.team.test_moving import send


@pytest.fixture(autouse=True)
def nothing_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "KEEP_SECONDS", 0.0)
    monkeypatch.setattr(pages, "LIST_SECONDS", 0.0)


@pytest.fixture
async def unsealed(installation: Installation, tmp_path: Path) -> Round:
    found = await new_round(installation, tmp_path)
    await take_part(installation, found, [GitHub] * 24)
    await close_round(installation, found.round_id)
    return await unseal_round(installation, found.round_id)


async def test_what_is_published_is_for_the_team_unless_the_team_says_otherwise(
    client: httpx.AsyncClient, installation: Installation, unsealed: Round
) -> None:
    address = f"/results/{unsealed.round_id}"
    assert (await client.get(address)).status_code == 404
    await release_tables(installation, unsealed.round_id)
    for page in (address, f"{address}/en"):
        assert (await client.get(page)).status_code == 404
    assert address not in (await client.get("/")).text


async def test_the_choice_is_made_at_the_publication_and_is_told_in_the_log(
    client: httpx.AsyncClient, installation: Installation, unsealed: Round
) -> None:
    await sign_in(client)
    sha256 = (await propose_release(installation, unsealed.round_id)).sha256
    team, address = f"/team/rounds/{unsealed.round_id}", f"/results/{unsealed.round_id}"
    assert "Den Überblick auch den Beschäftigten zeigen" in (await client.get(f"{team}/publication")).text
    await send(client, f"{team}/publication", sha256=sha256, for_staff="yes")
    assert "Was die Befragung ergeben hat" in (await client.get(address)).text
    assert f'href="{address}"' in (await client.get(team)).text.replace("&#x2f;", "/")

    await send(client, f"{team}/staff", shown="no")
    assert (await client.get(address)).status_code == 404
    await send(client, f"{team}/staff", shown="yes")
    assert (await client.get(address)).status_code == 200
    await send(client, f"{team}/staff", shown="yes")  # once more: nothing happens
    assert [deed for who, deed in await deeds(installation, unsealed.round_id) if who == EMAIL] == [
        "release-published",
        "results-hidden-from-staff",
        "results-shown-to-staff",
    ]
    await withdraw_release(installation, unsealed.round_id)
    assert (await client.get(address)).status_code == 404
    assert (await send(client, f"{team}/staff", shown="yes")).status_code == 404


async def test_everyone_gets_the_same_bytes_without_a_cookie_and_a_browser_asks_only_whether_they_are_new(
    client: httpx.AsyncClient, installation: Installation, unsealed: Round
) -> None:
    await release_tables(installation, unsealed.round_id, for_staff=True)
    address = f"/results/{unsealed.round_id}"
    first = await client.get(address)
    async with service_on(installation.settings) as somebody_else:
        second = await somebody_else.get(address, headers={"accept-language": "en", "cookie": "team=x"})
    assert first.content == second.content
    assert "set-cookie" not in first.headers
    assert first.headers["cache-control"] == "public, max-age=30"
    again = await client.get(address, headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_the_overview_says_what_the_whole_city_answered_in_both_languages_and_nothing_of_groups(
    client: httpx.AsyncClient, installation: Installation, unsealed: Round
) -> None:
    await release_tables(installation, unsealed.round_id, for_staff=True)
    german = (await client.get(f"/results/{unsealed.round_id}")).text
    english = (await client.get(f"/results/{unsealed.round_id}/en")).text
    assert "Was auffällt" in german
    assert "What stands out" in english
    assert "Probelauf: erfundene Antworten" in german
    assert "24 responses are analysed" in english
    for page in (german, english):
        assert "-by-population" not in page
        assert " style=" not in page
    for page in ("/", "/receipt"):
        assert f"/results/{unsealed.round_id}/en" in (await client.get(page)).text.replace("&#x2f;", "/")


async def test_the_next_round_says_there_what_has_changed(
    client: httpx.AsyncClient, installation: Installation, unsealed: Round
) -> None:
    await release_tables(installation, unsealed.round_id, for_staff=True)
    assert "die erste veröffentlichte Runde" in (await client.get(f"/results/{unsealed.round_id}")).text
    async with installation.database.owner() as connection:
        await connection.execute(
            "UPDATE round SET opens_at = opens_at - $2::interval WHERE round_id = $1",
            unsealed.round_id,
            timedelta(days=180),
        )
    later = await create_round(installation, unsealed.survey_id, rehearsal=True)
    await take_part(installation, later, [GitHub] * 24)
    await close_round(installation, later.round_id)
    await unseal_round(installation, later.round_id)
    await release_tables(installation, later.round_id, for_staff=True)
    page = (await client.get(f"/results/{later.round_id}")).text
    assert "Verglichen mit der Runde vom" in page
    assert "Verlauf über die Runden" in page
