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
    UnsafePolicy,
    release,
    wilson_interval,
)
from questionnaires.model import Condition, Item
from tests.unit.analysis.invented import (
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
LEAD = single("lead", "yes", "no")
TRUST = single("trust", "low", "middle", "high")
SAFETY = single("safety", "low", "middle", "high")
BY_UNIT = Plan(cuts=(Cut(dimensions=("unit",)),))


def table(released: Release, figure: str, dimension: str | None = None) -> SafeTable:
    return next(t for t in released.tables if (t.figure, t.dimension) == (figure, dimension))


def whole(released: Release, figure: str) -> Row:
    return table(released, figure).rows[0]


def counts(row: Row) -> dict[str, int]:
    return {cell.option: cell.count for cell in row.cells}


def is_hidden(released: Release, figure: str) -> bool:
    found = table(released, figure)
    return found.rows == (Row(group=None, n=None),) and found.unanswered is None


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


def test_a_group_that_nobody_is_in_withholds_its_dimension_like_a_small_one() -> None:
    asked = questionnaire(UNIT, TRUST)
    for many in (0, 1, 9):
        responses = coded(asked, ({"unit": "a", "trust": "low"}, 30), ({"unit": "b", "trust": "low"}, many))
        assert release(responses, BY_UNIT, POLICY).withheld == ("unit",)


@pytest.mark.parametrize("answer", [{}, {"unit": "unsaid"}])
def test_those_who_did_not_state_their_group_are_a_group_that_subtraction_reveals(answer: Answers) -> None:
    asked = questionnaire(UNIT, TRUST)
    stated = [({"unit": unit, "trust": "low"}, 30) for unit in ("a", "b")]

    for many, withheld in ((0, ()), (1, ("unit",)), (9, ("unit",)), (10, ())):
        responses = coded(asked, *stated, ({"trust": "high"} | answer, many))
        assert release(responses, BY_UNIT, POLICY).withheld == withheld


def test_a_small_remainder_that_left_the_figure_out_is_no_remainder_of_it() -> None:
    responses = coded(questionnaire(UNIT, TRUST), *(({"unit": u, "trust": "low"}, 30) for u in ("a", "b")), ({}, 3))

    released = release(responses, BY_UNIT, POLICY)

    assert released.withheld == ()
    assert is_hidden(released, "unit")


def test_those_asked_for_their_team_who_did_not_state_it_are_a_remainder_of_their_own() -> None:
    """The unit's table minus its teams' leaves them, however many were never asked."""
    in_a = Condition(id="in-a", items=("unit",), options=("a",))
    asked = questionnaire(UNIT, single("team", "one", "two", show_if=("in-a",)), TRUST, conditions=(in_a,))
    plan = Plan(cuts=(Cut(dimensions=("unit",), figures=("trust",)), Cut(dimensions=("team",), figures=("trust",))))
    like = [({"unit": "a", "team": team, "trust": "low"}, 20) for team in ("one", "two")]

    responses = coded(asked, *like, ({"unit": "a", "trust": "high"}, 2), ({"unit": "b", "trust": "low"}, 50))

    assert release(responses, plan, POLICY).withheld == ("team",)


def test_items_that_group_people_are_not_crossed_with_each_other() -> None:
    asked = questionnaire(UNIT, LEAD, TRUST)
    like = [({"unit": u, "lead": x, "trust": "low"}, 20) for u in ("a", "b") for x in ("yes", "no")]

    released = release(coded(asked, *like), Plan(cuts=(*BY_UNIT.cuts, Cut(dimensions=("lead",)))), POLICY)

    assert [t.figure for t in released.tables if t.dimension is not None] == ["trust", "trust"]


def test_margins_that_leave_a_crossed_group_no_room_withhold_the_later_dimension() -> None:
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

    assert release(responses, Plan(cuts=cuts), POLICY).withheld == ("lead",)
    assert release(responses, Plan(cuts=cuts[::-1]), POLICY).withheld == ("unit",)
    assert release(responses, Plan(cuts=cuts[1:]), POLICY).withheld == ()


def test_all_or_all_but_one_of_a_groups_affected_withhold_the_cut_that_would_tell() -> None:
    asked = questionnaire(UNIT, form("insult"), form("threat"), scales=(prevalence("any", "insult", "threat"),))
    never = {"insult": "never", "threat": "never"}
    for others, withheld in ((0, ("unit",)), (1, ("unit",)), (2, ("unit",)), (3, ())):
        like = [
            (never, 60),
            (never | {"insult": "once"}, 8),
            (never | {"insult": "once", "threat": "once"}, 6),
            (never | {"insult": "often", "threat": "often"}, 6),
            (never | {"insult": "often"}, 3),
            (never | {"threat": "once"}, others),
        ]
        responses = coded(asked, *[(given | {"unit": unit}, times) for unit in "ab" for given, times in like])
        assert release(responses, BY_UNIT, POLICY).withheld == withheld


def test_a_groups_members_who_ticked_anything_but_none_are_a_base_and_the_whole_rounds_are_not() -> None:
    asked = questionnaire(UNIT, multiple("seen", "insult", "threat", "exclusion", "none", sensitive=True))
    for affected, withheld in ((0, ()), (9, ("unit",)), (10, ())):
        like = [
            ({"seen": ["none"]}, 50),
            ({"seen": ["insult"]}, affected - affected // 2),
            ({"seen": ["threat", "exclusion"]}, affected // 2),
        ]
        responses = coded(asked, *[(given | {"unit": unit}, times) for unit in "ab" for given, times in like])
        assert release(responses, BY_UNIT, POLICY).withheld == withheld
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


def test_a_cut_is_withheld_where_few_of_a_group_answered_a_score_in_part() -> None:
    """Twice the score's sum minus the items' sums is what these few said."""
    asked = questionnaire(UNIT, TRUST, SAFETY, scales=(score("strength", "trust", "safety"),))
    for few, withheld in ((0, ()), (1, ("unit",)), (9, ("unit",)), (10, ())):
        like = [
            ({"trust": "low", "safety": "high"}, 30),
            ({"trust": "high", "safety": "high"}, 30),
            ({"trust": "low"}, few),
        ]
        responses = coded(asked, *[(given | {"unit": unit}, times) for unit in "ab" for given, times in like])
        assert release(responses, BY_UNIT, POLICY).withheld == withheld


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
def test_one_or_two_sensitive_answers_in_a_group_withhold_its_dimension(few: int) -> None:
    asked = questionnaire(UNIT, form("insult"))
    like = [({"unit": u, "insult": a}, 20) for u in ("a", "b") for a in ("never", "once")]

    assert release(coded(asked, *like), BY_UNIT, POLICY).withheld == ()
    assert release(coded(asked, *like, ({"unit": "a", "insult": "often"}, few)), BY_UNIT, POLICY).withheld == ("unit",)


@pytest.mark.parametrize(
    "plan",
    [
        Plan(cuts=(Cut(dimensions=("unit", "lead")),)),
        Plan(cuts=(Cut(dimensions=()),)),
        Plan(cuts=(Cut(dimensions=("insult",)),)),
        Plan(cuts=(Cut(dimensions=("nothing",)),)),
        Plan(cuts=(Cut(dimensions=("unit",), figures=("nothing",)),)),
        Plan(cuts=(Cut(dimensions=("unit",), figures=("trust",)), Cut(dimensions=("unit",), figures=("insult",)))),
    ],
)
def test_a_plan_that_nothing_here_protects_is_refused(plan: Plan) -> None:
    responses = coded(questionnaire(UNIT, LEAD, form("insult"), TRUST), ({"unit": "a", "trust": "low"}, 20))

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
