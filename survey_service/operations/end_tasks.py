"""Ends what runs beside something else."""

import asyncio
from collections.abc import Iterable
from typing import Any

ONCE_MORE_SECONDS = 1.0  # after which a task that has not ended is cancelled again


async def end_tasks(tasks: Iterable["asyncio.Task[Any]"]) -> None:
    """Cancels until all have ended, however they end.

    Once is not enough: a cancellation that meets the end of what it interrupts can be lost, and a loop then goes on.
    """
    given = tuple(tasks)
    while left := [task for task in given if not task.done()]:
        for task in left:
            task.cancel()
        await asyncio.wait(left, timeout=ONCE_MORE_SECONDS)
    for task in given:
        if not task.cancelled():
            task.exception()  # looked at, so that nothing is logged of it: it may hold values
