"""What a reader learns by subtracting one released table of some people from another table of the same people.

A prevalence counts whoever chose any of several options, and so does "whom a condition showed this item". Beside the
counts of the single items such a union gives a table that nobody printed: of the people in the union, how many belong
to a part of it (any minus threatened = affected in other ways only). Where two parts make up the union, their overlap
is known too (insulted plus threatened minus any). These derived tables keep the rules of the printed ones.
"""

from collections.abc import Iterable, Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from analysis.responses import Responses
from questionnaires.model import Item, Scale

Mask = NDArray[np.bool_]
Choices = frozenset[tuple[str, str]]
"""Item ids with option codes."""


class DerivedTable(Struct, frozen=True, kw_only=True):
    """Of the people in `base`, those in `part`; bool, shape (respondents,), part within base."""

    base: Mask
    part: Mask
    sensitive: bool


def derived_tables(responses: Responses, figures: Iterable[Item | Scale]) -> list[DerivedTable]:
    """What the tables of `figures`, each of the same people, give away together."""
    asked = {item.id: item for item in responses.questionnaire.items}
    tabulated = tuple(figures)
    items = {figure.id: figure for figure in tabulated if isinstance(figure, Item)}
    unions = list(dict.fromkeys(union for figure in tabulated for union in _unions(responses, figure)))
    found = [table for item in items.values() for table in _joint_conditions(responses, item)]
    for union in unions:
        if len({item for item, _ in union}) == 1 and all(asked[item].kind == "single" for item, _ in union):
            continue  # the options of one single choice: its own table, no other
        sensitive = any(asked[item].sensitive for item, _ in union)
        parts = _parts(union, items, unions)
        people = {part: _people(responses, part) for part in (union, *parts)}
        found.extend(DerivedTable(base=people[union], part=people[part], sensitive=sensitive) for part in parts)
        for number, part in enumerate(parts):
            for other in parts[:number]:
                if part | other == union and not (part <= other or other <= part):
                    both = people[part] & people[other]
                    found.extend(DerivedTable(base=people[p], part=both, sensitive=sensitive) for p in (part, other))
    return found


def harmful(item: Item) -> Choices:
    """The options of `item` that are neither harmless nor missing."""
    return frozenset((item.id, option.code) for option in item.options if not (option.harmless or option.missing))


def _unions(responses: Responses, figure: Item | Scale) -> list[Choices]:
    """The sets of choices that the table of `figure` counts people by, each person once."""
    questionnaire = responses.questionnaire
    if isinstance(figure, Scale):
        if figure.kind == "score":
            return []
        return [frozenset().union(*(harmful(item) for item in questionnaire.items if item.id in figure.items))]
    unions = [
        frozenset(
            (item.id, option.code)
            for item in questionnaire.items
            if item.id in condition.items
            for option in item.options
            if option.code in condition.options
        )
        for condition in questionnaire.conditions
        if condition.id in figure.show_if
    ]
    if figure.kind == "multiple" and any(option.harmless for option in figure.options):
        unions.append(harmful(figure))  # everyone but those who ticked "none"
    return unions


def _joint_conditions(responses: Responses, item: Item) -> list[DerivedTable]:
    """Of those who meet one of several conditions, how many meet all: `item` says how many it was not shown to."""
    if len(item.show_if) < 2:  # noqa: PLR2004 - one condition is a union like any other
        return []
    shown = responses.shown(item)
    asked = {other.id: other for other in responses.questionnaire.items}
    return [
        DerivedTable(
            base=responses.holds(condition), part=shown, sensitive=any(asked[i].sensitive for i in condition.items)
        )
        for condition in responses.questionnaire.conditions
        if condition.id in item.show_if
    ]


def _parts(union: Choices, items: dict[str, Item], unions: Sequence[Choices]) -> list[Choices]:
    """Smaller sets of choices whose number of people is known: by item, by option of a multiple choice, by union."""
    within = {item: frozenset(choice for choice in union if choice[0] == item) for item, _ in union if item in items}
    by_option = [frozenset({choice}) for choice in union if choice[0] in items and items[choice[0]].kind == "multiple"]
    known = {*within.values(), *by_option, *(other for other in unions if other < union)} - {union}
    return sorted(known, key=sorted)


def _people(responses: Responses, choices: Choices) -> Mask:
    people = np.zeros(responses.size, dtype=np.bool_)
    for item in responses.questionnaire.items:
        for option in item.options:
            if (item.id, option.code) in choices:
                people |= responses.chose(item, option.code)
    return people
