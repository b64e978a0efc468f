"""`survey-service backup` and `restore`: one file, never a private key."""

import sys
from pathlib import Path

import click

from survey_service.cli.command import Answer, command, refusing, say
from survey_service.operations.back_up import back_up
from survey_service.operations.installation import Installation
from survey_service.operations.restore import Restored, Wishes, check_backup
from survey_service.operations.restore import restore as restore_backup

FATES = {
    "void": "its codes are void, for each may have been used after the backup",
    "closed": "it was closed after the backup: its codes are void and its ballot box is frozen as the backup has it",
    "lost": "its keys are gone, and with them what was answered",
    "erased": "its retention is over, or its storage key is gone: its responses are erased",
}


def register(main: click.Group) -> None:
    for each in (backup, restore, check):
        main.add_command(each)


@command(click.Group(), "backup", example="survey-service backup /srv/backups/2026-11-23.backup")
@click.argument("path", type=click.Path(path_type=Path), metavar="PATH")
async def backup(installation: Installation, path: Path) -> Answer:
    """Write the database and the site file to a new file PATH, while the service runs.

    Private keys are not in it: keep a second copy of the key directory elsewhere, never beside the backups.
    """
    with click.progressbar(label="Copying", file=sys.stderr, length=0) as progress:
        written = await back_up(installation, path, on_part=lambda _: progress.update(1))
    return Answer(
        document=written,
        text=f"{written.rounds} rounds, {written.size:,} bytes in {written.path}.\nSHA-256 of its manifest: {written.sha256}\n"
        "No private key is in it. Keep a second copy of the key directory, and not beside this file.",
    )


@click.command(name="check-backup", epilog="Example: survey-service check-backup /srv/backups/2026-11-23.backup")
@click.argument("path", type=click.Path(path_type=Path), metavar="PATH")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def check(path: Path, as_json: bool) -> None:
    """Read a backup and compare every part of it with its hash; no database is needed or touched."""

    def looked() -> Answer:
        found = check_backup(path)
        manifest = found.manifest
        rounds = manifest.rows("round")
        return Answer(
            document={"made_at": manifest.made_at, "rounds": rounds, "sha256": found.sha256},
            text=f"Whole. Made {manifest.made_at:%Y-%m-%d %H:%M} UTC, {rounds} rounds.\n"
            f"SHA-256 of its manifest: {found.sha256}",
        )

    say(refusing(looked), as_json=as_json)


@command(click.Group(), "restore", example="survey-service restore /srv/backups/2026-11-23.backup")
@click.argument("path", type=click.Path(path_type=Path), metavar="PATH")
@click.option("--replace", is_flag=True, help="What the database holds now goes.")
@click.option("--yes", is_flag=True, help="Do not ask before --replace.")
@click.option("--keys-gone", is_flag=True, help="Missing keys were destroyed after the backup, not lost.")
@click.option(
    "--never-opened",
    "never_opened",
    multiple=True,
    metavar="R",
    help="This round was not opened early; its codes stay good.",
)
async def restore(
    installation: Installation, path: Path, replace: bool, yes: bool, keys_gone: bool, never_opened: tuple[str, ...]
) -> Answer:
    """Bring a backup back into an empty database, with every replica stopped.

    Codes of rounds that may have opened are void afterwards, and whatever was due to be erased meanwhile is not
    written back. Everyone signs in again.
    """
    if replace and not yes:
        click.confirm("What this database holds now will be gone. Go on?", abort=True, err=True)
    wishes = Wishes(replace=replace, keys_gone=keys_gone, never_opened=never_opened)
    with click.progressbar(label="Restoring", file=sys.stderr, length=0) as progress:
        done = await restore_backup(installation, path, wishes, on_part=lambda _: progress.update(1))
    return Answer(document=done, text="\n".join(_told(done)))


def _told(done: Restored) -> list[str]:
    lines = [f"Restored as of {done.made_at:%Y-%m-%d %H:%M} UTC: {done.rounds} rounds."]
    lines += [f"{round_id}: {FATES[what]}." for round_id, what in done.fates.items()]
    if "void" in done.fates.values():
        lines.append("Close these rounds, or give them up with `round erase`, and plan new ones with new codes.")
    lines += [f"Applied {name}." for name in done.migrated]
    if done.unknown_keys:
        lines.append(f"Keys of rounds that the backup does not know stay: {', '.join(done.unknown_keys)}.")
    lines += [f"Site file {name}: written back." for name in done.site_files]
    lines += [
        f"Site file {name}: left alone; it stands in the backup, see SURVEY_SITE_FILE."
        for name in done.site_files_in_the_way
    ]
    lines.append("Look at the accounts (`team list`): one disabled after the backup is active again.")
    lines.append(
        "Compare `ledger` and `audit-log verify` with the heads you kept; releases made after the backup are missing."
    )
    return lines
