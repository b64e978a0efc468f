"""Before a round opens: which groups its tables will show at a given response rate, from headcounts alone."""

from collections.abc import Mapping, Sequence

import numpy as np
from msgspec import Struct

from analysis.cutting import cutting
from analysis.disclosure.cells import Place
from analysis.disclosure.model import RESPONDENTS, ModelBuilder
from analysis.disclosure.suppression import protect
from analysis.plan import Cut, Plan, Policy, UnprotectedPlan
from analysis.responses import Responses
from questionnaires.model import AnswerOption, Item, Questionnaire, Section


class ExpectedGroup(Struct, frozen=True, kw_only=True):
    """A group as headcounts foretell it.

    expected: respondents. is_too_small: below the minimum group size. shows: is neither too small nor hidden to protect
    another group. needed_rate: share of the group that has to take part for the minimum group size; above 1: never.
    """

    group: str
    headcount: int
    expected: int
    is_too_small: bool
    shows: bool
    needed_rate: float


class Merge(Struct, frozen=True, kw_only=True):
    """Groups under the same parent that are large enough together. parent: None at the top."""

    parent: str | None
    groups: tuple[str, ...]
    expected: int


class Preflight(Struct, frozen=True, kw_only=True):
    """response_rate: share of every group that takes part, from 0 to 1."""

    response_rate: float
    groups: tuple[ExpectedGroup, ...]
    merges: tuple[Merge, ...]

    @property
    def shown(self) -> int:
        """The number of groups that show."""
        return sum(group.shows for group in self.groups)


def preflight(
    headcounts: Mapping[str, int], parents: Mapping[str, str], policy: Policy, response_rate: float
) -> Preflight:
    """What one dimension will show where the same share of every group takes part.

    Real rounds differ: people take part by chance and skip questions, so groups near the limit may come out otherwise.

    Args:
        headcounts: people by group, of those with no group below them and of those above.
        parents: by group, the group it is part of.
        policy: the limits of the round.
        response_rate: greater than 0, at most 1.

    Raises:
        ValueError: where the response rate is not.
        UnprotectedPlan: where `parents` is no tree.

    """
    if not 0 < response_rate <= 1:
        raise ValueError("a response rate is a share greater than 0 and at most 1")
    leaves = [group for group in headcounts if group not in set(parents.values())]
    expected = {group: round(headcounts[group] * response_rate) for group in leaves}
    responses = _invented(expected)
    plan = Plan(cuts=(Cut(dimensions=("group",)),), parents={"group": parents}, headcounts={})
    cuts = cutting(responses, plan, {}, RESPONDENTS)
    (partition,) = cuts.partitions.values()
    if missing := set(partition.printed) - {(group,) for group in headcounts}:
        raise UnprotectedPlan(f"no headcount of {', '.join(sorted(group for (group,) in missing))}")
    model = ModelBuilder(responses.questionnaire, cuts, plan, policy).build(responses.size, {})
    hidden = protect(model.tables, coalition=policy.coalition).hidden
    groups = []
    for (group,), cell in partition.printed.items():
        index = model.places[Place(figure=RESPONDENTS, dimensions=("group",), groups=cell)]
        count = int(model.tables.values[index])
        groups.append(
            ExpectedGroup(
                group=group,
                headcount=headcounts[group],
                expected=count,
                is_too_small=count < policy.minimum_group_size,
                shows=not hidden[index],
                needed_rate=policy.minimum_group_size / headcounts[group] if headcounts[group] else float("inf"),
            )
        )
    return Preflight(
        response_rate=response_rate,
        groups=tuple(groups),
        merges=tuple(_merges(expected, parents, policy.minimum_group_size)),
    )


def _merges(expected: Mapping[str, int], parents: Mapping[str, str], minimum: int) -> Sequence[Merge]:
    """Of each parent the groups that are too small, with the next larger ones as far as needed."""
    siblings: dict[str | None, list[str]] = {}
    for group in expected:
        siblings.setdefault(parents.get(group), []).append(group)
    found = []
    for parent, groups in siblings.items():
        by_size = sorted(groups, key=lambda group: expected[group])
        while by_size and expected[by_size[0]] < minimum:
            together = [by_size.pop(0)]
            while by_size and sum(expected[group] for group in together) < minimum:
                together.append(by_size.pop(0))
            size = sum(expected[group] for group in together)
            if size >= minimum and len(together) > 1:
                found.append(Merge(parent=parent, groups=tuple(together), expected=size))
    return found


def _invented(expected: Mapping[str, int]) -> Responses:
    """As many respondents of each group as are expected, who answer nothing else."""
    nothing = {"en": "-"}
    item = Item(
        id="group",
        kind="single",
        section="-",
        text=nothing,
        options=tuple(AnswerOption(code=group, text=nothing) for group in expected),
    )
    questionnaire = Questionnaire(
        id="-",
        version="0",
        title=nothing,
        languages=("en",),
        minutes=1,
        sections=(Section(id="-", title=nothing),),
        items=(item,),
    )
    codes = np.repeat(np.arange(1, len(expected) + 1, dtype=np.int16), list(expected.values()))
    return Responses(questionnaire, codes.size, {"group": codes})
