"""Weights that make respondents resemble the roster: post-stratification, raking, trimming, and what they cost."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.errors import NoStatistic, NotConverged, TooFewValues, UnknownGroup
from analysis.given import named_values, statistic

RAKING_TOLERANCE = 1e-10  # largest gap of a weighted margin, as a share of the population
RAKING_ITERATIONS = 1000  # rounds over all margins

Sizes = Mapping[Any, float] | Sequence[float] | NDArray[Any]
SEVERAL = (Mapping, Sequence, np.ndarray)  # sizes, not one
Groups = NDArray[Any] | Sequence[Any] | Mapping[str, ArrayLike]
Populations = Sizes | Mapping[str, Sizes] | Sequence[Sizes]


class Weights(np.ndarray[tuple[int], np.dtype[np.float64]]):
    """Weights of the respondents, float64, shape (n,): an array that says how it came about.

    iterations: rounds over all margins. gap: largest difference between a weighted margin and the population's, as a
    share of the population. converged: whether the gap is within the tolerance. What is computed from such an array
    has not converged to anything: its gap is infinite.
    """

    iterations: int
    gap: float
    converged: bool

    def __array_finalize__(self, source: object) -> None:
        self.iterations, self.gap, self.converged = 0, math.inf, False

    @property
    def weights(self) -> NDArray[np.float64]:
        """The same as a plain array."""
        return np.asarray(self)


class Margin(NamedTuple):
    """place: the group of each respondent, counted from 0, shape (n,). sizes: of the population, shape (groups,)."""

    place: NDArray[np.intp]
    sizes: NDArray[np.float64]


@statistic
def post_stratify(groups: ArrayLike, population: Sizes, weights: ArrayLike | None = None) -> Weights:
    """Weights that give every group its size in the population.

    Args:
        groups: the group of each respondent, shape (n,), none missing.
        population: size of every group, by name; or for groups coded 0, 1, 2 and so on, an array.
        weights: the respondents' weights before, 0 or more, shape (n,). None: all alike.

    Returns:
        `Weights`, shape (n,), which add up to the population.

    Raises:
        UnknownGroup: a group that the population, or a group of people that the respondents, do not have.
        NoStatistic: weights or sizes that are negative or missing.

    Source: Holt, D., and Smith, T. M. F. (1979). Post stratification. Journal of the Royal Statistical Society A
    142(1), 33-46.

    """
    return _raked([margin(groups, population)], weights)


@statistic
def rake(groups: Groups, population: Populations, weights: ArrayLike | None = None) -> Weights:
    """Weights that give every group of every margin its size in the population, by iterative proportional fitting.

    Args:
        groups: margins, each with the group of each respondent, shape (n,), none missing: a mapping by name, or a
            sequence.
        population: size of every group, by margin: a mapping by the same names, or a sequence in the same order. All
            margins add up to the same total.
        weights: the respondents' weights before, 0 or more, shape (n,). None: all alike.

    Returns:
        `Weights`, shape (n,), which add up to the population, with `iterations` and `gap`.

    Raises:
        NotConverged: the margins contradict one another among those who responded.
        UnknownGroup: a group that the population, or a group of people that the respondents, do not have.
        NoStatistic: totals that differ; weights or sizes that are negative or missing.

    Source: Deming, W. E., and Stephan, F. F. (1940). On a least squares adjustment of a sampled frequency table when
    the expected marginal totals are known. Annals of Mathematical Statistics 11(4), 427-444.

    """
    return _raked(margins(groups, population), weights)


@statistic
def margin_gap(weights: ArrayLike, groups: Groups, population: Populations) -> float:
    """Largest difference between a weighted margin and the population's, as a share of the population.

    It tells what trimming has cost.

    Args:
        weights: 0 or more, shape (n,).
        groups: as for `rake`; or the group of each respondent.
        population: as for `rake`; or the size of every group.

    Raises:
        UnknownGroup: a group that the population, or a group of people that the respondents, do not have.
        NoStatistic: weights or sizes that are negative or missing.

    Source: as for `rake`.

    """
    found = margins(groups, population)
    return _gap(found, checked_weights(weights, len(found[0].place)))


@statistic
def trim_weights(weights: ArrayLike, *, smallest: float = 0.0, largest: float) -> NDArray[np.float64]:
    """Weights drawn in to bounds; what is cut off goes to the others in equal parts, until all keep the bounds.

    Args:
        weights: 0 or more, shape (n,).
        smallest: lower bound.
        largest: upper bound; their mean lies between both.

    Returns:
        float64, shape (n,), with the same sum. Margins no longer hold exactly: see `margin_gap`.

    Raises:
        NoStatistic: bounds that the mean does not keep, or that are too tight; weights that are negative or missing.

    Source: Potter, F. J. (1990). A study of procedures to identify and trim extreme sampling weights. Proceedings of
    the Section on Survey Research Methods, American Statistical Association, 225-230. Equal parts: R's `trimWeights`.

    """
    trimmed = checked_weights(weights, None)
    total = float(trimmed.sum())
    if not smallest <= total / trimmed.size <= largest:
        raise NoStatistic(f"weights with a mean of {total / trimmed.size:.6g} cannot lie from {smallest} to {largest}")
    outside = np.zeros(trimmed.size, dtype=np.bool_)
    while (beyond := ~outside & ((trimmed > largest) | (trimmed < smallest))).any():
        outside |= beyond
        trimmed = np.clip(trimmed, smallest, largest)
        if outside.all():
            raise NoStatistic("bounds leave no weight that could take what is cut off")
        trimmed[~outside] += (total - trimmed.sum()) / (~outside).sum()
    return trimmed


@statistic
def kish_design_effect(weights: ArrayLike) -> float:
    """How many times larger unequal weights make the variance of a mean: n sum(w²) / sum(w)².

    n divided by it is the effective number of respondents.

    Args:
        weights: 0 or more, shape (n,).

    Returns:
        from 1, all alike, to n, where one respondent has all the weight.

    Raises:
        TooFewValues: no weights.
        NoStatistic: weights that are negative, missing, or all zero.

    Source: Kish, L. (1992). Weighting for unequal Pi. Journal of Official Statistics 8(2), 183-200.

    """
    given = checked_weights(weights, None)
    scaled = given / given.max()  # squares of very small weights would vanish
    return float(given.size * (scaled**2).sum() / scaled.sum() ** 2)


def checked_weights(weights: ArrayLike | None, n: int | None) -> NDArray[np.float64]:
    """The weights as a new array; n: respondents, None: as many as there are weights."""
    if weights is None and n is not None:
        weights = np.ones(n)
    given = np.array(weights, dtype=np.float64, subok=False)
    if given.size == 0:
        raise TooFewValues("a weighted figure", found=0, needed=1, of="respondents")
    if given.ndim != 1 or n not in {None, given.size} or not (np.isfinite(given) & (given >= 0)).all():
        raise NoStatistic("weights are finite and not negative, one for each respondent")
    if not (given > 0).any():
        raise NoStatistic("all weights are zero")
    return given


def margins(groups: Groups, population: Populations) -> list[Margin]:
    """The margins that `groups` and `population` describe; sizes of groups without a margin's name make one margin."""
    sizes_by_name = named_values(population)
    # A labelled column has names, too: of the respondents.
    columns_by_name = None if getattr(groups, "ndim", 2) == 1 else named_values(groups)
    if sizes_by_name is not None and columns_by_name is not None:
        if set(columns_by_name) != set(sizes_by_name):
            raise UnknownGroup("groups and population name the same margins")
        return [margin(columns_by_name[name], sizes) for name, sizes in sizes_by_name.items()]
    if columns_by_name is not None:
        raise UnknownGroup("groups and population both name their margins, or both count them")
    if sizes_by_name is not None or not any(isinstance(sizes, SEVERAL) or named_values(sizes) for sizes in population):
        return [margin(groups, population)]
    columns = list(groups.T if isinstance(groups, np.ndarray) else groups)
    if len(columns) != len(population):
        raise UnknownGroup(f"{len(columns)} margins of respondents, {len(population)} of the population")
    return [margin(column, sizes) for column, sizes in zip(columns, population, strict=True)]


def margin(groups: Any, population: Any) -> Margin:
    """One margin; what was given is checked here, whatever its type."""
    sizes_by_name = named_values(population)
    if sizes_by_name is None:
        sizes_by_name = dict(enumerate(np.asarray(population, dtype=np.float64).tolist()))
    if any(isinstance(size, SEVERAL) for size in sizes_by_name.values()):
        raise NoStatistic("the population of a margin is the size of every group")
    labels = np.asarray(groups)
    if labels.ndim != 1 or labels.size == 0:
        raise NoStatistic("every respondent has one group, and there is a respondent")
    try:
        names, place = np.unique(labels, return_inverse=True)
    except TypeError:  # None cannot be sorted among names
        raise UnknownGroup("every respondent has a group, and all groups are of one type") from None
    responding = dict.fromkeys(names.tolist())
    unknown = [name for name in responding if name not in sizes_by_name]
    if unknown:
        raise UnknownGroup(f"the population has no group {unknown[0]!r}")
    empty = [name for name, size in sizes_by_name.items() if size > 0 and name not in responding]
    if empty:
        raise UnknownGroup(f"nobody of group {empty[0]!r} responded: merge it with a similar group")
    sizes = np.array([sizes_by_name[name] for name in responding], dtype=np.float64)
    if not (np.isfinite(sizes) & (sizes >= 0)).all() or sizes.sum() == 0:
        raise NoStatistic("sizes of groups are finite and not negative, and not all zero")
    return Margin(place, sizes)


def _raked(found: Sequence[Margin], weights: ArrayLike | None) -> Weights:
    totals = [float(one.sizes.sum()) for one in found]
    if any(len(one.place) != len(found[0].place) for one in found):
        raise NoStatistic("margins have a group for each respondent")
    if max(totals) - min(totals) > RAKING_TOLERANCE * max(totals):
        raise NoStatistic(f"margins add up to different populations: {totals}")
    raked = checked_weights(weights, len(found[0].place))
    for iteration in range(1, RAKING_ITERATIONS + 1):
        for one in found:
            weighted = np.bincount(one.place, weights=raked, minlength=len(one.sizes))
            if ((weighted == 0) & (one.sizes > 0)).any():
                raise UnknownGroup("the respondents of a group have no weight: merge it with a similar group")
            factors = np.divide(one.sizes, weighted, out=np.zeros_like(weighted), where=weighted > 0)
            raked *= factors[one.place]
        gap = _gap(found, raked)
        if gap <= RAKING_TOLERANCE:
            result = raked.view(Weights)
            result.iterations, result.gap, result.converged = iteration, gap, True
            return result
    raise NotConverged("raking", iterations=RAKING_ITERATIONS, gap=gap)


def _gap(found: Sequence[Margin], weights: NDArray[np.float64]) -> float:
    total = float(found[0].sizes.sum())
    return max(
        float(np.abs(np.bincount(one.place, weights=weights, minlength=len(one.sizes)) - one.sizes).max()) / total
        for one in found
    )
