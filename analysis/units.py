"""Units beside one another: whether they differ at all, and which lie beyond what chance does to their size.

Counts and means as released tables hold them are enough. Results keep the order of what was given: there are no ranks.
"""

import math

import numpy as np
import scipy  # reads `scipy.stats` at its first use: no command waits for it that needs none
from msgspec import Struct
from numpy.typing import ArrayLike, NDArray
from scipy import special

from analysis.errors import NoSpread, NoStatistic, TooFewValues
from analysis.given import statistic


class FunnelLimits(Struct, frozen=True, kw_only=True, eq=False):
    """Between low and high a unit of its size lies by chance alone. Shape (units,)."""

    low: NDArray[np.float64]
    high: NDArray[np.float64]


class Heterogeneity(Struct, frozen=True, kw_only=True):
    """Whether units differ beyond chance.

    statistic: chi-squared with `degrees_of_freedom`. p: of units that all share one value.
    i_squared: how much of the units' variation is not chance, from 0 to 1.
    """

    statistic: float
    degrees_of_freedom: int
    p: float
    i_squared: float


@statistic
def funnel_limits(share: float, n: ArrayLike, confidence: float = 0.95) -> FunnelLimits:
    """Limits that a unit's share crosses by chance alone with probability 1 - confidence, half on either side.

    Args:
        share: of all units together, from 0 to 1.
        n: valid answers of each unit, shape (units,), at least 1.
        confidence: from 0 to 1, exclusive; 0.95 and 0.998 are customary side by side.

    Returns:
        `FunnelLimits`, binomial quantiles interpolated between neighbouring counts, within 0 to 1.

    Raises:
        NoStatistic: where these do not hold.

    Source: Spiegelhalter, D. J. (2005). Funnel plots for comparing institutional performance. Statistics in Medicine
    24(8), 1185-1202, appendix.

    """
    sizes = np.asarray(n, dtype=np.float64)
    if not (0 <= share <= 1 and 0 < confidence < 1 and sizes.ndim == 1 and ((sizes >= 1) & (sizes < np.inf)).all()):
        raise NoStatistic("a share from 0 to 1, units of at least one answer, a confidence between 0 and 1")
    tail = (1 - confidence) / 2
    return FunnelLimits(
        low=_interpolated_quantile(tail, sizes, share), high=_interpolated_quantile(1 - tail, sizes, share)
    )


@statistic
def funnel_limits_of_means(
    mean: float, standard_deviation: float, n: ArrayLike, confidence: float = 0.95
) -> FunnelLimits:
    """Limits that a unit's mean crosses by chance alone with probability 1 - confidence, half on either side.

    Args:
        mean: of all units together.
        standard_deviation: of the answers within units, 0 or more; of released tables, the whole round's.
        n: values of each unit, shape (units,), at least 1.
        confidence: from 0 to 1, exclusive.

    Raises:
        NoStatistic: where these do not hold.

    Source: Spiegelhalter (2005), as for `funnel_limits`.

    """
    sizes = np.asarray(n, dtype=np.float64)
    is_known = math.isfinite(mean) and math.isfinite(standard_deviation) and standard_deviation >= 0
    if not (is_known and 0 < confidence < 1 and sizes.ndim == 1 and ((sizes >= 1) & (sizes < np.inf)).all()):
        raise NoStatistic("a finite mean, units of at least one value, a confidence between 0 and 1")
    half = -float(special.ndtri((1 - confidence) / 2)) * standard_deviation / np.sqrt(sizes)
    return FunnelLimits(low=mean - half, high=mean + half)


@statistic
def heterogeneity_of_proportions(successes: ArrayLike, n: ArrayLike) -> Heterogeneity:
    """Pearson's test of one share for all units.

    Args:
        successes: of each unit, shape (units,), whole numbers from 0 to `n`.
        n: valid answers of each unit, shape (units,), at least 1.

    Returns:
        `Heterogeneity`; where nobody, or everybody, is a success, units do not differ: p is 1.

    Raises:
        TooFewValues: fewer than two units.
        NoStatistic: counts that do not fit.

    Source: Pearson, K. (1900). On the criterion that a given system of deviations ... can be reasonably supposed to
    have arisen from random sampling. Philosophical Magazine 50, 157-175. I²: Higgins, J. P. T., and Thompson, S. G.
    (2002). Quantifying heterogeneity in a meta-analysis. Statistics in Medicine 21(11), 1539-1558.

    """
    counts, sizes = checked_counts(successes, n)
    pooled = counts.sum() / sizes.sum()
    variance = pooled * (1 - pooled)
    statistic = 0.0 if variance == 0 else float((sizes * (counts / sizes - pooled) ** 2).sum() / variance)
    return _heterogeneity(statistic, counts.size - 1)


@statistic
def heterogeneity_of_means(means: ArrayLike, n: ArrayLike, standard_deviation: float) -> Heterogeneity:
    """Cochran's Q of one mean for all units.

    Args:
        means: of the units, shape (units,), none missing.
        n: values of each unit, shape (units,), at least 1.
        standard_deviation: of the answers within units, above 0; of released tables, the whole round's.

    Raises:
        TooFewValues: fewer than two units.
        NoSpread: a standard deviation of 0.
        NoStatistic: shapes, sizes or missing values.

    Source: Cochran, W. G. (1954). The combination of estimates from different experiments. Biometrics 10(1), 101-129.

    """
    found, sizes = checked_means(means, n)
    if not standard_deviation > 0:
        raise NoSpread("answers that are all alike leave nothing to chance")
    centre = (sizes * found).sum() / sizes.sum()
    return _heterogeneity(float((sizes * (found - centre) ** 2).sum()) / standard_deviation**2, found.size - 1)


def _heterogeneity(statistic: float, degrees: int) -> Heterogeneity:
    return Heterogeneity(
        statistic=statistic,
        degrees_of_freedom=degrees,
        p=float(special.chdtrc(degrees, statistic)),
        i_squared=max(0.0, 1 - degrees / statistic) if statistic > 0 else 0.0,
    )


def checked_counts(successes: ArrayLike, n: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    counts, sizes = np.asarray(successes, dtype=np.float64), np.asarray(n, dtype=np.float64)
    if (
        counts.ndim != 1
        or counts.shape != sizes.shape
        or not ((counts >= 0) & (counts <= sizes) & (sizes >= 1) & (sizes < np.inf)).all()
    ):
        raise NoStatistic("every unit has successes from 0 to n, and n of at least 1")
    if counts.size < 2:  # noqa: PLR2004 - a comparison needs two
        raise TooFewValues("a comparison", found=counts.size, needed=2, of="units")
    return counts, sizes


def checked_means(means: ArrayLike, n: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    found, sizes = np.asarray(means, dtype=np.float64), np.asarray(n, dtype=np.float64)
    if found.ndim != 1 or sizes.shape != found.shape or not np.isfinite([found, sizes]).all() or not (sizes >= 1).all():
        raise NoStatistic("means are finite, shape (units,), each of at least one value")
    if found.size < 2:  # noqa: PLR2004 - a comparison needs two
        raise TooFewValues("a comparison", found=found.size, needed=2, of="units")
    return found, sizes


def _interpolated_quantile(probability: float, sizes: NDArray[np.float64], share: float) -> NDArray[np.float64]:
    if share in {0.0, 1.0}:
        return np.full(sizes.size, share)
    upper = scipy.stats.binom.ppf(probability, sizes, share)
    above, below = scipy.stats.binom.cdf(upper, sizes, share), scipy.stats.binom.cdf(upper - 1, sizes, share)
    return np.asarray(np.clip((upper - (above - probability) / (above - below)) / sizes, 0.0, 1.0))
