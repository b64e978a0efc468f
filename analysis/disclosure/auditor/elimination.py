"""Random vectors of the null space of a sparse matrix, modulo a prime.

Every vector of the null space is a way the unknown cells can move together while all relations keep holding. A random
one is 0 exactly where no way moves the cell, but for a chance of one in the prime.
"""

from collections.abc import Sequence
from fractions import Fraction
from heapq import heapify, heappop, heappush
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

Vectors = NDArray[np.int64]

SEED = 20010711  # any fixed number: the same tables give the same vectors, hence the same report
PRIME = 2**31 - 1  # products of two residues fit into int64


def null_vectors(relations: csr_array, count: int) -> Vectors:
    """Independent random vectors x with relations @ x == 0 modulo the prime.

    Args:
        relations: shape (relations, cells); decimal coefficients are taken as the fractions they are written as.
        count: how many vectors.

    Returns:
        int64, shape (cells, count), from 0 to PRIME - 1.

    """
    random = np.random.default_rng(SEED)
    vectors = random.integers(0, PRIME, size=(relations.shape[1], count), dtype=np.int64)
    work = _Elimination(relations)
    work.run()
    _substitute_back(work.pivots, vectors)
    return vectors


class _Elimination:
    """Gauss's elimination that picks cheap pivots first (Markowitz 1957).

    rows: coefficients by column, of rows not yet used. columns: by column the rows it occurs in.
    pivots: in the order of elimination, a column and its row without it, which gives the column from later ones.
    """

    def __init__(self, relations: csr_array) -> None:
        self.pivots: list[tuple[int, list[tuple[int, int]]]] = []
        indptr, indices = relations.indptr.tolist(), relations.indices.tolist()
        coefficients = _residues(relations.data)
        self.rows = [
            dict(zip(indices[start:end], coefficients[start:end], strict=True)) for start, end in pairwise(indptr)
        ]
        self.columns: list[set[int]] = [set() for _ in range(relations.shape[1])]
        for number, row in enumerate(self.rows):
            for column in row:
                self.columns[column].add(number)
        self.single = [column for column, rows in enumerate(self.columns) if len(rows) == 1]
        self.queue = [(len(row), number) for number, row in enumerate(self.rows) if row]
        heapify(self.queue)

    def run(self) -> None:
        """Eliminate until no row is left."""
        while True:
            # A column of one row takes that row away and creates nothing.
            while self.single:
                column = self.single.pop()
                if len(self.columns[column]) == 1:
                    self._eliminate(next(iter(self.columns[column])), column)
            if not self.queue:
                return
            length, number = heappop(self.queue)
            row = self.rows[number]
            if row and len(row) == length:  # otherwise the row has changed, and stands in the queue again
                self._eliminate(number, min(row, key=lambda c: (len(self.columns[c]), c)))

    def _eliminate(self, number: int, column: int) -> None:
        """Take the column out of all other rows, by its row `number`."""
        row = self.rows[number]
        self.rows[number] = {}
        columns, single = self.columns, self.single
        scale = PRIME - pow(row.pop(column), -1, PRIME)
        row = {c: value * scale % PRIME for c, value in row.items()}  # column = sum of value * c
        self.pivots.append((column, list(row.items())))
        for c in row:
            columns[c].discard(number)
        users = columns[column]
        users.discard(number)
        for user in sorted(users):
            target = self.rows[user]
            factor = target.pop(column)
            for c, value in row.items():
                old = target.get(c)
                if old is None:
                    target[c] = factor * value % PRIME
                    columns[c].add(user)
                    continue
                new = (old + factor * value) % PRIME
                if new:
                    target[c] = new
                else:
                    del target[c]
                    columns[c].discard(user)
            if target:
                heappush(self.queue, (len(target), user))
        columns[column] = set()
        for c in row:
            if len(columns[c]) == 1:
                single.append(c)


def _residues(coefficients: NDArray[np.float64]) -> list[int]:
    """Coefficients modulo the prime; 0.1 is 1 / 10 and not the nearest binary number."""
    found = {}
    for value in np.unique(coefficients).tolist():
        fraction = Fraction(repr(value))
        found[value] = fraction.numerator * pow(fraction.denominator, -1, PRIME) % PRIME
    return [found[value] for value in coefficients.tolist()]


def _substitute_back(pivots: Sequence[tuple[int, list[tuple[int, int]]]], vectors: Vectors) -> None:
    for number in range(vectors.shape[1]):
        vector = vectors[:, number].tolist()
        for column, terms in reversed(pivots):
            vector[column] = sum(value * vector[c] for c, value in terms) % PRIME
        vectors[:, number] = vector
