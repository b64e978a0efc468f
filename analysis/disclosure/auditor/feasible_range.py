"""How far the unknown cells of one linear system can move, by a simplex solver that starts where it stopped."""

from collections import deque
from enum import IntEnum

import highspy
import numpy as np
from scipy.sparse import csr_array

from analysis.disclosure.auditor.attacker import Indices
from analysis.disclosure.auditor.propagation import tolerance
from analysis.disclosure.linked_tables import Mask, Numbers

LARGEST = 10_000.0  # in a solver's units; HiGHS keeps relations to 1e-7, and double precision has 16 digits
MOST_TABLES = 2000  # that are remembered; the oldest give way
MOST_NUMBERS = 10_000_000  # in all tables that are remembered
PRIMAL_SIMPLEX = 4  # HiGHS's number; a new objective leaves the last corner primal feasible


class End(IntEnum):
    """An end of an interval, and the sign that turns its search into a maximum."""

    LOWER = -1
    UPPER = 1


class Unproven(Exception):
    """The solver gave no proof: {status}. What it found so far says nothing about what it did not find."""

    def __init__(self, status: str) -> None:
        super().__init__(f"the solver ended with {status!r}; treat the release as unproven")
        self.status = status


class FeasibleRange:
    """What each cell of a system is known to reach, and known not to pass.

    lower_found, upper_found: shape (cells,), the ends of what found tables show.
    lower_limit, upper_limit: shape (cells,), what no table passes.
    whole_lower, whole_upper: as found, but by tables of whole numbers only.
    met: how many tables were found.
    unit: what the solver counts in; its tolerances are absolute, and too fine for large numbers.
    """

    def __init__(self, relations: csr_array, totals: Numbers, lower: Numbers, upper: Numbers, steps: int) -> None:
        """steps: simplex steps that one question may take. All bounds are finite."""
        self._relations, self._totals, self._lower, self._upper = relations, totals, lower, upper
        self.size = lower.size
        self.lower_limit, self.upper_limit = lower.copy(), upper.copy()
        self.lower_found, self.upper_found = np.full(self.size, np.inf), np.full(self.size, -np.inf)
        self.whole_lower, self.whole_upper = self.lower_found.copy(), self.upper_found.copy()
        largest = max(np.abs(given).max(initial=0.0) for given in (totals, lower, upper))
        self.unit = 2.0 ** max(0.0, np.ceil(np.log2(max(1.0, largest) / LARGEST)))
        self._columns = np.arange(self.size, dtype=np.int32)
        self._steps = steps
        self._solver = _solver(relations, totals / self.unit, lower / self.unit, upper / self.unit, steps)
        self._given = np.zeros(0, dtype=np.int32)
        self._tables = deque[Numbers](maxlen=min(MOST_TABLES, max(1, MOST_NUMBERS // max(1, self.size))))
        self.met = 0
        self._maximise(np.zeros(self.size))

    def twin(self) -> "FeasibleRange":
        """The same system with a solver of its own, for a second thread; it remembers the same tables."""
        other = FeasibleRange(self._relations, self._totals, self._lower, self._upper, self._steps)
        other.remember(self)
        return other

    def remember(self, other: "FeasibleRange") -> None:
        """All that the other one, of the same system, has found."""
        for table in other.tables_since(0):
            self.note(table)
        np.maximum(self.lower_limit, other.lower_limit, out=self.lower_limit)
        np.minimum(self.upper_limit, other.upper_limit, out=self.upper_limit)
        np.minimum(self.lower_found, other.lower_found, out=self.lower_found)
        np.maximum(self.upper_found, other.upper_found, out=self.upper_found)
        np.minimum(self.whole_lower, other.whole_lower, out=self.whole_lower)
        np.maximum(self.whole_upper, other.whole_upper, out=self.whole_upper)

    def tables_since(self, met: int) -> Numbers:
        """Tables that were met after the first `met` and are still remembered; shape (tables, cells)."""
        fresh = min(self.met - met, len(self._tables))
        return np.array([self._tables[-place] for place in range(fresh, 0, -1)]).reshape(fresh, self.size)

    def suppose(self, cells: Indices, values: Numbers) -> None:
        """Start anew, knowing these cells as well; what was supposed before is forgotten."""
        back = self._given
        self._solver.changeColsBounds(back.size, back, self._lower[back] / self.unit, self._upper[back] / self.unit)
        self._given = cells.astype(np.int32)
        self._solver.changeColsBounds(cells.size, self._given, values / self.unit, values / self.unit)
        for limit, found, start, bound in (
            (self.lower_limit, self.lower_found, np.inf, self._lower),
            (self.upper_limit, self.upper_found, -np.inf, self._upper),
        ):
            limit[:] = bound
            limit[cells] = values
            found[:] = start

    def open_ends(self, end: End) -> Mask:
        """Where the found end has not reached the limit; shape (cells,)."""
        if end is End.UPPER:
            return self.upper_found < self.upper_limit - self.close(self.upper_limit)
        return self.lower_found > self.lower_limit + self.close(self.lower_limit)

    def close(self, bound: Numbers) -> Numbers:
        """How near a bound, or a value, is at it."""
        return np.asarray(tolerance(bound / self.unit) * self.unit)

    def sweep(self, end: End, cells: Mask) -> None:
        """Push many cells towards one end at a time; a corner of the polytope is an end of many of them."""
        if cells.any():
            self._maximise(np.where(cells, float(end), 0.0))

    def reach(self, cell: int, end: End) -> None:
        """Find the end of one cell's interval, and with it that nothing lies beyond.

        Raises:
            Unproven: where the solver stops before.

        """
        objective = np.zeros(self.size)
        objective[cell] = float(end)
        self._maximise(objective)
        if end is End.UPPER:
            self.upper_limit[cell] = self.upper_found[cell]
        else:
            self.lower_limit[cell] = self.lower_found[cell]

    def _maximise(self, objective: Numbers) -> None:
        self._solver.changeColsCost(self.size, self._columns, -objective)
        self._solver.run()
        status = self._solver.getModelStatus()
        if status != highspy.HighsModelStatus.kOptimal:
            raise Unproven(self._solver.modelStatusToString(status))
        self.note(np.array(self._solver.getSolution().col_value) * self.unit)

    def note(self, point: Numbers) -> None:
        """Keep what this table, which fits, shows of all cells at once."""
        self._tables.append(point)
        self.met += 1
        np.minimum(self.lower_found, point, out=self.lower_found)
        np.maximum(self.upper_found, point, out=self.upper_found)
        rounded = np.round(point)
        if np.all(np.abs(point - rounded) < self.close(rounded)) and self._holds(rounded):
            np.minimum(self.whole_lower, rounded, out=self.whole_lower)
            np.maximum(self.whole_upper, rounded, out=self.whole_upper)

    def _holds(self, table: Numbers) -> bool:
        return bool(
            np.all((table >= self._lower) & (table <= self._upper))
            and np.array_equal(self._relations @ table, self._totals)
        )


def _solver(relations: csr_array, totals: Numbers, lower: Numbers, upper: Numbers, steps: int) -> highspy.Highs:
    program = highspy.HighsLp()
    program.num_row_, program.num_col_ = relations.shape
    program.col_cost_ = np.zeros(lower.size)
    program.col_lower_, program.col_upper_ = lower, upper
    program.row_lower_ = program.row_upper_ = totals
    program.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    program.a_matrix_.start_ = relations.indptr
    program.a_matrix_.index_ = relations.indices
    program.a_matrix_.value_ = relations.data
    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    solver.silent()
    solver.setOptionValue("threads", 1)
    solver.setOptionValue("solver", "simplex")
    solver.setOptionValue("simplex_strategy", PRIMAL_SIMPLEX)
    solver.setOptionValue("simplex_iteration_limit", steps)
    solver.passModel(program)
    return solver
