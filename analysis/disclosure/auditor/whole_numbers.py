"""Whether whole-number tables alone leave a primary cell less room than its interval says.

Linear programs also move people by fractions. Most corners they find are whole tables already, and show by themselves
that whole tables reach as far; for the rest, the narrowest intervals first, integer programs look again.
"""

import numpy as np
from msgspec import Struct
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from analysis.disclosure.auditor.attacker import Attacker, Indices
from analysis.disclosure.auditor.intervals import Goals, Intervals, components
from analysis.disclosure.linked_tables import Mask

CHECKED = 10  # intervals that integer programs look at
OPTIMAL, UNBOUNDED = 0, 3  # statuses of `scipy.optimize.milp`
NODES = 2_000  # of one search; a limit in nodes gives the same answer on every machine


class WholeInterval(Struct, frozen=True, kw_only=True):
    """Which values whole tables give a cell; None for either end where the search was cut short."""

    cell: int
    lower: float | None
    upper: float | None


def whole_intervals(attacker: Attacker, intervals: Intervals, goals: Goals, primary: Mask) -> list[WholeInterval]:
    """The ends, by whole tables only, of the narrowest primary intervals for which the search has met none wide enough.

    Args:
        attacker: narrowed.
        intervals: what linear programs found.
        goals: what intervals must reach.
        primary: shape (unknown,), cells whose intervals keep their requirements and are worth another look.

    """
    if not attacker.whole:
        return []
    seen = intervals.whole_lower, intervals.whole_upper
    short = (seen[0] > goals.lower) | (seen[1] < goals.upper) | (seen[1] - seen[0] < goals.width)
    doubtful = np.flatnonzero(primary & short & (intervals.component >= 0))
    width = (intervals.upper - intervals.lower)[doubtful]
    parts = components(attacker.relations)
    found = []
    for cell in doubtful[np.argsort(width, kind="stable")[:CHECKED]].tolist():
        cells, equations = parts[intervals.component[cell]]
        ends = [_end(attacker, cells, equations, cell, sign) for sign in (1.0, -1.0)]
        found.append(WholeInterval(cell=cell, lower=ends[0], upper=ends[1]))
    return found


def _end(attacker: Attacker, cells: Indices, equations: Indices, cell: int, sign: float) -> float | None:
    """The least (sign 1) or greatest (sign -1) whole value; infinite where nothing binds."""
    objective = np.where(cells == cell, sign, 0.0)
    totals = attacker.totals[equations]
    answer = milp(
        objective,
        integrality=np.ones(cells.size, dtype=np.int64),
        bounds=Bounds(attacker.lower[cells], attacker.upper[cells]),
        constraints=LinearConstraint(csr_array(attacker.relations[equations][:, cells]), totals, totals),
        options={"node_limit": NODES, "mip_rel_gap": 0.0},
    )
    if answer.status == UNBOUNDED:
        return float(-sign * np.inf)
    if answer.status != OPTIMAL or answer.fun is None:
        return None
    return float(round(sign * answer.fun))
