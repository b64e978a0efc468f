"""An installation that is opened anew at any moment: every look is a restart, and only the database's clock is moved."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from survey_service.operations.installation import Installation, opened
from survey_service.operations.run_schedule import run_due
from survey_service.settings import Settings


class TimeMachine:
    """settings: of a database that is running meanwhile."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @asynccontextmanager
    async def at(self, moment: datetime) -> AsyncIterator[Installation]:
        """A replica that is started at this moment."""
        async with opened(self.settings, clock_offset=moment - datetime.now(UTC)) as installation:
            yield installation

    async def look(self, moment: datetime) -> list[str]:
        """One look of the schedule, and what it did."""
        async with self.at(moment) as installation:
            return await run_due(installation)
