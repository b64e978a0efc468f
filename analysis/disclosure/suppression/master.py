"""Which cells to hide, as a covering problem: every cut says which cells have to be hidden together.

Hiding a cell to the degree y, from 0 to 1, lets it move by at most y times what everybody knows to be possible. A
pattern that keeps a primary cell from moving as far as demanded violates a cut; cuts that were found forbid it.

Source: Fischetti, M., & Salazar, J. J. (2001). Solving the cell suppression problem on tabular data with linear
constraints. Management Science, 47(7), 1008-1027.
"""

from collections.abc import Iterable, Iterator

import highspy
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from analysis.disclosure.linked_tables import LinkedTables, Status
from analysis.disclosure.suppression.demands import Demands
from analysis.disclosure.suppression.perturbations import Cells, Numbers, new_solver

Mask = NDArray[np.bool_]

NEGLIGIBLE = 1e-6  # of what a cut asks; smaller shares are rounding
LARGEST_TIE = 1e-3  # the price of a cell that costs nothing, so that it is hidden for a reason only
HALF = 0.5


class Cut(Struct, frozen=True, kw_only=True, eq=False):
    """Of every pattern that protects: the sum of `weights` over the hidden ones of `cells` is at least `least`."""

    cells: Cells
    weights: Numbers
    least: float


class Choice(Struct, frozen=True, kw_only=True, eq=False):
    """degrees: of hiding, from 0 to 1, shape (cells,). bound: no pattern that keeps the cuts costs less."""

    degrees: Numbers
    bound: float


class Master:
    """Chooses what to hide so that all cuts hold at the least cost.

    free: cells that are hidden in any case, shape (cells,); cuts are kept without them. steps: of the simplex method so
    far, for whole choices. cuts: that were added, without those that only keep cells in company.
    """

    def __init__(self, tables: LinkedTables, free: Mask) -> None:
        self._cells = np.flatnonzero(tables.statuses == Status.OPTIONAL)
        self._free = free
        self.steps = 0
        self._column = np.full(tables.size, -1, dtype=np.int32)
        self._column[self._cells] = np.arange(self._cells.size)
        self._known: set[tuple[float, bytes, bytes]] = set()
        self.cuts: list[Cut] = []
        self._solver = new_solver()
        self._solver.setOptionValue("presolve", "choose")
        program = highspy.HighsLp()
        program.num_col_ = self._cells.size
        program.num_row_ = 0
        costs = tables.costs[self._cells]
        # What costs nothing is hidden for a reason all the same; together these prices stay below a half.
        free_of_cost = costs == 0
        tie = min(LARGEST_TIE, HALF / max(1, int(free_of_cost.sum()))) if (costs % 1 == 0).all() else 0.0
        self._are_whole = tie > 0
        program.col_cost_ = np.where(free_of_cost, tie, costs)
        program.col_lower_ = np.zeros(self._cells.size)
        program.col_upper_ = np.ones(self._cells.size)
        program.a_matrix_.start_ = np.zeros(self._cells.size + 1, dtype=np.int32)
        self._solver.passModel(program)

    def add(self, cuts: Iterable[Cut]) -> int:
        """Returns how many of `cuts` are new and say something of cells that are not hidden in any case."""
        added = 0
        for cut in cuts:
            free = self._free[cut.cells]
            least = cut.least - float(cut.weights[free].sum())
            if least <= NEGLIGIBLE * cut.least and cut.least > 0:
                continue
            columns = self._column[cut.cells[~free]]
            weights = np.minimum(cut.weights[~free], least if least > 0 else 1.0)
            key = least, columns.tobytes(), weights.tobytes()
            if key not in self._known:
                self._known.add(key)
                self._solver.addRow(least, highspy.kHighsInf, columns.size, columns, weights)
                if least > 0:
                    self.cuts.append(Cut(cells=cut.cells[~free], weights=weights, least=least))
                added += 1
        return added

    def choose(self) -> Choice | None:
        """Degrees between hidden and shown count too. None: the cuts contradict each other."""
        self._solver.run()
        if self._solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        return self._choice(float(self._solver.getInfo().objective_function_value))

    def choose_whole(self, gap: float, nodes: int) -> Choice | None:
        """Every cell is hidden or shown. gap: how much dearer than the optimum, as a share. nodes: of the search."""
        columns = np.arange(self._cells.size, dtype=np.int32)
        integer = np.full(columns.size, int(highspy.HighsVarType.kInteger), dtype=np.uint8)
        continuous = np.zeros(columns.size, dtype=np.uint8)
        self._solver.changeColsIntegrality(columns.size, columns, integer)
        self._solver.setOptionValue("mip_rel_gap", gap)
        self._solver.setOptionValue("mip_max_nodes", nodes)
        self._solver.run()
        info = self._solver.getInfo()
        self.steps += max(0, int(info.simplex_iteration_count))
        found = info.primal_solution_status == int(highspy.SolutionStatus.kSolutionStatusFeasible)
        choice = self._choice(float(info.mip_dual_bound)) if found else None
        self._solver.changeColsIntegrality(columns.size, columns, continuous)
        return choice

    def _choice(self, bound: float) -> Choice:
        degrees = self._free.astype(np.float64)
        degrees[self._cells] = np.clip(self._solver.getSolution().col_value, 0, 1)
        if self._are_whole:
            # Sums of whole costs are whole; less than a half of the bound is for cells that cost nothing.
            bound = max(0.0, float(np.ceil(bound - HALF - NEGLIGIBLE)))
        return Choice(degrees=degrees, bound=bound)


def relation_cuts(tables: LinkedTables, demands: Demands) -> Iterator[Cut]:
    """What single relations say: a primary cell moves no further than all others of the relation together let it."""
    by_cell, by_relation = tables.relations.tocsc(), tables.relations.tocsr()
    movable = tables.statuses != Status.REQUIRED
    room_up, room_down = tables.upper - tables.values, tables.values - tables.lower
    for cell in np.flatnonzero(demands.width > 0).tolist():
        for relation in by_cell.indices[by_cell.indptr[cell] : by_cell.indptr[cell + 1]].tolist():
            inside = slice(by_relation.indptr[relation], by_relation.indptr[relation + 1])
            cells, factors = by_relation.indices[inside].astype(np.int64), by_relation.data[inside]
            others = (cells != cell) & movable[cells] & (factors != 0)
            own = float(factors[cells == cell][0])
            if own == 0:
                continue
            cells, per_unit = cells[others], -factors[others] / own
            up = np.abs(per_unit) * np.where(per_unit > 0, room_up[cells], room_down[cells])
            down = np.abs(per_unit) * np.where(per_unit > 0, room_down[cells], room_up[cells])
            for weights, least in (
                (up, float(demands.up[cell])),
                (down, float(demands.down[cell])),
                (up + down, float(demands.width[cell])),
            ):
                if least > 0:
                    yield cut_of(cells, weights, least)


def company_cuts(tables: LinkedTables, free: Mask) -> Iterator[Cut]:
    """A cell that is hidden alone in a relation protects nothing: either another one is hidden too, or it is shown."""
    by_relation = tables.relations.tocsr()
    for start, end in zip(by_relation.indptr[:-1], by_relation.indptr[1:], strict=True):
        cells = by_relation.indices[start:end].astype(np.int64)
        cells = cells[(tables.statuses[cells] != Status.REQUIRED) & (by_relation.data[start:end] != 0)]
        if not free[cells].any():
            for cell in cells.tolist():
                yield Cut(cells=cells, weights=np.where(cells == cell, -1.0, 1.0), least=0.0)


def cut_of(cells: Cells, weights: Numbers, least: float) -> Cut:
    """No single cell can give more than all that is asked, and what gives next to nothing is left out."""
    weights = np.minimum(weights, least)
    helps = weights > NEGLIGIBLE * least
    return Cut(cells=cells[helps], weights=weights[helps], least=least)
