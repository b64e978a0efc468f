from typing import Any

import pytest

from analysis import NoSpread, NoStatistic, TooFewValues, mean_trend, proportion_trend

NAN = float("nan")

# Fleiss, J. L. (1981). Statistical methods for rates and proportions, 2nd ed., Wiley, page 139: smokers among lung
# cancer patients in four studies; R's `?prop.trend.test`.
SMOKERS = ((83, 86), (90, 93), (129, 136), (70, 82))


def test_a_trend_of_shares_is_the_published_one() -> None:
    """R: prop.trend.test(smokers, patients) has X-squared 8.2249, p 0.004132; prop.test has 12.6004 with 3 degrees.

    The difference of both, 4.3755 with 2 degrees, is the departure from the line: p 0.11217.
    """
    trend = proportion_trend(SMOKERS)

    assert trend.p == pytest.approx(0.004131897, abs=1e-9)
    assert trend.departure_p == pytest.approx(0.112169, abs=1e-6)
    assert trend.low < trend.slope < trend.high < 0
    assert trend.rounds == 4


def test_a_trend_of_means_weighs_rounds_by_their_precision() -> None:
    """R, metafor 3.8: rma(y, v, mods = ~ x, method = "FE") with v = (0.8, 0.9, 1.1, 0.7)²."""
    trend = mean_trend([(61.2, 8.0, 100), (63.0, 9.0, 100), (62.5, 11.0, 100), (66.1, 7.0, 100)])

    assert (round(trend.slope, 4), round(trend.low, 4), round(trend.high, 4)) == (1.5416, 0.8723, 2.2109)
    assert trend.departure_p == pytest.approx(0.2462, abs=5e-5)


def test_a_straight_line_has_no_departure() -> None:
    trend = mean_trend([(50.0, 20.0, 100), (52.0, 25.0, 80), (54.0, 20.0, 120)])

    assert trend.slope == pytest.approx(2)
    assert trend.departure_p == pytest.approx(1)


def test_a_hidden_round_is_left_out_and_keeps_its_place_in_time() -> None:
    with_gap = mean_trend([(50.0, 20.0, 100), None, (54.0, 20.0, 100), (56.0, 20.0, 100)])

    assert with_gap.rounds == 3
    assert with_gap.slope == pytest.approx(2)
    assert with_gap == mean_trend([(50.0, 20.0, 100), (54.0, 20.0, 100), (56.0, 20.0, 100)], times=[0, 2, 3])


def test_a_slope_is_per_unit_of_time() -> None:
    rounds = [(20, 100), (25, 100), (30, 100)]

    assert proportion_trend(rounds, times=[2024, 2026, 2028]).slope == pytest.approx(0.025)
    assert proportion_trend(rounds, times=[2024, 2026, 2028]).p == pytest.approx(proportion_trend(rounds).p)


@pytest.mark.parametrize("rounds", [[(0, 40), (0, 50), (0, 60)], [(40, 40), (50, 50), (60, 60)]])
def test_where_nothing_ever_varies_there_is_no_trend(rounds: list[tuple[int, int]]) -> None:
    trend = proportion_trend(rounds)

    assert (trend.slope, trend.low, trend.high, trend.p, trend.departure_p) == (0, 0, 0, 1, 1)


@pytest.mark.parametrize(
    ("error", "rounds", "more"),
    [
        (TooFewValues, [(1, 2), (1, 2)], {}),
        (TooFewValues, [(1, 2), None, (1, 2)], {}),
        (TooFewValues, [], {}),
        (NoStatistic, [(1, 2), (0, 0), (1, 2)], {}),
        (NoStatistic, [(3, 2), (1, 2), (1, 2)], {}),
        (NoStatistic, [(1, 2)] * 3, {"times": [1, 2]}),
        (NoStatistic, [(1, 2)] * 3, {"times": [1, 1, 2]}),
        (NoStatistic, [(1, 2)] * 3, {"times": [1, NAN, 2]}),
        (NoStatistic, [(1, 2)] * 3, {"confidence": 1}),
    ],
)
def test_what_makes_no_trend_of_shares_is_refused(
    error: type[Exception], rounds: list[tuple[int, int]], more: dict[str, Any]
) -> None:
    with pytest.raises(error):
        proportion_trend(rounds, **more)


@pytest.mark.parametrize(
    ("error", "middle"),
    [
        (TooFewValues, (50.0, 20.0, 1)),
        (NoSpread, (50.0, 0.0, 10)),
        (NoStatistic, (NAN, 20.0, 10)),
        (NoStatistic, (50.0, -1.0, 10)),
    ],
)
def test_a_trend_of_means_takes_rounds_that_vary(error: type[Exception], middle: tuple[float, float, int]) -> None:
    with pytest.raises(error):
        mean_trend([(50.0, 20.0, 100), middle, (50.0, 20.0, 100)])
