"""Feasibility intervals: between which values an attacker must place each unknown cell."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Self

import numpy as np
from msgspec import Struct
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

from analysis.disclosure.auditor.attacker import Attacker, Indices
from analysis.disclosure.auditor.feasible_range import End, FeasibleRange, Unproven
from analysis.disclosure.auditor.propagation import tolerance
from analysis.disclosure.linked_tables import Mask, Numbers

STEPS = 1_000_000  # simplex steps for one question; a limit in steps gives the same answer on every machine
MANY = 200  # open ends from which on two threads are worth their start
SWEEP_GAIN = 0.02  # share of the open ends that a sweep must close for another to follow
ROUNDING = 1e-5  # a bound this close to a whole number is that number
UNBOUNDED = 10.0  # times all totals and bounds of a component together: corners of it hardly lie so far out


class Goals(Struct, frozen=True, kw_only=True, eq=False):
    """How far intervals must reach; where they are seen to, the search ends. All shapes (unknown,).

    Goals say when to stop and never what is found: every end found belongs to a table that fits all that is published.
    lower: the interval begins there or below; +inf = no matter. upper: it ends there or above; -inf = no matter.
    width: at least; 0 = no matter.
    """

    lower: Numbers
    upper: Numbers
    width: Numbers

    def of(self, cells: Indices) -> Self:
        return type(self)(lower=self.lower[cells], upper=self.upper[cells], width=self.width[cells])

    def unmet(self, lower: Numbers, upper: Numbers, end: End) -> Mask:
        """Where intervals this wide leave something to be found at that end."""
        short = upper < self.upper if end is End.UPPER else lower > self.lower
        return short | (upper - lower < self.width)


class Intervals(Struct, frozen=True, kw_only=True, eq=False):
    """What was found out about each unknown cell; all shapes (unknown,).

    lower, upper: ends shown by tables that fit; of whole systems rounded inward. Infinite where nothing binds.
    lower_proven, upper_proven: whether nothing lies beyond that end.
    whole_lower, whole_upper: ends shown by tables of whole numbers; inf and -inf where none was met.
    unproven: whether the solver gave up where the goals, or the ends, still needed it.
    component: which cells depend on each other; -1 = on none.
    ranges: by component, with the tables that its search has met; none where no search was needed or no table found.
    """

    lower: Numbers
    upper: Numbers
    lower_proven: Mask
    upper_proven: Mask
    whole_lower: Numbers
    whole_upper: Numbers
    unproven: Mask
    component: Indices
    ranges: dict[int, FeasibleRange]


def feasibility_intervals(attacker: Attacker, goals: Goals | None = None, steps: int = STEPS) -> Intervals:
    """Search every cell's interval, or only as far as the goals need.

    Args:
        attacker: what is known, narrowed: a cell is part of a relation only where bounds do not fix it.
        goals: None asks for both ends of every cell.
        steps: simplex steps for one question; a question that needs more stays unproven.

    """
    lower, upper = attacker.lower, attacker.upper
    # Where relations contradict bounds, no table fits, and nothing can be said of these cells.
    contradicted = lower > upper + tolerance(upper)
    found = Intervals(
        lower=lower.copy(),
        upper=upper.copy(),
        lower_proven=~contradicted,
        upper_proven=~contradicted,
        whole_lower=lower.copy(),
        whole_upper=upper.copy(),
        unproven=contradicted,
        component=np.full(attacker.size, -1, dtype=np.int64),
        ranges={},
    )
    for number, (cells, equations) in enumerate(components(attacker.relations)):
        found.component[cells] = number
        if equations.size == 1 and _is_reached(attacker, cells, int(equations[0])):
            continue
        reach = _search(found, attacker, cells, equations, goals, steps)
        if reach is not None:
            found.ranges[number] = reach
    return found


def components(relations: csr_array) -> list[tuple[Indices, Indices]]:
    """Cells that depend on each other, with the relations between them; cells without a relation are left out."""
    rows, columns = (place.astype(np.int64) for place in relations.tocoo().coords)
    equations, cells = relations.shape
    graph = coo_array((np.ones(rows.size), (columns, cells + rows)), shape=(cells + equations, cells + equations))
    labels = connected_components(graph, directed=False)[1].astype(np.int64)
    used_cells, used_rows = np.unique(columns).astype(np.int64), np.unique(rows).astype(np.int64)
    return list(zip(_split(used_cells, labels[used_cells]), _split(used_rows, labels[used_rows + cells]), strict=True))


def _is_reached(attacker: Attacker, cells: Indices, equation: int) -> bool:
    """Whether the one sum these cells stand in lets each take every value within its bounds, whole tables too."""
    coefficients = attacker.relations[[equation]][:, cells].toarray().ravel()
    if np.any(np.abs(coefficients) != 1):
        return False
    ends = coefficients * np.array([attacker.lower[cells], attacker.upper[cells]])
    least, most = ends.min(axis=0), ends.max(axis=0)
    if not np.isfinite(ends).all():
        return False
    total = attacker.totals[equation]
    close = tolerance(total)
    return bool(
        np.all(least.sum() - least + most <= total + close) and np.all(most.sum() - most + least >= total - close)
    )


def _split(members: Indices, labels: Indices) -> list[Indices]:
    """Members by label, both in ascending order."""
    if not members.size:
        return []
    order = np.argsort(labels, kind="stable")
    return np.split(members[order], np.flatnonzero(np.diff(labels[order])) + 1)


def boxed_range(attacker: Attacker, cells: Indices, equations: Indices, steps: int) -> FeasibleRange:
    """One component's range, in which infinite bounds are replaced by some that corners hardly reach.

    Raises:
        Unproven: where no table fits, or the solver gives up.

    """
    relations, totals = csr_array(attacker.relations[equations][:, cells]), attacker.totals[equations]
    lower, upper = attacker.lower[cells], attacker.upper[cells]
    box = _box(attacker, cells, equations)
    return FeasibleRange(relations, totals, np.maximum(lower, -box), np.minimum(upper, box), steps)


def _box(attacker: Attacker, cells: Indices, equations: Indices) -> float:
    given = np.concatenate([attacker.totals[equations], attacker.lower[cells], attacker.upper[cells]])
    return UNBOUNDED * float(1 + np.abs(given[np.isfinite(given)]).sum())


def _endless(attacker: Attacker, cells: Indices, equations: Indices, steps: int) -> tuple[Mask, Mask]:
    """Which cells can fall and which can grow without end; both shape (cells,).

    A way in which the cells can move together leads on for ever where it stops at no bound.

    Raises:
        Unproven: where the solver gives up.

    """
    falls, grows = np.isinf(attacker.lower[cells]), np.isinf(attacker.upper[cells])
    if not (falls.any() or grows.any()):
        return falls, grows
    relations = csr_array(attacker.relations[equations][:, cells])
    nothing = np.zeros(equations.size)
    ways = FeasibleRange(relations, nothing, -falls.astype(np.float64), grows.astype(np.float64), steps)
    for end, able in ((End.LOWER, falls), (End.UPPER, grows)):
        while True:
            resting = able & ~_moves(ways, end)
            ways.sweep(end, resting)
            if not (resting & _moves(ways, end)).any():
                break
        if falls.any():  # then ways may cancel out in a sum of cells, and only single ones tell
            for cell in np.flatnonzero(resting).tolist():
                if not _moves(ways, end)[cell]:
                    ways.reach(cell, end)
    return _moves(ways, End.LOWER), _moves(ways, End.UPPER)


def _moves(ways: FeasibleRange, end: End) -> Mask:
    return np.asarray((ways.upper_found if end is End.UPPER else -ways.lower_found) > ways.close(np.zeros(ways.size)))


def _search(
    found: Intervals, attacker: Attacker, cells: Indices, equations: Indices, goals: Goals | None, steps: int
) -> FeasibleRange | None:
    """Find the ends of one component's cells and write them into `found`. None: no table was found."""
    try:
        reach = boxed_range(attacker, cells, equations, steps)
        falls, grows = _endless(attacker, cells, equations, steps)
    except Unproven:
        found.unproven[cells] = True
        found.lower_proven[cells] = found.upper_proven[cells] = False
        return None
    search = _Search(reach, None if goals is None else goals.of(cells), whole=attacker.whole)
    search.sweep()
    ends = search.ends()
    if goals is not None or len(ends) < MANY:
        # Most goals are met by tables that were found for other cells, so one search for all is best.
        search.close(ends)
    else:
        # Two halves at once: HiGHS lets other threads run while it solves. What is proven is the same in any order.
        half = len(ends) // 2
        other = search.twin()
        with ThreadPoolExecutor(1) as pool:
            second = pool.submit(other.close, ends[half:])
            search.close(ends[:half])
            second.result()
        reach.remember(other.reach)
    found.unproven[cells] = search.open_ends(End.LOWER) | search.open_ends(End.UPPER)
    found.lower_proven[cells] = ~reach.open_ends(End.LOWER)
    found.upper_proven[cells] = ~reach.open_ends(End.UPPER)
    lower, upper = search.shown()
    found.lower[cells], found.upper[cells] = np.where(falls, -np.inf, lower), np.where(grows, np.inf, upper)
    found.whole_lower[cells], found.whole_upper[cells] = reach.whole_lower, reach.whole_upper
    return reach


class _Search:
    """Which ends of one component's cells are still worth a linear program."""

    def __init__(self, reach: FeasibleRange, goals: Goals | None, *, whole: bool) -> None:
        self.reach, self._goals, self._whole = reach, goals, whole

    def twin(self) -> Self:
        """The same search for a second thread."""
        return type(self)(self.reach.twin(), self._goals, whole=self._whole)

    def sweep(self) -> None:
        """Push all open ends together, as long as that closes many of them."""
        for end in End:
            unmet = self.open_ends(end)
            while unmet.any():
                with suppress(Unproven):  # single ends may still be reached
                    self.reach.sweep(end, unmet)
                left = self.open_ends(end)
                if left.sum() > (1 - SWEEP_GAIN) * unmet.sum():
                    break
                unmet = left

    def ends(self) -> list[tuple[int, End]]:
        """Cells with those of their ends that are still open, by end."""
        return [(cell, end) for end in End for cell in np.flatnonzero(self.open_ends(end)).tolist()]

    def close(self, ends: list[tuple[int, End]]) -> None:
        """Find these ends, one by one."""
        for cell, end in ends:
            # Tables found for other cells in the meantime may have reached this end too.
            if self.open_ends(end)[cell]:
                with suppress(Unproven):  # the end stays open, which is noted afterwards
                    self.reach.reach(cell, end)

    def shown(self) -> tuple[Numbers, Numbers]:
        """The ends found so far, rounded inward where cells are whole."""
        lower, upper = self.reach.lower_found, self.reach.upper_found
        if self._whole:
            rounding = ROUNDING * self.reach.unit
            return np.ceil(lower - rounding) + 0.0, np.floor(upper + rounding) + 0.0  # + 0.0 turns -0.0 into 0.0
        return np.maximum(lower, self.reach.lower_limit) + 0.0, np.minimum(upper, self.reach.upper_limit) + 0.0

    def open_ends(self, end: End) -> Mask:
        """Ends not at their limit, of cells whose goals are not met."""
        unmet = self.reach.open_ends(end)
        if self._goals is not None:
            unmet &= self._goals.unmet(*self.shown(), end)
        return unmet
