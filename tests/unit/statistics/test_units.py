import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import (
    NoSpread,
    NoStatistic,
    TooFewValues,
    empirical_bayes_means,
    empirical_bayes_proportions,
    funnel_limits,
    funnel_limits_of_means,
    heterogeneity_of_means,
    heterogeneity_of_proportions,
    shrunken_means,
    wilson_interval,
)
from tests.unit.statistics.published import dyestuff

NAN = float("nan")

# Invented units; the expected figures are R's.
AFFECTED, STAFF = (3, 12, 5, 0, 22, 9, 1, 14), (20, 40, 31, 12, 60, 25, 18, 33)
SCORES, ANSWERS = (61, 70, 55, 66, 58), (12, 40, 25, 80, 15)

units = st.lists(
    st.integers(1, 200).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), min_size=2, max_size=12
)


def test_the_beta_prior_is_that_of_maximum_likelihood() -> None:
    """R, VGAM 1.1: vglm(cbind(k, n - k) ~ 1, betabinomial): mu 0.2428552, rho 0.0750039 = 1 / (1 + a + b)."""
    shrunken = empirical_bayes_proportions(AFFECTED, STAFF)

    assert shrunken.prior_mean == pytest.approx(0.2428552, abs=1e-6)
    assert 1 / (1 + shrunken.prior_size) == pytest.approx(0.0750039, abs=1e-6)
    a = shrunken.prior_mean * shrunken.prior_size
    assert np.asarray(shrunken) == pytest.approx(
        [(k + a) / (n + shrunken.prior_size) for k, n in zip(AFFECTED, STAFF, strict=True)]
    )


def test_units_that_differ_no_more_than_by_chance_get_the_common_share() -> None:
    shrunken = empirical_bayes_proportions([10, 11, 9, 10], [100] * 4)

    assert shrunken.estimate.tolist() == [0.1] * 4
    assert (shrunken.low[0], shrunken.high[0]) == wilson_interval(40, 400)
    assert shrunken.prior_size == math.inf


@settings(deadline=None)  # on a busy machine a single example may wait
@given(units)
def test_a_shrunken_share_lies_between_the_units_own_and_the_common_one(rows: list[tuple[int, int]]) -> None:
    counts, sizes = np.array(rows).T

    shrunken = empirical_bayes_proportions(counts, sizes)

    own, common = counts / sizes, shrunken.prior_mean
    assert np.all(np.minimum(own, common) - 1e-9 <= shrunken.estimate)
    assert np.all(shrunken.estimate <= np.maximum(own, common) + 1e-9)
    assert np.all((shrunken.low >= 0) & (shrunken.low <= shrunken.high) & (shrunken.high <= 1))


def test_the_smaller_unit_is_drawn_in_further() -> None:
    shrunken = empirical_bayes_proportions([*AFFECTED, 4, 40], [*STAFF, 5, 50])

    assert shrunken.estimate[-2] < shrunken.estimate[-1] < 0.8


@pytest.mark.parametrize(
    ("error", "successes", "n"),
    [
        (TooFewValues, [], []),
        (TooFewValues, [1], [2]),
        (NoStatistic, [1, 0], [2, 0]),
        (NoStatistic, [3, 1], [2, 2]),
        (NoStatistic, [NAN, 1], [2, 2]),
        (NoStatistic, [1, 1], [2]),
    ],
)
def test_what_are_no_units_cannot_be_compared(error: type[Exception], successes: list[float], n: list[int]) -> None:
    for statistic in (empirical_bayes_proportions, heterogeneity_of_proportions):
        with pytest.raises(error):
            statistic(successes, n)


def test_shrunken_means_are_the_published_predictions() -> None:
    """R, lme4: ranef(lmer(Yield ~ 1 | Batch, Dyestuff)), variance between batches 1764.05, mean 1527.5."""
    yields, batches = dyestuff()

    shrunken = empirical_bayes_means(yields, batches)

    assert shrunken.groups == ("A", "B", "C", "D", "E", "F")
    assert shrunken.prior_mean == pytest.approx(1527.5)
    assert shrunken.between_variance == pytest.approx(1764.05)
    assert shrunken.estimate - 1527.5 == pytest.approx(
        [-17.6068514, 0.3912634, 28.5622256, -23.0845385, 56.7331877, -44.9952868], abs=1e-6
    )


def test_released_means_shrink_as_metafor_has_them() -> None:
    """R, metafor 3.8: blup(rma(m, 20^2 / n, method = "PM"))."""
    shrunken = shrunken_means(SCORES, ANSWERS, 20)

    assert (shrunken.between_variance, shrunken.prior_mean) == pytest.approx((23.16234449, 62.82620392), rel=1e-6)
    assert np.asarray(shrunken) == pytest.approx(
        [62.07748887, 67.83676450, 58.19744042, 65.43651778, 60.58280805], rel=1e-7
    )
    assert (shrunken.high - shrunken.low) / 2 / 1.959963985 == pytest.approx(
        [4.045420895, 2.773012800, 3.279843984, 2.087271587, 3.823135459], rel=1e-6
    )


def test_means_that_differ_no_more_than_by_chance_are_one() -> None:
    shrunken = shrunken_means([60.0, 61.0, 60.5], [20, 30, 25], 20)

    assert shrunken.between_variance == 0
    assert shrunken.estimate.tolist() == pytest.approx([shrunken.prior_mean] * 3)


def test_answers_without_spread_leave_nothing_to_shrink() -> None:
    shrunken = empirical_bayes_means([1.0, 1.0, 3.0, 3.0, NAN], ["a", "a", "b", "b", "c"])

    assert shrunken.groups == ("a", "b")
    assert shrunken.estimate.tolist() == shrunken.low.tolist() == [1, 3]


@pytest.mark.parametrize(
    ("error", "values", "groups"),
    [
        (TooFewValues, [], []),
        (TooFewValues, [1.0, 2.0], ["a", "a"]),
        (TooFewValues, [1.0, 2.0], ["a", "b"]),
        (NoSpread, [1.0, 1.0, 1.0], ["a", "a", "b"]),
        (NoStatistic, [1.0], ["a", "b"]),
    ],
)
def test_means_need_two_units_and_a_spread_within(error: type[Exception], values: list[float], groups: Any) -> None:
    with pytest.raises(error):
        empirical_bayes_means(values, groups)


@pytest.mark.parametrize(
    ("error", "given"),
    [
        (TooFewValues, ([1.0], [2], 1.0)),
        (NoStatistic, ([1.0, NAN], [2, 2], 1.0)),
        (NoStatistic, ([1.0, 2.0], [2, 0], 1.0)),
        (NoStatistic, ([1.0, 2.0], [2, 2], -1.0)),
        (NoStatistic, ([1.0, 2.0], [2, 2], NAN)),
    ],
)
def test_released_means_have_sizes_and_a_spread(error: type[Exception], given: tuple[Any, ...]) -> None:
    with pytest.raises(error):
        shrunken_means(*given)


def test_units_that_differ_are_found_by_pearsons_test() -> None:
    """R: prop.test(k, n, correct = FALSE): X-squared 19.67130753; prop.test(smokers, patients): 12.6004, p 0.005585."""
    found = heterogeneity_of_proportions(AFFECTED, STAFF)
    smokers = heterogeneity_of_proportions([83, 90, 129, 70], [86, 93, 136, 82])

    assert (found.statistic, found.degrees_of_freedom) == (pytest.approx(19.67130753), 7)
    assert smokers.p == pytest.approx(0.005585477, abs=1e-9)
    assert found.i_squared == pytest.approx(1 - 7 / 19.67130753)


def test_means_that_differ_are_found_by_cochrans_q() -> None:
    """R, metafor 3.8: rma(m, 20^2 / n): Q 11.04760174, p 0.02603421 for 4 degrees of freedom."""
    found = heterogeneity_of_means(SCORES, ANSWERS, 20)

    assert (found.statistic, found.p) == pytest.approx((11.04760174, 0.02603421329), rel=1e-8)


def test_units_where_nobody_is_affected_do_not_differ() -> None:
    found = heterogeneity_of_proportions([0, 0], [10, 20])

    assert (found.statistic, found.p, found.i_squared) == (0, 1, 0)
    with pytest.raises(NoSpread):
        heterogeneity_of_means([1.0, 1.0], [10, 20], 0)


def test_funnel_limits_are_binomial_quantiles() -> None:
    """Spiegelhalter (2005), appendix: r is the quantile, and the limit (r - a) / n with a so that the tail is exact.

    For 20 % of 10 people and 97.5 %: P(R <= 4) = 0.96721, P(R <= 5) = 0.99363, so r = 5 and
    a = (0.99363 - 0.975) / (0.99363 - 0.96721) = 0.70512.
    """
    limits = funnel_limits(0.2, [10, 5000])

    assert limits.high[0] == pytest.approx((5 - 0.70512) / 10, abs=1e-5)
    assert limits.low[0] == 0
    assert limits.high[1] - limits.low[1] == pytest.approx(2 * 1.96 * math.sqrt(0.16 / 5000), rel=0.01)


@given(share=st.floats(0, 1), n=st.integers(1, 3000), confidence=st.sampled_from([0.95, 0.998]))
def test_funnel_limits_stay_within_0_and_1_around_the_share(share: float, n: int, confidence: float) -> None:
    limits = funnel_limits(share, [n], confidence)

    assert 0 <= limits.low[0] <= limits.high[0] <= 1
    assert limits.low[0] <= share <= limits.high[0] or n * min(share, 1 - share) < 5


def test_funnel_limits_of_means_narrow_with_the_root_of_the_size() -> None:
    limits = funnel_limits_of_means(60, 20, [25, 100])

    assert limits.high - 60 == pytest.approx([1.959964 * 4, 1.959964 * 2])
    assert 60 - limits.low == pytest.approx(limits.high - 60)


@pytest.mark.parametrize("given", [(-0.1, [5]), (NAN, [5]), (0.5, [0]), (0.5, 5), (0.5, [5], 1.0)])
def test_a_funnel_takes_a_share_and_sizes(given: tuple[Any, ...]) -> None:
    with pytest.raises(NoStatistic):
        funnel_limits(*given)


@pytest.mark.parametrize("given", [(NAN, 1, [5]), (1, -1, [5]), (1, 1, [0]), (1, 1, [5], 0.0)])
def test_a_funnel_of_means_takes_a_mean_a_spread_and_sizes(given: tuple[Any, ...]) -> None:
    with pytest.raises(NoStatistic):
        funnel_limits_of_means(*given)
