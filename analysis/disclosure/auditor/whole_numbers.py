"""Whether whole-number tables alone leave a primary cell less room than its interval says.

Linear programs also move people by fractions. Most corners they find are whole tables already, and show by themselves
that whole tables reach as far; for the rest, the narrowest intervals first, integer programs look again.
"""

import numpy as np
from msgspec import Struct
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from analysis.disclosure.auditor.attacker import Attacker, Indices
from analysis.disclosure.auditor.intervals import Goals, Intervals, components
from analysis.disclosure.linked_tables import Mask

CHECKED = 10  # intervals that integer programs look at
OPTIMAL, UNBOUNDED = 0, 3  # statuses of `scipy.optimize.milp`
NODES = 500  # of one search; a limit in nodes gives the same answer on every machine


class WholeInterval(Struct, frozen=True, kw_only=True):
    """Between which values whole tables place a cell, as far as they were searched.

    proven: whether nothing lies beyond.
    """

    cell: int
    lower: float
    upper: float
    proven: bool


def whole_intervals(attacker: Attacker, intervals: Intervals, goals: Goals, primary: Mask) -> list[WholeInterval]:
    """The narrowest primary intervals of which no whole table met so far shows that they reach their goals.

    Args:
        attacker: narrowed.
        intervals: what linear programs found.
        goals: what intervals must reach.
        primary: shape (unknown,), cells whose intervals keep their requirements and are worth another look.

    Returns:
        The intervals of those among them that whole tables do not reach the goals of, or were not seen to.

    """
    if not attacker.whole:
        return []
    seen = _Seen(attacker, intervals, goals)
    doubtful = np.flatnonzero(primary & seen.short() & (intervals.component >= 0))
    width = (intervals.upper - intervals.lower)[doubtful]
    checked = doubtful[np.argsort(width, kind="stable")[:CHECKED]]
    parts = components(attacker.relations)
    found = []
    for number in np.unique(intervals.component[checked]).tolist():
        cells, equations = parts[number]
        narrow = np.intersect1d(checked, cells)
        # One table may show what several cells need; only what is left is asked for one by one.
        seen.search(cells, equations, narrow)
        for cell in narrow.tolist():
            if seen.short()[cell]:
                proven = seen.search(cells, equations, np.array([cell]))
                if seen.short()[cell]:
                    lower, upper = float(seen.lower[cell]), float(seen.upper[cell])
                    found.append(WholeInterval(cell=cell, lower=lower, upper=upper, proven=proven))
    return found


class _Seen:
    """What whole tables have shown; lower, upper: shape (unknown,)."""

    def __init__(self, attacker: Attacker, intervals: Intervals, goals: Goals) -> None:
        self._attacker, self._goals = attacker, goals
        self.lower, self.upper = intervals.whole_lower.copy(), intervals.whole_upper.copy()

    def short(self) -> Mask:
        """Of which cells no two tables show that the goals are reached; shape (unknown,)."""
        goals = self._goals
        return (self.lower > goals.lower) | (self.upper < goals.upper) | (self.upper - self.lower < goals.width)

    def search(self, cells: Indices, equations: Indices, aims: Indices) -> bool:
        """Push the aims' sum to both ends; whether both are proven."""
        attacker = self._attacker
        relations, totals = csr_array(attacker.relations[equations][:, cells]), attacker.totals[equations]
        proven = True
        for sign in (1.0, -1.0):
            answer = milp(
                np.where(np.isin(cells, aims), sign, 0.0),
                integrality=np.ones(cells.size, dtype=np.int64),
                bounds=Bounds(attacker.lower[cells], attacker.upper[cells]),
                constraints=LinearConstraint(relations, totals, totals),
                options={"node_limit": NODES, "mip_rel_gap": 0.0},
            )
            if answer.x is not None:
                table = np.round(answer.x)
                self.lower[cells] = np.minimum(self.lower[cells], table)
                self.upper[cells] = np.maximum(self.upper[cells], table)
            if answer.status == UNBOUNDED and aims.size == 1:
                self.upper[aims] = np.inf  # nothing is below its lower bound
            elif answer.status != OPTIMAL:
                proven = False
        return proven
