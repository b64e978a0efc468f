import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import Responses, scale_scores
from analysis.scales import scores_of
from questionnaires.model import AnswerOption, Item, Questionnaire, Scale, Section

NAN = float("nan")
TEXT = {"en": "x"}


def test_five_steps_of_agreement_score_0_25_50_75_100() -> None:
    """Cohen et al. (1999), 100 (observed - minimum) / (maximum - minimum); the scoring of COPSOQ III.

    Burr, H., et al. (2019). The third version of the Copenhagen Psychosocial Questionnaire. Safety and Health at Work
    10(4), 482-503: five response options are scored 100, 75, 50, 25 and 0, a scale by the mean of its items.
    """
    assert scale_scores([[1.0], [2.0], [3.0], [4.0], [5.0]], 1, 5).tolist() == [0, 25, 50, 75, 100]


def test_a_score_is_the_mean_of_the_answered_items() -> None:
    assert scale_scores([[1.0, 2.0, NAN]], 1, 5).tolist() == [12.5]


def test_half_of_the_items_are_enough_and_fewer_are_not() -> None:
    scores = scale_scores([[5.0, 5.0, NAN, NAN], [5.0, NAN, NAN, NAN], [NAN] * 4], 1, 5)

    assert scores[0] == 100
    assert np.isnan(scores[1:]).all()


@pytest.mark.parametrize(("share", "items"), [(0.55, 20), (0.28, 25), (0.7, 10), (1.0, 7), (1 / 3, 3)])
def test_a_share_of_the_items_is_counted_exactly(share: float, items: int) -> None:
    needed = round(share * items)
    rows = [[5.0] * needed + [NAN] * (items - needed), [5.0] * (needed - 1) + [NAN] * (items - needed + 1)]

    scores = scale_scores(rows, 1, 5, minimum_share=share)

    assert scores[0] == 100
    assert np.isnan(scores[1])


@pytest.mark.parametrize(
    ("items", "minimum", "maximum", "share"),
    [
        ([1.0, 2.0], 1, 5, 0.5),
        ([[1.0]], 5, 5, 0.5),
        ([[1.0]], 1, 5, 0.0),
        ([[1.0]], 1, 5, 1.1),
        ([[6.0]], 1, 5, 0.5),
        ([[0.0]], 1, 5, 0.5),
        ([[float("inf")]], 1, 5, 0.5),
    ],
)
def test_what_is_no_scale_has_no_scores(items: list[float], minimum: float, maximum: float, share: float) -> None:
    with pytest.raises(ValueError, match=r"minimum|points"):
        scale_scores(items, minimum, maximum, minimum_share=share)


@given(st.lists(st.lists(st.integers(1, 7) | st.just(NAN), min_size=3, max_size=3), max_size=20))
def test_scores_never_leave_0_to_100(rows: list[list[float]]) -> None:
    scores = scale_scores(np.array(rows, dtype=float).reshape(-1, 3), 1, 7)

    assert np.all(np.isnan(scores) | ((scores >= 0) & (scores <= 100)))


def test_a_reversed_item_is_mirrored_and_a_missing_code_has_no_points() -> None:
    steps = tuple(AnswerOption(code=f"c{value}", text=TEXT, value=value) for value in (1, 2, 3))
    options = (*steps, AnswerOption(code="unsaid", text=TEXT, missing=True))
    items = tuple(
        Item(id=name, kind="single", section="s", text=TEXT, options=options, reverse=name == "mirrored")
        for name in ("plain", "mirrored")
    )
    scale = Scale(id="scale", kind="score", items=("plain", "mirrored"), title=TEXT)
    asked = Questionnaire(
        id="q",
        version="1.0.0",
        title=TEXT,
        languages=("en",),
        minutes=1,
        sections=(Section(id="s", title=TEXT),),
        items=items,
        scales=(scale,),
    )
    responses = Responses.from_answers(
        asked, [{"plain": "c3", "mirrored": "c1"}, {"plain": "c1", "mirrored": "unsaid"}, {"plain": "unsaid"}]
    )

    scores = scores_of(responses, scale)

    assert scores[:2].tolist() == [100, 0]
    assert np.isnan(scores[2])


def test_a_hundred_thousand_respondents_are_scored_within_a_second() -> None:
    points = np.random.default_rng(1).integers(1, 6, size=(100_000, 10)).astype(float)

    started = time.perf_counter()
    scale_scores(points, 1, 5)

    assert time.perf_counter() - started < 1
