import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis import NoStatistic, exact_interval, mean_interval, survey_mean, wilson_interval

# Newcombe, R. G. (1998). Two-sided confidence intervals for the single proportion: comparison of seven methods.
# Statistics in Medicine 17(8), 857-872, table I, method 5 (Clopper-Pearson), 95 %.
NEWCOMBE = ((81, 263, 0.2527, 0.3676), (15, 148, 0.0578, 0.1617), (0, 20, 0.0000, 0.1684), (1, 29, 0.0009, 0.1776))

samples = st.integers(1, 60).flatmap(
    lambda n: st.tuples(st.integers(0, n), st.just(n), st.integers(n, 4 * n))
)  # successes, n, population


@pytest.mark.parametrize(("successes", "n", "low", "high"), NEWCOMBE)
def test_the_exact_interval_is_the_published_one(successes: int, n: int, low: float, high: float) -> None:
    interval = exact_interval(successes, n)

    assert (round(interval.low, 4), round(interval.high, 4)) == (low, high)


@settings(deadline=None)  # on a busy machine a single example may wait
@given(samples)
def test_the_exact_interval_of_a_population_holds_every_count_that_is_not_rejected(
    sample: tuple[int, int, int],
) -> None:
    successes, n, population = sample
    kept = [
        count
        for count in range(successes, population - n + successes + 1)
        if stats.hypergeom.sf(successes - 1, population, count, n) > 0.025
        and stats.hypergeom.cdf(successes, population, count, n) > 0.025
    ]

    assert exact_interval(successes, n, population=population) == (kept[0] / population, kept[-1] / population)


def test_in_a_very_large_population_it_is_clopper_and_pearsons() -> None:
    assert exact_interval(81, 263, population=10_000_000) == pytest.approx(exact_interval(81, 263), abs=1e-6)


@given(samples)
def test_wilsons_bounds_in_a_population_are_what_a_corrected_score_test_just_rejects(
    sample: tuple[int, int, int],
) -> None:
    """Cochran (1977), section 3.2: the variance of a share of n from N is P (1 - P) / n times (N - n) / (N - 1)."""
    successes, n, population = sample

    for bound in wilson_interval(successes, n, population=population):
        if 0 < bound < 1 and population > n:
            error = math.sqrt(bound * (1 - bound) / n * (population - n) / (population - 1))
            assert abs(successes / n - bound) / error == pytest.approx(1.959963984540054, rel=1e-6)


def test_when_everyone_answered_a_share_is_known() -> None:
    assert wilson_interval(3, 4, population=4) == exact_interval(3, 4, population=4) == (0.75, 0.75)
    assert wilson_interval(1, 1, population=1) == (1, 1)


def test_a_mean_of_a_population_has_the_standard_error_of_a_simple_random_sample() -> None:
    """The design-based mean with the same population, which is checked against R."""
    values = [3.0, 5.0, 9.0, 4.0]
    plain, designed = mean_interval(values, population=10), survey_mean(values, population=10)

    assert (plain.low, plain.high) == pytest.approx((designed.low, designed.high))
    assert mean_interval(values, population=4).low == 5.25


@pytest.mark.parametrize("given", [(0, 0), (3, 2), (-1, 2), (1, 2, 1.0), (1, 2, math.nan)])
def test_what_is_no_proportion_has_no_exact_interval(given: tuple[Any, ...]) -> None:
    with pytest.raises(NoStatistic, match="no proportion"):
        exact_interval(*given)


def test_a_population_is_no_smaller_than_those_who_answered() -> None:
    for refused in (
        lambda: wilson_interval(1, 3, population=2),
        lambda: exact_interval(1, 3, population=2),
        lambda: mean_interval(np.arange(3.0), population=2),
    ):
        with pytest.raises(NoStatistic, match="population"):
            refused()
