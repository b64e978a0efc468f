"""Ending what runs beside the service."""

import asyncio
import contextlib

from survey_service.operations.end_tasks import end_tasks


async def test_a_loop_that_lost_a_cancellation_is_ended_all_the_same() -> None:
    lost = 0

    async def loses_the_first_one() -> None:
        nonlocal lost
        while True:
            if lost:
                await asyncio.sleep(3600)
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(3600)
            lost += 1

    task = asyncio.create_task(loses_the_first_one())
    await asyncio.sleep(0)
    async with asyncio.timeout(10):
        await end_tasks((task,))
    assert task.cancelled()
    assert lost == 1


async def test_what_ended_by_itself_or_with_a_fault_is_ended() -> None:
    async def fails() -> None:
        raise ZeroDivisionError

    tasks = (asyncio.create_task(asyncio.sleep(0)), asyncio.create_task(fails()))
    await asyncio.sleep(0.01)
    await end_tasks(tasks)
    assert all(task.done() for task in tasks)
