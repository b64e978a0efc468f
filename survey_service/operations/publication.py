"""A survey's publication plan as the analysis understands it: cuts, the tree of units, and what everybody knows."""

from collections.abc import Iterator, Mapping

from analysis import Cut, Plan
from questionnaires.model import Item, Questionnaire
from survey_service.domain.surveys import HEADCOUNTS_BY_ITEM, Survey, Unit


def publication_plan(survey: Survey, questionnaire: Questionnaire) -> Plan:
    units = [item.id for item in questionnaire.items if item.options_from == "units"]
    headcounts: dict[tuple[str, ...], Mapping[tuple[str, ...], int]] = {}
    for item in units:
        headcounts[item,] = {(unit.id,): unit.headcount for unit in survey.units}
        for cut in survey.publication:
            if item in cut.dimensions and len(cut.dimensions) > 1:
                (other,) = (dimension for dimension in cut.dimensions if dimension != item)
                headcounts[cut.dimensions] = dict(_crossed(survey.units, cut.dimensions, questionnaire.item(other)))
    parents = {unit.id: unit.parent for unit in survey.units if unit.parent is not None}
    return Plan(
        cuts=tuple(Cut(dimensions=cut.dimensions, figures=cut.items) for cut in survey.publication),
        parents=dict.fromkeys(units, parents),
        headcounts=headcounts,
    )


def _crossed(
    units: tuple[Unit, ...], dimensions: tuple[str, ...], other: Item | None
) -> Iterator[tuple[tuple[str, ...], int]]:
    """How many of a unit are, and how many are not, what the item asks; it offers "yes" and "no"."""
    if other is None:
        return
    for unit in units:
        those = getattr(unit, HEADCOUNTS_BY_ITEM[other.id])
        for code, headcount in (("yes", those), ("no", unit.headcount - those)):
            yield tuple(code if dimension == other.id else unit.id for dimension in dimensions), headcount
