import math
from typing import Any

import numpy as np
import pytest

from analysis import (
    NoSpread,
    NoStatistic,
    TooFewValues,
    places,
    random_effects,
    random_effects_of_means,
    random_effects_of_proportions,
    wilson_interval,
)

# Colditz, G. A., et al. (1994). Efficacy of BCG vaccine in the prevention of tuberculosis. JAMA 271(9), 698-702: cases
# and others, vaccinated and not, of thirteen trials.
BCG = np.array(
    [
        (4, 119, 11, 128),
        (6, 300, 29, 274),
        (3, 228, 11, 209),
        (62, 13536, 248, 12619),
        (33, 5036, 47, 5761),
        (180, 1361, 372, 1079),
        (8, 2537, 10, 619),
        (505, 87886, 499, 87892),
        (29, 7470, 45, 7232),
        (17, 1699, 65, 1600),
        (186, 50448, 141, 27197),
        (5, 2493, 3, 2338),
        (27, 16886, 29, 17825),
    ],
    dtype=float,
)


def test_the_summary_of_risk_ratios_is_the_one_of_metafor() -> None:
    """R, metafor: rma(measure = "RR", ai, bi, ci, di, data = dat.bcg, test = "knha")."""
    a, b, c, d = BCG.T
    found = random_effects(np.log(a / (a + b) * (c + d) / c), 1 / a - 1 / (a + b) + 1 / c - 1 / (c + d))

    assert (round(found.estimate, 4), round(found.low, 4), round(found.high, 4)) == (-0.7145, -1.1084, -0.3206)
    assert (round(found.between, 4), round(found.i_squared, 4)) == (0.3132, 0.9222)


def test_the_summary_of_odds_ratios_is_the_published_one() -> None:
    """Van Houwelingen, H. C., Arends, L. R., and Stijnen, T. (2002). Statistics in Medicine 21(4), 589-624: by REML
    the mean is -0.745 and the variance between trials 0.338."""
    a, b, c, d = BCG.T
    found = random_effects(np.log(a * d / b / c), 1 / a + 1 / b + 1 / c + 1 / d)

    assert (round(found.estimate, 3), round(found.between, 3)) == (-0.745, 0.338)


def test_a_prediction_is_students_with_two_degrees_less_than_municipalities() -> None:
    """By hand: estimates 0, 1, 2 with variance 0.01 each have a variance between them of 0.99; error √(1/3)."""
    found = random_effects([0.0, 1.0, 2.0], [0.01, 0.01, 0.01])

    assert found.between == pytest.approx(0.99, abs=1e-6)
    assert found.high - 1 == pytest.approx(4.302653 * math.sqrt(1 / 3), abs=1e-5)
    assert found.prediction_high - 1 == pytest.approx(12.706205 * math.sqrt(0.99 + 1 / 3), abs=1e-4)


def test_municipalities_that_chance_explains_have_no_variance_between_them() -> None:
    found = random_effects_of_proportions([100, 101, 99, 100], [400, 400, 400, 400])

    assert (found.between, found.i_squared) == (0, 0)
    # As sure as one sample of all would be, by Student's distribution; never surer for lying close together.
    assert found.estimate == pytest.approx(0.25, abs=1e-4)
    assert found.high - found.low > wilson_interval(400, 1600).high - wilson_interval(400, 1600).low


def test_shares_stay_between_nobody_and_everybody() -> None:
    found = random_effects_of_proportions([0, 3, 30], [50, 400, 120])

    assert 0 < found.prediction_low < found.low < found.estimate < found.high < found.prediction_high < 1


def test_the_centre_is_not_the_mean_of_all_people_where_municipalities_differ() -> None:
    found = random_effects_of_proportions([1000, 20, 22], [10000, 50, 50])

    assert 0.2 < found.estimate < 0.35


def test_means_are_weighed_by_their_answers() -> None:
    alike = random_effects_of_means([50.0, 50.5, 52.0], [1000, 900, 20], [20.0, 20.0, 20.0])

    assert alike.between == 0
    assert alike.estimate == pytest.approx((50 * 1000 + 50.5 * 900 + 52 * 20) / 1920)


@pytest.mark.parametrize(
    ("estimates", "variances", "error"),
    [
        ([1.0, 2.0], [0.1, 0.1], TooFewValues),
        ([1.0, 2.0, 3.0], [0.1, 0.0, 0.1], NoSpread),
        ([1.0, 2.0, float("nan")], [0.1, 0.1, 0.1], NoStatistic),
        ([1.0, 2.0, 3.0], [0.1, 0.1], NoStatistic),
    ],
)
def test_what_gives_no_summary_is_refused(estimates: Any, variances: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        random_effects(estimates, variances)


def test_where_intervals_overlap_either_may_be_first() -> None:
    found = places([10, 12, 30, 33, 60], [14, 16, 36, 40, 70])

    assert found.first.tolist() == [1, 1, 3, 3, 5]
    assert found.last.tolist() == [2, 2, 4, 4, 5]


def test_without_any_overlap_places_are_ranks() -> None:
    found = places([5, 1, 3], [5.5, 1.5, 3.5])

    assert found.first.tolist() == found.last.tolist() == [3, 1, 2]


def test_true_places_lie_within_those_given_at_least_as_often_as_promised() -> None:
    """Ten municipalities of 400, drawn 400 times: all ten places at once."""
    draw = np.random.default_rng(20261123)
    truth = np.linspace(0.3, 0.5, 10)
    sure = 1 - 0.05 / 10
    held = 0
    for _ in range(400):
        intervals = [wilson_interval(int(count), 400, sure) for count in draw.binomial(400, truth)]
        found = places([i.low for i in intervals], [i.high for i in intervals])
        held += bool(((found.first <= np.arange(1, 11)) & (np.arange(1, 11) <= found.last)).all())
    assert held >= 0.95 * 400


def test_an_interval_with_exchanged_ends_is_refused() -> None:
    with pytest.raises(NoStatistic, match="from low to high"):
        places([2.0, 1.0], [1.0, 2.0])
