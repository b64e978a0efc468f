"""Sessions of the database, and what is left of them when whoever has one goes away."""

import asyncio
import gc
from pathlib import Path
from typing import Any

from tests.conftest import migrated, settings_in


async def test_a_session_that_is_cancelled_while_it_is_given_back_leaves_no_fault_behind(tmp_path: Path) -> None:
    faults: list[dict[str, Any]] = []
    async with migrated(settings_in(tmp_path)) as installation:
        loop = asyncio.get_running_loop()
        before = loop.get_exception_handler()
        loop.set_exception_handler(lambda _, context: faults.append(context))
        for ticks in range(8):  # how far the giving back has come
            used = asyncio.Event()

            async def visit(used: asyncio.Event = used) -> None:
                async with installation.database.session("operation"):
                    used.set()

            visitor = asyncio.create_task(visit())
            await used.wait()
            for _ in range(ticks):
                await asyncio.sleep(0)
            visitor.cancel()
            await asyncio.gather(visitor, return_exceptions=True)
            await installation.database.close()
            await asyncio.sleep(0.01)
        gc.collect()
        loop.set_exception_handler(before)
    assert faults == []
