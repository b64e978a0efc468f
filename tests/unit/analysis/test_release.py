import sys

import msgspec
import numpy as np
import pytest

from analysis import (
    Cut,
    Interval,
    Plan,
    Policy,
    Release,
    Responses,
    Row,
    SafeTable,
    UnprotectedPlan,
    UnprovenRelease,
    UnsafePolicy,
    release,
    wilson_interval,
)
from analysis.disclosure.linked_tables import LinkedTables, Status
from analysis.disclosure.model import RESPONDENTS
from analysis.disclosure.suppression import Protection, protect
from questionnaires.model import Condition, Item
from tests.unit.analysis.invented import (
    SMALL,
    TEXT,
    Answers,
    coded,
    form,
    multiple,
    prevalence,
    questionnaire,
    score,
    single,
)

POLICY = Policy(minimum_group_size=10)
UNIT = single("unit", "a", "b", "unsaid", missing="unsaid")
THREE_UNITS = single("unit", "a", "b", "c", "unsaid", missing="unsaid")
FIVE_UNITS = single("unit", "a", "b", "c", "d", "e", "unsaid", missing="unsaid")
LEAD = single("lead", "yes", "no")
TRUST = single("trust", "low", "middle", "high")
SAFETY = single("safety", "low", "middle", "high")
BY_UNIT = Plan(cuts=(Cut(dimensions=("unit",)),))


def table(released: Release, figure: str, *dimensions: str) -> SafeTable:
    return next(t for t in released.tables if (t.figure, t.dimensions) == (figure, dimensions))


def shown(released: Release, figure: str, *dimensions: str) -> list[tuple[str, ...]]:
    """The groups whose rows show."""
    return [row.groups for row in table(released, figure, *dimensions).rows if row.n is not None]


def sizes(released: Release, *dimensions: str) -> dict[tuple[str, ...], int | None]:
    return {row.groups: row.n for row in table(released, RESPONDENTS, *dimensions).rows}


def whole(released: Release, figure: str) -> Row:
    return table(released, figure).rows[0]


def counts(row: Row) -> dict[str, int]:
    return {cell.option: cell.count for cell in row.cells}


def is_hidden(released: Release, figure: str) -> bool:
    found = table(released, figure)
    return found.rows == (Row(),) and found.unanswered is None


def test_the_whole_round_shows_counts_shares_and_wilsons_interval() -> None:
    responses = coded(questionnaire(TRUST), ({"trust": "low"}, 15), ({"trust": "high"}, 133), ({}, 4))

    released = release(responses, Plan(), POLICY)

    low = whole(released, "trust").cells[0]
    assert (low.count, low.share, low.low, low.high) == (15, 0.1014, 0.0624, 0.1605)
    found = table(released, "trust").unanswered
    assert found is not None
    assert (found.skipped, found.not_asked) == (4, 0)


@pytest.mark.parametrize("n", [10, 11, 97, 20_001])
def test_the_printed_interval_agrees_with_the_printed_share(n: int) -> None:
    for chosen in {0, 1, n // 3, n - 1, n}:
        responses = coded(questionnaire(TRUST), ({"trust": "low"}, chosen), ({"trust": "high"}, n - chosen))

        cell = whole(release(responses, Plan(), POLICY), "trust").cells[0]

        assert 0 <= cell.low <= cell.share <= cell.high <= 1
        assert Interval(cell.low, cell.high) == tuple(round(bound, 4) for bound in wilson_interval(chosen, n))


def test_numbers_and_texts_are_not_released() -> None:
    years = Item(id="years", kind="number", section="s", text=TEXT, minimum=0, maximum=50)
    closing = Item(id="closing", kind="text", section="s", text=TEXT, max_length=500)

    released = release(
        coded(questionnaire(TRUST, years, closing), ({"trust": "low", "years": "7"}, 20)), Plan(), POLICY
    )

    assert [t.figure for t in released.tables] == ["trust"]


def test_a_group_that_nobody_is_in_looks_like_a_small_one() -> None:
    asked = questionnaire(THREE_UNITS, TRUST)
    for many in (0, 1, 9):
        answered = [({"unit": unit, "trust": "low"}, n) for unit, n in (("a", 30), ("b", 20), ("c", many))]
        (row,) = [
            r
            for r in table(release(coded(asked, *answered), BY_UNIT, POLICY), "trust", "unit").rows
            if r.groups == ("c",)
        ]
        assert row == Row(groups=("c",))


def test_a_small_group_hides_its_smallest_neighbour_and_no_more() -> None:
    asked = questionnaire(THREE_UNITS, TRUST)
    answered = [({"unit": unit, "trust": "low"}, n) for unit, n in (("a", 30), ("b", 20), ("c", 9))]

    released = release(coded(asked, *answered), BY_UNIT, POLICY)

    assert shown(released, "trust", "unit") == [("a",)]
    assert sizes(released, "unit") == {("a",): 30, ("b",): None, ("c",): None}


@pytest.mark.parametrize("answer", [{}, {"unit": "unsaid"}])
def test_those_who_did_not_state_their_group_are_a_group_that_subtraction_reveals(answer: Answers) -> None:
    asked = questionnaire(THREE_UNITS, TRUST)
    stated = [({"unit": unit, "trust": "low"}, n) for unit, n in (("a", 40), ("b", 30), ("c", 20))]

    for many, groups in ((0, "abc"), (1, "ab"), (9, "ab"), (10, "abc")):
        responses = coded(asked, *stated, ({"trust": "high"} | answer, many))
        assert shown(release(responses, BY_UNIT, POLICY), "trust", "unit") == [(group,) for group in groups]


def test_those_asked_for_their_team_who_did_not_state_it_are_a_remainder_of_their_own() -> None:
    """The unit's table minus its teams' leaves them, however many were never asked."""
    in_a = Condition(id="in-a", items=("unit",), options=("a",))
    asked = questionnaire(UNIT, single("team", "one", "two", show_if=("in-a",)), TRUST, conditions=(in_a,))
    plan = Plan(cuts=(Cut(dimensions=("unit",), figures=("trust",)), Cut(dimensions=("team",), figures=("trust",))))
    like = [({"unit": "a", "team": team, "trust": "low"}, n) for team, n in (("one", 20), ("two", 25))]

    responses = coded(asked, *like, ({"unit": "a", "trust": "high"}, 2), ({"unit": "b", "trust": "low"}, 50))

    assert shown(release(responses, plan, POLICY), "trust", "team") == [("two",)]


def test_items_that_group_people_are_cut_by_no_dimension() -> None:
    asked = questionnaire(UNIT, LEAD, TRUST)
    like = [({"unit": u, "lead": x, "trust": "low"}, 20) for u in ("a", "b") for x in ("yes", "no")]

    released = release(coded(asked, *like), Plan(cuts=(*BY_UNIT.cuts, Cut(dimensions=("lead",)))), POLICY)

    assert {t.figure for t in released.tables if t.dimensions} == {RESPONDENTS, "trust"}


def test_margins_that_tell_a_crossed_group_hide_the_later_table() -> None:
    """All who chose "low" are in unit a, and all but four leaders chose "high" where they are not: 4 leaders in a."""
    asked = questionnaire(UNIT, LEAD, TRUST)
    responses = coded(
        asked,
        ({"unit": "a", "lead": "no", "trust": "low"}, 26),
        ({"unit": "a", "lead": "yes", "trust": "low"}, 4),
        ({"unit": "b", "lead": "yes", "trust": "high"}, 20),
        ({"unit": "b", "lead": "no", "trust": "middle"}, 20),
    )
    cuts = tuple(Cut(dimensions=(dimension,), figures=("trust",)) for dimension in ("unit", "lead"))

    for first, second, planned in (("unit", "lead", cuts), ("lead", "unit", cuts[::-1])):
        released = release(responses, Plan(cuts=planned), POLICY)
        assert len(shown(released, "trust", first)) == 2
        assert shown(released, "trust", second) == []
    assert len(shown(release(responses, Plan(cuts=cuts[1:]), POLICY), "trust", "lead")) == 2


def test_all_or_all_but_one_of_a_groups_affected_hide_the_prevalence_that_would_tell() -> None:
    asked = questionnaire(UNIT, form("insult"), form("threat"), scales=(prevalence("any", "insult", "threat"),))
    never = {"insult": "never", "threat": "never"}
    for others, shows in ((0, False), (1, False), (2, False), (3, True)):
        like = [
            (never, 60),
            (never | {"insult": "once"}, 8),
            (never | {"insult": "once", "threat": "once"}, 6),
            (never | {"insult": "often", "threat": "often"}, 6),
            (never | {"insult": "often"}, 3),
            (never | {"threat": "once"}, others),
        ]
        responses = coded(asked, *[(given | {"unit": unit}, times) for unit in "ab" for given, times in like])
        released = release(responses, BY_UNIT, POLICY)
        assert len(shown(released, "any", "unit")) == (2 if shows else 0)
        assert len(shown(released, "insult", "unit")) == 2
        alone = release(responses, Plan(cuts=(Cut(dimensions=("unit",), figures=("any",)),)), POLICY)
        assert len(shown(alone, "any", "unit")) == 2


def test_a_groups_members_who_ticked_anything_but_none_are_a_base_and_the_whole_rounds_are_not() -> None:
    asked = questionnaire(UNIT, multiple("seen", "insult", "threat", "exclusion", "none", sensitive=True))
    for affected, groups in ((0, 2), (9, 0), (10, 2)):
        like = [
            ({"seen": ["none"]}, 50),
            ({"seen": ["insult"]}, affected - affected // 2),
            ({"seen": ["threat", "exclusion"]}, affected // 2),
        ]
        responses = coded(asked, *[(given | {"unit": unit}, times) for unit in "ab" for given, times in like])
        assert len(shown(release(responses, BY_UNIT, POLICY), "seen", "unit")) == groups
        assert not is_hidden(release(coded(asked, *like), Plan(), POLICY), "seen")


def test_a_detail_is_hidden_with_the_item_that_opens_it() -> None:
    """Everybody was insulted, which is hidden; the detail would say that everybody was asked it."""
    affected = Condition(id="affected", items=("insult",), options=("once", "often"))
    channel = multiple("channel", "counter", "phone", sensitive=True, show_if=("affected",))
    asked = questionnaire(form("insult"), channel, conditions=(affected,))
    like = [({"insult": "once", "channel": ["counter"]}, 20), ({"insult": "once", "channel": ["phone"]}, 19)]

    released = release(coded(asked, *like, ({"insult": "never"}, 1)), Plan(), POLICY)

    assert is_hidden(released, "insult")
    assert is_hidden(released, "channel")


def test_a_score_is_hidden_where_few_of_a_group_answered_it_in_part() -> None:
    """Twice the score's sum minus the items' sums is what these few said."""
    asked = questionnaire(UNIT, TRUST, SAFETY, scales=(score("strength", "trust", "safety"),))
    for few, shows in ((0, True), (1, False), (9, False), (10, True)):
        like = [
            ({"trust": "low", "safety": "high"}, 30),
            ({"trust": "high", "safety": "high"}, 30),
            ({"trust": "low"}, few),
        ]
        responses = coded(asked, *[(given | {"unit": unit}, times) for unit in "ab" for given, times in like])
        released = release(responses, BY_UNIT, POLICY)
        assert len(shown(released, "strength", "unit")) == (2 if shows else 0)
        assert len(shown(released, "safety", "unit")) == 2
        alone = release(responses, Plan(cuts=(Cut(dimensions=("unit",), figures=("strength",)),)), POLICY)
        assert len(shown(alone, "strength", "unit")) == 2


def test_a_spread_shows_for_the_whole_round_from_five_minimum_group_sizes() -> None:
    asked = questionnaire(UNIT, TRUST, scales=(score("strength", "trust"),))
    for each, shows in ((24, False), (25, True)):
        like = [({"unit": u, "trust": t}, each // 2 + each % 2 * (t == "low")) for u in "ab" for t in ("low", "high")]
        released = release(coded(asked, *like), BY_UNIT, POLICY)

        found = whole(released, "strength").score
        assert found is not None
        assert (found.low is not None, found.high is not None, found.standard_deviation is not None) == (shows,) * 3
        for row in table(released, "strength", "unit").rows:
            assert row.score is not None
            assert (row.score.low, row.score.high, row.score.standard_deviation) == (None, None, None)


def test_a_score_of_sensitive_items_tells_where_all_have_the_same() -> None:
    asked = questionnaire(form("insult"), scales=(score("harm", "insult"),))

    released = release(coded(asked, ({"insult": "never"}, 1), ({"insult": "often"}, 40)), Plan(), POLICY)

    assert is_hidden(released, "harm")


@pytest.mark.parametrize("few", [1, 2])
def test_one_or_two_sensitive_answers_in_a_group_are_hidden_with_neighbours_that_would_tell(few: int) -> None:
    asked = questionnaire(THREE_UNITS, form("insult"))
    affected = {"a": few, "b": 12, "c": 20}
    like = [({"unit": unit, "insult": "never"}, 40) for unit in "abc"]
    like += [({"unit": unit, "insult": "often"}, n) for unit, n in affected.items()]

    released = release(coded(asked, *like), BY_UNIT, POLICY)

    rows = {row.groups[0]: row for row in table(released, "insult", "unit").rows}
    assert {unit: row.n for unit, row in rows.items()} == {unit: 40 + n for unit, n in affected.items()}
    for unit in "ab":
        assert all((cell.count, cell.share, cell.low, cell.high) == (None,) * 4 for cell in rows[unit].cells)
    assert counts(rows["c"]) == {"any": 20, "none": 40}


def test_how_often_is_told_of_the_whole_round_and_whether_at_all_of_its_parts() -> None:
    asked = questionnaire(UNIT, form("insult"))
    like = [({"unit": u, "insult": a}, 20) for u in ("a", "b") for a in ("never", "once", "often")]

    released = release(coded(asked, *like), BY_UNIT, POLICY)

    assert counts(whole(released, "insult")) == {"never": 40, "once": 40, "often": 40}
    assert table(released, "insult", "unit").kind == "prevalence"
    assert [counts(row) for row in table(released, "insult", "unit").rows] == [{"any": 40, "none": 20}] * 2


def test_a_crossing_shows_with_its_margins_and_hides_what_they_would_tell() -> None:
    asked = questionnaire(THREE_UNITS, LEAD, TRUST)
    counts = {("a", "yes"): 4, ("a", "no"): 30, ("b", "yes"): 12, ("b", "no"): 25, ("c", "yes"): 14, ("c", "no"): 40}
    like = [({"unit": unit, "lead": lead, "trust": "low"}, n) for (unit, lead), n in counts.items()]
    crossed = Plan(cuts=(Cut(dimensions=("unit", "lead"), figures=("trust",)),))

    released = release(coded(asked, *like), crossed, POLICY)

    assert len(shown(released, "trust", "unit")) == 3
    assert len(shown(released, "trust", "lead")) == 2
    groups = shown(released, "trust", "unit", "lead")
    assert ("a", "yes") not in groups
    assert ("a", "no") not in groups
    assert 2 <= len(groups) <= 4


def test_groups_roll_up_to_the_ones_they_are_part_of() -> None:
    asked = questionnaire(FIVE_UNITS, TRUST)
    counts = {"a": 30, "b": 6, "c": 25, "d": 20, "e": 31}
    parents = {
        "unit": {"a": "north", "b": "north", "c": "north", "d": "south", "e": "south", "north": "city", "south": "city"}
    }
    plan = Plan(cuts=BY_UNIT.cuts, parents=parents)

    released = release(coded(asked, *(({"unit": u, "trust": "low"}, n) for u, n in counts.items())), plan, POLICY)

    assert sizes(released, "unit") == {
        ("north",): 61,
        ("a",): 30,
        ("b",): None,
        ("c",): None,
        ("south",): 51,
        ("d",): 20,
        ("e",): 31,
    }


def test_a_group_with_one_group_below_it_is_that_group() -> None:
    asked = questionnaire(THREE_UNITS, TRUST)
    parents = {"unit": {"a": "north", "b": "south", "c": "south"}}
    like = [({"unit": unit, "trust": "low"}, n) for unit, n in (("a", 6), ("b", 30), ("c", 20))]

    released = release(coded(asked, *like), Plan(cuts=BY_UNIT.cuts, parents=parents), POLICY)

    found = sizes(released, "unit")
    assert found["north",] is None
    assert found["a",] is None
    assert found["south",] is None


def test_a_group_with_more_people_than_its_headcount_is_hidden_and_that_there_is_one_is_said() -> None:
    asked = questionnaire(THREE_UNITS, TRUST)
    like = [({"unit": unit, "trust": "low"}, n) for unit, n in (("a", 16), ("b", 30), ("c", 20))]
    known = {("unit",): {("a",): 15, ("b",): 40, ("c",): 40}}

    released = release(coded(asked, *like), Plan(cuts=BY_UNIT.cuts, headcounts=known), POLICY)

    assert released.is_above_headcount
    assert ("a",) not in shown(released, "trust", "unit")
    assert not release(coded(asked, *like), BY_UNIT, POLICY).is_above_headcount


def test_what_an_earlier_release_of_the_round_hides_stays_hidden() -> None:
    asked = questionnaire(FIVE_UNITS, TRUST)
    counts = {"a": 30, "b": 11, "c": 16, "d": 6, "e": 17}
    responses = coded(asked, *(({"unit": u, "trust": "low"}, n) for u, n in counts.items()))
    first = release(responses, BY_UNIT, POLICY)

    second = release(responses, BY_UNIT, Policy(minimum_group_size=17), earlier=[first])

    assert set(shown(second, "trust", "unit")) < set(shown(first, "trust", "unit"))


def test_an_earlier_release_that_together_with_this_one_tells_too_much_stops_it() -> None:
    """The earlier one shows what must not show: nothing released now makes that good."""
    asked = questionnaire(THREE_UNITS, TRUST)
    like = [({"unit": unit, "trust": "low"}, n) for unit, n in (("a", 30), ("b", 20), ("c", 6))]
    responses = coded(asked, *like)
    careless = release(coded(asked, *like, ({"unit": "c", "trust": "low"}, 4)), BY_UNIT, POLICY)
    assert len(shown(careless, "trust", "unit")) == 3

    with pytest.raises(UnprovenRelease):
        release(responses, BY_UNIT, POLICY, earlier=[careless])


def test_what_was_hidden_in_the_round_before_is_hidden_again_where_it_costs_little() -> None:
    asked = questionnaire(FIVE_UNITS, TRUST)

    def of(**counts: int) -> Responses:
        return coded(asked, *(({"unit": unit, "trust": "low"}, n) for unit, n in counts.items()))

    before = release(of(a=30, b=20, c=22, d=6, e=40), BY_UNIT, POLICY)
    assert ("b",) not in shown(before, "trust", "unit")
    now = of(a=30, b=23, c=21, d=6, e=40)

    assert ("c",) not in shown(release(now, BY_UNIT, POLICY), "trust", "unit")
    assert ("b",) not in shown(release(now, BY_UNIT, POLICY, round_before=before), "trust", "unit")
    assert ("c",) in shown(release(now, BY_UNIT, POLICY, round_before=before), "trust", "unit")


def test_without_the_auditors_consent_nothing_below_the_whole_round_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    """A suppressor that protects nothing does not get through."""
    asked = questionnaire(THREE_UNITS, TRUST)
    like = [({"unit": unit, "trust": "low"}, n) for unit, n in (("a", 30), ("b", 20), ("c", 9))]

    def careless(tables: LinkedTables, **_: object) -> Protection:
        hidden = np.isin(tables.statuses, (Status.PRIMARY, Status.UNPRINTED))
        return msgspec.structs.replace(protect(tables), hidden=hidden)

    monkeypatch.setattr(sys.modules["analysis.release"], "protect", careless)

    released = release(coded(asked, *like), BY_UNIT, POLICY)

    assert shown(released, "trust", "unit") == []
    assert shown(released, RESPONDENTS, "unit") == []
    assert not is_hidden(released, "trust")


@pytest.mark.parametrize(
    "plan",
    [
        Plan(cuts=(Cut(dimensions=("unit", "lead", "team")),)),
        Plan(cuts=(Cut(dimensions=("unit", "unit")),)),
        Plan(cuts=(Cut(dimensions=("unit", "lead")), Cut(dimensions=("lead", "unit")))),
        Plan(cuts=(Cut(dimensions=("unit", "lead")), Cut(dimensions=("team", "floor")))),
        Plan(cuts=BY_UNIT.cuts, parents={"nothing": {"a": "north"}}),
        Plan(cuts=BY_UNIT.cuts, parents={"unit": {"a": "north", "b": "north", "x": "north"}}),
        Plan(cuts=BY_UNIT.cuts, parents={"unit": {"a": "north", "north": "city", "city": "north"}}),
        Plan(cuts=(Cut(dimensions=()),)),
        Plan(cuts=(Cut(dimensions=("insult",)),)),
        Plan(cuts=(Cut(dimensions=("nothing",)),)),
        Plan(cuts=(Cut(dimensions=("unit",), figures=("nothing",)),)),
        Plan(cuts=(Cut(dimensions=("unit",), figures=("trust",)), Cut(dimensions=("unit",), figures=("insult",)))),
    ],
)
def test_a_plan_that_nothing_here_protects_is_refused(plan: Plan) -> None:
    asked = questionnaire(UNIT, LEAD, single("team", "x", "y"), single("floor", "x", "y"), form("insult"), TRUST)
    responses = coded(asked, ({"unit": "a", "trust": "low"}, 20))

    with pytest.raises(UnprotectedPlan):
        release(responses, plan, POLICY)


@pytest.mark.parametrize(
    "policy",
    [
        Policy(minimum_group_size=4),
        Policy(minimum_group_size=21),
        Policy(minimum_group_size=10, minimum_sensitive_count=0),
    ],
)
def test_a_policy_below_the_floor_or_above_the_round_is_refused(policy: Policy) -> None:
    with pytest.raises(UnsafePolicy):
        release(coded(questionnaire(TRUST), ({"trust": "low"}, 20)), Plan(), policy)


def test_a_column_of_another_shape_is_refused() -> None:
    two = coded(questionnaire(TRUST), ({"trust": "low"}, 2))

    with pytest.raises(ValueError, match="shape"):
        Responses(two.questionnaire, 3, two.columns)


def test_a_small_group_that_everybody_knows_to_be_small_costs_its_neighbours_and_not_the_whole_release() -> None:
    """All four who lead in the north have answered, and no more are known to. Without the rest of the north their
    number is what is left of it, whatever they hide behind."""

    def given(office: str, lead: str) -> Answers:
        return {"office": office, "lead": lead, "trust": "low", "safety": "low", "insult": "never", "threat": "never"}

    responses = coded(
        SMALL,
        (given("north", "yes"), 4),
        (given("north", "no"), 40),
        (given("south", "yes"), 20),
        (given("south", "no"), 40),
    )
    crossing = {("north", "yes"): 4, ("north", "no"): 60, ("south", "yes"): 30, ("south", "no"): 60}
    plan = Plan(
        cuts=(Cut(dimensions=("office",)), Cut(dimensions=("lead",)), Cut(dimensions=("office", "lead"))),
        headcounts={("office", "lead"): crossing},
    )
    shown = {
        table.dimensions: [row.n for row in table.rows]
        for table in release(responses, plan, Policy(minimum_group_size=10)).tables
        if table.figure == "trust"
    }
    assert shown["office",] == [44, 60]
    assert None in shown["office", "lead"]
