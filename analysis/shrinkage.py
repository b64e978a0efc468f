"""Units beside one another without a league table: each drawn towards what all have in common, the smaller the more.

Counts and means as released tables hold them are enough; what the units share is estimated from the units given, so
that hidden ones add nothing. Results keep the order of what was given: there are no ranks.
"""

import math
from collections.abc import Hashable

import numpy as np
from msgspec import Struct
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, special

from analysis.aggregation import variance_parts
from analysis.errors import NoStatistic
from analysis.estimates import wilson_interval
from analysis.given import statistic
from analysis.units import checked_counts, checked_means

LARGEST_PRIOR = 1e6  # answers that the prior may be worth; beyond, units do not differ


class ShrunkenProportions(Struct, frozen=True, kw_only=True, eq=False):
    """Shares of units, drawn towards what they have in common.

    estimate, low, high: from 0 to 1, shape (units,). prior_mean: the share that units vary around.
    prior_size: how many answers the common share is worth; infinite where units do not differ beyond chance.
    """

    estimate: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    prior_mean: float
    prior_size: float

    def __array__(self, dtype: np.dtype | None = None, copy: bool | None = None) -> NDArray[np.float64]:  # noqa: FBT001 - numpy's
        """The estimates, so that numpy takes the result for them."""
        return np.array(self.estimate, dtype=dtype, copy=copy)


class ShrunkenMeans(Struct, frozen=True, kw_only=True, eq=False):
    """Means of units, drawn towards what they have in common.

    groups: in the order of the estimates. estimate, low, high: in the unit of the values, shape (groups,).
    prior_mean: the mean that units vary around. between_variance: of the units around it; 0 where they do not differ
    beyond chance.
    """

    groups: tuple[Hashable, ...]
    estimate: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    prior_mean: float
    between_variance: float

    def __array__(self, dtype: np.dtype | None = None, copy: bool | None = None) -> NDArray[np.float64]:  # noqa: FBT001 - numpy's
        """The estimates, so that numpy takes the result for them."""
        return np.array(self.estimate, dtype=dtype, copy=copy)


@statistic
def empirical_bayes_proportions(successes: ArrayLike, n: ArrayLike, confidence: float = 0.95) -> ShrunkenProportions:
    """Beta-binomial shrinkage: shares of units vary by a beta distribution, estimated by maximum likelihood.

    Args:
        successes: of each unit, shape (units,), whole numbers from 0 to `n`.
        n: valid answers of each unit, shape (units,), at least 1.
        confidence: from 0 to 1, exclusive.

    Returns:
        `ShrunkenProportions`, with intervals of the posterior; the uncertainty of the prior itself is not in them.
        Where units differ no more than chance has it, all get the common share with its Wilson interval.

    Raises:
        TooFewValues: fewer than two units.
        NoStatistic: counts that do not fit.

    Source: Casella, G. (1985). An introduction to empirical Bayes data analysis. The American Statistician 39(2),
    83-87. Griffiths, D. A. (1973). Maximum likelihood estimation for the beta-binomial distribution. Biometrics
    29(4), 637-648.

    """
    counts, sizes = checked_counts(successes, n)
    if not 0 < confidence < 1:
        raise NoStatistic("confidence lies between 0 and 1")
    pooled = float(counts.sum() / sizes.sum())
    prior = _beta_prior(counts, sizes, pooled)
    if prior is None:
        common = wilson_interval(round(counts.sum()), round(sizes.sum()), confidence)
        return ShrunkenProportions(
            estimate=np.full(counts.size, pooled),
            low=np.full(counts.size, common.low),
            high=np.full(counts.size, common.high),
            prior_mean=pooled,
            prior_size=math.inf,
        )
    a, b = prior
    tail = (1 - confidence) / 2
    return ShrunkenProportions(
        estimate=(counts + a) / (sizes + a + b),
        low=np.asarray(special.betaincinv(counts + a, sizes - counts + b, tail), dtype=np.float64),
        high=np.asarray(special.betainccinv(counts + a, sizes - counts + b, tail), dtype=np.float64),
        prior_mean=a / (a + b),
        prior_size=a + b,
    )


@statistic
def empirical_bayes_means(values: ArrayLike, groups: ArrayLike, confidence: float = 0.95) -> ShrunkenMeans:
    """Shrinkage of the groups' means by how sure each is, with one variance within groups.

    Args:
        values: any unit, shape (n,), NaN = missing.
        groups: the group of each value, shape (n,).
        confidence: from 0 to 1, exclusive.

    Returns:
        `ShrunkenMeans`, groups sorted by name; groups without a value are left out.

    Raises:
        TooFewValues: fewer than two groups, or nobody beyond the first in any.
        NoSpread: all values alike.

    Source: as for `shrunken_means`; the variance within is that of the analysis of variance.

    """
    parts = variance_parts(values, groups)
    points = np.asarray(values, dtype=np.float64)
    answered = ~np.isnan(points)
    names, place, sizes = np.unique(np.asarray(groups)[answered], return_inverse=True, return_counts=True)
    means = np.bincount(place, weights=points[answered]) / sizes
    return shrunken_means(means, sizes, math.sqrt(parts.within), names=tuple(names.tolist()), confidence=confidence)


@statistic
def shrunken_means(
    means: ArrayLike,
    n: ArrayLike,
    standard_deviation: float,
    *,
    names: tuple[Hashable, ...] | None = None,
    confidence: float = 0.95,
) -> ShrunkenMeans:
    """Shrinkage of released means: units vary normally around a common mean, their answers around the unit's.

    The variance between units is Paule's and Mandel's, which for units of one size is that of the analysis of
    variance.

    Args:
        means: of the units, shape (units,), none missing.
        n: values of each unit, shape (units,), at least 1.
        standard_deviation: of the answers within units, 0 or more; of released tables, the whole round's.
        names: of the units. None: counted from 0.
        confidence: from 0 to 1, exclusive.

    Raises:
        TooFewValues: fewer than two units.
        NoStatistic: shapes, sizes, missing values, or a confidence outside its range.

    Source: Paule, R. C., and Mandel, J. (1982). Consensus values and weighting factors. Journal of Research of the
    National Bureau of Standards 87(5), 377-385. Prediction: Harville, D. A. (1976). Extension of the Gauss-Markov
    theorem to include the estimation of random effects. Annals of Statistics 4(2), 384-395.

    """
    found, sizes = checked_means(means, n)
    if not (math.isfinite(standard_deviation) and standard_deviation >= 0 and 0 < confidence < 1):
        raise NoStatistic("a standard deviation is 0 or more, and the confidence lies between 0 and 1")
    sampling = standard_deviation**2 / sizes
    between = _paule_mandel(found, sampling)
    total = sampling + between
    if standard_deviation == 0:  # nothing is chance
        centre, uncertainty, kept = float(found.mean()), 0.0, np.ones(found.size)
    else:
        uncertainty = 1 / float((1 / total).sum())
        centre = float((found / total).sum()) * uncertainty
        kept = between / total
    estimate = centre + kept * (found - centre)
    error = np.sqrt(kept * sampling + (1 - kept) ** 2 * uncertainty)
    half = -float(special.ndtri((1 - confidence) / 2)) * error
    return ShrunkenMeans(
        groups=tuple(range(found.size)) if names is None else names,
        estimate=estimate,
        low=estimate - half,
        high=estimate + half,
        prior_mean=centre,
        between_variance=between,
    )


def _beta_prior(counts: NDArray[np.float64], sizes: NDArray[np.float64], pooled: float) -> tuple[float, float] | None:
    """Maximum-likelihood a and b; None where the likelihood is greatest for units that do not differ."""
    if pooled in {0.0, 1.0}:
        return None

    def unlikely(parameters: NDArray[np.float64]) -> float:
        """The negative log-likelihood of (logit of the mean, log of the size)."""
        mean, size = float(special.expit(parameters[0])), math.exp(parameters[1])
        a, b = mean * size, (1 - mean) * size
        return -float((special.betaln(counts + a, sizes - counts + b) - special.betaln(a, b)).sum())

    bounds = [(-30.0, 30.0), (math.log(1e-3), math.log(LARGEST_PRIOR))]
    start = np.clip([special.logit(pooled), math.log(sizes.mean())], *np.transpose(bounds))
    best = optimize.minimize(
        unlikely, start, method="Nelder-Mead", bounds=bounds, options={"xatol": 1e-7, "fatol": 1e-10}
    )
    alike = -float((counts * math.log(pooled) + (sizes - counts) * math.log1p(-pooled)).sum())
    size = math.exp(best.x[1])
    if size > LARGEST_PRIOR / 10 or alike <= best.fun:
        return None
    mean = float(special.expit(best.x[0]))
    return mean * size, (1 - mean) * size


def _paule_mandel(means: NDArray[np.float64], sampling: NDArray[np.float64]) -> float:
    """The variance between units at which their weighted squares are what chance expects."""
    expected = means.size - 1
    if not sampling.any():
        return float(means.var(ddof=1))

    def surplus(between: float) -> float:
        weights = 1 / (sampling + between)
        centre = (weights * means).sum() / weights.sum()
        return float((weights * (means - centre) ** 2).sum()) - expected

    if surplus(0.0) <= 0:
        return 0.0
    ceiling = 2 * float(((means - means.mean()) ** 2).sum())  # beyond the sum of squares nothing is left to explain
    return float(optimize.brentq(surplus, 0.0, ceiling, xtol=1e-14 * ceiling, rtol=1e-14))
