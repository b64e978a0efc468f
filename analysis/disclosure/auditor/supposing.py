"""What coalitions of insiders can compute where bounds play a part: linear programs that suppose what they know.

A table that fits all that is published, holds what a coalition knows, and differs from the true one in a cell, shows
that the coalition cannot compute that cell. So every table that was met on the way is held against every coalition, and
programs look for further ones only where something stays open: for many coalitions at once first, since a table that
holds what all of them know serves each of them.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import numpy as np
from msgspec import Struct

from analysis.disclosure.auditor.attacker import Indices
from analysis.disclosure.auditor.feasible_range import End, FeasibleRange, Unproven
from analysis.disclosure.linked_tables import Mask, Numbers

Coalition = tuple[int, ...]
"""Cells that its members know together."""

MANY = 20  # coalitions from which on two threads are worth their start
LEAST_GAIN = 0.5  # share of the open targets that a look must settle for another to follow


class Learnt(Struct, frozen=True, kw_only=True):
    """What a coalition computes; or, in `reason`, why the solver could not tell."""

    known: Coalition
    disclosed: tuple[int, ...] = ()
    reason: str = ""


def learnt_by(reach: FeasibleRange, values: Numbers, targets: Mask, coalitions: list[Coalition]) -> list[Learnt]:
    """What each coalition learns, and of which of them it is not proven; nothing of those who learn nothing.

    Args:
        reach: of a system whose tables are searched.
        values: shape (cells,), the true table. It decides nothing: differences are measured against it.
        targets: shape (cells,), which cells nobody must compute.
        coalitions: what they know.

    Raises:
        Unproven: where no table is found at all.

    """
    question = _Question(reach, values, np.flatnonzero(targets), coalitions)
    question.take_note(reach.tables_since(0))
    waiting = question.open_coalitions()
    if waiting.size < MANY:
        return list(question.answers(waiting))
    half = waiting.size // 2
    other = question.twin()
    # Two halves at once: HiGHS lets other threads run while it solves. What is learnt is the same in any order.
    with ThreadPoolExecutor(1) as pool:
        second = pool.submit(lambda: list(other.answers(waiting[half:])))
        return [*question.answers(waiting[:half]), *second.result()]


class _Question:
    """Of which targets no table shows yet that a coalition cannot compute them; `open` has shape (coalitions, targets)."""

    def __init__(self, reach: FeasibleRange, values: Numbers, targets: Indices, coalitions: list[Coalition]) -> None:
        self._reach, self._values, self._targets, self._coalitions = reach, values, targets, coalitions
        self._known = [np.array(known) for known in coalitions]
        self._met = reach.met
        self._open = np.array([~np.isin(targets, known) for known in self._known])

    def twin(self) -> "_Question":
        """The same question for a second thread."""
        other = _Question(self._reach.twin(), self._values, self._targets, self._coalitions)
        other._open[:] = self._open
        return other

    def open_coalitions(self) -> Indices:
        """Those of whom something stays open; ascending."""
        return np.flatnonzero(self._open.any(axis=1))

    def take_note(self, tables: Numbers) -> None:
        """Hold tables that fit what is published against every coalition; shape (tables, cells)."""
        self._met = self._reach.met
        away = np.abs(tables - self._values)
        close = self._reach.close(self._values)
        fits = np.array([np.all(away[:, known] <= close[known], axis=1) for known in self._known], dtype=np.float32)
        differs = (away[:, self._targets] > 2 * close[self._targets]).astype(np.float32)
        self._open &= fits @ differs == 0

    def answers(self, waiting: Indices) -> Iterator[Learnt]:
        """Coalitions all together, then halves of those for whom something stays open, and halves of these."""
        groups = [waiting]
        while groups:
            together = groups.pop()
            together = together[self._open[together].any(axis=1)]
            if not together.size:
                continue
            known = np.unique(np.concatenate([self._known[coalition] for coalition in together]))
            self._reach.suppose(known, self._values[known])
            if together.size == 1:
                yield from self._answer(int(together[0]))
                continue
            with suppress(Unproven):  # smaller groups may still be told
                self._look(together, known)
            half = together.size // 2
            groups += [together[half:], together[:half]]

    def _answer(self, coalition: int) -> Iterator[Learnt]:
        """Of one coalition, whose knowledge is supposed, with a proof."""
        known = self._coalitions[coalition]
        still_open = self._open[coalition]
        try:
            self._look(np.array([coalition]), self._known[coalition])
            for place in np.flatnonzero(still_open).tolist():
                for end in End:
                    if still_open[place]:
                        self._reach.reach(int(self._targets[place]), end)
                        self.take_note(self._reach.tables_since(self._met))
        except Unproven as reason:
            yield Learnt(known=known, reason=str(reason))
            return
        if still_open.any():
            yield Learnt(known=known, disclosed=tuple(self._targets[still_open].tolist()))

    def _look(self, together: Indices, known: Indices) -> None:
        """Push open targets towards both ends, as long as that settles many of them.

        Raises:
            Unproven: where the solver gives up.

        """
        left = np.inf
        while True:
            wanted = np.zeros(self._values.size, dtype=np.bool_)
            wanted[self._targets[self._open[together].any(axis=0)]] = True
            wanted[known] = False
            if not wanted.any() or wanted.sum() > (1 - LEAST_GAIN) * left:
                return
            left = wanted.sum()
            for end in End:
                self._reach.sweep(end, wanted)
                self.take_note(self._reach.tables_since(self._met))
