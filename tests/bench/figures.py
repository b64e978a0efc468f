"""A measured figure, and how to measure one."""

import time
from collections.abc import Callable
from typing import NamedTuple

SECONDS = 1.0  # that a part is repeated for


class Figure(NamedTuple):
    name: str
    value: float
    unit: str


def rate(name: str, work: Callable[[], object], each: int = 1) -> Figure:
    """How often a second `work` does its thing; each: things it does at a time."""
    work()
    started = time.perf_counter()
    times = 0
    while (elapsed := time.perf_counter() - started) < SECONDS:
        work()
        times += 1
    return Figure(name, times * each / elapsed, "/s")
