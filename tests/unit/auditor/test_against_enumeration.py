"""The auditor's intervals against all tables that fit, one by one, and against programs of another library."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from scipy.optimize import linprog

from analysis.disclosure.auditor import audit_tables
from analysis.disclosure.linked_tables import LinkedTables, Mask, Status
from tests.unit.auditor.invented_tables import City, linked_counts, naive_pattern
from tests.unit.auditor.small_tables import enumerated, two_way

bounded = settings(max_examples=150, deadline=None, derandomize=True)

cities = st.builds(
    City,
    branches=st.sampled_from(((2,), (3,), (2, 2), (3, 2))),
    items=st.integers(1, 2),
    options=st.integers(2, 3),
    roles=st.sampled_from((1, 2)),
    people=st.sampled_from((0.6, 2.0, 8.0)),
    seed=st.integers(0, 2**32),
)


def random_pattern(tables: LinkedTables, share: float, seed: int) -> Mask:
    return np.random.default_rng(seed).random(tables.size) < share


@given(
    inner=npst.arrays(np.int64, st.tuples(st.integers(2, 3), st.integers(2, 3)), elements=st.integers(0, 3)),
    share=st.sampled_from((0.3, 0.5, 0.7)),
    seed=st.integers(0, 2**32),
)
@bounded
def test_in_two_way_tables_the_intervals_are_what_all_fitting_tables_show(
    inner: np.ndarray[tuple[int, int], np.dtype[np.int64]], share: float, seed: int
) -> None:
    whole = two_way(inner)  # totally unimodular: ends of intervals are whole
    hidden = random_pattern(whole, share, seed)
    hidden.reshape(inner.shape[0] + 1, -1)[-1, :] = hidden.reshape(inner.shape[0] + 1, -1)[:, -1] = False

    report = audit_tables(whole, hidden, every_interval=True)
    fitting = enumerated(whole, hidden, int(inner.sum()))

    assert [i.lower for i in report.intervals] == fitting.min(axis=0).tolist()
    assert [i.upper for i in report.intervals] == fitting.max(axis=0).tolist()
    assert set(report.exactly_disclosed) == set(
        np.flatnonzero(hidden)[fitting.min(axis=0) == fitting.max(axis=0)].tolist()
    )


@given(city=cities, share=st.sampled_from((0.1, 0.3, 0.6)), seed=st.integers(0, 2**32))
@settings(bounded, max_examples=30)
def test_intervals_lie_between_the_value_and_what_another_solver_finds(city: City, share: float, seed: int) -> None:
    tables = linked_counts(city)
    hidden = naive_pattern(tables) | random_pattern(tables, share, seed)
    cells = np.flatnonzero(hidden)
    matrix = tables.relations.toarray()[:, cells]
    totals = tables.totals - tables.relations @ np.where(hidden, 0.0, tables.values)

    report = audit_tables(tables, hidden, every_interval=True)

    assert report.unproven == ()
    assert [interval.cell for interval in report.intervals] == cells.tolist()
    for place, interval in enumerate(report.intervals):
        ends = []
        for sign in (1.0, -1.0):
            answer = linprog(sign * (np.arange(cells.size) == place), A_eq=matrix, b_eq=totals)
            ends.append(sign * answer.fun if answer.status == 0 else sign * -np.inf)
        assert interval.lower <= tables.values[interval.cell] <= interval.upper
        # Whole-number bounds may be narrower than another solver's fractions, never wider.
        assert np.ceil(ends[0] - 1e-6) <= interval.lower
        assert interval.upper <= np.floor(ends[1] + 1e-6)


@given(city=cities, share=st.sampled_from((0.1, 0.3, 0.6)), seed=st.integers(0, 2**32))
@bounded
def test_a_search_that_ends_early_judges_as_the_full_one(city: City, share: float, seed: int) -> None:
    tables = linked_counts(city)
    hidden = naive_pattern(tables) | random_pattern(tables, share, seed)

    short = audit_tables(tables, hidden, minimum_group_size=10)
    full = audit_tables(tables, hidden, minimum_group_size=10, every_interval=True)

    assert short.passed == full.passed
    assert [(f.cell, f.requirements) for f in short.failures if not f.by_whole_tables] == [
        (f.cell, f.requirements) for f in full.failures if not f.by_whole_tables
    ]
    assert {d.disclosed for d in short.discoveries} == {d.disclosed for d in full.discoveries}
    assert bool(short.remainders) == bool(full.remainders)


@given(city=cities, share=st.sampled_from((0.1, 0.3, 0.6)), seed=st.integers(0, 2**32))
@settings(bounded, max_examples=60)
def test_cells_that_relations_alone_determine_are_those_outside_the_null_space(
    city: City, share: float, seed: int
) -> None:
    tables = linked_counts(city)
    unbounded = LinkedTables(
        **{name: getattr(tables, name) for name in tables.__struct_fields__ if name != "lower"},
        lower=np.full(tables.size, -1e6),
    )
    hidden = random_pattern(tables, share, seed)
    cells = np.flatnonzero(hidden)
    matrix = tables.relations.toarray()[:, cells]
    _, scales, directions = np.linalg.svd(matrix)
    free = directions[int((scales > 1e-9).sum()) :]

    report = audit_tables(unbounded, hidden)

    assert set(report.exactly_disclosed) == set(cells[np.abs(free).max(axis=0, initial=0.0) < 1e-9].tolist())


def test_the_same_input_gives_the_same_report() -> None:
    tables = linked_counts(City(branches=(4, 4), items=3, options=4))
    hidden = naive_pattern(tables, share=0.2)

    first, second = (audit_tables(tables, hidden, minimum_group_size=10, coalition=1) for _ in range(2))

    assert first == second
    assert int((tables.statuses == Status.PRIMARY).sum()) == first.primary
