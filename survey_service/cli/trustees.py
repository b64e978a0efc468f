"""`survey-service trustee …`: a trustee's share of a round's key, on the machine that holds the key file."""

import sys

import click

from survey_service.cli.command import Answer, command
from survey_service.cli.rounds import shown_round, waits_for_passphrases, what_still_works
from survey_service.domain.accounts import normalise_email
from survey_service.domain.key_shares import parse_custody, suggested_passphrase
from survey_service.domain.rounds import Round
from survey_service.errors import Refusal, WrongState
from survey_service.operations.clear_round import missing_to_open
from survey_service.operations.hold_share import ShownBallotBox, Trusteeship, give_share, prove_share, read_trusteeship
from survey_service.operations.installation import Installation
from survey_service.operations.prepare_round import add_trustee, enrolled
from survey_service.operations.unseal_round import STEPS

_STDIN = click.option("--passphrase-stdin", is_flag=True, help="Read the passphrase from standard input, one line.")


class NotGiven(Refusal):
    def __init__(self) -> None:
        super().__init__("Nothing was given.", remedy="Ask the operator and the staff council before you do.")


def register(main: click.Group) -> None:
    main.add_command(trustee)


@click.group(epilog="Example: survey-service trustee prove backing-2026-1 kim@example.org")
def trustee() -> None:
    """Trustees' shares of a round's key: set up, prove, give."""


@command(trustee, "add", example="survey-service trustee add backing-2026-1 kim@example.org")
@click.argument("round_id", metavar="R")
@click.argument("email")
@_STDIN
async def add(installation: Installation, round_id: str, email: str, passphrase_stdin: bool) -> Answer:
    """Set a trustee's passphrase; the last one makes the round's key and fixes its terms."""
    normalise_email(email)
    if not passphrase_stdin:
        click.echo(f"Write it down where nobody else finds it. One by chance: {suggested_passphrase()}", err=True)
    passphrase = _line() if passphrase_stdin else _asked("New passphrase", twice=True)
    made = await add_trustee(installation.acting_for(normalise_email(email)), round_id, email, passphrase)
    if not isinstance(made, Round):
        done = enrolled(installation, made)
        document = {"round_id": made.round_id, "enrolled": done, "trustees": made.trustees}
        return Answer(document=document, text=waits_for_passphrases(made, done))
    return await _with_custody(installation, made)


@command(trustee, "prove", example="survey-service trustee prove backing-2026-1 kim@example.org")
@click.argument("round_id", metavar="R")
@click.argument("email")
@_STDIN
async def prove(installation: Installation, round_id: str, email: str, passphrase_stdin: bool) -> Answer:
    """Rehearse, before the round opens: show that the passphrase opens the share. Nothing is given."""
    passphrase = _line() if passphrase_stdin else _asked("Passphrase")
    return await _with_custody(
        installation, await prove_share(installation.acting_for(normalise_email(email)), round_id, email, passphrase)
    )


@command(trustee, "show", example="survey-service trustee show backing-2026-1")
@click.argument("round_id", metavar="R")
async def show(installation: Installation, round_id: str) -> Answer:
    """Show who holds shares, how far they are, and the ballot box that waits for them."""
    seen = await read_trusteeship(installation, round_id)
    lines = [f"Round {seen.round_id}: {seen.custody}", *(f"  {holder}" for holder in _holders(seen))]
    if seen.box is not None:
        lines += _box(seen.box)
    document = {
        "round_id": seen.round_id,
        "custody": str(seen.custody),
        "state": None if seen.round is None else seen.round.state,
        "trustees": seen.holders,
        "ballot_box": seen.box,
    }
    return Answer(document=document, text="\n".join([*lines, what_still_works(seen.custody)]))


@command(trustee, "give", example="survey-service trustee give backing-2026-1 kim@example.org")
@click.argument("round_id", metavar="R")
@click.argument("email")
@_STDIN
@click.option("--root", help="The ballot box's root, as you compared it; asked for if not given.")
async def give(
    installation: Installation, round_id: str, email: str, passphrase_stdin: bool, root: str | None
) -> Answer:
    """Give a share, after looking at the ballot box. The last one needed unseals the round."""
    seen = await read_trusteeship(installation, round_id)
    if seen.box is None:
        raise WrongState(round_id, "not prepared yet" if seen.round is None else seen.round.state, "closed")
    if root is None:
        click.echo("\n".join(_box(seen.box)), err=True)
        if not click.confirm("Do you give your share for this ballot box?", err=True):
            raise NotGiven
    passphrase = _line() if passphrase_stdin else _asked("Passphrase")
    with click.progressbar(length=len(STEPS), label="Giving", file=sys.stderr) as progress:
        given = await give_share(
            installation.acting_for(normalise_email(email)),
            round_id,
            email,
            passphrase,
            root=root or seen.box.root,
            on_step=lambda _: progress.update(1),
        )
    if given.round.stage == "closed":
        text = f"{given.given} of {given.threshold} shares are given. They wait for three days; nothing is opened yet."
        return Answer(document={"given": given.given, "threshold": given.threshold, "state": "closed"}, text=text)
    return shown_round(given.round)


async def _with_custody(installation: Installation, found: Round) -> Answer:
    custody = parse_custody(found.custody)
    shown = shown_round(found, await missing_to_open(installation, found))
    still = "" if custody is None else f"\n{what_still_works(custody)}"
    return Answer(document=shown.document, text=shown.text + still)


def _holders(seen: Trusteeship) -> list[str]:
    steps = {"is_enrolled": "passphrase set", "has_proven": "proven", "has_given": "given"}
    return [
        f"{holder.email}: {', '.join(word for step, word in steps.items() if getattr(holder, step)) or 'nothing yet'}"
        for holder in seen.holders
    ]


def _box(box: ShownBallotBox) -> list[str]:
    return [
        f"Closed. {box.count} sealed responses, {box.credentials_issued} credentials issued, {box.roster_size} invited at most.",
        f"Root: {box.root}",
        "Recounted just now: every check holds." if not box.faults else f"NOT SOUND: {'; '.join(box.faults)}.",
        "Never unsealed: every sealed response is still there."
        if box.sealed == box.count
        else f"NOT UNTOUCHED: {box.sealed} of {box.count} sealed responses are there.",
    ]


def _line() -> str:
    return sys.stdin.readline().rstrip("\r\n")


def _asked(prompt: str, *, twice: bool = False) -> str:
    return str(click.prompt(prompt, hide_input=True, confirmation_prompt=twice, err=True))
