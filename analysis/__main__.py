"""`python -m analysis`: protects linked tables in the JJ format, and audits what a pattern lets through."""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from analysis.disclosure.auditor import AuditReport, DoNotAddUp, audit_tables, redundant_cells
from analysis.disclosure.jj_format import Unreadable, read_instance, read_pattern, write_intervals, write_pattern
from analysis.disclosure.linked_tables import LinkedTables, Mask, Status
from analysis.disclosure.policy import ProtectionPolicy, levels_beyond_bounds, linked_tables, read_policy
from analysis.disclosure.protecting import protect_groups
from analysis.disclosure.suppression import Unprotectable

PASSED, NOT_PASSED, BAD_INPUT = 0, 1, 2  # exit statuses
SHOWN = 10  # cells that a message names
LINE_WIDTH = 60  # characters of a progress line

PROTECT_EXAMPLE = """
example:
  python -m analysis protect instance.jj --policy policy.toml --out pattern.csv

  policy.toml:
    minimum_group_size = 10    # people; at least 5
    zeros = "published"        # or "protected"; without it, as the instance has it
    coalition = 1              # insiders who pool what they know

exit status: 0 protected, 1 cannot be protected, 2 bad input
"""
AUDIT_EXAMPLE = """
example:
  python -m analysis audit instance.jj --policy policy.toml --pattern pattern.csv --out intervals.csv

exit status: 0 passed, 1 not passed, 2 bad input
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit status."""
    given = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = given.command
    try:
        return command(given)
    except (Unreadable, DoNotAddUp) as fault:
        _say(str(fault))
    except OSError as fault:
        _say(
            f"{fault.filename or 'a file'}: {fault.strerror}. Name a file that can be read, and a place that can be written to."
        )
    return BAD_INPUT


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m analysis", description="Disclosure control of linked tables.")
    commands = parser.add_subparsers(required=True, metavar="protect|audit")
    hide = _command(commands, "protect", "choose the cells to hide", PROTECT_EXAMPLE, _protect)
    hide.add_argument("--exact", action="store_true", help="search for the proven optimum; for up to about 1,200 cells")
    hide.add_argument("--out", type=Path, required=True, metavar="PATTERN.csv", help="index,status of every cell")
    look = _command(commands, "audit", "attack what a pattern publishes", AUDIT_EXAMPLE, _audit)
    look.add_argument("--pattern", type=Path, required=True, metavar="PATTERN.csv", help="index,status of every cell")
    look.add_argument("--out", type=Path, required=True, metavar="INTERVALS.csv", help="index,lo,hi of hidden cells")
    look.add_argument(
        "--redundant",
        action="store_true",
        help="also publish each complementary cell again by itself, and say which are not needed; takes an audit a cell",
    )
    return parser


def _command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    purpose: str,
    example: str,
    run: Callable[[argparse.Namespace], int],
) -> argparse.ArgumentParser:
    command = commands.add_parser(
        name,
        help=purpose,
        description=purpose,
        epilog=example,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("instance", type=Path, metavar="INSTANCE.jj")
    command.add_argument("--policy", type=Path, help="TOML; without it only the instance's protection levels count")
    command.set_defaults(command=run)
    return command


def _protect(given: argparse.Namespace) -> int:
    policy, tables = _read(given)
    try:
        protection = protect_groups(tables, policy, exact=given.exact, on_progress=_progress())
    except Unprotectable as refusal:
        _say(str(refusal))
        return NOT_PASSED
    write_pattern(given.out, protection.hidden, tables.statuses == Status.PRIMARY)
    if protection.bound is not None:
        proof = (
            "the proven optimum"
            if protection.is_optimal
            else f"not proven; the optimum is {protection.bound:g} at least"
        )
        _say(f"cost of the complementary cells: {protection.cost:g}, {proof}")
    return PASSED


def _audit(given: argparse.Namespace) -> int:
    policy, tables = _read(given)
    hidden = read_pattern(given.pattern, tables.size)
    minimum_group_size = policy.minimum_group_size if policy else None
    coalition = policy.coalition if policy else 1
    report = audit_tables(
        tables, hidden, minimum_group_size=minimum_group_size, coalition=coalition, every_interval=True
    )
    _write_intervals(given.out, tables, report)
    for line in _findings(report):
        _say(line)
    if given.redundant:
        found = redundant_cells(tables, hidden, minimum_group_size=minimum_group_size, coalition=coalition)
        cells = ", ".join(map(str, found.redundant)) or "none"
        _say(f"complementary cells that are needed: {len(found.needed)}; redundant, one at a time: {cells}")
    return PASSED if report.passed else NOT_PASSED


def _read(given: argparse.Namespace) -> tuple[ProtectionPolicy | None, LinkedTables]:
    policy = read_policy(given.policy) if given.policy else None
    instance = read_instance(given.instance)
    beyond = levels_beyond_bounds(instance)
    if beyond.size:
        cells = ", ".join(map(str, beyond[:SHOWN])) + (", …" if beyond.size > SHOWN else "")
        _say(
            f"lpl, upl or spl of {beyond.size} primary cells ask for more than lb and ub leave: {cells}; lb and ub count"
        )
    return policy, linked_tables(instance, policy)


def _write_intervals(path: Path, tables: LinkedTables, report: AuditReport) -> None:
    lowest, highest = tables.values.copy(), tables.values.copy()
    known: Mask = np.zeros(tables.size, dtype=np.bool_)
    for interval in report.intervals:
        lowest[interval.cell], highest[interval.cell] = interval.lower, interval.upper
        known[interval.cell] = True
    write_intervals(path, known, lowest, highest)


def _findings(report: AuditReport) -> list[str]:
    counts = {
        "exactly disclosed": len(report.exactly_disclosed),
        "too closely known": len(report.failures),
        "groups below the minimum": len(report.remainders),
        "found out by insiders": len(report.discoveries),
    }
    found = ", ".join(f"{what}: {count}" for what, count in counts.items())
    lines = [f"{report.hidden} cells are hidden, {report.primary} of all are primary; {found}"]
    lines += [
        f"cell {failure.cell} lies between {failure.lower:g} and {failure.upper:g}; not kept: "
        + "; ".join(failure.requirements)
        for failure in report.failures[:SHOWN]
    ]
    lines += [f"unproven: {what}" for what in report.unproven[:SHOWN]]
    return lines


def _progress() -> Callable[[str, int, int], None] | None:
    """Shows how far the work is, where somebody watches."""
    if not sys.stderr.isatty():
        return None

    def show(step: str, done: int, of: int) -> None:
        text = f"{step}: {done + 1} of {of}" if done + 1 < of else ""
        print(f"\r{text:{LINE_WIDTH}}\r", end="", file=sys.stderr, flush=True)  # noqa: T201 - a command line prints

    return show


def _say(text: str) -> None:
    print(text, file=sys.stderr)  # noqa: T201 - a command line prints


if __name__ == "__main__":
    sys.exit(main())
