"""`survey-service invite` and `remind`: codes as a file, on slips, or by mail."""

import csv
import io
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import click

from survey_service.cli.command import Answer, FileInTheWay, command
from survey_service.correspondence.wording import LANGUAGES
from survey_service.domain.invitations import Invitation
from survey_service.domain.recipients import read_recipients
from survey_service.domain.rounds import RoundId
from survey_service.errors import Refusal
from survey_service.operations import invite as operations
from survey_service.operations import invite_by_mail as by_mail
from survey_service.operations.installation import Installation
from survey_service.operations.mail_round import Kind, send_waiting
from survey_service.operations.remind import remind_round
from survey_service.results.wording import Language

_CSV, _PDF = ".csv", ".pdf"


def register(main: click.Group) -> None:
    main.add_command(invite)
    main.add_command(remind)


class NobodyByMail(Refusal):
    def __init__(self, round_id: str) -> None:
        super().__init__(
            f"Nobody was invited to round {round_id!r} by mail.",
            remedy="Reminders go to addresses: `survey-service invite R --recipients FILE.csv`.",
        )


class NoSuchForm(Refusal):
    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} ends in neither .csv nor .pdf.", remedy="Name the file codes.csv or slips.pdf.")


@command(click.Group(), "invite", example="survey-service invite backing-2026-1 --count 400 --out slips.pdf")
@click.argument("round_id", metavar="R")
@click.option("--count", type=click.IntRange(min=1), help="How many codes, for a file.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="A new file: .csv, or .pdf for slips.")
@click.option(
    "--language",
    "languages",
    type=click.Choice(LANGUAGES),
    multiple=True,
    help="On the slips; repeat for several. Those of the survey if not given.",
)
@click.option(
    "--recipients",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Addresses, to be invited by mail.",
)
@click.option("--send", is_flag=True, help="Let the mails that wait go now, and stay until they have gone.")
@click.option("--preview", is_flag=True, help="Print invitation and reminder as they will go.")
@click.option("--test", metavar="EMAIL", help="Send the invitation with an example's code to this address.")
async def invite(
    installation: Installation,
    round_id: str,
    count: int | None,
    out: Path | None,
    languages: tuple[Language, ...],
    recipients: Path | None,
    send: bool,
    preview: bool,
    test: str | None,
) -> Answer:
    """Invite: by a file of codes (code,link), by slips to print, or by mail to addresses.

    Codes in a file stand nowhere else: keep it safe, then destroy it. Mails go with --send, or by `serve` once somebody
    lets them go on the team's page; --preview and --test show them before.
    """
    if (count is None) != (out is None) or sum(
        (count is not None, recipients is not None or send, preview, test is not None)
    ) != 1:
        raise click.UsageError("Give --count with --out; or --recipients, --send or both; or --preview; or --test.")
    if preview:
        return await _preview(installation, round_id)
    if test is not None:
        await by_mail.send_test_mail(installation, round_id, test)
        return Answer(document={"round_id": round_id, "sent": 1}, text="The test mail is on its way.")
    if count is None or out is None:
        return await _by_mail(installation, round_id, recipients, send=send)
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


@command(click.Group(), "remind", example="survey-service remind backing-2026-1")
@click.argument("round_id", metavar="R")
async def remind(installation: Installation, round_id: str) -> Answer:
    """Remind everyone who was invited by mail, in the same words: who has taken part is not known."""
    mailing = await remind_round(installation, round_id)
    if mailing is None:
        raise NobodyByMail(round_id)
    return await _sent(installation, round_id, "reminder", mailing.recipients)


async def _by_mail(installation: Installation, round_id: str, recipients: Path | None, *, send: bool) -> Answer:
    count = 0
    if recipients is not None:
        count = await by_mail.prepare_invitations(installation, round_id, read_recipients(recipients.read_bytes()))
    if send:
        await by_mail.let_invitations_go(installation, round_id)
        return await _sent(installation, round_id, "invitation", count)
    return Answer(
        document={"round_id": round_id, "count": count},
        text=f"{count} invitations wait. Look at them with --preview, then let them go: "
        f"`survey-service invite {round_id} --send`.",
    )


async def _sent(installation: Installation, round_id: str, kind: Kind, count: int) -> Answer:
    with click.progressbar(length=count, label="Sending", file=sys.stderr) as progress:
        sent = await send_waiting(installation, RoundId(round_id), kind, on_progress=progress.update)
    if sent is None:
        raise by_mail.NothingToSend(round_id)
    text = f"{sent.accepted} mails were accepted, {sent.refused} refused, {sent.unclear} unclear"
    if kind == "invitation":
        text += " (their codes are void, and new ones went)"
    if sent.waiting:
        text += f"; {sent.waiting} are to be tried later: repeat, or leave it to `serve`"
    return Answer(document={"round_id": round_id, "sent": sent}, text=f"{text}.", is_good=sent.waiting == 0)


async def _preview(installation: Installation, round_id: str) -> Answer:
    mails = await by_mail.preview_mails(installation, round_id)
    return Answer(
        document=[{"subject": each.subject, "text": each.text, "html": each.html} for each in mails],
        text="\n\n".join(f"Subject: {each.subject}\n\n{each.text}" for each in mails),
    )


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
