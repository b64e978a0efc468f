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
TOGETHER = 1000  # coalitions that tables are held against in one product of matrices
LEAST_GAIN = 0.5  # share of the open cells that a look must settle for another to follow


class Sought(Struct, frozen=True, kw_only=True, eq=False):
    """Cells that nobody must compute: `cells`, shape (sought,). apart: by how much a table must at least differ there."""

    cells: Indices
    apart: Numbers


class Learnt(Struct, frozen=True, kw_only=True):
    """What a coalition computes; or, in `reason`, why the solver could not tell."""

    known: Coalition
    disclosed: tuple[int, ...] = ()
    reason: str = ""


def learnt_by(reach: FeasibleRange, values: Numbers, sought: Sought, coalitions: list[Coalition]) -> list[Learnt]:
    """What each coalition learns, and of which of them it is not proven; nothing of those who learn nothing.

    Args:
        reach: of a system whose tables are searched.
        values: shape (cells,), the true table. It decides nothing: differences are measured against it.
        sought: what they must not compute.
        coalitions: what they know.

    Raises:
        Unproven: where no table is found at all.

    """
    is_open = np.array([~np.isin(sought.cells, known) for known in coalitions]).reshape(-1, sought.cells.size)
    question = _Question(reach, values, sought, coalitions, is_open)
    question.take_note()
    waiting = question.waiting()
    if waiting.size < MANY:
        return list(question.answers())
    half = waiting.size // 2
    second = question.of(waiting[half:], reach.twin())
    first = question.of(waiting[:half], reach)
    # Two halves at once: HiGHS lets other threads run while it solves. What is learnt is the same in any order.
    with ThreadPoolExecutor(1) as pool:
        others = pool.submit(lambda: list(second.answers()))
        return [*first.answers(), *others.result()]


class _Question:
    """Of which cells no table shows yet that a coalition cannot compute them.

    is_open: which these are, shape (coalitions, sought). noted: how many of the tables met are in it already.
    """

    def __init__(
        self,
        reach: FeasibleRange,
        values: Numbers,
        sought: Sought,
        coalitions: list[Coalition],
        is_open: Mask,
        noted: int = 0,
    ) -> None:
        self._reach, self._values, self._sought, self._coalitions = reach, values, sought, coalitions
        self._known = [np.array(known) for known in coalitions]
        self._open = is_open
        self._noted = noted

    def of(self, which: Indices, reach: FeasibleRange) -> "_Question":
        """The same question, of some coalitions only."""
        coalitions = [self._coalitions[coalition] for coalition in which]
        return _Question(reach, self._values, self._sought, coalitions, self._open[which], reach.met)

    def waiting(self) -> Indices:
        """Coalitions of whom something stays open; ascending."""
        return np.flatnonzero(self._open.any(axis=1))

    def take_note(self) -> None:
        """Hold the tables that were met since the last time against every coalition."""
        away = np.abs(self._reach.tables_since(self._noted) - self._values)
        self._noted = self._reach.met
        close = self._reach.close(self._values)
        differs = (away[:, self._sought.cells] >= self._sought.apart).astype(np.float32)
        waiting = self.waiting()
        for start in range(0, waiting.size, TOGETHER):
            some = waiting[start : start + TOGETHER]
            known_by = [self._known[coalition] for coalition in some]
            fits = np.array([np.all(away[:, known] <= close[known], axis=1) for known in known_by], dtype=np.float32)
            self._open[some] &= fits @ differs == 0

    def answers(self) -> Iterator[Learnt]:
        """Coalitions all together, then halves of those for whom something stays open, and halves of these."""
        groups = [self.waiting()]
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
                        self._reach.reach(int(self._sought.cells[place]), end)
                        self.take_note()
        except Unproven as reason:
            yield Learnt(known=known, reason=str(reason))
            return
        if still_open.any():
            yield Learnt(known=known, disclosed=tuple(self._sought.cells[still_open].tolist()))

    def _look(self, together: Indices, known: Indices) -> None:
        """Push open cells towards both ends, as long as that settles many of them.

        Raises:
            Unproven: where the solver gives up.

        """
        left = np.inf
        while True:
            wanted = np.zeros(self._values.size, dtype=np.bool_)
            wanted[self._sought.cells[self._open[together].any(axis=0)]] = True
            wanted[known] = False
            if not wanted.any() or wanted.sum() > (1 - LEAST_GAIN) * left:
                return
            left = wanted.sum()
            for end in End:
                self._reach.sweep(end, wanted)
                self.take_note()
