"""What headcounts foretell."""

import pytest

from analysis import Policy, UnprotectedPlan
from analysis.preflight import preflight

HEADCOUNTS = {"city": 370, "north": 170, "a": 100, "b": 40, "c": 30, "south": 200, "d": 12, "e": 18, "f": 170}
PARENTS = {
    "a": "north",
    "b": "north",
    "c": "north",
    "d": "south",
    "e": "south",
    "f": "south",
    "north": "city",
    "south": "city",
}
POLICY = Policy(minimum_group_size=10)


def shown(response_rate: float) -> set[str]:
    found = preflight(HEADCOUNTS, PARENTS, POLICY, response_rate)
    return {group.group for group in found.groups if group.shows}


def test_everything_shows_where_everybody_takes_part() -> None:
    assert shown(1.0) == set(HEADCOUNTS) - {"city"}


def test_groups_that_are_too_small_are_hidden_with_what_protects_them() -> None:
    found = preflight(HEADCOUNTS, PARENTS, POLICY, 0.5)
    by_group = {group.group: group for group in found.groups}

    assert {name for name, group in by_group.items() if group.is_too_small} == {"d", "e"}
    assert {name for name, group in by_group.items() if not group.shows} == {"d", "e"}  # 15 of both are enough
    assert by_group["d"].needed_rate == pytest.approx(10 / 12)
    assert found.shown == 6


def test_a_single_small_group_takes_a_neighbour_along() -> None:
    found = preflight(HEADCOUNTS, PARENTS, POLICY, 0.7)
    by_group = {group.group: group for group in found.groups}

    assert [name for name, group in by_group.items() if group.is_too_small] == ["d"]
    assert not by_group["e"].shows
    assert by_group["f"].shows


def test_merges_take_the_smallest_groups_of_one_parent_until_they_are_large_enough() -> None:
    (merge,) = preflight(HEADCOUNTS, PARENTS, POLICY, 0.5).merges

    assert (merge.parent, merge.groups, merge.expected) == ("south", ("d", "e"), 15)


@pytest.mark.parametrize("response_rate", [0, -0.1, 1.01])
def test_what_is_no_response_rate_is_refused(response_rate: float) -> None:
    with pytest.raises(ValueError, match="response rate"):
        preflight(HEADCOUNTS, PARENTS, POLICY, response_rate)


def test_a_group_without_a_headcount_is_refused() -> None:
    with pytest.raises(UnprotectedPlan, match="north"):
        preflight({name: n for name, n in HEADCOUNTS.items() if name != "north"}, PARENTS, POLICY, 0.5)
