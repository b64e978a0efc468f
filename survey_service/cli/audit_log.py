"""`survey-service audit-log …`: who did what and when, and whether anything of it was changed."""

from pathlib import Path

import click

from survey_service.cli.command import Answer, FileInTheWay, command
from survey_service.domain.audit_log import AUDITED_DEEDS, AuditEntry
from survey_service.exports import audit_log as exports
from survey_service.operations.installation import Installation
from survey_service.operations.read_audit_log import picked, read_audit_log, verify_audit_log

FORMATS = {"json": exports.as_json, "csv": exports.as_csv}


def register(main: click.Group) -> None:
    main.add_command(audit_log)


@click.group("audit-log", epilog="Example: survey-service audit-log show")
def audit_log() -> None:
    """The audit log of the team, the command line and the schedule; nothing of a participant is in it."""


@command(audit_log, "show", example="survey-service audit-log show --deed release-published --last 20")
@click.option("--who", help="Only what this account did; or `command line`, or `schedule`.")
@click.option("--deed", type=click.Choice(AUDITED_DEEDS), help="Only this deed.")
@click.option("--last", type=click.IntRange(min=1), default=50, show_default=True, help="How many entries at most.")
async def show(installation: Installation, who: str | None, deed: str | None, last: int) -> Answer:
    """Show the latest entries, the latest first."""
    found = picked(await read_audit_log(installation), who=who, deed=deed)[:last]
    document = [
        {"position": e.position, "at": e.at, "who": e.who, "deed": e.deed, "facts": e.facts, "head": e.head}
        for e in found
    ]
    return Answer(document=document, text="\n".join(map(_line, found)) or "There is no such entry.")


@command(audit_log, "verify", example="survey-service audit-log verify --head 3f9a…c2")
@click.option("--head", help="A head that was kept elsewhere: only that shows entries removed from the end.")
async def verify(installation: Installation, head: str | None) -> Answer:
    """Compute every hash again, and look for a head that was kept elsewhere."""
    found = await verify_audit_log(installation, head)
    lines = [f"{found.entries} entries. Head: {found.head}"]
    if found.broken_at is not None:
        lines.append(
            f"NOT SOUND: position {found.broken_at} does not continue the log: an entry was changed, removed or put in."
        )
    else:
        lines.append("Every hash continues the one before.")
    if found.is_head_found is None:
        lines.append("Keep the head where the server has no hand; with --head it shows whether the end was cut off.")
    elif found.is_head_found:
        lines.append("The head you kept is in the log: nothing up to it was changed or removed.")
    else:
        lines.append("NOT SOUND: the head you kept is not in the log: entries up to it were changed or removed.")
    return Answer(document=found, text="\n".join(lines), is_good=found.is_sound)


@command(audit_log, "export", example="survey-service audit-log export --format csv --out audit-log.csv")
@click.option("--format", "form", type=click.Choice(list(FORMATS)), required=True, help="JSON holds what was hashed.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="A new file.")
async def export(installation: Installation, form: str, out: Path) -> Answer:
    """Write the whole log to a file, the earliest entry first."""
    log = await read_audit_log(installation)
    try:
        with out.open("xb") as file:
            file.write(FORMATS[form](log))
    except OSError as error:
        raise FileInTheWay(out, error) from error
    return Answer(
        document={"entries": len(log.entries), "head": log.head, "out": str(out)},
        text=f"{len(log.entries)} entries in {out}. Head: {log.head}",
        is_good=log.broken_at is None,
    )


def _line(entry: AuditEntry) -> str:
    at = "?" if entry.at is None else f"{entry.at:%Y-%m-%d %H:%M} UTC"
    facts = ", ".join(f"{name} {value}" for name, value in entry.facts.items())
    return f"{entry.position} {at} {entry.who or '?'}: {entry.deed or 'cannot be read'}{f' ({facts})' if facts else ''}"
