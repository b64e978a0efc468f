import time
import tracemalloc
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import NoStatistic, tabulate

GROUPS, CATEGORIES = 300, 8
RNG = np.random.default_rng(20261122)


def one_by_one(codes: np.ndarray, group: np.ndarray, groups: int, categories: int) -> np.ndarray:
    counts = np.zeros((codes.shape[1], groups, categories), dtype=np.int64)
    for respondent, place in enumerate(group):
        for item in range(codes.shape[1]):
            counts[item, place, codes[respondent, item]] += 1
    return counts


@given(
    n=st.integers(0, 40),
    items=st.integers(1, 4),
    cuts=st.lists(st.integers(0, 40), max_size=5),
    seed=st.integers(0, 999),
)
def test_counts_are_those_of_counting_one_by_one_however_blocks_are_cut(
    n: int, items: int, cuts: list[int], seed: int
) -> None:
    random = np.random.default_rng(seed)
    codes, group = random.integers(0, 5, (n, items), dtype=np.int8), random.integers(0, 3, n)
    edges = sorted({0, n, *(cut for cut in cuts if cut < n)})

    cut = tabulate(
        ((codes[low:high], group[low:high]) for low, high in pairwise(edges)),
        groups=4,
        categories=6,
    )

    if n:
        assert cut.tolist() == one_by_one(codes, group, 4, 6).tolist()
    assert tabulate([(codes, group)], groups=4, categories=6).tolist() == one_by_one(codes, group, 4, 6).tolist()


def test_a_group_that_nobody_is_in_has_counts_of_0() -> None:
    counts = tabulate([(np.ones((3, 2), dtype=np.int8), [0, 0, 2])], groups=3, categories=2)

    assert counts[0].tolist() == [[0, 2], [0, 0], [0, 1]]
    assert counts.sum(axis=(1, 2)).tolist() == [3, 3]


def test_no_blocks_have_no_items() -> None:
    assert tabulate([], groups=3, categories=2).shape == (0, 3, 2)


@pytest.mark.parametrize(
    ("codes", "group", "groups", "categories"),
    [
        (np.zeros((2, 1), dtype=np.int16), [0, 0], 1, 2),
        (np.zeros(2, dtype=np.int8), [0, 0], 1, 2),
        (np.zeros((2, 1), dtype=np.int8), [0], 1, 2),
        (np.zeros((2, 1), dtype=np.int8), [0.0, 0.0], 1, 2),
        (np.zeros((2, 1), dtype=np.int8), [0, 1], 1, 2),
        (np.zeros((2, 1), dtype=np.int8), [0, -1], 1, 2),
        (np.full((2, 1), 2, dtype=np.int8), [0, 0], 1, 2),
        (np.full((2, 1), -1, dtype=np.int8), [0, 0], 1, 2),
        (np.zeros((2, 1), dtype=np.int8), [0, 0], 0, 2),
        (np.zeros((2, 1), dtype=np.int8), [0, 0], 1, 0),
        (np.zeros((2, 1), dtype=np.int8), [0, 0], 1, 129),
    ],
)
def test_a_code_or_group_out_of_range_is_refused(codes: Any, group: Any, groups: int, categories: int) -> None:
    with pytest.raises(NoStatistic):
        tabulate([(codes, group)], groups=groups, categories=categories)


def test_all_blocks_have_the_same_items() -> None:
    blocks = [(np.zeros((2, items), dtype=np.int8), [0, 0]) for items in (1, 2)]

    with pytest.raises(NoStatistic, match="same items"):
        tabulate(blocks, groups=1, categories=2)


def test_a_hundred_thousand_respondents_take_well_under_a_second() -> None:
    codes = RNG.integers(0, CATEGORIES, (100_000, 44), dtype=np.int8)
    group = RNG.integers(0, GROUPS, 100_000)

    started = time.perf_counter()
    counts = tabulate([(codes, group)], groups=GROUPS, categories=CATEGORIES)

    assert time.perf_counter() - started < 0.5
    assert counts.sum() == codes.size


def test_memory_holds_one_block_whatever_the_number_of_respondents() -> None:
    def peak(blocks: int) -> int:
        def generated() -> Iterator[tuple[np.ndarray, np.ndarray]]:
            for _ in range(blocks):
                yield np.ones((20_000, 44), dtype=np.int8), np.zeros(20_000, dtype=np.int16)

        tracemalloc.start()
        tabulate(generated(), groups=GROUPS, categories=CATEGORIES)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    assert peak(20) < 1.2 * peak(2)
