"""Which unknown cells have one value left."""

import numpy as np

from analysis.disclosure.auditor.attacker import Attacker
from analysis.disclosure.auditor.elimination import null_vectors
from analysis.disclosure.auditor.intervals import Intervals
from analysis.disclosure.auditor.propagation import tolerance
from analysis.disclosure.linked_tables import Mask

CONFIRMATIONS = 2  # a cell that moves is 0 in both vectors with a chance of 1 in 2**62


def exactly_determined(attacker: Attacker) -> Mask:
    """Whether no way of moving the unknown cells moves this one; shape (unknown,). Bounds play no part."""
    vectors = null_vectors(attacker.relations, CONFIRMATIONS)
    return np.asarray(np.all(vectors == 0, axis=1))


def one_value_left(intervals: Intervals) -> Mask:
    """Whether bounds and relations together leave one value, as far as intervals were searched; shape (unknown,)."""
    proven = intervals.lower_proven & intervals.upper_proven
    return np.asarray(proven & (intervals.upper - intervals.lower <= tolerance(intervals.lower)))
