"""Witnesses for many cells at once: one linear program moves as many of them as it can as far as they need.

A corner of the polytope of all movements takes a part of the cells far enough, another corner others. As long as each
corner serves many cells, that is much quicker than a program for each of them.
"""

from concurrent.futures import ThreadPoolExecutor
from itertools import chain

import highspy
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from analysis.disclosure.suppression.pattern import Pattern
from analysis.disclosure.suppression.perturbations import NEGLIGIBLE, Cells, Movement, Numbers, new_solver
from analysis.disclosure.suppression.search import Search

Mask = NDArray[np.bool_]

LANES = 2  # threads; however many cores a machine has, so that every one finds the same
MANY = 100  # linked primary cells from which on a sweep may pay
PRIMAL_SIMPLEX = 4  # HiGHS's number; a new objective leaves the last corner primal feasible
STEPS_PER_CELL = 20  # of the simplex method; a cell that takes more is quicker served alone
MOST_SWEEPS = 60
RESTING = (1.0, 0.8, 0.0)  # shares of the insiders whose cells stay in place, sweep after sweep
MEMORY = 0.6  # how much of what earlier sweeps gave counts when the pace is judged
LEAST_WEIGHT = 0.01  # of a cell in an objective; equal weights would lead to the same corner again
SEED = 1


def sweep(search: Search, pattern: Pattern) -> None:
    """Adds witnesses, as long as each of them serves so many cells that it pays: for halves of linked cells at once."""
    shares = [
        (linked, share)
        for linked in _linked(search, np.flatnonzero(pattern.hidden))
        if (primary := linked[search.is_primary[linked]]).size >= MANY
        for share in np.array_split(primary, LANES)
    ]
    with ThreadPoolExecutor(LANES) as pool:
        found = list(pool.map(lambda share: _sweep(search, pattern, *share), shares))
    for movement in chain.from_iterable(found):
        pattern.add(movement)


def _linked(search: Search, cells: Cells) -> list[Cells]:
    """Cells by what they are linked with through relations; nothing moves from one group to another."""
    relation, cell = search.by_relation[:, cells].tocoo().coords
    size = cells.size + search.by_relation.shape[0]
    # Of cells and relations side by side: cells by cells alone would be as many links as the square of a long relation.
    links = coo_array((np.ones(cell.size), (cell, relation.astype(np.int64) + cells.size)), shape=(size, size))
    groups = connected_components(links, directed=False)[1][: cells.size]
    order = np.argsort(groups, kind="stable")
    return np.split(cells[order], np.flatnonzero(np.diff(groups[order])) + 1)


def _sweep(search: Search, pattern: Pattern, cells: Cells, share: Cells) -> list[Movement]:
    open_cells = _OpenCells(search, pattern, cells, share)
    program = _Program(search, cells)
    random = np.random.default_rng(SEED)
    served = steps = 0.0
    found: list[Movement] = []
    for number in range(MOST_SWEEPS):
        before = open_cells.count
        if before == 0:
            break
        upper, lower, gains = open_cells.goals(random.random(cells.size), random.random(cells.size))
        resting = random.random(len(search.tables.insiders)) < RESTING[number % len(RESTING)]
        still = open_cells.known_by(np.flatnonzero(resting).tolist())
        upper[still] = lower[still] = 0
        amounts = program.furthest(upper, lower, gains)
        if amounts is None:
            break
        moved = np.flatnonzero(np.abs(amounts) > NEGLIGIBLE)
        found.append(Movement(cells=cells[moved], amounts=amounts[moved], cost=0.0))
        open_cells.note(amounts)
        served, steps = served * MEMORY + before - open_cells.count, steps * MEMORY + program.steps
        if number >= 2 * len(RESTING) and served * STEPS_PER_CELL < steps:
            break
    return found


class _OpenCells:
    """What hidden cells still need, of `share` only; `cells` are their indices, and every array has a place for each."""

    def __init__(self, search: Search, pattern: Pattern, cells: Cells, share: Cells) -> None:
        demands = search.demands
        self._reach = demands.reach
        asked = np.isin(cells, share)
        self._wanted_up, self._wanted_down = demands.up[cells] * asked, demands.down[cells] * asked
        self._width, self._least = demands.width[cells] * asked, demands.least[cells]
        self._room_up, self._room_down = search.room_up[cells], search.room_down[cells]
        rooms = [pattern.room(cell) if self._width[place] else (0.0, 0.0) for place, cell in enumerate(cells.tolist())]
        self._up, self._down = (np.array(ends, dtype=np.float64) for ends in zip(*rooms, strict=True))
        place_of = np.full(pattern.hidden.size, -1, dtype=np.int64)
        place_of[cells] = np.arange(cells.size)
        known = [place_of[list(person)] for person in search.tables.insiders]
        self._known = [places[places >= 0] for places in known]
        # Whom the witnesses so far leave able to compute a cell, shape (hidden cells, insiders); of larger coalitions
        # a program for each cell has to tell.
        people = len(known) if search.coalition == 1 else 0
        self._computed = np.zeros((cells.size, people), dtype=np.bool_)
        for place in np.flatnonzero(self._width > 0).tolist() if people else ():
            self._computed[place] = pattern.who_computes(int(cells[place]))

    @property
    def count(self) -> int:
        """How many cells need more."""
        return int((self._unmet() | self._exposed()).sum())

    def known_by(self, people: list[int]) -> Cells:
        return np.concatenate([np.zeros(0, dtype=np.int64), *(self._known[person] for person in people)])

    def goals(self, coin: Numbers, weights: Numbers) -> tuple[Numbers, Numbers, Numbers]:
        """How far up and down cells may go, and what a unit of movement up is worth.

        An open cell goes no further than it needs, so that others can, too. coin, weights: random, from 0 to 1.
        """
        unmet = self._unmet()
        is_open = unmet | self._exposed()
        lacks_up, lacks_down = self._up < self._wanted_up, self._down < self._wanted_down
        rises = lacks_up | (~lacks_down & (coin < 0.5))  # noqa: PLR2004 - one half
        up = np.where(unmet, np.where(lacks_up, self._wanted_up, self._width - self._down), 0.0)
        down = np.where(unmet, np.where(lacks_down, self._wanted_down, self._width - self._up), 0.0)
        up, down = np.maximum(up, self._least), np.maximum(down, self._least)
        upper = np.where(is_open & rises, np.minimum(self._room_up, up), self._room_up)
        lower = np.where(is_open & ~rises, np.minimum(self._room_down, down), self._room_down)
        worth = weights**3 + LEAST_WEIGHT
        gains = np.where(rises, worth / np.maximum(upper, self._least), -worth / np.maximum(lower, self._least))
        return upper, lower, np.where(is_open, gains, 0.0)

    def note(self, amounts: Numbers) -> None:
        reaches = np.sign(amounts) * self._reach(np.abs(amounts))
        self._up, self._down = np.maximum(self._up, reaches), np.maximum(self._down, -reaches)
        if self._computed.size:
            is_moved = np.abs(amounts) > NEGLIGIBLE
            moves = np.array([bool(is_moved[places].any()) for places in self._known])
            self._computed[np.abs(reaches) >= self._least] &= moves

    def _unmet(self) -> Mask:
        short = (self._up < self._wanted_up) | (self._down < self._wanted_down)
        return np.asarray(short | (self._up + self._down < self._width))

    def _exposed(self) -> Mask:
        return np.asarray(self._computed.any(axis=1))


class _Program:
    """All movements of `cells`, one column each; it starts where it stopped. steps: of the last search."""

    def __init__(self, search: Search, cells: Cells) -> None:
        among = search.by_relation[:, cells].tocsr()
        among = among[np.flatnonzero(np.diff(among.indptr) > 0)]
        program = highspy.HighsLp()
        program.num_row_, program.num_col_ = among.shape
        program.col_cost_ = program.col_lower_ = program.col_upper_ = np.zeros(cells.size)
        program.row_lower_ = program.row_upper_ = np.zeros(among.shape[0])
        program.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        program.a_matrix_.start_ = among.indptr
        program.a_matrix_.index_ = among.indices
        program.a_matrix_.value_ = among.data
        self._solver = new_solver()
        self._solver.setOptionValue("solver", "simplex")
        self._solver.setOptionValue("simplex_strategy", PRIMAL_SIMPLEX)
        self._solver.passModel(program)
        self._columns = np.arange(cells.size, dtype=np.int32)
        self.steps = 0

    def furthest(self, upper: Numbers, lower: Numbers, gains: Numbers) -> Numbers | None:
        """The movement that gains most; None where the solver does not end with one."""
        self._solver.changeColsBounds(self._columns.size, self._columns, -lower, upper)
        self._solver.changeColsCost(self._columns.size, self._columns, -gains)
        self._solver.run()
        if self._solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        self.steps = int(self._solver.getInfo().simplex_iteration_count)
        return np.array(self._solver.getSolution().col_value)
