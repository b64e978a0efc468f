"""Patterns and intervals that the documentation of R's GaussSuppression prints, for the tables that it prints them for.

Source: Langsrud, Ø., and Lupp, D. GaussSuppression, vignettes "Small count frequency table suppression" (tables 1 to 9)
and "Magnitude table suppression" (table 2), whose numbers these are. Its default handles zeros and singletons; the
elimination that the protection is measured against does not.
"""

import numpy as np
import pytest
from msgspec import Struct

from analysis.disclosure.auditor import audit_tables
from analysis.disclosure.linked_tables import LinkedTables, Mask, Status
from analysis.disclosure.suppression import protect
from tests.bench.gaussian_elimination import eliminate
from tests.unit.disclosure.attack import is_protected, tables_of, two_way

COUNTRIES = ("Iceland", "Portugal", "Spain")
REGIONS = {
    "total": COUNTRIES,
    "EU": ("Portugal", "Spain"),
    "non-EU": ("Iceland",),
    **{one: (one,) for one in COUNTRIES},
}
AGES = ("total", "old", "young")
CELLS = [f"{age} {region}" for age in AGES for region in REGIONS]
"""Of the table of ages by countries and by what they are part of, row by row."""


class Documented(Struct, frozen=True, kw_only=True):
    """A table of people by age and country, what is primary in it, and what the vignette hides beside.

    empty: cells that are empty by definition. zeros_published: whether all others that are 0 are published, too.
    """

    old: tuple[int, int, int]
    young: tuple[int, int, int]
    primary: tuple[str, ...]
    beside: tuple[str, ...]
    empty: tuple[str, ...] = ()
    zeros_published: bool = False

    @property
    def tables(self) -> LinkedTables:
        leaves = {
            age: dict(zip(COUNTRIES, given, strict=True)) for age, given in (("old", self.old), ("young", self.young))
        }
        leaves["total"] = {country: leaves["old"][country] + leaves["young"][country] for country in COUNTRIES}
        values = [float(sum(leaves[age][one] for one in REGIONS[region])) for age in AGES for region in REGIONS]
        relations = [_sum(f"{age} total", f"{age} EU", f"{age} non-EU") for age in AGES]
        relations += [_sum(f"{age} EU", f"{age} Portugal", f"{age} Spain") for age in AGES]
        relations += [_sum(f"{age} non-EU", f"{age} Iceland") for age in AGES]
        relations += [_sum(f"total {region}", f"old {region}", f"young {region}") for region in REGIONS]
        zeros = [cell for cell, value in zip(CELLS, values, strict=True) if value == 0]
        return tables_of(
            values,
            relations,
            {CELLS.index(cell): (0.0, 0.0, 0.0) for cell in self.primary},
            required=[CELLS.index(cell) for cell in (zeros if self.zeros_published else self.empty)],
            lower=[float(self.zeros_published and value > 0) for value in values],
        )


DOCUMENTED = {
    "table 2": Documented(
        old=(3, 4, 6),
        young=(2, 0, 5),
        primary=("young non-EU", "young Iceland", "young Portugal"),
        beside=("old EU", "old non-EU", "old Iceland", "old Portugal", "young EU"),
    ),
    "table 4, zeros published": Documented(
        old=(3, 4, 6),
        young=(2, 0, 5),
        primary=("total Portugal", "old non-EU", "old Iceland", "old Portugal", "young non-EU", "young Iceland"),
        beside=("total Spain", "old EU", "young EU", "young Spain"),
        zeros_published=True,
    ),
    "table 5, zeros hidden to protect others": Documented(
        old=(3, 4, 6),
        young=(2, 0, 5),
        primary=("old non-EU", "old Iceland", "young non-EU", "young Iceland"),
        beside=("old EU", "old Portugal", "young EU", "young Portugal"),
    ),
    "table 6, an empty cell by definition": Documented(
        old=(3, 4, 6),
        young=(0, 0, 5),
        primary=("young Portugal",),
        beside=("old Portugal", "old Spain", "young Spain"),
        empty=("young non-EU", "young Iceland"),
    ),
}
# Two zeros hidden side by side add up to zero, and whoever sees that knows both.
SUM_OF_ZEROS = Documented(
    old=(3, 4, 6),
    young=(0, 0, 5),
    primary=("young non-EU", "young Iceland", "young Portugal"),
    beside=("old EU", "old non-EU", "old Iceland", "old Portugal", "old Spain", "young EU", "young Spain"),
)
# Two hidden ones add up to two where zeros are published.
SUM_OF_ONES = Documented(
    old=(4, 3, 5), young=(1, 1, 7), primary=("young Iceland", "young Portugal"), beside=(), zeros_published=True
)


@pytest.mark.parametrize("documented", DOCUMENTED.values(), ids=list(DOCUMENTED))
def test_the_documented_cells_are_hidden_and_no_others(documented: Documented) -> None:
    expected = {*documented.primary, *documented.beside}
    tables = documented.tables
    assert _names(protect(tables).hidden) == expected
    assert _names(eliminate(tables)) == expected
    assert audit_tables(tables, _mask(expected)).passed


def test_without_regions_the_documented_cells_are_hidden_too() -> None:
    values, relations = two_way([[3, 4, 6], [2, 0, 5]])
    tables = tables_of(values, relations, {5: (0.0, 0.0, 0.0)})
    assert np.flatnonzero(protect(tables).hidden).tolist() == [0, 1, 4, 5]  # table 1: Iceland and Portugal
    assert np.flatnonzero(eliminate(tables)).tolist() == [0, 1, 4, 5]


def test_zeros_are_protected_from_their_sum_as_documented() -> None:
    tables = SUM_OF_ZEROS.tables
    expected = {*SUM_OF_ZEROS.primary, *SUM_OF_ZEROS.beside}
    assert _names(protect(tables).hidden) == expected
    # Table 7 names the two cells that are there for that reason alone; the auditor misses them, too.
    without = _mask(expected - {"old Spain", "young Spain"})
    assert _names(eliminate(tables)) == _names(without)
    report = audit_tables(tables, without)
    assert {CELLS[cell] for cell in report.exactly_disclosed} >= {"young Iceland", "young Portugal"}
    assert not report.passed


def test_ones_are_protected_from_their_sum_as_documented() -> None:
    tables = SUM_OF_ONES.tables
    # Table 8, of one of its years: who is young and of Spain is hidden with the two.
    assert "young Spain" in _names(protect(tables).hidden)
    assert "young Spain" not in _names(eliminate(tables))
    report = audit_tables(tables, eliminate(tables))
    assert {CELLS[cell] for cell in report.exactly_disclosed} >= {"young Iceland", "young Portugal"}


def test_the_documented_intervals_are_found_and_widened_as_documented() -> None:
    values, relations = two_way([[10, 11, 17], [3, 1, 17]])
    primary = {4: (0.0, 0.0, 5.0), 5: (0.0, 0.0, 5.0)}
    tables = tables_of(values, relations, primary)
    # Table 9: by elimination alone both intervals are 4 wide; the vignette asks for 5, and hides Spain as well.
    narrow = eliminate(tables)
    assert np.flatnonzero(narrow).tolist() == [0, 1, 4, 5]
    assert _intervals(tables, narrow) == {4: (0, 4), 5: (0, 4)}
    wide = protect(tables).hidden
    assert np.flatnonzero(wide).tolist() == [0, 1, 2, 4, 5, 6]
    assert _intervals(tables, wide) == {4: (0, 13), 5: (0, 12)}


def test_sales_of_single_companies_cost_no_more_to_hide_than_documented() -> None:
    # Iceland, Portugal and Spain by agriculture, entertainment, government and industry. Whoever is the one company of
    # entertainment in Iceland, or of industry in Spain, knows that figure.
    sales = [[0.0, 100.4, 139.8], [16.8, 9.4, 105.3], [0.0, 23.6, 9.2], [20.3, 29.1, 8.4]]
    values, relations = two_way(sales)
    values = np.round(values, 1).tolist()
    single = {4: (0.0, 0.0, 0.0), 14: (0.0, 0.0, 0.0)}
    tables = tables_of(values, relations, single, required=[0, 8], insiders=[(4,), (14,)])
    documented = np.isin(np.arange(len(values)), [4, 5, 9, 10, 12, 13, 14])
    assert is_protected(tables, documented)
    protection = protect(tables)
    assert audit_tables(tables, protection.hidden).passed
    complementary = documented & (tables.statuses != Status.PRIMARY)
    assert protection.cost <= tables.costs[complementary].sum()


def _sum(total: str, *parts: str) -> list[float]:
    return [-1.0 if cell == total else float(cell in parts) for cell in CELLS]


def _mask(cells: set[str]) -> Mask:
    return np.array([cell in cells for cell in CELLS])


def _names(hidden: Mask) -> set[str]:
    return {cell for cell, is_hidden in zip(CELLS, hidden, strict=True) if is_hidden}


def _intervals(tables: LinkedTables, hidden: Mask) -> dict[int, tuple[float, float]]:
    report = audit_tables(tables, hidden, every_interval=True)
    return {one.cell: (one.lower, one.upper) for one in report.intervals if tables.statuses[one.cell] == Status.PRIMARY}
