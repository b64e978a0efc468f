"""How a round's people fall into groups: by the options of an item, by the groups these roll up to, or by two crossed."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from analysis.plan import Groups, UnprotectedPlan
from analysis.responses import Responses
from questionnaires.model import Item

UNSTATED = "?"  # those who were asked and did not say; no option code looks like this
NOT_ASKED = "-"
REST = (UNSTATED, NOT_ASKED)


class Sum(Struct, frozen=True, kw_only=True):
    """`whole` is made of `parts`, and nobody is in two of them."""

    whole: tuple[tuple[str, ...], Groups]
    parts: tuple[tuple[tuple[str, ...], Groups], ...]


class Grouping(Struct, frozen=True, kw_only=True, eq=False):
    """One dimension.

    item: id. groups: codes as they are listed, each with the code that stands for it: a group with a single group below
        it is that group. leaves: the codes that stand for options, in order. below: by code the codes it is made of.
    top: codes that make up everyone who stated one. labels: shape (respondents,), the position in `atoms`.
    """

    item: str
    groups: dict[str, str]
    leaves: tuple[str, ...]
    below: dict[str, tuple[str, ...]]
    top: tuple[str, ...]
    labels: NDArray[np.int64]

    @property
    def atoms(self) -> tuple[str, ...]:
        return (*self.leaves, *REST)

    def leaves_of(self, code: str) -> frozenset[str]:
        if code not in self.below:
            return frozenset((code,))
        return frozenset().union(*(self.leaves_of(part) for part in self.below[code]))

    def stands_for(self, code: str) -> str:
        """The code of the same people that relations use."""
        return self.groups.get(code, code)


def grouping(responses: Responses, item: Item, parents: Mapping[str, str]) -> Grouping:
    """The groups of `item`, an option or a union of options each.

    Raises: UnprotectedPlan where `parents` is no tree above the options.
    """
    leaves = tuple(option.code for option in item.options if not option.missing)
    labels = np.full(responses.size, len(leaves), dtype=np.int64)
    labels[~responses.shown(item)] = len(leaves) + 1
    for position, code in enumerate(leaves):
        labels[responses.chose(item, code)] = position
    below, top, groups = _tree(item.id, leaves, parents)
    return Grouping(item=item.id, groups=groups, leaves=leaves, below=below, top=top, labels=labels)


def _tree(
    item: str, leaves: Sequence[str], parents: Mapping[str, str]
) -> tuple[dict[str, tuple[str, ...]], tuple[str, ...], dict[str, str]]:
    listed = list(dict.fromkeys((*parents.values(), *parents, *leaves)))
    children: dict[str, list[str]] = {}
    for code, parent in parents.items():
        children.setdefault(parent, []).append(code)
    for code in listed:
        is_leaf, seen, above = code not in children, {code}, parents.get(code)
        if is_leaf is not (code in leaves):
            raise UnprotectedPlan(f"{item}: {code} is neither an option nor made of options")
        while above is not None:
            if above in seen:
                raise UnprotectedPlan(f"{item}: {code} is part of itself")
            seen.add(above)
            above = parents.get(above)

    def same_people(code: str) -> str:
        while len(children.get(code, ())) == 1:
            (code,) = children[code]
        return code

    top = [code for code in listed if code not in parents]
    while len(top) == 1 and top[0] in children:  # everyone: the whole round says it
        everyone = top[0]
        listed.remove(everyone)
        top = children[everyone]
    below = {
        code: tuple(dict.fromkeys(same_people(part) for part in parts))
        for code, parts in children.items()
        if code in listed and len(parts) > 1
    }
    return (
        below,
        tuple(same_people(code) for code in top),
        {code: same_people(code) for code in _in_order(top, children)},
    )


def _in_order(top: Sequence[str], children: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Each group before those below it."""
    for code in top:
        yield code
        yield from _in_order(children.get(code, ()), children)


class Partition(Struct, frozen=True, kw_only=True, eq=False):
    """Everyone, by one dimension or by two crossed.

    cells: every group that relations name, printed or not. atoms: the finest of them, which share nobody.
    printed: groups as tables list them, each with the one of `cells` that holds its people.
    """

    groupings: tuple[Grouping, ...]
    cells: tuple[Groups, ...]
    atoms: tuple[Groups, ...]
    printed: dict[Groups, Groups]
    labels: NDArray[np.int64]
    membership: NDArray[np.bool_]

    @property
    def dimensions(self) -> tuple[str, ...]:
        return tuple(one.item for one in self.groupings)

    def count(self, members: NDArray[np.bool_], weights: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
        """How many `members`, or what they weigh together, each cell has: shape (cells,)."""
        people = np.flatnonzero(members)
        if weights is not None:
            people = people[np.argsort(weights[people])]  # so that a sum does not depend on the order of respondents
        weight = None if weights is None else weights[people]
        found = np.bincount(self.labels[people], weights=weight, minlength=len(self.atoms))
        return np.asarray(self.membership @ found.astype(np.float64))


def partition(groupings: Sequence[Grouping]) -> Partition:
    """Everyone by `groupings`, crossed."""
    codes = [tuple(dict.fromkeys((*one.groups.values(), *one.below, *one.atoms))) for one in groupings]
    atoms = tuple(product(*(one.atoms for one in groupings)))
    cells = tuple(product(*codes))
    position = {atom: number for number, atom in enumerate(atoms)}
    membership = np.zeros((len(cells), len(atoms)), dtype=np.bool_)
    for row, cell in enumerate(cells):
        parts = product(*(sorted(one.leaves_of(code)) for one, code in zip(groupings, cell, strict=True)))
        membership[row, [position[part] for part in parts]] = True
    labels = np.zeros(groupings[0].labels.shape, dtype=np.int64)
    for one in groupings:
        labels = labels * len(one.atoms) + one.labels
    printed = {
        listed: tuple(one.groups[code] for one, code in zip(groupings, listed, strict=True))
        for listed in product(*(one.groups for one in groupings))
    }
    return Partition(
        groupings=tuple(groupings), cells=cells, atoms=atoms, printed=printed, labels=labels, membership=membership
    )


def sums(found: Partition) -> Iterator[Sum]:
    """How the cells of a partition add up, to each other, to those of its single dimensions, and to everyone."""
    if len(found.groupings) == 1:
        (one,) = found.groupings
        yield Sum(whole=((), ()), parts=tuple((found.dimensions, (code,)) for code in (*one.top, *REST)))
        for code, parts in one.below.items():
            yield Sum(whole=(found.dimensions, (code,)), parts=tuple((found.dimensions, (part,)) for part in parts))
        return
    first, second = found.groupings
    codes = tuple(dict.fromkeys((*second.below, *second.atoms)))
    for code in codes:
        yield Sum(
            whole=((second.item,), (code,)),
            parts=tuple((found.dimensions, (part, code)) for part in (*first.top, *REST)),
        )
        for above, parts in first.below.items():
            yield Sum(
                whole=(found.dimensions, (above, code)),
                parts=tuple((found.dimensions, (part, code)) for part in parts),
            )
    for code in first.atoms:
        yield Sum(
            whole=((first.item,), (code,)),
            parts=tuple((found.dimensions, (code, part)) for part in (*second.top, *REST)),
        )
        for above, parts in second.below.items():
            yield Sum(
                whole=(found.dimensions, (code, above)),
                parts=tuple((found.dimensions, (code, part)) for part in parts),
            )


def remainders(found: Partition, visible: NDArray[np.bool_]) -> set[frozenset[Groups]]:
    """The sets of groups that do not show and whose sum subtraction reveals. visible: shape (cells,)."""
    position = {cell: number for number, cell in enumerate(found.cells)}
    hidden = set()
    for one in sums(found):
        parts = [groups for dimensions, groups in one.parts if dimensions == found.dimensions]
        rest = frozenset(groups for groups in parts if not visible[position[groups]])
        if len(rest) < len(parts):  # otherwise they are the whole that is summed up
            # Who was asked may be a group of another dimension: without those who were not, it is a remainder, too.
            hidden |= {rest, frozenset(groups for groups in rest if NOT_ASKED not in groups)}
    return hidden - {frozenset()}
