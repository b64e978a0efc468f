"""The audit of a release: everything published goes in, a verdict comes out."""

from collections.abc import Iterator

import numpy as np

from analysis.disclosure.auditor.attacker import Attacker
from analysis.disclosure.auditor.exact import exactly_determined, one_value_left
from analysis.disclosure.auditor.insiders import insider_discoveries
from analysis.disclosure.auditor.intervals import STEPS, Intervals, feasibility_intervals
from analysis.disclosure.auditor.propagation import narrowed
from analysis.disclosure.auditor.remainders import Remainders, remainders_below
from analysis.disclosure.auditor.report import AuditReport, Failure, Interval, Requirement
from analysis.disclosure.auditor.requirements import Requirements, requirements_of
from analysis.disclosure.auditor.whole_numbers import whole_intervals
from analysis.disclosure.linked_tables import LinkedTables, Mask, Status

NARROWEST = 10  # intervals that a report lists


def audit_tables(
    tables: LinkedTables,
    hidden: Mask,
    *,
    minimum_group_size: int | None = None,
    coalition: int = 1,
    every_interval: bool = False,
    steps: int = STEPS,
) -> AuditReport:
    """Attack a release with what is published, then hold the result against what must be protected.

    Args:
        tables: all that one audience ever gets.
        hidden: shape (cells,), what is not printed; cells of status `UNPRINTED` are hidden in any case.
        minimum_group_size: below it no group may be known to be; None where only the protection levels count.
        coalition: how many insiders may put together what they know of themselves.
        every_interval: search both ends of every hidden cell's interval. Without it the search of a cell ends as soon
            as its interval is seen to be wide enough, which proves as much in a fraction of the time.
        steps: simplex steps for one end of one interval; what needs more is unproven, and the audit not passed.

    Raises:
        DoNotAddUp: where a relation does not hold for the values.

    """
    public = Attacker.of(tables, hidden)
    requirements = requirements_of(tables, public, minimum_group_size)
    attacker = narrowed(public)
    intervals = feasibility_intervals(attacker, None if every_interval else requirements.goals(), steps)
    disclosed = exactly_determined(attacker) | one_value_left(intervals)
    failures = list(_failures(attacker, requirements, intervals, disclosed))
    failed = np.isin(attacker.cells, [failure.cell for failure in failures])
    sound = requirements.primary & ~failed & ~intervals.unproven
    unproven = [f"cell {cell}: the solver gave up" for cell in attacker.cells[intervals.unproven].tolist()]
    insiders = insider_discoveries(tables, attacker, intervals, sound & ~disclosed, coalition, steps)
    remainders = (
        Remainders(found=(), unproven=())
        if minimum_group_size is None
        else remainders_below(attacker, intervals, minimum_group_size)
    )
    printed = np.flatnonzero((tables.statuses == Status.PRIMARY) & ~hidden).tolist()
    unproven += [*insiders.unproven, *remainders.unproven]
    if not (failures or printed or insiders.discoveries or remainders.found or unproven):
        # The costliest look comes last, and only at a release that nothing else holds back.
        for whole in whole_intervals(attacker, intervals, requirements.goals(), sound, tables.values[attacker.cells]):
            if not whole.proven:
                unproven.append(f"cell {attacker.cells[whole.cell]}: the search of whole tables was cut short")
            elif missed := requirements.failed(whole.cell, whole.lower, whole.upper):
                failures.append(_failure(attacker, whole.cell, missed, whole.lower, whole.upper, by_whole_tables=True))
    return AuditReport(
        hidden=int(hidden.sum()),
        primary=int((tables.statuses == Status.PRIMARY).sum()),
        exactly_disclosed=tuple(attacker.cells[disclosed].tolist()),
        narrowest=_narrowest(attacker, requirements, intervals),
        intervals=_all_intervals(tables, hidden, attacker, intervals) if every_interval else (),
        failures=tuple(sorted([*failures, *(_printed(tables, cell) for cell in printed)], key=lambda f: f.cell)),
        remainders=remainders.found,
        discoveries=insiders.discoveries,
        unproven=tuple(unproven),
    )


def _printed(tables: LinkedTables, cell: int) -> Failure:
    value = float(tables.values[cell])
    return Failure(cell=cell, requirements=(Requirement.HIDDEN,), lower=value, upper=value)


def _failures(
    attacker: Attacker, requirements: Requirements, intervals: Intervals, disclosed: Mask
) -> Iterator[Failure]:
    for cell in np.flatnonzero(requirements.primary).tolist():
        lower, upper = float(intervals.lower[cell]), float(intervals.upper[cell])
        failed = requirements.failed(cell, lower, upper)
        if disclosed[cell]:
            failed = (Requirement.NOT_DETERMINED, *failed)
        if failed:
            yield _failure(attacker, cell, failed, lower, upper)


def _failure(
    attacker: Attacker,
    cell: int,
    failed: tuple[Requirement, ...],
    lower: float,
    upper: float,
    *,
    by_whole_tables: bool = False,
) -> Failure:
    return Failure(
        cell=int(attacker.cells[cell]), requirements=failed, lower=lower, upper=upper, by_whole_tables=by_whole_tables
    )


def _narrowest(attacker: Attacker, requirements: Requirements, intervals: Intervals) -> tuple[Interval, ...]:
    primary = np.flatnonzero(requirements.primary)
    width = (intervals.upper - intervals.lower)[primary]
    return tuple(
        Interval(cell=int(attacker.cells[i]), lower=float(intervals.lower[i]), upper=float(intervals.upper[i]))
        for i in primary[np.argsort(width, kind="stable")[:NARROWEST]].tolist()
    )


def _all_intervals(
    tables: LinkedTables, hidden: Mask, attacker: Attacker, intervals: Intervals
) -> tuple[Interval, ...]:
    """Of every hidden cell; those that bounds alone fix are no part of the attack."""
    lower, upper = tables.lower.copy(), tables.upper.copy()
    lower[attacker.cells], upper[attacker.cells] = intervals.lower, intervals.upper
    cells = np.flatnonzero(hidden | (tables.statuses == Status.UNPRINTED)).tolist()
    return tuple(Interval(cell=cell, lower=float(lower[cell]), upper=float(upper[cell])) for cell in cells)
