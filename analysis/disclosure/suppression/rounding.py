"""Makes a choice of whole cells out of cuts: hides what keeps them most cheaply, and shows what none of them needs."""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from analysis.disclosure.suppression.master import NEGLIGIBLE, Cut
from analysis.disclosure.suppression.perturbations import Cells, Numbers

Mask = NDArray[np.bool_]

LEAST_DEGREE = 0.01  # what a cell counts at least that the choice of degrees does not want
LEAST_PRICE = 0.001  # of a cell that costs nothing


class Rounding:
    """The cuts found so far, and how much more than each of them asks the hidden cells give.

    costs: shape (cells,). hidden: the pattern, shape (cells,); it changes with every call. free: cells that stay hidden.
    """

    def __init__(self, cuts: list[Cut], costs: Numbers, hidden: Mask, free: Mask) -> None:
        self.hidden = hidden.copy()
        self._costs, self._free = costs, free
        starts = np.cumsum([0, *(cut.cells.size for cut in cuts)])
        cells = np.concatenate([cut.cells for cut in cuts]) if cuts else np.zeros(0, dtype=np.int64)
        weights = np.concatenate([cut.weights for cut in cuts]) if cuts else np.zeros(0)
        self._by_cut = csr_array((weights, cells, starts), shape=(len(cuts), hidden.size))
        self._by_cell = self._by_cut.tocsc()
        least = np.array([cut.least for cut in cuts])
        self._spare = self._by_cut @ self.hidden.astype(np.float64) - least
        self._edge = -NEGLIGIBLE * np.maximum(1.0, least)

    def keep_cuts(self, degrees: Numbers) -> Cells:
        """Hides more until every cut holds, and returns which cells; degrees: how much each is wanted hidden."""
        found: list[int] = []
        appeal = (degrees + LEAST_DEGREE) / np.maximum(self._costs, LEAST_PRICE)
        for cut in np.flatnonzero(self._spare < self._edge).tolist():
            inside = slice(self._by_cut.indptr[cut], self._by_cut.indptr[cut + 1])
            cells, weights = self._by_cut.indices[inside], self._by_cut.data[inside]
            while self._spare[cut] < self._edge[cut]:
                gain = np.where(self.hidden[cells], 0.0, np.minimum(weights, -self._spare[cut]) * appeal[cells])
                best = int(np.argmax(gain)) if gain.size else 0
                if not gain.size or gain[best] <= 0:
                    break
                self._turn(int(cells[best]), hide=True)
                found.append(int(cells[best]))
        return np.array(found, dtype=np.int64)

    def show_spare(self) -> Cells:
        """Shows what no cut needs, dearest first, and returns which cells."""
        found = []
        candidates = np.flatnonzero(self.hidden & ~self._free)
        for cell in candidates[np.lexsort((candidates, -self._costs[candidates]))].tolist():
            inside = slice(self._by_cell.indptr[cell], self._by_cell.indptr[cell + 1])
            cuts = self._by_cell.indices[inside]
            if (self._spare[cuts] - self._by_cell.data[inside] >= self._edge[cuts]).all():
                self._turn(cell, hide=False)
                found.append(cell)
        return np.array(found, dtype=np.int64)

    def _turn(self, cell: int, *, hide: bool) -> None:
        inside = slice(self._by_cell.indptr[cell], self._by_cell.indptr[cell + 1])
        gives = self._by_cell.data[inside]
        self._spare[self._by_cell.indices[inside]] += gives if hide else -gives
        self.hidden[cell] = hide
