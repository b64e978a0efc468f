"""Estimates with their intervals."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from msgspec import Struct
from numpy.typing import ArrayLike
from scipy import special


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


def wilson_interval(successes: int, n: int, confidence: float = 0.95) -> Interval:
    """Score interval of a proportion.

    Args:
        successes: whole number from 0 to `n`.
        n: valid answers, at least 1.
        confidence: from 0 to 1, exclusive.

    Raises:
        ValueError: where these do not hold.

    Source: Wilson, E. B. (1927). Probable inference, the law of succession, and statistical inference. Journal of
    the American Statistical Association 22(158), 209-212.

    """
    if not (0 <= successes <= n and n >= 1 and 0 < confidence < 1):
        raise ValueError(f"no proportion: {successes} of {n} at confidence {confidence}")
    # The lower tail: (1 + confidence) / 2 would round to 1 and z become infinite.
    z = -float(special.ndtri((1 - confidence) / 2))
    share = successes / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    # At the ends the formula gives exactly 0 and 1; rounding must not step over them.
    return Interval(0.0 if successes == 0 else centre - half, 1.0 if successes == n else centre + half)


def mean_interval(values: ArrayLike | Sequence[float], confidence: float = 0.95) -> Mean:
    """Mean of the values that are not NaN, with Student's interval.

    The order of the values makes no difference, not even in the last digit.

    Args:
        values: any unit, shape (n,), NaN = missing; at least two are finite, none infinite.
        confidence: from 0 to 1, exclusive.

    Raises:
        ValueError: where these do not hold.

    Source: Student (1908). The probable error of a mean. Biometrika 6(1), 1-25.

    """
    array = np.asarray(values, dtype=np.float64)
    array = array[~np.isnan(array)]
    if array.size < 2 or not np.all(np.isfinite(array)) or not 0 < confidence < 1:  # noqa: PLR2004 - a spread needs two
        raise ValueError("an interval of a mean needs two finite values and a confidence between 0 and 1")
    n = int(array.size)
    # fsum rounds once; a running sum would depend on the order.
    estimate = math.fsum(array) / n
    deviation = math.sqrt(math.fsum((array - estimate) ** 2) / (n - 1))
    half = -float(special.stdtrit(n - 1, (1 - confidence) / 2)) * deviation / math.sqrt(n)
    return Mean(n=n, estimate=estimate, low=estimate - half, high=estimate + half, standard_deviation=deviation)
