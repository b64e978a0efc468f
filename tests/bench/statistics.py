"""Counting coded answers: what a release waits for."""

import time
from collections.abc import Iterator

import numpy as np

from analysis import tabulate
from tests.bench.figures import Figure

ITEMS, GROUPS, CATEGORIES = 44, 300, 8
RESPONDENTS = 100_000
BLOCKS = 50  # of as many respondents: five million


def measure() -> Iterator[Figure]:
    random = np.random.default_rng(1)
    codes = random.integers(0, CATEGORIES, (RESPONDENTS, ITEMS), dtype=np.int8)
    group = random.integers(0, GROUPS, RESPONDENTS)
    for name, blocks in (("100,000", 1), ("5 million", BLOCKS)):
        started = time.perf_counter()
        tabulate(((codes, group) for _ in range(blocks)), groups=GROUPS, categories=CATEGORIES)
        yield Figure(f"tabulate {name} x 44 items x 300 groups", (time.perf_counter() - started) * 1000, "ms")
