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
from analysis.disclosure.linked_tables import Mask, Numbers

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
        for cell in np.intersect1d(checked, cells).tolist():
            # A table found for one cell may show what another needs.
            if seen.short()[cell] and not seen.reach_goals(cells, equations, cell):
                proven = seen.reach_ends(cells, equations, cell)
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

    def reach_goals(self, cells: Indices, equations: Indices, cell: int) -> bool:
        """Look for a table at or beyond each goal; whether that is enough. Any such table does, which is quick."""
        lower, upper = self._attacker.lower[cells], self._attacker.upper[cells]
        place, nothing = int(np.searchsorted(cells, cell)), np.zeros(cells.size)
        if lower[place] <= self._goals.upper[cell] <= upper[place] and self.upper[cell] < self._goals.upper[cell]:
            raised = lower.copy()
            raised[place] = np.ceil(self._goals.upper[cell])
            self._solve(cells, equations, nothing, Bounds(raised, upper))
        wanted = min(self._goals.lower[cell], self.upper[cell] - self._goals.width[cell])
        if lower[place] <= wanted < self.lower[cell]:
            lowered = upper.copy()
            lowered[place] = np.floor(wanted)
            self._solve(cells, equations, nothing, Bounds(lower, lowered))
        return not self.short()[cell]

    def reach_ends(self, cells: Indices, equations: Indices, cell: int) -> bool:
        """Search both ends; whether they are proven."""
        bounds = Bounds(self._attacker.lower[cells], self._attacker.upper[cells])
        least = self._solve(cells, equations, np.where(cells == cell, 1.0, 0.0), bounds)
        most = self._solve(cells, equations, np.where(cells == cell, -1.0, 0.0), bounds)
        if most == UNBOUNDED:
            self.upper[cell] = np.inf
        return least == OPTIMAL and most in (OPTIMAL, UNBOUNDED)

    def _solve(self, cells: Indices, equations: Indices, objective: Numbers, bounds: Bounds) -> int:
        """Keep what the table found shows of all cells; the solver's status."""
        totals = self._attacker.totals[equations]
        answer = milp(
            objective,
            integrality=np.ones(cells.size, dtype=np.int64),
            bounds=bounds,
            constraints=LinearConstraint(csr_array(self._attacker.relations[equations][:, cells]), totals, totals),
            options={"node_limit": NODES, "mip_rel_gap": 0.0},
        )
        if answer.x is not None:
            table = np.round(answer.x)
            self.lower[cells] = np.minimum(self.lower[cells], table)
            self.upper[cells] = np.maximum(self.upper[cells], table)
        return int(answer.status)
