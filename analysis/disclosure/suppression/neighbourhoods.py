"""Programs over parts of large tables: a cell is mostly moved by cells near by, and a small program solves faster."""

import numpy as np
from numpy.typing import NDArray

from analysis.disclosure.suppression.master import Cut
from analysis.disclosure.suppression.pattern import Pattern
from analysis.disclosure.suppression.perturbations import Cells, Numbers, Perturbations
from analysis.disclosure.suppression.search import Search

Mask = NDArray[np.bool_]

PART_SIZE = 2500  # cells of a part's program
CERTAINTY = 1e-6  # of what a cut asks
INNER_SHARE = 0.4  # of a part; cells further out are better served by a part of their own


class Neighbourhoods:
    """Programs over the cells of one mask: for each cell one of the cells near by, and one of all that it is linked to.

    A part that finds a movement is right. A part that finds none is right where its reason holds for all cells;
    otherwise the larger program is asked.

    movable: which cells move, shape (cells,). free, discount: as in `Search.program`. part_size: None where movements
        should be the cheapest of all.
    """

    def __init__(
        self,
        search: Search,
        movable: Mask,
        free: Mask,
        discount: Numbers | None = None,
        *,
        part_size: int | None = PART_SIZE,
    ) -> None:
        self._search = search
        self._movable = movable
        self._free = free.copy()
        self._discount = discount
        self._blocked: set[int] = set()
        self._near = _Parts(part_size or movable.size)
        self._linked = _Parts(movable.size)

    def missing(self, pattern: Pattern, cell: int, without: int | None = None) -> tuple[Cut, ...] | None:
        """Finds witnesses for all that `cell` needs. None: there are; otherwise what any pattern needs that has them."""
        before = pattern.hidden.copy() if self._discount is not None else None
        near = self._program(self._near, cell)
        cuts = self._ask(pattern, near, cell, without)
        is_part = self._linked.size > self._near.size <= near.cells.size
        if cuts is not None and is_part and not _forbids(cuts, pattern):
            cuts = self._ask(pattern, self._program(self._linked, cell), cell, without)
        if before is not None:
            self._give_away(np.flatnonzero(pattern.hidden & ~before))
        return cuts

    def _ask(self, pattern: Pattern, program: Perturbations, cell: int, without: int | None) -> tuple[Cut, ...] | None:
        cuts = self._search.meet(pattern, program, cell, without)
        return self._search.guard(pattern, program, cell, without) if cuts is None else cuts

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
        return [*self._near.programs, *self._linked.programs]

    def _program(self, parts: "_Parts", cell: int) -> Perturbations:
        if cell not in parts.of:
            cells = self._around(cell, parts.size)
            inner = cells[: max(1, int(cells.size * INNER_SHARE))] if cells.size >= parts.size else cells
            parts.of |= {c: len(parts.programs) for c in inner.tolist() if c not in parts.of}
            program = self._search.program(np.sort(cells), self._free, self._discount)
            for blocked in sorted(self._blocked):
                program.block(blocked)
            parts.programs.append(program)
        return parts.programs[parts.of[cell]]

    def _around(self, cell: int, size: int) -> Cells:
        """Movable cells in the order of their distance, the cell itself first."""
        by_cell, by_relation = self._search.by_cell, self._search.by_relation
        found = {cell: None}
        seen_relations: set[int] = set()
        layer = [cell]
        while layer and len(found) < size:
            relations = np.concatenate([by_cell.indices[by_cell.indptr[c] : by_cell.indptr[c + 1]] for c in layer])
            fresh = [r for r in dict.fromkeys(relations.tolist()) if r not in seen_relations]
            seen_relations.update(fresh)
            layer = []
            for relation in fresh:
                cells = by_relation.indices[by_relation.indptr[relation] : by_relation.indptr[relation + 1]]
                new = [c for c in cells[self._movable[cells]].tolist() if c not in found]
                found |= dict.fromkeys(new)
                layer += new
                if len(found) >= size:
                    break
        return np.array(list(found), dtype=np.int64)


class _Parts:
    """Programs made so far. size: cells of a larger part are left out. of: the number of a cell's program."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.programs: list[Perturbations] = []
        self.of: dict[int, int] = {}


def _forbids(cuts: tuple[Cut, ...], pattern: Pattern) -> bool:
    """Whether a cut says of all cells, not only of those near by, that the pattern is not enough."""
    return any(float(cut.weights[pattern.hidden[cut.cells]].sum()) < cut.least * (1 - CERTAINTY) for cut in cuts)
