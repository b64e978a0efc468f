"""What people who know their own contribution can work out beyond everybody else.

A person counted alone in a cell knows that cell. Supposing it known, no further primary cell may be left one value.
What relations alone leave one value is found by null vectors: after the coalition's cells are held still, a cell still
moves unless its row of null vectors is a combination of theirs. Whether bounds leave it room is found by tables.
"""

from collections.abc import Iterator
from itertools import combinations
from math import comb

import numpy as np
from msgspec import Struct

from analysis.disclosure.auditor.attacker import Attacker, Indices
from analysis.disclosure.auditor.elimination import PRIME, SEED, Vectors, null_vectors
from analysis.disclosure.auditor.feasible_range import Unproven
from analysis.disclosure.auditor.intervals import ROUNDING, Intervals, boxed_range, components
from analysis.disclosure.auditor.report import Discovery
from analysis.disclosure.auditor.supposing import Coalition, Sought, learnt_by
from analysis.disclosure.linked_tables import LinkedTables, Mask, Numbers, Status

MOST_COALITIONS = 100_000  # that are tried; a system with more is unproven
MOST_PAIRS = 200_000_000  # of coalitions and cells they might compute, each a byte; more are unproven
MOST_VECTORS = 64  # a coalition that knows more cells is unproven
CONFIRMATIONS = 2  # a cell that moves is called still with a chance of 1 in 2**62


class Insiders(Struct, frozen=True, kw_only=True):
    """What came out: discoveries, and in words what was not tried."""

    discoveries: tuple[Discovery, ...]
    unproven: tuple[str, ...]


class _Part(Struct, frozen=True, kw_only=True, eq=False):
    """A component: its cells and relations, the primary cells among them, and what each insider knows of them."""

    cells: Indices
    equations: Indices
    aims: Indices
    known: list[Coalition]


def known_by_insiders(tables: LinkedTables, attacker: Attacker) -> tuple[Coalition, ...]:
    """Which unknown cells each insider knows; where tables of counts list none, everybody counted alone is one."""
    cells = attacker.cells
    if not tables.insiders and not attacker.whole:
        return ()  # an amount of 1 is nobody
    if not tables.insiders:
        own = np.isin(tables.statuses[cells], (Status.PRIMARY, Status.OPTIONAL)) & (tables.values[cells] == 1)
        return tuple((cell,) for cell in np.flatnonzero(own).tolist())
    place = {cell: number for number, cell in enumerate(cells.tolist())}
    return tuple(tuple(place[cell] for cell in person if cell in place) for person in tables.insiders)


def insider_discoveries(
    tables: LinkedTables, attacker: Attacker, intervals: Intervals, sought: Mask, coalition: int, steps: int
) -> Insiders:
    """Let every coalition attack.

    Args:
        tables: for what insiders know, and the values they know it by.
        attacker: narrowed.
        intervals: of the attack without insiders.
        sought: shape (unknown,), primary cells that nobody could compute so far.
        coalition: how many insiders put their knowledge together, at least 1.
        steps: simplex steps for one question.

    """
    parts = _parts(attacker, known_by_insiders(tables, attacker), sought)
    tried = sum(comb(len(part.known), size) for part in parts for size in range(1, coalition + 1))
    most_known = max((sum(sorted(map(len, part.known))[-coalition:]) for part in parts), default=0)
    if tried > MOST_COALITIONS or most_known + CONFIRMATIONS > MOST_VECTORS:
        reason = f"{tried} coalitions of insiders, who know up to {most_known} cells, are too many to try"
        return Insiders(discoveries=(), unproven=(reason,))
    if not parts:
        return Insiders(discoveries=(), unproven=())
    vectors = null_vectors(attacker.relations, most_known + CONFIRMATIONS)
    values = tables.values[attacker.cells]
    discoveries: list[Discovery] = []
    unproven: list[str] = []
    for part in parts:
        moving: list[Coalition] = []
        for group in _coalitions(part.known, coalition):
            still = _held_still(vectors, group, part.aims)
            if still.size:
                discoveries.append(_discovery(attacker, group, still))
            else:
                moving.append(group)
        if len(moving) * part.aims.size > MOST_PAIRS:
            unproven.append(f"{len(moving)} coalitions of insiders and {part.aims.size} cells are too many to try")
        else:
            found, gave_up = _by_tables(attacker, part, moving, values, intervals, steps)
            discoveries += found
            unproven += gave_up
    return Insiders(discoveries=tuple(discoveries), unproven=tuple(unproven))


def _parts(attacker: Attacker, people: tuple[Coalition, ...], sought: Mask) -> list[_Part]:
    """Components that hold something to find and somebody who knows something; nothing passes between components."""
    linked = components(attacker.relations)
    number = np.full(attacker.size, -1)
    for place, (cells, _) in enumerate(linked):
        number[cells] = place
    known: list[set[Coalition]] = [set() for _ in linked]
    for person in people:
        for place in set(number[list(person)].tolist()) - {-1}:
            known[place].add(tuple(cell for cell in person if number[cell] == place))
    return [
        _Part(cells=cells, equations=equations, aims=cells[sought[cells]], known=sorted(known[place]))
        for place, (cells, equations) in enumerate(linked)
        if known[place] and sought[cells].any()
    ]


def _by_tables(
    attacker: Attacker, part: _Part, groups: list[Coalition], values: Numbers, intervals: Intervals, steps: int
) -> tuple[list[Discovery], list[str]]:
    """What these coalitions can compute, and what could not be proven."""
    if not groups:
        return [], []
    try:
        reach = intervals.ranges.get(int(intervals.component[part.cells[0]]))
        if reach is None:
            reach = boxed_range(attacker, part.cells, part.equations, steps)
        known = [tuple(np.searchsorted(part.cells, group).tolist()) for group in groups]
        true = values[part.cells]
        aims = np.searchsorted(part.cells, part.aims)
        # Of whole numbers another one is meant: nobody answers by halves.
        apart = np.full(aims.size, 1 - ROUNDING * reach.unit) if attacker.whole else 2 * reach.close(true[aims])
        answers = learnt_by(reach, true, Sought(cells=aims, apart=apart), known)
    except Unproven as reason:
        return [], [f"insiders: {reason}"]
    discoveries: list[Discovery] = []
    unproven: list[str] = []
    for learnt in answers:
        group = tuple(part.cells[list(learnt.known)].tolist())
        if learnt.reason:
            unproven.append(f"insiders who know cells {attacker.cells[list(group)].tolist()}: {learnt.reason}")
        else:
            discoveries.append(_discovery(attacker, group, part.cells[list(learnt.disclosed)]))
    return discoveries, unproven


def _discovery(attacker: Attacker, known: Coalition, disclosed: Indices) -> Discovery:
    return Discovery(
        known=tuple(attacker.cells[list(known)].tolist()), disclosed=tuple(attacker.cells[disclosed].tolist())
    )


def _coalitions(known: list[Coalition], most: int) -> Iterator[Coalition]:
    """What coalitions of up to `most` insiders know together, small ones first."""
    for size in range(1, most + 1):
        for members in combinations(known, size):
            yield tuple(sorted(set().union(*members)))


def _held_still(vectors: Vectors, known: Coalition, aims: Indices) -> Indices:
    """Which aims no longer move when the known cells do not."""
    others = aims[~np.isin(aims, known)]
    weights = _annihilators(vectors[list(known)].tolist(), vectors.shape[1])
    for weight in weights:
        if not others.size:
            break
        others = others[(vectors[others] * weight % PRIME).sum(axis=1) % PRIME == 0]
    return others


def _annihilators(rows: list[list[int]], width: int) -> Vectors:
    """Random combinations of null vectors in which the known cells are 0; shape (CONFIRMATIONS, width)."""
    pivots: list[int] = []
    reduced: list[list[int]] = []
    for row in rows:
        for pivot, done in zip(pivots, reduced, strict=True):
            row = [(a - row[pivot] * b) % PRIME for a, b in zip(row, done, strict=True)]  # noqa: PLW2901
        first = next((place for place, value in enumerate(row) if value), None)
        if first is None:
            continue
        scale = pow(row[first], -1, PRIME)
        pivots.append(first)
        reduced.append([value * scale % PRIME for value in row])
    weights = np.random.default_rng(SEED).integers(1, PRIME, size=(CONFIRMATIONS, width), dtype=np.int64)
    for weight in weights:
        for pivot, row in reversed(list(zip(pivots, reduced, strict=True))):
            weight[pivot] = 0
            weight[pivot] = -sum(a * b for a, b in zip(row, weight.tolist(), strict=True)) % PRIME
    return weights
