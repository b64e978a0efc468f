"""What goes together in one round: strength with its interval, and no word of cause. For the whole round only."""

import math

import numpy as np
import scipy  # reads `scipy.stats` at its first use: no command waits for it that needs none
from msgspec import Struct
from numpy.typing import ArrayLike
from scipy import special

from analysis.errors import NoSpread, NoStatistic, TooFewValues
from analysis.estimates import Interval
from analysis.given import statistic

FEWEST_PAIRS = 4  # respondents; the interval divides by n - 3


class RankCorrelation(Struct, frozen=True, kw_only=True):
    """rho, low, high: Spearman's, from -1 to 1. p: two-sided, of no association. n: who answered both."""

    rho: float
    low: float
    high: float
    p: float
    n: int


class StandardizedDifference(Struct, frozen=True, kw_only=True):
    """How far two groups of one round lie apart.

    difference: of means, in the unit of the values, those in the group less the others. d: the same in pooled standard
    deviations, with low and high. n1, n2: with a value, in the group and the others.
    """

    difference: float
    d: float
    low: float
    high: float
    n1: int
    n2: int


@statistic
def rank_correlation(first: ArrayLike, second: ArrayLike, confidence: float = 0.95) -> RankCorrelation:
    """Spearman's rank correlation, ties at their mean rank.

    Args:
        first: ordered points, shape (n,), NaN = missing.
        second: ordered points of the same respondents, shape (n,), NaN = missing.
        confidence: from 0 to 1, exclusive.

    Raises:
        TooFewValues: fewer than four people answered both.
        NoSpread: all of them answered one of them alike.
        NoStatistic: other shapes, or a confidence outside its range.

    Source: Spearman, C. (1904). The proof and measurement of association between two things. American Journal of
    Psychology 15(1), 72-101. Interval: Bonett, D. G., and Wright, T. A. (2000). Sample size requirements for
    estimating Pearson, Kendall and Spearman correlations. Psychometrika 65, 23-28.

    """
    one, other = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    if one.ndim != 1 or one.shape != other.shape or not 0 < confidence < 1:
        raise NoStatistic("two values for each respondent, and a confidence between 0 and 1")
    both = ~(np.isnan(one) | np.isnan(other))
    n = int(both.sum())
    if n < FEWEST_PAIRS:
        raise TooFewValues("a rank correlation", found=n, needed=FEWEST_PAIRS, of="people who answered both")
    # Ranks are whole or half, and so are these: a perfect order gives exactly 1.
    x, y = (scipy.stats.rankdata(points[both]) - (n + 1) / 2 for points in (one, other))
    spread = float(x @ x) * float(y @ y)
    if spread == 0:
        raise NoSpread("everyone answered one of the two alike")
    rho = float(x @ y) / math.sqrt(spread)
    if abs(rho) == 1:
        return RankCorrelation(rho=rho, low=rho, high=rho, p=0.0, n=n)
    low, high = rank_correlation_bounds(rho, n, confidence)
    t = rho * math.sqrt((n - 2) / (1 - rho**2))
    return RankCorrelation(
        rho=rho,
        low=low,
        high=high,
        p=2 * float(special.stdtr(n - 2, -abs(t))),
        n=n,
    )


@statistic
def standardized_difference(values: ArrayLike, in_group: ArrayLike, confidence: float = 0.95) -> StandardizedDifference:
    """Cohen's d between those in a group, such as those trained, and the others of the same round.

    Args:
        values: any unit, shape (n,), NaN = missing.
        in_group: 1 = in the group, 0 = not, NaN = missing, shape (n,).
        confidence: from 0 to 1, exclusive.

    Returns:
        `StandardizedDifference`, with the large-sample interval.

    Raises:
        TooFewValues: fewer than two values in the group, or among the others.
        NoSpread: all alike in the group, and all alike among the others.
        NoStatistic: other shapes or values, or a confidence outside its range.

    Source: Cohen, J. (1988). Statistical power analysis for the behavioral sciences, 2nd ed., Erlbaum, section 2.2.
    Interval: Hedges, L. V., and Olkin, I. (1985). Statistical methods for meta-analysis. Academic Press, section 5.E.

    """
    points, member = np.asarray(values, dtype=np.float64), np.asarray(in_group, dtype=np.float64)
    if points.ndim != 1 or points.shape != member.shape or np.isinf(points).any() or not 0 < confidence < 1:
        raise NoStatistic("a finite value and a group for each respondent, and a confidence between 0 and 1")
    if not np.isin(member[~np.isnan(member)], (0, 1)).all():
        raise NoStatistic("a respondent is in the group (1), not in it (0), or unknown (missing)")
    inside, outside = (points[(member == side) & ~np.isnan(points)] for side in (1, 0))
    n1, n2 = inside.size, outside.size
    if min(n1, n2) < 2:  # noqa: PLR2004 - a spread needs two
        raise TooFewValues("a standardized difference", found=min(n1, n2), needed=2, of="values on both sides")
    squares = float(((inside - inside.mean()) ** 2).sum() + ((outside - outside.mean()) ** 2).sum())
    if squares == 0:
        raise NoSpread("values are all alike on both sides")
    difference = float(inside.mean() - outside.mean())
    d = difference / math.sqrt(squares / (n1 + n2 - 2))
    low, high = standardized_difference_bounds(d, n1, n2, confidence)
    return StandardizedDifference(difference=difference, d=d, low=low, high=high, n1=n1, n2=n2)


def rank_correlation_bounds(rho: float, n: int, confidence: float) -> Interval:
    """Of a rank correlation strictly between -1 and 1, from `n` pairs, at least 4."""
    half = -float(special.ndtri((1 - confidence) / 2)) * math.sqrt((1 + rho**2 / 2) / (n - 3))
    return Interval(math.tanh(math.atanh(rho) - half), math.tanh(math.atanh(rho) + half))


def standardized_difference_bounds(d: float, n1: int, n2: int, confidence: float) -> Interval:
    """Of a standardized difference, from `n1` and `n2` values, at least 1 each."""
    half = -float(special.ndtri((1 - confidence) / 2)) * math.sqrt(1 / n1 + 1 / n2 + d**2 / (2 * (n1 + n2)))
    return Interval(d - half, d + half)
