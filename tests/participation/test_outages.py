"""The database goes away in the middle: nobody loses anything, and the same request succeeds afterwards."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import httpx
import pytest

from survey_service.operations.installation import Installation
from survey_service.store.database import Database, DatabaseAddress
from survey_service.web.participant import api
from tests.conftest import new_round
from tests.participation.requests import Body, Participants, outcome, participants_of, problem


@pytest.fixture
async def people(installation: Installation, client: httpx.AsyncClient, tmp_path: Path) -> Participants:
    return await participants_of(installation, client, await new_round(installation, tmp_path))


@pytest.fixture
def shared(client: httpx.AsyncClient) -> api.Participants:
    transport = client._transport
    assert isinstance(transport, httpx.ASGITransport)
    participants = transport.app.state["participants"]  # type: ignore[attr-defined]
    assert isinstance(participants, api.Participants)
    return participants


@asynccontextmanager
async def nobody_answers(shared: api.Participants, directory: Path) -> AsyncIterator[None]:
    """As if the database's socket were dead."""
    alive = shared.database
    dead = Database(DatabaseAddress(parameters={"host": str(directory), "port": 5432, "user": "nobody"}))
    shared.database = shared.rounds._database = dead
    try:
        yield
    finally:
        shared.database = shared.rounds._database = alive
        await dead.close()


async def test_without_a_database_everything_is_unavailable_and_afterwards_the_same_request_succeeds(
    people: Participants, shared: api.Participants, tmp_path: Path
) -> None:
    [first, second] = await people.codes(2)
    redemption = people.credential_request(first)
    response = await people.response_request(second)

    async with nobody_answers(shared, tmp_path):
        refused = [
            await people.post("credentials", redemption),
            await people.post("responses", response),
            await people.http.get(people.outside.path),
            await people.http.get(people.outside.path + "/ballot-box"),
            await people.http.get(people.outside.path + "/ballot-box/credentials"),
            await people.post("responses", response, round_id="another-round"),
        ]
        still_there = await people.http.get(people.outside.path + "/terms")

    assert [problem(answer) for answer in refused] == ["unavailable"] * len(refused)
    assert all(int(answer.headers["retry-after"]) >= 1 for answer in refused)
    assert outcome(still_there) == 200
    assert outcome(await people.post("credentials", redemption)) == 200
    assert outcome(await people.post("responses", response)) == 201


async def wait_for_lock(owner: "asyncpg.Connection[asyncpg.Record]") -> int:
    """The backend that waits for the lock of this test."""
    for _ in range(200):
        waiting = await owner.fetchval(
            "SELECT pid FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid)) LIMIT 1"
        )
        if waiting is not None:
            return int(waiting)
        await asyncio.sleep(0.02)
    raise AssertionError("nobody waits")


@pytest.mark.parametrize(("address", "table"), [("credentials", "invitation"), ("responses", "sealed_response")])
async def test_a_request_whose_connection_is_cut_in_the_middle_changed_nothing_and_can_be_repeated(
    installation: Installation, people: Participants, address: str, table: str
) -> None:
    [code] = await people.codes(1)
    body: Body = people.credential_request(code) if address == "credentials" else await people.response_request(code)

    async with installation.database.owner() as owner, owner.transaction():
        await owner.execute(f"LOCK TABLE survey.{table} IN ACCESS EXCLUSIVE MODE")
        request = asyncio.create_task(people.post(address, body))
        await owner.execute("SELECT pg_terminate_backend($1)", await wait_for_lock(owner))
        refused = await request

    assert problem(refused) == "unavailable"
    assert int(refused.headers["retry-after"]) >= 1
    assert outcome(await people.post(address, body)) == (200 if address == "credentials" else 201)


async def test_after_all_connections_were_cut_at_once_everybody_gets_through_by_repeating(
    installation: Installation, people: Participants
) -> None:
    requests = [await people.response_request(code) for code in await people.codes(10)]
    await asyncio.gather(*(people.http.get(people.outside.path) for _ in range(20)))
    async with installation.database.owner() as owner:
        cut = await owner.fetch(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'survey-service' AND pid <> pg_backend_pid()"
        )

    first = [outcome(each) for each in await asyncio.gather(*(people.post("responses", body) for body in requests))]
    again = [outcome(each) for each in await asyncio.gather(*(people.post("responses", body) for body in requests))]

    assert len(cut) >= 1
    assert set(first) <= {201, "unavailable"}
    assert set(again) <= {201, 200}


async def test_while_the_rounds_key_is_away_a_redemption_is_unavailable_and_afterwards_it_succeeds(
    installation: Installation, people: Participants
) -> None:
    [code] = await people.codes(1)
    request = people.credential_request(code)
    key = installation.keys.path(people.outside.terms["round_id"], "credential")
    away = key.with_suffix(".away")

    key.rename(away)
    refused = await people.post("credentials", request)
    away.rename(key)

    assert problem(refused) == "unavailable"
    assert outcome(await people.post("credentials", request)) == 200
