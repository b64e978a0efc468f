"""Which complementary cells a release needs: publish one again, and audit again."""

import numpy as np
from msgspec import Struct
from scipy.sparse import csr_array

from analysis.disclosure.auditor.attacker import Attacker, Indices
from analysis.disclosure.auditor.audit import audit_tables
from analysis.disclosure.auditor.intervals import components
from analysis.disclosure.auditor.propagation import narrowed
from analysis.disclosure.linked_tables import LinkedTables, Mask, Status


class ComplementaryCells(Struct, frozen=True, kw_only=True):
    """Hidden cells of status `OPTIONAL`, in ascending order.

    needed: the audit does not pass with one of them published.
    redundant: it passes with any single one of them published; with two it may not.
    """

    needed: tuple[int, ...]
    redundant: tuple[int, ...]


def redundant_cells(
    tables: LinkedTables, hidden: Mask, *, minimum_group_size: int | None = None, coalition: int = 1
) -> ComplementaryCells:
    """Try each complementary cell by itself; an audit of the cells linked to it decides.

    Of a release that does not pass as it is, only those cells are redundant whose own linked cells keep everything.

    Raises:
        DoNotAddUp: where a relation does not hold for the values.

    """
    complementary = hidden & (tables.statuses == Status.OPTIONAL)
    attacker = narrowed(Attacker.of(tables, hidden))
    # Cells without a relation, or fixed by bounds, protect nobody.
    needed: list[int] = []
    for cells, _ in components(attacker.relations):
        linked = attacker.cells[cells]
        part, members = _part_around(tables, attacker, linked)
        hidden_there = hidden[members]
        for cell in linked[complementary[linked]].tolist():
            place = int(np.searchsorted(members, cell))
            hidden_there[place] = False
            if not audit_tables(part, hidden_there, minimum_group_size=minimum_group_size, coalition=coalition).passed:
                needed.append(cell)
            hidden_there[place] = True
    return ComplementaryCells(
        needed=tuple(sorted(needed)),
        redundant=tuple(np.setdiff1d(np.flatnonzero(complementary), needed).tolist()),
    )


def _part_around(tables: LinkedTables, attacker: Attacker, linked: Indices) -> tuple[LinkedTables, Indices]:
    """The tables of all relations that hold a linked cell, and which cells these are."""
    rows = np.flatnonzero(np.diff(csr_array(tables.relations[:, linked]).indptr))
    relations = csr_array(tables.relations[rows])
    members = np.unique(np.concatenate([relations.indices, linked])).astype(np.int64)
    lower, upper = tables.lower.copy(), tables.upper.copy()
    # What relations elsewhere fix is known here too.
    fixed = attacker.upper <= attacker.lower
    lower[attacker.cells[fixed]] = upper[attacker.cells[fixed]] = attacker.lower[fixed]
    place = {cell: number for number, cell in enumerate(members.tolist())}
    insiders = tuple(tuple(place[cell] for cell in person if cell in place) for person in tables.insiders)
    part = LinkedTables(
        values=tables.values[members],
        costs=tables.costs[members],
        statuses=tables.statuses[members],
        lower=lower[members],
        upper=upper[members],
        lower_protection=tables.lower_protection[members],
        upper_protection=tables.upper_protection[members],
        sliding_protection=tables.sliding_protection[members],
        relations=csr_array(relations[:, members]),
        totals=tables.totals[rows],
        insiders=insiders,
    )
    return part, members
