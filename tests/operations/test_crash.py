"""Real processes, killed under load: what was acknowledged is there afterwards, and nothing counts twice."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from questionnaires.answers import Answers
from survey_service.operations.close_round import close_round
from survey_service.operations.installation import Installation
from survey_service.operations.invite import invite
from survey_service.operations.participate import Client
from survey_service.operations.recount import read_ballot_box, recount
from survey_service.operations.unseal_round import STEPS, unseal_round
from survey_service.settings import Settings
from survey_service.store.embedded import EmbeddedPostgres
from survey_service.store.postgres_programs import is_alive
from tests.conftest import migrated, new_round
from tests.operations.participants import take_part
from tests.operations.running_service import START_SECONDS, is_ready, own_settings, serving

PARTICIPANTS = 240
AT_ONCE = 16
ANSWERS: Answers = {"witnessed": ["none"]}


@pytest.fixture(name="own_settings")
def settings_of_its_own(tmp_path: Path) -> Settings:
    return own_settings(tmp_path)


async def everyone_takes_part(installation: Installation, round_id: str, codes: list[str], receipts: list[str]) -> None:
    todo = iter(codes)

    async def one_after_another() -> None:
        async with Client(installation.settings.base_url, round_id) as client:
            terms = await client.terms()
            questionnaire = await client.questionnaire(terms)
            for code in todo:
                receipts.append(await client.participate(terms, questionnaire, code, ANSWERS))  # noqa: PERF401 - counted meanwhile

    await asyncio.gather(*(one_after_another() for _ in range(AT_ONCE)))


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(START_SECONDS):
        while not holds():  # noqa: ASYNC110 - what holds is counted in another task, without an event
            await asyncio.sleep(0.01)


async def test_what_was_acknowledged_survives_the_death_of_service_and_database_under_load(
    own_settings: Settings, tmp_path: Path
) -> None:
    receipts: list[str] = []
    postgres = EmbeddedPostgres(own_settings.data_dir / "postgres")
    async with migrated(own_settings) as installation:
        found = await new_round(installation, tmp_path)
        codes = [invitation.code for invitation in await invite(installation, found.round_id, PARTICIPANTS)]
        with serving(own_settings) as service:
            taking_part = asyncio.create_task(everyone_takes_part(installation, found.round_id, codes, receipts))
            await until(lambda: len(receipts) > PARTICIPANTS / 4)
            postmaster = postgres.postmaster()
            assert postmaster is not None
            os.kill(postmaster.pid, signal.SIGKILL)
            acknowledged_before = list(receipts)
            await until(lambda: len(receipts) > PARTICIPANTS / 2)
            service.kill()
            service.wait()
        with serving(own_settings):
            await taking_part
        assert len(set(receipts)) == PARTICIPANTS
        await close_round(installation, found.round_id)
        box = await read_ballot_box(installation.database, found.round_id)
        assert set(acknowledged_before) <= set(receipts) == set(box.receipts)
        assert (box.count, box.credentials_issued) == (PARTICIPANTS, PARTICIPANTS)
        assert (await recount(installation, found.round_id)).sound
        assert (await unseal_round(installation, found.round_id)).analysed == PARTICIPANTS


KILLED = """
import asyncio, os, signal, sys
from survey_service.operations.installation import opened
from survey_service.operations.unseal_round import unseal_round
from survey_service.settings import Settings

async def main():
    async with opened(Settings.read()) as installation:
        await unseal_round(installation, sys.argv[1], lambda step: os.kill(os.getpid(), signal.SIGKILL) if step == sys.argv[2] else None)
asyncio.run(main())
"""


async def test_an_unsealing_killed_after_each_of_its_steps_goes_on_to_every_answer_and_no_key(
    own_settings: Settings, tmp_path: Path
) -> None:
    environment = os.environ | {"SURVEY_DATA_DIR": str(own_settings.data_dir)}
    async with migrated(own_settings) as installation:
        found = await new_round(installation, tmp_path)
        await take_part(installation, found, [ANSWERS] * 12)
        await close_round(installation, found.round_id)
        for step in STEPS:
            killed = await asyncio.create_subprocess_exec(
                sys.executable, "-c", KILLED, found.round_id, step, env=environment
            )
            assert await killed.wait() == -signal.SIGKILL, step
        unsealed = await unseal_round(installation, found.round_id)
        assert (unsealed.state, unsealed.analysed, unsealed.invalid) == ("unsealed", 12, 0)
        assert [name for name in ("credential", "sealing") if installation.keys.has(found.round_id, name)] == []
        assert not list(installation.keys.path(found.round_id, "sealing").parent.glob("*.draft"))
        async with installation.database.owner() as connection:
            assert await connection.fetchval("SELECT count(*) FROM sealed_response") == 0
        assert (await recount(installation, found.round_id)).sound


async def test_ctrl_c_leaves_no_process_behind(own_settings: Settings) -> None:
    async with migrated(own_settings):
        pass
    with serving(own_settings):
        postmaster = EmbeddedPostgres(own_settings.data_dir / "postgres").postmaster()
        assert postmaster is not None
    assert EmbeddedPostgres(own_settings.data_dir / "postgres").postmaster() is None
    assert not is_alive(postmaster.pid)


async def test_readiness_says_what_is_missing_and_how_to_mend_it(own_settings: Settings, tmp_path: Path) -> None:
    async with migrated(own_settings) as installation:
        found = await new_round(installation, tmp_path)
        with serving(own_settings):
            installation.keys.path(found.round_id, "credential").rename(tmp_path / "aside")
            answer = await asyncio.to_thread(httpx.get, f"{own_settings.base_url}/health/ready", trust_env=False)
            assert answer.status_code == 503
            assert f"{found.round_id} (credential)" in answer.text
            assert "Put the second copy of the key files back" in answer.text
            assert str(tmp_path) not in answer.text
            (tmp_path / "aside").rename(installation.keys.path(found.round_id, "credential"))
            assert is_ready(own_settings)
