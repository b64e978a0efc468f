"""Every kind of disclosure, planted where nothing else is wrong."""

import numpy as np
import pytest
from msgspec.structs import replace

from analysis.disclosure.auditor import Discovery, DoNotAddUp, Remainder, Requirement, audit_tables
from analysis.disclosure.linked_tables import LinkedTables
from tests.unit.auditor.small_tables import hiding, tables, two_way

SOUND = two_way([[20, 50, 10], [8, 19, 22], [17, 32, 12]], primary=[6])


def linked_pair() -> LinkedTables:
    """Two tables of the same people, by office (0, 1, 2; 3 in all) and by team (4, 5; team 4 is offices 0 and 1)."""
    return tables([7, 5, 30, 42, 12, 30], [{0: 1, 1: 1, 2: 1, 3: -1}, {4: 1, 5: 1, 3: -1}], primary=[2])


def test_a_sound_pattern_passes() -> None:
    report = audit_tables(SOUND, hiding(SOUND, 4, 6, 8, 10), minimum_group_size=10)

    assert report.passed
    assert (report.hidden, report.primary) == (4, 1)
    assert (report.failures, report.remainders, report.discoveries, report.unproven) == ((), (), (), ())


def test_a_printed_primary_cell_fails() -> None:
    report = audit_tables(SOUND, hiding(SOUND, 4, 8, 10))

    assert not report.passed
    assert [(f.cell, f.requirements) for f in report.failures] == [(6, (Requirement.HIDDEN,))]


def test_a_cell_that_two_linked_tables_give_together_is_found() -> None:
    safe_alone = linked_pair()
    linked = replace(
        safe_alone, relations=tables(safe_alone.values, [{0: 1, 1: 1, 2: 1, 3: -1}, {0: 1, 1: 1, 4: -1}]).relations
    )

    assert audit_tables(safe_alone, hiding(safe_alone, 0, 1, 2)).passed
    assert audit_tables(linked, hiding(linked, 0, 1, 2)).exactly_disclosed == (2,)


def test_a_cell_that_only_a_zero_lower_bound_fixes_is_found() -> None:
    # The relations say that cells 0 and 3 cancel out; being counts, both are zero.
    bounded = tables([0, 4, 2, 0], [{0: 1, 1: 1, 2: 1}, {1: 1, 2: 1, 3: -1}], totals=[6, 6], primary=[0], protection=0)

    report = audit_tables(bounded, hiding(bounded, 0, 1, 2, 3))

    assert set(report.exactly_disclosed) == {0, 3}
    assert [failure.cell for failure in report.failures] == [0]


def test_an_interval_too_narrow_for_the_minimum_group_size_fails() -> None:
    narrow = tables([3, 4, 50, 57], [{0: 1, 1: 1, 2: 1, 3: -1}], primary=[0])

    report = audit_tables(narrow, hiding(narrow, 0, 1), minimum_group_size=10)

    assert [failure.requirements for failure in report.failures] == [(Requirement.GROUP_ABOVE, Requirement.GROUP_WIDE)]
    assert (report.failures[0].lower, report.failures[0].upper) == (0.0, 7.0)
    assert report.remainders == (Remainder(cells=(0, 1), total=7.0),)


def test_a_public_bound_below_the_minimum_group_size_is_not_held_against_the_release() -> None:
    # An office of eight people cannot be thought larger than eight, whatever is published.
    office = tables([3, 40, 43], [{0: 1, 1: 1, 2: -1}], primary=[0], upper=[8, np.inf, np.inf])

    assert audit_tables(office, hiding(office, 0, 1), minimum_group_size=10).passed


def test_a_cell_that_bounds_alone_fix_is_nobodys_disclosure() -> None:
    fixed = tables([3, 4, 7], [{0: 1, 1: 1, 2: -1}], primary=[0], protection=0, lower=[3, 0, 0], upper=[3, 9, 9])

    report = audit_tables(fixed, hiding(fixed, 0, 1), every_interval=True)

    assert report.passed
    assert report.exactly_disclosed == (1,)
    assert [(i.lower, i.upper) for i in report.intervals] == [(3.0, 3.0), (4.0, 4.0)]


def test_a_primary_zero_under_a_total_printed_as_zero_is_disclosed() -> None:
    empty = tables([0, 0, 0], [{0: 1, 1: 1, 2: -1}], primary=[0], protection=0, upper=9)

    assert audit_tables(empty, hiding(empty, 0, 1, 2)).passed
    printed = audit_tables(empty, hiding(empty, 0, 1))

    assert printed.exactly_disclosed == (0, 1)
    assert [(f.cell, f.requirements) for f in printed.failures] == [(0, (Requirement.NOT_DETERMINED,))]


def test_protection_levels_are_held_to_what_bounds_let_anybody_think_possible() -> None:
    # Nobody counts below zero, and the office has six people: what the levels ask beyond that no pattern can give.
    office = tables([1, 40, 41], [{0: 1, 1: 1, 2: -1}], primary=[0], protection=10, upper=[6, 60, 60])
    narrower = replace(office, upper=np.array([6.0, 42.0, 60.0]))

    assert audit_tables(office, hiding(office, 0, 1), minimum_group_size=10).passed
    failed = audit_tables(narrower, hiding(narrower, 0, 1), minimum_group_size=10, every_interval=True)
    assert [failure.cell for failure in failed.failures] == []
    low = replace(office, lower=np.array([0.0, 37.0, 0.0]))
    report = audit_tables(low, hiding(low, 0, 1), minimum_group_size=10)
    assert [(f.cell, f.upper, f.requirements) for f in report.failures] == [
        (0, 4.0, (Requirement.ABOVE, Requirement.WIDE, Requirement.GROUP_ABOVE, Requirement.GROUP_WIDE))
    ]


def test_a_zero_that_shows_only_by_subtraction_is_disclosed() -> None:
    subtracted = tables([0, 0, 5, 5], [{0: 1, 1: 1, 2: 1, 3: -1}], primary=[0])

    report = audit_tables(subtracted, hiding(subtracted, 0, 1))

    assert not report.passed
    assert report.exactly_disclosed == (0, 1)


def test_a_cell_without_relation_and_upper_bound_is_unbounded() -> None:
    free = tables([3, 5, 2], [{1: 1, 2: -1}], totals=[3], primary=[0])

    report = audit_tables(free, hiding(free, 0, 1, 2), minimum_group_size=10, every_interval=True)

    assert report.passed
    assert [(i.lower, i.upper) for i in report.intervals] == [(0.0, np.inf), (3.0, np.inf), (0.0, np.inf)]


def test_a_cell_that_is_tied_to_many_without_bounds_has_no_end_itself() -> None:
    # Nothing printed bounds the five equal cells or their sum, which grows five times as fast as each of them.
    equal = [{place: 1.0, place + 1: -1.0} for place in range(4)]
    tied = tables([4, 4, 4, 4, 4, 20], [*equal, {**dict.fromkeys(range(5), 1.0), 5: -1.0}], primary=[0])

    report = audit_tables(tied, np.ones(6, dtype=np.bool_), every_interval=True)

    assert report.passed
    assert [(i.lower, i.upper) for i in report.intervals] == [(0.0, np.inf)] * 6


def test_a_cell_that_may_be_negative_has_no_lower_end_unless_relations_give_one() -> None:
    # A loss in cell 0 leaves cell 2 of the gain in cell 1, and cell 3 is what the gain lacks to 12.
    signed = tables([-4, 9, 5, 3], [{0: 1, 1: 1, 2: -1}, {1: 1, 3: 1}], totals=[0, 12], primary=[0], lower=-np.inf)
    bounded = replace(signed, lower=np.array([-np.inf, 0.0, 0.0, 0.0]))

    report = audit_tables(signed, hiding(signed, 0, 1, 2, 3), every_interval=True)
    assert report.passed
    assert [(i.lower, i.upper) for i in report.intervals] == [(-np.inf, np.inf)] * 4
    report = audit_tables(bounded, hiding(bounded, 0, 1, 3), every_interval=True)
    assert report.passed
    assert [(i.lower, i.upper) for i in report.intervals] == [(-7.0, 5.0), (0.0, 12.0), (0.0, 12.0)]


def test_somebody_counted_alone_subtracts_themselves() -> None:
    pair = tables([4, 1, 30, 35], [{0: 1, 1: 1, 2: 1, 3: -1}], primary=[0])

    report = audit_tables(pair, hiding(pair, 0, 1))

    assert report.failures == ()
    assert report.discoveries == (Discovery(known=(1,), disclosed=(0,)),)
    assert not report.passed


def test_an_amount_of_one_is_not_somebody_counted_alone() -> None:
    amounts = tables([4.5, 1, 30, 35.5], [{0: 1, 1: 1, 2: 1, 3: -1}], primary=[0])

    assert audit_tables(amounts, hiding(amounts, 0, 1)).passed


def test_decimals_that_relations_fix_leave_the_others_solvable() -> None:
    # Three chains of cells that follow from a printed number, with a little more rounding at each step; their sum leaves
    # nothing for cells 9 and 10, which cannot be less.
    values = np.full(13, 100.3)
    values[9:11] = 0
    chains = [{start + place: 1.0, start + place + 1: 1.0} for start in (0, 3, 6) for place in (0, 1)]
    fixed = [*[{start: 1.0} for start in (0, 3, 6)], *chains, {**dict.fromkeys(range(9), -1.0), 9: 1.0, 10: 1.0}]
    fixed += [{11: 1.0, 12: 1.0}]
    decimals = tables(values, fixed, totals=[*[100.3] * 3, *[200.6] * 6, -902.7, 200.6], primary=[11])

    report = audit_tables(decimals, np.ones(13, dtype=np.bool_), every_interval=True)

    assert report.unproven == ()
    assert report.passed


def test_somebody_counted_alone_learns_from_bounds_too() -> None:
    # Cells 0 and 1 together are one less than cell 2: who knows that cell 2 is one knows that they are zero.
    bound = tables([0, 0, 1, 9], [{0: 1, 1: 1, 2: -1}, {2: 1, 3: 1}], totals=[-1, 10], primary=[0], insiders=((2,),))
    bound = replace(bound, lower_protection=np.zeros(4))

    report = audit_tables(bound, hiding(bound, 0, 1, 2, 3))

    assert report.failures == ()
    assert report.discoveries == (Discovery(known=(2,), disclosed=(0,)),)


def test_an_insider_uses_what_two_relations_leave_one_value_together() -> None:
    # Cells 2 and 3 are each other's negative, and neither is below zero: so they are zero, which no single relation tells.
    both = tables([1, 9, 0, 0], [{0: 1, 1: 1, 2: 1}, {0: 1, 1: 1, 3: -1}], totals=[10, 10], primary=[1])

    report = audit_tables(both, hiding(both, 0, 1, 2, 3))

    assert report.failures == ()
    assert report.discoveries == (Discovery(known=(0,), disclosed=(1,)),)


def test_what_an_insider_leaves_room_for_fractions_only_is_computed() -> None:
    # With cell 1 known, cell 0 is 5 or up to a half more, and half people do not answer.
    halves = tables(
        [5, 1, 1], [{0: 2, 1: 1, 2: 1}], totals=[12], primary=[0], upper=[np.inf, np.inf, 1], insiders=((1,),)
    )

    report = audit_tables(halves, hiding(halves, 0, 1, 2))

    assert report.failures == ()
    assert report.discoveries == (Discovery(known=(1,), disclosed=(0,)),)


def test_listed_insiders_replace_those_counted_alone() -> None:
    pair = tables([4, 1, 30, 35], [{0: 1, 1: 1, 2: 1, 3: -1}], primary=[0], insiders=((2,),))

    assert audit_tables(pair, hiding(pair, 0, 1)).passed


def test_two_who_trust_each_other_need_a_coalition_of_two() -> None:
    trio = tables([4, 1, 1, 30, 36], [{0: 1, 1: 1, 2: 1, 3: 1, 4: -1}], primary=[0])
    hidden = hiding(trio, 0, 1, 2)

    assert audit_tables(trio, hidden).passed
    assert audit_tables(trio, hidden, coalition=2).discoveries == (Discovery(known=(1, 2), disclosed=(0,)),)


def test_a_person_who_knows_several_cells_uses_all_of_them() -> None:
    # Somebody's answers to two questions, counted in cells that are larger than one.
    known = tables(
        [4, 3, 9, 2, 6, 8], [{0: 1, 1: 1, 2: -1}, {1: 1, 3: 1, 4: 1}], totals=[-2, 11], primary=[0], insiders=((1, 2),)
    )

    report = audit_tables(known, hiding(known, 0, 1, 2, 3, 4))

    assert report.discoveries == (Discovery(known=(1, 2), disclosed=(0,)),)


def test_too_many_coalitions_are_unproven() -> None:
    crowd = tables(np.ones(501), [dict.fromkeys(range(501), 1.0)], totals=[501], primary=[0])

    report = audit_tables(crowd, np.ones(501, dtype=np.bool_), coalition=2)

    assert report.failures == ()
    assert not report.passed
    assert "too many" in report.unproven[0]


def test_a_remainder_that_only_a_hierarchy_shows_is_found() -> None:
    # City 0 = districts 1 + 2; district 1 = offices 3 + 4; district 2 = offices 5 + 6. Offices 4 and 6 are printed.
    city = tables(
        [40, 20, 20, 4, 16, 3, 17], [{0: -1, 1: 1, 2: 1}, {1: -1, 3: 1, 4: 1}, {2: -1, 5: 1, 6: 1}], unprinted=[3, 5]
    )

    report = audit_tables(city, hiding(city, 1, 2), minimum_group_size=10)

    assert report.failures == ()
    assert report.remainders == (Remainder(cells=(3, 5), total=7.0),)
    assert not report.passed
    assert audit_tables(city, hiding(city, 1, 2), minimum_group_size=7).passed


def test_an_unprinted_group_that_can_be_computed_is_a_remainder() -> None:
    hidden_atom = tables([4, 16, 20], [{0: 1, 1: 1, 2: -1}], unprinted=[0])

    assert audit_tables(hidden_atom, hiding(hidden_atom), minimum_group_size=10).remainders == (
        Remainder(cells=(0,), total=4.0),
    )


def test_counts_that_only_whole_tables_narrow_are_found() -> None:
    # In a triangle of pairs that hold one person at most, one of the three cells is taken, or by halves one and a half.
    triangles = [{3 * t + i: 1.0, 3 * t + (i + 1) % 3: 1.0, 6 + 3 * t + i: 1.0} for t in range(2) for i in range(3)]
    values = [1, 0, 0, 0, 0, 0, 0, 1, 0, 1, 1, 1, 1]
    whole = tables(values, [*triangles, {**dict.fromkeys(range(6), 1.0), 12: -1.0}], totals=[1] * 6 + [0], primary=[12])

    one_more = audit_tables(whole, np.ones(13, dtype=np.bool_))
    two_more = audit_tables(
        replace(whole, upper_protection=2 * whole.upper_protection), np.ones(13, dtype=np.bool_), every_interval=True
    )

    assert one_more.failures == ()
    assert two_more.narrowest[0].upper == 3.0
    assert [(f.cell, f.requirements, f.upper, f.by_whole_tables) for f in two_more.failures] == [
        (12, (Requirement.ABOVE,), 2.0, True)
    ]


def test_a_solver_that_gives_up_proves_nothing() -> None:
    report = audit_tables(SOUND, hiding(SOUND, 4, 6, 8, 10), steps=0)

    assert report.unproven != ()
    assert not report.passed


def test_tables_that_do_not_add_up_are_refused() -> None:
    wrong = tables([3, 4, 8], [{0: 1, 1: 1, 2: -1}], primary=[0])

    with pytest.raises(DoNotAddUp, match="relation 0"):
        audit_tables(wrong, hiding(wrong, 0, 1))


def test_values_outside_public_bounds_prove_nothing() -> None:
    outside = tables([9, 4, 13], [{0: 1, 1: 1, 2: -1}], primary=[0], upper=[5, 3, 99])

    assert not audit_tables(outside, hiding(outside, 0, 1)).passed


def test_decimal_coefficients_are_taken_as_they_are_written() -> None:
    # 0.1 + 0.2 - 0.3 is not zero in binary; the two relations are the same one, and determine nothing.
    same = tables([10.0, 10.0, 10.0], [{0: 0.1, 1: 0.2, 2: -0.3}, {0: 1.0, 1: 2.0, 2: -3.0}], primary=[0], upper=100.0)

    assert audit_tables(same, hiding(same, 0, 1, 2)).exactly_disclosed == ()
