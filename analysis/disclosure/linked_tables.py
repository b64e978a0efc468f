"""Linked tables: what is counted, what everybody knows of it, and how it adds up. No rule and no method lives here."""

from enum import IntEnum

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from scipy.sparse import csr_array

Numbers = NDArray[np.float64]
Mask = NDArray[np.bool_]


class Status(IntEnum):
    """What may become of a cell."""

    OPTIONAL = 0  # published, or hidden to protect others
    PRIMARY = 1  # hidden, and nobody may compute it more closely than its protection levels say
    REQUIRED = 2  # published whatever happens: fixed, or empty by definition
    UNPRINTED = 3  # no table prints it and nothing has to protect it; it only takes part in relations


class LinkedTables(Struct, frozen=True, kw_only=True, eq=False):
    """Cells of all tables that one audience gets, as one linear system.

    values: shape (cells,). Everything the other members say holds for them.
    costs: shape (cells,), what hiding the cell loses, usually respondents; at least 0.
    statuses: int8, shape (cells,), of `Status`.
    lower, upper: shape (cells,), bounds that everybody knows without any table; they may be infinite.
    lower_protection, upper_protection: shape (cells,), how far below and above its value a primary cell must remain
        possible. sliding_protection: how wide its interval must be at least. At least 0; of primary cells only.
    relations: shape (relations, cells). totals: shape (relations,). `relations @ values == totals`.
    insiders: for each person who knows cells of their own, which these are (indices).
    """

    values: Numbers
    costs: Numbers
    statuses: NDArray[np.int8]
    lower: Numbers
    upper: Numbers
    lower_protection: Numbers
    upper_protection: Numbers
    sliding_protection: Numbers
    relations: csr_array
    totals: Numbers
    insiders: tuple[tuple[int, ...], ...] = ()

    @property
    def size(self) -> int:
        """The number of cells."""
        return int(self.values.size)
