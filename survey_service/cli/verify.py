"""`survey-service verify`: a recount by anyone, on any machine, from public documents alone."""

import sys
from pathlib import Path

import click
import msgspec

from survey_service.cli.command import Answer, refusing, say
from survey_service.operations.verify_round import (
    PublicDocuments,
    Verification,
    fetch_documents,
    keep_documents,
    read_documents,
    verify_round,
)


def register(main: click.Group) -> None:
    main.add_command(verify)


@click.command(
    epilog="Example: survey-service verify backing-2026-1 --url https://survey.example.org --fingerprint N0Y4H3CT27…"
)
@click.argument("round_id", metavar="R")
@click.option("--url", help="Where the service is reached, as on the invitation.")
@click.option(
    "--documents",
    type=click.Path(file_okay=False, path_type=Path),
    help="Read what was kept with --keep instead of asking the service.",
)
@click.option("--fingerprint", help="The one on your invitation or on the notice board.")
@click.option("--keep", type=click.Path(file_okay=False, path_type=Path), help="Keep the documents in this folder.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def verify(
    round_id: str, url: str | None, documents: Path | None, fingerprint: str | None, keep: Path | None, as_json: bool
) -> None:
    """Recount a closed round from its public documents alone, without trusting the service.

    Needs no database, no key and no account: fingerprint, counts, root, distinct serials, every signature.
    """
    if (url is None) == (documents is None):
        raise click.UsageError("Name the service with --url, or a folder with --documents.")

    def run() -> Answer:
        found = fetch_documents(url, round_id) if url is not None else read_documents(documents or Path())
        if keep is not None:
            keep_documents(found, keep)
        return _answer(_verified(found, fingerprint), round_id, has_fingerprint=fingerprint is not None)

    say(refusing(run), as_json=as_json)


def _verified(found: PublicDocuments, fingerprint: str | None) -> Verification:
    with click.progressbar(length=found.credentials.count(b'"serial"'), label="Verifying", file=sys.stderr) as progress:
        return verify_round(found, fingerprint=fingerprint, on_progress=progress.update)


def _answer(done: Verification, round_id: str, *, has_fingerprint: bool) -> Answer:
    is_asked = done.round_id == round_id
    lines = [
        f"Round {done.round_id}: {done.state}, custody: {done.custody}",
        f"Fingerprint: {done.fingerprint}",
        f"Root: {done.root}",
        f"{done.count} sealed responses <= {done.credentials_issued} credentials issued <= {done.roster_size} on the roster",
        f"{done.analysed} analysed + {done.invalid} invalid = {done.count}"
        if done.invalid is not None
        else "Not unsealed yet.",
        *(f"{'ok ' if check.holds else 'NO '} {check.name}" for check in done.checks),
        *(() if is_asked else (f"NO  these are documents of {done.round_id}, not of {round_id}",)),
        *(
            ()
            if has_fingerprint
            else ("Compare the fingerprint with your invitation, or give it with --fingerprint: the rest rests on it.",)
        ),
        "Every check holds."
        if done.is_sound and is_asked
        else "NOT SOUND. Tell staff council and data protection officer.",
    ]
    document = msgspec.to_builtins(done) | {"sound": done.is_sound and is_asked}
    return Answer(document=document, text="\n".join(lines), is_good=done.is_sound and is_asked)
