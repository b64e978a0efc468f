"""Publishing complementary cells again, one at a time."""

import tempfile
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.disclosure.auditor import audit_tables, redundant_cells
from analysis.disclosure.jj_format import read_instance
from analysis.disclosure.linked_tables import Status
from analysis.disclosure.policy import ProtectionPolicy, linked_tables
from analysis.disclosure.suppression import protect
from tests.bench.linked_counts import Shape, jj_text, tree
from tests.unit.auditor.invented_tables import City, linked_counts, naive_pattern
from tests.unit.auditor.small_tables import hiding, two_way
from tests.unit.disclosure.attack import is_protected

INVESTMENT = two_way([[20, 50, 10], [8, 19, 22], [17, 32, 12]], primary=[6])


def test_every_complementary_cell_of_a_tight_pattern_is_needed() -> None:
    found = redundant_cells(INVESTMENT, hiding(INVESTMENT, 4, 6, 8, 10))

    assert (found.needed, found.redundant) == ((4, 8, 10), ())


def test_cells_hidden_on_top_of_a_tight_pattern_are_redundant() -> None:
    found = redundant_cells(INVESTMENT, hiding(INVESTMENT, 0, 1, 4, 6, 8, 10, 15))

    assert set(found.redundant) >= {0, 1, 15}


def test_the_linked_cells_decide_as_the_whole_release_does() -> None:
    tables = linked_counts(City(branches=(3, 3), items=2, options=3, people=9.0))
    hidden = naive_pattern(tables, share=0.4, seed=3)
    complementary = [c for c in range(tables.size) if hidden[c] and tables.statuses[c] == 0]

    found = redundant_cells(tables, hidden)

    assert sorted(found.needed + found.redundant) == complementary
    if audit_tables(tables, hidden).passed:
        for cell in complementary:
            hidden[cell] = False
            assert audit_tables(tables, hidden).passed == (cell in found.redundant)
            hidden[cell] = True


@given(
    shape=st.builds(
        Shape,
        trees=st.sampled_from(((tree(2, 2), tree(2, name="r")), (tree(3), tree(3, name="r")), (tree(2, 3),))),
        items=st.sampled_from(((), (2,), (3,))),
        people=st.sampled_from((20, 60, 120)),
        primary_below=st.just(5),
        zeros=st.sampled_from("zs"),
        seed=st.integers(0, 2**32),
    )
)
@settings(max_examples=8, deadline=None, derandomize=True)
def test_of_protected_hierarchies_the_audit_and_another_attacker_think_alike_cell_by_cell(shape: Shape) -> None:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "instance.jj"
        path.write_text(jj_text(shape), encoding="utf-8")
        tables = linked_tables(read_instance(path), ProtectionPolicy(minimum_group_size=5))
    hidden = protect(tables).hidden
    assert audit_tables(tables, hidden, minimum_group_size=5).passed
    assert is_protected(tables, hidden)

    for cell in np.flatnonzero(hidden & (tables.statuses == Status.OPTIONAL)).tolist():
        hidden[cell] = False
        assert audit_tables(tables, hidden, minimum_group_size=5).passed == is_protected(tables, hidden)
        hidden[cell] = True
