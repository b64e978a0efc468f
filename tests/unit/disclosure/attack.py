"""A plain attack with scipy, cold and cell by cell, that shares nothing with the suppressor; and small tables."""

from collections.abc import Iterator, Sequence
from itertools import chain, combinations

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_array

from analysis.disclosure.linked_tables import LinkedTables, Mask, Status

NEARLY = 1e-6


def tables_of(
    values: Sequence[float],
    relations: Sequence[Sequence[float]],
    primary: dict[int, tuple[float, float, float]],
    *,
    required: Sequence[int] = (),
    lower: float | Sequence[float] = 0.0,
    insiders: Sequence[Sequence[int]] = (),
) -> LinkedTables:
    """primary: lower, upper and sliding protection by cell. Costs are the values."""
    size = len(values)
    statuses = np.full(size, Status.OPTIONAL, dtype=np.int8)
    statuses[list(required)] = Status.REQUIRED
    levels = np.zeros((3, size))
    for cell, wanted in primary.items():
        statuses[cell] = Status.PRIMARY
        levels[:, cell] = wanted
    matrix = csr_array(np.array(relations, dtype=float))
    numbers = np.array(values, dtype=float)
    return LinkedTables(
        values=numbers,
        costs=numbers.copy(),
        statuses=statuses,
        lower=np.full(size, lower, dtype=float),
        upper=np.full(size, np.inf),
        lower_protection=levels[0],
        upper_protection=levels[1],
        sliding_protection=levels[2],
        relations=matrix,
        totals=matrix @ numbers,
        insiders=tuple(tuple(cells) for cells in insiders),
    )


def two_way(inner: Sequence[Sequence[float]]) -> tuple[list[float], list[list[float]]]:
    """Values with margins, row by row, and the relations that make them margins."""
    table = np.array(inner, dtype=float)
    table = np.vstack([table, table.sum(axis=0)])
    table = np.hstack([table, table.sum(axis=1, keepdims=True)])
    rows, columns = table.shape
    relations = []
    for row in range(rows):
        relation = np.zeros((rows, columns))
        relation[row], relation[row, -1] = 1, -1
        relations.append(relation.ravel().tolist())
    for column in range(columns):
        relation = np.zeros((rows, columns))
        relation[:, column], relation[-1, column] = 1, -1
        relations.append(relation.ravel().tolist())
    return table.ravel().tolist(), relations


def interval(tables: LinkedTables, hidden: Mask, cell: int, known: Sequence[int] = ()) -> tuple[float, float]:
    free = hidden.copy()
    free[list(known)] = False
    bounds = [
        (low, high) if moves else (value, value)
        for low, high, value, moves in zip(tables.lower, tables.upper, tables.values, free, strict=True)
    ]
    ends = []
    for sign in (1, -1):
        objective = np.zeros(tables.size)
        objective[cell] = sign
        found = linprog(objective, A_eq=tables.relations, b_eq=tables.totals, bounds=bounds)
        ends.append(sign * found.fun if found.status == 0 else -sign * np.inf)
    return ends[0], ends[1]


def is_protected(tables: LinkedTables, hidden: Mask, *, coalition: int = 1) -> bool:
    """Whether every primary cell of a table of counts keeps what it must, also from insiders."""
    for cell in np.flatnonzero(tables.statuses == Status.PRIMARY).tolist():
        value = tables.values[cell]
        low, high = interval(tables, hidden, cell)
        low, high = np.ceil(low - NEARLY), np.floor(high + NEARLY)
        room = tables.upper[cell] - tables.lower[cell]
        wanted_low = max(value - tables.lower_protection[cell], tables.lower[cell])
        wanted_high = min(value + tables.upper_protection[cell], tables.upper[cell])
        width = min(max(tables.sliding_protection[cell], 1), room)
        if not hidden[cell] or low > wanted_low or high < wanted_high or high - low < width:
            return False
        for size in range(1, coalition + 1):
            for people in combinations(tables.insiders, size):
                known = [c for cells in people for c in cells]
                if cell not in known:
                    low, high = interval(tables, hidden, cell, known)
                    if np.ceil(low - NEARLY) >= np.floor(high + NEARLY):
                        return False
    return True


def cheapest_by_trying_all(tables: LinkedTables, *, coalition: int = 1) -> float | None:
    """The cost of the cheapest pattern that protects, over every subset of the optional cells; None if none does."""
    primary = tables.statuses == Status.PRIMARY
    optional = np.flatnonzero(tables.statuses == Status.OPTIONAL).tolist()
    for subset in sorted(_subsets(optional), key=lambda cells: tables.costs[list(cells)].sum()):
        hidden = primary.copy()
        hidden[list(subset)] = True
        if is_protected(tables, hidden, coalition=coalition):
            return float(tables.costs[list(subset)].sum())
    return None


def _subsets(cells: Sequence[int]) -> Iterator[tuple[int, ...]]:
    return chain.from_iterable(combinations(cells, size) for size in range(len(cells) + 1))
