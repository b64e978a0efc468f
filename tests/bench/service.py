"""The service itself: people over HTTP, then the close, the unsealing and the release."""

import asyncio
import tempfile
import time
from pathlib import Path

from survey_service.operations.close_round import close_round
from survey_service.operations.release_tables import release_tables
from survey_service.operations.simulate import simulate
from survey_service.operations.unseal_round import unseal_round
from tests.bench.figures import Figure
from tests.conftest import migrated, new_round
from tests.operations.running_service import own_settings, serving


async def measure(participants: int) -> list[Figure]:
    figures = []
    with tempfile.TemporaryDirectory() as home:
        settings = own_settings(Path(home))
        async with migrated(settings) as installation:
            found = await new_round(installation, Path(home), roster_size=participants)
            with serving(settings):
                done = await simulate(installation, found.round_id, participants)
                figures.append(
                    Figure("participations over HTTP, client included", done.acknowledged / done.seconds, "/s")
                )
                for name, operation in (("close", close_round), ("unseal", unseal_round), ("release", release_tables)):
                    started = time.perf_counter()
                    await asyncio.ensure_future(operation(installation, found.round_id))
                    figures.append(Figure(f"{name} {participants} responses", time.perf_counter() - started, "s"))
    return figures
