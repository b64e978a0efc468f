"""The doctor: whether anything on this installation writes down what nobody may know, or is about to fail."""

import time
from datetime import UTC, datetime

from survey_service.correspondence.smtp import MailDoor, mail_server
from survey_service.custody import swap_in_use
from survey_service.domain.site import CONTACTS_HOLD, LANGUAGES
from survey_service.errors import Refusal
from survey_service.operations.installation import Installation
from survey_service.operations.read_site import read_site
from survey_service.operations.readiness import Finding, later_keys, readiness
from survey_service.operations.tidy_keys import ended_keys
from survey_service.store import server, team
from survey_service.store.database import AnyConnection
from survey_service.team_key import SecondFactorUnreadable

CLOCK_SECONDS = 2.0  # between this machine's clock and the database's

SILENT = {
    "log_statement": "none",
    "log_min_duration_statement": "-1",
    "log_min_duration_sample": "-1",
    "log_duration": "off",
    "log_transaction_sample_rate": "0",
    "log_parameter_max_length_on_error": "0",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",  # its details quote the values of a row
    "log_lock_waits": "off",
    "track_commit_timestamp": "off",
    "archive_mode": "off",
}
"""Server parameters by the values under which they neither log statements and parameters nor keep times."""

DURABLE = {"fsync": "on", "full_page_writes": "on"}
"""Server parameters by the values under which what was acknowledged survives a power cut."""


async def examine(installation: Installation) -> tuple[Finding, ...]:
    """Everything that readiness looks at, and what leaks without failing."""
    findings = [*await readiness(installation), await later_keys(installation)]
    try:
        async with installation.database.owner() as connection:
            findings += await _parameters(connection, SILENT, "It writes down who did what when.")
            findings += await _parameters(connection, DURABLE, "An acknowledged answer may be lost.")
            findings.append(await _clock(connection))
    except Refusal as refusal:
        findings.append(Finding(name="parameters", is_ok=False, detail=str(refusal)))
    findings.append(await _old_keys(installation))
    findings.append(await _mail(installation))
    findings.append(_spool(installation))
    findings.append(await _second_factors(installation))
    findings.append(_swap())
    findings.append(_contacts(installation))
    return tuple(findings)


async def _parameters(connection: AnyConnection, wanted: dict[str, str], danger: str) -> list[Finding]:
    return [
        Finding(name=name, is_ok=True)
        if value == wanted[name]
        else Finding(
            name=name, is_ok=False, detail=f"It is {value}. {danger} Set it to {wanted[name]} on the database server."
        )
        for name, value in (await server.parameters(connection, wanted)).items()
    ]


async def _clock(connection: AnyConnection) -> Finding:
    if abs(time.time() - await server.clock(connection)) <= CLOCK_SECONDS:
        return Finding(name="clock", is_ok=True)
    return Finding(
        name="clock", is_ok=False, detail="This machine and the database differ by seconds. Synchronise both."
    )


async def _old_keys(installation: Installation) -> Finding:
    """Whether this key directory holds keys that their rounds need no more."""
    try:
        old = await ended_keys(installation)
    except Refusal as refusal:
        return Finding(name="old keys", is_ok=False, detail=str(refusal))
    if not old:
        return Finding(name="old keys", is_ok=True)
    left = "; ".join(f"{round_id} ({', '.join(names)})" for round_id, names in sorted(old.items()))
    return Finding(
        name="old keys",
        is_ok=False,
        detail=f"Left over: {left}. `serve` and `scheduler` destroy them within seconds: "
        "start one of them with this key directory.",
    )


async def _mail(installation: Installation) -> Finding:
    """Whether the mail server lets this installation in. Nothing is sent."""
    if installation.settings.smtp_url is None:
        return Finding(name="mail", is_ok=True, detail="No mail server is set: codes go as slips only.")
    try:
        async with MailDoor(mail_server(installation.settings.smtp_url, installation.settings.mail_from)):
            return Finding(name="mail", is_ok=True)
    except Refusal as refusal:
        return Finding(name="mail", is_ok=False, detail=str(refusal))


def _spool(installation: Installation) -> Finding:
    """Whether addresses and codes on their way are this account's alone."""
    try:
        installation.spool.check()
    except Refusal as refusal:
        return Finding(name="spool", is_ok=False, detail=str(refusal))
    return Finding(name="spool", is_ok=True)


async def _second_factors(installation: Installation) -> Finding:
    """Whether the team's second factors can be read with this installation's key."""
    unreadable = 0
    try:
        installation.team_key.check()
        async with installation.database.session("team") as connection:
            for email, sealed in await team.list_second_factors(connection):
                try:
                    installation.team_key.open(email, sealed)
                except SecondFactorUnreadable:
                    unreadable += 1
    except Refusal as refusal:
        return Finding(name="second factors", is_ok=False, detail=str(refusal))
    if not unreadable:
        return Finding(name="second factors", is_ok=True)
    return Finding(
        name="second factors",
        is_ok=False,
        detail=f"Those of {unreadable} accounts were encrypted under another key. Put the file of SURVEY_SECRET_FILE back "
        "(or team.key in the key directory), or take them away with `survey-service team reset-2fa`.",
    )


def _contacts(installation: Installation) -> Finding:
    """Whether somebody lately made sure that the help contacts on every page still answer."""
    if installation.settings.site_file is None:
        return Finding(name="contacts", is_ok=True, detail="They are examples: this installation has no site file.")
    try:
        contacts = read_site(installation.settings.site_file).site.contacts
    except Refusal as refusal:
        return Finding(name="contacts", is_ok=False, detail=str(refusal))
    today = datetime.now(UTC).date()
    due = [contact.name[LANGUAGES[0]] for contact in contacts if contact.is_due(today)]
    if contacts and not due:
        return Finding(name="contacts", is_ok=True)
    return Finding(
        name="contacts",
        is_ok=False,
        detail=f"Not checked within {CONTACTS_HOLD.days} days: {', '.join(due)}. Call them, then enter the day."
        if due
        else "There is none. People who are affected need one: docs/site-file.md.",
    )


def _swap() -> Finding:
    if not swap_in_use():
        return Finding(name="swap", is_ok=True)
    return Finding(
        name="swap",
        is_ok=False,
        detail="Keys in memory may reach the disk. Turn swap off, or encrypt it anew at each start.",
    )
