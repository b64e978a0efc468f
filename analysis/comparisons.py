"""Two rounds, two groups: differences from plain counts, means and standard deviations, as released tables hold them.

Rounds are separate samples of the staff: a difference is a change of the city or the unit, never of a person. Every
difference is first less second; for a change give the later round first. Where either side is hidden, so is the
difference: `difference_of_shown` and `difference_of_shown_means` keep to that.
"""

import math
from collections.abc import Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import ArrayLike, NDArray
from scipy import special

from analysis.errors import NoSpread, NoStatistic, TooFewValues
from analysis.estimates import wilson_interval
from analysis.given import statistic

FALSE_DISCOVERY_RATE = 0.05  # of the changes flagged, the share expected to be noise


class DifferenceOfProportions(Struct, frozen=True, kw_only=True):
    """difference, low, high: of shares, from -1 to 1. p: two-sided. h: Cohen's h, from -pi to pi."""

    difference: float
    low: float
    high: float
    p: float
    h: float


class DifferenceOfMeans(Struct, frozen=True, kw_only=True):
    """difference, low, high: in the unit of the means. p: two-sided, of Welch's t. d: Cohen's d."""

    difference: float
    low: float
    high: float
    p: float
    t: float
    degrees_of_freedom: float
    d: float


Difference = DifferenceOfProportions | DifferenceOfMeans


class JudgedChange(Struct, frozen=True, kw_only=True):
    """A difference as one of a family.

    adjusted_p: Benjamini and Hochberg's. beyond_noise: whether it is at most the false discovery rate: the flag that
    earns a closer look, not a proof.
    """

    change: Difference
    adjusted_p: float
    beyond_noise: bool


@statistic
def difference_of_proportions(k1: int, n1: int, k2: int, n2: int, confidence: float = 0.95) -> DifferenceOfProportions:
    """k1 of n1 less k2 of n2, for separate samples.

    Args:
        k1: successes of the first sample, from 0 to `n1`.
        n1: its valid answers, at least 1.
        k2: successes of the second sample, from 0 to `n2`.
        n2: its valid answers, at least 1.
        confidence: from 0 to 1, exclusive.

    Returns:
        Newcombe's hybrid score interval; p of the score test with the pooled share; h.

    Raises:
        NoStatistic: where these do not hold.

    Source: Newcombe, R. G. (1998). Interval estimation for the difference between independent proportions: comparison
    of eleven methods. Statistics in Medicine 17(8), 873-890, method 10. Cohen, J. (1988). Statistical power analysis
    for the behavioral sciences, 2nd ed., Erlbaum, section 6.2.

    """
    first, second = wilson_interval(k1, n1, confidence), wilson_interval(k2, n2, confidence)
    share1, share2 = k1 / n1, k2 / n2
    difference = share1 - share2
    pooled = (k1 + k2) / (n1 + n2)
    error = math.sqrt(pooled * (1 - pooled) * (1 / n1 + 1 / n2))
    return DifferenceOfProportions(
        difference=difference,
        low=max(-1.0, difference - math.hypot(share1 - first.low, second.high - share2)),
        high=min(1.0, difference + math.hypot(first.high - share1, share2 - second.low)),
        # Where nobody, or everybody, is a success in both, the shares do not differ at all.
        p=1.0 if error == 0 else two_sided(difference / error),
        h=2 * math.asin(math.sqrt(share1)) - 2 * math.asin(math.sqrt(share2)),
    )


@statistic
def difference_of_means(
    mean1: float,
    standard_deviation1: float,
    n1: int,
    mean2: float,
    standard_deviation2: float,
    n2: int,
    confidence: float = 0.95,
) -> DifferenceOfMeans:
    """mean1 less mean2, for separate samples with variances of their own (Welch).

    Below the whole round standard deviations are never released; the whole round's stands in for them.

    Args:
        mean1: of the first sample.
        standard_deviation1: of its values, 0 or more.
        n1: its values, at least 2.
        mean2: of the second sample.
        standard_deviation2: of its values, 0 or more.
        n2: its values, at least 2.
        confidence: from 0 to 1, exclusive.

    Raises:
        TooFewValues: fewer than two values.
        NoSpread: neither sample varies, and the means differ.
        NoStatistic: anything infinite or missing, or a confidence outside its range.

    Source: Welch, B. L. (1947). The generalization of "Student's" problem when several different population variances
    are involved. Biometrika 34(1-2), 28-35. Cohen (1988), section 2.2, with the pooled standard deviation.

    """
    if min(n1, n2) < 2:  # noqa: PLR2004 - a spread needs two
        raise TooFewValues("a difference of means", found=min(n1, n2), needed=2, of="values on both sides")
    given = (mean1, standard_deviation1, n1, mean2, standard_deviation2, n2)
    if (
        not all(map(math.isfinite, given))
        or min(standard_deviation1, standard_deviation2) < 0
        or not 0 < confidence < 1
    ):
        raise NoStatistic("means are finite, standard deviations 0 or more, and the confidence between 0 and 1")
    difference = mean1 - mean2
    part1, part2 = standard_deviation1**2 / n1, standard_deviation2**2 / n2
    error = math.sqrt(part1 + part2)
    if error == 0:
        if difference != 0:
            raise NoSpread("neither sample varies: their difference has no standard error")
        return DifferenceOfMeans(
            difference=0.0, low=0.0, high=0.0, p=1.0, t=0.0, degrees_of_freedom=float(n1 + n2 - 2), d=0.0
        )
    # Shares of the variance, so that very small variances do not vanish when squared.
    weight = part1 / (part1 + part2)
    degrees = 1 / (weight**2 / (n1 - 1) + (1 - weight) ** 2 / (n2 - 1))
    half = -float(special.stdtrit(degrees, (1 - confidence) / 2)) * error
    pooled = math.sqrt(((n1 - 1) * standard_deviation1**2 + (n2 - 1) * standard_deviation2**2) / (n1 + n2 - 2))
    return DifferenceOfMeans(
        difference=difference,
        low=difference - half,
        high=difference + half,
        p=2 * float(special.stdtr(degrees, -abs(difference / error))),
        t=difference / error,
        degrees_of_freedom=degrees,
        d=difference / pooled,
    )


@statistic
def benjamini_hochberg(p_values: ArrayLike) -> NDArray[np.float64]:
    """P-values adjusted so that those at most q have an expected share of q false discoveries.

    Args:
        p_values: from 0 to 1, shape (n,), NaN = missing: no member of the family.

    Returns:
        float64, shape (n,), each at least the value it adjusts; NaN stays where it was.

    Raises:
        NoStatistic: values outside 0 to 1, or another shape.

    Source: Benjamini, Y., and Hochberg, Y. (1995). Controlling the false discovery rate: a practical and powerful
    approach to multiple testing. Journal of the Royal Statistical Society B 57(1), 289-300.

    """
    given = np.asarray(p_values, dtype=np.float64)
    tested = ~np.isnan(given)
    if given.ndim != 1 or not ((given[tested] >= 0) & (given[tested] <= 1)).all():
        raise NoStatistic("p-values lie from 0 to 1, shape (n,)")
    family = given[tested]
    order = np.argsort(family)
    ranked = family[order] * (family.size / np.arange(1, family.size + 1))  # the last one is multiplied by exactly 1
    adjusted = np.full(given.size, np.nan)
    members = np.empty(family.size)
    members[order] = np.minimum(np.minimum.accumulate(ranked[::-1])[::-1], 1.0)
    adjusted[tested] = members
    return adjusted


@statistic
def difference_of_shown(
    later: tuple[int, int] | None, earlier: tuple[int, int] | None, confidence: float = 0.95
) -> DifferenceOfProportions | None:
    """The change of a released share; None where either round hides it.

    Args:
        later: (count, n) of the later round's cell; None = hidden.
        earlier: (count, n) of the earlier round's cell; None = hidden.
        confidence: from 0 to 1, exclusive.

    Returns:
        later less earlier. It reads published cells only, and so tells nothing that these do not tell already.

    Raises:
        NoStatistic: as for `difference_of_proportions`.

    Source: as for `difference_of_proportions`.

    """
    if later is None or earlier is None:
        return None
    return difference_of_proportions(*later, *earlier, confidence)


@statistic
def difference_of_shown_means(
    later: tuple[float, float, int] | None, earlier: tuple[float, float, int] | None, confidence: float = 0.95
) -> DifferenceOfMeans | None:
    """The change of a released mean; None where either round hides it.

    Args:
        later: (mean, standard deviation, n) of the later round's cell; None = hidden.
        earlier: (mean, standard deviation, n) of the earlier round's cell; None = hidden.
        confidence: from 0 to 1, exclusive.

    Returns:
        later less earlier. It reads published cells only, and so tells nothing that these do not tell already.

    Raises:
        NoStatistic: as for `difference_of_means`.

    Source: as for `difference_of_means`.

    """
    if later is None or earlier is None:
        return None
    return difference_of_means(*later, *earlier, confidence)


@statistic
def judged_together(
    changes: Sequence[Difference | None], false_discovery_rate: float = FALSE_DISCOVERY_RATE
) -> tuple[JudgedChange | None, ...]:
    """The changes as one declared family, each with its adjusted p-value and whether it is beyond noise.

    Args:
        changes: every change of the family that was declared before looking; None = hidden, and no member.
        false_discovery_rate: from 0 to 1, exclusive.

    Returns:
        in the same order; None where the change is None.

    Raises:
        NoStatistic: a rate outside its range, or a change that is no difference.

    Source: as for `benjamini_hochberg`.

    """
    if not 0 < false_discovery_rate < 1:
        raise NoStatistic("a false discovery rate lies between 0 and 1")
    if not all(change is None or isinstance(change, Difference) for change in changes):
        raise NoStatistic("a family is made of differences of proportions and of means; None = hidden")
    adjusted = benjamini_hochberg([math.nan if change is None else change.p for change in changes])
    return tuple(
        None if change is None else JudgedChange(change=change, adjusted_p=p, beyond_noise=p <= false_discovery_rate)
        for change, p in zip(changes, adjusted.tolist(), strict=True)
    )


def two_sided(z: float) -> float:
    """The two-sided p-value of a standard normal deviate."""
    return 2 * float(special.ndtr(-abs(z)))
