"""An installation for each file of tests, on the real database: no file meets what another one has left."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from itertools import count
from pathlib import Path

import httpx
import pytest

from survey_service.domain.rounds import Round
from survey_service.operations.create_round import create_round
from survey_service.operations.create_survey import create_survey
from survey_service.operations.installation import DEMONSTRATION, Installation, opened
from survey_service.settings import Settings
from survey_service.store.migrate import migrate
from survey_service.web.app import create_app

SURVEY = """
id = "{survey_id}"
title = {{ de = "Probe", en = "Trial" }}
questionnaire = "open-source-2017"
languages = ["de", "en"]
roster_size = {roster_size}
minimum_group_size = 10

[[publication]]
dimensions = ["population"]
items = ["experienced-any", "witnessed-any"]
"""

_numbers = count(1)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session", autouse=True)
def no_settings_from_outside() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name in os.environ:
            if name.startswith("SURVEY_"):
                patch.delenv(name)
        yield


def settings_in(directory: Path) -> Settings:
    settings = Settings.read({"SURVEY_DATA_DIR": str(directory / "data"), "SURVEY_BASE_URL": "http://survey.test"})
    return as_demonstration(settings)


def as_demonstration(settings: Settings) -> Settings:
    """Where nobody is asked for a second factor who has none; tests/team/test_second_factor.py is about all others."""
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    (settings.data_dir / DEMONSTRATION).touch()
    return settings


@asynccontextmanager
async def migrated(settings: Settings, *, clock_offset: timedelta = timedelta(0)) -> AsyncIterator[Installation]:
    async with opened(settings, clock_offset=clock_offset) as installation:
        async with installation.database.owner() as connection:
            await migrate(connection)
        yield installation


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return settings_in(tmp_path_factory.mktemp("installation"))


@pytest.fixture(scope="module")
async def installation(settings: Settings) -> AsyncIterator[Installation]:
    async with migrated(settings) as installation:
        yield installation


@pytest.fixture
async def client(installation: Installation) -> AsyncIterator[httpx.AsyncClient]:
    """The service's own door, without the network between."""
    async with service_on(installation.settings) as client:
        yield client


@asynccontextmanager
async def service_on(settings: Settings, *, clock_offset: timedelta = timedelta(0)) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(settings, clock_offset=clock_offset)
    async with (
        app.lifespan(),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app, raise_app_exceptions=False), base_url="http://survey.test"
        ) as client,
    ):
        yield client


async def new_round(
    installation: Installation, directory: Path, *, roster_size: int = 500, rehearsal: bool = True, opens_in: int = 0
) -> Round:
    """A round of a survey of its own, open now unless it opens in some seconds."""
    survey_id = f"trial-{next(_numbers)}"
    file = directory / f"{survey_id}.toml"
    await asyncio.to_thread(file.write_text, SURVEY.format(survey_id=survey_id, roster_size=roster_size))
    await create_survey(installation, file)
    async with installation.database.owner() as connection:
        opens_at = await connection.fetchval("SELECT now()") + timedelta(seconds=opens_in) if opens_in else None
    return await create_round(installation, survey_id, rehearsal=rehearsal, opens_at=opens_at)


async def set_times(installation: Installation, round_id: str, *, opens: timedelta, closes: timedelta) -> None:
    """Moves a round's times, counted from now: what takes two weeks in life."""
    async with installation.database.owner() as connection:
        await connection.execute(
            "UPDATE round SET opens_at = now() + $2, closes_at = now() + $3 WHERE round_id = $1",
            round_id,
            opens,
            closes,
        )
