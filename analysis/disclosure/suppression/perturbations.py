"""The cheapest way to move a cell away from its value while every relation still holds: one linear program, kept warm.

Whoever reads the published cells cannot tell the true table from one that differs by such a movement. Hidden cells
move for nothing; moving any other cell means hiding it.
"""

from collections.abc import Sequence

import highspy
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from analysis.disclosure.linked_tables import LinkedTables

Numbers = NDArray[np.float64]
Cells = NDArray[np.int64]

NEGLIGIBLE = 1e-6  # of a cell's unit; smaller movements are rounding


class Movement(Struct, frozen=True, kw_only=True, eq=False):
    """Where a table may differ from the true one. cells: indices, ascending. amounts: never 0. cost: of the program."""

    cells: Cells
    amounts: Numbers
    cost: float


class Perturbations:
    """Movements of some cells of linked tables.

    A column moves a cell up, another moves it down: amounts from 0 to what everybody knows to be possible.

    cells: indices of the cells that can move at all, shape (movable,).
    """

    def __init__(self, tables: LinkedTables, cells: Cells) -> None:
        self.cells = cells
        self._place = np.full(tables.size, -1, dtype=np.int64)
        self._place[cells] = np.arange(cells.size)
        self._room_up = (tables.upper - tables.values)[cells]
        self._room_down = (tables.values - tables.lower)[cells]
        self._prices = np.zeros(2 * cells.size)
        self._blocked = np.zeros(cells.size, dtype=np.bool_)
        matrix = tables.relations[:, cells].tocsr()
        matrix = matrix[np.diff(matrix.indptr) > 0].tocsc()
        self._solver = _solver()
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
        """Sets what one unit of movement of each of `cells` costs; at least 0."""
        places = self._place[cells]
        columns = np.concatenate([places, places + self.cells.size]).astype(np.int32)
        self._prices[columns] = np.concatenate([up, down])
        self._solver.changeColsCost(columns.size, columns, self._prices[columns])

    def block(self, cell: int) -> None:
        """The cell moves no more."""
        place = int(self._place[cell])
        self._blocked[place] = True
        self._restore(place)

    def unblock(self, cell: int) -> None:
        place = int(self._place[cell])
        self._blocked[place] = False
        self._restore(place)

    def cheapest(self, cell: int, amount: float, fixed: Sequence[int] = ()) -> Movement | None:
        """The cheapest movement that moves `cell` by `amount`, which is not 0, or further.

        fixed: cells that do not move this time. None: there is no such movement.
        """
        place = int(self._place[cell])
        room = float((self._room_up if amount > 0 else self._room_down)[place])
        if self._blocked[place] or abs(amount) > room + NEGLIGIBLE or cell in fixed:
            return None
        moving, resting = self._columns(place, up=amount > 0)
        self._solver.changeColBounds(moving, min(abs(amount), room), room)
        self._solver.changeColBounds(resting, 0.0, 0.0)
        movement = self._solve(fixed)
        self._restore(place)
        return movement

    def furthest(self, cell: int, limit: float) -> Movement | None:
        """The movement that takes `cell` furthest towards `limit`, whatever it costs; the sign of `limit` says where."""
        place = int(self._place[cell])
        moving, resting = self._columns(place, up=limit > 0)
        columns = np.arange(2 * self.cells.size, dtype=np.int32)
        self._solver.changeColsCost(columns.size, columns, -1.0 * (columns == moving))
        room = float((self._room_up if limit > 0 else self._room_down)[place])
        self._solver.changeColBounds(moving, 0.0, min(abs(limit), room))
        self._solver.changeColBounds(resting, 0.0, 0.0)
        movement = self._solve(())
        self._restore(place)
        self._solver.changeColsCost(columns.size, columns, self._prices)
        return movement

    def _solve(self, fixed: Sequence[int]) -> Movement | None:
        places = [place for place in self._place[list(fixed)].tolist() if place >= 0]
        for place in places:
            for column in self._columns(place, up=True):
                self._solver.changeColBounds(column, 0.0, 0.0)
        # From the same basis each time: then a movement depends on nothing that was solved before.
        self._solver.setBasis()
        self._solver.run()
        movement = None
        if self._solver.getModelStatus() == highspy.HighsModelStatus.kOptimal:
            movement = self._movement()
        for place in places:
            self._restore(place)
        return movement

    def _columns(self, place: int, *, up: bool) -> tuple[int, int]:
        """The column that moves a cell in one direction, and the one that moves it in the other."""
        pair = place, place + self.cells.size
        return pair if up else pair[::-1]

    def _restore(self, place: int) -> None:
        free = not self._blocked[place]
        up, down = self._columns(place, up=True)
        self._solver.changeColBounds(up, 0.0, float(self._room_up[place]) if free else 0.0)
        self._solver.changeColBounds(down, 0.0, float(self._room_down[place]) if free else 0.0)

    def _movement(self) -> Movement:
        cost = float(self._solver.getInfo().objective_function_value)
        columns = np.array(self._solver.getSolution().col_value)
        amounts = columns[: self.cells.size] - columns[self.cells.size :]
        moved = np.flatnonzero(np.abs(amounts) > NEGLIGIBLE)
        return Movement(cells=self.cells[moved], amounts=amounts[moved], cost=cost)


def _solver() -> highspy.Highs:
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)  # noqa: FBT003 - HiGHS' own signature
    solver.setOptionValue("threads", 1)
    solver.setOptionValue("random_seed", 1)
    solver.setOptionValue("presolve", "off")
    solver.setOptionValue("solver", "simplex")
    return solver
