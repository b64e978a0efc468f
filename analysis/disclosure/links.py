"""What figures of the same people say about each other: whoever was threatened has met hostility of some kind.

A link is a pair of sums, a smaller and a larger one, that hold in every group alike.
"""

from collections.abc import Collection, Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from analysis import scales
from analysis.counts import Counted
from analysis.grouping import UNSTATED, Partition
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
    if isinstance(figure, Scale):
        of_kind = _bases_of_scores if figure.kind == "score" else _prevalences
        yield from of_kind(questionnaire, figure, counted)
    else:
        for condition in questionnaire.conditions:
            if condition.id in figure.show_if and (opening := _opening(questionnaire, condition, counted)):
                yield [(figure.id, "")], opening


def _prevalences(
    questionnaire: Questionnaire, scale: Scale, counted: Mapping[str, Counted]
) -> Iterator[tuple[Terms, Terms]]:
    items = [item for item in questionnaire.items if item.id in scale.items and item.id in counted]
    for item in items:
        # Who ticked several options of a multiple choice is affected once.
        for smaller in (
            [_affected(item, counted)] if item.kind == "single" else [[term] for term in _affected(item, counted)]
        ):
            yield smaller, [(scale.id, "any")]
        yield [(item.id, "")], [(scale.id, "")]
    if len(items) == len(scale.items):
        yield [(scale.id, "any")], [term for item in items for term in _affected(item, counted)]
        yield [(scale.id, "")], [(item.id, "") for item in items]
    for other in counted.values():
        wider = other.figure
        if isinstance(wider, Scale) and wider.kind == "prevalence" and set(scale.items) < set(wider.items):
            yield [(scale.id, "any")], [(wider.id, "any")]
            yield [(scale.id, "")], [(wider.id, "")]


def _bases_of_scores(
    questionnaire: Questionnaire, scale: Scale, counted: Mapping[str, Counted]
) -> Iterator[tuple[Terms, Terms]]:
    """Who has a score has answered as many of its items as that takes, and whoever has answered these has one."""
    base = (scale.id, "")
    needed = scales.answers_needed(len(scale.items), scale.minimum_share)
    items = [item.id for item in questionnaire.items if item.id in scale.items and item.id in counted]
    if needed == 1:
        yield from (([(item, "")], [base]) for item in items)
    if needed == len(scale.items):
        yield from (([base], [(item, "")]) for item in items)
    if len(items) == len(scale.items):
        yield [base] * needed, [(item, "") for item in items]
    for other in counted.values():
        wider = other.figure
        if (
            isinstance(wider, Scale)
            and wider.kind == "score"
            and wider is not scale
            and set(scale.items) <= set(wider.items)
            and scales.answers_needed(len(wider.items), wider.minimum_share) <= needed
        ):
            yield [base], [(wider.id, "")]


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


def within_multiple_choice(one: Counted) -> Iterator[tuple[list[str], list[str]]]:
    """Codes whose counts are together at most those of others: nobody with a valid answer has ticked nothing at all."""
    codes = [category.code for category in one.categories]
    options = one.figure.options if isinstance(one.figure, Item) else ()
    alone = [option.code for option in options if option.exclusive and option.code in codes]
    for code in codes:
        yield [code, *(other for other in alone if other != code)], [""]
    yield [""], codes


def let_through(
    questionnaire: Questionnaire, figure: str, dimensions: Collection[str]
) -> Iterator[tuple[str, frozenset[str]]]:
    """Of each condition of the item that looks at one dimension alone: that, and which of its groups it lets through."""
    item = questionnaire.item(figure)
    for condition in questionnaire.conditions:
        if item is None or condition.id not in item.show_if or len(condition.items) > 1:
            continue
        opening = questionnaire.item(condition.items[0])
        if opening is not None and opening.id in dimensions:
            codes = {option.code for option in opening.options if not option.missing}
            unsaid = {UNSTATED} if set(condition.options) - codes else set()
            yield opening.id, frozenset(codes & set(condition.options) | unsaid)


def nobody_is_asked(
    questionnaire: Questionnaire, figure: str, partition: Partition, dimensions: Collection[str]
) -> NDArray[np.bool_]:
    """The groups that conditions keep away from the item; shape (cells,)."""
    nobody = np.zeros(len(partition.cells), dtype=np.bool_)
    for dimension, through in let_through(questionnaire, figure, dimensions):
        for axis, one in enumerate(partition.groupings):
            if one.item == dimension:
                nobody |= np.array([not through & one.leaves_of(cell[axis]) for cell in partition.cells])
    return nobody
