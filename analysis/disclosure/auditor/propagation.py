"""Bounds that follow from one relation at a time, until nothing follows any more.

They hold for every table an attacker could think of, so an interval never passes them; and where a found table reaches
one, nothing remains to be proven there.
"""

import numpy as np
from scipy.sparse import csr_array, diags_array

from analysis.disclosure.auditor.attacker import Attacker, Indices
from analysis.disclosure.linked_tables import Numbers

ROUNDS = 50  # each passes a bound on to the next relation; more rounds only sharpen what the solver finds anyway
SLACK = 1e-9  # relative; how much a sum of decimals may be off
TOLERANCE = 1e-6  # the solver keeps relations to 1e-7
PRECISION = 1e-9  # relative; what doubles add to that in large cells


def narrowed(attacker: Attacker) -> Attacker:
    """The same cells with implied bounds; those that bounds fix are taken out of the relations and put into totals."""
    lower, upper = implied_bounds(attacker)
    fixed = upper - lower <= tolerance(lower)
    # Decimals leave a little room: a public bound in it is exact, and of the rest the middle errs least.
    known = np.where(fixed, lower, 0.0)
    between = fixed & (lower > attacker.lower)
    at_upper = upper[between] == attacker.upper[between]
    known[between] = np.where(at_upper, upper[between], (lower[between] + upper[between]) / 2)
    relations = csr_array(attacker.relations @ diags_array((~fixed).astype(np.float64)))
    relations.eliminate_zeros()
    totals = attacker.totals - attacker.relations @ known
    return Attacker(
        cells=attacker.cells, relations=relations, totals=totals, lower=lower, upper=upper, whole=attacker.whole
    )


def tolerance(bound: Numbers) -> Numbers:
    """How close to a bound a number has reached it; an infinite one is never reached."""
    return TOLERANCE + PRECISION * np.where(np.isinf(bound), 0.0, np.abs(bound))


def implied_bounds(attacker: Attacker) -> tuple[Numbers, Numbers]:
    """Lower and upper, shape (unknown,): at least as narrow as the public bounds, never narrower than the truth."""
    lower, upper = attacker.lower.copy(), attacker.upper.copy()
    matrix = attacker.relations.tocoo()
    row, column = (place.astype(np.int64) for place in matrix.coords)
    coefficient = matrix.data
    equations = attacker.totals.size
    slack = SLACK * np.maximum(1.0, np.abs(attacker.totals))
    positive = coefficient > 0
    for _ in range(ROUNDS):
        least = np.where(positive, coefficient * lower[column], coefficient * upper[column])
        most = np.where(positive, coefficient * upper[column], coefficient * lower[column])
        others_least = _others(least, row, equations, -np.inf)
        others_most = _others(most, row, equations, np.inf)
        # coefficient * x = total - others, so each end of the others gives an end of x.
        high = (attacker.totals[row] - others_least + slack[row]) / coefficient
        low = (attacker.totals[row] - others_most - slack[row]) / coefficient
        above, below = np.where(positive, high, low), np.where(positive, low, high)
        if attacker.whole:
            above, below = np.floor(above + 1e-6), np.ceil(below - 1e-6)
        new_lower, new_upper = lower.copy(), upper.copy()
        np.maximum.at(new_lower, column, below)
        np.minimum.at(new_upper, column, above)
        if np.array_equal(new_lower, lower) and np.array_equal(new_upper, upper):
            break
        lower, upper = new_lower, new_upper
    return lower, upper


def _others(terms: Numbers, row: Indices, equations: int, unbounded: float) -> Numbers:
    """Each term's row sum without itself; `unbounded` where another term is."""
    infinite = np.isinf(terms)
    finite = np.where(infinite, 0.0, terms)
    sums = np.bincount(row, finite, equations)[row] - finite
    others_infinite = np.bincount(row, infinite.astype(np.float64), equations)[row] - infinite > 0
    return np.where(others_infinite, unbounded, sums)
