"""`survey-service team …`: the accounts of those who read results."""

import sys

import click

from survey_service.cli.command import Answer, command
from survey_service.domain.accounts import ROLES, AccountRole, normalise_email
from survey_service.domain.surveys import OFFICES, Office
from survey_service.operations import manage_accounts
from survey_service.operations.installation import Installation


def register(main: click.Group) -> None:
    main.add_command(team)


@click.group(epilog="Example: survey-service team list")
def team() -> None:
    """Accounts of the team's pages."""


@command(team, "add", example="survey-service team add kim@example.org --role project-team")
@click.argument("email")
@click.option("--role", type=click.Choice(ROLES), required=True, help="What the account may do (docs/team.md).")
@click.option("--office", type=click.Choice(OFFICES), help="Whom an auditor speaks for when approving.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input, one line.")
async def add(
    installation: Installation, email: str, role: AccountRole, office: Office | None, password_stdin: bool
) -> Answer:
    """Add an account, or set a disabled one up anew; asks for its password twice."""
    normalise_email(email)  # refused before anybody thinks of a password
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else _asked()
    account = await manage_accounts.add_account(installation, email, role, password, office=office)
    return Answer(
        document=account,
        text=f"{account.email} can sign in as {account.role} at /team/, and sets up a second factor there.",
    )


@command(team, "list", example="survey-service team list --json")
async def list_all(installation: Installation) -> Answer:
    """List all accounts."""
    accounts = await manage_accounts.list_accounts(installation)
    lines = [
        f"{account.email}: {account.role}{f' of {account.office}' if account.office else ''}"
        f"{', disabled' if account.disabled else '' if account.has_second_factor else ', no second factor yet'}"
        for account in accounts
    ]
    return Answer(
        document=accounts,
        text="\n".join(lines) or "No account yet. `survey-service team add EMAIL --role project-team` adds one.",
    )


@command(team, "disable", example="survey-service team disable kim@example.org")
@click.argument("email")
async def disable(installation: Installation, email: str) -> Answer:
    """Disable an account and end its sessions at once."""
    disabled = await manage_accounts.disable_account(installation, email)
    return Answer(document={"email": disabled, "disabled": True}, text=f"{disabled} can no longer sign in.")


@command(team, "reset-2fa", example="survey-service team reset-2fa kim@example.org")
@click.argument("email")
async def reset_second_factor(installation: Installation, email: str) -> Answer:
    """Take a lost second factor away and end the account's sessions; another is set up at the next signing in.

    Make sure that it is really its owner who asks: from now on the password alone signs in, once.
    """
    reset = await manage_accounts.reset_second_factor(installation, email)
    return Answer(
        document={"email": reset, "has_second_factor": False},
        text=f"{reset} sets up another second factor at the next signing in. Until then the password alone is enough.",
    )


def _asked() -> str:
    return str(click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))
