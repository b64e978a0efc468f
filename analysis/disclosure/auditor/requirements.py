"""What the intervals of primary cells are held to. Only here, and after the attack, do hidden values count again."""

import numpy as np
from msgspec import Struct

from analysis.disclosure.auditor.attacker import Attacker
from analysis.disclosure.auditor.intervals import Goals
from analysis.disclosure.auditor.report import Requirement
from analysis.disclosure.linked_tables import LinkedTables, Mask, Numbers, Status

SEEN_TO_MOVE = 1.0  # of every unknown cell; where an interval is narrower than that, both its ends are searched
CLOSE = 1e-6  # relative; decimals of a solver against decimals of a file


class Requirements(Struct, frozen=True, kw_only=True, eq=False):
    """What every unknown cell's interval must do; all shapes (unknown,).

    primary: whether the cell must be protected at all; the others have no requirements.
    below, above, width: by the protection levels. group_above, group_width: by the minimum group size.
    remainder_above: where every unknown cell's interval ends at or above it, no remainder is too small.
    """

    primary: Mask
    below: Numbers
    above: Numbers
    width: Numbers
    group_above: Numbers
    group_width: Numbers
    remainder_above: float

    def goals(self) -> Goals:
        """Where an interval keeps all of them, and any other cell is seen not to be disclosed."""
        return Goals(
            lower=self.below,
            upper=np.maximum(np.maximum(self.above, self.group_above), self.remainder_above),
            width=np.maximum(np.maximum(self.width, self.group_width), SEEN_TO_MOVE),
        )

    def failed(self, cell: int, lower: float, upper: float) -> tuple[Requirement, ...]:
        """What an interval does not do."""
        checks = (
            (Requirement.BELOW, lower, self.below[cell], -1),
            (Requirement.ABOVE, upper, self.above[cell], 1),
            (Requirement.WIDE, upper - lower, self.width[cell], 1),
            (Requirement.GROUP_ABOVE, upper, self.group_above[cell], 1),
            (Requirement.GROUP_WIDE, upper - lower, self.group_width[cell], 1),
        )
        return tuple(
            requirement
            for requirement, reached, wanted, sign in checks
            if sign * (wanted - reached) > CLOSE * max(1.0, abs(wanted))
        )


def requirements_of(tables: LinkedTables, attacker: Attacker, minimum_group_size: int | None) -> Requirements:
    """No release can make an interval wider than everybody knows it to be, so no more than that is asked.

    attacker: with the bounds that everybody knows, not narrowed. minimum_group_size: None where only protection levels
    count.
    """
    cells = attacker.cells
    primary = tables.statuses[cells] == Status.PRIMARY
    values = tables.values[cells]
    lower, upper = attacker.lower, attacker.upper
    if attacker.whole:
        lower, upper = np.ceil(lower), np.floor(upper)
    possible = upper - lower
    size = -np.inf if minimum_group_size is None else float(minimum_group_size)
    return Requirements(
        primary=primary,
        below=np.where(primary, np.maximum(values - tables.lower_protection[cells], lower), np.inf),
        above=np.where(primary, np.minimum(values + tables.upper_protection[cells], upper), -np.inf),
        width=np.where(primary, np.minimum(tables.sliding_protection[cells], possible), 0.0),
        group_above=np.where(primary, np.minimum(size, upper), -np.inf),
        group_width=np.where(primary, np.clip(size - 1, 0.0, possible), 0.0),
        remainder_above=size,
    )
