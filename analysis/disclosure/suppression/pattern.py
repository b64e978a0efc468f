"""A suppression pattern that grows and shrinks, with a witness for everything it keeps secret.

A witness is a movement of hidden cells alone: another table that agrees with everything published. As long as there
is one that takes a primary cell as far as demanded, nobody can compute the cell more closely. Witnesses stay valid
when more cells are hidden, so only publishing a cell asks for new ones.
"""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from analysis.disclosure.linked_tables import LinkedTables, Status
from analysis.disclosure.suppression.demands import Demands
from analysis.disclosure.suppression.perturbations import Cells, Movement, Numbers, Perturbations

Mask = NDArray[np.bool_]


class Pattern:
    """hidden: which cells no reader sees, shape (cells,). witnesses: found so far; None where one does not hold."""

    def __init__(self, tables: LinkedTables, demands: Demands, hidden: Mask, people: Sequence[Sequence[int]]) -> None:
        self.tables = tables
        self.demands = demands
        self.hidden = hidden.copy()
        self.witnesses: list[Movement | None] = []
        self.people = people
        self._reaches: list[dict[int, float]] = [{} for _ in range(tables.size)]  # by cell, by witness
        self._people_moved: list[frozenset[int]] = []  # by witness
        self._known_by: dict[int, list[int]] = {}
        for person, cells in enumerate(people):
            for cell in cells:
                self._known_by.setdefault(cell, []).append(person)

    def add(self, movement: Movement) -> Cells:
        """Hides whatever moves, and keeps the movement as a witness. Returns the cells that were not hidden before."""
        fresh = movement.cells[~self.hidden[movement.cells]]
        self.hidden[fresh] = True
        number = len(self.witnesses)
        self.witnesses.append(movement)
        reaches = np.sign(movement.amounts) * self.demands.reach(np.abs(movement.amounts))
        for cell, reach in zip(movement.cells.tolist(), reaches.tolist(), strict=True):
            self._reaches[cell][number] = reach
        known_by = self._known_by
        self._people_moved.append(
            frozenset(person for cell in movement.cells.tolist() for person in known_by.get(cell, ()))
        )
        return fresh

    def witnesses_that_move(self, cell: int) -> list[int]:
        return list(self._reaches[cell])

    def cells_moved_by(self, witnesses: Iterable[int]) -> list[int]:
        found = [witness.cells for number in witnesses if (witness := self.witnesses[number]) is not None]
        return np.unique(np.concatenate(found)).tolist() if found else []

    def publish(self, cell: int) -> None:
        """Shows a hidden cell and forgets the witnesses that move it."""
        self.hidden[cell] = False
        for number in self.witnesses_that_move(cell):
            witness = self.witnesses[number]
            self.witnesses[number] = None
            for moved in witness.cells.tolist() if witness is not None else ():
                del self._reaches[moved][number]

    def room(self, cell: int, without: int | None = None) -> tuple[float, float]:
        """How far up and down witnesses take a cell. without: a cell that must not move."""
        barred = self._reaches[without] if without is not None else {}
        reaches = [reach for number, reach in self._reaches[cell].items() if number not in barred]
        return max(0.0, *reaches, 0.0), max(0.0, -min(0.0, *reaches, 0.0))

    def is_met(self, cell: int, without: int | None = None) -> bool:
        up, down = self.room(cell, without)
        demands = self.demands
        return bool(up >= demands.up[cell] and down >= demands.down[cell] and up + down >= demands.width[cell])

    def coalition_that_computes(self, cell: int, people: int, without: int | None = None) -> tuple[int, ...] | None:
        """Some people, at most `people`, whose cells no witness for `cell` leaves in place; None if there are none.

        Those who know the cell itself learn nothing from it.
        """
        barred = self._reaches[without] if without is not None else {}
        least = self.demands.reach(self.demands.least)[cell]
        touched = [
            self._people_moved[number]
            for number, reach in self._reaches[cell].items()
            if abs(reach) >= least and number not in barred
        ]
        return _hitting(touched, people, frozenset(self._known_by.get(cell, ())))


def _hitting(sets: list[frozenset[int]], size: int, barred: frozenset[int]) -> tuple[int, ...] | None:
    """At most `size` members that meet every set, none of them barred."""
    if not sets:
        return ()
    if size == 0:
        return None
    if size == 1:
        common = frozenset.intersection(*sets) - barred
        return (min(common),) if common else None
    for member in sorted(min(sets, key=len) - barred):
        rest = _hitting([members for members in sets if member not in members], size - 1, barred)
        if rest is not None:
            return (member, *rest)
    return None


def movable_cells(tables: LinkedTables) -> Cells:
    return np.flatnonzero(tables.statuses != Status.REQUIRED)


def always_hidden(tables: LinkedTables) -> Mask:
    return (tables.statuses == Status.PRIMARY) | (tables.statuses == Status.UNPRINTED)


def move_prices(tables: LinkedTables, cells: Cells, typical: float) -> tuple[Numbers, Numbers]:
    """What moving each of `cells` by one unit costs up and down, if they have to be hidden for it.

    Hiding costs the same however far a cell moves. Per unit this is the least that a linear program may ask: the cost
    spread over as much as the cell can take of a `typical` movement.
    """
    up = np.clip((tables.upper - tables.values)[cells], 1e-9, typical)
    down = np.clip((tables.values - tables.lower)[cells], 1e-9, typical)
    return tables.costs[cells] / up, tables.costs[cells] / down


__all__ = ["Pattern", "Perturbations", "always_hidden", "movable_cells", "move_prices"]
