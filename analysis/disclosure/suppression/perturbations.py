"""The cheapest way to move a cell away from its value while every relation still holds: a linear program, kept ready.

Whoever reads the published cells cannot tell the true table from one that differs by such a movement. Hidden cells
move for little; moving any other cell means hiding it.
"""

from collections.abc import Sequence

import highspy
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from analysis.disclosure.linked_tables import LinkedTables, Status

Numbers = NDArray[np.float64]
Cells = NDArray[np.int64]

NEGLIGIBLE = 1e-6  # of a cell's unit; smaller movements are rounding


class Movement(Struct, frozen=True, kw_only=True, eq=False):
    """Where a table may differ from the true one. cells: indices, ascending. amounts: never 0. cost: of the program."""

    cells: Cells
    amounts: Numbers
    cost: float


class Obstacle(Struct, frozen=True, kw_only=True, eq=False):
    """Why there is no movement: the cell moves by at most the sum of `weights`, each times how far its cell is hidden.

    weights: shape (cells,) of the tables, at least 0; None where the cell's own bounds or fixed cells are the reason.
    """

    weights: Numbers | None = None


class Perturbations:
    """Movements of some cells of linked tables.

    A column moves a cell up, another moves it down: amounts from 0 to what everybody knows to be possible.

    cells: indices of the cells that can move at all, ascending, shape (movable,).
    """

    def __init__(self, tables: LinkedTables, cells: Cells) -> None:
        self.cells = cells
        self._tables = tables
        self._place = np.full(tables.size, -1, dtype=np.int64)
        self._place[cells] = np.arange(cells.size)
        self._room_up = (tables.upper - tables.values)[cells]
        self._room_down = (tables.values - tables.lower)[cells]
        self._blocked = np.zeros(cells.size, dtype=np.bool_)
        among = tables.relations[:, cells].tocsr()
        self._rows = np.flatnonzero(np.diff(among.indptr) > 0)
        matrix = among[self._rows].tocsc()
        self._by_cell = tables.relations.T
        self._solver = new_solver()
        program = highspy.HighsLp()
        program.num_col_ = 2 * cells.size
        program.num_row_ = matrix.shape[0]
        program.col_cost_ = np.zeros(2 * cells.size)
        program.col_lower_ = np.zeros(2 * cells.size)
        program.col_upper_ = np.concatenate([self._room_up, self._room_down])
        program.row_lower_ = program.row_upper_ = np.zeros(matrix.shape[0])
        program.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        program.a_matrix_.start_ = np.concatenate([matrix.indptr, matrix.indptr[1:] + matrix.nnz])
        program.a_matrix_.index_ = np.concatenate([matrix.indices, matrix.indices])
        program.a_matrix_.value_ = np.concatenate([matrix.data, -matrix.data])
        self._solver.passModel(program)

    def price(self, cells: Cells, up: Numbers, down: Numbers) -> None:
        """Sets what one unit of movement of each of `cells` costs, at least 0. Cells that cannot move are left out."""
        known = self._place[cells] >= 0
        places = self._place[cells[known]]
        columns = np.concatenate([places, places + self.cells.size]).astype(np.int32)
        self._solver.changeColsCost(columns.size, columns, np.concatenate([up[known], down[known]]))

    def block(self, cell: int) -> None:
        """The cell moves no more."""
        place = int(self._place[cell])
        if place >= 0:
            self._blocked[place] = True
            self._restore(place)

    def unblock(self, cell: int) -> None:
        place = int(self._place[cell])
        if place >= 0:
            self._blocked[place] = False
            self._restore(place)

    def cheapest(self, cell: int, amount: float, fixed: Sequence[int] = ()) -> Movement | Obstacle:
        """The cheapest movement that moves `cell` by `amount`, which is not 0, or further. fixed: cells that rest."""
        place = int(self._place[cell])
        rooms = (self._room_up, self._room_down) if amount > 0 else (self._room_down, self._room_up)
        room = float(rooms[0][place])
        if self._blocked[place] or abs(amount) > room + NEGLIGIBLE or cell in fixed:
            return Obstacle()
        moving, resting = self._columns(place, up=amount > 0)
        resting_places = [p for p in self._place[list(fixed)].tolist() if p >= 0]
        for p in resting_places:
            for column in self._columns(p, up=True):
                self._solver.changeColBounds(column, 0.0, 0.0)
        self._solver.changeColBounds(moving, min(abs(amount), room), room)
        self._solver.changeColBounds(resting, 0.0, 0.0)
        # From the same basis each time: then a movement depends on nothing that was solved before.
        self._solver.setBasis()
        self._solver.run()
        status = self._solver.getModelStatus()
        found: Movement | Obstacle = Obstacle()
        if status == highspy.HighsModelStatus.kOptimal:
            found = self._movement()
        elif status == highspy.HighsModelStatus.kInfeasible:
            found = self._obstacle(cell, amount, fixed)
        for p in (place, *resting_places):
            self._restore(p)
        return found

    def _movement(self) -> Movement:
        cost = float(self._solver.getInfo().objective_function_value)
        columns = np.array(self._solver.getSolution().col_value)
        amounts = columns[: self.cells.size] - columns[self.cells.size :]
        moved = np.flatnonzero(np.abs(amounts) > NEGLIGIBLE)
        return Movement(cells=self.cells[moved], amounts=amounts[moved], cost=cost)

    def _obstacle(self, cell: int, amount: float, fixed: Sequence[int]) -> Obstacle:
        """What the dual ray says of all cells, also of those that this program does not know."""
        _, there_is, ray = self._solver.getDualRay()  # type: ignore[attr-defined]
        if not there_is:
            return Obstacle()
        tables = self._tables
        along = np.zeros(tables.relations.shape[0])
        along[self._rows] = np.array(ray)
        slopes = self._by_cell @ along
        if abs(slopes[cell]) < NEGLIGIBLE:
            return Obstacle()
        per_unit = -slopes / slopes[cell] * np.sign(amount)
        per_unit[np.abs(per_unit) < NEGLIGIBLE] = 0
        per_unit[[cell, *fixed]] = 0
        movable = (per_unit != 0) & (tables.statuses != Status.REQUIRED)
        weights = np.zeros(tables.size)
        room = np.where(per_unit > 0, tables.upper - tables.values, tables.values - tables.lower)
        weights[movable] = np.abs(per_unit[movable]) * room[movable]
        return Obstacle(weights=weights)

    def _columns(self, place: int, *, up: bool) -> tuple[int, int]:
        """The column that moves a cell in one direction, and the one that moves it in the other."""
        pair = place, place + self.cells.size
        return pair if up else pair[::-1]

    def _restore(self, place: int) -> None:
        free = not self._blocked[place]
        up, down = self._columns(place, up=True)
        self._solver.changeColBounds(up, 0.0, float(self._room_up[place]) if free else 0.0)
        self._solver.changeColBounds(down, 0.0, float(self._room_down[place]) if free else 0.0)


def new_solver() -> highspy.Highs:
    """HiGHS that gives the same answer to the same question on every machine."""
    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    solver.setOptionValue("output_flag", False)  # noqa: FBT003 - HiGHS' own signature
    solver.setOptionValue("threads", 1)
    solver.setOptionValue("random_seed", 1)
    solver.setOptionValue("presolve", "off")
    return solver
