"""Rounds and a service that stand for a whole file of tests: what is refused changes nothing, so many tests can share them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import httpx
import pytest

from survey_service.operations.installation import Installation
from survey_service.web import app
from tests.conftest import new_round, service_on
from tests.participation.requests import Participants, participants_of


async def nothing_is_due(_: Installation) -> None:
    await asyncio.Event().wait()


@pytest.fixture(scope="module")
async def standing_service(installation: Installation) -> AsyncIterator[httpx.AsyncClient]:
    """Without the schedule: it would unseal the rounds that other tests have just closed."""
    async with AsyncExitStack() as stack:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(app, "run_schedule", nothing_is_due)
            client = await stack.enter_async_context(service_on(installation.settings))
        yield client


@pytest.fixture(scope="module")
async def participants(
    installation: Installation, standing_service: httpx.AsyncClient, tmp_path_factory: pytest.TempPathFactory
) -> Participants:
    """Those of an open round, on the standing service."""
    planned = await new_round(installation, tmp_path_factory.mktemp("standing"))
    return await participants_of(installation, standing_service, planned)
