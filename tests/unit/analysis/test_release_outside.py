"""What people outside could compute from releases of surveys unlike ours, case by case."""

import pytest

from analysis import (
    Association,
    Cell,
    Cut,
    Known,
    Plan,
    Policy,
    Release,
    Row,
    SafeTable,
    Unanswered,
    UnprotectedPlan,
    audit,
    release,
)
from analysis.disclosure.model import RESPONDENTS
from questionnaires.model import AnswerOption, Condition, Item, Scale
from tests.unit.analysis.invented import TEXT, coded, form, multiple, options, questionnaire, score, single

K = 10
POLICY = Policy(minimum_group_size=K)
OFFICE = single("office", "north", "south", "west")
BY_OFFICE = Plan(cuts=(Cut(dimensions=("office",)),))
IN_NORTH = Condition(id="in-north", items=("office",), options=("north",))
NOT_SOUTH = Condition(id="not-south", items=("office",), options=("north", "west"))


def table(released: Release, figure: str, *dimensions: str) -> SafeTable:
    return next(t for t in released.tables if (t.figure, t.dimensions) == (figure, dimensions))


def row(released: Release, figure: str, group: str) -> Row:
    return next(row for row in table(released, figure, "office").rows if row.groups == (group,))


def shown(released: Release, figure: str) -> dict[str, int]:
    return {row.groups[0]: row.n for row in table(released, figure, "office").rows if row.n is not None}


def counts(one: Row) -> dict[str, int | None]:
    return {cell.option: cell.count for cell in one.cells}


def test_a_question_for_one_group_alone_tells_its_size_and_so_protects_no_other_group() -> None:
    asked = questionnaire(OFFICE, single("desk", "own", "shared", show_if=("in-north",)), conditions=(IN_NORTH,))
    responses = coded(
        asked,
        ({"office": "north", "desk": "own"}, 12),
        ({"office": "south"}, 20),
        ({"office": "west"}, 6),
    )

    released = release(responses, BY_OFFICE, POLICY)

    known = {"north": 12} | shown(released, RESPONDENTS)
    assert table(released, "desk").rows[0].n == 12
    assert responses.size - sum(known.values()) >= K


def test_the_audit_of_what_is_published_knows_who_was_asked_a_question() -> None:
    asked = questionnaire(OFFICE, single("desk", "own", "shared", show_if=("in-north",)), conditions=(IN_NORTH,))
    desk = SafeTable(
        figure="desk",
        kind="options",
        rows=(Row(n=12, cells=(Cell(option="own", count=12), Cell(option="shared", count=0))),),
        unanswered=Unanswered(missing={}, skipped=0, not_asked=26),
    )
    sizes = SafeTable(
        figure=RESPONDENTS,
        kind="respondents",
        dimensions=("office",),
        rows=(Row(groups=("north",)), Row(groups=("south",), n=20), Row(groups=("west",))),
    )
    published = Release(minimum_group_size=K, tables=(desk, sizes))

    report = audit(published, Known(questionnaire=asked, plan=BY_OFFICE, respondents=38))

    assert report.remainders == (6.0,)


def test_the_audit_of_what_is_published_knows_that_a_valid_answer_ticks_something() -> None:
    asked = questionnaire(OFFICE, multiple("channel", "counter", "phone", sensitive=True))
    channel = SafeTable(
        figure="channel",
        kind="options",
        dimensions=("office",),
        rows=(Row(groups=("north",), n=12, cells=(Cell(option="counter"), Cell(option="phone", count=0))),),
    )

    report = audit(
        Release(minimum_group_size=K, tables=(channel,)), Known(questionnaire=asked, plan=BY_OFFICE, respondents=60)
    )

    assert [one.count.category for one in report.exactly_disclosed] == ["counter"]


def test_two_questions_whose_groups_differ_by_a_few_people_do_not_both_show() -> None:
    asked = questionnaire(
        OFFICE,
        single("desk", "own", "shared", show_if=("in-north",)),
        single("lift", "yes", "no", show_if=("not-south",)),
        conditions=(IN_NORTH, NOT_SOUTH),
    )
    responses = coded(
        asked,
        ({"office": "north", "desk": "own", "lift": "yes"}, 12),
        ({"office": "south"}, 20),
        ({"office": "west", "lift": "no"}, 6),
    )

    released = release(responses, BY_OFFICE, POLICY)

    assert table(released, "desk").rows[0].n == 12
    assert table(released, "lift").rows == (Row(),)


def test_a_question_that_only_a_few_are_not_asked_is_hidden() -> None:
    asked = questionnaire(OFFICE, single("lift", "yes", "no", show_if=("not-south",)), conditions=(NOT_SOUTH,))
    responses = coded(
        asked,
        ({"office": "north", "lift": "yes"}, 12),
        ({"office": "west", "lift": "no"}, 12),
        ({"office": "south"}, 6),
    )

    assert table(release(responses, BY_OFFICE, POLICY), "lift").rows == (Row(),)


def test_that_all_of_a_group_ticked_one_option_is_not_left_over_where_nobody_ticked_the_others() -> None:
    asked = questionnaire(OFFICE, multiple("channel", "counter", "phone", sensitive=True))
    responses = coded(
        asked,
        ({"office": "north", "channel": ["counter"]}, 12),
        *(({"office": office, "channel": ["counter"]}, 20) for office in ("south", "west")),
        *(({"office": office, "channel": ["phone"]}, 12) for office in ("south", "west")),
    )

    north = row(release(responses, BY_OFFICE, POLICY), "channel", "north")

    assert north.n is None or counts(north)["phone"] is None


def test_an_option_that_rules_out_others_does_not_tell_how_many_chose_those() -> None:
    reason = Item(
        id="reason",
        kind="multiple",
        section="s",
        text=TEXT,
        sensitive=True,
        options=(
            AnswerOption(code="origin", text=TEXT),
            AnswerOption(code="office", text=TEXT),
            AnswerOption(code="unknown", text=TEXT, exclusive=True),
        ),
    )
    asked = questionnaire(OFFICE, reason)
    responses = coded(
        asked,
        ({"office": "north", "reason": ["origin"]}, 2),
        ({"office": "north", "reason": ["unknown"]}, 18),
        *(
            ({"office": office, "reason": [code]}, 8)
            for office in ("south", "west")
            for code in ("origin", "office", "unknown")
        ),
    )

    north = row(release(responses, BY_OFFICE, POLICY), "reason", "north")

    assert north.n is None or counts(north)["unknown"] is None


def test_a_missing_code_beside_a_choice_takes_the_person_out_of_the_counts_as_well() -> None:
    choice = Item(
        id="wish",
        kind="multiple",
        section="s",
        text=TEXT,
        options=options("training", "talk", "unsaid", missing="unsaid"),
    )
    responses = coded(
        questionnaire(choice),
        ({"wish": ["training"]}, 10),
        ({"wish": ["training", "unsaid"]}, 5),
        ({"wish": ["talk"]}, 3),
    )

    (wish,) = release(responses, Plan(), POLICY).tables

    assert wish.rows[0].n == 13
    assert counts(wish.rows[0]) == {"training": 10, "talk": 3}


def test_a_score_of_one_item_hides_the_groups_that_its_item_hides() -> None:
    asked = questionnaire(OFFICE, single("trust", "low", "middle", "high"), scales=(score("backing", "trust"),))
    responses = coded(
        asked,
        ({"office": "north", "trust": "low"}, 9),
        ({"office": "north"}, 3),
        ({"office": "south", "trust": "low"}, 12),
        *(({"office": "west", "trust": trust}, 4) for trust in ("low", "middle", "high")),
    )

    released = release(responses, BY_OFFICE, POLICY)

    assert shown(released, "trust").keys() == shown(released, "backing").keys()


def test_two_scores_of_the_same_items_do_not_tell_what_a_few_people_said_who_have_only_one_of_them() -> None:
    full = Scale(id="full", kind="score", items=("trust", "safety"), title=TEXT, minimum_share=1.0)
    asked = questionnaire(
        OFFICE,
        single("trust", "low", "middle", "high"),
        single("safety", "low", "middle", "high"),
        scales=(score("half", "trust", "safety"), full),
    )
    responses = coded(
        asked,
        ({"office": "north", "trust": "low", "safety": "low"}, 20),
        ({"office": "north", "trust": "high"}, 1),
        ({"office": "south", "trust": "middle", "safety": "high"}, 20),
        ({"office": "west", "trust": "middle", "safety": "low"}, 20),
    )

    released = release(responses, Plan(cuts=(Cut(dimensions=("office",), figures=("half", "full")),)), POLICY)

    assert shown(released, "half")
    assert not shown(released, "full")


@pytest.mark.parametrize("conditions", [("hurt",), ("in-north", "leading"), ("in-north-or-leading",)])
def test_groups_of_people_who_were_asked_for_any_other_reason_than_their_group_are_not_planned(
    conditions: tuple[str, ...],
) -> None:
    asked = questionnaire(
        OFFICE,
        single("lead", "yes", "north"),
        form("insult"),
        single("team", "one", "two", show_if=conditions),
        conditions=(
            IN_NORTH,
            Condition(id="hurt", items=("insult",), options=("once", "often")),
            Condition(id="leading", items=("lead",), options=("yes",)),
            Condition(id="in-north-or-leading", items=("office", "lead"), options=("north", "yes")),
        ),
    )
    responses = coded(asked, ({"office": "north", "lead": "yes", "insult": "once", "team": "one"}, 20))

    with pytest.raises(UnprotectedPlan, match="team does not group people"):
        release(responses, Plan(cuts=(Cut(dimensions=("team",)),)), POLICY)


def test_raising_the_minimum_step_by_step_does_not_tell_how_many_answered_two_questions() -> None:
    asked = questionnaire(single("trust", "low", "middle", "high"), single("safety", "low", "middle", "high"))
    responses = coded(
        asked,
        *(({"trust": trust, "safety": trust}, 30) for trust in ("low", "middle")),
        ({"trust": "high", "safety": "low"}, 37),
    )
    plan = Plan(statistics=(Association(figures=("trust", "safety")),))
    releases: list[Release] = []

    for minimum in (10, 11, 12, 13):
        releases.append(release(responses, plan, Policy(minimum_group_size=minimum), earlier=tuple(releases)))

    assert {one.statistics[0].n for one in releases} == {90}


def test_a_round_of_which_every_group_is_hidden_can_be_released_again_with_a_larger_minimum() -> None:
    # Whoever alone in their office left the role out, and alone among those was not insulted, would learn of the others.
    asked = questionnaire(OFFICE, single("lead", "yes", "no"), form("insult"))
    responses = coded(
        asked,
        ({"office": "north", "insult": "once"}, 4),
        ({"office": "south", "insult": "never"}, 1),
        *(
            ({"office": office, "lead": lead, "insult": insult}, 8)
            for office in ("north", "south", "west")
            for lead in ("yes", "no")
            for insult in ("once", "never")
        ),
    )
    plan = Plan(cuts=(Cut(dimensions=("office", "lead"), figures=("insult",)),))

    first = release(responses, plan, Policy(minimum_group_size=5))
    second = release(responses, plan, Policy(minimum_group_size=7), earlier=(first,))

    assert {row.n for table in first.tables if table.dimensions for row in table.rows} == {None}
    assert second.tables == first.tables


def test_a_group_that_a_larger_minimum_hides_whole_keeps_the_answer_hidden_that_was_hidden_before() -> None:
    asked = questionnaire(OFFICE, form("insult"))
    responses = coded(
        asked,
        ({"office": "north", "insult": "once"}, 1),
        ({"office": "north", "insult": "never"}, 11),
        *(({"office": office, "insult": insult}, 15) for office in ("south", "west") for insult in ("once", "never")),
    )

    first = release(responses, BY_OFFICE, POLICY)
    second = release(responses, BY_OFFICE, Policy(minimum_group_size=13), earlier=(first,))

    assert row(first, "insult", "north").n == 12
    assert counts(row(first, "insult", "north")) == {"any": None, "none": None}
    assert row(second, "insult", "north").n is None


def test_a_larger_minimum_that_hides_a_figure_of_the_whole_round_lets_the_others_be_released_again() -> None:
    asked = questionnaire(OFFICE, form("insult"), single("trust", "low", "high"))
    responses = coded(
        asked,
        ({"office": "north", "insult": "once"}, 1),
        ({"office": "north", "insult": "never"}, 11),
        *(({"office": office, "insult": insult}, 6) for office in ("south", "west") for insult in ("once", "never")),
        *(({"office": office, "trust": "low"}, 30) for office in ("north", "south", "west")),
    )

    first = release(responses, BY_OFFICE, POLICY)
    second = release(responses, BY_OFFICE, Policy(minimum_group_size=40), earlier=(first,))

    assert counts(row(first, "insult", "north"))["any"] is None
    assert table(second, "insult").rows == (Row(),)
    assert all(table.figure != "insult" for table in second.tables if table.dimensions)
