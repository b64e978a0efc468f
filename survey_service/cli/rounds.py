"""`survey-service round …`, `simulate` and `export`: what moves one round along."""

import sys
from datetime import datetime
from pathlib import Path

import click
from msgspec import Struct

from survey_service.cli.command import Answer, FileInTheWay, command
from survey_service.domain.key_shares import SharedCustody
from survey_service.domain.rounds import GRACE, Round
from survey_service.domain.timetable import WARNED_BEFORE, DeedName, ForeseenDeed
from survey_service.operations.clear_round import Missing, missing_to_open
from survey_service.operations.close_round import close_round, end_redemption
from survey_service.operations.create_round import create_round
from survey_service.operations.erase_round import erase_round
from survey_service.operations.export_release import MEDIA_TYPES, Format, export_release
from survey_service.operations.foresee_rounds import foreseen
from survey_service.operations.installation import Installation
from survey_service.operations.move_round import extend_round, start_round
from survey_service.operations.prepare_round import give_up_preparation, prepare_round
from survey_service.operations.release_tables import NO_REASON, release_tables, withdraw_release
from survey_service.operations.simulate import read_answers
from survey_service.operations.simulate import simulate as take_part
from survey_service.operations.unseal_round import STEPS, unseal_round
from survey_service.results.wording import Language
from survey_service.store import rounds as store
from survey_service.store.trustees import Preparation, list_preparations


def register(main: click.Group) -> None:
    main.add_command(round_group)
    main.add_command(simulate)
    main.add_command(export)


class Moment(click.ParamType[datetime]):
    """A time with its zone, as 2026-12-01T08:00:00+01:00."""

    name = "T"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        try:
            moment = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is no time; write it as 2026-12-01T08:00:00+01:00.", param, ctx)
        if moment.tzinfo is None:
            self.fail(f"{value!r} names no time zone; write it as 2026-12-01T08:00:00+01:00.", param, ctx)
        return moment


class _RoundDocument(Struct, frozen=True, kw_only=True):
    round_id: str
    survey_id: str
    state: str
    rehearsal: bool
    fingerprint: str
    opens_at: datetime
    closes_at: datetime
    erase_at: datetime | None
    minimum_group_size: int
    roster_size: int
    custody: str
    lost_because: str | None
    credentials_issued: int | None
    count: int | None
    root: str | None
    analysed: int | None
    invalid: int | None
    waits_for: tuple[str, ...]
    by_itself: tuple[ForeseenDeed, ...]


@click.group("round", epilog="Example: survey-service round create backing")
def round_group() -> None:
    """Rounds: one opening of a survey each."""


@command(round_group, "create", example="survey-service round create backing --opens 2026-12-01T08:00:00+01:00")
@click.argument("survey")
@click.option("--opens", type=Moment(), help="When it opens; now if not given.")
@click.option("--closes", type=Moment(), help="When it closes; after the survey's days if not given.")
@click.option("--custody", type=click.Choice(["server", "trustees"]), help="As the survey demands if not given.")
@click.option("--threshold", type=click.IntRange(min=1), help="How many trustees it takes; as the survey demands.")
@click.option("--trustee", "trustees", multiple=True, metavar="EMAIL", help="One of the trustees; repeat for each.")
@click.option("--rehearsal", is_flag=True, help="For invented answers: results are marked, no approval is needed.")
async def create(
    installation: Installation,
    survey: str,
    opens: datetime | None,
    closes: datetime | None,
    custody: str | None,
    threshold: int | None,
    trustees: tuple[str, ...],
    rehearsal: bool,
) -> Answer:
    """Plan a round of a survey: makes its keys and terms, and prints their fingerprint.

    With trustees, both are made when each of them has set a passphrase: `survey-service trustee add`.
    """
    if custody == "trustees" or (custody is None and (trustees or threshold)):
        waiting = await prepare_round(
            installation,
            survey,
            trustees,
            threshold=threshold,
            opens_at=opens,
            closes_at=closes,
            rehearsal=rehearsal,
        )
        return Answer(document=waiting, text=waits_for_passphrases(waiting, ()))
    found = await create_round(installation, survey, opens_at=opens, closes_at=closes, rehearsal=rehearsal)
    return shown_round(found, await missing_to_open(installation, found))


@command(round_group, "list", example="survey-service round list")
async def list_all(installation: Installation) -> Answer:
    """List all rounds, the latest first."""
    async with installation.database.session("operation") as connection:
        found = await store.list_rounds(connection)
        waiting = await list_preparations(connection)
    return Answer(
        document=found,
        text="\n".join(f"{each.round_id}: waits for its trustees' passphrases" for each in waiting)
        + ("\n" if waiting else "")
        + "\n".join(
            f"{r.round_id}: {r.state}, {r.opens_at:%Y-%m-%d %H:%M} to {r.closes_at:%Y-%m-%d %H:%M} UTC"
            + (", rehearsal" if r.rehearsal else "")
            for r in found
        )
        or "No round yet. `survey-service round create SURVEY` plans one.",
    )


@command(round_group, "show", example="survey-service round show backing-2026-1")
@click.argument("round_id", metavar="R")
async def show(installation: Installation, round_id: str) -> Answer:
    """Show a round as it stands, and what happens to it by itself."""
    async with installation.database.session("operation") as connection:
        found = await store.select_round(connection, round_id)
    return shown_round(found, await missing_to_open(installation, found), await foreseen(installation, found))


@command(round_group, "start", example="survey-service round start backing-2026-1")
@click.argument("round_id", metavar="R")
async def start(installation: Installation, round_id: str) -> Answer:
    """Open a scheduled round now."""
    return shown_round(await start_round(installation, round_id))


@command(round_group, "extend", example="survey-service round extend backing-2026-1 --closes 2026-12-20T18:00:00+01:00")
@click.argument("round_id", metavar="R")
@click.option("--closes", type=Moment(), required=True, help="The new, later end.")
async def extend(installation: Installation, round_id: str, closes: datetime) -> Answer:
    """Move the end of a round that still takes codes."""
    return shown_round(await extend_round(installation, round_id, closes))


@command(round_group, "close", example="survey-service round close backing-2026-1 --grace")
@click.argument("round_id", metavar="R")
@click.option("--grace", is_flag=True, help="Let those who hold a credential answer for ten more minutes.")
async def close(installation: Installation, round_id: str, grace: bool) -> Answer:
    """End a round: freeze its ballot box at once, or after the protocol's ten minutes."""
    if not grace:
        return shown_round(await close_round(installation, round_id))
    found = await end_redemption(installation, round_id)
    freezes = found.closes_at + GRACE
    shown = shown_round(found)
    return Answer(
        document=shown.document,
        text=f"{shown.text}\nNobody redeems a code any more. The scheduler freezes the ballot box at "
        f"{freezes:%Y-%m-%d %H:%M} UTC.",
    )


@command(round_group, "unseal", example="survey-service round unseal backing-2026-1")
@click.argument("round_id", metavar="R")
async def unseal(installation: Installation, round_id: str) -> Answer:
    """Open, check and shuffle the responses, then destroy the sealing key. Goes on where it was interrupted."""
    with click.progressbar(length=len(STEPS), label="Unsealing", file=sys.stderr) as progress:
        return shown_round(await unseal_round(installation, round_id, on_step=lambda _: progress.update(1)))


@command(round_group, "release", example="survey-service round release backing-2026-1")
@click.argument("round_id", metavar="R")
@click.option("--minimum-group-size", type=int, help="Raise the one of the terms for this release.")
@click.option("--for-staff", is_flag=True, help="Show the overview of the whole round on a page without login.")
async def release(installation: Installation, round_id: str, minimum_group_size: int | None, for_staff: bool) -> Answer:
    """Release the tables that disclosure control lets out."""
    document = await release_tables(installation, round_id, minimum_group_size=minimum_group_size, for_staff=for_staff)
    rows = [row for table in document.tables for row in table.rows]
    shown = sum(row.n is not None for row in rows)
    above = (
        "\nA group has more responses than its headcount: check the units file." if document.is_above_headcount else ""
    )
    return Answer(
        document=document,
        text=f"{document.analysed} responses, {document.invalid} invalid. {len(document.tables)} tables; "
        f"{shown} of {len(rows)} rows show.{above}",
    )


@command(
    round_group, "withdraw", example="survey-service round withdraw backing-2026-1 --because 'A unit is named wrongly.'"
)
@click.argument("round_id", metavar="R")
@click.option("--because", default=NO_REASON, show_default=True, help="The reason; pages and ledger show it.")
async def withdraw(installation: Installation, round_id: str, because: str) -> Answer:
    """Take a round's tables off the pages. They stay in the record of what was ever released."""
    await withdraw_release(installation, round_id, because)
    return Answer(document={"round_id": round_id, "state": "unsealed"}, text=f"Round {round_id} is no longer released.")


@command(round_group, "erase", example="survey-service round erase backing-2026-1 --yes")
@click.argument("round_id", metavar="R")
@click.confirmation_option(prompt="This destroys the round's responses for good. Go on?")
async def erase(installation: Installation, round_id: str) -> Answer:
    """Destroy a round's responses for good. Its released tables and its ballot box stay.

    One that waits for passphrases, approvals or proofs is given up.
    """
    if await give_up_preparation(installation, round_id):
        return Answer(document={"round_id": round_id, "state": "given up"}, text=f"Round {round_id} is given up.")
    return shown_round(await erase_round(installation, round_id))


@command(click.Group(), "simulate", example="survey-service simulate backing-2026-1-rehearsal --participants 200")
@click.argument("round_id", metavar="R")
@click.option("--participants", type=click.IntRange(min=1), required=True, help="How many take part.")
@click.option("--answers", type=click.Path(dir_okay=False, path_type=Path), help="JSON lines; invented if not given.")
@click.option("--url", help="Where the service runs; SURVEY_BASE_URL if not given.")
async def simulate(
    installation: Installation, round_id: str, participants: int, answers: Path | None, url: str | None
) -> Answer:
    """Take part many times over HTTP as browsers do; only in a rehearsal."""
    given = read_answers(answers) if answers is not None else None
    with click.progressbar(length=participants, label="Taking part", file=sys.stderr) as progress:
        done = await take_part(
            installation, round_id, participants, answers=given, url=url, on_progress=progress.update
        )
    refused = "".join(f" {count} {name}." for name, count in done.refused.items())
    return Answer(
        document=done,
        text=f"{done.acknowledged} of {done.participants} hold a receipt, after {done.seconds:.1f} s.{refused}",
        is_good=done.acknowledged == done.participants,
    )


@command(click.Group(), "export", example="survey-service export backing-2026-1 --format pdf --out backing.pdf")
@click.argument("round_id", metavar="R")
@click.option("--format", "form", type=click.Choice(sorted(MEDIA_TYPES)), required=True)
@click.option("--language", type=click.Choice(["de", "en"]), default="de", show_default=True, help="Of PDF and XLSX.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True)
async def export(installation: Installation, round_id: str, form: Format, language: Language, out: Path) -> Answer:
    """Write the released tables of a round to a file: a report (pdf), a workbook (xlsx) or its values (csv, json)."""
    file = await export_release(installation, round_id, form, language)
    try:
        out.write_bytes(file.content)
    except OSError as error:
        raise FileInTheWay(out, error) from error
    return Answer(document={"round_id": round_id, "file": str(out)}, text=f"{file.tables} tables in {out}.")


def waits_for_passphrases(waiting: Preparation, enrolled: tuple[str, ...]) -> str:
    custody = SharedCustody(threshold=waiting.threshold, trustees=len(waiting.trustees))
    missing = [email for email in waiting.trustees if email not in enrolled]
    return "\n".join(
        (
            f"Round {waiting.round_id}: {custody}. Its key is made when each of them has set a passphrase.",
            *(f"  survey-service trustee add {waiting.round_id} {email}" for email in missing),
            what_still_works(custody),
        )
    )


def what_still_works(custody: SharedCustody) -> str:
    """Said before the round opens, when it can still be planned anew."""
    spare = custody.may_be_lost
    lost = f"{spare + 1} of the {custody.trustees} passphrases are lost" if spare else "one passphrase is lost"
    still = f"It still can while at most {spare} of them {'is' if spare == 1 else 'are'} lost. " if spare else ""
    return (
        f"{custody.threshold} passphrases and the key file together unseal this round, and nothing else does. "
        f"{still}Once {lost}, or every copy of the key file, its answers are lost for good: nobody can help."
    )


def shown_round(found: Round, missing: Missing | None = None, coming: tuple[ForeseenDeed, ...] = ()) -> Answer:
    document = _RoundDocument(
        round_id=found.round_id,
        survey_id=found.survey_id,
        state=found.state,
        rehearsal=found.rehearsal,
        fingerprint=found.fingerprint,
        opens_at=found.opens_at,
        closes_at=found.closes_at,
        erase_at=found.erase_at,
        minimum_group_size=found.minimum_group_size,
        roster_size=found.roster_size,
        custody=found.custody,
        lost_because=found.lost_because,
        credentials_issued=found.credentials_issued,
        count=found.ballots,
        root=found.ballot_box_root.hex() if found.ballot_box_root is not None else None,
        analysed=found.analysed,
        invalid=found.invalid,
        waits_for=() if missing is None else missing.as_text(),
        by_itself=coming,
    )
    lines = [
        f"Round {found.round_id}: {found.state}{', rehearsal' if found.rehearsal else ''}",
        f"Fingerprint: {found.fingerprint}",
        f"Opens {found.opens_at:%Y-%m-%d %H:%M}, closes {found.closes_at:%Y-%m-%d %H:%M} UTC",
    ]
    if missing is not None and missing.as_text():
        lines += ["It does not open before these have come:", *(f"  {each}" for each in missing.as_text())]
    if found.ballots is not None:
        lines.append(f"Ballot box: {found.ballots} sealed responses, {found.credentials_issued} credentials issued")
    if found.analysed is not None:
        lines.append(f"Analysed {found.analysed}, invalid {found.invalid}")
    if found.state == "unsealed":
        lines.append(
            "Its sealing.key is destroyed here. Destroy the second copy as well: with an older backup it opens all."
        )
    if found.lost_because is not None:
        lines.append(f"Lost: {found.lost_because}")
    if coming:
        lines.append("By itself:")
        lines += [
            f"  {each.at:%Y-%m-%d %H:%M} UTC{'' if each.is_certain else ' or so'}: {_told(each)}" for each in coming
        ]
    return Answer(document=document, text="\n".join(lines))


def _told(each: ForeseenDeed) -> str:
    told: dict[DeedName, str] = {
        "open": "it opens",
        "remind": f"reminder {each.number} goes to all who were invited by mail",
        "close": "its ballot box is frozen",
        "unseal": "it is unsealed",
        "warn": f"the team is warned of the erasure ({each.number} of {len(WARNED_BEFORE)})",
        "erase": "its responses are erased",
    }
    return told[each.deed]
