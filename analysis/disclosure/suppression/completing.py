"""Completes a pattern cell by cell, then publishes again what turns out not to be needed."""

import numpy as np

from analysis.disclosure.linked_tables import Status
from analysis.disclosure.suppression.covering import Draft, Progress
from analysis.disclosure.suppression.neighbourhoods import Neighbourhoods
from analysis.disclosure.suppression.pattern import Pattern
from analysis.disclosure.suppression.search import Search

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
        if near.missing(pattern, cell, only_near=True) is not None:
            lacking.append(cell)
    movable = search.tables.statuses != Status.REQUIRED
    discount = 1 + SMALLEST_DISCOUNT - draft.degrees
    everywhere = Neighbourhoods(search, movable, pattern.hidden, discount, in_parts=False)
    exposed = []
    for number, cell in enumerate(lacking):
        tell("repairing", number, len(lacking))
        if everywhere.missing(pattern, cell) is not None:
            search.spare_themselves(pattern, cell)
            if everywhere.missing(pattern, cell) is not None:
                exposed.append(cell)
    if exposed:
        raise Unprotectable(tuple(exposed))


def publish_redundant(search: Search, pattern: Pattern, tell: Progress) -> None:
    """Publishes complementary cells, dearest first, as long as everything still holds."""
    near = Neighbourhoods(search, pattern.hidden, search.free)
    complementary = np.flatnonzero(pattern.hidden & ~search.free)
    order = complementary[np.lexsort((complementary, -search.tables.costs[complementary]))]
    for number, cell in enumerate(order.tolist()):
        tell("publishing what is not needed", number, order.size)
        near.block(cell)
        moved = pattern.moved_with(cell)
        affected = moved[search.is_primary[moved]].tolist()
        near_by = set(search.neighbours(cell).tolist())
        affected.sort(key=lambda other: (other not in near_by, other))
        if all(near.missing(pattern, other, cell, only_near=True) is None for other in affected):
            pattern.publish(cell)
        else:
            near.unblock(cell)
