"""Completes a pattern cell by cell, then publishes again what turns out not to be needed."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from analysis.disclosure.linked_tables import Status
from analysis.disclosure.suppression.covering import Draft, Progress
from analysis.disclosure.suppression.master import Cut
from analysis.disclosure.suppression.neighbourhoods import Neighbourhoods
from analysis.disclosure.suppression.pattern import Pattern
from analysis.disclosure.suppression.perturbations import Numbers
from analysis.disclosure.suppression.search import Search

Mask = NDArray[np.bool_]

CERTAINTY = 1e-6  # of what a cut asks
SMALLEST_DISCOUNT = 0.001  # what hiding a cell costs at least that the choice wanted hidden, as a share


class Unprotectable(ValueError):
    """Cells that could be computed even if everything that may be hidden were hidden."""

    def __init__(self, cells: tuple[int, ...]) -> None:
        shown = ", ".join(str(cell) for cell in cells[:10]) + (", …" if len(cells) > 10 else "")  # noqa: PLR2004
        super().__init__(
            f"too much must be published to protect {len(cells)} of the primary cells: {shown}. "
            "Let other cells of their relations be hidden, or merge their groups with others."
        )
        self.cells = cells


def complete(search: Search, draft: Draft, tell: Progress) -> None:
    """Hides what is missing: for every cell in turn the cheapest movement that it lacks.

    Raises:
        Unprotectable: hiding everything would not be enough.

    """
    pattern = draft.pattern
    near = Neighbourhoods(search, pattern.hidden, search.free)
    cells = search.primary.tolist()
    lacking = []
    for number, cell in enumerate(cells):
        tell("attacking", number, len(cells))
        missing = near.missing(pattern, cell)
        if missing is not None:
            lacking.append(cell)
            draft.master.add(missing)
    repair(search, draft.degrees, pattern, lacking, tell)


def repair(search: Search, degrees: Numbers, pattern: Pattern, lacking: Sequence[int], tell: Progress) -> None:
    """Hides what the cheapest movement needs that each of these cells lacks, cell by cell, wherever it lies.

    degrees: how much the cuts want each cell hidden, from 0 to 1; what is wanted costs less.

    Raises:
        Unprotectable: hiding everything would not be enough.

    """
    movable = search.tables.statuses != Status.REQUIRED
    discount = 1 + SMALLEST_DISCOUNT - degrees
    everywhere = Neighbourhoods(search, movable, pattern.hidden, discount, part_size=None)
    exposed = []
    for number, cell in enumerate(lacking):
        tell("repairing", number, len(lacking))
        if everywhere.missing(pattern, cell) is not None:
            exposed.append(cell)
    if exposed:
        raise Unprotectable(tuple(exposed))


def publish_redundant(search: Search, draft: Draft, tell: Progress) -> None:
    """Publishes complementary cells, dearest first, as long as everything still holds."""
    pattern = draft.pattern
    near = Neighbourhoods(search, pattern.hidden, search.free)
    slack = Slack(draft.master.cuts, pattern.hidden)
    complementary = np.flatnonzero(pattern.hidden & ~search.free)
    order = complementary[np.lexsort((complementary, -search.tables.costs[complementary]))]
    for number, cell in enumerate(order.tolist()):
        tell("publishing what is not needed", number, order.size)
        if slack.needs(cell):
            continue
        near.block(cell)
        missing = _missing_without(search, pattern, near, cell)
        if missing is None:
            pattern.publish(cell)
            slack.publish(cell)
        else:
            near.unblock(cell)
            for cut in missing:
                slack.add(cut, pattern.hidden)


def _missing_without(search: Search, pattern: Pattern, near: Neighbourhoods, cell: int) -> tuple[Cut, ...] | None:
    moved = pattern.moved_with(cell)
    near_by = set(search.neighbours(cell).tolist())
    for other in sorted(moved[search.is_primary[moved]].tolist(), key=lambda other: (other not in near_by, other)):
        missing = near.missing(pattern, other, cell)
        if missing is not None:
            return missing
    return None


class Slack:
    """How much more the hidden cells give than each cut asks: tells needed cells without solving anything."""

    def __init__(self, cuts: list[Cut], hidden: Mask) -> None:
        self._spare: list[float] = []
        self._gives: dict[int, list[tuple[int, float]]] = {}
        for cut in cuts:
            self.add(cut, hidden)

    def add(self, cut: Cut, hidden: Mask) -> None:
        inside = hidden[cut.cells]
        spare = float(cut.weights[inside].sum()) - cut.least + CERTAINTY * cut.least
        for cell, weight in zip(cut.cells[inside].tolist(), cut.weights[inside].tolist(), strict=True):
            self._gives.setdefault(cell, []).append((len(self._spare), weight))
        self._spare.append(spare)

    def needs(self, cell: int) -> bool:
        """Whether a cut fails without the cell."""
        return any(weight > self._spare[number] for number, weight in self._gives.get(cell, ()))

    def publish(self, cell: int) -> None:
        for number, weight in self._gives.get(cell, ()):
            self._spare[number] -= weight
