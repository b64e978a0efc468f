"""Protects an instance as its policy asks: with the suppression first, and with the auditor's word on groups."""

import numpy as np
from msgspec.structs import replace

from analysis.disclosure.auditor import audit_tables
from analysis.disclosure.linked_tables import LinkedTables, Status
from analysis.disclosure.policy import ProtectionPolicy, with_primary
from analysis.disclosure.suppression import Protection, protect
from analysis.disclosure.suppression.covering import Progress


def protect_groups(
    tables: LinkedTables, policy: ProtectionPolicy | None, *, exact: bool = False, on_progress: Progress | None = None
) -> Protection:
    """A pattern that protects, and of which no cells below the minimum make up a group whose size can be derived.

    Primary cells reach the minimum, so such a group is made of small cells that are hidden beside others; where the
    auditor derives one, its cells are protected like primary ones.

    Args:
        tables: everything that one audience gets.
        policy: None leaves groups out.
        exact: as in `protect`.
        on_progress: as in `protect`; it is told anew where the work starts anew.

    Returns:
        The pattern, the cost of what is hidden beside the primary cells of `tables`, and the least such cost.

    Raises:
        Unprotectable: hiding all that may be hidden is not enough.

    """
    coalition = 1 if policy is None else policy.coalition
    found = first = protect(tables, coalition=coalition, exact=exact, on_progress=on_progress)
    wanted = tables
    while policy is not None:
        size = policy.minimum_group_size
        small = found.hidden & (wanted.statuses != Status.PRIMARY) & (tables.values > 0) & (tables.values < size)
        if small.any():
            report = audit_tables(wanted, found.hidden, minimum_group_size=size, coalition=coalition)
            small &= np.isin(np.arange(tables.size), [cell for group in report.remainders for cell in group.cells])
        if not small.any():
            break
        wanted = with_primary(wanted, small, size)
        found = protect(wanted, coalition=coalition, exact=exact, on_progress=on_progress)
    # What is asked for beside makes no pattern cheaper, so the first bound holds.
    cost = float(tables.costs[found.hidden & (tables.statuses == Status.OPTIONAL)].sum())
    return replace(found, cost=cost, bound=first.bound)
