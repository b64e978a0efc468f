"""Publishing complementary cells again, one at a time."""

from analysis.disclosure.auditor import audit_tables, redundant_cells
from tests.unit.auditor.invented_tables import City, linked_counts, naive_pattern
from tests.unit.auditor.small_tables import hiding, two_way

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
