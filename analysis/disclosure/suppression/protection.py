"""Protects linked tables: hides what has to be hidden, then publishes again what turns out not to be needed."""

from collections.abc import Callable

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from analysis.disclosure.linked_tables import LinkedTables, Status
from analysis.disclosure.suppression.demands import Demands, demands_of
from analysis.disclosure.suppression.pattern import Pattern, always_hidden, movable_cells, move_prices
from analysis.disclosure.suppression.perturbations import Movement, Perturbations

Mask = NDArray[np.bool_]
Progress = Callable[[str, int, int], None]
"""Is told of a step, how much of it is done, and of how much."""


class Unprotectable(ValueError):
    """Cells that could be computed even if everything that may be hidden were hidden."""

    def __init__(self, cells: tuple[int, ...]) -> None:
        shown = ", ".join(str(cell) for cell in cells[:10]) + (", …" if len(cells) > 10 else "")
        super().__init__(
            f"{len(cells)} primary cells cannot be protected, because too much must be published: {shown}. "
            "Let cells of the same relations be hidden, or merge groups."
        )
        self.cells = cells


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
        return self.bound is not None and self.cost <= self.bound + 1e-6 * max(1.0, self.cost)


class Suppressor:
    """One search for a pattern of some tables."""

    def __init__(self, tables: LinkedTables, coalition: int) -> None:
        self.tables = tables
        self.coalition = coalition
        self.demands = demands_of(tables)
        self.primary = np.flatnonzero(tables.statuses == Status.PRIMARY)
        asked = np.concatenate([d[self.primary] for d in (self.demands.up, self.demands.down, self.demands.width)])
        self.typical = float(np.median(asked[asked > 0])) if (asked > 0).any() else 1.0

    def first_pattern(self) -> Pattern:
        tables, cells = self.tables, movable_cells(self.tables)
        pattern = Pattern(tables, self.demands, always_hidden(tables), tables.insiders)
        program = Perturbations(tables, cells)
        up, down = move_prices(tables, cells, self.typical)
        free = pattern.hidden[cells]
        program.price(cells, np.where(free, 0, up), np.where(free, 0, down))
        exposed = []
        for cell in self.primary.tolist():
            if not meet(pattern, program, cell):
                exposed.append(cell)
            elif self.coalition:
                self.guard(pattern, program, cell)
        if exposed:
            raise Unprotectable(tuple(exposed))
        return pattern

    def guard(self, pattern: Pattern, program: Perturbations, cell: int, without: int | None = None) -> bool:
        while people := pattern.coalition_that_computes(cell, self.coalition, without):
            known = [c for person in people for c in pattern.people[person]]
            movement = cheaper(program, cell, self.demands.least[cell], self.demands.least[cell], known)
            if movement is None:
                return False
            take(pattern, program, movement)
        return True

    def publish_redundant(self, pattern: Pattern) -> None:
        tables = self.tables
        cells = np.flatnonzero(pattern.hidden)
        program = Perturbations(tables, cells)
        up, down = move_prices(tables, cells, self.typical)
        free = always_hidden(tables)[cells]
        program.price(cells, np.where(free, 0, up), np.where(free, 0, down))
        complementary = cells[~free]
        order = complementary[np.lexsort((complementary, -tables.costs[complementary]))]
        for cell in order.tolist():
            program.block(cell)
            if self.holds_without(pattern, program, cell):
                pattern.publish(cell)
            else:
                program.unblock(cell)

    def holds_without(self, pattern: Pattern, program: Perturbations, cell: int) -> bool:
        affected = [
            c
            for c in pattern.cells_moved_by(pattern.witnesses_that_move(cell))
            if self.tables.statuses[c] == Status.PRIMARY
        ]
        for c in affected:
            if not meet(pattern, program, c, without=cell):
                return False
        for c in affected:
            if not self.guard(pattern, program, c, without=cell):
                return False
        return True


def meet(pattern: Pattern, program: Perturbations, cell: int, without: int | None = None) -> bool:
    """Finds witnesses for what `cell` demands, as cheap as may be. False: there are none."""
    demands = pattern.demands
    up, down = pattern.room(cell, without)
    for wanted, there in ((demands.up[cell], up), (-demands.down[cell], down)):
        if abs(wanted) > there:
            movement = program.cheapest(cell, float(wanted))
            if movement is None:
                return False
            take(pattern, program, movement)
    up, down = pattern.room(cell, without)
    width = float(demands.width[cell])
    if up + down >= width:
        return True
    movement = cheaper(program, cell, width - down, width - up)
    if movement is not None:
        take(pattern, program, movement)
        return True
    for limit in (width, -width):
        movement = program.furthest(cell, limit)
        if movement is not None and movement.cells.size:
            take(pattern, program, movement)
    return pattern.is_met(cell, without)


def cheaper(
    program: Perturbations, cell: int, up: float, down: float, fixed: list[int] | tuple[int, ...] = ()
) -> Movement | None:
    found = [m for amount in (up, -down) if (m := program.cheapest(cell, amount, fixed)) is not None]
    return min(found, key=lambda movement: movement.cost) if found else None


def take(pattern: Pattern, program: Perturbations, movement: Movement) -> None:
    fresh = pattern.add(movement)
    if fresh.size:
        program.price(fresh, np.zeros(fresh.size), np.zeros(fresh.size))


def protect(
    tables: LinkedTables, *, coalition: int = 1, exact: bool = False, on_progress: Progress | None = None
) -> Protection:
    search = Suppressor(tables, coalition)
    pattern = search.first_pattern()
    search.publish_redundant(pattern)
    complementary = pattern.hidden & ~always_hidden(tables)
    return Protection(hidden=pattern.hidden, cost=float(tables.costs[complementary].sum()))
