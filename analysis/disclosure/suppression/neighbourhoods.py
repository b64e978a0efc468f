"""Programs over parts of large tables: a cell is mostly moved by cells near by, and a small program solves faster."""

import numpy as np
from numpy.typing import NDArray

from analysis.disclosure.suppression.master import Cut
from analysis.disclosure.suppression.pattern import Pattern
from analysis.disclosure.suppression.perturbations import Cells, Numbers, Perturbations
from analysis.disclosure.suppression.search import Search

Mask = NDArray[np.bool_]

PART_SIZE = 2000  # cells of a part's program
CERTAINTY = 1e-6  # of what a cut asks
INNER_SHARE = 0.4  # of a part; cells further out are better served by a part of their own


class Neighbourhoods:
    """Programs over the cells of one mask: one over all of them, and where they are many, parts for speed.

    A part that finds a movement is right. A part that finds none leaves it to the whole.

    movable: which cells move, shape (cells,). free, discount: as in `Search.program`. in_parts: False where movements
        should be the cheapest of all.
    """

    def __init__(
        self, search: Search, movable: Mask, free: Mask, discount: Numbers | None = None, *, in_parts: bool = True
    ) -> None:
        self._search = search
        self._movable = movable
        self._free = free.copy()
        self._discount = discount
        self._blocked: set[int] = set()
        self._parts: list[Perturbations] = []
        self._part_of: dict[int, int] = {}
        self._whole: Perturbations | None = None
        self._in_parts = in_parts and int(movable.sum()) > PART_SIZE

    @property
    def whole(self) -> Perturbations:
        if self._whole is None:
            self._whole = self._program(np.flatnonzero(self._movable))
        return self._whole

    def missing(
        self, pattern: Pattern, cell: int, without: int | None = None, *, only_near: bool = False
    ) -> tuple[Cut, ...] | None:
        """Finds witnesses for all that `cell` needs. None: there are; otherwise what any pattern needs that has them.

        only_near: a part's word is enough.
        """
        before = pattern.hidden.copy() if self._discount is not None else None
        near = self._part(cell) if self._in_parts else self.whole
        cuts = self._search.meet(pattern, near, cell, without)
        if cuts is None:
            cuts = self._search.guard(pattern, near, cell, without)
        if cuts is not None and near is not self._whole and not only_near and not _forbids(cuts, pattern):
            cuts = self._search.meet(pattern, self.whole, cell, without)
            if cuts is None:
                cuts = self._search.guard(pattern, self.whole, cell, without)
        if before is not None:
            self._give_away(np.flatnonzero(pattern.hidden & ~before))
        return cuts

    def block(self, cell: int) -> None:
        self._blocked.add(cell)
        for program in self._programs():
            program.block(cell)

    def unblock(self, cell: int) -> None:
        self._blocked.discard(cell)
        for program in self._programs():
            program.unblock(cell)

    def _give_away(self, cells: Cells) -> None:
        """What is hidden now costs nothing more."""
        if cells.size:
            self._free[cells] = True
            price = np.full(cells.size, self._search.path_price)
            for program in self._programs():
                program.price(cells, price, price)

    def _programs(self) -> list[Perturbations]:
        return self._parts if self._whole is None else [*self._parts, self._whole]

    def _program(self, cells: Cells) -> Perturbations:
        program = self._search.program(cells, self._free, self._discount)
        for cell in sorted(self._blocked):
            program.block(cell)
        return program

    def _part(self, cell: int) -> Perturbations:
        if cell not in self._part_of:
            cells = self._near(cell)
            inner = cells[: max(1, int(cells.size * INNER_SHARE))] if cells.size >= PART_SIZE else cells
            self._part_of |= {c: len(self._parts) for c in inner.tolist() if c not in self._part_of}
            self._parts.append(self._program(np.sort(cells)))
        return self._parts[self._part_of[cell]]

    def _near(self, cell: int) -> Cells:
        """Movable cells in the order of their distance, the cell itself first."""
        by_cell, by_relation = self._search.by_cell, self._search.by_relation
        found = {cell: None}
        seen_relations: set[int] = set()
        layer = [cell]
        while layer and len(found) < PART_SIZE:
            relations = np.concatenate([by_cell.indices[by_cell.indptr[c] : by_cell.indptr[c + 1]] for c in layer])
            fresh = [r for r in dict.fromkeys(relations.tolist()) if r not in seen_relations]
            seen_relations.update(fresh)
            layer = []
            for relation in fresh:
                cells = by_relation.indices[by_relation.indptr[relation] : by_relation.indptr[relation + 1]]
                new = [c for c in cells[self._movable[cells]].tolist() if c not in found]
                found |= dict.fromkeys(new)
                layer += new
                if len(found) >= PART_SIZE:
                    break
        return np.array(list(found), dtype=np.int64)


def _forbids(cuts: tuple[Cut, ...], pattern: Pattern) -> bool:
    """Whether a cut says of all cells, not only of those near by, that the pattern is not enough."""
    return any(float(cut.weights[pattern.hidden[cut.cells]].sum()) < cut.least * (1 - CERTAINTY) for cut in cuts)
