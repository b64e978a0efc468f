"""Expected: R's package survey 4.1-1 (Lumley), `svymean(~api00, design)`; the examples of its help page.

`?svydesign`, `?postStratify` and `?rake` use the same designs and population totals.
"""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import (
    NoStatistic,
    SingleUnit,
    SurveyMean,
    TooFewValues,
    UnknownGroup,
    calibrated_mean,
    mean_interval,
    survey_mean,
)
from tests.unit.statistics.published import DISTRICTS, SCHOOLS, TARGETS_MET, schools

STRATIFIED = schools("apistrat")
CLUSTERED = schools("apiclus1")
BY_STRATA: dict[str, Any] = {"weights": STRATIFIED.weight, "strata": STRATIFIED.type}
BY_CLUSTERS: dict[str, Any] = {"weights": CLUSTERED.weight, "clusters": CLUSTERED.district}
UNEQUAL = STRATIFIED.weight * (1 + (np.arange(1, 201) % 3) / 2)

NAN = float("nan")


def both(mean: SurveyMean) -> tuple[float, float]:
    return mean.estimate, mean.standard_error


def with_holes(values: np.ndarray) -> np.ndarray:
    """Every seventh value missing, the first included."""
    holes = values.copy()
    holes[::7] = NAN
    return holes


def two_margins(sample: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    return {"type": sample.type, "target": sample.target}, {"type": SCHOOLS, "target": TARGETS_MET}


def test_a_stratified_mean_has_the_standard_error_that_r_gives() -> None:
    assert both(survey_mean(STRATIFIED.index, **BY_STRATA, population=SCHOOLS)) == pytest.approx(
        (662.2873632, 9.408940803), rel=1e-8
    )
    assert both(survey_mean(STRATIFIED.index, **BY_STRATA)) == pytest.approx((662.2873632, 9.536132297), rel=1e-8)


def test_its_interval_is_students_with_units_less_strata() -> None:
    """R: confint(svymean(~api00, dstrat), df = degf(dstrat))."""
    mean = survey_mean(STRATIFIED.index, **BY_STRATA, population=SCHOOLS)

    assert mean.degrees_of_freedom == 197
    assert (mean.low, mean.high) == pytest.approx((643.7321883, 680.842538), rel=1e-8)


def test_a_clustered_mean_has_the_standard_error_that_r_gives() -> None:
    mean = survey_mean(CLUSTERED.index, **BY_CLUSTERS, population=DISTRICTS)

    assert both(mean) == pytest.approx((644.1693989, 23.54224069), rel=1e-8)
    assert (mean.low, mean.high) == pytest.approx((593.6763145, 694.6624834), rel=1e-8)
    assert both(survey_mean(CLUSTERED.index, **BY_CLUSTERS)) == pytest.approx((644.1693989, 23.77901072), rel=1e-8)


def test_missing_values_leave_a_domain_of_the_sample_as_r_has_it() -> None:
    """R: svymean(~api00, design, na.rm = TRUE)."""
    stratified = survey_mean(with_holes(STRATIFIED.index), **BY_STRATA, population=SCHOOLS)
    clustered = survey_mean(with_holes(CLUSTERED.index), **BY_CLUSTERS, population=DISTRICTS)

    assert both(stratified) == pytest.approx((655.5615444, 10.18707799), rel=1e-8)
    assert both(clustered) == pytest.approx((642.5833333, 23.64496825), rel=1e-8)


def test_weights_that_differ_within_strata_are_heard() -> None:
    mean = survey_mean(STRATIFIED.index, UNEQUAL, STRATIFIED.type)

    assert both(mean) == pytest.approx((664.2814906, 9.675655562), rel=1e-8)
    assert mean.unweighted == pytest.approx(652.82)


def test_sizes_of_the_strata_stand_in_for_weights() -> None:
    sizes = np.array([SCHOOLS[name] for name in STRATIFIED.type.tolist()])

    coded = np.searchsorted(list(SCHOOLS), STRATIFIED.type)

    mean = survey_mean(STRATIFIED.index, strata=STRATIFIED.type, population=sizes)

    assert both(mean) == pytest.approx((662.2873632, 9.408940803), rel=1e-6)
    assert mean == survey_mean(STRATIFIED.index, strata=STRATIFIED.type, population=SCHOOLS)
    assert mean == survey_mean(STRATIFIED.index, strata=coded, population=list(SCHOOLS.values()))


def test_post_stratification_earns_the_standard_error_that_r_gives() -> None:
    """R: svymean(~api00, postStratify(design, margin, totals))."""
    clustered = calibrated_mean(CLUSTERED.index, CLUSTERED.type, SCHOOLS, **BY_CLUSTERS, finite_population=DISTRICTS)
    stratified = calibrated_mean(
        STRATIFIED.index, STRATIFIED.target, TARGETS_MET, **BY_STRATA, finite_population=SCHOOLS
    )
    unequal = calibrated_mean(STRATIFIED.index, STRATIFIED.target, TARGETS_MET, UNEQUAL, STRATIFIED.type)

    assert both(clustered) == pytest.approx((642.3107882, 23.92048645), rel=1e-8)
    assert both(stratified) == pytest.approx((662.2030295, 9.2725439), rel=1e-8)
    assert both(unequal) == pytest.approx((663.7034991, 9.589343474), rel=1e-8)


def test_raking_earns_the_standard_error_that_r_gives() -> None:
    """R: rake(design, margins, totals, control = list(maxit = 200, epsilon = 1e-9)); by default R stops earlier."""
    mean = calibrated_mean(CLUSTERED.index, *two_margins(CLUSTERED), **BY_CLUSTERS, finite_population=DISTRICTS)

    assert both(mean) == pytest.approx((641.2303209, 23.70361689), rel=1e-8)


def test_raking_agrees_to_four_digits_with_r_where_that_stops_early() -> None:
    stratified = calibrated_mean(STRATIFIED.index, *two_margins(STRATIFIED), **BY_STRATA, finite_population=SCHOOLS)
    unequal = calibrated_mean(STRATIFIED.index, *two_margins(STRATIFIED), UNEQUAL, STRATIFIED.type)

    assert both(stratified) == pytest.approx((662.2114951, 9.272852962), rel=2e-5)
    assert both(unequal) == pytest.approx((663.8558628, 9.644086495), rel=2e-5)


def test_missing_values_under_fitted_weights_are_a_domain_too() -> None:
    values = with_holes(CLUSTERED.index)
    post_stratified = calibrated_mean(values, CLUSTERED.type, SCHOOLS, **BY_CLUSTERS, finite_population=DISTRICTS)
    raked = calibrated_mean(values, *two_margins(CLUSTERED), **BY_CLUSTERS, finite_population=DISTRICTS)

    assert both(post_stratified) == pytest.approx((640.433956, 24.32921671), rel=1e-8)
    assert both(raked) == pytest.approx((639.4499543, 23.9956617), rel=1e-5)


def test_margins_by_name_or_in_order_are_the_same() -> None:
    named = calibrated_mean(CLUSTERED.index, *two_margins(CLUSTERED), **BY_CLUSTERS)
    ordered = calibrated_mean(
        CLUSTERED.index, [CLUSTERED.type, CLUSTERED.target], [SCHOOLS, TARGETS_MET], **BY_CLUSTERS
    )

    assert named == ordered


@given(st.lists(st.floats(0, 100), min_size=2, max_size=30))
def test_without_a_design_it_is_the_plain_mean(values: list[float]) -> None:
    plain, surveyed = mean_interval(values), survey_mean(values)

    assert (surveyed.estimate, surveyed.low, surveyed.high) == pytest.approx(
        (plain.estimate, plain.low, plain.high), abs=1e-9
    )


def test_when_everyone_answered_there_is_nothing_to_be_unsure_of() -> None:
    mean = survey_mean([1.0, 2.0, 4.0], population=3)

    assert (mean.standard_error, mean.low, mean.high) == (0.0, mean.estimate, mean.estimate)


def test_a_respondent_without_weight_counts_as_sampled_but_not_in_the_mean() -> None:
    assert survey_mean([1.0, 3.0, 99.0], [1, 1, 0]).estimate == 2.0


def test_a_stratum_with_one_unit_is_named() -> None:
    with pytest.raises(SingleUnit, match="'b'"):
        survey_mean([1.0, 2.0, 3.0], strata=["a", "a", "b"])


def test_a_stratum_whose_one_unit_is_all_there_is_adds_no_variance() -> None:
    mean = survey_mean([1.0, 2.0, 9.0], strata=["a", "a", "b"], population={"a": 10, "b": 1})

    assert mean.estimate == pytest.approx((10 * 1.5 + 9) / 11)
    assert mean.standard_error == pytest.approx(10 / 11 * np.sqrt(0.5 / 2 * 0.8))


@pytest.mark.parametrize(
    ("error", "arguments"),
    [
        (TooFewValues, {"values": []}),
        (TooFewValues, {"values": [1.0]}),
        (TooFewValues, {"values": [1.0, NAN]}),
        (TooFewValues, {"values": [1.0, 2.0], "weights": [1, 0]}),
        (NoStatistic, {"values": [1.0, 2.0], "weights": [0, 0]}),
        (NoStatistic, {"values": [1.0, 2.0], "weights": [1, NAN]}),
        (NoStatistic, {"values": [1.0, 2.0], "weights": [1, -1]}),
        (NoStatistic, {"values": [1.0, float("inf")]}),
        (NoStatistic, {"values": [1.0, 2.0], "population": 1}),
        (NoStatistic, {"values": [1.0, 2.0], "population": NAN}),
        (NoStatistic, {"values": [1.0, 2.0], "population": [[9, 9]]}),
        (NoStatistic, {"values": [1.0, 2.0], "strata": ["a", None]}),
        (NoStatistic, {"values": [1.0, 2.0], "clusters": [1.0, NAN]}),
        (NoStatistic, {"values": [1.0, 2.0], "confidence": 95}),
        (UnknownGroup, {"values": [1.0, 2.0], "strata": ["a", "a"], "population": 9}),
        (UnknownGroup, {"values": [1.0, 2.0], "strata": ["a", "a"], "population": {"b": 9}}),
        (UnknownGroup, {"values": [1.0, 2.0], "strata": ["a", "a"], "population": [9, 8]}),
        (TooFewValues, {"values": [1.0, 2.0], "clusters": ["a", "a"]}),
    ],
)
def test_what_determines_no_mean_is_refused_by_name(error: type[Exception], arguments: dict[str, Any]) -> None:
    with pytest.raises((error, SingleUnit) if "clusters" in arguments else error):
        survey_mean(**arguments)
