"""Shares with their denominators: affected in any way, and what those affected ticked."""

import numpy as np
from msgspec import Struct
from numpy.typing import ArrayLike, NDArray

from analysis.errors import NoStatistic, TooFewValues
from analysis.estimates import wilson_interval
from analysis.given import statistic


class Proportion(Struct, frozen=True, kw_only=True):
    """successes of n, as a share from 0 to 1. low, high: Wilson's interval."""

    successes: int
    n: int
    estimate: float
    low: float
    high: float


class Prevalence(Struct, frozen=True, kw_only=True):
    """How many are affected in any way.

    affected: people with a 1 in any item.
    n: the denominator: people with a valid answer to any item.
    unsure: of those not counted as affected, how many left an item out. Had all of them been affected there, the
        share would be (affected + unsure) / n.
    estimate, low, high: affected / n with Wilson's interval.
    """

    affected: int
    n: int
    unsure: int
    estimate: float
    low: float
    high: float


@statistic
def proportion(successes: int, n: int, confidence: float = 0.95) -> Proportion:
    """A share with Wilson's interval.

    Args:
        successes: whole number from 0 to `n`.
        n: valid answers, at least 1.
        confidence: from 0 to 1, exclusive.

    Raises:
        NoStatistic: where these do not hold.

    Source: as for `wilson_interval`.

    """
    interval = wilson_interval(successes, n, confidence)
    return Proportion(successes=successes, n=n, estimate=successes / n, low=interval.low, high=interval.high)


@statistic
def any_of(experienced: ArrayLike, confidence: float = 0.95) -> Prevalence:
    """Prevalence of at least one of several experiences.

    Args:
        experienced: 1 = at least once, 0 = never, NaN = no valid answer; shape (respondents, items).
        confidence: from 0 to 1, exclusive.

    Raises:
        NoStatistic: other values or another shape.
        TooFewValues: nobody answered any item.

    Source: the denominator follows the programme's questionnaire: everyone who answered part of the block.

    """
    answers = binary(experienced)
    answered = ~np.isnan(answers)
    affected = (answers == 1).any(axis=1)
    asked = answered.any(axis=1)
    n = int(asked.sum())
    if n == 0:
        raise TooFewValues("a prevalence", found=0, needed=1, of="people who answered an item")
    share = proportion(int(affected.sum()), n, confidence)
    return Prevalence(
        affected=share.successes,
        n=n,
        unsure=int((asked & ~affected & ~answered.all(axis=1)).sum()),
        estimate=share.estimate,
        low=share.low,
        high=share.high,
    )


@statistic
def multiple_choice_shares(
    ticks: ArrayLike, asked: ArrayLike | None = None, confidence: float = 0.95
) -> tuple[Proportion, ...]:
    """Of those asked who ticked anything, how many ticked each option; the shares may add up to more than 1.

    Args:
        ticks: 1 = ticked, 0 = not, shape (respondents, options). A row of zeros, or with a NaN, is no answer: an
            option such as "none of these" must be a column of its own.
        asked: whether the respondent belongs to the base, such as those affected; bool, shape (respondents,). None:
            everyone.
        confidence: from 0 to 1, exclusive.

    Raises:
        NoStatistic: other values or shapes.
        TooFewValues: nobody asked ticked anything.

    Source: Open Source Survey 2017, notes on multiple selection: rows without any tick are left out.

    """
    chosen = binary(ticks)
    base = np.ones(len(chosen), dtype=np.bool_) if asked is None else np.asarray(asked, dtype=np.bool_)
    if base.shape != (len(chosen),):
        raise NoStatistic("asked has one value for each respondent")
    base = base & (chosen == 1).any(axis=1) & ~np.isnan(chosen).any(axis=1)
    n = int(base.sum())
    if n == 0:
        raise TooFewValues("a share of those asked", found=0, needed=1, of="people who ticked an option")
    return tuple(proportion(int(count), n, confidence) for count in (chosen[base] == 1).sum(axis=0))


def binary(values: ArrayLike) -> NDArray[np.float64]:
    """0, 1 or NaN, shape (respondents, items)."""
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 2 or not np.isin(array[~np.isnan(array)], (0, 1)).all():  # noqa: PLR2004 - rows and columns
        raise NoStatistic("values are 0, 1 or missing, shape (respondents, items)")
    return array
