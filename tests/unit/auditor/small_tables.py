"""Small tables, written as they are printed."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array

from analysis.disclosure.linked_tables import LinkedTables, Status


def tables(
    values: ArrayLike,
    relations: Sequence[dict[int, float]],
    *,
    primary: Sequence[int] = (),
    totals: ArrayLike | None = None,
    lower: ArrayLike = 0.0,
    upper: ArrayLike = np.inf,
    protection: float = 1.0,
    unprinted: Sequence[int] = (),
    insiders: tuple[tuple[int, ...], ...] = (),
) -> LinkedTables:
    """Cells with coefficients by relation. protection: below and above primary values; twice that as sliding level."""
    cells = np.asarray(values, dtype=np.float64)
    matrix = np.zeros((len(relations), cells.size))
    for row, relation in enumerate(relations):
        matrix[row, list(relation)] = list(relation.values())
    statuses = np.full(cells.size, Status.OPTIONAL, dtype=np.int8)
    statuses[list(primary)] = Status.PRIMARY
    statuses[list(unprinted)] = Status.UNPRINTED
    level = np.where(statuses == Status.PRIMARY, protection, 0.0)
    return LinkedTables(
        values=cells,
        costs=cells,
        statuses=statuses,
        lower=np.broadcast_to(np.asarray(lower, dtype=np.float64), cells.shape),
        upper=np.broadcast_to(np.asarray(upper, dtype=np.float64), cells.shape),
        lower_protection=level,
        upper_protection=level,
        sliding_protection=2 * level,
        relations=csr_array(matrix),
        totals=np.zeros(len(relations)) if totals is None else np.asarray(totals, dtype=np.float64),
        insiders=insiders,
    )


def two_way(inner: ArrayLike, **given: object) -> LinkedTables:
    """A table with its margins, cells row by row: shape (rows + 1, columns + 1), the last ones totals."""
    body = np.asarray(inner, dtype=np.float64)
    with_rows = np.hstack([body, body.sum(axis=1, keepdims=True)])
    whole = np.vstack([with_rows, with_rows.sum(axis=0, keepdims=True)])
    place = np.arange(whole.size).reshape(whole.shape)
    sums = [*place, *place.T]
    relations = [{**dict.fromkeys(line[:-1].tolist(), 1.0), int(line[-1]): -1.0} for line in sums]
    return tables(whole.ravel(), relations, **given)  # type: ignore[arg-type]


def hiding(whole: LinkedTables, *cells: int) -> NDArray[np.bool_]:
    hidden = np.zeros(whole.size, dtype=np.bool_)
    hidden[list(cells)] = True
    return hidden


def enumerated(whole: LinkedTables, hidden: NDArray[np.bool_], most: int) -> NDArray[np.float64]:
    """All tables of whole numbers from 0 to `most` that fit what is published: shape (tables, hidden cells)."""
    cells = np.flatnonzero(hidden)
    matrix = whole.relations.toarray()[:, cells]
    totals = whole.totals - whole.relations @ np.where(hidden, 0.0, whole.values)
    fitting = np.zeros((1, 0))
    for number in range(cells.size):
        column = np.arange(most + 1.0)
        column = column[(column >= whole.lower[cells[number]]) & (column <= whole.upper[cells[number]])]
        fitting = np.hstack([np.repeat(fitting, column.size, axis=0), np.tile(column, len(fitting))[:, None]])
        done = ~matrix[:, number + 1 :].any(axis=1)
        keep = np.all(fitting @ matrix[:, : number + 1].T[:, done] == totals[done], axis=1)
        fitting = fitting[keep]
    return fitting
