"""Estimates with their intervals."""

import bisect
import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import scipy  # reads `scipy.stats` at its first use: no command waits for it that needs none
from msgspec import Struct
from numpy.typing import ArrayLike
from scipy import special

from analysis.errors import NoStatistic
from analysis.given import statistic

MOST_PEOPLE = 10**15  # beyond any population; quantiles of larger numbers are not reliable


class Interval(NamedTuple):
    """low, high: bounds in the unit of the estimate."""

    low: float
    high: float


class Mean(Struct, frozen=True, kw_only=True):
    """n: values that are not missing. estimate, low, high, standard_deviation: in the unit of the values."""

    n: int
    estimate: float
    low: float
    high: float
    standard_deviation: float


@statistic
def wilson_interval(successes: int, n: int, confidence: float = 0.95, *, population: int | None = None) -> Interval:
    """Score interval of a proportion.

    Args:
        successes: whole number from 0 to `n`.
        n: valid answers, at least 1.
        confidence: from 0 to 1, exclusive.
        population: how many people could have answered, at least `n`. Given, the interval is narrowed by the finite
            population correction, which covers random nonresponse only; an interval that uses it should say so.

    Raises:
        NoStatistic: where these do not hold.

    Source: Wilson, E. B. (1927). Probable inference, the law of succession, and statistical inference. Journal of
    the American Statistical Association 22(158), 209-212. Correction: Cochran, W. G. (1977). Sampling techniques,
    3rd ed., Wiley, section 3.2, where n in the variance becomes n (N - 1) / (N - n).

    """
    _check_proportion(successes, n, confidence, population)
    if population == n:
        return Interval(successes / n, successes / n)  # everyone answered
    # The lower tail: (1 + confidence) / 2 would round to 1 and z become infinite.
    z = -float(special.ndtri((1 - confidence) / 2))
    share = successes / n
    # As many answers, drawn independently, would tell as much.
    size = n if population is None else n * (population - 1) / (population - n)
    centre = (share + z * z / (2 * size)) / (1 + z * z / size)
    half = z / (1 + z * z / size) * math.sqrt(share * (1 - share) / size + z * z / (4 * size * size))
    # At the ends the formula gives exactly 0 and 1; rounding must not step over them.
    return Interval(0.0 if successes == 0 else centre - half, 1.0 if successes == n else centre + half)


@statistic
def exact_interval(successes: int, n: int, confidence: float = 0.95, *, population: int | None = None) -> Interval:
    """Exact interval of a proportion: its coverage is nowhere below `confidence`.

    Args:
        successes: whole number from 0 to `n`.
        n: valid answers, at least 1.
        confidence: from 0 to 1, exclusive.
        population: how many people could have answered, at least `n`. None: Clopper and Pearson's interval. Given:
            the shares of such a population that the hypergeometric distribution does not reject.

    Raises:
        NoStatistic: where these do not hold.

    Source: Clopper, C. J., and Pearson, E. S. (1934). The use of confidence or fiducial limits illustrated in the
    case of the binomial. Biometrika 26(4), 404-413. Finite population: Buonaccorsi, J. P. (1987). A note on
    confidence intervals for proportions in finite populations. The American Statistician 41(3), 215-218.

    """
    _check_proportion(successes, n, confidence, population)
    tail = (1 - confidence) / 2
    if population is not None:
        return _exact_in_population(successes, n, tail, population)
    low = 0.0 if successes == 0 else float(special.betaincinv(successes, n - successes + 1, tail))
    high = 1.0 if successes == n else float(special.betainccinv(successes + 1, n - successes, tail))
    return Interval(low, high)


def _exact_in_population(successes: int, n: int, tail: float, population: int) -> Interval:
    possible = range(successes, population - (n - successes) + 1)  # how many of the population may be successes
    # Both tails are monotone in that number: the bounds are found by bisection.
    low = bisect.bisect_right(possible, tail, key=lambda k: scipy.stats.hypergeom.sf(successes - 1, population, k, n))
    high = (
        bisect.bisect_left(possible, -tail, key=lambda k: -scipy.stats.hypergeom.cdf(successes, population, k, n)) - 1
    )
    return Interval(possible[low] / population, possible[high] / population)


def _check_proportion(successes: int, n: int, confidence: float, population: int | None) -> None:
    if not (0 <= successes <= n and 1 <= n <= MOST_PEOPLE and 0 < confidence < 1):
        raise NoStatistic(f"no proportion: {successes} of {n} at confidence {confidence}")
    if population is not None and not n <= population <= MOST_PEOPLE:
        raise NoStatistic(f"no proportion: {n} answered of a population of {population}")


@statistic
def mean_interval(
    values: ArrayLike | Sequence[float], confidence: float = 0.95, *, population: int | None = None
) -> Mean:
    """Mean of the values that are not NaN, with Student's interval.

    The order of the values makes no difference, not even in the last digit.

    Args:
        values: any unit, shape (n,), NaN = missing; at least two are finite, none infinite.
        confidence: from 0 to 1, exclusive.
        population: how many people could have answered, at least as many as did. Given, the interval is narrowed by
            the square root of 1 - n / population, which covers random nonresponse only.

    Raises:
        NoStatistic: where these do not hold.

    Source: Student (1908). The probable error of a mean. Biometrika 6(1), 1-25. Correction: Cochran, W. G. (1977).
    Sampling techniques, 3rd ed., Wiley, equation 2.20.

    """
    array = np.asarray(values, dtype=np.float64)
    array = array[~np.isnan(array)]
    if array.size < 2 or not np.all(np.isfinite(array)) or not 0 < confidence < 1:  # noqa: PLR2004 - a spread needs two
        raise NoStatistic("an interval of a mean needs two finite values and a confidence between 0 and 1")
    n = int(array.size)
    if population is not None and not n <= population <= MOST_PEOPLE:
        raise NoStatistic(f"{n} values of a population of {population}")
    unseen = 1.0 if population is None else 1 - n / population
    # fsum rounds once; a running sum would depend on the order.
    estimate = math.fsum(array) / n
    deviation = math.sqrt(math.fsum((array - estimate) ** 2) / (n - 1))
    half = -float(special.stdtrit(n - 1, (1 - confidence) / 2)) * deviation * math.sqrt(unseen / n)
    return Mean(n=n, estimate=estimate, low=estimate - half, high=estimate + half, standard_deviation=deviation)
