"""What has changed: only what both rounds show, judged as one family, and called not sure where it is not."""

from datetime import date

import msgspec
import pytest

from analysis import SafeTable
from analysis.tables import hidden
from survey_service.domain.programme import ProgrammeMeasure
from survey_service.results.change_cards import change_section
from survey_service.results.changes import changes_of_groups, changes_of_the_whole, courses
from survey_service.results.figures import Released
from survey_service.results.history import History
from survey_service.results.page import results_page
from survey_service.results.wording import HIDDEN
from survey_service.web.team.wording import wording
from tests.unit.results.invented_rounds import (
    CORE,
    OPENED_ON,
    UNITS,
    affected,
    document,
    history,
    mean,
    means_by_unit,
    prevalence,
    released,
)

SPRING = date(2026, 5, 30)
AUTUMN = date(2025, 11, 29)
NO_BREAK = "\N{NO-BREAK SPACE}"


def test_a_change_is_the_difference_of_two_released_shares_with_newcombes_interval() -> None:
    # Newcombe (1998), table II: 56 of 70 less 48 of 80, by method 10: 0.0524 to 0.3339.
    now, before = released(prevalence(affected(56, 70))), released(prevalence(affected(48, 80)))
    changes = changes_of_the_whole(now, history((SPRING, before)))
    assert changes is not None
    (change,) = changes.whole
    assert change.points == pytest.approx((20.0, 5.24, 33.39), abs=0.005)
    assert (change.is_sure, changes.since) == (True, SPRING)


def test_what_one_round_hides_has_not_changed() -> None:
    secret = SafeTable(figure="hostility-any", kind="prevalence", rows=(hidden(),))
    for now, before in (
        (released(prevalence(affected(56, 70))), released(secret)),
        (released(secret), released(prevalence(affected(56, 70)))),
    ):
        changes = changes_of_the_whole(now, history((SPRING, before)))
        assert changes is not None
        assert changes.whole == ()
        assert [scale.id for scale in changes.missing] == ["hostility-any"]


def test_a_question_in_other_words_is_another_question() -> None:
    items = tuple(
        msgspec.structs.replace(item, text={"de": "Ganz anders.", "en": "Quite different."})
        if item.id == "superior-listens"
        else item
        for item in CORE.items
    )
    other = msgspec.structs.replace(CORE, items=items)
    before = released(mean(60.0), mean(60.0, scale="safety"), questionnaire=other)
    changes = changes_of_the_whole(released(mean(70.0), mean(70.0, scale="safety")), history((SPRING, before)))
    assert changes is not None
    assert [change.scale.id for change in changes.whole] == ["safety"]
    assert [scale.id for scale in changes.missing] == ["superior-support"]


def test_another_period_in_the_stem_is_another_question() -> None:
    blocks = tuple(msgspec.structs.replace(block, text={"de": "In 3 Monaten?"}) for block in CORE.blocks)
    before = released(prevalence(affected(20, 60)), questionnaire=msgspec.structs.replace(CORE, blocks=blocks))
    changes = changes_of_the_whole(released(prevalence(affected(40, 60))), history((SPRING, before)))
    assert changes is not None
    assert changes.whole == ()


def test_many_changes_are_judged_together() -> None:
    # Alone, p is 0.034; beside five that do not change at all, Benjamini and Hochberg make it 0.2.
    scales = ("colleague-support", "trust-in-structures", "team-awareness", "leadership-awareness", "safety")
    still = [mean(60.0, scale=scale) for scale in scales]
    alone = changes_of_the_whole(released(mean(63.0)), history((SPRING, released(mean(60.0)))))
    beside = changes_of_the_whole(released(mean(63.0), *still), history((SPRING, released(mean(60.0), *still))))
    assert alone is not None
    assert beside is not None
    assert [change.is_sure for change in alone.whole] == [True]
    assert not any(change.is_sure for change in beside.whole)


def test_groups_are_compared_where_both_rounds_show_them_and_they_are_made_of_the_same_units() -> None:
    now = released(mean(60.0), means_by_unit(("office", 70.0, 40), ("culture", 70.0, 20), gone=("order",)))
    tables = (mean(60.0), means_by_unit(("office", 50.0, 40), ("culture", 50.0, 20), ("order", 50.0, 20)))
    same = changes_of_groups(now, history((SPRING, released(*tables))), ("unit",))
    assert [change.groups for change in same] == [("office",), ("culture",)]
    regrouped = Released(document(*tables, units=(*UNITS[:3], ("order", "town"))), CORE)
    found = changes_of_groups(now, history((SPRING, regrouped)), ("unit",))
    assert [change.groups for change in found] == [("culture",)]


def test_three_rounds_have_a_trend_and_two_have_none() -> None:
    now, spring, autumn = (released(mean(value)) for value in (70.0, 65.0, 60.0))
    (course,) = courses(now, history((AUTUMN, autumn), (SPRING, spring)))
    assert course.trend is not None
    assert course.trend.slope == pytest.approx(10.0, abs=0.1)  # points in a year
    assert course.is_sure
    (short,) = courses(now, history((SPRING, spring)))
    assert (short.trend, short.is_sure) == (None, False)


def test_the_course_marks_the_measures_between_its_rounds_and_its_table_lists_them() -> None:
    measures = (
        ProgrammeMeasure(measure_id="a", day=date(2024, 1, 1), name={"de": "Lange davor"}),
        ProgrammeMeasure(measure_id="b", day=date(2026, 8, 1), name={"de": "Anlaufstelle eröffnet"}),
    )
    made = history((SPRING, released(mean(60.0))))
    made = History(opened_on=made.opened_on, earlier=made.earlier, measures=measures)
    section = change_section(released(mean(70.0)), made, wording("de"))
    assert [(one.sign, one.name) for one in section.measures] == [("1", "Lange davor"), ("2", "Anlaufstelle eröffnet")]
    (card,) = section.courses
    assert [row[0] for row in card.table.rows] == [
        "30. Mai 2026",
        "2: Anlaufstelle eröffnet (1. August 2026)",
        "28. November 2026",
    ]
    assert card.picture is not None
    assert card.picture.description.endswith("2: Anlaufstelle eröffnet")
    assert [label.text for label in card.picture.labels if label.style == "measure"] == ["2"]


def test_a_hidden_round_is_a_gap_that_says_so() -> None:
    secret = SafeTable(figure="superior-support", kind="score", rows=(hidden(),))
    made = history((AUTUMN, released(mean(60.0))), (SPRING, released(secret)))
    (card,) = change_section(released(mean(70.0)), made, wording("de")).courses
    assert card.table.rows[1] == ("30. Mai 2026", HIDDEN, HIDDEN, HIDDEN)
    assert card.picture is not None
    assert card.picture.has_hidden
    assert "05/2026: verdeckt" in card.picture.description


def test_the_first_round_says_that_there_is_nothing_to_compare_yet() -> None:
    section = change_section(released(mean(70.0)), history(), wording("de"))
    assert section.notes == (
        "Das ist die erste veröffentlichte Runde dieser Befragung. Was sich verändert, steht hier nach der nächsten.",
    )
    assert (section.overview, section.courses, section.groups) == (None, (), ())


def test_what_stands_out_names_the_surest_changes_and_says_where_nothing_is_sure() -> None:
    def finding(before: float, now: float) -> str:
        made = results_page(document(mean(now)), CORE, wording("de"), history((SPRING, released(mean(before)))))
        return next(
            sentence for sentence in made.findings if "Seit der Runde" in sentence or "seit der Runde" in sentence
        )

    assert finding(60.0, 70.0).startswith(
        "Seit der Runde vom 30. Mai 2026 verändert, und mehr, als der Zufall erklärt: "
        "„Rückhalt durch die Führungskraft“ von 60,0 auf 70,0"
    )
    assert finding(60.0, 60.5).startswith(
        "Nicht sicher ist, ob sich seit der Runde vom 30. Mai 2026 etwas verändert hat"
    )


def test_without_a_history_nothing_is_said_of_change() -> None:
    made = results_page(document(mean(60.0)), CORE, wording("de"))
    assert made.change is None


def test_rounds_of_one_day_have_no_trend_and_still_a_picture() -> None:
    made = history((OPENED_ON, released(mean(60.0))), (OPENED_ON, released(mean(61.0))))
    (course,) = courses(released(mean(70.0)), made)
    assert course.trend is None
    (card,) = change_section(released(mean(70.0)), made, wording("de")).courses
    assert card.picture is not None
    assert all(0 <= dot.x <= card.picture.width for dot in card.picture.dots)
