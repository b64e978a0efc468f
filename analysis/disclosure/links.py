"""What figures of the same people say about each other: whoever was threatened has met hostility of some kind.

A link is a pair of sums, a smaller and a larger one, that hold in every group alike.
"""

from collections.abc import Iterator, Mapping

from analysis.counts import Counted
from questionnaires.model import Condition, Item, Questionnaire, Scale

Terms = list[tuple[str, str]]
"""Figures with categories, which are added."""


def linked_figures(questionnaire: Questionnaire, counted: Mapping[str, Counted]) -> list[tuple[str, ...]]:
    """The figures in sets that relations link, in the order of their first."""
    together = {figure: {figure} for figure in counted}
    for one in counted.values():
        for smaller, larger in links_of(questionnaire, one, counted):
            joined = set().union(*(together[figure] for figure, _ in (*smaller, *larger)))
            together.update(dict.fromkeys(joined, joined))
    sets = dict.fromkeys(tuple(figure for figure in counted if figure in linked) for linked in together.values())
    return sorted(sets, key=lambda linked: list(counted).index(linked[0]))


def links_of(
    questionnaire: Questionnaire, one: Counted, counted: Mapping[str, Counted]
) -> Iterator[tuple[Terms, Terms]]:
    """What the figure is at most, and what it is at least: pairs of a smaller and a larger sum."""
    figure = one.figure
    if isinstance(figure, Scale) and figure.kind == "prevalence":
        items = [item for item in questionnaire.items if item.id in figure.items and item.id in counted]
        for item in items:
            # Who ticked several options of a multiple choice is affected once.
            for smaller in (
                [_affected(item, counted)] if item.kind == "single" else [[term] for term in _affected(item, counted)]
            ):
                yield smaller, [(figure.id, "any")]
            yield [(item.id, "")], [(figure.id, "")]
        if len(items) == len(figure.items):
            yield [(figure.id, "any")], [term for item in items for term in _affected(item, counted)]
        for other in counted.values():
            wider = other.figure
            if isinstance(wider, Scale) and wider.kind == "prevalence" and set(figure.items) < set(wider.items):
                yield [(figure.id, "any")], [(wider.id, "any")]
    if isinstance(figure, Item):
        for condition in questionnaire.conditions:
            if condition.id in figure.show_if and (opening := _opening(questionnaire, condition, counted)):
                yield [(figure.id, "")], opening


def _opening(questionnaire: Questionnaire, condition: Condition, counted: Mapping[str, Counted]) -> Terms:
    """The categories whose members the condition lets through, each perhaps in several; none where one is not cut."""
    found: Terms = []
    for item in questionnaire.items:
        if item.id not in condition.items:
            continue
        chosen = [(item.id, option.code) for option in item.options if option.code in condition.options]
        if item.id in counted and counted[item.id].is_collapsed:
            harmful = {option.code for option in item.options if not (option.harmless or option.missing)}
            chosen = [(item.id, "any")] if {code for _, code in chosen} <= harmful else []
        if not chosen or not {code for _, code in chosen} <= _codes(counted, item.id):
            return []
        found += chosen
    return found


def _codes(counted: Mapping[str, Counted], figure: str) -> set[str]:
    return {category.code for category in counted[figure].categories} if figure in counted else set()


def _affected(item: Item, counted: Mapping[str, Counted]) -> Terms:
    if counted[item.id].is_collapsed:
        return [(item.id, "any")]
    return [(item.id, option.code) for option in item.options if not (option.harmless or option.missing)]
