"""Three rounds and more: a straight line through released shares or means, and whether a line is the right word."""

import math
from collections.abc import Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from scipy import special

from analysis.comparisons import two_sided
from analysis.errors import NoSpread, NoStatistic, TooFewValues
from analysis.given import statistic

FEWEST_ROUNDS = 3  # rounds; two have a difference


class Trend(Struct, frozen=True, kw_only=True):
    """A straight line over rounds.

    slope, low, high: change for a unit of time (a round, unless times were given). p: two-sided, of no slope.
    departure_p: of no departure from the line; a small value says that the line hides ups and downs.
    rounds: those shown, which the line rests on.
    """

    slope: float
    low: float
    high: float
    p: float
    departure_p: float
    rounds: int


@statistic
def proportion_trend(
    rounds: Sequence[tuple[int, int] | None], times: Sequence[float] | None = None, confidence: float = 0.95
) -> Trend:
    """Cochran's and Armitage's trend of a share over rounds.

    Args:
        rounds: (count, n) of each round's released cell, in order; None = hidden, left out.
        times: of the rounds, rising, in any unit. None: 0, 1, 2 and so on, hidden rounds counted.
        confidence: from 0 to 1, exclusive.

    Returns:
        `Trend`; test and interval both use the share of all rounds together.

    Raises:
        TooFewValues: fewer than three rounds are shown.
        NoStatistic: counts beyond their n, times that do not rise, or a confidence outside its range.

    Source: Armitage, P. (1955). Tests for linear trends in proportions and frequencies. Biometrics 11(3), 375-386.
    Cochran, W. G. (1954). Some methods for strengthening the common chi-squared tests. Biometrics 10(4), 417-451.

    """
    shown, at = _shown(rounds, times, confidence)
    counts, sizes = np.array(shown, dtype=np.float64).T
    if not ((sizes >= 1) & (counts >= 0) & (counts <= sizes)).all():
        raise NoStatistic("every round has a count from 0 to n, and n of at least 1")
    pooled = float(counts.sum() / sizes.sum())
    variance = pooled * (1 - pooled)
    if variance == 0:  # nobody or everybody, in every round
        return Trend(slope=0.0, low=0.0, high=0.0, p=1.0, departure_p=1.0, rounds=len(shown))
    return _line(at, counts / sizes, variance / sizes, confidence)


@statistic
def mean_trend(
    rounds: Sequence[tuple[float, float, int] | None], times: Sequence[float] | None = None, confidence: float = 0.95
) -> Trend:
    """Trend of a mean over rounds, each round weighing by its precision.

    Args:
        rounds: (mean, standard deviation, n) of each round's released cell, in order; None = hidden, left out. Below
            the whole round standard deviations are never released; the whole round's stands in for them.
        times: of the rounds, rising, in any unit. None: 0, 1, 2 and so on, hidden rounds counted.
        confidence: from 0 to 1, exclusive.

    Raises:
        TooFewValues: fewer than three rounds are shown, or a round with fewer than two values.
        NoSpread: a round whose values are all alike.
        NoStatistic: times that do not rise, or a confidence outside its range.

    Source: Cochran, W. G. (1954). The combination of estimates from different experiments. Biometrics 10(1), 101-129;
    the standard errors are taken as known, as with `rma(method = "FE")` in R's package metafor.

    """
    shown, at = _shown(rounds, times, confidence)
    means, deviations, sizes = np.array(shown, dtype=np.float64).T
    if (sizes < 2).any():  # noqa: PLR2004 - a spread needs two
        raise TooFewValues("a trend of means", found=int(sizes.min()), needed=2, of="values in every round")
    if not np.isfinite([means, deviations]).all() or (deviations < 0).any():
        raise NoStatistic("means are finite, and standard deviations 0 or more")
    if (deviations == 0).any():
        raise NoSpread("the values of a round are all alike: its mean has no standard error")
    return _line(at, means, deviations**2 / sizes, confidence)


def _shown(
    rounds: Sequence[tuple[float, ...] | None], times: Sequence[float] | None, confidence: float
) -> tuple[list[tuple[float, ...]], NDArray[np.float64]]:
    """The rounds that are not hidden, and their times."""
    at = np.arange(len(rounds), dtype=np.float64) if times is None else np.asarray(times, dtype=np.float64)
    if at.shape != (len(rounds),) or not np.isfinite(at).all() or (np.diff(at) <= 0).any() or not 0 < confidence < 1:
        raise NoStatistic("times rise, one for each round, and the confidence lies between 0 and 1")
    shown = [cell for cell in rounds if cell is not None]
    if len(shown) < FEWEST_ROUNDS:
        raise TooFewValues("a trend", found=len(shown), needed=FEWEST_ROUNDS, of="rounds that show the figure")
    return shown, at[[cell is not None for cell in rounds]]


def _line(
    at: NDArray[np.float64], values: NDArray[np.float64], variances: NDArray[np.float64], confidence: float
) -> Trend:
    """Weighted least squares with known variances."""
    weights = 1 / variances
    centred = at - (weights * at).sum() / weights.sum()
    centre = float((weights * values).sum() / weights.sum())
    information = float((weights * centred**2).sum())
    slope = float((weights * centred * values).sum()) / information
    error = 1 / math.sqrt(information)
    departure = float((weights * (values - centre - slope * centred) ** 2).sum())
    half = -float(special.ndtri((1 - confidence) / 2)) * error
    return Trend(
        slope=slope,
        low=slope - half,
        high=slope + half,
        p=two_sided(slope / error),
        departure_p=float(special.chdtrc(at.size - 2, departure)),
        rounds=int(at.size),
    )
