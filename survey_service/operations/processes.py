"""Work for every core, batch by batch: a few batches are under way at a time, however many there are."""

import asyncio
import multiprocessing
import os
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing import connection
from typing import Any, Generic, TypeVar

from survey_service.custody import forbid_core_dumps

AHEAD = 2  # batches under way for each process: one in its hands, one that waits for it
NICENESS = 10  # participants of other rounds go first

Tool = TypeVar("Tool")
Batch = TypeVar("Batch")
Result = TypeVar("Result")

_tool: Any = None  # of a process that was started here


class Workshop(Generic[Tool]):
    """Where batches are worked on, with a tool that each process makes for itself. See `workshop`."""

    def __init__(self, executor: Executor, at_once: int, tool: Tool | None) -> None:
        self._executor = executor
        self._at_once = at_once
        self._tool = tool

    async def each(
        self, work: Callable[[Tool, Batch], Result], batches: AsyncIterator[Batch]
    ) -> AsyncIterator[tuple[Batch, Result]]:
        """Each batch with what came of it, in the order in which they come."""
        under_way: deque[tuple[Batch, asyncio.Future[Result]]] = deque()
        loop = asyncio.get_running_loop()
        try:
            async for batch in batches:
                begun: asyncio.Future[Result]
                if self._tool is None:
                    begun = loop.run_in_executor(self._executor, _work, work, batch)
                else:
                    begun = loop.run_in_executor(self._executor, work, self._tool, batch)
                under_way.append((batch, begun))
                if len(under_way) >= self._at_once:
                    first, done = under_way.popleft()
                    yield first, await done
            while under_way:
                first, done = under_way.popleft()
                yield first, await done
        finally:
            for _, begun in under_way:
                begun.cancel()


@contextmanager
def workshop(make: Callable[..., Tool], *given: object, processes: int) -> Iterator[Workshop[Tool]]:
    """A workshop of so many processes; with fewer than two, a thread of this one.

    make, given: what makes the tool in each process. They travel through a pipe, so that a key in them meets no disk.
    """
    if processes > 1:
        # Never forked: this process has threads, an event loop and connections, which no child may share.
        executor: Executor = ProcessPoolExecutor(
            processes, multiprocessing.get_context("spawn"), initializer=_enter, initargs=(make, given)
        )
        tool = None
    else:
        executor, tool = ThreadPoolExecutor(1), make(*given)
    try:
        yield Workshop(executor, AHEAD * max(processes, 1), tool)
    finally:
        executor.shutdown(wait=True, cancel_futures=True)


def cores() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _enter(make: Callable[..., Any], given: tuple[object, ...]) -> None:
    global _tool  # noqa: PLW0603 - a process of its own, which does nothing else
    forbid_core_dumps()
    os.nice(NICENESS)
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    _tool = make(*given)


def _leave_with_parent() -> None:
    """A key in memory must not outlive whoever gave it: a killed parent tells its children nothing."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


def _work(work: Callable[[Any, Any], Any], batch: object) -> Any:
    return work(_tool, batch)
