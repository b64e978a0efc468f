"""Nothing a participant does leaves a line, not in the service's output and not in the database's log.

The service runs as an operator runs it, on a port; people come with good, wrong and malformed requests, and the
database dies and comes back in the middle.
"""

import asyncio
import os
import re
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from survey_service.attack import trial as trials
from survey_service.attack.attackers import forms, names
from survey_service.attack.evidence import find_all
from survey_service.attack.trial import Ballots
from survey_service.domain import encodings
from survey_service.domain.codes import new_code
from survey_service.domain.messages import Answers
from survey_service.operations.installation import Installation
from survey_service.sealing import Participation
from survey_service.settings import Settings
from survey_service.store import participation
from survey_service.store.embedded import EmbeddedPostgres
from tests.conftest import migrated, settings_in

PEOPLE = 12
SCHEDULE_EVENT = re.compile(rb"INFO schedule: round [a-z0-9-]+ is opened")
SERVER_EVENTS = re.compile(
    rb"starting PostgreSQL|listening on|database system (was|is)|terminating any other active|all server processes "
    rb"terminated|automatic recovery|redo |invalid record length|checkpoint|end-of-recovery|was terminated by signal 9|"
    rb"the database system is (in recovery|starting)|shutting down|received fast shutdown|aborting any active|background "
    rb"worker|not yet accepting connections|pre-existing shared memory block|could not open file \"./postmaster.pid\""
)
"""What the database may say: that it starts, stops, dies and recovers."""


class Session:
    """What was written, and every secret that must not stand in it."""

    def __init__(self) -> None:
        self.output = b""
        self.database_log = b""
        self.secrets: set[bytes] = set()
        self.statuses: list[int] = []


@pytest.fixture(scope="module")
async def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    directory = tmp_path_factory.mktemp("logs")
    settings = settings_in(directory)
    session = Session()
    async with migrated(settings) as installation:
        ballots = await trials.prepare(installation, directory, PEOPLE)
        async with served(settings, directory) as client:
            await visit(client, ballots, session)
            await kill_a_backend(installation)
            await try_codes(client, ballots, session, 10)  # while the database recovers
            await kill_the_database(settings)
            await try_codes(client, ballots, session, 3)
        session.output = await asyncio.to_thread((directory / "output").read_bytes)
    session.database_log = await asyncio.to_thread((settings.data_dir / "postgres" / "log").read_bytes)
    return session


async def test_the_session_met_every_kind_of_answer(session: Session) -> None:
    assert {200, 201, 400, 403, 404, 405, 409, 413, 503} <= set(session.statuses)


async def test_no_code_serial_receipt_answer_or_address_is_written(session: Session) -> None:
    for written in (session.output, session.database_log):
        assert list(find_all(written, session.secrets)) == []
        assert b"127.0.0.1:" not in without_start(written)
        assert b"INSERT" not in written
        assert b"UPDATE" not in written


async def test_the_service_writes_no_line_for_a_request(session: Session) -> None:
    """What the schedule does by itself it tells, once for each round and whoever asks for what meanwhile."""
    lines = without_start(session.output).splitlines()
    assert [line for line in lines if not SCHEDULE_EVENT.fullmatch(line)] == []
    assert len(lines) == len(set(lines))


async def test_the_database_logs_its_own_life_only(session: Session) -> None:
    assert [line for line in session.database_log.splitlines() if not SERVER_EVENTS.search(line)] == []


async def test_a_fault_is_told_once_a_day_by_its_place_only(
    installation: Installation, client: httpx.AsyncClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*arguments: object) -> None:
        raise LookupError(*arguments)

    ballots = await trials.prepare(installation, tmp_path, 3)
    monkeypatch.setattr(participation, "redeem", fail)
    empty = Answers(questionnaire=ballots.terms.questionnaire.sha256, answers={})
    with trials.everything_logged() as lines:
        for code in ballots.codes:
            body = msgspec.json.encode(Participation.begin(ballots.terms, empty).credential_request(code))
            answer = await client.post(f"/api/rounds/{ballots.round.round_id}/credentials", content=body)
            assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    told = [line for line in lines if "LookupError" in line]
    assert len(told) == 1
    assert not any(code in told[0] or code.replace("-", "") in told[0] for code in ballots.codes)


def without_start(output: bytes) -> bytes:
    """The output without the line that names the service's own address, and without what the schedule found."""
    own = (b"Serving on ", b"schedule: ")
    return b"\n".join(line for line in output.splitlines() if not line.startswith(own))


async def visit(client: httpx.AsyncClient, ballots: Ballots, session: Session) -> None:
    """Good, wrong, repeated and malformed requests."""
    path = f"/api/rounds/{ballots.round.round_id}"
    for person in await trials.take_part(client, ballots):
        session.secrets |= names(person) | {msgspec.json.encode(person.answers)}
        session.statuses += [200, 201]
    answers = Answers(questionnaire=ballots.terms.questionnaire.sha256, answers={})
    another = Participation.begin(ballots.terms, answers)
    used = msgspec.json.encode(another.credential_request(ballots.codes[0]))
    session.secrets |= forms(another.serial) | forms(another.sealed[:64])
    forged = another_response(another)
    requests: list[tuple[str, str, bytes]] = [
        ("POST", f"{path}/credentials", used),
        ("POST", f"{path}/credentials", wrong_code(ballots, session)),
        ("POST", f"{path}/credentials", b'{"invitation":"' + ballots.codes[0].encode()),
        ("POST", f"{path}/credentials", ballots.codes[0].encode() * 10_000),
        ("POST", f"{path}/responses", forged),
        ("POST", f"{path}/responses", forged[:-10]),
        ("POST", f"{path}/{ballots.codes[0]}", b""),
        ("GET", f"{path}/terms?code={ballots.codes[0]}", b""),
        ("GET", f"/r/{ballots.codes[0]}", b""),
        ("GET", f"/api/rounds/{ballots.codes[0].lower()}/terms", b""),
        ("DELETE", f"{path}/responses", b""),
        ("GET", f"{path}/ballot-box", b""),
        ("GET", "/%00%ff", b""),
    ]
    for method, url, content in requests:
        session.statuses.append((await client.request(method, url, content=content)).status_code)
    await broken_http(client.base_url.port or 0, ballots.codes[0])


async def try_codes(client: httpx.AsyncClient, ballots: Ballots, session: Session, count: int) -> None:
    for _ in range(count):
        path = f"/api/rounds/{ballots.round.round_id}/credentials"
        session.statuses.append((await client.post(path, content=wrong_code(ballots, session))).status_code)


def wrong_code(ballots: Ballots, session: Session) -> bytes:
    code = new_code()
    session.secrets |= {code.encode(), code.lower().encode()}
    person = Participation.begin(ballots.terms, Answers(questionnaire=ballots.terms.questionnaire.sha256, answers={}))
    return msgspec.json.encode(person.credential_request(code))


def another_response(person: Participation) -> bytes:
    """A response with a signature that nobody made."""
    request: dict[str, Any] = {
        "serial": person.serial,
        "randomizer": person.randomizer,
        "signature": bytes(384),
        "sealed": person.sealed,
    }
    return msgspec.json.encode({name: encodings.encode(value) for name, value in request.items()})


async def broken_http(port: int, code: str) -> None:
    """What is no HTTP, and someone who leaves half-way."""
    for sent in (f"{code}\r\n\r\n".encode(), b"POST /api/rounds/x/credentials HTTP/1.1\r\nContent-Length: 99\r\n\r\n{"):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(sent)
        await writer.drain()
        writer.close()
        await writer.wait_closed()


async def kill_a_backend(installation: Installation) -> None:
    """One of the server's processes dies in the middle of its work: all are started anew."""
    async with installation.database.owner() as connection:
        os.kill(await connection.fetchval("SELECT pg_backend_pid()"), signal.SIGKILL)
        connection.terminate()  # nobody is there any more to say goodbye to


async def kill_the_database(settings: Settings) -> None:
    postmaster = EmbeddedPostgres((settings.data_dir / "postgres").resolve()).postmaster()
    assert postmaster is not None
    os.kill(postmaster.pid, signal.SIGKILL)
    await asyncio.sleep(0.2)


@asynccontextmanager
async def served(settings: Settings, directory: Path) -> AsyncIterator[httpx.AsyncClient]:
    """`survey-service serve`, with all that it writes in one file."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        "PATH": os.environ["PATH"],
        "SURVEY_DATA_DIR": str(settings.data_dir),
        "SURVEY_PORT": str(port),
        "PYTHONUNBUFFERED": "1",
    }
    with (directory / "output").open("wb") as output:
        program = Path(sys.executable).with_name("survey-service")
        service = await asyncio.create_subprocess_exec(program, "serve", env=environment, stdout=output, stderr=output)
        try:
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=30) as client:
                await answering(client)
                yield client
        finally:
            service.send_signal(signal.SIGINT)
            await asyncio.wait_for(service.wait(), timeout=60)


async def answering(client: httpx.AsyncClient) -> None:
    for _ in range(600):
        try:
            if (await client.get("/health/ready")).is_success:
                return
        except httpx.TransportError:
            pass
        await asyncio.sleep(0.05)
    pytest.fail("the service does not answer")
