"""Means of surveys that drew their respondents by a design, or were fitted to the roster."""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from msgspec import Struct
from numpy.typing import ArrayLike, NDArray
from scipy import special

from analysis.errors import NoStatistic, SingleUnit, TooFewValues, UnknownGroup
from analysis.given import named_values, statistic
from analysis.weighting import Groups, Margin, Populations, checked_weights, margins, rake

SWEEPS = 1000  # over all margins, until the residuals come to rest
REST = 1e-13  # of the largest residual


class SurveyMean(Struct, frozen=True, kw_only=True):
    """A mean, or a share where the values are 0 and 1.

    estimate, standard_error, low, high: in the unit of the values; Student's interval.
    n: values that are not missing. degrees_of_freedom: sampled units less strata.
    unweighted: the mean without any weights, to stand beside it.
    """

    estimate: float
    standard_error: float
    low: float
    high: float
    n: int
    degrees_of_freedom: int
    unweighted: float


class _Design(NamedTuple):
    """Sampled units and their strata, all counted from 0.

    unit: of each respondent, shape (n,). stratum: of each unit, shape (units,). names: of the strata.
    sizes: units of the population by stratum, infinite where nobody said.
    """

    unit: NDArray[np.intp]
    stratum: NDArray[np.intp]
    names: list[Any]
    sizes: NDArray[np.float64]


@statistic
def survey_mean(
    values: ArrayLike,
    weights: ArrayLike | None = None,
    strata: ArrayLike | None = None,
    clusters: ArrayLike | None = None,
    population: float | Mapping[Any, float] | ArrayLike | None = None,
    *,
    confidence: float = 0.95,
) -> SurveyMean:
    """Weighted mean with the standard error that the design gives it (linearization, sampled units as drawn once).

    Args:
        values: any unit, shape (n,), NaN = missing. Those who answered are a domain of those sampled: respondents
            with a missing value still count as sampled, as with `na.rm = TRUE` in R's survey package.
        weights: 0 or more, shape (n,). None: all alike, or population over sample where strata and population are
            given.
        strata: the stratum of each respondent, shape (n,).
        clusters: the sampled unit of each respondent, shape (n,). None: respondents were sampled one by one. Clusters
            of the same name in two strata are two.
        population: how many units (clusters, or people) there are to sample from: one size; or by stratum a mapping,
            or an array where strata are coded 0, 1, 2 and so on; or for each respondent the size of their stratum.
            Given, the finite population correction applies.
        confidence: from 0 to 1, exclusive.

    Raises:
        TooFewValues: fewer than two values with weight.
        SingleUnit: a stratum with one sampled unit, and more in the population.
        UnknownGroup: a stratum without a size.
        NoStatistic: other shapes, infinite values, or a population smaller than its sample.

    Source: Lumley, T. (2004). Analysis of complex survey samples. Journal of Statistical Software 9(8). Binder, D. A.
    (1983). On the variances of asymptotically normal estimators from complex surveys. International Statistical
    Review 51(3), 279-292.

    """
    points = _checked(values)
    design = _design(points.size, strata, clusters, population)
    if weights is None and strata is not None and population is not None:
        sampled = np.bincount(design.stratum, minlength=len(design.names))
        weights = (design.sizes / sampled)[design.stratum[design.unit]]
    return _estimated(points, checked_weights(weights, points.size), design, confidence, fitted_to=())


@statistic
def calibrated_mean(
    values: ArrayLike,
    groups: Groups,
    population: Populations,
    weights: ArrayLike | None = None,
    strata: ArrayLike | None = None,
    clusters: ArrayLike | None = None,
    *,
    finite_population: float | Mapping[Any, float] | ArrayLike | None = None,
    confidence: float = 0.95,
) -> SurveyMean:
    """Mean under weights fitted to the population, with the standard error that the fitting earns.

    One margin is post-stratification, several are raking. The standard error comes from what the margins leave
    unexplained: residuals within post-strata, or for raking from all margins at once, those unweighted. Both are as
    R's survey package has them for designs from `postStratify` and `rake`. With unequal weights before raking, that is
    an approximation.

    Args:
        values: any unit, shape (n,), NaN = missing, as for `survey_mean`.
        groups: margins as for `rake`, known for everyone; or the one group of each respondent, shape (n,).
        population: sizes as for `rake`; or of the one margin's groups.
        weights: the design's, before fitting, 0 or more, shape (n,). None: all alike.
        strata: the design's strata, shape (n,).
        clusters: the design's sampled units, shape (n,).
        finite_population: what is `population` in `survey_mean`.
        confidence: from 0 to 1, exclusive.

    Raises:
        as `rake` and `survey_mean` do.

    Source: Deville, J.-C., Särndal, C.-E., and Sautory, O. (1993). Generalized raking procedures in survey sampling.
    Journal of the American Statistical Association 88(423), 1013-1020. Valliant, R. (1993). Poststratification and
    conditional variance estimation. Journal of the American Statistical Association 88(421), 89-96.

    """
    points = _checked(values)
    design = _design(points.size, strata, clusters, finite_population)
    fitted = rake(groups, population, weights)
    if fitted.size != points.size:
        raise NoStatistic("every value has a group")
    return _estimated(points, fitted.weights, design, confidence, fitted_to=margins(groups, population))


def _checked(values: ArrayLike) -> NDArray[np.float64]:
    points = np.asarray(values, dtype=np.float64)
    if points.ndim != 1 or np.isinf(points).any():
        raise NoStatistic("values are finite or missing, shape (n,)")
    return points


def _design(
    n: int,
    strata: ArrayLike | None,
    clusters: ArrayLike | None,
    population: float | Mapping[Any, float] | ArrayLike | None,
) -> _Design:
    names, stratum = _numbered(np.zeros(n, dtype=np.intp) if strata is None else strata, n)
    _, cluster = _numbered(np.arange(n) if clusters is None else clusters, n)
    units, unit = np.unique(stratum * (n + 1) + cluster, return_inverse=True)
    stratum_of_unit = units // (n + 1)
    sizes = _sizes(names, stratum, population, is_stratified=strata is not None)
    sampled = np.bincount(stratum_of_unit, minlength=len(names))
    if not (sizes >= sampled).all():  # NaN is no size either
        raise NoStatistic("a population is known, and no smaller than what was sampled from it")
    return _Design(unit, stratum_of_unit, names, sizes)


def _numbered(labels: ArrayLike, n: int) -> tuple[list[Any], NDArray[np.intp]]:
    given = np.asarray(labels)
    if given.shape != (n,) or (given.dtype.kind == "f" and np.isnan(given).any()):
        raise NoStatistic("strata and clusters are known for every respondent")
    try:
        names, place = np.unique(given, return_inverse=True)
    except TypeError:  # None cannot be sorted among names
        raise NoStatistic("strata and clusters are known for every respondent, and of one type") from None
    return names.tolist(), place


def _sizes(
    names: list[Any],
    stratum: NDArray[np.intp],
    population: float | Mapping[Any, float] | ArrayLike | None,
    *,
    is_stratified: bool,
) -> NDArray[np.float64]:
    """Units of the population by stratum."""
    if population is None:
        return np.full(len(names), np.inf)
    by_name = named_values(population)
    # A labelled column as long as the respondents gives each the size of their stratum.
    if by_name is not None and (isinstance(population, Mapping) or len(by_name) != stratum.size):
        return _by_stratum(names, by_name)
    given = np.asarray(population, dtype=np.float64)
    if given.ndim == 0 and is_stratified:
        raise UnknownGroup("with strata, the population is given by stratum")
    if given.ndim == 0:
        return np.full(len(names), float(given))
    if given.ndim == 1 and given.shape != stratum.shape:
        return _by_stratum(names, dict(enumerate(given.tolist())))
    if given.ndim != 1:
        raise NoStatistic("population is one size, sizes by stratum, or one size for each respondent")
    sizes = np.zeros(len(names))
    sizes[stratum] = given
    if (sizes[stratum] != given).any():
        raise UnknownGroup("the population of a stratum is the same for all of its respondents")
    return sizes


def _by_stratum(names: list[Any], population: Mapping[Any, float]) -> NDArray[np.float64]:
    missing = [name for name in names if name not in population]
    if missing:
        raise UnknownGroup(f"stratum {missing[0]!r} has no population")
    return np.array([population[name] for name in names], dtype=np.float64)


def _estimated(
    points: NDArray[np.float64],
    weights: NDArray[np.float64],
    design: _Design,
    confidence: float,
    *,
    fitted_to: list[Margin] | tuple[()],
) -> SurveyMean:
    if not 0 < confidence < 1:
        raise NoStatistic("confidence lies between 0 and 1")
    counted = ~np.isnan(points) & (weights > 0)
    n = int(counted.sum())
    if n < 2:  # noqa: PLR2004 - a spread needs two
        raise TooFewValues("a mean with its standard error", found=n, needed=2, of="values with weight")
    total = float(weights[counted].sum())
    known = np.where(counted, points, 0.0)
    estimate = float((weights * known).sum()) / total
    residuals = np.where(counted, points - estimate, 0.0) / total
    residuals = _unexplained(residuals, weights, fitted_to)
    error = math.sqrt(_variance(weights * residuals, design))
    active = np.unique(design.unit[counted])
    degrees = active.size - np.unique(design.stratum[active]).size
    half = 0.0
    if error > 0:
        if degrees < 1:
            raise TooFewValues("an interval", found=active.size, needed=2, of="sampled units in a stratum")
        half = -float(special.stdtrit(degrees, (1 - confidence) / 2)) * error
    return SurveyMean(
        estimate=estimate,
        standard_error=error,
        low=estimate - half,
        high=estimate + half,
        n=n,
        degrees_of_freedom=degrees,
        unweighted=float(points[~np.isnan(points)].mean()),
    )


def _unexplained(
    residuals: NDArray[np.float64], weights: NDArray[np.float64], fitted_to: list[Margin] | tuple[()]
) -> NDArray[np.float64]:
    """What the margins leave of the residuals."""
    # Post-strata: weighted means. Several margins: unweighted ones, which is what R does for raked designs.
    shares = weights if len(fitted_to) == 1 else (weights > 0).astype(np.float64)
    largest = float(np.abs(residuals).max())
    for _ in range(SWEEPS if fitted_to else 0):
        before = residuals
        for place, sizes in fitted_to:
            sums = np.bincount(place, weights=shares * residuals, minlength=len(sizes))
            people = np.bincount(place, weights=shares, minlength=len(sizes))
            means = np.divide(sums, people, out=np.zeros_like(sums), where=people > 0)
            residuals = residuals - means[place]
        if np.abs(residuals - before).max() <= REST * largest:
            break
    return residuals


def _variance(scores: NDArray[np.float64], design: _Design) -> float:
    """Variance of the sum of the scores."""
    totals = np.bincount(design.unit, weights=scores)
    sampled = np.bincount(design.stratum, minlength=len(design.names))
    unseen = 1 - sampled / design.sizes
    alone = (sampled == 1) & (unseen > 0)
    if alone.any():
        raise SingleUnit(design.names[int(np.argmax(alone))])
    means = np.bincount(design.stratum, weights=totals) / sampled
    squares = np.bincount(design.stratum, weights=(totals - means[design.stratum]) ** 2)
    return float((unseen * sampled / np.maximum(sampled - 1, 1) * squares).sum())
