"""Municipalities beside one another: a summary that lets them truly differ, and each one's place with its interval.

Counts, means and standard deviations as released tables of whole rounds hold them are enough.
"""

import math

import numpy as np
from msgspec import Struct
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, special

from analysis.errors import NoSpread, NoStatistic, TooFewValues
from analysis.given import statistic
from analysis.units import checked_counts, checked_means

FEWEST = 3  # with two, a spread between them rests on one difference


class RandomEffects(Struct, frozen=True, kw_only=True):
    """The centre of what municipalities have in truth, and how far they lie apart.

    estimate, low, high: the centre with its interval. prediction_low, prediction_high: where a further municipality
    would lie. Of proportions all five are shares.
    between: variance of the true values between municipalities, of proportions on the scale of the logit.
    i_squared: how much of the variation seen is not chance, from 0 to 1.
    """

    estimate: float
    low: float
    high: float
    prediction_low: float
    prediction_high: float
    between: float
    i_squared: float


class Places(Struct, frozen=True, kw_only=True, eq=False):
    """Places from 1, the lowest value. Shape (units,), whole numbers: a unit's place lies from best to worst."""

    first: NDArray[np.int64]
    last: NDArray[np.int64]


@statistic
def random_effects(estimates: ArrayLike, variances: ArrayLike, confidence: float = 0.95) -> RandomEffects:
    """Summary of estimates whose true values vary normally, their variance by restricted maximum likelihood.

    Args:
        estimates: any unit, shape (units,), at least three, none missing.
        variances: of each estimate by chance, shape (units,), above 0.
        confidence: from 0 to 1, exclusive.

    Returns:
        `RandomEffects`. The interval is Student's with Hartung's and Knapp's error, never below the one of known
        variances, which it falls short of where units happen to lie close together.

    Raises:
        TooFewValues: fewer than three units.
        NoSpread: a variance of 0.
        NoStatistic: shapes, missing values, or a confidence outside its range.

    Source: Viechtbauer, W. (2005). Bias and efficiency of meta-analytic variance estimators in the random-effects
    model. Journal of Educational and Behavioral Statistics 30(3), 261-293. Hartung, J., and Knapp, G. (2001). On tests
    of the overall treatment effect in meta-analysis with normally distributed responses. Statistics in Medicine
    20(12), 1771-1782. Bound from below: Röver, C., Knapp, G., and Friede, T. (2015). BMC Medical Research Methodology
    15, 99. Prediction: Higgins, J. P. T., Thompson, S. G., and Spiegelhalter, D. J. (2009). A re-evaluation of
    random-effects meta-analysis. Journal of the Royal Statistical Society A 172(1), 137-159, with the error above as
    in Partlett, C., and Riley, R. D. (2017). Statistics in Medicine 36(2), 301-317.

    """
    found, chance = np.asarray(estimates, dtype=np.float64), np.asarray(variances, dtype=np.float64)
    if found.ndim != 1 or chance.shape != found.shape or not (np.isfinite(found).all() and np.isfinite(chance).all()):
        raise NoStatistic("estimates and their variances are finite, shape (units,)")
    if not 0 < confidence < 1:
        raise NoStatistic("a confidence lies between 0 and 1")
    if found.size < FEWEST:
        raise TooFewValues("a summary of municipalities", found=found.size, needed=FEWEST, of="municipalities")
    if not (chance > 0).all():
        raise NoSpread("answers that are all alike leave nothing to chance")
    between = _restricted_maximum_likelihood(found, chance)
    weights = 1 / (chance + between)
    centre = float((weights * found).sum() / weights.sum())
    degrees = found.size - 1
    spread = float((weights * (found - centre) ** 2).sum()) / degrees
    error = math.sqrt(max(spread, 1.0) / float(weights.sum()))
    tail = (1 - confidence) / 2
    half = -float(special.stdtrit(degrees, tail)) * error
    beyond = -float(special.stdtrit(degrees - 1, tail)) * math.sqrt(between + error**2)
    typical = _typical_variance(chance)
    return RandomEffects(
        estimate=centre,
        low=centre - half,
        high=centre + half,
        prediction_low=centre - beyond,
        prediction_high=centre + beyond,
        between=between,
        i_squared=between / (between + typical),
    )


@statistic
def random_effects_of_proportions(successes: ArrayLike, n: ArrayLike, confidence: float = 0.95) -> RandomEffects:
    """As `random_effects`, of shares, on the scale of the logit.

    Args:
        successes: of each unit, shape (units,), whole numbers from 0 to `n`; at least three units.
        n: valid answers of each unit, shape (units,), at least 1.
        confidence: from 0 to 1, exclusive.

    Returns:
        `RandomEffects` as shares. Where nobody or everybody of a unit is a success, half an answer is added to both.

    Raises:
        TooFewValues: fewer than three units.
        NoStatistic: counts that do not fit.

    Source: as for `random_effects`. Logit: Stijnen, T., Hamza, T. H., and Özdemir, P. (2010). Random effects
    meta-analysis of event outcome in the framework of the generalized linear mixed model. Statistics in Medicine
    29(29), 3046-3067, which shows that counts of a few successes need that model instead.

    """
    counts, sizes = checked_counts(successes, n)
    half = np.where((counts == 0) | (counts == sizes), 0.5, 0.0)
    chosen, others = counts + half, sizes - counts + half
    found = random_effects(np.log(chosen / others), 1 / chosen + 1 / others, confidence)
    return RandomEffects(
        estimate=float(special.expit(found.estimate)),
        low=float(special.expit(found.low)),
        high=float(special.expit(found.high)),
        prediction_low=float(special.expit(found.prediction_low)),
        prediction_high=float(special.expit(found.prediction_high)),
        between=found.between,
        i_squared=found.i_squared,
    )


@statistic
def random_effects_of_means(
    means: ArrayLike, n: ArrayLike, standard_deviations: ArrayLike, confidence: float = 0.95
) -> RandomEffects:
    """As `random_effects`, of released means.

    Args:
        means: of the units, shape (units,), at least three, none missing.
        n: values of each unit, shape (units,), at least 1.
        standard_deviations: of the answers of each unit, shape (units,), above 0.
        confidence: from 0 to 1, exclusive.

    Raises:
        TooFewValues: fewer than three units.
        NoSpread: a standard deviation of 0.
        NoStatistic: shapes, sizes or missing values.

    Source: as for `random_effects`.

    """
    found, sizes = checked_means(means, n)
    return random_effects(found, np.asarray(standard_deviations, dtype=np.float64) ** 2 / sizes, confidence)


@statistic
def places(low: ArrayLike, high: ArrayLike) -> Places:
    """The places that a unit may have among all, given intervals that hold together.

    As many units lie surely below it as have their interval below its own; where intervals overlap, either may be
    first. All places hold together at the confidence that the intervals do: of u intervals, each at
    1 - (1 - confidence) / u (Bonferroni).

    Args:
        low: of each unit's interval, shape (units,).
        high: of the same, at least `low`.

    Raises:
        NoStatistic: shapes, missing values, or an interval whose ends are exchanged.

    Source: Klein, M., Wright, T., and Wieczorek, J. (2020). A joint confidence region for an overall ranking of
    populations. Journal of the Royal Statistical Society C 69(3), 589-606.

    """
    lowest, highest = np.asarray(low, dtype=np.float64), np.asarray(high, dtype=np.float64)
    if lowest.ndim != 1 or lowest.shape != highest.shape or not (lowest <= highest).all():
        raise NoStatistic("every unit has an interval, shape (units,), from low to high")
    below = (highest[np.newaxis, :] < lowest[:, np.newaxis]).sum(axis=1)
    above = (lowest[np.newaxis, :] > highest[:, np.newaxis]).sum(axis=1)
    return Places(first=below + 1, last=lowest.size - above)


def _restricted_maximum_likelihood(found: NDArray[np.float64], chance: NDArray[np.float64]) -> float:
    def unlikely(between: float) -> float:
        """Twice the negative restricted log-likelihood, without its constant."""
        total = chance + between
        weights = 1 / total
        centre = (weights * found).sum() / weights.sum()
        return float(np.log(total).sum() + np.log(weights.sum()) + (weights * (found - centre) ** 2).sum())

    ceiling = 2 * float(((found - found.mean()) ** 2).sum())  # beyond the sum of squares nothing is left to explain
    if ceiling == 0:
        return 0.0
    # The likelihood can have two peaks: a grid finds the higher one's surroundings.
    grid = np.concatenate(([0.0], np.geomspace(1e-6, 1.0, 80) * ceiling))
    best = int(np.argmin([unlikely(between) for between in grid]))
    around = float(grid[max(best - 1, 0)]), float(grid[min(best + 1, grid.size - 1)])
    refined = optimize.minimize_scalar(unlikely, bounds=around, method="bounded", options={"xatol": 1e-12 * ceiling})
    return 0.0 if unlikely(0.0) <= refined.fun else float(refined.x)


def _typical_variance(chance: NDArray[np.float64]) -> float:
    """Of Higgins and Thompson (2002), equation 9: what I² compares the variance between units with."""
    weights = 1 / chance
    return float((chance.size - 1) * weights.sum() / (weights.sum() ** 2 - (weights**2).sum()))
