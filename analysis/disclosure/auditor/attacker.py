"""What an attacker holds: the published values, the relations and what everybody knows; no hidden value is in here."""

from typing import Self

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from scipy.sparse import csr_array

from analysis.disclosure.linked_tables import LinkedTables, Mask, Numbers, Status

Indices = NDArray[np.int64]

BALANCE = 1e-6  # relative; by how much a relation of decimals may miss its total


class DoNotAddUp(Exception):
    """The tables contradict themselves: relation {relation} misses its total, so no audit of them means anything."""

    def __init__(self, relation: int) -> None:
        super().__init__(f"relation {relation} does not add up to its total; correct the values or the relation")
        self.relation = relation


class Attacker(Struct, frozen=True, kw_only=True, eq=False):
    """The linear system that remains when everything published is put in.

    cells: shape (unknown,), where the unknown cells stand in the tables. Those that bounds alone fix are known.
    relations: shape (equations, unknown); only relations with an unknown cell.
    totals: shape (equations,), what the unknown cells of a relation add up to.
    lower, upper: shape (unknown,), bounds that everybody knows; they may be infinite.
    whole: whether all cells are known to be whole numbers.
    """

    cells: Indices
    relations: csr_array
    totals: Numbers
    lower: Numbers
    upper: Numbers
    whole: bool

    @classmethod
    def of(cls, tables: LinkedTables, hidden: Mask) -> Self:
        """The one place where hidden values are taken away; what follows works on what is left.

        Args:
            tables: with all values.
            hidden: shape (cells,), what the release does not print; cells that no table prints come on top.

        Raises:
            DoNotAddUp: where a relation does not hold for the values.

        """
        balance_checked(tables)
        secret = (hidden | (tables.statuses == Status.UNPRINTED)) & (tables.lower < tables.upper)
        public = np.where(secret, 0.0, np.where(tables.lower == tables.upper, tables.lower, tables.values))
        totals = tables.totals - tables.relations @ public
        cells = np.flatnonzero(secret)
        relations = csr_array(tables.relations[:, cells])
        relations.eliminate_zeros()
        used = np.diff(relations.indptr) > 0
        whole = is_whole(tables)
        return cls(
            cells=cells,
            relations=csr_array(relations[used]),
            totals=np.round(totals[used]) if whole else totals[used],
            lower=tables.lower[cells],
            upper=tables.upper[cells],
            whole=whole,
        )

    @property
    def size(self) -> int:
        """The number of unknown cells."""
        return int(self.cells.size)


def is_whole(tables: LinkedTables) -> bool:
    """Whether everybody can see that these are counts: all values, totals and coefficients are whole numbers."""
    figures = (tables.values, tables.totals, tables.relations.data)
    return all(bool(np.all(figure == np.round(figure))) for figure in figures)


def balance_checked(tables: LinkedTables) -> None:
    """Raise DoNotAddUp where a relation does not hold for the values."""
    missing = np.abs(tables.relations @ tables.values - tables.totals)
    size = abs(tables.relations) @ np.abs(tables.values) + np.abs(tables.totals)
    wrong = np.flatnonzero(missing > BALANCE * np.maximum(1.0, size))
    if wrong.size:
        raise DoNotAddUp(int(wrong[0]))
