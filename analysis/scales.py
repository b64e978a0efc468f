"""Scale scores from 0 to 100."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.errors import NoStatistic
from analysis.given import statistic
from analysis.responses import Responses
from questionnaires.model import Item, Scale


@statistic
def scale_scores(items: ArrayLike, minimum: float, maximum: float, minimum_share: float = 0.5) -> NDArray[np.float64]:
    """Each respondent's mean over the answered items, rescaled to 0 to 100.

    Args:
        items: points, shape (respondents, items), NaN = missing.
        minimum: lowest possible points.
        maximum: highest possible points.
        minimum_share: of the items that must be answered, from 0 (exclusive) to 1; otherwise the score is NaN.

    Returns:
        float64, shape (respondents,), from 0 to 100, NaN where too few items are answered.

    Raises:
        NoStatistic: where these do not hold, or points lie outside `minimum` to `maximum`.

    Source of the arithmetic: percent of maximum possible score, Cohen, P., Cohen, J., Aiken, L. S., and West, S. G.
    (1999). The problem of units and the circumstance for POMP. Multivariate Behavioral Research 34(3), 315-346.

    """
    points = np.asarray(items, dtype=np.float64)
    if points.ndim != 2 or not minimum < maximum or not 0 < minimum_share <= 1:  # noqa: PLR2004 - rows and columns
        raise NoStatistic("items are (respondents, items); minimum lies below maximum; the share in (0, 1]")
    answered = ~np.isnan(points)
    if not np.all((points[answered] >= minimum) & (points[answered] <= maximum)):
        raise NoStatistic(f"points lie from {minimum} to {maximum}")
    counts = answered.sum(axis=1)
    sums = np.where(answered, points, 0.0).sum(axis=1)
    enough = counts >= answers_needed(points.shape[1], minimum_share)
    scores = np.full(points.shape[0], np.nan)
    scores[enough] = (sums[enough] / counts[enough] - minimum) / (maximum - minimum) * 100
    return scores


def answers_needed(items: int, minimum_share: float) -> int:
    """How many of a scale's items have to be answered for a score."""
    # A share such as 0.55 of 20 items is 11.000000000000002 in floating point; 11 answers are enough.
    return max(1, math.ceil(round(minimum_share * items, 9)))


@statistic
def reverse_codes(
    items: ArrayLike, minimum: float, maximum: float, reversed_items: Sequence[int]
) -> NDArray[np.float64]:
    """The items with some of them mirrored, so that high points mean the same in all.

    Args:
        items: points, shape (respondents, items), NaN = missing.
        minimum: lowest possible points.
        maximum: highest possible points.
        reversed_items: positions of the items to mirror, from 0.

    Returns:
        float64, the same shape: minimum + maximum - points in the mirrored items.

    Raises:
        NoStatistic: an item that is not there, or points outside `minimum` to `maximum`.

    Source: Likert, R. (1932). A technique for the measurement of attitudes. Archives of Psychology 140.

    """
    points = np.array(items, dtype=np.float64)
    if points.ndim != 2 or not set(reversed_items) <= set(range(points.shape[1])):  # noqa: PLR2004 - rows and columns
        raise NoStatistic("items are (respondents, items), and a reversed item is one of them")
    answered = points[~np.isnan(points)]
    if not np.all((answered >= minimum) & (answered <= maximum)):
        raise NoStatistic(f"points lie from {minimum} to {maximum}")
    columns = [int(position) for position in reversed_items]
    points[:, columns] = minimum + maximum - points[:, columns]
    return points


def scores_of(responses: Responses, scale: Scale) -> NDArray[np.float64]:
    """The scores of a scale of kind "score": float64, shape (respondents,), NaN where too few items are answered."""
    items = [item for item in responses.questionnaire.items if item.id in scale.items]
    return scale_scores(
        np.column_stack([points(responses, item) for item in items]), 0.0, 1.0, minimum_share=scale.minimum_share
    )


def points(responses: Responses, item: Item) -> NDArray[np.float64]:
    """Points rescaled to 0 to 1, so that items with other numbers of options weigh alike; NaN = missing."""
    values = [option.value for option in item.options if option.value is not None]
    low, high = min(values), max(values)
    points = np.full(responses.size, np.nan)
    for option in item.options:
        if option.value is not None:
            share = (option.value - low) / (high - low)
            points[responses.chose(item, option.code)] = 1 - share if item.reverse else share
    return points


def affected(responses: Responses, scale: Scale) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Who gave a valid answer to any item of a scale of kind "prevalence", and who of them chose one that counts.

    Returns: two bool arrays, shape (respondents,).
    """
    valid = np.zeros(responses.size, dtype=np.bool_)
    counted = np.zeros(responses.size, dtype=np.bool_)
    for item in responses.questionnaire.items:
        if item.id in scale.items:
            of_item = responses.valid(item)
            valid |= of_item
            for option in item.options:
                if not (option.harmless or option.missing):
                    counted |= responses.chose(item, option.code) & of_item
    return valid, counted


def partly_answered(responses: Responses, scale: Scale) -> NDArray[np.bool_]:
    """Who gave a valid answer to some of the scale's items but not to all: bool, shape (respondents,)."""
    valid = np.array([responses.valid(item) for item in responses.questionnaire.items if item.id in scale.items])
    return np.asarray(valid.any(axis=0) & ~valid.all(axis=0))
