"""Builds the demonstration city: three finished rounds and an open one, each through the real way, by an injected clock."""

import asyncio
import multiprocessing
import random
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import timedelta
from importlib import resources
from itertools import islice
from pathlib import Path

import httpx
import msgspec
import uvicorn

from questionnaires import definitions
from questionnaires.answers import Answers
from survey_service.domain.rounds import GRACE, Round
from survey_service.domain.surveys import Survey, leaves
from survey_service.errors import Refusal
from survey_service.operations.create_round import create_round
from survey_service.operations.create_survey import create_survey
from survey_service.operations.installation import DEMONSTRATION, Installation, opened
from survey_service.operations.plausible_answers import plausible_answers
from survey_service.operations.record_measures import record_measure
from survey_service.operations.release_tables import release_tables
from survey_service.operations.run_schedule import run_due
from survey_service.operations.simulate import simulate
from survey_service.settings import Settings
from survey_service.store import embedded
from survey_service.store.migrate import migrate
from survey_service.web.app import create_app

SURVEY = "rueckhalt"
HALF_YEAR = timedelta(days=182)
FINISHED = (820, 900, 960)  # who took part in each finished round: about a third of the staff, a few more each time
MEASURES = (  # what the programme did after a finished round, so many days after it opened
    (60, "Schulung „Haltung zeigen“ für Führungskräfte", "Training for leaders: taking a stance"),
    (90, "Anlaufstelle im Rathaus eröffnet", "Contact point in the town hall opened"),
)
STARTED = 240  # who has taken part in the open round
PARTICIPANTS = sum(FINISHED) + STARTED
OPEN_SINCE = timedelta(days=4)

START_SECONDS = 30.0
STOP_SECONDS = 10.0
_BUILT = "built"

Progress = Callable[[int], None]


class NoDemonstration(Refusal):
    """The place of the demonstration holds something else."""


class ServiceDidNotStart(Refusal):
    """The service that builds the city did not come up."""


async def build(settings: Settings, on_progress: Progress) -> None:
    """Builds the city where it is not built yet. Interrupted, it is built anew the next time.

    Raises: NoDemonstration, ServiceDidNotStart.
    """
    mark = settings.data_dir / DEMONSTRATION
    if (settings.data_dir / _BUILT).exists():
        return
    if settings.data_dir.exists():
        if not mark.exists():
            raise NoDemonstration(
                f"{settings.data_dir} holds something that is no demonstration.",
                remedy="Set SURVEY_DATA_DIR elsewhere.",
            )
        _clear(settings)
    settings.data_dir.mkdir(mode=0o700, parents=True)
    mark.touch()
    with embedded.running(settings.data_dir / "postgres"):  # stays up from step to step
        await _set_up(settings)
        for past_rounds, participants in enumerate(FINISHED):
            ago = HALF_YEAR * (len(FINISHED) - past_rounds)
            await _finished_round(settings, -ago, past_rounds, participants, on_progress)
        await _open_round(settings, on_progress)
    (settings.data_dir / _BUILT).touch()


def _clear(settings: Settings) -> None:
    with suppress(Refusal), embedded.running(settings.data_dir / "postgres"):
        pass  # whoever leaves last stops a server that was left over
    shutil.rmtree(settings.data_dir)
    shutil.rmtree(settings.key_dir, ignore_errors=True)


async def _set_up(settings: Settings) -> None:
    async with opened(settings) as installation:
        async with installation.database.owner() as connection:
            await migrate(connection)
        with resources.as_file(resources.files(__package__).joinpath("survey.toml")) as file:
            await create_survey(installation, Path(file))


async def _finished_round(
    settings: Settings, offset: timedelta, past_rounds: int, participants: int, on_progress: Progress
) -> None:
    async with _city_at(settings, offset) as installation:
        found = await create_round(installation, SURVEY, rehearsal=True)
        await _take_part(installation, found, past_rounds, participants, on_progress)
    after_the_end = offset + (found.closes_at - found.opens_at) + GRACE + timedelta(minutes=1)
    async with opened(settings, clock_offset=after_the_end) as installation:
        await run_due(installation)
        await release_tables(installation, found.round_id, for_staff=True)
        for days, german, english in MEASURES[past_rounds : past_rounds + 1]:
            held_on = (found.opens_at + timedelta(days=days)).date()
            await record_measure(installation, held_on.isoformat(), german, english)


async def _open_round(settings: Settings, on_progress: Progress) -> None:
    async with _city_at(settings, -OPEN_SINCE) as installation:
        found = await create_round(installation, SURVEY, rehearsal=True)
        await _take_part(installation, found, len(FINISHED), STARTED, on_progress)


async def _take_part(
    installation: Installation, found: Round, past_rounds: int, participants: int, on_progress: Progress
) -> None:
    questionnaire = definitions.from_bytes(found.questionnaire)
    survey = msgspec.json.decode(found.definition, type=Survey)
    headcounts = {unit.id: unit.headcount for unit in leaves(survey.units)}
    invented: Iterator[Answers] = plausible_answers(questionnaire, headcounts, past_rounds, random.SystemRandom())
    await simulate(
        installation,
        found.round_id,
        participants,
        answers=list(islice(invented, participants)),
        on_progress=on_progress,
    )


@asynccontextmanager
async def _city_at(settings: Settings, offset: timedelta) -> AsyncIterator[Installation]:
    """The installation and its service, both seeing the database's clock ahead by `offset`."""
    async with opened(settings, clock_offset=offset) as installation:
        with _service_at(settings, offset):
            await _until_ready(settings)
            yield installation


@contextmanager
def _service_at(settings: Settings, offset: timedelta) -> Iterator[None]:
    # A process of its own: it signs on one core while the participants seal on the other.
    service = multiprocessing.get_context("spawn").Process(target=_serve, args=(settings, offset), daemon=True)
    service.start()
    try:
        yield
    finally:
        service.terminate()
        service.join(STOP_SECONDS)
        service.kill()
        service.join()


def _serve(settings: Settings, offset: timedelta) -> None:
    app = create_app(settings, clock_offset=offset)
    uvicorn.run(
        app,
        host=settings.host,
        port=settings.port,
        access_log=False,
        server_header=False,
        log_level="error",
        timeout_graceful_shutdown=2,
    )


async def _until_ready(settings: Settings) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        with suppress(TimeoutError):
            async with asyncio.timeout(START_SECONDS):
                while True:
                    with suppress(httpx.TransportError):
                        if (await client.get(f"{settings.base_url}/health/live")).is_success:
                            return
                    await asyncio.sleep(0.05)
    raise ServiceDidNotStart("The demonstration's service does not start.", remedy="See what it said above.")
