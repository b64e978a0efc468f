"""Statistics of the whole round that need answers together: planned by name, of enough people, and telling of nobody."""

import random

import numpy as np
import pytest

from analysis import (
    Association,
    Cut,
    Plan,
    Policy,
    Release,
    Reliability,
    Responses,
    SafeStatistic,
    UnprotectedPlan,
    WeightedMean,
    calibrated_mean,
    cronbach_alpha,
    kish_design_effect,
    mcdonald_omega,
    post_stratify,
    rank_correlation,
    release,
    standardized_difference,
)
from analysis.plan import PlannedStatistic
from tests.unit.analysis.invented import Answers, form, prevalence, questionnaire, score, single

STEPS = ("1", "2", "3", "4", "5")
UNITS = ("a", "b", "c", "d")
SMALL_UNIT = "e"
ASKED = questionnaire(
    single("unit", *UNITS, SMALL_UNIT, "unsaid", missing="unsaid"),
    single("lead", "yes", "no"),
    single("trained", "yes", "no", "unsaid", missing="unsaid"),
    form("insult"),
    form("threat"),
    *(single(item, *STEPS, "unsaid", missing="unsaid") for item in ("fair", "heard", "backed", "safe", "strong")),
    single("copied", *STEPS, "unsaid", missing="unsaid"),
    scales=(
        prevalence("hostility", "insult", "threat"),
        score("support", "fair", "heard", "backed"),
        score("strength", "safe", "strong"),
        score("copy", "copied"),
        score("original", "fair"),
    ),
)
BY_UNIT = (Cut(dimensions=("unit",), figures=("hostility", "support")),)
BY_BOTH = (*BY_UNIT, Cut(dimensions=("lead",), figures=("support",)))
HEADCOUNTS = {"a": 200, "b": 80, "c": 60, "d": 60, SMALL_UNIT: 11}
BY_HEADCOUNT = {"unit": HEADCOUNTS}
POLICY = Policy(minimum_group_size=10)


def people(size: int, seed: int = 5, small: int = 12) -> list[Answers]:
    """small: how many of them are of the small unit."""
    draw, given = random.Random(seed), []
    for number in range(size):
        unit = SMALL_UNIT if number < small else draw.choices(UNITS, (4, 3, 2, 2))[0]
        leaning = draw.gauss(UNITS.index(unit) / 2 if unit in UNITS else 2, 1)
        one: Answers = {"unit": unit, "lead": draw.choice(("yes", "no", "no"))}
        one |= {
            item: STEPS[min(4, max(0, round(1 + leaning + draw.gauss(0, 1))))]
            for item in ("fair", "heard", "backed", "safe", "strong")
        }
        one["copied"] = one["fair"]
        one["trained"] = "yes" if draw.random() < 0.2 + 0.1 * leaning else "no"
        one |= {item: "often" if draw.gauss(0.3, 1) > leaning else "never" for item in ("insult", "threat")}
        if draw.random() < 0.1:
            one["heard"] = "unsaid"
        given.append(one)
    return given


def released(
    given: list[Answers], *statistics: PlannedStatistic, cuts: tuple[Cut, ...] = (), policy: Policy = POLICY
) -> Release:
    return release(Responses.from_answers(ASKED, given), Plan(cuts=cuts, statistics=statistics), policy)


def found(given: list[Answers], statistic: PlannedStatistic, cuts: tuple[Cut, ...] = ()) -> SafeStatistic:
    (one, *_) = released(given, statistic, cuts=cuts).statistics
    return one


def column(given: list[Answers], item: str) -> np.ndarray:
    return np.array([float(one[item]) if one.get(item, "unsaid") in STEPS else np.nan for one in given])


def matrix(given: list[Answers], *items: str) -> np.ndarray:
    return np.column_stack([column(given, item) for item in items])


def mean_of(given: list[Answers], *items: str) -> np.ndarray:
    """The score by hand: of those who answered half of the items."""
    answered = matrix(given, *items)
    return np.nanmean((answered - 1) / 4 * 100, axis=1)


def is_hidden(one: SafeStatistic) -> bool:
    return (one.n, one.estimate, one.low, one.high, one.unweighted, one.design_effect) == (None,) * 6


def test_a_scale_has_its_alpha_and_omega() -> None:
    given = people(300)
    items = matrix(given, "fair", "heard", "backed")

    alpha, omega = released(given, Reliability(figure="support")).statistics

    assert (alpha.kind, alpha.figures, alpha.estimate) == ("alpha", ("support",), round(cronbach_alpha(items), 2))
    assert (omega.kind, omega.estimate, omega.low) == ("omega", round(mcdonald_omega(items), 2), None)
    assert alpha.n == omega.n == int((~np.isnan(items[:, 1])).sum()) // 10 * 10
    assert alpha.low is not None
    assert alpha.high is not None
    assert alpha.low < alpha.estimate < alpha.high


def test_a_scale_of_two_items_has_no_omega() -> None:
    assert [one.kind for one in released(people(300), Reliability(figure="strength")).statistics] == ["alpha"]


def test_those_affected_are_compared_with_the_others() -> None:
    given = people(300)
    affected = [one["insult"] == "often" or one["threat"] == "often" for one in given]
    expected = standardized_difference(mean_of(given, "fair", "heard", "backed"), affected)

    one = found(given, Association(figures=("hostility", "support")))

    assert (one.kind, one.estimate) == ("standardized-difference", round(expected.d, 2))
    assert one.low == pytest.approx(expected.low, abs=0.02)
    assert one.high == pytest.approx(expected.high, abs=0.02)


def test_how_many_answered_both_questions_is_not_told_to_the_person() -> None:
    """From the bases of the two follows who answered one of them alone."""
    given = people(300)
    for unsure in given[:4]:
        unsure["trained"] = "unsaid"

    one = found(given, Association(figures=("trained", "strength"), options=("yes",)))

    assert one.n is not None
    assert one.n % 10 == 0
    assert 276 < one.n <= 296


def test_those_who_chose_an_option_are_compared_with_the_others() -> None:
    given = people(300)
    expected = standardized_difference(mean_of(given, "safe", "strong"), [one["trained"] == "yes" for one in given])

    one = found(given, Association(figures=("trained", "strength"), options=("yes",)))

    assert (one.options, one.estimate) == (("yes",), round(expected.d, 2))


def test_two_scores_have_a_rank_correlation() -> None:
    given = people(300)
    expected = rank_correlation(mean_of(given, "fair", "heard", "backed"), mean_of(given, "safe", "strong"))

    one = found(given, Association(figures=("support", "strength")))

    assert (one.kind, one.estimate, one.n) == ("rank-correlation", round(expected.rho, 2), 300)


def test_a_weighted_mean_follows_from_the_rows_that_show() -> None:
    given = people(300)
    out = released(given, WeightedMean(figure="support", population=BY_HEADCOUNT), cuts=BY_UNIT)
    (one,) = out.statistics
    rows = next(table.rows for table in out.tables if (table.figure, table.dimensions) == ("support", ("unit",)))
    sizes = {row.groups[0]: row.n or 0 for row in rows}
    means = {row.groups[0]: row.score.mean for row in rows if row.score}
    weights = np.repeat([HEADCOUNTS[unit] / sizes[unit] for unit in sizes], list(sizes.values()))

    assert set(means) == {*UNITS, SMALL_UNIT}
    by_hand = sum(HEADCOUNTS[unit] * means[unit] for unit in means) / sum(HEADCOUNTS.values())
    assert one.estimate == pytest.approx(by_hand, abs=0.6)  # rounded to whole points
    assert one.unweighted == round(float(np.mean(mean_of(given, "fair", "heard", "backed"))))
    assert one.design_effect == round(kish_design_effect(weights), 1)
    assert (one.margins, one.n) == (("unit",), 300)


def test_it_has_the_interval_that_calibration_earns() -> None:
    given = people(300)
    expected = calibrated_mean(mean_of(given, "fair", "heard", "backed"), [one["unit"] for one in given], HEADCOUNTS)

    one = found(given, WeightedMean(figure="support", population=BY_HEADCOUNT), BY_UNIT)

    assert (one.low, one.high) == (round(expected.low), round(expected.high))


def test_a_share_is_weighted_too_and_rounded_to_whole_per_cent() -> None:
    given = people(300)
    affected = np.array([one["insult"] == "often" or one["threat"] == "often" for one in given])
    weights = post_stratify([one["unit"] for one in given], HEADCOUNTS)

    one = found(given, WeightedMean(figure="hostility", population=BY_HEADCOUNT), BY_UNIT)

    assert one.estimate == round(float(np.average(affected, weights=weights)), 2)


def test_a_group_that_is_hidden_keeps_its_weight_and_its_headcount_is_not_asked() -> None:
    given = people(300, small=4)
    weighted = [
        found(given, WeightedMean(figure="support", population={"unit": HEADCOUNTS | {SMALL_UNIT: size}}), BY_UNIT)
        for size in (4, 400)
    ]

    assert not is_hidden(weighted[0])
    assert weighted[0] == weighted[1]


def test_weights_that_are_too_large_are_trimmed() -> None:
    given = people(300)
    large = HEADCOUNTS | {SMALL_UNIT: 4000}
    one = found(given, WeightedMean(figure="support", population={"unit": large}), BY_UNIT)
    untrimmed = kish_design_effect(post_stratify([one["unit"] for one in given], large))

    assert one.design_effect is not None
    assert one.design_effect < untrimmed / 2


@pytest.mark.parametrize("size", [49, 50])
@pytest.mark.parametrize(
    ("statistic", "cuts"),
    [
        (Reliability(figure="strength"), ()),
        (Association(figures=("support", "strength")), ()),
        (Association(figures=("trained", "strength"), options=("yes",)), ()),
        (WeightedMean(figure="support", population={"lead": {"yes": 20, "no": 80}}), BY_BOTH),
    ],
    ids=["alpha", "correlation", "difference", "weighted"],
)
def test_they_rest_on_five_minimum_group_sizes(statistic: PlannedStatistic, cuts: tuple[Cut, ...], size: int) -> None:
    assert is_hidden(found(people(size), statistic, cuts)) is (size < 50)


def test_a_larger_minimum_hides_more() -> None:
    given, alpha = people(120), Reliability(figure="strength")

    assert not is_hidden(released(given, alpha).statistics[0])
    assert is_hidden(released(given, alpha, policy=Policy(minimum_group_size=25)).statistics[0])


def test_what_would_tell_one_answer_from_another_is_hidden() -> None:
    assert is_hidden(found(people(300), Association(figures=("original", "copy"))))


def test_a_group_of_few_is_not_compared() -> None:
    given = [one | {"trained": "yes" if number < 9 else "no"} for number, one in enumerate(people(300))]

    assert is_hidden(found(given, Association(figures=("trained", "strength"), options=("yes",))))


def test_what_nobody_may_see_by_itself_is_in_no_statistic() -> None:
    given = [one | {"insult": "often"} for one in people(300)]

    assert is_hidden(found(given, Association(figures=("hostility", "support"))))


def test_answers_that_determine_nothing_are_hidden_like_the_others() -> None:
    given = [one | {"safe": "3", "strong": "3"} for one in people(300)]

    assert is_hidden(found(given, Reliability(figure="strength")))


def test_two_small_margins_whose_figures_would_settle_how_they_cross_are_not_used_together() -> None:
    given = [
        one | {"unit": "a" if number % 2 else "b", "lead": "yes" if number in (1, 3, 5) or number % 20 == 0 else "no"}
        for number, one in enumerate(people(300))
    ]
    both = {"unit": HEADCOUNTS, "lead": {"yes": 30, "no": 381}}

    assert is_hidden(found(given, WeightedMean(figure="support", population=both), BY_BOTH))
    assert not is_hidden(found(people(300), WeightedMean(figure="support", population=both), BY_BOTH))


def test_the_order_of_respondents_makes_no_difference() -> None:
    given = people(300)
    planned = (
        Reliability(figure="support"),
        Association(figures=("support", "strength")),
        WeightedMean(figure="support", population=BY_HEADCOUNT),
    )
    shuffled = random.Random(1).sample(given, len(given))

    assert released(given, *planned, cuts=BY_UNIT).statistics == released(shuffled, *planned, cuts=BY_UNIT).statistics


@pytest.mark.parametrize(
    "statistic",
    [
        Reliability(figure="hostility"),
        Reliability(figure="original"),
        Reliability(figure="nothing"),
        Association(figures=("support", "support")),
        Association(figures=("support", "hostility")),
        Association(figures=("support", "nothing")),
        Association(figures=("trained", "support"), options=("unsaid",)),
        Association(figures=("trained", "support"), options=("yes", "no")),
        Association(figures=("hostility", "support"), options=("any",)),
        Association(figures=("unit", "nothing")),
        WeightedMean(figure="strength", population=BY_HEADCOUNT),
        WeightedMean(figure="fair", population=BY_HEADCOUNT),
        WeightedMean(figure="support", population={}),
        WeightedMean(figure="support", population={"unit": {"a": 5}}),
    ],
)
def test_a_statistic_that_the_questionnaire_does_not_carry_is_refused(statistic: PlannedStatistic) -> None:
    with pytest.raises(UnprotectedPlan):
        released(people(60), statistic, cuts=BY_UNIT)
