"""Finds a nearly cheapest pattern: choose what to hide, look who can still be computed, learn cuts, choose again.

Source: Fischetti, M., & Salazar, J. J. (2001). Solving the cell suppression problem on tabular data with linear
constraints. Management Science, 47(7), 1008-1027.
"""

from collections.abc import Callable

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from analysis.disclosure.linked_tables import Status
from analysis.disclosure.suppression.master import Choice, Cut, Master, company_cuts, relation_cuts
from analysis.disclosure.suppression.neighbourhoods import Neighbourhoods
from analysis.disclosure.suppression.pattern import Pattern
from analysis.disclosure.suppression.perturbations import Cells
from analysis.disclosure.suppression.search import Search

Numbers = NDArray[np.float64]
Progress = Callable[[str, int, int], None]
"""Is told of a step, how much of it is done, and of how much."""

HIDDEN_DEGREE = 0.5  # from which degree on a cell counts as hidden
STRIDE = 7  # primary cells are looked at in strides, so that a round's cuts come from all over the tables


class Effort(Struct, frozen=True, kw_only=True):
    """How long to search. Counted in rounds, nodes and steps, never in seconds: every machine has to find the same pattern.

    rounds: choices at most. degrees_first: of these, the first ones choose degrees of hiding, which is quick. gap: how
    much dearer than the best a round's choice may be, as a share. nodes: of the search for a round's choice.
    steps: of the simplex method in all choices; what comes after them is left to repair. cuts: that a round asks for.
    """

    rounds: int
    degrees_first: int
    gap: float
    nodes: int
    steps: int
    cuts: int


class Draft(Struct, frozen=True, kw_only=True, eq=False):
    """A pattern that may still lack something.

    degrees: how much the last choice wanted each cell hidden, from 0 to 1, shape (cells,). bound: no pattern costs
    less. is_complete: whether the pattern lacks nothing. master: with all cuts.
    """

    pattern: Pattern
    degrees: Numbers
    bound: float
    is_complete: bool
    master: Master


def new_master(search: Search) -> Master:
    """Knows what can be said before anything is solved."""
    master = Master(search.tables, search.free)
    master.add(relation_cuts(search.tables, search.demands))
    master.add(company_cuts(search.tables, search.free))
    return master


def strided(cells: Cells) -> list[int]:
    return [cell for start in range(STRIDE) for cell in cells[start::STRIDE].tolist()]


def draft(search: Search, effort: Effort, tell: Progress) -> Draft:
    """The pattern of the last choice."""
    master = new_master(search)
    order = strided(search.primary)
    pattern = search.new_pattern(search.free)
    choice = Choice(degrees=search.free.astype(np.float64), bound=0.0)
    bounds: list[float] = []
    for number in range(effort.rounds):
        tell("choosing cells", number, effort.rounds)
        chosen = master.choose() if number < effort.degrees_first else master.choose_whole(effort.gap, effort.nodes)
        if chosen is None:
            break
        choice = chosen
        bounds.append(choice.bound)
        pattern = pattern.with_hidden(search.free | (choice.degrees > HIDDEN_DEGREE))
        failed, cuts, order = _attack(search, pattern, order, effort)
        if not failed:
            return Draft(pattern=pattern, degrees=choice.degrees, bound=max(bounds), is_complete=True, master=master)
        if not master.add(cuts) and not _insist(search, master, pattern, failed):
            break
        if master.steps > effort.steps:
            break
    return Draft(
        pattern=pattern, degrees=choice.degrees, bound=max(bounds, default=0.0), is_complete=False, master=master
    )


def _attack(
    search: Search, pattern: Pattern, order: list[int], effort: Effort
) -> tuple[list[int], list[Cut], list[int]]:
    """The cells that the pattern does not protect, what it violates, and where to look first next time."""
    near = Neighbourhoods(search, pattern.hidden, search.free)
    failed: list[int] = []
    cuts: list[Cut] = []
    tried = 0
    for cell in order:
        tried += 1
        missing = near.missing(pattern, cell)
        if missing is not None:
            failed.append(cell)
            cuts += missing
        if len(cuts) >= effort.cuts:
            break
    return failed, cuts, order[tried:] + order[:tried]


def _insist(search: Search, master: Master, pattern: Pattern, failed: list[int]) -> bool:
    """Where no cut says what is missing: forbids this pattern and all smaller ones. False: nothing would help."""
    everything = search.new_pattern(search.tables.statuses != Status.REQUIRED)
    program = search.program(search.movable, everything.hidden)
    for cell in failed:
        if search.meet(everything, program, cell) is not None or search.guard(everything, program, cell) is not None:
            return False
    more = np.flatnonzero(~pattern.hidden & (search.tables.statuses == Status.OPTIONAL))
    return bool(master.add([Cut(cells=more, weights=np.ones(more.size), least=1.0)]))
