"""Opening, extending and ending a round on its pages."""

from datetime import timedelta
from pathlib import Path

import httpx

from survey_service.domain.rounds import Round
from survey_service.domain.site import TIME_ZONE
from survey_service.operations.installation import Installation
from survey_service.operations.read_results import read_round
from survey_service.operations.run_schedule import run_due
from survey_service.store import team as store
from tests.conftest import migrated, new_round, service_on, set_times, settings_in
from tests.operations.participants import GitHub, take_part
from tests.operations.test_proposals import deeds
from tests.team.conftest import EMAIL, OWN, csrf_of, sign_in


async def send(client: httpx.AsyncClient, address: str, **fields: str) -> httpx.Response:
    return await client.post(address, data={"csrf": await csrf_of(client)} | fields, headers=OWN)


async def test_a_planned_round_is_opened_after_its_page_has_asked(
    client: httpx.AsyncClient, installation: Installation, tmp_path: Path
) -> None:
    found = await new_round(installation, tmp_path, opens_in=3600)
    await sign_in(client)
    page = f"/team/rounds/{found.round_id}"
    assert f"{page}/start" in unescaped(await client.get(page))
    assert "Ja, jetzt öffnen" in (await client.get(f"{page}/start")).text
    assert (await read_round(installation, found.round_id)).state == "scheduled"
    answer = await send(client, f"{page}/start")
    assert (answer.status_code, answer.headers["location"]) == (303, page)
    assert (await read_round(installation, found.round_id)).state == "open"
    assert (EMAIL, "round-started") in await deeds(installation, found.round_id)
    again = await send(client, f"{page}/start")
    assert again.status_code == 422
    assert "geht bei dieser Runde nicht oder nicht mehr" in again.text


async def test_the_new_end_is_a_time_by_the_clock_in_germany(
    client: httpx.AsyncClient, installation: Installation, tmp_path: Path
) -> None:
    found = await new_round(installation, tmp_path)
    await sign_in(client)
    page = f"/team/rounds/{found.round_id}"
    later = (
        (found.closes_at + timedelta(days=3)).astimezone(TIME_ZONE).replace(hour=18, minute=0, second=0, microsecond=0)
    )
    answer = await send(client, f"{page}/extend", closes=f"{later:%Y-%m-%dT%H:%M}")
    assert answer.status_code == 303
    assert (await read_round(installation, found.round_id)).closes_at == later


async def test_an_end_that_is_none_or_not_later_changes_nothing_and_stays_in_the_form(
    client: httpx.AsyncClient, installation: Installation, tmp_path: Path
) -> None:
    found = await new_round(installation, tmp_path)
    await sign_in(client)
    page = f"/team/rounds/{found.round_id}"
    for typed, told in (
        ("", "Das ist kein Tag mit Uhrzeit"),
        ("<b>", "Das ist kein Tag mit Uhrzeit"),
        ("2020-01-01T10:00", "Das neue Ende liegt nicht nach dem alten"),
    ):
        answer = await send(client, f"{page}/extend", closes=typed)
        assert answer.status_code == 422
        assert told in answer.text
        assert "<b>" not in answer.text
    assert (await read_round(installation, found.round_id)).closes_at == found.closes_at


async def test_a_round_that_is_ended_early_takes_no_code_and_keeps_its_ten_minutes(
    client: httpx.AsyncClient, installation: Installation, tmp_path: Path
) -> None:
    found = await new_round(installation, tmp_path)
    await sign_in(client)
    page = f"/team/rounds/{found.round_id}"
    assert "Das lässt sich nicht zurücknehmen" in (await client.get(f"{page}/end")).text
    assert (await send(client, f"{page}/end")).status_code == 303
    await run_due(installation)
    ended = await read_round(installation, found.round_id)
    assert ended.state == "open"  # the ballot box is not frozen yet
    assert ended.closes_at < found.closes_at
    assert "die Urne schließt in wenigen Minuten" in (await client.get(page)).text
    assert (await send(client, f"{page}/extend", closes="2099-01-01T10:00")).status_code == 422


async def test_the_page_of_an_open_round_tells_nothing_that_changes_when_somebody_answers(
    tmp_path: Path, password_hash: str
) -> None:
    settings = settings_in(tmp_path)  # its own: in a shared one, rounds of other tests move on meanwhile
    async with migrated(settings) as installation, service_on(settings) as client:
        async with installation.database.session("team") as connection:
            await store.add_account(connection, EMAIL, "project-team", password_hash)
        found = await new_round(installation, tmp_path, roster_size=100)
        await take_part(installation, found, [GitHub])  # which draws a code
        await run_due(installation)
        await sign_in(client)
        before = await bytes_of(client, found)
        async with installation.database.owner() as connection:  # many others, without codes drawn meanwhile
            await connection.execute(
                "INSERT INTO ballot (round_id, serial, randomizer, signature, receipt)"
                " SELECT $1, sha256(n::text::bytea), sha256(n::text::bytea), decode(repeat('00', 384), 'hex'),"
                " sha256(n::text::bytea) FROM generate_series(1, 60) AS n",
                found.round_id,
            )
        await run_due(installation)
        assert await bytes_of(client, found) == before


async def test_the_days_left_are_counted_by_the_calendar(
    client: httpx.AsyncClient, installation: Installation, tmp_path: Path
) -> None:
    found = await new_round(installation, tmp_path)
    await sign_in(client)
    for days, told in ((3, "noch 3 Tage"), (1, "endet morgen")):
        await set_times(installation, found.round_id, opens=timedelta(days=-2), closes=timedelta(days=days))
        assert told in (await client.get(f"/team/rounds/{found.round_id}")).text


async def bytes_of(client: httpx.AsyncClient, found: Round) -> list[str]:
    pages = ("/team/", f"/team/rounds/{found.round_id}", f"/team/rounds/{found.round_id}/results")
    return [(await client.get(page)).text for page in pages]


def unescaped(answer: httpx.Response) -> str:
    return answer.text.replace("&#x2f;", "/")
