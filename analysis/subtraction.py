"""What a reader learns by subtracting one released table of some people from another table of the same people.

A prevalence counts whoever chose any of several options, and so does "whom a condition showed this item". Beside the
counts of the single items such a union gives a table that nobody printed: of the people in the union, how many belong
to a part of it (any minus threatened = affected in other ways only). Where two parts make up the union, their overlap
is known too (insulted plus threatened minus any). These derived tables keep the rules of the printed ones.
"""

from collections.abc import Iterable, Iterator

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from analysis.responses import Responses
from questionnaires.model import Item, Scale

Mask = NDArray[np.bool_]
Choices = frozenset[tuple[str, str]]
"""Item ids with option codes."""


class DerivedTable(Struct, frozen=True, kw_only=True, eq=False):
    """Of the people in `base`, those in `part`; bool, shape (respondents,), part within base.

    needs: sets of figures; whoever reads one figure of each set can compute the table.
    """

    base: Mask
    part: Mask
    sensitive: bool
    needs: tuple[frozenset[str], ...]

    def is_read_with(self, figure: str, others: set[str]) -> bool:
        """Whether `figure`, with the others, tells it."""
        return any(figure in some for some in self.needs) and all(some & {figure, *others} for some in self.needs)


class Derivation:
    """What the tables of `figures`, each of the same people, give away together."""

    def __init__(self, responses: Responses, figures: Iterable[Item | Scale]) -> None:
        self._responses = responses
        self._asked = {item.id: item for item in responses.questionnaire.items}
        self._figures = tuple(figures)
        self._items = {figure.id: figure for figure in self._figures if isinstance(figure, Item)}
        self._unions: dict[Choices, set[str]] = {}
        for figure in self._figures:
            for union in _unions(responses, figure):
                self._unions.setdefault(union, set()).add(figure.id)
        self._counted: dict[Choices, Mask] = {}

    def tables(self) -> Iterator[DerivedTable]:
        for item in self._items.values():
            yield from _joint_conditions(self._responses, item)
        for union, named in self._unions.items():
            if len({item for item, _ in union}) == 1 and all(self._asked[item].kind == "single" for item, _ in union):
                continue  # the options of one single choice: its own table, no other
            yield from self._within(union, frozenset(named))

    def _within(self, union: Choices, named: frozenset[str]) -> Iterator[DerivedTable]:
        sensitive = any(self._asked[item].sensitive for item, _ in union)
        parts = self._parts(union)
        base = self._people(union)
        for number, (part, sources) in enumerate(parts):
            people = self._people(part)
            yield DerivedTable(base=base, part=people, sensitive=sensitive, needs=(named, sources))
            for other, other_sources in parts[:number]:
                if part | other == union and not (part <= other or other <= part):
                    needs = (named, sources, other_sources)
                    for one in (people, self._people(other)):
                        both = people & self._people(other)
                        yield DerivedTable(base=one, part=both, sensitive=sensitive, needs=needs)

    def _parts(self, union: Choices) -> list[tuple[Choices, frozenset[str]]]:
        """Smaller sets of choices whose number of people is known, by item, option of a multiple choice, or union."""
        found: dict[Choices, set[str]] = {}
        for item in {item for item, _ in union if item in self._items}:
            found.setdefault(frozenset(choice for choice in union if choice[0] == item), set()).add(item)
        for choice in union:
            if choice[0] in self._items and self._items[choice[0]].kind == "multiple":
                found.setdefault(frozenset({choice}), set()).add(choice[0])
        for other, named in self._unions.items():
            if other < union:
                found.setdefault(other, set()).update(named)
        found.pop(union, None)
        return [(part, frozenset(found[part])) for part in sorted(found, key=sorted)]

    def _people(self, choices: Choices) -> Mask:
        if choices not in self._counted:
            people = np.zeros(self._responses.size, dtype=np.bool_)
            for item, code in choices:
                people |= self._responses.chose(self._asked[item], code)
            self._counted[choices] = people
        return self._counted[choices]


def _unions(responses: Responses, figure: Item | Scale) -> list[Choices]:
    """The sets of choices that the table of `figure` counts people by, each person once."""
    questionnaire = responses.questionnaire
    if isinstance(figure, Scale):
        if figure.kind == "score":
            return []
        return [frozenset().union(*(_harmful(item) for item in questionnaire.items if item.id in figure.items))]
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
        unions.append(_harmful(figure))  # everyone but those who ticked "none"
    return unions


def _harmful(item: Item) -> Choices:
    """The options of `item` that are neither harmless nor missing."""
    return frozenset((item.id, option.code) for option in item.options if not (option.harmless or option.missing))


def _joint_conditions(responses: Responses, item: Item) -> Iterator[DerivedTable]:
    """Of those who meet one of several conditions, how many meet all: `item` says how many it was not shown to."""
    if len(item.show_if) < 2:  # noqa: PLR2004 - one condition is a union like any other
        return
    shown = responses.shown(item)
    asked = {other.id: other for other in responses.questionnaire.items}
    for condition in responses.questionnaire.conditions:
        if condition.id in item.show_if:
            yield DerivedTable(
                base=responses.holds(condition),
                part=shown,
                sensitive=any(asked[i].sensitive for i in condition.items),
                needs=(frozenset({item.id}),),
            )
