"""Linked count tables of an invented city, and a naive pattern that hides some of their cells."""

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array

from analysis.disclosure.linked_tables import LinkedTables, Status

SMALL = 10  # counts from 1 to 9 are primary


class City(Struct, frozen=True, kw_only=True):
    """How large the tables are.

    branches: children of every unit, level by level, from the city down to the teams.
    items: questions, each with `options` answers, counted in every unit; all have the unit's people as their total.
    roles: groups that cross the units; 1 = no crossing.
    people: mean of the smallest cells.
    """

    branches: tuple[int, ...]
    items: int
    options: int
    roles: int = 1
    people: float = 6.0
    seed: int = 1


def linked_counts(city: City) -> LinkedTables:
    """Units by roles by (all, item 1 option 1, …), in which units, roles and options add up."""
    random = np.random.default_rng(city.seed)
    parents = unit_tree(city.branches)
    leaves = np.setdiff1d(np.arange(parents.size), parents)
    size = random.poisson(random.gamma(1.0, city.people * city.options, size=(leaves.size, city.roles)))
    counts = np.zeros((parents.size, city.roles, 1 + city.items * city.options), dtype=np.int64)
    for row, leaf in enumerate(leaves):
        for role in range(city.roles):
            answers = [
                random.multinomial(size[row, role], random.dirichlet(np.ones(city.options))) for _ in range(city.items)
            ]
            counts[leaf, role] = np.concatenate([[size[row, role]], *answers])
    for unit in range(parents.size - 1, 0, -1):
        counts[parents[unit]] += counts[unit]
    if city.roles > 1:
        counts = np.concatenate([counts.sum(axis=1, keepdims=True), counts], axis=1)
    return as_tables(counts.reshape(-1).astype(np.float64), _relations(parents, counts.shape, city))


def unit_tree(branches: tuple[int, ...]) -> NDArray[np.int64]:
    """Each unit's parent, parents before children; the city is its own."""
    parents, level = [0], [0]
    for width in branches:
        following = []
        for unit in level:
            for _ in range(width):
                following.append(len(parents))
                parents.append(unit)
        level = following
    return np.array(parents)


def _relations(parents: NDArray[np.int64], shape: tuple[int, ...], city: City) -> csr_array:
    place = np.arange(np.prod(shape)).reshape(shape)
    sums: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = []  # totals (n,), parts (n, parts)
    for unit in range(parents.size):
        children = np.flatnonzero((parents == unit) & (np.arange(parents.size) > 0))
        if children.size:
            sums.append((place[unit].reshape(-1), place[children].reshape(children.size, -1).T))
    if shape[1] > 1:
        sums.append((place[:, 0].reshape(-1), np.moveaxis(place[:, 1:], 1, 2).reshape(-1, shape[1] - 1)))
    for item in range(city.items):
        options = place[:, :, 1 + item * city.options : 1 + (item + 1) * city.options]
        sums.append((place[:, :, 0].reshape(-1), options.reshape(-1, city.options)))
    rows, columns, signs, count = [], [], [], 0
    for totals, parts in sums:
        numbers = count + np.arange(totals.size)
        rows += [numbers, np.repeat(numbers, parts.shape[1])]
        columns += [totals, parts.reshape(-1)]
        signs += [np.full(totals.size, -1.0), np.ones(parts.size)]
        count += totals.size
    entries = (np.concatenate(signs), (np.concatenate(rows), np.concatenate(columns)))
    return csr_array(coo_array(entries, shape=(count, place.size)))


def as_tables(values: NDArray[np.float64], relations: csr_array, threshold: int = SMALL) -> LinkedTables:
    """Counts below the threshold are primary and must stay possible from 0 to the threshold; zeros are published."""
    primary = (values > 0) & (values < threshold)
    zeros = np.zeros(values.size)
    return LinkedTables(
        values=values,
        costs=values,
        statuses=np.where(primary, Status.PRIMARY, np.where(values == 0, Status.REQUIRED, Status.OPTIONAL)).astype(
            np.int8
        ),
        lower=zeros,
        upper=np.full(values.size, np.inf),
        lower_protection=np.where(primary, np.minimum(values, 1.0), 0.0),
        upper_protection=np.where(primary, threshold - values, 0.0),
        sliding_protection=np.where(primary, threshold - 1.0, 0.0),
        relations=relations,
        totals=np.zeros(relations.shape[0]),
    )


def naive_pattern(tables: LinkedTables, share: float = 0.0, seed: int = 1) -> NDArray[np.bool_]:
    """Hide the primary cells and, where a relation hides one cell only, the smallest other; then a random share more."""
    hidden = tables.statuses == Status.PRIMARY
    free = tables.statuses == Status.OPTIONAL
    indptr, indices = tables.relations.indptr, tables.relations.indices
    found = True
    while found:
        found = False
        counts = np.add.reduceat(hidden[indices].astype(np.int64), indptr[:-1])
        for relation in np.flatnonzero(counts == 1):
            cells = indices[indptr[relation] : indptr[relation + 1]]
            others = cells[free[cells] & ~hidden[cells]]
            if hidden[cells].sum() == 1 and others.size:
                hidden[others[np.argmin(tables.values[others])]] = True
                found = True
    return hidden | (free & (np.random.default_rng(seed).random(tables.size) < share))
