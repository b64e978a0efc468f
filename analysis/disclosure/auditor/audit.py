"""The audit of a release: everything published goes in, a verdict comes out."""

from collections.abc import Iterator

import numpy as np

from analysis.disclosure.auditor.attacker import Attacker
from analysis.disclosure.auditor.exact import exactly_determined
from analysis.disclosure.auditor.intervals import STEPS, Intervals, feasibility_intervals
from analysis.disclosure.auditor.known_zeros import zero_by_printed_totals
from analysis.disclosure.auditor.report import AuditReport, Failure, Interval, Requirement
from analysis.disclosure.auditor.requirements import Requirements, requirements_of
from analysis.disclosure.linked_tables import LinkedTables, Mask, Status

NARROWEST = 10  # intervals that a report lists


def audit_tables(
    tables: LinkedTables,
    hidden: Mask,
    *,
    minimum_group_size: int | None = None,
    coalition: int = 1,  # noqa: ARG001 - the insiders' audit follows
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
    attacker = Attacker.of(tables, hidden)
    requirements = requirements_of(tables, attacker, minimum_group_size)
    determined = exactly_determined(attacker)
    intervals = feasibility_intervals(attacker, None if every_interval else requirements.goals(), steps)
    zeros = zero_by_printed_totals(tables, hidden)[attacker.cells]
    disclosed = determined | (intervals.lower_proven & intervals.upper_proven & (intervals.lower >= intervals.upper))
    printed = np.flatnonzero((tables.statuses == Status.PRIMARY) & ~hidden)
    failures = (
        *(_printed(tables, cell) for cell in printed.tolist()),
        *_failures(attacker, requirements, intervals, disclosed & ~zeros, zeros),
    )
    return AuditReport(
        hidden=int(hidden.sum()),
        primary=int((tables.statuses == Status.PRIMARY).sum()),
        exactly_disclosed=tuple(attacker.cells[disclosed].tolist()),
        known_zeros=tuple(attacker.cells[zeros].tolist()),
        narrowest=_narrowest(attacker, requirements, intervals),
        intervals=_all_intervals(tables, hidden, attacker, intervals) if every_interval else (),
        failures=tuple(sorted(failures, key=lambda failure: failure.cell)),
        unproven=tuple(f"cell {cell}: the solver gave up" for cell in attacker.cells[intervals.unproven].tolist()),
    )


def _printed(tables: LinkedTables, cell: int) -> Failure:
    value = float(tables.values[cell])
    return Failure(cell=cell, requirements=(Requirement.HIDDEN,), lower=value, upper=value)


def _failures(
    attacker: Attacker, requirements: Requirements, intervals: Intervals, disclosed: Mask, excused: Mask
) -> Iterator[Failure]:
    for cell in np.flatnonzero(requirements.primary & ~excused).tolist():
        lower, upper = float(intervals.lower[cell]), float(intervals.upper[cell])
        failed = requirements.failed(cell, lower, upper)
        if disclosed[cell]:
            failed = (Requirement.NOT_DETERMINED, *failed)
        if failed:
            yield Failure(cell=int(attacker.cells[cell]), requirements=failed, lower=lower, upper=upper)


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
