"""`survey-service` and the commands that belong to no noun of their own."""

import click

from survey_service.cli import (
    audit_log,
    backups,
    benchmark,
    invitations,
    linkage,
    questionnaires,
    rounds,
    service,
    surveys,
    team,
    trustees,
    verify,
)
from survey_service.cli.command import Answer, command
from survey_service.cli.demonstration import demo
from survey_service.operations.examine import examine
from survey_service.operations.installation import Installation
from survey_service.operations.recount import holds_receipt, recount
from survey_service.operations.release_tables import read_ledger


@click.group(epilog="Example: survey-service round list")
@click.version_option(package_name="survey-service")
def main() -> None:
    """Anonymous staff surveys: responses nobody can link, results only as safe tables."""


@main.group("receipt", epilog="Example: survey-service receipt verify backing-2026-1 <RECEIPT>")
def receipt_group() -> None:
    """Receipts of sealed responses."""


@command(receipt_group, "verify", example="survey-service receipt verify backing-2026-1 4f0c…e1")
@click.argument("round_id", metavar="R")
@click.argument("receipt")
async def verify_receipt(installation: Installation, round_id: str, receipt: str) -> Answer:
    """Look a receipt up in the ballot box."""
    found = await holds_receipt(installation, round_id, receipt)
    return Answer(
        document={"round_id": round_id, "receipt": receipt, "found": found},
        text="The ballot box holds this receipt." if found else "The ballot box does not hold this receipt.",
        is_good=found,
    )


@command(main, "ballot-box", example="survey-service ballot-box backing-2026-1")
@click.argument("round_id", metavar="R")
async def ballot_box(installation: Installation, round_id: str) -> Answer:
    """Recount a closed round: counts, root, and every credential."""
    counted = await recount(installation, round_id)
    lines = [
        f"{counted.count} sealed responses, {counted.credentials_issued} credentials issued.",
        f"Root: {counted.root}",
    ]
    if counted.invalid is not None:
        lines.append(f"{counted.invalid} could not be analysed.")
    lines.append("Every check holds." if counted.sound else "NOT SOUND: " + "; ".join(counted.faults) + ".")
    return Answer(document=counted, text="\n".join(lines), is_good=counted.sound)


@command(main, "ledger", example="survey-service ledger")
async def ledger(installation: Installation) -> Answer:
    """List every release ever made, withdrawn ones too, and compute the chain of hashes again."""
    found = await read_ledger(installation)
    lines = [
        f"{entry.position} {entry.round_id} release {entry.number}{' (withdrawn)' if entry.withdrawn else ''} "
        f"{entry.head.hex()}{f' - {entry.withdrawn_because}' if entry.withdrawn_because else ''}"
        for entry in found.entries
    ]
    if not lines:
        lines = ["Nothing was ever released."]
    elif found.broken_at is None:
        lines.append("Every hash continues the one before. Keep the last one where the server has no hand.")
    else:
        lines.append(f"NOT SOUND: position {found.broken_at} does not continue the ledger: it was changed afterwards.")
    document = {
        "entries": [
            {
                "position": entry.position,
                "round_id": entry.round_id,
                "number": entry.number,
                "withdrawn": entry.withdrawn,
                "withdrawn_because": entry.withdrawn_because,
                "head": entry.head.hex(),
            }
            for entry in found.entries
        ],
        "broken_at": found.broken_at,
    }
    return Answer(document=document, text="\n".join(lines), is_good=found.broken_at is None)


@command(main, "doctor", example="survey-service doctor")
async def doctor(installation: Installation) -> Answer:
    """Check settings, keys, disk, clock, and what the database writes down."""
    findings = await examine(installation)
    lines = [f"{'ok ' if f.is_ok else 'NO '} {f.name}{f': {f.detail}' if f.detail else ''}" for f in findings]
    return Answer(document=findings, text="\n".join(lines), is_good=all(f.is_ok for f in findings))


main.add_command(demo)
surveys.register(main)
audit_log.register(main)
rounds.register(main)
invitations.register(main)
questionnaires.register(main)
service.register(main)
team.register(main)
trustees.register(main)
verify.register(main)
linkage.register(main)
benchmark.register(main)
backups.register(main)
