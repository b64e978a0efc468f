"""`survey-service invite`: codes as a file, on slips, or by mail."""

import csv
import io
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import click

from survey_service.cli.command import Answer, FileInTheWay, command
from survey_service.correspondence.wording import LANGUAGES
from survey_service.domain.invitations import Invitation
from survey_service.errors import Refusal
from survey_service.operations import invite as operations
from survey_service.operations.installation import Installation
from survey_service.results.wording import Language

_CSV, _PDF = ".csv", ".pdf"


def register(main: click.Group) -> None:
    main.add_command(invite)


class NoSuchForm(Refusal):
    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} ends in neither .csv nor .pdf.", remedy="Name the file codes.csv or slips.pdf.")


@command(click.Group(), "invite", example="survey-service invite backing-2026-1 --count 400 --out slips.pdf")
@click.argument("round_id", metavar="R")
@click.option("--count", type=click.IntRange(min=1), required=True, help="How many codes.")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="A new file: .csv, or .pdf for slips."
)
@click.option(
    "--language",
    "languages",
    type=click.Choice(LANGUAGES),
    multiple=True,
    help="On the slips; repeat for several. Those of the survey if not given.",
)
async def invite(
    installation: Installation, round_id: str, count: int, out: Path, languages: tuple[Language, ...]
) -> Answer:
    """Draw invitation codes: a CSV file (code,link), or slips to print as PDF.

    The codes stand nowhere else: keep the file safe, then destroy it.
    """
    if out.suffix == _CSV:
        await _written(out, lambda: _csv(installation, round_id, count))
    elif out.suffix == _PDF:
        with click.progressbar(length=count, label="Drawing up slips", file=sys.stderr) as progress:
            await _written(
                out,
                lambda: operations.invite_by_slips(
                    installation, round_id, count, languages, on_progress=progress.update
                ),
            )
    else:
        raise NoSuchForm(out)
    return Answer(document={"round_id": round_id, "count": count, "file": str(out)}, text=f"{count} codes in {out}.")


async def _written(out: Path, drawn: Callable[[], Awaitable[bytes]]) -> None:
    try:
        # Made before the codes are drawn: codes that cannot be written down would be lost to the roster.
        with out.open("xb") as file:
            out.chmod(0o600)
            file.write(await drawn())
    except OSError as error:
        raise FileInTheWay(out, error) from error
    except Refusal:
        out.unlink()
        raise


async def _csv(installation: Installation, round_id: str, count: int) -> bytes:
    return table(await operations.invite(installation, round_id, count))


def table(invitations: list[Invitation]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("code", "link"))
    writer.writerows((invitation.code, invitation.link) for invitation in invitations)
    return text.getvalue().encode()
