"""Whatever answers come: a finite result or a refusal with a name, never NaN that travels."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct, structs

import analysis
from analysis import NoStatistic

NAN = float("nan")

values = st.sampled_from([NAN, 0.0, 1.0, 3.0, 5.0])
tables = st.integers(0, 6).flatmap(
    lambda n: st.tuples(
        st.lists(st.tuples(values, values, values), min_size=n, max_size=n).map(
            lambda rows: np.array(rows, dtype=float).reshape(-1, 3)
        ),
        st.lists(st.sampled_from("ab"), min_size=n, max_size=n),
        st.lists(st.sampled_from([0.0, 1.0, 2.5]), min_size=n, max_size=n),
    )
)
Table = tuple[np.ndarray, list[str], list[float]]

STATISTICS: dict[str, Callable[[Table], Any]] = {
    "mean": lambda table: analysis.mean_interval(table[0][:, 0]),
    "any": lambda table: analysis.any_of(np.minimum(table[0], 1)),
    "multiple": lambda table: analysis.multiple_choice_shares(np.minimum(table[0], 1)),
    "alpha": lambda table: analysis.cronbach_alpha(table[0]),
    "omega": lambda table: analysis.mcdonald_omega(table[0]),
    "item-rest": lambda table: analysis.item_rest_correlations(table[0]),
    "icc1": lambda table: analysis.icc1(table[0][:, 0], table[1]),
    "icc2": lambda table: analysis.icc2(table[0][:, 0], table[1]),
    "rwg": lambda table: analysis.rwg_j(table[0], table[1], 6),
    "survey mean": lambda table: analysis.survey_mean(table[0][:, 0], table[2]),
    "stratified": lambda table: analysis.survey_mean(table[0][:, 0], table[2], strata=table[1]),
    "clustered": lambda table: analysis.survey_mean(table[0][:, 0], table[2], clusters=table[1]),
    "post-stratified": lambda table: analysis.calibrated_mean(table[0][:, 0], table[1], {"a": 4, "b": 6}, table[2]),
    "raked": lambda table: analysis.calibrated_mean(
        table[0][:, 0], [table[1], np.arange(len(table[1])) % 2], [{"a": 4, "b": 6}, {0: 5, 1: 5}], table[2]
    ),
    "design effect": lambda table: analysis.kish_design_effect(table[2]),
    "shrunken means": lambda table: analysis.empirical_bayes_means(table[0][:, 0], table[1]),
    "correlation": lambda table: analysis.rank_correlation(table[0][:, 0], table[0][:, 1]),
    "difference": lambda table: analysis.standardized_difference(table[0][:, 0], [one == "a" for one in table[1]]),
}


def is_finite(result: Any) -> bool:
    if isinstance(result, Struct):
        return all(is_finite(value) for value in structs.asdict(result).values())
    if isinstance(result, dict):
        return all(map(is_finite, result.values()))
    if isinstance(result, tuple):
        return all(map(is_finite, result))
    if result is None or isinstance(result, str):
        return True
    return bool(np.isfinite(np.asarray(result)).all())


@pytest.mark.parametrize("statistic", STATISTICS.values(), ids=STATISTICS.keys())
@settings(deadline=None)  # on a busy machine a single example may wait
@given(table=tables)
def test_a_statistic_of_respondents_is_finite_or_refused(statistic: Callable[[Table], Any], table: Table) -> None:
    try:
        result = statistic(table)
    except NoStatistic:
        return
    assert is_finite(result), result


@settings(deadline=None)  # on a busy machine a single example may wait
@given(
    st.lists(st.integers(0, 4).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), max_size=5),
    st.sampled_from([0.0, 12.0]),
)
def test_a_statistic_of_released_cells_is_finite_or_refused(cells: list[tuple[int, int]], deviation: float) -> None:
    counts, sizes = [count for count, _ in cells], [n for _, n in cells]
    for statistic in (
        lambda: analysis.difference_of_proportions(*cells[0], *cells[-1]) if cells else None,
        lambda: (
            analysis.difference_of_means(counts[0], deviation, sizes[0], counts[-1], deviation, sizes[-1])
            if cells
            else None
        ),
        lambda: analysis.proportion_trend(cells),
        lambda: analysis.mean_trend([(count, deviation, n) for count, n in cells]),
        lambda: analysis.shrunken_means(counts, sizes, deviation),
        lambda: analysis.heterogeneity_of_proportions(counts, sizes),
        lambda: analysis.heterogeneity_of_means(counts, sizes, deviation),
        lambda: analysis.funnel_limits(0.2, sizes),
        lambda: analysis.empirical_bayes_proportions(counts, sizes),
    ):
        try:
            result = statistic()
        except NoStatistic:
            continue
        if isinstance(result, analysis.ShrunkenProportions):
            assert math.isinf(result.prior_size) or result.prior_size > 0
            result = structs.replace(result, prior_size=1.0)  # infinite where units do not differ
        assert is_finite(result), result
