"""`survey-service survey …`."""

import sys
from pathlib import Path

import click
import msgspec

from analysis.preflight import ExpectedGroup
from survey_service.cli.command import Answer, command
from survey_service.operations.approve_survey import approve_survey, read_approvals
from survey_service.operations.create_survey import create_survey
from survey_service.operations.foresee_groups import LIKELY_RATE, foresee_groups
from survey_service.operations.foresee_rounds import foreseen_rounds
from survey_service.operations.installation import Installation
from survey_service.operations.password_hashing import PasswordHashing
from survey_service.operations.sign_in import confirm_person
from survey_service.results.rhythm import schedule_in_words
from survey_service.results.wording import Wording, words
from survey_service.store import rounds as store


def register(main: click.Group) -> None:
    main.add_command(survey)
    main.add_command(foresee)


@click.group(epilog="Example: survey-service survey create backing.toml")
def survey() -> None:
    """Surveys: questionnaire, units, rules."""


@command(survey, "create", example="survey-service survey create backing.toml")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
async def create(installation: Installation, file: Path) -> Answer:
    """Set up a survey from its TOML file (docs/survey-file.md)."""
    stored = await create_survey(installation, file)
    found = stored.survey
    return Answer(
        document={"survey_id": found.survey_id, "sha256": stored.sha256, "roster_size": found.roster_size},
        text=f"Survey {found.survey_id}: {found.questionnaire.id} {found.questionnaire.version}, "
        f"{found.roster_size} persons, minimum group size {found.minimum_group_size}.\nHash: {stored.sha256}",
    )


@command(survey, "list", example="survey-service survey list --json")
async def list_all(installation: Installation) -> Answer:
    """List all surveys."""
    async with installation.database.session("operation") as connection:
        found = await store.list_surveys(connection)
    return Answer(
        document=[{"survey_id": s.survey_id, "title": s.title, "rounds": rounds} for s, rounds in found],
        text="\n".join(f"{s.survey_id}: {_any(s.title)}, {rounds} rounds" for s, rounds in found)
        or "No survey yet. `survey-service survey create FILE.toml` sets one up.",
    )


@command(survey, "show", example="survey-service survey show backing")
@click.argument("survey_id", metavar="ID")
async def show(installation: Installation, survey_id: str) -> Answer:
    """Show what a survey was set up with, its hash, its schedule in words and its next rounds."""
    read = await read_approvals(installation, survey_id)
    stored = read.stored
    approved = [{"office": each.office, "approved_on": each.approved_on} for each in read.approvals]
    document = {"sha256": stored.sha256} | msgspec.to_builtins(stored.survey) | {"approved": approved}
    document["schedule_in_words"] = schedule_in_words(stored.survey.schedule, Wording("en", words("en")))
    document["coming_rounds"] = [
        {"round_id": each.round_id} | msgspec.to_builtins(each.coming)
        for each in await foreseen_rounds(installation, stored.survey)
    ]
    return Answer(document=document, text=msgspec.json.format(msgspec.json.encode(document), indent=2).decode())


@command(click.Group(), "preflight", example="survey-service preflight backing --response-rate 0.35")
@click.argument("survey_id", metavar="SURVEY")
@click.option("--response-rate", type=float, default=LIKELY_RATE, show_default=True, help="Share that takes part.")
async def foresee(installation: Installation, survey_id: str, response_rate: float) -> Answer:
    """Show which units will show at a response rate, from headcounts alone, and which merges would help."""
    async with installation.database.session("operation") as connection:
        survey = (await store.select_survey(connection, survey_id)).survey
    foreseen = foresee_groups(survey, response_rate)
    names = {unit.id: _any(unit.name) for unit in survey.units}
    lines = [f"{'unit':44}{'staff':>7}{'expected':>10}  at {response_rate:.0%}"]
    lines += [
        f"{names[group.group][:43]:44}{group.headcount:>7}{group.expected:>10}  {_prospect(group)}"
        for group in foreseen.groups
    ]
    lines.append(f"{foreseen.shown} of {len(foreseen.groups)} units show.")
    lines += [
        f"Merged, these would reach {merge.expected}: {', '.join(names[group] for group in merge.groups)}."
        for merge in foreseen.merges
    ]
    return Answer(document=foreseen, text="\n".join(lines))


def _proof(*, is_piped: bool) -> tuple[str, str]:
    """Password, and a code of the app or a recovery code."""
    if is_piped:
        return sys.stdin.readline().rstrip("\r\n"), sys.stdin.readline().rstrip("\r\n")
    password = str(click.prompt("Password", hide_input=True, err=True))
    return password, str(click.prompt("Code of your app, or a recovery code", default="", show_default=False, err=True))


def _prospect(group: ExpectedGroup) -> str:
    if group.shows:
        return "shows"
    if group.is_too_small:
        return (
            f"hidden: too small below {group.needed_rate:.0%}" if group.needed_rate <= 1 else "hidden: always too small"
        )
    return "hidden: protects another unit"


@command(survey, "approve", example="survey-service survey approve backing --as council@example.org --hash 3f9a…")
@click.argument("survey_id", metavar="ID")
@click.option("--as", "email", required=True, metavar="EMAIL", help="Your account, of role auditor with an office.")
@click.option("--hash", "sha256", required=True, help="The hash that `survey show` prints for what you have read.")
@click.option("--password-stdin", is_flag=True, help="Read password and code from standard input, a line each.")
async def approve(installation: Installation, survey_id: str, email: str, sha256: str, password_stdin: bool) -> Answer:
    """Approve a survey for an office: questionnaire, units, plan, minimum group size, retention, custody."""
    password, code = _proof(is_piped=password_stdin)
    account = await confirm_person(installation, PasswordHashing(), email, password, code)
    read, waited = await approve_survey(installation, survey_id, sha256=sha256.strip().lower(), email=account)
    opened = "".join(f"\nRound {each.round_id} is {each.state}." for each in waited if each.stage != "prepared")
    missing = f"\nStill missing: {', '.join(read.missing)}." if read.missing else "\nNo approval is missing."
    given = "\n".join(f"Approved by {each.office} on {each.approved_on}." for each in read.approvals)
    return Answer(
        document={
            "survey_id": survey_id,
            "sha256": read.stored.sha256,
            "approved": [{"office": each.office, "approved_on": each.approved_on} for each in read.approvals],
            "missing": read.missing,
        },
        text=f"{given}{missing}{opened}",
    )


def _any(title: dict[str, str]) -> str:
    return next(iter(title.values()))
