"""The service as processes: its metrics, how it leaves, and what it refuses to be."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx

from survey_service.domain.rounds import Round
from survey_service.operations.count_service import count_service
from survey_service.operations.installation import Installation
from survey_service.operations.invite import invite
from survey_service.operations.participate import Client
from survey_service.settings import Settings
from survey_service.store.database import Database, DatabaseAddress
from survey_service.web.metrics import exposed
from tests.conftest import migrated, new_round
from tests.operations.running_service import free_port, own_settings, serving

PROGRAM = Path(sys.executable).with_name("survey-service")
SCRAPES = 12


async def take_part(installation: Installation, found: Round, people: int) -> None:
    async with Client(installation.settings.base_url, found.round_id) as client:
        terms = await client.terms()
        questionnaire = await client.questionnaire(terms)
        for invitation in await invite(installation, found.round_id, people):
            await client.participate(terms, questionnaire, invitation.code, {})


async def scraped(port: int) -> set[str]:
    """What each of several scrapes says: every worker gets its turn."""
    async with httpx.AsyncClient(trust_env=False) as client:
        answers = [await client.get(f"http://127.0.0.1:{port}/metrics") for _ in range(SCRAPES)]
    assert {answer.status_code for answer in answers} == {200}
    assert answers[0].headers["content-type"].startswith("text/plain; version=")
    return {answer.text for answer in answers}


async def test_metrics_count_rounds_and_checks_and_do_not_move_when_people_take_part(tmp_path: Path) -> None:
    settings = own_settings(tmp_path)
    port = free_port()
    async with migrated(settings) as installation:
        found = await new_round(installation, tmp_path)
        with serving(settings, SURVEY_METRICS_ADDRESS=f"127.0.0.1:{port}", SURVEY_WORKERS="2"):
            await asyncio.sleep(1)  # the schedule's first look, which counts participation for today
            [before] = await scraped(port)
            await take_part(installation, found, 3)
            async with httpx.AsyncClient(base_url=settings.base_url, trust_env=False) as public:
                await public.post(f"/api/rounds/{found.round_id}/credentials", content=b"nonsense")
                hidden = await public.get("/metrics")
            [after] = await scraped(port)
            async with httpx.AsyncClient(trust_env=False) as client:
                elsewhere = await client.get(f"http://127.0.0.1:{port}/team/sign-in")
    assert before == after
    assert 'survey_rounds{state="open"} 1.0\n' in before
    assert 'survey_check_ok{check="database"} 1.0\n' in before
    assert f'survey_participation_per_cent{{round="{found.round_id}"}} 0.0\n' in before
    assert not any(word in before for word in ("process_", "python_", "bytes", "seconds", "requests"))
    assert hidden.status_code == 404
    assert elsewhere.status_code == 404


async def test_metrics_without_a_database_say_so_and_count_nothing(tmp_path: Path) -> None:
    settings = own_settings(tmp_path)
    dead = Database(DatabaseAddress(parameters={"host": str(tmp_path), "port": 5432, "user": "nobody"}))
    told = exposed(await count_service(Installation(settings, dead))).decode()
    assert 'survey_check_ok{check="database"} 0.0\n' in told
    assert "survey_rounds" not in told


async def test_a_service_that_is_told_to_stop_says_so_first_and_finishes_what_it_began(tmp_path: Path) -> None:
    settings = own_settings(tmp_path)
    async with migrated(settings):
        pass
    with serving(settings, SURVEY_LEAVE_SECONDS="4", SURVEY_WORKERS="2") as service:
        half_sent = socket.create_connection(("127.0.0.1", settings.port))
        half_sent.sendall(b"POST /api/rounds/none/responses HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{")
        told_at = time.monotonic()
        service.send_signal(signal.SIGTERM)
        async with httpx.AsyncClient(base_url=settings.base_url, trust_env=False) as client:
            async with asyncio.timeout(10):
                while (ready := await client.get("/health/ready")).status_code != 503:  # noqa: ASYNC110 - told by a process
                    await asyncio.sleep(0.02)
            assert "Send requests to another one" in ready.text
            assert (await client.get("/help")).status_code == 200
        await until_closed(settings)
        half_sent.sendall(b"}")
        assert half_sent.recv(100).startswith(b"HTTP/1.1 400")
        half_sent.close()
        assert await asyncio.to_thread(service.wait, 10) in {-signal.SIGTERM, 0}
        assert 4 <= time.monotonic() - told_at < 30


async def until_closed(settings: Settings) -> None:
    async with asyncio.timeout(10):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", settings.port)
            except OSError:
                return
            writer.close()
            await asyncio.sleep(0.05)


async def refused_start(settings: Settings, **more: str) -> str:
    """What `serve` says before it leaves with status 1."""
    environment = os.environ | {"SURVEY_DATA_DIR": str(settings.data_dir), "SURVEY_PORT": str(settings.port)} | more
    done = await asyncio.to_thread(
        subprocess.run, [PROGRAM, "serve"], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    return done.stderr


async def test_a_taken_port_and_a_second_service_on_the_embedded_database_are_refused_with_the_remedy(
    tmp_path: Path,
) -> None:
    settings = own_settings(tmp_path)
    async with migrated(settings):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", settings.port))
            taken.listen()
            told = await refused_start(settings)
            assert f"cannot listen on 127.0.0.1, port {settings.port}" in told
            assert "give another host or port" in told
        with serving(settings):
            told = await refused_start(settings, SURVEY_PORT=str(free_port()))
            assert "Several replicas need a PostgreSQL server" in told
