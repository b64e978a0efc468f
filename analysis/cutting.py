"""From a plan to what is tabulated by what."""

from collections.abc import Collection, Mapping, Sequence
from itertools import combinations

from msgspec import Struct

from analysis import counts
from analysis.counts import Counted
from analysis.grouping import Grouping, Partition, grouping, partition
from analysis.plan import MOST_DIMENSIONS, Cut, Plan, UnprotectedPlan
from analysis.responses import Responses
from questionnaires.model import Item, Questionnaire

Dimensions = tuple[str, ...]


class Cutting(Struct, frozen=True, kw_only=True, eq=False):
    """partitions: by their dimensions, single ones first. figures: by dimensions, the ids tabulated, in plan order."""

    partitions: Mapping[Dimensions, Partition]
    figures: Mapping[Dimensions, tuple[str, ...]]

    def partitions_of(self, figure: str) -> list[Partition]:
        return [self.partitions[dimensions] for dimensions, ids in self.figures.items() if figure in ids]

    def finest_of(self, figure: str) -> list[Partition]:
        """Those that no crossing of the figure contains."""
        found = self.partitions_of(figure)
        return [one for one in found if not any(set(one.dimensions) < set(other.dimensions) for other in found)]


def grouping_items(questionnaire: Questionnaire, plan: Plan) -> set[str]:
    """The ids of the items that group people: no figure is made of them below the whole round."""
    planned = {dimension for cut in plan.cuts for dimension in cut.dimensions}
    return planned | {item.id for item in questionnaire.items if item.options_from is not None}


def cutting(responses: Responses, plan: Plan, may_be_cut: Mapping[str, Counted], respondents: str) -> Cutting:
    """What `plan` asks for, of the figures that may be cut.

    respondents: the id of the figure that every cut tabulates besides.

    Raises: UnprotectedPlan.
    """
    questionnaire = responses.questionnaire
    named = {dimension: _dimension(questionnaire, dimension) for cut in plan.cuts for dimension in cut.dimensions}
    if unknown := set(plan.parents) - {item.id for item in questionnaire.items}:
        raise UnprotectedPlan(f"parents of groups that nothing asks for: {', '.join(sorted(unknown))}")
    _check_crossings(plan.cuts)
    groupings = {
        dimension: grouping(responses, item, plan.parents.get(dimension, {})) for dimension, item in named.items()
    }
    grouped = grouping_items(questionnaire, plan)
    figures: dict[Dimensions, list[str]] = {}
    for cut in plan.cuts:
        wanted = [
            figure.id
            for figure in counts.figures(questionnaire, cut.figures)
            if figure.id in may_be_cut and not counts.asked_in(figure) & grouped
        ]
        for dimensions in _with_margins(cut.dimensions):
            figures.setdefault(dimensions, []).extend(wanted)
    ordered = sorted(figures, key=len)
    return Cutting(
        partitions={dimensions: partition(_ordered(groupings, dimensions)) for dimensions in ordered},
        figures={dimensions: tuple(dict.fromkeys((respondents, *figures[dimensions]))) for dimensions in ordered},
    )


def _ordered(groupings: Mapping[str, Grouping], dimensions: Collection[str]) -> Sequence[Grouping]:
    return [groupings[dimension] for dimension in dimensions]


def _with_margins(dimensions: Dimensions) -> list[Dimensions]:
    """A crossing shows its margins anyway: they are released as tables of their own."""
    singles: list[Dimensions] = [(dimension,) for dimension in dimensions]
    return singles if len(dimensions) == 1 else [*singles, dimensions]


def _dimension(questionnaire: Questionnaire, dimension: str) -> Item:
    item = questionnaire.item(dimension)
    if item is None or not groups_people(questionnaire, item):
        raise UnprotectedPlan(f"{dimension} does not group people")
    return item


def groups_people(questionnaire: Questionnaire, item: Item) -> bool:
    """Whether the sizes of its groups tell of nothing but the groups.

    One that is not asked of everyone is asked because of one answer to one question that groups people itself: all its
    groups together are then a group like any other.
    """
    if item.kind != "single" or item.sensitive:
        return False
    conditions = [condition for condition in questionnaire.conditions if condition.id in item.show_if]
    if not conditions:
        return True
    opening = [questionnaire.item(name) for condition in conditions for name in condition.items]
    return len(opening) == 1 and opening[0] is not None and groups_people(questionnaire, opening[0])


def _check_crossings(cuts: Sequence[Cut]) -> None:
    for cut in cuts:
        if not 1 <= len(set(cut.dimensions)) == len(cut.dimensions) <= MOST_DIMENSIONS:
            raise UnprotectedPlan(
                f"a cut has one dimension or two different ones, crossed: {', '.join(cut.dimensions)}"
            )
    if len({frozenset(cut.dimensions) for cut in cuts}) < len(cuts):
        raise UnprotectedPlan("a dimension or crossing is planned twice; name all its figures in one cut")
    crossings = [set(cut.dimensions) for cut in cuts if len(cut.dimensions) == MOST_DIMENSIONS]
    # Crossings around one dimension fit together in any way their margins do; others would bound a three-way table.
    if any(not set.intersection(*three) for three in combinations(crossings, 3)) or any(
        not one & other for one, other in combinations(crossings, 2)
    ):
        raise UnprotectedPlan("all crossings share one dimension")
