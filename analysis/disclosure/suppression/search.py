"""Makes a pattern hold: finds witnesses for every primary cell, or learns why there are none."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from analysis.disclosure.linked_tables import LinkedTables, Status
from analysis.disclosure.suppression.demands import ROUNDING, Demands, demands_of
from analysis.disclosure.suppression.master import Cut, cut_of
from analysis.disclosure.suppression.pattern import Pattern
from analysis.disclosure.suppression.perturbations import Cells, Movement, Numbers, Obstacle, Perturbations

Mask = NDArray[np.bool_]

PATH_PRICE = 0.01  # of the mean cost; what moving a hidden cell costs, so that witnesses move few
SMALLEST_ROOM = 1e-9


class Search:
    """What everything that searches for a pattern of `tables` needs to know of them.

    free: cells that are hidden in any case, shape (cells,). primary: cells to protect, ascending.
    """

    def __init__(self, tables: LinkedTables, coalition: int) -> None:
        self.tables = tables
        self.coalition = coalition
        self.demands: Demands = demands_of(tables)
        self.is_primary: Mask = tables.statuses == Status.PRIMARY
        self.free: Mask = self.is_primary | (tables.statuses == Status.UNPRINTED)
        self.movable: Cells = np.flatnonzero(tables.statuses != Status.REQUIRED)
        self.primary: Cells = np.flatnonzero(self.demands.width > 0)
        self.room_up = tables.upper - tables.values
        self.room_down = tables.values - tables.lower
        self.by_cell = tables.relations.tocsc()
        self.by_relation = tables.relations.tocsr()
        asked = np.concatenate([d[self.primary] for d in (self.demands.up, self.demands.down, self.demands.width)])
        self._typical = float(np.median(asked[asked > 0])) if (asked > 0).any() else 1.0
        self.path_price = PATH_PRICE * float(tables.costs.mean()) if tables.size else 0.0

    def new_pattern(self, hidden: Mask) -> Pattern:
        return Pattern(self.demands, hidden, self.tables.insiders)

    def cost(self, hidden: Mask) -> float:
        """What the complementary cells of a pattern cost."""
        return float(self.tables.costs[hidden & ~self.free].sum())

    def program(self, cells: Cells, free: Mask, discount: Numbers | None = None) -> Perturbations:
        """A program over `cells`, where hiding costs nothing for those that are `free`, and others have a `discount`.

        Hiding costs the same however far a cell moves. Per unit this is the least that a linear program may ask: the
        cost spread over as much as the cell can take of a typical movement.
        """
        costs = np.where(free, 0.0, np.maximum(self.tables.costs, self.path_price))
        if discount is not None:
            costs = costs * discount
        up = costs / np.clip(self.room_up, SMALLEST_ROOM, self._typical) + self.path_price
        down = costs / np.clip(self.room_down, SMALLEST_ROOM, self._typical) + self.path_price
        program = Perturbations(self.tables, cells)
        program.price(cells, up[cells], down[cells])
        return program

    def neighbours(self, cell: int) -> Cells:
        """The cells that have a relation in common with `cell`, and the cell itself."""
        relations = self.by_cell.indices[self.by_cell.indptr[cell] : self.by_cell.indptr[cell + 1]]
        return np.unique(self.by_relation[relations].indices)

    def is_kept(self, pattern: Pattern, cell: int) -> bool:
        """Whether witnesses show all that `cell` needs."""
        return pattern.is_met(cell) and pattern.people_who_compute(cell, self.coalition) is None

    def meet(
        self, pattern: Pattern, program: Perturbations, cell: int, without: int | None = None
    ) -> tuple[Cut, ...] | None:
        """Finds witnesses for what `cell` demands. None: there are; otherwise what any pattern needs that has them.

        without: a cell that rests in all of them.
        """
        demands = self.demands
        up, down = pattern.room(cell, without)
        for wanted, there, sign in ((demands.up[cell], up, 1), (demands.down[cell], down, -1)):
            if there < wanted:
                found = program.cheapest(cell, sign * float(wanted))
                if isinstance(found, Obstacle):
                    return _cuts((found,), float(wanted))
                pattern.add(found)
        return self._widen(pattern, program, cell, without)

    def _widen(
        self, pattern: Pattern, program: Perturbations, cell: int, without: int | None
    ) -> tuple[Cut, ...] | None:
        width = float(self.demands.width[cell])
        up, down = pattern.room(cell, without)
        if up + down >= width:
            return None
        found = _either(pattern, program, cell, (width - down, up - width))
        if isinstance(found, Movement):
            pattern.add(found)
            return None
        # Neither direction gives it all: how far does one go, and does the other give the rest?
        too_far = width - down
        above: Movement | Obstacle = program.cheapest(cell, too_far)
        step = float(self.demands.least[cell])
        while too_far - up > step * (1 + ROUNDING):  # decimals: 0.4 - 0.3 is more than 0.1
            amount = up + max(step, np.floor((too_far - up) / 2 / step) * step)
            reached = program.cheapest(cell, amount)
            if isinstance(reached, Movement):
                pattern.add(reached)
                up = pattern.room(cell, without)[0]
            else:
                too_far, above = amount, reached
        below = program.cheapest(cell, up - width)
        if isinstance(below, Movement):
            pattern.add(below)
            return None
        return _cuts([o for o in (above, below) if isinstance(o, Obstacle)], width)

    def guard(
        self, pattern: Pattern, program: Perturbations, cell: int, without: int | None = None
    ) -> tuple[Cut, ...] | None:
        """Finds witnesses that stay when people who pool what they know leave their own cells in place. As `meet`."""
        least = float(self.demands.least[cell])
        while True:
            people = pattern.people_who_compute(cell, self.coalition, without)
            if people is None:
                return None
            known = sorted({known for person in people for known in pattern.insiders[person]})
            found = _either(pattern, program, cell, (least, -least), known)
            if not isinstance(found, Movement):
                return _cuts(found, least)
            pattern.add(found)


def _either(
    pattern: Pattern, program: Perturbations, cell: int, amounts: tuple[float, float], fixed: Sequence[int] = ()
) -> Movement | list[Obstacle]:
    """The cheaper movement of two, or why there is neither. What hides nothing more is cheap enough."""
    movements: list[Movement] = []
    obstacles: list[Obstacle] = []
    for amount in sorted(amounts, key=abs):
        found = program.cheapest(cell, amount, fixed)
        if isinstance(found, Obstacle):
            obstacles.append(found)
        elif pattern.hidden[found.cells].all():
            return found
        else:
            movements.append(found)
    return min(movements, key=lambda movement: movement.cost) if movements else obstacles


def _cuts(obstacles: Sequence[Obstacle], least: float) -> tuple[Cut, ...]:
    """A cell that moves by no more than its obstacles allow, and has to move by `least` in all directions together."""
    weights = [obstacle.weights for obstacle in obstacles]
    if any(w is None for w in weights):
        return ()
    total = np.sum([w for w in weights if w is not None], axis=0)
    return (cut_of(np.flatnonzero(total), total[np.flatnonzero(total)], least),)
