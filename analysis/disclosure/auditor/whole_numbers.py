"""Whether whole-number tables alone leave a primary cell less room than its interval says.

Linear programs also move people by fractions. Most corners they find are whole tables already, and show by themselves
that whole tables reach as far; for the rest, the narrowest intervals first, integer programs look again. This judges
what the attack has found, so it may use the true table: the shortest way from it to a table beyond the goal is short,
where a search from nowhere may take for ever.
"""

import numpy as np
from msgspec import Struct
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array, csr_array

from analysis.disclosure.auditor.attacker import Attacker, Indices
from analysis.disclosure.auditor.intervals import Goals, Intervals, components
from analysis.disclosure.linked_tables import Mask, Numbers

CHECKED = 10  # intervals that integer programs look at
NODES = 100  # of one search; a limit in nodes gives the same answer on every machine
OPTIMAL, INFEASIBLE, UNBOUNDED = 0, 2, 3  # statuses of `scipy.optimize.milp`
ANY = 1e9  # relative gap at which any table will do


class WholeInterval(Struct, frozen=True, kw_only=True):
    """Between which values whole tables place a cell, as far as they were searched.

    proven: whether nothing lies beyond.
    """

    cell: int
    lower: float
    upper: float
    proven: bool


def whole_intervals(
    attacker: Attacker, intervals: Intervals, goals: Goals, primary: Mask, values: Numbers
) -> list[WholeInterval]:
    """The narrowest primary intervals of which no whole table met so far shows that they reach their goals.

    Args:
        attacker: narrowed.
        intervals: what linear programs found.
        goals: what intervals must reach.
        primary: shape (unknown,), cells whose intervals keep their requirements and are worth another look.
        values: shape (unknown,), the true table.

    Returns:
        The intervals of those among them that whole tables do not reach the goals of, or were not seen to.

    """
    if not attacker.whole:
        return []
    seen = _Seen(attacker, intervals, goals, values)
    doubtful = np.flatnonzero(primary & seen.short() & (intervals.component >= 0))
    width = (intervals.upper - intervals.lower)[doubtful]
    checked = doubtful[np.argsort(width, kind="stable")[:CHECKED]]
    parts = components(attacker.relations)
    found = []
    for number in np.unique(intervals.component[checked]).tolist():
        cells, equations = parts[number]
        system = csr_array(attacker.relations[equations][:, cells])
        narrow = np.intersect1d(checked, cells)
        seen.reach_together(cells, system, narrow)
        for cell in narrow.tolist():
            proven = seen.reach(cells, system, cell)
            if seen.short()[cell]:
                lower, upper = float(seen.lower[cell]), float(seen.upper[cell])
                found.append(WholeInterval(cell=cell, lower=lower, upper=upper, proven=proven))
    return found


class _Seen:
    """What whole tables have shown; lower, upper: shape (unknown,)."""

    def __init__(self, attacker: Attacker, intervals: Intervals, goals: Goals, values: Numbers) -> None:
        self._attacker, self._values = attacker, values
        # What not even fractions reach is not asked of whole tables.
        self._goals = Goals(
            lower=np.maximum(goals.lower, intervals.lower),
            upper=np.minimum(goals.upper, intervals.upper),
            width=np.minimum(goals.width, intervals.upper - intervals.lower),
        )
        self.lower = np.minimum(intervals.whole_lower, values)
        self.upper = np.maximum(intervals.whole_upper, values)

    def short(self) -> Mask:
        """Of which cells no two tables show that the goals are reached; shape (unknown,)."""
        goals = self._goals
        return (self.lower > goals.lower) | (self.upper < goals.upper) | (self.upper - self.lower < goals.width)

    def reach_together(self, cells: Indices, system: csr_array, aims: Indices) -> None:
        """One table may well show an end of every aim, another one the other ends."""
        self._move(cells, system, aims, self._goals.upper[aims] - self._values[aims])
        self._move(cells, system, aims, self._goals.lower[aims] - self._values[aims])
        self._move(cells, system, aims, self.lower[aims] + self._goals.width[aims] - self._values[aims])

    def reach(self, cells: Indices, system: csr_array, cell: int) -> bool:
        """Look for tables that show enough of the cell; whether it is decided that there are some, or none."""
        goals, aim = self._goals, np.array([cell])
        if self.upper[cell] < goals.upper[cell]:
            status = self._move(cells, system, aim, goals.upper[aim] - self._values[aim])
            if status != OPTIMAL:
                return status == INFEASIBLE
        if self.lower[cell] > goals.lower[cell]:
            status = self._move(cells, system, aim, goals.lower[aim] - self._values[aim])
            if status != OPTIMAL:
                return status == INFEASIBLE
        if self.short()[cell]:
            self._move(cells, system, aim, self.lower[aim] + goals.width[aim] - self._values[aim])
        return not self.short()[cell] or self._reach_ends(cells, system, cell)

    def _move(self, cells: Indices, system: csr_array, aims: Indices, ways: Numbers) -> int:
        """Look for a table in which each aim lies that way from its value or beyond; the solver's status.

        ways: shape (aims,); infinite = no matter where.
        """
        values, attacker = self._values[cells], self._attacker
        up, down = attacker.upper[cells] - values, values - attacker.lower[cells]
        place = np.searchsorted(cells, aims)
        least, most = np.zeros(2 * cells.size), np.concatenate([up, down])
        asked = np.where(np.isinf(ways), 0.0, ways)
        least[place], least[cells.size + place] = np.ceil(np.maximum(asked, 0)), np.ceil(np.maximum(-asked, 0))
        most[place[asked < 0]] = most[cells.size + place[asked > 0]] = 0.0  # no way back
        if np.any(least > most):
            return INFEASIBLE
        answer = milp(
            np.ones(2 * cells.size),
            integrality=np.ones(2 * cells.size, dtype=np.int64),
            bounds=Bounds(least, most),
            constraints=LinearConstraint(_beside(system, -1.0 * system), 0.0, 0.0),
            options={"node_limit": NODES, "mip_rel_gap": ANY},
        )
        if answer.x is None:
            return int(answer.status)
        self._note(cells, values + np.round(answer.x[: cells.size]) - np.round(answer.x[cells.size :]))
        return OPTIMAL

    def _reach_ends(self, cells: Indices, system: csr_array, cell: int) -> bool:
        """Search both ends; whether they are proven."""
        bounds = Bounds(self._attacker.lower[cells], self._attacker.upper[cells])
        totals = system @ self._values[cells]
        proven = True
        for sign in (1.0, -1.0):
            answer = milp(
                np.where(cells == cell, sign, 0.0),
                integrality=np.ones(cells.size, dtype=np.int64),
                bounds=bounds,
                constraints=LinearConstraint(system, totals, totals),
                options={"node_limit": NODES, "mip_rel_gap": 0.0},
            )
            if answer.x is not None:
                self._note(cells, np.round(answer.x))
            if answer.status == UNBOUNDED and sign > 0:
                self.lower[cell] = -np.inf
            elif answer.status == UNBOUNDED:
                self.upper[cell] = np.inf
            proven &= answer.status in (OPTIMAL, UNBOUNDED)
        return proven

    def _note(self, cells: Indices, table: Numbers) -> None:
        """Keep what this table shows of all cells at once."""
        self.lower[cells] = np.minimum(self.lower[cells], table)
        self.upper[cells] = np.maximum(self.upper[cells], table)


def _beside(left: csr_array, right: csr_array) -> csr_array:
    """Both matrices in one, shape (rows, columns of both)."""
    first, second = left.tocoo(), right.tocoo()
    row = np.concatenate([first.coords[0], second.coords[0]])
    column = np.concatenate([first.coords[1], second.coords[1] + left.shape[1]])
    entries = (np.concatenate([first.data, second.data]), (row, column))
    return csr_array(coo_array(entries, shape=(left.shape[0], left.shape[1] + right.shape[1])))
