"""Published tables under attack, by somebody who has nothing else."""

from collections.abc import Callable

import msgspec
import pytest

from analysis import Cell, Cut, Known, Plan, Policy, Release, Responses, Row, audit, release, tables
from questionnaires.model import Questionnaire
from tests.unit.analysis.invented import SMALL, Population, answers, coded, form, questionnaire, single

POLICY = Policy(minimum_group_size=10)
UNITS = single("unit", "a", "b", "c", "d", "e")
TRUST = single("trust", "low", "middle", "high")
LEAD = single("lead", "yes", "no")
PARENTS = {"unit": {"a": "north", "b": "north", "c": "north", "d": "south", "e": "south"}}
BY_UNIT = Plan(cuts=(Cut(dimensions=("unit",), figures=("trust", "insult")),), parents=PARENTS)


def city(asked: Questionnaire, *, unstated: int = 0, **sizes: int) -> Responses:
    """People who trust and are insulted differently from unit to unit."""
    people = [(unit, number) for unit, size in sizes.items() for number in range(size)]
    people += [(None, number) for number in range(unstated)]
    return coded(
        asked,
        *(
            (
                {
                    "trust": ("low", "middle", "high")[(number + len(unit or "")) % 3],
                    "insult": "often" if number % 4 == 0 else "never",
                    "lead": "yes" if number % 3 == 0 else "no",
                }
                | ({} if unit is None else {"unit": unit}),
                1,
            )
            for unit, number in people
        ),
    )


ASKED = questionnaire(UNITS, TRUST, form("insult"), LEAD)
SIZES = {"a": 40, "b": 6, "c": 14, "d": 30, "e": 25}


def known(responses: Responses, plan: Plan = BY_UNIT) -> Known:
    return Known(questionnaire=responses.questionnaire, plan=plan, respondents=responses.size)


def changed(found: Release, change: Callable[[str, Row], Row], figure: str = "trust") -> Release:
    printed = [
        msgspec.structs.replace(table, rows=tuple(change(table.figure, row) for row in table.rows))
        if table.figure == figure and table.dimensions
        else table
        for table in found.tables
    ]
    return msgspec.structs.replace(found, tables=tuple(printed))


@pytest.mark.parametrize(
    "cuts",
    [
        (Cut(dimensions=("office",)), Cut(dimensions=("lead",))),
        (Cut(dimensions=("office", "lead"), figures=("trust", "safety", "insult")),),
    ],
)
def test_no_release_of_random_rounds_gives_anything_away(cuts: tuple[Cut, ...]) -> None:
    plan = Plan(cuts=cuts)
    for seed in range(8):
        people = Population(
            size=30 + 9 * seed,
            seed=seed,
            affected=(0.04, 0.3, 0.6)[seed % 3],
            skipped=0.02,
            unstated=0.05 * (seed % 2),
            leading=0.3,
        )
        responses = Responses.from_answers(SMALL, answers(people))

        found = audit(release(responses, plan, Policy(minimum_group_size=5)), known(responses, plan))

        assert found.passed, (seed, found)


def test_a_city_with_small_units_shows_some_of_them_and_gives_nothing_away() -> None:
    responses = city(ASKED, **SIZES)

    found = audit(release(responses, BY_UNIT, POLICY), known(responses))

    assert found.passed
    assert 0 < found.hidden < found.cells
    assert found.narrowest
    assert all(one.upper >= 10 and one.upper - one.lower >= 9 for one in found.narrowest)


def test_a_crossing_gives_nothing_away() -> None:
    responses = city(ASKED, a=60, b=60, c=33, d=60, e=90)
    plan = Plan(cuts=(Cut(dimensions=("unit", "lead"), figures=("trust",)),), parents=PARENTS)

    found = audit(release(responses, plan, POLICY), known(responses, plan))

    assert found.passed
    assert found.hidden < found.cells


def test_a_hidden_row_that_is_printed_again_gives_its_neighbour_away() -> None:
    responses = city(ASKED, **SIZES)
    released = release(responses, BY_UNIT, POLICY)

    def print_c_again(_: str, row: Row) -> Row:
        return Row(groups=("c",), n=14) if row.groups == ("c",) else row

    found = audit(changed(released, print_c_again), known(responses))

    assert not found.passed
    disclosed = {(one.count.figure, one.count.groups, one.count.category): one.lower for one in found.exactly_disclosed}
    assert disclosed["trust", ("b",), ""] == 6
    assert found.remainders


def test_small_counts_of_a_sensitive_answer_that_can_be_computed_are_found() -> None:
    affected = {"a": 12, "b": 10, "c": 11, "d": 2, "e": 13}
    like = [({"unit": unit, "insult": "often"}, count) for unit, count in affected.items()]
    responses = coded(ASKED, *like, *(({"unit": unit, "insult": "never"}, 28) for unit in affected))
    plan = Plan(cuts=(Cut(dimensions=("unit",), figures=("insult",)),), parents=PARENTS)
    released = release(responses, plan, POLICY)
    assert audit(released, known(responses, plan)).passed

    def print_none_of_d(_: str, row: Row) -> Row:
        """The base less this is what is hidden."""
        return (
            Row(groups=("d",), n=30, cells=(Cell(option="any"), tables.cell("none", 28, 30)))
            if row.groups == ("d",)
            else row
        )

    found = audit(changed(released, print_none_of_d, "insult"), known(responses, plan))

    assert [(one.count.groups, one.count.category, one.lower) for one in found.exactly_disclosed] == [
        (("d",), "any", 2)
    ]


def test_two_releases_that_hide_different_groups_are_read_together() -> None:
    responses = city(ASKED, **SIZES)
    released = release(responses, BY_UNIT, POLICY)

    def other_pattern(_: str, row: Row) -> Row:
        return {("c",): Row(groups=("c",), n=14), ("a",): Row(groups=("a",))}.get(row.groups, row)

    second = changed(changed(released, other_pattern), other_pattern, "all-respondents")

    assert audit(released, known(responses)).passed
    assert not audit(second, known(responses), earlier=[released]).passed


def test_releases_that_contradict_each_other_are_refused() -> None:
    responses = city(ASKED, **SIZES)
    released = release(responses, BY_UNIT, POLICY)

    def one_more(_: str, row: Row) -> Row:
        return row if row.n is None else msgspec.structs.replace(row, n=row.n + 1)

    with pytest.raises(ValueError, match="different values"):
        audit(changed(released, one_more), known(responses), earlier=[released])


def test_few_who_did_not_state_their_unit_are_found_where_every_unit_shows() -> None:
    responses = city(ASKED, unstated=3, a=40, b=26, c=24, d=30, e=25)
    careless = release(city(ASKED, unstated=0, a=40, b=26, c=24, d=30, e=25), BY_UNIT, POLICY)

    found = audit(
        msgspec.structs.replace(careless, tables=tuple(t for t in careless.tables if t.kind == "respondents")),
        known(responses),
    )

    assert found.remainders == (3.0,)
    assert audit(release(responses, BY_UNIT, POLICY), known(responses)).passed
