"""Which unknown cells the relations alone determine."""

import numpy as np

from analysis.disclosure.auditor.attacker import Attacker
from analysis.disclosure.auditor.elimination import null_vectors
from analysis.disclosure.linked_tables import Mask

CONFIRMATIONS = 2  # a cell that moves is 0 in both vectors with a chance of 1 in 2**62


def exactly_determined(attacker: Attacker) -> Mask:
    """Whether no way of moving the unknown cells moves this one; shape (unknown,). Bounds play no part."""
    vectors = null_vectors(attacker.relations, CONFIRMATIONS)
    return np.asarray(np.all(vectors == 0, axis=1))
