"""How well the items of a scale hang together. For the whole round only: none of these is linear in counts."""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, special

from analysis.errors import NoSpread, NoStatistic, TooFewValues
from analysis.estimates import MOST_PEOPLE, Interval
from analysis.given import statistic

ROUNDING = 1e-12  # of the items' variances; a sum that varies less does not vary but for floating point
SMALLEST_UNIQUENESS = 0.005  # of an item's variance; the bound of R's factanal and psych
SMALLEST_ITEMS_OF_A_FACTOR = 3  # items; with two, any loadings of the right product fit


@statistic
def cronbach_alpha(items: ArrayLike) -> float:
    """Cronbach's raw coefficient alpha of a sum of items.

    Args:
        items: points, reverse-coded items already mirrored, shape (respondents, items), at least two items, NaN =
            missing. Each covariance uses everyone who answered both of its items, as psych and pingouin do.

    Returns:
        at most 1; below 0 where the items contradict one another, which mostly means that one was not mirrored.

    Raises:
        TooFewValues: fewer than two items, or two items that fewer than two people answered both.
        NoSpread: nobody's sum differs from anybody else's.

    Source: Cronbach, L. J. (1951). Coefficient alpha and the internal structure of tests. Psychometrika 16, 297-334.

    """
    covariances = _covariances(_checked(items, smallest=2, statistic="alpha"))
    variances = float(np.trace(covariances))
    total = float(covariances.sum())
    if total <= ROUNDING * variances:
        raise NoSpread("nobody's sum of items differs from anybody else's")
    count = len(covariances)
    return count / (count - 1) * (1 - variances / total)


@statistic
def alpha_interval(alpha: float, n: int, items: int, confidence: float = 0.95) -> Interval:
    """Feldt's interval of coefficient alpha: exact where items are parallel and normal, approximate elsewhere.

    Args:
        alpha: the coefficient, at most 1.
        n: respondents it was computed from, at least 2.
        items: items of the scale, at least 2.
        confidence: from 0 to 1, exclusive.

    Raises:
        NoStatistic: where these do not hold.

    Source: Feldt, L. S., Woodruff, D. J., and Salih, F. A. (1987). Statistical inference for coefficient alpha.
    Applied Psychological Measurement 11(1), 93-103.

    """
    if not (-math.inf < alpha <= 1 and 2 <= n <= MOST_PEOPLE and 2 <= items <= MOST_PEOPLE and 0 < confidence < 1):  # noqa: PLR2004 - a spread needs two
        raise NoStatistic(f"no interval of alpha {alpha} from {n} respondents and {items} items")
    tail = (1 - confidence) / 2
    degrees = (n - 1, (n - 1) * (items - 1))
    return Interval(
        low=1 - (1 - alpha) * float(special.fdtri(*degrees, 1 - tail)),
        high=1 - (1 - alpha) * float(special.fdtri(*degrees, tail)),
    )


@statistic
def mcdonald_omega(items: ArrayLike) -> float:
    """McDonald's omega total from one common factor of the items' correlations.

    The factor's loadings minimize the squared residuals off the diagonal (minimum residuals), over uniquenesses from
    0.005 to 1: omega is 1 minus the sum of the uniquenesses over the sum of all correlations, as psych's
    `omega(x, nfactors=1)` has it. psych mirrors items with a negative loading; here they stay as they are, and omega
    falls.

    Args:
        items: points, reverse-coded items already mirrored, shape (respondents, items), at least three items, NaN =
            missing. Each correlation uses everyone who answered both of its items.

    Returns:
        at most 1; below 0 where the items contradict one another.

    Raises:
        TooFewValues: fewer than three items, or two items that fewer than two people answered both.
        NoSpread: an item that everyone answered alike.

    Source: McDonald, R. P. (1999). Test theory: a unified treatment. Erlbaum, chapter 6. Minimum residuals: Harman, H.
    H., and Jones, W. H. (1966). Factor analysis by minimizing residuals (minres). Psychometrika 31, 351-368.

    """
    points = _checked(items, smallest=SMALLEST_ITEMS_OF_A_FACTOR, statistic="omega")
    correlations = _correlations(points)
    total = float(correlations.sum())
    if total <= ROUNDING * len(correlations):
        raise NoSpread("nobody's sum of standardized items differs from anybody else's")
    loadings = _one_factor(correlations)
    return 1 - float((1 - loadings**2).sum()) / total


@statistic
def item_rest_correlations(items: ArrayLike) -> NDArray[np.float64]:
    """Each item's correlation with the sum of the others.

    Args:
        items: points, reverse-coded items already mirrored, shape (respondents, items), at least two items, NaN =
            missing. Each covariance uses everyone who answered both of its items.

    Returns:
        float64, shape (items,), from -1 to 1.

    Raises:
        TooFewValues: fewer than two items, or two items that fewer than two people answered both.
        NoSpread: an item, or the sum of the others, that is the same for everyone.

    Source: Nunnally, J. C., and Bernstein, I. H. (1994). Psychometric theory, 3rd ed., McGraw-Hill, section 8.

    """
    covariances = _covariances(_checked(items, smallest=2, statistic="an item-rest correlation"))
    variances = np.diag(covariances)
    with_rest = covariances.sum(axis=0) - variances
    rest = covariances.sum() - 2 * with_rest - variances
    if not np.all((variances > 0) & (rest > ROUNDING * variances.sum())):
        raise NoSpread("an item, or the sum of the others, is the same for everyone")
    # Pairwise covariances of very incomplete items may step over the bounds that complete ones keep.
    return np.asarray(np.clip(with_rest / np.sqrt(variances * rest), -1.0, 1.0))


def _checked(items: ArrayLike, *, smallest: int, statistic: str) -> NDArray[np.float64]:
    points = np.asarray(items, dtype=np.float64)
    if points.ndim != 2 or np.isinf(points).any():  # noqa: PLR2004 - rows and columns
        raise NoStatistic("items are finite or missing, shape (respondents, items)")
    if points.shape[1] < smallest:
        raise TooFewValues(statistic, found=points.shape[1], needed=smallest, of="items")
    return points


def _covariances(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Pairwise: each over the people who answered both items. Shape (items, items)."""
    answered = (~np.isnan(points)).astype(np.float64)
    both = answered.T @ answered
    if both.min() < 2:  # noqa: PLR2004 - a spread needs two
        raise TooFewValues("a covariance", found=int(both.min()), needed=2, of="people who answered both items")
    centred = _centred(points)
    sums = centred.T @ answered  # of item i over the people who answered i and j
    return np.asarray((centred.T @ centred - sums * sums.T / both) / (both - 1))


def _centred(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Less the middle of each item's range, so that squares lose no digits and equal answers give exactly 0."""
    middle = (np.nanmin(points, axis=0) + np.nanmax(points, axis=0)) / 2
    return np.where(np.isnan(points), 0.0, points - middle)


def _correlations(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Pairwise, each variance over the same people as its covariance. Shape (items, items)."""
    answered = (~np.isnan(points)).astype(np.float64)
    covariances = _covariances(points)
    alike = np.diag(covariances) == 0
    if alike.any():
        raise NoSpread(f"item {int(np.argmax(alike)) + 1} was answered alike by everyone")
    both = answered.T @ answered
    centred = _centred(points)
    sums = centred.T @ answered
    variances = ((centred**2).T @ answered - sums**2 / both) / (both - 1)  # of item i, over the same people
    scale = np.sqrt(variances * variances.T)
    if (scale <= ROUNDING * np.diag(covariances).min()).any():
        raise NoSpread("an item was answered alike by everyone who answered another one")
    return np.asarray(covariances / scale)


def _one_factor(correlations: NDArray[np.float64]) -> NDArray[np.float64]:
    """Minimum-residual loadings on one factor, shape (items,)."""
    above = np.triu_indices(len(correlations), k=1)

    def loadings(uniquenesses: NDArray[np.float64]) -> NDArray[np.float64]:
        values, vectors = np.linalg.eigh(correlations - np.diag(uniquenesses))
        return np.asarray(vectors[:, -1] * math.sqrt(max(0.0, values[-1])))

    def residuals(uniquenesses: NDArray[np.float64]) -> NDArray[np.float64]:
        found = loadings(uniquenesses)
        return np.asarray((correlations - np.outer(found, found))[above])

    start = np.full(len(correlations), 0.5)
    found = optimize.least_squares(
        residuals, start, bounds=(SMALLEST_UNIQUENESS, 1.0), xtol=1e-12, ftol=1e-12, gtol=1e-12
    )
    return loadings(found.x)
