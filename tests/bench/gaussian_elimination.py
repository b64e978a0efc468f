"""Complementary suppression by Gaussian elimination: what the protection is measured against.

Dear cells are published first. A cell is published unless some primary cell would then be a combination of published
ones: after elimination modulo a prime nothing would be left of its row. Bounds, intervals and what people know who are
counted alone play no part, so whoever uses it has to repair the pattern afterwards.

Source: Langsrud, Ø. (2024). Secondary cell suppression by Gaussian elimination: an algorithm suitable for handling
issues with zeros and singletons. Privacy in Statistical Databases 2024, LNCS 14915; without its handling of both.
"""

from collections import defaultdict

import numpy as np

from analysis.disclosure.linked_tables import LinkedTables, Mask, Status

PRIME = 2**61 - 1

Row = dict[int, int]
"""Coefficients modulo the prime, by column; none is 0."""


def eliminate(tables: LinkedTables) -> Mask:
    """Which cells are hidden, shape (cells,)."""
    rows = _null_space(tables)
    is_primary = tables.statuses == Status.PRIMARY
    hidden = is_primary | (tables.statuses == Status.UNPRINTED)
    kept = _Rows({cell: rows[cell] for cell in np.flatnonzero(is_primary).tolist()})
    published = _Rows({})
    required = np.flatnonzero(tables.statuses == Status.REQUIRED)
    optional = np.flatnonzero(tables.statuses == Status.OPTIONAL)
    for cell in [*required.tolist(), *optional[np.lexsort((optional, -tables.costs[optional]))].tolist()]:
        row = published.reduced(rows[cell])
        if not row:
            continue  # follows from what is published
        pivot = min(row, key=lambda column: (len(kept.using[column]), column))
        if tables.statuses[cell] == Status.OPTIONAL and kept.would_vanish(row, pivot):
            hidden[cell] = True
            continue
        published.add_pivot(row, pivot)
        kept.eliminate(row, pivot)
    return hidden


class _Rows:
    """Rows by name, and which of them use a column."""

    def __init__(self, rows: dict[int, Row]) -> None:
        self.rows = {name: dict(row) for name, row in rows.items()}
        self.using: defaultdict[int, set[int]] = defaultdict(set)
        for name, row in self.rows.items():
            for column in row:
                self.using[column].add(name)

    def would_vanish(self, row: Row, pivot: int) -> bool:
        """Whether a row is a multiple of the given one."""
        for name in self.using[pivot]:
            other = self.rows[name]
            if other.keys() == row.keys():
                scale = other[pivot] * pow(row[pivot], -1, PRIME) % PRIME
                if all(value == scale * row[column] % PRIME for column, value in other.items()):
                    return True
        return False

    def eliminate(self, row: Row, pivot: int) -> None:
        """Takes the pivot's column out of all rows."""
        inverse = pow(row[pivot], -1, PRIME)
        for name in sorted(self.using[pivot]):
            other = self.rows[name]
            scale = other[pivot] * inverse % PRIME
            for column, value in row.items():
                left = (other.get(column, 0) - scale * value) % PRIME
                if left:
                    other[column] = left
                    self.using[column].add(name)
                elif column in other:
                    del other[column]
                    self.using[column].discard(name)

    def add_pivot(self, row: Row, pivot: int) -> None:
        """A row named by its pivot; no other one uses that column."""
        self.eliminate(row, pivot)
        self.rows[pivot] = dict(row)
        for column in row:
            self.using[column].add(pivot)

    def reduced(self, row: Row) -> Row:
        """The row without the columns that are pivots."""
        left = dict(row)
        for pivot in row.keys() & self.rows.keys():
            by = self.rows[pivot]
            scale = left[pivot] * pow(by[pivot], -1, PRIME) % PRIME
            for column, value in by.items():
                left[column] = (left.get(column, 0) - scale * value) % PRIME
        return {column: value for column, value in left.items() if value}


def _null_space(tables: LinkedTables) -> list[Row]:
    """Each cell by the free ones that it follows from."""
    relations = tables.relations.tocsr()
    solved = _Rows({})
    for start, end in zip(relations.indptr[:-1].tolist(), relations.indptr[1:].tolist(), strict=True):
        cells, factors = relations.indices[start:end].tolist(), relations.data[start:end].tolist()
        row = solved.reduced({cell: int(factor) % PRIME for cell, factor in zip(cells, factors, strict=True) if factor})
        if row:
            solved.add_pivot(row, max(row, key=lambda cell: (tables.values[cell], -cell)))
    rows: list[Row] = []
    for cell in range(tables.size):
        by = solved.rows.get(cell)
        if by is None:
            rows.append({cell: 1})
        else:
            scale = -pow(by[cell], -1, PRIME) % PRIME
            rows.append({column: scale * value % PRIME for column, value in by.items() if column != cell})
    return rows
