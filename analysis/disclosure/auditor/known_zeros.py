"""Cells that a printed zero makes zero.

A table that says "nobody" of a unit says it of all parts of the unit. That is what printing the zero means, it speaks
of no person, and no pattern could take it back; so it is reported by itself and fails nothing. A zero that only shows
by subtraction (five in all, five of them printed) is none of these: it counts as disclosed.
"""

import numpy as np
from scipy.sparse import csr_array

from analysis.disclosure.linked_tables import LinkedTables, Mask, Status


def zero_by_printed_totals(tables: LinkedTables, hidden: Mask) -> Mask:
    """Which unprinted cells are parts of a total printed as 0, or known to be 0 for the same reason; shape (cells,)."""
    secret = hidden | (tables.statuses == Status.UNPRINTED)
    zero = ~secret & (tables.values == 0)
    possible = secret & (tables.lower >= 0)
    relations = csr_array(tables.relations[tables.totals == 0])
    while True:
        others = relations[:, np.flatnonzero(~zero)]
        cells = np.flatnonzero(~zero)
        # Parts of one sign, all of them possibly zero and none below, add up to zero only as zeros.
        positive, negative = (others > 0).sum(axis=1), (others < 0).sum(axis=1)
        impossible = others.astype(bool).astype(np.float64) @ (~possible[cells]).astype(np.float64)
        forced = ((positive == 0) | (negative == 0)) & (impossible == 0) & (positive + negative > 0)
        found = cells[np.unique(others[np.flatnonzero(forced)].indices)]
        if not found.size:
            return np.asarray(zero & secret)
        zero[found] = True
