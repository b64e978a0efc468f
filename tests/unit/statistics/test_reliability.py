"""Expected: R's package psych 2.2.9 (Revelle), `alpha(attitude)` and `omega(attitude, nfactors = 1)`."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from analysis import (
    NoSpread,
    NoStatistic,
    TooFewValues,
    alpha_interval,
    cronbach_alpha,
    item_rest_correlations,
    mcdonald_omega,
    reverse_codes,
)
from tests.unit.statistics.published import attitude, attitude_with_holes

NAN = float("nan")


def test_alpha_and_omega_are_those_of_psych() -> None:
    assert cronbach_alpha(attitude()) == pytest.approx(0.8431427696, abs=1e-10)
    assert mcdonald_omega(attitude()) == pytest.approx(0.8509924651, abs=1e-6)


def test_missing_answers_are_left_out_in_pairs_as_psych_does() -> None:
    assert cronbach_alpha(attitude_with_holes()) == pytest.approx(0.8255103971, abs=1e-10)
    assert mcdonald_omega(attitude_with_holes()) == pytest.approx(0.8385532558, abs=1e-6)


def test_the_interval_of_alpha_is_feldts() -> None:
    """R: alpha(attitude) prints 0.74, 0.84, 0.92."""
    low, high = alpha_interval(cronbach_alpha(attitude()), n=30, items=7)

    assert (round(low, 2), round(high, 2)) == (0.74, 0.92)


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        (attitude(), [0.67126206, 0.74210971, 0.56071111, 0.71444550, 0.78627559, 0.26503434, 0.46081055]),
        (attitude_with_holes(), [0.66149267, 0.73639553, 0.57218205, 0.66351117, 0.68740164, 0.25761395, 0.42439108]),
    ],
    ids=["complete", "with holes"],
)
def test_item_rest_correlations_are_those_of_psych(items: NDArray[np.float64], expected: list[float]) -> None:
    """R: alpha(attitude)$item.stats$r.drop."""
    assert item_rest_correlations(items) == pytest.approx(expected, abs=1e-8)


def test_alpha_of_two_items_follows_the_formula() -> None:
    """Cronbach (1951): 2 (1 - (v1 + v2) / v), here variances 1 and 1, covariance 0.5: 2 (1 - 2 / 3)."""
    assert cronbach_alpha([[1, 2], [2, 1], [3, 3]]) == pytest.approx(2 / 3)


def test_an_item_that_was_not_mirrored_lowers_both() -> None:
    """R: alpha(x)$total$raw_alpha is 0.348362 for these; omega mirrors them by itself there, here it does not."""
    items = attitude()
    items[:, 5], items[:, 0] = 100 - items[:, 5], 130 - items[:, 0]

    assert cronbach_alpha(items) == pytest.approx(0.3483616895, abs=1e-10)
    assert mcdonald_omega(items) < 0.7
    assert item_rest_correlations(items)[[0, 5]].max() < 0


def test_omega_comes_back_when_they_are_mirrored() -> None:
    items = attitude()
    items[:, [0, 5]] = 100 - items[:, [0, 5]]

    assert mcdonald_omega(reverse_codes(items, 0, 100, [0, 5])) == pytest.approx(mcdonald_omega(attitude()), abs=1e-9)


def test_an_item_that_is_all_factor_leaves_omega_near_that_of_psych() -> None:
    """Three items fit exactly only with a loading above 1: psych reports an ultra-Heywood case and 0.8435."""
    assert mcdonald_omega(attitude()[:, :3]) == pytest.approx(0.8435, abs=1e-3)


def test_equal_items_are_perfectly_reliable() -> None:
    same = [[1.0] * 4, [2.0] * 4, [4.0] * 4]

    assert cronbach_alpha(same) == pytest.approx(1)
    assert mcdonald_omega(same) == pytest.approx(1, abs=1e-3)  # in the fit, every item keeps a uniqueness of 0.005
    assert item_rest_correlations(same) == pytest.approx([1, 1, 1, 1])


@pytest.mark.parametrize("statistic", [cronbach_alpha, mcdonald_omega, item_rest_correlations])
@pytest.mark.parametrize(
    ("error", "items"),
    [
        (NoStatistic, [1.0, 2.0]),
        (NoStatistic, [[1.0, float("inf"), 1.0], [1.0, 2.0, 3.0]]),
        (TooFewValues, [[1.0], [2.0]]),
        (TooFewValues, np.empty((0, 3))),
        (TooFewValues, [[1.0, 2.0, 3.0]]),
        (TooFewValues, [[NAN, NAN, NAN]] * 5),
        (TooFewValues, [[1.0, NAN, 1.0], [2.0, NAN, 3.0], [NAN, 1.0, 2.0], [NAN, 2.0, 1.0]]),
        (NoSpread, [[0.1, 0.1, 0.1]] * 5),
    ],
)
def test_items_that_tell_nothing_have_no_reliability(
    statistic: Callable[[object], object], error: type[Exception], items: object
) -> None:
    with pytest.raises(error):
        statistic(items)


def test_items_that_cancel_out_have_no_alpha() -> None:
    with pytest.raises(NoSpread, match="sum"):
        cronbach_alpha([[0.1, 0.3], [0.2, 0.2], [0.3, 0.1]])


@pytest.mark.parametrize(
    ("alpha", "n", "items", "confidence"),
    [(1.1, 9, 3, 0.9), (0.8, 1, 3, 0.9), (0.8, 9, 1, 0.9), (0.8, 9, 3, 1.0), (NAN, 9, 3, 0.9)],
)
def test_an_interval_of_alpha_takes_respondents_and_items(alpha: float, n: int, items: int, confidence: float) -> None:
    with pytest.raises(NoStatistic):
        alpha_interval(alpha, n, items, confidence)


def test_mirrored_points_run_the_other_way_and_missing_ones_stay() -> None:
    items = [[1.0, 2.0], [5.0, NAN]]

    assert reverse_codes(items, 1, 5, [1])[0].tolist() == [1, 4]
    assert np.isnan(reverse_codes(items, 1, 5, [1])[1, 1])


@pytest.mark.parametrize(("items", "position"), [([[1.0, 6.0]], 0), ([[1.0, 2.0]], 2), ([[1.0, 2.0]], -1), ([1.0], 0)])
def test_what_is_no_item_cannot_be_mirrored(items: list[float], position: int) -> None:
    with pytest.raises(ValueError, match=r"points|item"):
        reverse_codes(items, 1, 5, [position])
