import math
from typing import Any

import numpy as np
import pytest

from analysis import NoSpread, NoStatistic, TooFewValues, rank_correlation, standardized_difference

NAN = float("nan")

# Hollander, M., and Wolfe, D. A. (1973). Nonparametric statistical methods. Wiley, page 187: lightness of canned tuna,
# and what a panel says of it; R's `?cor.test`.
LIGHTNESS = (44.4, 45.9, 41.9, 53.3, 44.7, 44.1, 50.7, 45.2, 60.1)
PANEL = (2.6, 3.1, 2.5, 5.0, 3.6, 4.0, 5.2, 2.8, 3.8)

# Henderson, H. V., and Velleman, P. F. (1981). Building multiple regression models interactively. Biometrics 37,
# 391-411: cylinders and gears of 32 cars; `mtcars` in R's package datasets.
CYLINDERS = (6, 6, 4, 6, 8, 6, 8, 4, 4, 6, 6, 8, 8, 8, 8, 8, 8, 4, 4, 4, 4, 8, 8, 8, 8, 4, 4, 4, 8, 6, 8, 4)
GEARS = (4, 4, 4, 3, 3, 3, 3, 4, 4, 4, 4, 3, 3, 3, 3, 3, 3, 4, 4, 4, 3, 3, 3, 3, 3, 4, 5, 5, 5, 5, 5, 4)


def test_a_rank_correlation_without_ties_is_the_published_one() -> None:
    """R: cor.test(x, y, method = "spearman"): rho 0.6. Interval by hand: tanh(atanh(0.6) -+ 1.96 sqrt(1.18 / 6))."""
    found = rank_correlation(LIGHTNESS, PANEL)

    assert found.rho == pytest.approx(0.6)
    assert (found.low, found.high) == pytest.approx((-0.17424, 0.91580), abs=1e-5)


def test_a_rank_correlation_with_many_ties_is_that_of_r() -> None:
    """R: cor.test(mtcars$cyl, mtcars$gear, method = "spearman", exact = FALSE): rho -0.5643105, p 0.0007678."""
    found = rank_correlation(CYLINDERS, GEARS)

    assert (found.rho, found.p) == pytest.approx((-0.5643104747, 0.0007678209), rel=1e-7)
    assert found.n == 32


def test_who_answered_only_one_of_two_is_left_out() -> None:
    found = rank_correlation([*LIGHTNESS, NAN, 50.0], [*PANEL, 3.0, NAN])

    assert found == rank_correlation(LIGHTNESS, PANEL)


def test_a_perfect_order_has_no_width() -> None:
    found = rank_correlation([1, 2, 3, 4, 5], [50, 40, 30, 20, 10])

    assert (found.rho, found.low, found.high, found.p) == (-1, -1, -1, 0)


@pytest.mark.parametrize(
    ("error", "first", "second"),
    [
        (TooFewValues, [], []),
        (TooFewValues, [1, 2, 3], [1, 2, 3]),
        (TooFewValues, [1, 2, NAN, 4], [1, 2, 3, 4]),
        (NoSpread, [1, 1, 1, 1], [1, 2, 3, 4]),
        (NoStatistic, [1, 2, 3, 4], [1, 2, 3]),
        (NoStatistic, [[1, 2], [3, 4]], [[1, 2], [3, 4]]),
    ],
)
def test_what_has_no_order_has_no_rank_correlation(error: type[Exception], first: Any, second: Any) -> None:
    with pytest.raises(error):
        rank_correlation(first, second)


def with_moments(mean: float, deviation: float, n: int) -> np.ndarray:
    values = np.linspace(-1, 1, n)
    return mean + deviation * values / values.std(ddof=1)


def test_a_standardized_difference_is_the_published_one() -> None:
    """Borenstein, M., et al. (2009). Introduction to meta-analysis. Wiley, chapter 4: d 0.5970, variance 0.0418."""
    values = [*with_moments(103, 5.5, 50), *with_moments(100, 4.5, 50)]

    found = standardized_difference(values, [1] * 50 + [0] * 50)

    assert (round(found.d, 4), round(((found.high - found.low) / 2 / 1.959964) ** 2, 4)) == (0.5970, 0.0418)
    assert found.difference == pytest.approx(3)


def test_an_unknown_group_or_value_is_left_out() -> None:
    found = standardized_difference([1, 2, 3, 5, NAN, 9], [1, 1, 0, 0, 1, NAN])

    assert found == standardized_difference([1, 2, 3, 5], [True, True, False, False])
    assert (found.n1, found.n2) == (2, 2)


@pytest.mark.parametrize(
    ("error", "values", "in_group"),
    [
        (TooFewValues, [], []),
        (TooFewValues, [1, 2, 3], [1, 0, 0]),
        (TooFewValues, [1, 2, 3], [0, 0, 0]),
        (NoSpread, [0.1, 0.1, 0.2, 0.2], [1, 1, 0, 0]),
        (NoStatistic, [1, 2, 3, 4], [1, 1, 2, 2]),
        (NoStatistic, [1, 2, 3, math.inf], [1, 1, 0, 0]),
        (NoStatistic, [1, 2, 3, 4], [1, 1, 0]),
    ],
)
def test_a_standardized_difference_takes_two_groups_that_vary(
    error: type[Exception], values: Any, in_group: Any
) -> None:
    with pytest.raises(error):
        standardized_difference(values, in_group)
