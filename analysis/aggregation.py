"""Whether answers of the same unit agree enough to speak of a unit's score. For the whole round only."""

import math
from collections.abc import Hashable
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import ArrayLike, NDArray

from analysis.errors import NoSpread, NoStatistic, TooFewValues
from analysis.given import statistic

ROUNDING = 1e-12  # of the variance within groups; less between them is what floating point leaves of none


class Agreement(Struct, frozen=True, kw_only=True, eq=False):
    """r_wg(j) by group.

    groups: as given, sorted; groups of fewer than two complete respondents have no agreement and are left out.
    values: from 0 to 1, shape (groups,). sizes: complete respondents, shape (groups,).
    """

    groups: tuple[Hashable, ...]
    values: NDArray[np.float64]
    sizes: NDArray[np.int64]

    def __array__(self, dtype: np.dtype | None = None, copy: bool | None = None) -> NDArray[np.float64]:  # noqa: FBT001 - numpy's
        """The values, so that numpy takes the result for them."""
        return np.array(self.values, dtype=dtype, copy=copy)


class VarianceParts(Struct, frozen=True, kw_only=True):
    """One-way analysis of variance.

    between, within: mean squares, in squared units of the values. groups: with any value. n: values.
    """

    between: float
    within: float
    groups: int
    n: int


@statistic
def icc1(values: ArrayLike, groups: ArrayLike) -> float:
    """ICC(1): how much of the variance lies between groups; the reliability of one person's answer about the group.

    Args:
        values: points, shape (n,), NaN = missing.
        groups: the group of each value, shape (n,).

    Returns:
        from -1 / (size - 1) to 1, with size the mean size of a group; below 0 where groups differ less than chance
        would have them.

    Raises:
        TooFewValues: fewer than two groups, or nobody beyond the first in any.
        NoSpread: all values alike.

    Source: Bliese, P. D. (2000). Within-group agreement, non-independence, and reliability. In Klein, K. J., and
    Kozlowski, S. W. J. (eds.), Multilevel theory, research, and methods in organizations. Jossey-Bass, 349-381. The
    mean group size is that of R's package multilevel.

    """
    parts = variance_parts(values, groups)
    size = parts.n / parts.groups
    return (parts.between - parts.within) / (parts.between + (size - 1) * parts.within)


@statistic
def icc2(values: ArrayLike, groups: ArrayLike) -> float:
    """ICC(2): the reliability of the groups' means.

    Args:
        values: points, shape (n,), NaN = missing.
        groups: the group of each value, shape (n,).

    Returns:
        at most 1; below 0 where groups differ less than chance would have them.

    Raises:
        TooFewValues: fewer than two groups, or nobody beyond the first in any.
        NoSpread: the groups' means are all alike.

    Source: Bliese (2000), as for `icc1`.

    """
    parts = variance_parts(values, groups)
    if parts.between <= ROUNDING * parts.within:
        raise NoSpread("the groups' means are all alike")
    return (parts.between - parts.within) / parts.between


@statistic
def rwg_j(items: ArrayLike, groups: ArrayLike, categories: int) -> Agreement:
    """r_wg(j): how far the members of each group agree, against answers spread evenly over the categories.

    Args:
        items: points one step apart, shape (respondents, items), NaN = missing; one item, shape (respondents,), gives
            r_wg. Respondents with any item missing are left out.
        groups: the group of each respondent, shape (respondents,).
        categories: of each item, at least 2; the variance of even answers is (categories² - 1) / 12.

    Returns:
        `Agreement`. A variance above that of even answers counts as no agreement, 0.

    Raises:
        NoStatistic: other shapes, or fewer than two categories.
        TooFewValues: no group with two complete respondents.

    Source: James, L. R., Demaree, R. G., and Wolf, G. (1984). Estimating within-group interrater reliability with and
    without response bias. Journal of Applied Psychology 69(1), 85-98. Mean variance, truncation and complete
    respondents are those of R's package multilevel.

    """
    points = np.asarray(items, dtype=np.float64)
    points = points[:, np.newaxis] if points.ndim == 1 else points
    labels = known_groups(groups)
    if points.ndim != 2 or labels.shape != points.shape[:1] or points.shape[1] < 1:  # noqa: PLR2004 - rows and columns
        raise NoStatistic("items are (respondents, items), groups (respondents,)")
    if not 2 <= categories < math.inf or np.isinf(points).any():  # noqa: PLR2004
        raise NoStatistic("items have at least 2 categories, and points are finite or missing")
    complete = ~np.isnan(points).any(axis=1)
    points, labels = points[complete], labels[complete]
    names, place, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    enough = sizes >= 2  # noqa: PLR2004 - a spread needs two
    if not enough.any():
        raise TooFewValues("agreement", found=int(sizes.max(initial=0)), needed=2, of="complete respondents in a group")
    sums = np.zeros((len(names), points.shape[1]))
    np.add.at(sums, place, points)
    squares = np.zeros(len(names))
    np.add.at(squares, place, ((points - (sums / sizes[:, np.newaxis])[place]) ** 2).mean(axis=1))
    even = (categories**2 - 1) / 12
    ratio = np.minimum(squares[enough] / (sizes[enough] - 1) / even, 1.0)
    agreed = points.shape[1] * (1 - ratio)
    return Agreement(
        groups=tuple(names[enough].tolist()), values=agreed / (agreed + ratio), sizes=sizes[enough].astype(np.int64)
    )


def known_groups(groups: ArrayLike) -> NDArray[Any]:
    """The group of each respondent. Raises: NoStatistic where one is missing, which would be a group of its own."""
    labels = np.asarray(groups)
    if (labels.dtype.kind == "f" and np.isnan(labels).any()) or (labels.dtype.kind == "O" and None in labels.tolist()):
        raise NoStatistic("every respondent has a group: leave out those who stated none")
    return labels


def variance_parts(values: ArrayLike, groups: ArrayLike) -> VarianceParts:
    """Mean squares between and within groups; values and errors as for `icc1`.

    Source: Fisher, R. A. (1925). Statistical methods for research workers. Oliver and Boyd.
    """
    points = np.asarray(values, dtype=np.float64)
    labels = known_groups(groups)
    if points.ndim != 1 or labels.shape != points.shape or np.isinf(points).any():
        raise NoStatistic("values are finite or missing, shape (n,), with a group for each")
    answered = ~np.isnan(points)
    points, labels = points[answered], labels[answered]
    names, place, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    if len(names) < 2:  # noqa: PLR2004 - a comparison needs two
        raise TooFewValues("a comparison of groups", found=len(names), needed=2, of="groups with values")
    if points.size == len(names):
        raise TooFewValues("variance within groups", found=1, needed=2, of="values in some group")
    if points.min() == points.max():
        raise NoSpread("all values are alike")
    means = np.bincount(place, weights=points) / sizes
    between = float((sizes * (means - points.mean()) ** 2).sum()) / (len(names) - 1)
    within = float(((points - means[place]) ** 2).sum()) / (points.size - len(names))
    return VarianceParts(between=between, within=within, groups=len(names), n=int(points.size))
