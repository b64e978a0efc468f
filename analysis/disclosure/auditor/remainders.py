"""Groups of hidden cells whose total can be derived, and is the size of too small a group.

What relations say of hidden cells is every sum of their hidden parts, times any numbers. A sum in which each cell
counts once or not at all is a group whose size everybody knows. No such group is smaller than the upper end of the
interval of any of its cells, since all of the group could be in that cell. So only cells whose interval ends below the
minimum group size can be in too small a group; in a release that keeps its requirements hardly any do.
"""

import numpy as np
from msgspec import Struct
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array

from analysis.disclosure.auditor.attacker import Attacker, Indices
from analysis.disclosure.auditor.intervals import Intervals, components
from analysis.disclosure.auditor.report import Remainder
from analysis.disclosure.linked_tables import Mask

MOST_CELLS = 500  # of one component in one search for groups; more are unproven
NODES = 20_000  # of that search; a limit in nodes gives the same answer on every machine
WEIGHTS = 1_000.0  # a relation counts at most so many times in a sum
INFEASIBLE = 2  # a status of `scipy.optimize.milp`


class Remainders(Struct, frozen=True, kw_only=True):
    """Too small groups, at least one of each component that has any; in words what was not tried."""

    found: tuple[Remainder, ...]
    unproven: tuple[str, ...]


def remainders_below(attacker: Attacker, intervals: Intervals, minimum_group_size: int) -> Remainders:
    """Derivable groups of 1 to `minimum_group_size` - 1.

    Args:
        attacker: narrowed.
        intervals: searched at least up to the minimum group size.
        minimum_group_size: k.

    """
    known = (intervals.lower == intervals.upper) & intervals.lower_proven & intervals.upper_proven
    single = known & (intervals.lower > 0) & (intervals.lower < minimum_group_size)
    found = [_remainder(attacker, [cell], intervals.lower[cell]) for cell in np.flatnonzero(single).tolist()]
    unproven = []
    small = intervals.upper < minimum_group_size
    for cells, equations in components(attacker.relations):
        candidates = cells[small[cells]]
        if not candidates.size:
            continue
        printed = _single_relations(attacker, equations, minimum_group_size)
        found += printed
        if printed or single[candidates].any():
            continue
        if candidates.size > MOST_CELLS:
            unproven.append(f"{candidates.size} linked cells may form groups below the minimum, too many to try")
            continue
        group, proven = _smallest_group(attacker, cells, equations, small, minimum_group_size)
        if group is not None:
            found.append(group)
        elif not proven:
            unproven.append("the search for groups below the minimum was cut short")
    return Remainders(found=tuple(found), unproven=tuple(unproven))


def _remainder(attacker: Attacker, cells: list[int], total: float) -> Remainder:
    return Remainder(cells=tuple(sorted(attacker.cells[cells].tolist())), total=float(total))


def _single_relations(attacker: Attacker, equations: Indices, minimum_group_size: int) -> list[Remainder]:
    """Hidden parts of single relations, which need no derivation."""
    found = []
    for equation in equations.tolist():
        start, end = attacker.relations.indptr[equation : equation + 2]
        coefficients = attacker.relations.data[start:end]
        total = attacker.totals[equation] / coefficients[0]
        if np.all(coefficients == coefficients[0]) and 0 < total < minimum_group_size:
            found.append(_remainder(attacker, attacker.relations.indices[start:end].tolist(), total))
    return found


def _smallest_group(
    attacker: Attacker, cells: Indices, equations: Indices, small: Mask, minimum_group_size: int
) -> tuple[Remainder | None, bool]:
    """A smallest sum of relations in which small cells count once or not and all others not; whether it is proven."""
    relations = attacker.relations[equations][:, cells].tocoo()
    within = small[cells]
    weights, members = equations.size, int(within.sum())
    # Variables: a weight for each relation, then 0 or 1 for each candidate.
    weight, cell = relations.coords
    sums = coo_array(
        (
            np.concatenate([relations.data, -np.ones(members)]),
            (np.concatenate([cell, np.flatnonzero(within)]), np.concatenate([weight, weights + np.arange(members)])),
        ),
        shape=(cells.size, weights + members),
    ).tocsr()
    total = np.concatenate([attacker.totals[equations], np.zeros(members)])
    least = 1.0 if attacker.whole else 1e-6
    answer = milp(
        total,
        integrality=np.repeat(np.array([0, 1]), [weights, members]),
        bounds=Bounds(
            np.concatenate([np.full(weights, -WEIGHTS), np.zeros(members)]),
            np.concatenate([np.full(weights, WEIGHTS), np.ones(members)]),
        ),
        constraints=[
            LinearConstraint(sums, 0.0, 0.0),
            LinearConstraint(total[None, :], least, minimum_group_size - least),
        ],
        options={"node_limit": NODES},
    )
    if answer.x is None:
        return None, answer.status == INFEASIBLE
    chosen = cells[within][answer.x[weights:] > 0.5]  # noqa: PLR2004 - a solver's 0 or 1
    return _remainder(attacker, chosen.tolist(), round(float(answer.fun), 6)), True
