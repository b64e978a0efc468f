"""Counts of coded answers by group, in one pass over as many blocks as there are."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.errors import NoStatistic
from analysis.given import statistic

Block = tuple[NDArray[np.int8], ArrayLike]


@statistic
def tabulate(blocks: Iterable[Block], *, groups: int, categories: int) -> NDArray[np.int64]:
    """How often each category was chosen in each group, item by item.

    One block is a table that fits into memory; an iterator of them is read once and in turn, so that memory holds one
    block and the counts, whatever the number of respondents. How the respondents are cut into blocks, and their order,
    make no difference.

    Args:
        blocks: (codes, group) each. codes: int8, shape (respondents, items), from 0 to `categories` - 1; skipped and
            the missing codes are categories like others, and an option of a multiple choice is an item of 0 and 1.
            Fortran order (column by column) is the quickest. group: whole numbers from 0 to `groups` - 1, shape
            (respondents,); those who did not state theirs need a group of their own.
        groups: how many there are, at least 1; also such that nobody is in.
        categories: of the item with the most, from 1 to 128.

    Returns:
        int64, shape (items, groups, categories). The sum over groups is the whole round; the sum over categories is
        the size of the groups. No blocks: no items.

    Raises:
        NoStatistic: other types or shapes, blocks with other numbers of items, codes or groups out of range.

    Source: a bincount of group * categories + code.

    """
    if groups < 1 or not 1 <= categories <= 128:  # noqa: PLR2004 - codes are int8
        raise NoStatistic("there is at least one group, and there are 1 to 128 categories")
    counts: NDArray[np.int64] | None = None
    for block, group in blocks:
        codes = np.asarray(block)
        if codes.ndim != 2:  # noqa: PLR2004 - rows and columns
            raise NoStatistic("codes are int8, shape (respondents, items)")
        if counts is None:
            counts = np.zeros((codes.shape[-1], groups * categories), dtype=np.int64)
        _add(counts, codes, np.asarray(group), groups, categories)
    if counts is None:
        return np.zeros((0, groups, categories), dtype=np.int64)
    return counts.reshape(-1, groups, categories)


def _add(
    counts: NDArray[np.int64], codes: NDArray[np.int8], group: NDArray[np.intp], groups: int, categories: int
) -> None:
    if codes.dtype != np.int8 or codes.shape[1] != len(counts):
        raise NoStatistic("codes are int8, shape (respondents, items), with the same items in every block")
    if group.shape != codes.shape[:1] or group.dtype.kind not in "iu":
        raise NoStatistic("every respondent has a group, a whole number")
    if codes.size == 0:
        return
    if codes.min() < 0 or codes.max() >= categories:
        raise NoStatistic(f"codes lie from 0 to {categories - 1}")
    if group.min() < 0 or group.max() >= groups:
        raise NoStatistic(f"groups lie from 0 to {groups - 1}")
    # One buffer for all columns: a place is found and counted without another copy.
    first = group.astype(np.intp) * categories
    place = np.empty_like(first)
    for item, column in enumerate(codes.T):
        np.add(first, column, out=place)
        counts[item] += np.bincount(place, minlength=groups * categories)
