"""A survey's publication plan as the analysis understands it: cuts, statistics, units, and what everybody knows."""

from collections.abc import Iterable, Iterator, Mapping

from analysis import Association, Cut, Plan, Reliability, WeightedMean
from analysis.plan import PlannedStatistic
from questionnaires.model import Item, Questionnaire
from survey_service.domain.surveys import HEADCOUNTS_BY_ITEM, Statistic, Survey, Unit, leaves


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
        statistics=tuple(planned_statistics(survey.statistics, questionnaire, survey.units)),
        parents=dict.fromkeys(units, parents),
        headcounts=headcounts,
    )


def planned_statistics(
    statistics: Iterable[Statistic], questionnaire: Questionnaire, units: tuple[Unit, ...]
) -> Iterator[PlannedStatistic]:
    """Each with what goes in: of a kind that takes one scale, one for each scale."""
    for statistic in statistics:
        match statistic.kind:
            case "reliability":
                yield from (Reliability(figure=figure) for figure in statistic.items)
            case "weighted-mean":
                population = {name: _population(questionnaire.item(name), units) for name in statistic.by}
                yield from (WeightedMean(figure=figure, population=population) for figure in statistic.items)
            case "association":
                if len(statistic.items) == 2:  # noqa: PLR2004 - two go together
                    first, second = statistic.items
                    yield Association(figures=(first, second), options=statistic.options)


def missing_headcounts(
    statistic: Statistic, questionnaire: Questionnaire, units: tuple[Unit, ...]
) -> dict[str, tuple[str, str]]:
    """By item that weights are to rest on: the column of the units file, and the units that lack it."""
    missing = {}
    for name in statistic.by:
        item = questionnaire.item(name)
        if item is not None and item.options_from == "units":
            continue
        column = HEADCOUNTS_BY_ITEM.get(name, "headcounts")
        without = [unit.id for unit in units if getattr(unit, column, None) is None]
        if without or not units:
            missing[name] = column, ", ".join(without)
    return missing


def _population(item: Item | None, units: tuple[Unit, ...]) -> dict[str, int]:
    """How many people would choose each option."""
    lowest = leaves(units)
    if item is None or item.id not in HEADCOUNTS_BY_ITEM:
        return {unit.id: unit.headcount for unit in lowest}
    those = sum(getattr(unit, HEADCOUNTS_BY_ITEM[item.id]) for unit in lowest)
    return {"yes": those, "no": sum(unit.headcount for unit in lowest) - those}


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
