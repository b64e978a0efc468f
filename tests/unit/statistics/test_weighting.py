import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import (
    NoStatistic,
    NotConverged,
    TooFewValues,
    UnknownGroup,
    Weights,
    kish_design_effect,
    margin_gap,
    post_stratify,
    rake,
    trim_weights,
)
from tests.unit.statistics.published import SCHOOLS, TARGETS_MET, schools

CLUSTERED = schools("apiclus1")
SAMPLE = {"type": CLUSTERED.type, "target": CLUSTERED.target}
POPULATION: dict[str, Any] = {"type": SCHOOLS, "target": TARGETS_MET}


def test_raked_weights_are_those_of_r() -> None:
    """R, survey 4.1-1: weights(rake(dclus1, list(~stype, ~sch.wide), list(pop.types, pop.wide))), stopping early."""
    weights = rake(SAMPLE, POPULATION)

    assert np.unique(weights.round(6)) == pytest.approx(
        [29.870464, 36.792182, 39.838509, 49.070067, 50.330153, 67.125783], rel=5e-5
    )
    assert weights.sum() == pytest.approx(6194)


def test_raking_reports_that_it_converged_and_how_near() -> None:
    weights = rake(SAMPLE, POPULATION)

    assert weights.converged
    assert weights.iterations < 20
    assert weights.gap == margin_gap(weights, SAMPLE, POPULATION) < 1e-10


def test_what_is_computed_from_weights_claims_no_convergence() -> None:
    halved = rake(SAMPLE, POPULATION) / 2

    assert isinstance(halved, Weights)
    assert (halved.converged, halved.gap) == (False, math.inf)


def test_post_stratified_weights_are_population_over_sample() -> None:
    """Deming and Stephan's simplest case: N_g / n_g."""
    weights = post_stratify(["a", "b", "b", "b"], {"a": 10, "b": 30})

    assert weights.tolist() == [10, 10, 10, 10]
    assert type(weights.weights) is np.ndarray


def test_weights_before_keep_their_ratios_within_a_group() -> None:
    assert post_stratify([1, 1, 2], {1: 30, 2: 5}, [1, 2, 7]).tolist() == [10, 20, 5]


def test_margins_given_as_columns_are_those_given_by_name() -> None:
    columns = np.column_stack([CLUSTERED.type, CLUSTERED.target])

    assert rake(columns, [SCHOOLS, TARGETS_MET]).tolist() == rake(SAMPLE, POPULATION).tolist()


def test_groups_coded_from_0_have_their_sizes_in_an_array() -> None:
    coded, targets = np.searchsorted(list(SCHOOLS), CLUSTERED.type), CLUSTERED.target == "Yes"
    sizes, met = np.array(list(SCHOOLS.values())), np.array(list(TARGETS_MET.values()))

    assert post_stratify(coded, sizes).tolist() == post_stratify(CLUSTERED.type, SCHOOLS).tolist()
    assert rake([coded, targets.astype(int)], [sizes, met]).tolist() == rake(SAMPLE, POPULATION).tolist()


@settings(deadline=None)  # on a busy machine a single example may wait
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 1)), min_size=12, max_size=40))
def test_every_margin_has_its_size_after_raking(rows: list[tuple[int, int]]) -> None:
    rows = [*rows, *((first, second) for first in range(3) for second in range(2))]  # every cell has someone
    first, second = np.array(rows).T

    weights = rake([first, second], [{0: 20, 1: 30, 2: 50}, {0: 65, 1: 35}])

    assert np.bincount(first, weights=weights) == pytest.approx([20, 30, 50])
    assert np.bincount(second, weights=weights) == pytest.approx([65, 35])


def test_margins_that_contradict_one_another_do_not_converge() -> None:
    # Everyone of the first group is also of group x, but there are more of the first than of x.
    with pytest.raises(NotConverged) as found:
        rake([["a", "b"], ["x", "y"]], [{"a": 60, "b": 40}, {"x": 50, "y": 50}])

    assert found.value.gap > 0.01


@pytest.mark.parametrize(
    ("error", "groups", "population", "weights"),
    [
        (UnknownGroup, ["a", "c"], {"a": 1, "b": 1}, None),
        (UnknownGroup, ["a", "a"], {"a": 1, "b": 1}, None),
        (UnknownGroup, ["a", None], {"a": 1}, None),
        (UnknownGroup, [1.0, math.nan], {1.0: 1}, None),
        (UnknownGroup, ["a", "b"], {"a": 1, "b": 1}, [1, 0]),
        (NoStatistic, ["a", "b"], {"a": 1, "b": -1}, None),
        (NoStatistic, ["a", "b"], {"a": 0, "b": 0}, None),
        (NoStatistic, ["a", "b"], {"a": 1, "b": 1}, [1]),
        (NoStatistic, ["a", "b"], {"a": 1, "b": 1}, [0, 0]),
        (NoStatistic, ["a", "b"], {"a": 1, "b": 1}, [1, math.nan]),
        (NoStatistic, ["a", "b"], {"a": {"x": 1}}, None),
        (NoStatistic, [], {}, None),
    ],
)
def test_groups_and_population_have_to_match(
    error: type[Exception], groups: list[Any], population: dict[Any, Any], weights: list[float] | None
) -> None:
    with pytest.raises(error):
        post_stratify(groups, population, weights)


@pytest.mark.parametrize(
    ("groups", "population"),
    [
        ({"x": ["a"]}, {"y": {"a": 1}}),
        ({"x": ["a"]}, [{"a": 1}]),
        ([["a"], ["b"]], [{"a": 1}]),
        ([["a", "a"], ["b"]], [{"a": 1}, {"b": 1}]),
        ([["a"], ["b"]], [{"a": 1}, {"b": 2}]),
    ],
)
def test_margins_have_to_match(groups: Any, population: Any) -> None:
    with pytest.raises(NoStatistic):
        rake(groups, population)


def test_trimmed_weights_are_those_of_r() -> None:
    """R, survey 4.1-1: trimWeights(design, upper = 8, lower = 0.5, strict = TRUE)."""
    trimmed = trim_weights([1, 2, 3, 4, 10, 20, 0.2], smallest=0.5, largest=8)

    assert trimmed.tolist() == pytest.approx([4.425, 5.425, 6.425, 7.425, 8, 8, 0.5])


def test_trimming_keeps_the_sum_and_tells_what_the_margins_lost() -> None:
    raked = rake(SAMPLE, POPULATION)
    trimmed = trim_weights(raked, largest=50)

    assert trimmed.sum() == pytest.approx(6194)
    assert trimmed.max() <= 50
    assert 0.001 < margin_gap(trimmed, SAMPLE, POPULATION) < 0.1


@pytest.mark.parametrize(("smallest", "largest"), [(0, 1), (3, 9), (2, 1), (0, math.nan), (1, 3)])
def test_bounds_that_cannot_hold_are_refused(smallest: float, largest: float) -> None:
    with pytest.raises(NoStatistic):
        trim_weights([6, 0, 0], smallest=smallest, largest=largest)


def test_kishs_design_effect_is_one_plus_the_squared_variation_of_the_weights() -> None:
    """Kish (1992), n sum(w²) / sum(w)² = 1 + cv²: weights 1, 1 and 4 have 3 * 18 / 36."""
    assert kish_design_effect([1, 1, 4]) == 1.5
    assert kish_design_effect([7.0] * 9) == 1
    assert kish_design_effect([0, 0, 0, 5]) == 4
    assert kish_design_effect(np.array([1, 1, 4]) * 1e-200) == 1.5


@pytest.mark.parametrize("weights", [[], [0, 0], [1, math.nan], [1, -1], [math.inf, 1]])
def test_weights_that_weigh_nothing_have_no_design_effect(weights: list[float]) -> None:
    with pytest.raises((NoStatistic, TooFewValues)):
        kish_design_effect(weights)
