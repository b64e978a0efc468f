"""Rounds and a service that stand for the whole run: what is refused changes nothing, so many tests can share them."""

from collections.abc import AsyncIterator

import httpx
import pytest

from survey_service.operations.installation import Installation
from tests.conftest import new_round, service_on
from tests.participation.requests import Participants, participants_of


@pytest.fixture(scope="session")
async def standing_service(installation: Installation) -> AsyncIterator[httpx.AsyncClient]:
    async with service_on(installation.settings) as client:
        yield client


@pytest.fixture(scope="session")
async def participants(
    installation: Installation, standing_service: httpx.AsyncClient, tmp_path_factory: pytest.TempPathFactory
) -> Participants:
    """Those of an open round, on the standing service."""
    planned = await new_round(installation, tmp_path_factory.mktemp("standing"))
    return await participants_of(installation, standing_service, planned)
