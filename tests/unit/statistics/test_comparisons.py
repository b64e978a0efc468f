import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import (
    NoSpread,
    NoStatistic,
    TooFewValues,
    benjamini_hochberg,
    difference_of_means,
    difference_of_proportions,
    difference_of_shown,
    difference_of_shown_means,
    judged_together,
)
from tests.unit.statistics.published import FIRST_DRUG, SECOND_DRUG

NAN = float("nan")

# Newcombe, R. G. (1998). Interval estimation for the difference between independent proportions. Statistics in
# Medicine 17(8), 873-890, table II, method 10 (hybrid score, without continuity correction), 95 %.
NEWCOMBE = (
    (56, 70, 48, 80, 0.0524, 0.3339),
    (9, 10, 3, 10, 0.1705, 0.8090),
    (6, 7, 2, 7, 0.0582, 0.8062),
    (5, 56, 0, 29, -0.0381, 0.1926),
    (0, 10, 0, 20, -0.1611, 0.2775),
    (0, 10, 0, 10, -0.2775, 0.2775),
    (10, 10, 0, 20, 0.6791, 1.0000),
    (10, 10, 0, 10, 0.6075, 1.0000),
)

# Benjamini and Hochberg (1995), section 3.2: fifteen p-values of a study of heart attacks; at 0.05 their
# procedure rejects the four smallest.
HEART_STUDY = (
    0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344,
    0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0000,
)  # fmt: skip

counts = st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@pytest.mark.parametrize(("k1", "n1", "k2", "n2", "low", "high"), NEWCOMBE)
def test_the_interval_of_a_difference_is_the_published_one(
    k1: int, n1: int, k2: int, n2: int, low: float, high: float
) -> None:
    found = difference_of_proportions(k1, n1, k2, n2)

    assert (round(found.low, 4), round(found.high, 4)) == (low, high)
    assert found.difference == k1 / n1 - k2 / n2


def test_p_is_that_of_the_score_test_and_h_is_cohens() -> None:
    """R: prop.test(c(56, 48), c(70, 80), correct = FALSE) has p 0.008045081; h by Cohen (1988), table 6.2.2.

    There 2 arcsin(sqrt(.80)) is 2.214 and 2 arcsin(sqrt(.60)) is 1.772.
    """
    found = difference_of_proportions(56, 70, 48, 80)

    assert found.p == pytest.approx(0.008045081, abs=1e-9)
    assert found.h == pytest.approx(2.214 - 1.772, abs=1e-3)


@given(first=counts, second=counts)
def test_a_difference_is_mirrored_by_swapping_its_sides(first: tuple[int, int], second: tuple[int, int]) -> None:
    forward, backward = difference_of_proportions(*first, *second), difference_of_proportions(*second, *first)

    assert (forward.difference, forward.h) == pytest.approx((-backward.difference, -backward.h))
    assert (forward.low, forward.high) == pytest.approx((-backward.high, -backward.low))
    assert -1 <= forward.low <= forward.difference + 1e-12
    assert forward.difference - 1e-12 <= forward.high <= 1
    assert 0 <= forward.p <= 1


@pytest.mark.parametrize("given", [(0, 0, 1, 2), (1, 2, 0, 0), (3, 2, 1, 2), (-1, 2, 1, 2), (1, 2, 1, 2, 1.0)])
def test_what_are_no_proportions_have_no_difference(given: tuple[Any, ...]) -> None:
    with pytest.raises(NoStatistic):
        difference_of_proportions(*given)


def test_a_difference_of_means_is_welchs_on_students_data() -> None:
    """R, `?sleep`: t.test(extra ~ group): t = -1.8608, df = 17.776, p = 0.07939, interval -3.3654832 to 0.2054832."""
    found = difference_of_means(
        np.mean(FIRST_DRUG), np.std(FIRST_DRUG, ddof=1), 10, np.mean(SECOND_DRUG), np.std(SECOND_DRUG, ddof=1), 10
    )

    assert (found.difference, found.t, found.degrees_of_freedom, found.p) == pytest.approx(
        (-1.58, -1.8608135, 17.776474, 0.07939414), rel=1e-7
    )
    assert (found.low, found.high) == pytest.approx((-3.3654832307, 0.2054832307))


def test_d_is_the_difference_in_pooled_standard_deviations() -> None:
    """Borenstein, M., et al. (2009). Introduction to meta-analysis. Wiley, chapter 4: d = 0.5970."""
    found = difference_of_means(103, 5.5, 50, 100, 4.5, 50)

    assert found.d == pytest.approx(0.5970, abs=5e-5)


def test_two_rounds_without_any_spread_and_one_mean_do_not_differ() -> None:
    same = difference_of_means(50, 0, 20, 50, 0, 30)

    assert (same.difference, same.low, same.high, same.p, same.d) == (0, 0, 0, 1, 0)


@pytest.mark.parametrize(
    ("error", "given"),
    [
        (TooFewValues, (1, 1, 1, 1, 1, 5)),
        (TooFewValues, (1, 1, 5, 1, 1, 0)),
        (NoSpread, (1, 0, 5, 2, 0, 5)),
        (NoStatistic, (NAN, 1, 5, 2, 1, 5)),
        (NoStatistic, (1, -1, 5, 2, 1, 5)),
        (NoStatistic, (1, 1, 5, math.inf, 1, 5)),
        (NoStatistic, (1, 1, 5, 2, 1, 5, 95)),
    ],
)
def test_what_are_no_means_have_no_difference(error: type[Exception], given: tuple[Any, ...]) -> None:
    with pytest.raises(error):
        difference_of_means(*given)


def test_adjusted_p_values_reject_what_the_published_procedure_rejects() -> None:
    adjusted = benjamini_hochberg(HEART_STUDY)

    assert (adjusted <= 0.05).tolist() == [True] * 4 + [False] * 11
    assert adjusted[:4] == pytest.approx([0.0015, 0.003, 0.0095, 0.035625])


def test_adjusted_p_values_are_those_of_r() -> None:
    """R: p.adjust(c(0.01, 0.04, NA, 0.03, 0.005), "BH") is 0.02 0.04 NA 0.04 0.02."""
    adjusted = benjamini_hochberg([0.01, 0.04, NAN, 0.03, 0.005])

    assert np.isnan(adjusted).tolist() == [False, False, True, False, False]
    assert adjusted[[0, 1, 3, 4]] == pytest.approx([0.02, 0.04, 0.04, 0.02])


@given(st.lists(st.floats(0, 1), max_size=30), st.randoms())
def test_the_order_of_p_values_does_not_matter(p_values: list[float], random: Any) -> None:
    order = list(range(len(p_values)))
    random.shuffle(order)

    shuffled = benjamini_hochberg([p_values[place] for place in order])

    assert shuffled.tolist() == benjamini_hochberg(p_values)[order].tolist()
    assert all(p <= adjusted <= 1 for p, adjusted in zip([p_values[place] for place in order], shuffled, strict=True))


@pytest.mark.parametrize("p_values", [[-0.1], [1.1], [[0.1]], 0.1])
def test_what_are_no_p_values_cannot_be_adjusted(p_values: Any) -> None:
    with pytest.raises(NoStatistic):
        benjamini_hochberg(p_values)


def test_a_change_shows_only_where_both_rounds_show_the_cell() -> None:
    assert difference_of_shown((30, 100), None) is None
    assert difference_of_shown(None, (30, 100)) is None
    assert difference_of_shown((30, 100), (20, 100)) == difference_of_proportions(30, 100, 20, 100)
    assert difference_of_shown_means(None, (50, 20, 100)) is None
    assert difference_of_shown_means((55, 20, 90), (50, 20, 100)) == difference_of_means(55, 20, 90, 50, 20, 100)


def test_a_family_flags_changes_beyond_noise_and_leaves_hidden_ones_out() -> None:
    changes = [
        difference_of_shown((60, 100), (30, 100)),
        None,
        difference_of_shown((31, 100), (30, 100)),
        difference_of_means(60, 20, 400, 55, 20, 400),
    ]

    judged = judged_together(changes)

    assert [None if one is None else one.beyond_noise for one in judged] == [True, None, False, True]
    assert [one.adjusted_p for one in judged if one] == benjamini_hochberg([one.p for one in changes if one]).tolist()
    assert judged_together([None, None]) == (None, None)
    assert judged_together([]) == ()


def test_a_family_has_a_rate_between_0_and_1() -> None:
    with pytest.raises(NoStatistic, match="rate"):
        judged_together([], 5)
