import math
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from analysis import mean_interval, wilson_interval

# Newcombe, R. G. (1998). Two-sided confidence intervals for the single proportion: comparison of seven methods.
# Statistics in Medicine 17(8), 857-872, table I, method 3 (score, without continuity correction), 95 %.
NEWCOMBE = ((81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0000, 0.1611), (1, 29, 0.0061, 0.1718))

# Student (1908). The probable error of a mean. Biometrika 6(1), 1-25, section IX: hours of sleep gained by ten
# patients, the second drug against the first. Interval: R Core Team, `?sleep`, t.test of the differences.
SLEEP = (1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4)

shares = st.integers(1, 100_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
confidences = st.floats(min_value=1e-300, max_value=1 - 2**-53)


@pytest.mark.parametrize(("successes", "n", "low", "high"), NEWCOMBE)
def test_wilsons_interval_is_the_published_one(successes: int, n: int, low: float, high: float) -> None:
    interval = wilson_interval(successes, n)

    assert (round(interval.low, 4), round(interval.high, 4)) == (low, high)


@given(share=shares, confidence=confidences)
@example(share=(0, 1), confidence=1 - 2**-53)
@example(share=(1, 1), confidence=1 - 2**-53)
@example(share=(1, 10**15), confidence=0.95)
def test_wilsons_interval_lies_around_its_share_within_0_and_1(share: tuple[int, int], confidence: float) -> None:
    successes, n = share

    interval = wilson_interval(successes, n, confidence)

    assert 0 <= interval.low <= successes / n + 1e-12
    assert successes / n - 1e-12 <= interval.high <= 1


@given(share=shares, confidence=confidences)
def test_wilsons_interval_is_mirrored_by_counting_the_others(share: tuple[int, int], confidence: float) -> None:
    successes, n = share

    interval, mirrored = wilson_interval(successes, n, confidence), wilson_interval(n - successes, n, confidence)

    assert interval.low == pytest.approx(1 - mirrored.high, abs=1e-12)


@given(share=shares)
def test_wilsons_bounds_are_the_shares_that_a_score_test_just_rejects(share: tuple[int, int]) -> None:
    successes, n = share
    for bound in wilson_interval(successes, n):
        if 0 < bound < 1:
            score = (successes / n - bound) / math.sqrt(bound * (1 - bound) / n)
            assert abs(score) == pytest.approx(1.959963984540054, rel=1e-6)


@pytest.mark.parametrize(
    ("successes", "n", "confidence"),
    [(0, 0, 0.95), (-1, 5, 0.95), (6, 5, 0.95), (1, 5, 0.0), (1, 5, 1.0), (1, 5, math.nan), (1, 5, 95)],
)
def test_what_is_no_proportion_has_no_interval(successes: int, n: int, confidence: float) -> None:
    with pytest.raises(ValueError, match="no proportion"):
        wilson_interval(successes, n, confidence)


def test_a_hundred_thousand_intervals_take_less_than_two_seconds() -> None:
    started = time.perf_counter()
    for successes in range(100_000):
        wilson_interval(successes, 100_000)

    assert time.perf_counter() - started < 2


def test_students_interval_is_the_published_one_of_his_own_example() -> None:
    gained = mean_interval(SLEEP)

    assert gained.n == 10
    assert gained.estimate == pytest.approx(1.58)
    assert gained.standard_deviation == pytest.approx(1.229995, abs=5e-7)
    assert (gained.low, gained.high) == pytest.approx((0.7001142, 2.4598858), abs=5e-8)


def test_a_missing_value_is_left_out_of_a_mean() -> None:
    assert mean_interval([*SLEEP, math.nan]) == mean_interval(SLEEP)


@given(values=st.lists(st.floats(0, 100), min_size=2, max_size=60), data=st.data())
def test_the_order_of_values_changes_no_digit_of_their_mean(values: list[float], data: st.DataObject) -> None:
    assert mean_interval(data.draw(st.permutations(values))) == mean_interval(values)


def test_equal_values_have_an_interval_without_width() -> None:
    same = mean_interval([25.0] * 7)

    assert (same.low, same.estimate, same.high, same.standard_deviation) == (25.0, 25.0, 25.0, 0.0)


@pytest.mark.parametrize("values", [[], [1.0], [1.0, math.nan], [1.0, math.inf]])
def test_no_mean_has_an_interval_without_two_finite_values(values: list[float]) -> None:
    with pytest.raises(ValueError, match="two finite values"):
        mean_interval(values)


@pytest.mark.parametrize("confidence", [0.0, 1.0, -1.0, math.nan])
def test_a_confidence_lies_between_0_and_1(confidence: float) -> None:
    with pytest.raises(ValueError, match="confidence"):
        mean_interval(SLEEP, confidence)


def test_the_highest_confidence_below_1_has_a_finite_interval() -> None:
    assert math.isfinite(mean_interval(SLEEP, 1 - 2**-53).high)
