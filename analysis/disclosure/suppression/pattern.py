"""A suppression pattern that grows and shrinks, with a witness for everything it keeps secret.

A witness is a movement of hidden cells alone: another table that agrees with everything published. As long as there
is one that takes a primary cell as far as demanded, nobody can compute the cell more closely. Witnesses stay valid
when more cells are hidden, so only publishing a cell asks for new ones.
"""

from collections.abc import Sequence
from copy import copy
from typing import Self

import numpy as np
from numpy.typing import NDArray

from analysis.disclosure.suppression.demands import Demands
from analysis.disclosure.suppression.perturbations import Cells, Movement

Mask = NDArray[np.bool_]
People = frozenset[int]
"""Numbers of insiders who pool what they know."""


class Pattern:
    """hidden: which cells no reader sees, shape (cells,). insiders: for each person the cells that they know.

    fresh: the witnesses that were added here, and not to the pattern that this one branched off.
    """

    def __init__(self, demands: Demands, hidden: Mask, insiders: Sequence[Sequence[int]]) -> None:
        self.demands = demands
        self.hidden = hidden.copy()
        self.insiders = insiders
        self._witnesses: dict[int, Movement] = {}
        self._added = 0
        self.fresh: list[Movement] = []
        self._reaches: list[dict[int, float]] = [{} for _ in range(hidden.size)]  # of a cell, by witness
        self._people_moved: dict[int, People] = {}  # by witness
        self._known_by: dict[int, list[int]] = {}
        for person, cells in enumerate(insiders):
            for cell in cells:
                self._known_by.setdefault(cell, []).append(person)

    def branch(self) -> Self:
        """The same pattern, to be changed without changing this one."""
        other = copy(self)
        other.separate()
        return other

    def separate(self) -> None:
        """Shares nothing more that changes with the pattern that this one is a copy of."""
        self.hidden = self.hidden.copy()
        self.fresh = []
        self._witnesses = self._witnesses.copy()
        self._reaches = [reaches.copy() for reaches in self._reaches]
        self._people_moved = self._people_moved.copy()

    def with_hidden(self, hidden: Mask) -> "Pattern":
        """Another pattern, with the witnesses of this one that hold for it, too."""
        other = Pattern(self.demands, hidden, self.insiders)
        for movement in self.witnesses:
            if hidden[movement.cells].all():
                other.add(movement)
        return other

    @property
    def witnesses(self) -> list[Movement]:
        return list(self._witnesses.values())

    def add(self, movement: Movement) -> Cells:
        """Hides whatever moves, and keeps the movement as a witness. Returns the cells that were not hidden before."""
        fresh = movement.cells[~self.hidden[movement.cells]]
        self.hidden[fresh] = True
        number, self._added = self._added, self._added + 1
        self._witnesses[number] = movement
        self.fresh.append(movement)
        reaches = np.sign(movement.amounts) * self.demands.reach(np.abs(movement.amounts))
        cells = movement.cells.tolist()
        for cell, reach in zip(cells, reaches.tolist(), strict=True):
            self._reaches[cell][number] = reach
        self._people_moved[number] = frozenset(person for cell in cells for person in self._known_by.get(cell, ()))
        return fresh

    def publish(self, cell: int) -> None:
        """Shows a hidden cell and forgets the witnesses that move it."""
        self.hidden[cell] = False
        for number in list(self._reaches[cell]):
            for moved in self._witnesses.pop(number).cells.tolist():
                del self._reaches[moved][number]

    @property
    def moved(self) -> Mask:
        """Which cells some witness moves; shape (cells,). Others can be shown, and every witness stays."""
        return np.array([bool(reaches) for reaches in self._reaches])

    def moved_with(self, cell: int) -> Cells:
        """The cells that move in a witness that moves `cell`; ascending."""
        found = [self._witnesses[number].cells for number in self._reaches[cell]]
        return np.unique(np.concatenate(found)) if found else np.zeros(0, dtype=np.int64)

    def room(self, cell: int, without: int | None = None) -> tuple[float, float]:
        """How far up and down witnesses take a cell. without: a cell that rests in them."""
        reaches = self._reaches[cell]
        if without is None:
            return max(0.0, max(reaches.values(), default=0.0)), max(0.0, -min(reaches.values(), default=0.0))
        barred = self._reaches[without]
        left = [reach for number, reach in reaches.items() if number not in barred]
        return max(0.0, max(left, default=0.0)), max(0.0, -min(left, default=0.0))

    def is_met(self, cell: int, without: int | None = None) -> bool:
        up, down = self.room(cell, without)
        demands = self.demands
        return bool(up >= demands.up[cell] and down >= demands.down[cell] and up + down >= demands.width[cell])

    def who_computes(self, cell: int) -> Mask:
        """Which insiders no witness for `cell` leaves in place, so that they could compute it; shape (insiders,)."""
        found = np.ones(len(self.insiders), dtype=np.bool_)
        found[self._known_by.get(cell, [])] = False
        for number, reach in self._reaches[cell].items():
            if abs(reach) >= self.demands.least[cell]:
                moved = np.zeros(found.size, dtype=np.bool_)
                moved[list(self._people_moved[number])] = True
                found &= moved
        return found

    def people_who_compute(self, cell: int, people: int, without: int | None = None) -> People | None:
        """At most `people` insiders whose cells no witness for `cell` leaves in place; None if there are none.

        Those who know the cell itself learn nothing from it.
        """
        barred = self._reaches[without] if without is not None else {}
        least = self.demands.reach(self.demands.least)[cell]
        knowing = frozenset(self._known_by.get(cell, ()))
        touched: list[People] = []
        in_all: People | None = None
        for number, reach in self._reaches[cell].items():
            if abs(reach) >= least and number not in barred:
                moved = self._people_moved[number]
                in_all = moved - knowing if in_all is None else in_all & moved
                if people == 1 and not in_all:
                    return None  # nobody is moved by every witness
                touched.append(moved)
        return _hitting(touched, people, knowing, frozenset())


def _hitting(sets: list[People], size: int, barred: People, chosen: People) -> People | None:
    """`chosen` and at most `size` more that meet every set."""
    if not sets:
        return chosen or None
    if size == 0:
        return None
    candidates = frozenset.intersection(*sets) if size == 1 else min(sets, key=len)
    for member in sorted(candidates - barred):
        rest = [members for members in sets if member not in members]
        found = _hitting(rest, size - 1, barred, chosen | {member})
        if found is not None:
            return found
    return None
