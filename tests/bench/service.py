"""The service itself: people over HTTP, then the close, the unsealing and the release."""

import asyncio
import os
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
            with serving(settings) as process:
                before = processor_seconds(process.pid)
                done = await simulate(installation, found.round_id, participants)
                spent = processor_seconds(process.pid) - before
                figures.append(
                    Figure("participations over HTTP, client included", done.acknowledged / done.seconds, "/s")
                )
                figures.append(Figure("service: processor time of a participation", spent / participants * 1e3, "ms"))
                for name, operation in (("close", close_round), ("unseal", unseal_round), ("release", release_tables)):
                    started = time.perf_counter()
                    await asyncio.ensure_future(operation(installation, found.round_id))
                    figures.append(Figure(f"{name} {participants} responses", time.perf_counter() - started, "s"))
    return figures


def processor_seconds(pid: int) -> float:
    """What a process has used of processors in all its threads, by Linux (proc(5): utime and stime)."""
    after_name = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(after_name[11]) + int(after_name[12])) / os.sysconf("SC_CLK_TCK")
