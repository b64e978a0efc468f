"""Invented linked tables of counts: units by roles by answers, several items over the same people, many small counts."""

from itertools import product

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

Tree = dict[str, tuple[str, ...]]
"""Children by parent; the first key is the root. A leaf has no key."""


class Shape(Struct, frozen=True, kw_only=True):
    """What the tables look like.

    trees: a hierarchy for each dimension that groups people. items: how many answer options each item has; every
    item is tabulated by all dimensions. people: how many are counted. skew: 0 spreads them evenly over groups.
    primary_below: counts from 1 to one less are primary. zeros: the status of zero cells.
    """

    trees: tuple[Tree, ...]
    items: tuple[int, ...] = ()
    people: int = 2000
    skew: float = 1.0
    primary_below: int = 10
    zeros: str = "z"
    seed: int = 1


def tree(*branching: int, name: str = "u") -> Tree:
    """A hierarchy whose levels branch as given: `tree(3, 4)` has a root, 3 children and 12 leaves."""
    children: Tree = {}
    level = [name]
    for width in branching:
        children |= {parent: tuple(f"{parent}.{number}" for number in range(width)) for parent in level}
        level = [child for parent in level for child in children[parent]]
    return children


def jj_text(shape: Shape) -> str:
    """The tables as an instance in the JJ format."""
    values, relations = _tabulate(shape)
    lines = ["0", str(len(values))]
    for index, value in enumerate(values):
        status = shape.zeros if value == 0 else "u" if value < shape.primary_below else "s"
        lines.append(f"{index} {value} {value} {status} 0 {values[0]} 0 0 0")
    lines.append(str(len(relations)))
    for total, parts in relations:
        terms = " ".join([f"{total} (-1)", *(f"{part} (1)" for part in parts)])
        lines.append(f"0 {len(parts) + 1} : {terms}")
    return "\n".join(lines) + "\n"


def _tabulate(shape: Shape) -> tuple[list[int], list[tuple[int, list[int]]]]:
    random = np.random.default_rng(shape.seed)
    leaves = [_leaves(tree) for tree in shape.trees]
    groups = [_draw(random, len(names), shape.people, shape.skew) for names in leaves]
    answers = [_draw(random, options, shape.people, shape.skew / 2) for options in shape.items]
    nodes = [list(_nodes(tree)) for tree in shape.trees]
    members = [
        {node: np.isin(group, [names.index(leaf) for leaf in _below(tree, node)]) for node in tree_nodes}
        for tree, names, group, tree_nodes in zip(shape.trees, leaves, groups, nodes, strict=True)
    ]
    values: list[int] = []
    index: dict[tuple[str, ...], int] = {}
    kept = [(item, option) for item, options in enumerate(shape.items) for option in range(options)]
    for key in product(*nodes):
        inside = np.logical_and.reduce([m[node] for m, node in zip(members, key, strict=True)])
        index[(*key, "")] = len(values)
        values.append(int(inside.sum()))
        for item, option in kept:
            index[(*key, f"{item}:{option}")] = len(values)
            values.append(int((inside & (answers[item] == option)).sum()))
    relations = []
    suffixes = ["", *(f"{item}:{option}" for item, option in kept)]
    for axis, children in enumerate(shape.trees):
        others = [tree_nodes if place != axis else [""] for place, tree_nodes in enumerate(nodes)]
        for parent, key, suffix in product(children, list(product(*others)), suffixes):
            at = [(*key[:axis], node, *key[axis + 1 :], suffix) for node in (parent, *children[parent])]
            relations.append((index[at[0]], [index[part] for part in at[1:]]))
    for key in product(*nodes):
        for item, options in enumerate(shape.items):
            relations.append((index[(*key, "")], [index[(*key, f"{item}:{option}")] for option in range(options)]))
    return values, relations


def _draw(random: np.random.Generator, sizes: int, people: int, skew: float) -> NDArray[np.int64]:
    weights = (1 + np.arange(sizes)) ** -skew
    return random.choice(sizes, size=people, p=random.permutation(weights / weights.sum()))


def _nodes(children: Tree) -> dict[str, None]:
    return dict.fromkeys(node for parent, below in children.items() for node in (parent, *below))


def _leaves(children: Tree) -> list[str]:
    return [node for node in _nodes(children) if node not in children]


def _below(children: Tree, node: str) -> list[str]:
    return [leaf for child in children[node] for leaf in _below(children, child)] if node in children else [node]
