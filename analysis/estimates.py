"""Estimates with their intervals."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from msgspec import Struct
from numpy.typing import ArrayLike
from scipy import stats


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
    z = float(stats.norm.ppf((1 + confidence) / 2))
    share = successes / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    # At the ends the formula gives exactly 0 and 1; rounding must not step over them.
    return Interval(0.0 if successes == 0 else centre - half, 1.0 if successes == n else centre + half)


def mean_interval(values: ArrayLike | Sequence[float], confidence: float = 0.95) -> Mean:
    """Mean of the values that are not NaN, with Student's interval. Raises ValueError below two values.

    Source: Student (1908). The probable error of a mean. Biometrika 6(1), 1-25.
    """
    array = np.asarray(values, dtype=np.float64)
    array = array[~np.isnan(array)]
    if array.size < 2:  # noqa: PLR2004 - a spread needs two values
        raise ValueError("an interval of a mean needs at least two values")
    estimate, deviation = float(array.mean()), float(array.std(ddof=1))
    half = float(stats.t.ppf((1 + confidence) / 2, array.size - 1)) * deviation / math.sqrt(array.size)
    return Mean(
        n=int(array.size), estimate=estimate, low=estimate - half, high=estimate + half, standard_deviation=deviation
    )
