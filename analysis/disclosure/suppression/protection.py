"""Protects linked tables: chooses what to hide, completes it, and publishes again what turns out not to be needed."""

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from analysis.disclosure.linked_tables import LinkedTables
from analysis.disclosure.suppression.completing import complete, publish_redundant
from analysis.disclosure.suppression.covering import Effort, Progress, draft
from analysis.disclosure.suppression.growing import grow_pattern
from analysis.disclosure.suppression.search import Search

Mask = NDArray[np.bool_]

SMALL = 1500  # cells that may move; to here choices of whole cells are quick from the start
MOST_STEPS = 120_000  # of the simplex method for whole choices
WORK = 60_000_000  # steps times cells that may move; a step takes as much longer as there are more of them
EXACT_EFFORT = Effort(rounds=1000, degrees_first=1, gap=0.0, nodes=1_000_000, steps=10**12, cuts=10_000)
EQUAL = 1e-6  # of the cost; sums of costs that differ by less are the same


class Protection(Struct, frozen=True, kw_only=True, eq=False):
    """hidden: which cells no reader sees, shape (cells,). cost: of the complementary cells.

    bound: no pattern costs less; None where nobody asked.
    """

    hidden: Mask
    cost: float
    bound: float | None = None

    @property
    def is_optimal(self) -> bool:
        """Whether it is proven that no pattern costs less."""
        return self.bound is not None and self.cost <= self.bound + EQUAL * max(1.0, self.cost)


def protect(
    tables: LinkedTables, *, coalition: int = 1, exact: bool = False, on_progress: Progress | None = None
) -> Protection:
    """The cells to hide so that nobody computes a primary cell more closely than its protection levels say.

    The same tables give the same pattern, whatever the machine.

    Args:
        tables: everything that one audience gets.
        coalition: how many insiders may pool the cells that they know, and still compute no further primary cell; 0
            leaves insiders out.
        exact: search on until the pattern is proven to be the cheapest, or the search has used up its nodes.
        on_progress: is told how far the work is.

    Raises:
        Unprotectable: hiding all that may be hidden is not enough.

    """
    search = Search(tables, coalition)
    tell = on_progress or _tell_nobody
    if search.movable.size > SMALL and not exact:
        pattern = grow_pattern(search, tell)
        return Protection(hidden=pattern.hidden, cost=search.cost(pattern.hidden))
    drafted = draft(search, EXACT_EFFORT if exact else _small_effort(search.movable.size), tell)
    pattern = drafted.pattern
    if not drafted.is_complete:
        complete(search, drafted, tell)
    publish_redundant(search, drafted, tell)
    return Protection(hidden=pattern.hidden, cost=search.cost(pattern.hidden), bound=drafted.bound if exact else None)


def _small_effort(movable: int) -> Effort:
    steps = min(MOST_STEPS, WORK // max(1, movable))
    return Effort(rounds=40, degrees_first=1, gap=0.005, nodes=20, steps=steps, cuts=10_000)


def _tell_nobody(_step: str, _done: int, _of: int) -> None:
    pass
