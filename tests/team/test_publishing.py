"""From the unsealing to the release and back, on the team's pages."""

import asyncio
import re
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from survey_service.domain.accounts import Email
from survey_service.domain.rounds import Round
from survey_service.operations.close_round import close_round
from survey_service.operations.installation import Installation
from survey_service.operations.propose_beside import propose_beside, read_work
from survey_service.operations.read_results import read_round
from survey_service.operations.release_tables import propose_release, read_release, release_tables
from survey_service.operations.unseal_round import unseal_round
from survey_service.store import team as store
from tests.conftest import new_round
from tests.operations.commented_rounds import remarks, unsealed_with_remarks
from tests.operations.participants import GitHub, take_part
from tests.operations.test_proposals import deeds
from tests.team.conftest import EMAIL, OWN, csrf_of, sign_in
from tests.team.test_moving import send, unescaped

ADA = Email("ada@example.org")


@pytest.fixture
async def closed(installation: Installation, tmp_path: Path) -> Round:
    found = await new_round(installation, tmp_path)
    await take_part(installation, found, [GitHub] * 24)
    return await close_round(installation, found.round_id)


@pytest.fixture
async def unsealed(installation: Installation, closed: Round) -> Round:
    return await unseal_round(installation, closed.round_id)


async def computed(client: httpx.AsyncClient, page: str) -> str:
    """The review once its tables are computed."""
    for _ in range(200):
        answer = await client.get(f"{page}/review")
        if "refresh" not in answer.headers:
            return unescaped(answer)
        assert answer.headers["refresh"] == "3"
        assert "Die Tabellen werden gerechnet und geprüft" in answer.text
        await asyncio.sleep(0.05)
    raise AssertionError


async def test_a_round_whose_key_the_server_holds_is_unsealed_by_a_button_where_it_was_not_by_itself(
    client: httpx.AsyncClient, installation: Installation, closed: Round
) -> None:
    await sign_in(client)
    page = f"/team/rounds/{closed.round_id}/unsealing"
    assert "Jetzt entsiegeln" in (await client.get(page)).text
    assert (await send(client, page)).headers["location"] == page
    shown = (await client.get(page)).text
    assert "Jetzt entsiegeln" not in shown
    assert shown.count(">erledigt<") == 4
    assert (EMAIL, "round-unsealed") in await deeds(installation, closed.round_id)


async def test_without_its_key_the_page_says_what_to_do_and_nothing_is_changed(
    client: httpx.AsyncClient, installation: Installation, closed: Round
) -> None:
    path = installation.keys.path(closed.round_id, "sealing")
    aside = path.rename(path.with_suffix(".aside"))
    await sign_in(client)
    answer = await send(client, f"/team/rounds/{closed.round_id}/unsealing")
    assert answer.status_code == 422
    assert "Die Schlüsseldatei fehlt" in answer.text
    aside.rename(path)
    assert (await read_round(installation, closed.round_id)).state == "closed"


async def test_tables_are_computed_reviewed_published_and_withdrawn(
    client: httpx.AsyncClient, installation: Installation, unsealed: Round
) -> None:
    await sign_in(client)
    page = f"/team/rounds/{unsealed.round_id}"
    assert (await send(client, f"{page}/review", minimum="10")).status_code == 303
    review = await computed(client, page)
    assert "Bestanden: Ein unabhängiges Programm" in review
    draft = (await client.get(f"{page}/review/results")).text
    assert "Entwurf: noch nicht veröffentlicht" in draft
    assert "24 Antworten sind ausgewertet" in draft
    assert "Noch ist nichts veröffentlicht" in (await client.get(f"{page}/results")).text
    assert (await client.get(f"{page}/release.pdf")).status_code == 404

    asked = (await client.get(f"{page}/publication")).text
    (sha256,) = re.findall(r'name="sha256" value="([0-9a-f]{64})"', asked)
    assert (await send(client, f"{page}/publication", sha256=sha256)).headers["location"] == page
    assert "24 Antworten sind ausgewertet" in (await client.get(f"{page}/results")).text
    assert (await client.get(f"{page}/release.pdf")).status_code == 200

    assert "Warum?" in (await client.get(f"{page}/withdrawal")).text
    refused = await send(client, f"{page}/withdrawal", because="  ")
    assert (refused.status_code, "Der Grund fehlt" in refused.text) == (422, True)
    assert (await send(client, f"{page}/withdrawal", because="Ein <Amt> fehlt.")).headers["location"] == page
    for where in (page, f"{page}/results"):
        assert "Ein &lt;Amt&gt; fehlt." in (await client.get(where)).text
    assert (await client.get(f"{page}/release.pdf")).status_code == 404
    assert [deed for who, deed in await deeds(installation, unsealed.round_id) if who == EMAIL] == [
        "release-proposed",
        "release-published",
        "release-withdrawn",
    ]


async def test_what_was_not_reviewed_is_not_published(
    client: httpx.AsyncClient, installation: Installation, unsealed: Round
) -> None:
    await sign_in(client)
    page = f"/team/rounds/{unsealed.round_id}"
    seen = await propose_release(installation, unsealed.round_id)
    await propose_release(installation, unsealed.round_id, minimum_group_size=12)
    answer = await send(client, f"{page}/publication", sha256=seen.sha256)
    assert (answer.status_code, "ein anderer als der, den Sie gesehen haben" in answer.text) == (422, True)
    assert (await read_round(installation, unsealed.round_id)).state == "unsealed"


async def test_a_minimum_that_falls_or_is_no_number_computes_nothing(
    client: httpx.AsyncClient, installation: Installation, unsealed: Round
) -> None:
    await sign_in(client)
    for minimum in ("9", "zehn", ""):
        answer = await send(client, f"/team/rounds/{unsealed.round_id}/review", minimum=minimum)
        assert (answer.status_code, "kann nicht sinken" in answer.text) == (422, True)
    assert await read_work(installation, unsealed.round_id) is None


async def test_tables_that_cannot_be_protected_are_told_with_a_remedy(
    client: httpx.AsyncClient, unsealed: Round
) -> None:
    await sign_in(client)
    page = f"/team/rounds/{unsealed.round_id}"
    await send(client, f"{page}/review", minimum="500")  # more than have answered
    assert "Diese Tabellen lassen sich nicht schützen" in await computed(client, page)


async def test_two_who_ask_at_once_start_one_computation_and_one_of_a_dead_process_starts_anew(
    installation: Installation, unsealed: Round
) -> None:
    first = await propose_beside(installation, unsealed.round_id, 10)
    assert first is not None
    assert await propose_beside(installation, unsealed.round_id, 10) is None
    await first
    async with installation.database.owner() as connection:
        await connection.execute(
            "UPDATE tabulation_work SET is_done = false, seen_at = now() - interval '31 seconds' WHERE round_id = $1",
            unsealed.round_id,
        )
    work = await read_work(installation, unsealed.round_id)
    assert work is not None
    assert (work.going_on, work.refused) == (None, "gone")
    second = await propose_beside(installation, unsealed.round_id, 10)
    assert second is not None
    await second


async def test_a_service_that_stops_meanwhile_leaves_work_that_can_begin_anew(
    installation: Installation, unsealed: Round
) -> None:
    task = await propose_beside(installation, unsealed.round_id, 10)
    assert task is not None
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    work = await read_work(installation, unsealed.round_id)
    assert work is not None
    assert work.going_on is None
    again = await propose_beside(installation, unsealed.round_id, 10)
    assert again is not None
    await again
    assert (await release_tables(installation, unsealed.round_id)).analysed == 24


async def test_publishing_asks_for_the_password_where_it_was_given_long_ago(
    client: httpx.AsyncClient, installation: Installation, unsealed: Round
) -> None:
    await sign_in(client)
    proposal = await propose_release(installation, unsealed.round_id)
    async with installation.database.owner() as connection:
        await connection.execute("UPDATE session SET confirmed_at = now() - $1::interval", timedelta(hours=1))
    page = f"/team/rounds/{unsealed.round_id}"
    for answer in (
        await client.get(f"{page}/publication"),
        await send(client, f"{page}/publication", sha256=proposal.sha256),
        await client.get(f"{page}/withdrawal"),
        await send(client, f"{page}/unsealing"),
    ):
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/team/confirm?next=")
    assert (await read_round(installation, unsealed.round_id)).state == "unsealed"


async def test_two_people_review_a_text_and_its_name_stays_in(
    client: httpx.AsyncClient, installation: Installation, tmp_path: Path, password_hash: str
) -> None:
    async with installation.database.session("team") as connection:
        await store.add_account(connection, ADA, "project-team", password_hash)
    found = await unsealed_with_remarks(installation, tmp_path, remarks(12))
    page = f"/team/rounds/{found.round_id}"
    await sign_in(client)
    assert "Was hier steht, lesen nur die" in (await client.get(f"{page}/comments")).text
    first = f"{page}/comments/remark/0"
    text = (await client.get(first)).text
    assert "Meier" in text
    nothing = await send(client, first)
    assert (nothing.status_code, "Sie haben nichts entschieden" in nothing.text) == (422, True)
    saved = await send(client, first, verdict="accept", **{"word-1": "on", "word-x": "on"})
    assert saved.headers["location"] == f"{page}/comments/remark/1"
    assert (await send(client, f"{page}/comments/remark/11", verdict="reject")).headers["location"] == (
        f"{page}/comments/remark/1"
    )
    assert "Noch nicht zwei Personen" in (await client.get(first)).text
    await client.post("/team/sign-out", data={"csrf": await csrf_of(client)}, headers=OWN)

    await sign_in(client, email=ADA)
    text = (await client.get(first)).text
    assert f"{EMAIL} gibt ihn frei" in text
    assert 'name="word-1" checked' in text
    await send(client, first, verdict="accept", **{"word-1": "on"})
    assert "Zwei Personen sind sich einig" in (await client.get(first)).text
    proposal = await propose_release(installation, found.round_id)
    assert "1 freigegeben" in (await client.get(f"{page}/publication")).text
    await send(client, f"{page}/publication", sha256=proposal.sha256)
    (comments,) = (await read_release(installation, found.round_id)).comments
    assert len(comments.texts) == 1
    assert comments.texts[0].startswith("Frau […] aus Zimmer")
    results = (await client.get(f"{page}/results")).text
    assert "Frau […] aus Zimmer" in results
    assert "Meier" not in results
    assert (await client.get(first)).status_code == 422
    assert (await deeds(installation, found.round_id)).count((EMAIL, "comments-reviewed")) == 2


async def test_what_is_no_text_of_the_round_changes_nothing(
    client: httpx.AsyncClient, installation: Installation, tmp_path: Path
) -> None:
    found = await unsealed_with_remarks(installation, tmp_path, remarks(12))
    await sign_in(client)
    page = f"/team/rounds/{found.round_id}/comments"
    assert (await client.get(f"{page}/remark/12")).status_code == 422
    assert (await client.get(f"{page}/enough/0")).status_code == 422
    assert (await send(client, f"{page}/remark/0", verdict="accept", **{"word-99": "on"})).status_code == 422
    for place in ("x", "-1", "9" * 400, "²"):
        assert (await client.get(f"{page}/remark/{place}")).status_code == 422
