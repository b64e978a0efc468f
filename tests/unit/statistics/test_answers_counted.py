"""Prevalences, multiple choices, and what was left unanswered."""

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis import (
    NoStatistic,
    TooFewValues,
    any_of,
    item_nonresponse,
    multiple_choice_shares,
    proportion,
    response_rates,
    wilson_interval,
)

NAN = float("nan")
OPEN_SOURCE_SURVEY = (
    Path(__file__).parents[4] / "shared" / "data" / "open-source-survey-2017" / "negative_incidents.csv"
)


def block(name: str, population: str | None = None) -> tuple[list[str], np.ndarray]:
    """Ticks of a question of the Open Source Survey 2017, shape (respondents, options), with the options' names."""
    with OPEN_SOURCE_SURVEY.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if population in {None, row["POPULATION"]}]
    names = [column for column in rows[0] if column.startswith(name + ".") and not column.endswith("ANY.RESPONSE")]
    return [one.removeprefix(name + ".") for one in names], np.array(
        [[float(row[one]) for one in names] for row in rows]
    )


@pytest.mark.skipif(not OPEN_SOURCE_SURVEY.is_file(), reason=f"{OPEN_SOURCE_SURVEY.name} of 2017 is not beside this")
@pytest.mark.parametrize(
    ("question", "affected", "n"), [("NEGATIVE.EXPERIENCE", 580, 3197), ("NEGATIVE.WITNESS", 1625, 3218)]
)
def test_prevalences_of_the_open_source_survey_are_the_published_ones(question: str, affected: int, n: int) -> None:
    """opensourcesurvey.org/2017: 18 % experienced, 50 % witnessed; github.com sample, of those with any tick."""
    names, ticks = block(question, "github")
    answered = ticks.any(axis=1, keepdims=True)
    incidents = [place for place, name in enumerate(names) if name != "NONE.OF.THE.ABOVE"]

    found = any_of(np.where(answered, ticks[:, incidents], NAN))

    assert (found.affected, found.n, found.unsure) == (affected, n, 0)
    assert round(found.estimate, 2) == {580: 0.18, 1625: 0.50}[affected]


@pytest.mark.skipif(not OPEN_SOURCE_SURVEY.is_file(), reason=f"{OPEN_SOURCE_SURVEY.name} of 2017 is not beside this")
def test_options_of_the_open_source_survey_have_the_published_shares() -> None:
    """Of all 6,029: witnessed rudeness 1753 of 3664, experienced rudeness 646 of 3638, none 79.71 %."""
    witnessed = dict(
        zip(block("NEGATIVE.WITNESS")[0], multiple_choice_shares(block("NEGATIVE.WITNESS")[1]), strict=True)
    )
    names, ticks = block("NEGATIVE.EXPERIENCE")
    experienced = dict(zip(names, multiple_choice_shares(ticks), strict=True))

    assert witnessed["RUDENESS"] == proportion(1753, 3664)
    assert experienced["RUDENESS"] == proportion(646, 3638)
    assert round(experienced["NONE.OF.THE.ABOVE"].estimate, 4) == 0.7971


def test_one_experience_is_enough_and_an_item_left_out_leaves_doubt() -> None:
    found = any_of([[1, 0], [0, 0], [NAN, 1], [NAN, 0], [NAN, NAN]])

    assert (found.affected, found.n, found.unsure, found.estimate) == (2, 4, 1, 0.5)
    assert (found.low, found.high) == wilson_interval(2, 4)


def test_shares_of_those_affected_leave_out_who_was_not_asked_or_ticked_nothing() -> None:
    ticks = [[1, 1, 0], [0, 1, 0], [0, 0, 0], [1, 0, 0], [1, NAN, 0]]

    shares = multiple_choice_shares(ticks, asked=[True, True, True, False, True])

    assert [(share.successes, share.n) for share in shares] == [(1, 2), (2, 2), (0, 2)]


@pytest.mark.parametrize(
    ("error", "items"),
    [
        (NoStatistic, [1, 0]),
        (NoStatistic, [[2, 0]]),
        (TooFewValues, [[NAN, NAN]]),
        (TooFewValues, np.empty((0, 2))),
    ],
)
def test_a_prevalence_needs_someone_who_answered(error: type[Exception], items: Any) -> None:
    for statistic in (any_of, multiple_choice_shares):
        with pytest.raises(error):
            statistic(items)


def test_a_base_has_one_value_for_each_respondent() -> None:
    with pytest.raises(NoStatistic, match="asked"):
        multiple_choice_shares([[1, 0]], asked=[True, False])
    with pytest.raises(TooFewValues):
        multiple_choice_shares([[1, 0]], asked=[False])


def test_response_rates_are_aapors() -> None:
    """AAPOR (2023): RR1 = I / (I + P + R + NC + O + UH + UO), RR2 = (I + P) / the same."""
    rates = response_rates(issued=2480, complete=1116, partial=124)

    assert (rates.rr1, rates.rr2, rates.completion) == (0.45, 0.5, 0.9)
    assert response_rates(issued=10, complete=0, partial=0).completion is None


@pytest.mark.parametrize(("issued", "complete", "partial"), [(0, 0, 0), (10, 8, 3), (10, -1, 3), (10, 3, -1)])
def test_there_are_no_more_responses_than_codes(issued: int, complete: int, partial: int) -> None:
    with pytest.raises(NoStatistic, match="response rate"):
        response_rates(issued=issued, complete=complete, partial=partial)


def test_skipped_and_missing_codes_have_rates_of_those_asked() -> None:
    codes = np.array([0, 1, 2, 98, 99, 99, 0, 3], dtype=np.int8)

    found = item_nonresponse(
        codes, {"prefer not to say": 98, "does not apply": 99}, asked=[True, True, True, True, True, True, False, True]
    )

    assert (found.asked, found.valid) == (7, 3)
    assert found.counts == {"prefer not to say": 1, "does not apply": 2, "skipped": 1}
    assert found.rates["does not apply"] == 2 / 7


@pytest.mark.parametrize(
    ("error", "codes", "missing", "asked"),
    [
        (TooFewValues, np.array([], dtype=int), {}, None),
        (TooFewValues, [1, 2], {}, [False, False]),
        (NoStatistic, [1.0, 2.0], {}, None),
        (NoStatistic, [1, 2], {"unsaid": 0}, None),
        (NoStatistic, [1, 2], {"unsaid": 9, "other": 9}, None),
        (NoStatistic, [1, 2], {}, [True]),
    ],
)
def test_codes_have_one_meaning_each(error: type[Exception], codes: Any, missing: dict[str, int], asked: Any) -> None:
    with pytest.raises(error):
        item_nonresponse(codes, missing, asked=asked)
