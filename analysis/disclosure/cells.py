"""Cells and relations of one linear system, collected one after the other."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from scipy.sparse import csr_array

from analysis.cutting import Dimensions
from analysis.disclosure.linked_tables import LinkedTables, Numbers, Status
from analysis.disclosure.people import known_by_people
from analysis.disclosure.primary import Standing
from analysis.plan import Groups


class Place(Struct, frozen=True, kw_only=True, order=True):
    """Where a count belongs. category: empty for the base."""

    figure: str
    dimensions: Dimensions = ()
    groups: Groups = ()
    category: str = ""


class Cells:
    """Grows, with an index for every cell. places: which index a count has."""

    def __init__(self) -> None:
        self.places: dict[Place, int] = {}
        self._values: list[Numbers] = []
        self.costs: list[Numbers] = []
        self.statuses: list[NDArray[np.int8]] = []
        self.upper: list[Numbers] = []
        self.upper_protection: list[Numbers] = []
        self.sliding_protection: list[Numbers] = []
        self.size = 0
        self._rows: list[NDArray[np.int64]] = []
        self._columns: list[NDArray[np.int64]] = []
        self._coefficients: list[Numbers] = []
        self.relations = 0

    def add(self, values: Numbers, standing: Standing, costs: Numbers, upper: Numbers | float = np.inf) -> int:
        """Adds cells; returns the index of the first."""
        first = self.size
        self._values.append(values)
        self.costs.append(costs)
        self.statuses.append(standing.statuses)
        self.upper.append(np.broadcast_to(np.asarray(upper, dtype=np.float64), values.shape))
        self.upper_protection.append(standing.upper_protection)
        self.sliding_protection.append(standing.sliding_protection)
        self.size += values.size
        return first

    @property
    def values(self) -> Numbers:
        """Of all cells so far."""
        if len(self._values) > 1:
            self._values = [np.concatenate(self._values)]
        return self._values[0]

    def upper_of(self, cells: Sequence[int]) -> Numbers:
        """What everybody knows cells not to exceed."""
        return np.concatenate(self.upper)[list(cells)]

    def add_unprinted(self, values: Numbers) -> int:
        """Cells that only take part in relations; returns the index of the first."""
        return self.add(values, _without_demands(values, Status.UNPRINTED), np.zeros(values.shape))

    def add_required(self, value: float) -> int:
        """A cell that everybody knows; returns its index."""
        values = np.array([value])
        return self.add(values, _without_demands(values, Status.REQUIRED), values)

    def relate(self, columns: Sequence[int] | NDArray[np.int64], coefficients: Sequence[float] | Numbers) -> None:
        """One relation whose terms add up to zero."""
        self._rows.append(np.full(len(columns), self.relations, dtype=np.int64))
        self._columns.append(np.asarray(columns, dtype=np.int64))
        self._coefficients.append(np.asarray(coefficients, dtype=np.float64))
        self.relations += 1

    def tables(self, insiders: Iterable[tuple[int, ...]], settled: Mapping[int, Status]) -> LinkedTables:
        statuses = np.concatenate(self.statuses)
        for index, status in settled.items():
            statuses[index] = status
        shape = (self.relations, self.size)
        totals = np.zeros(self.relations)
        entries = (np.concatenate(self._rows), np.concatenate(self._columns)) if self.relations else ((), ())
        coefficients = np.concatenate(self._coefficients) if self.relations else ()
        relations = csr_array((coefficients, entries), shape=shape)
        return LinkedTables(
            values=self.values,
            costs=np.concatenate(self.costs),
            statuses=statuses,
            lower=np.zeros(self.size),
            upper=np.concatenate(self.upper),
            lower_protection=np.zeros(self.size),
            upper_protection=np.concatenate(self.upper_protection),
            sliding_protection=np.concatenate(self.sliding_protection),
            relations=relations,
            totals=totals,
            insiders=known_by_people(self.values, relations, totals, insiders),
        )


def _without_demands(values: Numbers, status: Status) -> Standing:
    nothing = np.zeros(values.shape)
    statuses = np.full(values.shape, status, dtype=np.int8)
    return Standing(statuses=statuses, upper_protection=nothing, sliding_protection=nothing)
