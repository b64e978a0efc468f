"""An account whose owner sets it up: somebody prepares it and gives a code; with the code its owner sets the password.

So nobody but its owner ever knows the password. The code is stored as a hash, holds for a few days and once; it never stands
in an address, since requests are logged by proxies.
"""

import asyncio
import logging
from datetime import datetime, timedelta

from msgspec import Struct

from survey_service.correspondence.mails import account_mail, message, new_message_id
from survey_service.correspondence.smtp import MailDoor, MailNotSet, MailServerUnavailable, mail_server
from survey_service.domain import passwords, second_factor
from survey_service.domain.accounts import (
    Account,
    AccountRole,
    Email,
    NotAnEmail,
    PreparedAccount,
    account_id,
    normalise_email,
)
from survey_service.domain.second_factor import WrittenCode
from survey_service.domain.surveys import Office
from survey_service.errors import Refusal
from survey_service.operations.installation import Installation
from survey_service.operations.manage_accounts import (
    AccountExists,
    OfficeForAuditorsOnly,
    UnknownAccount,
    check_manager,
    office_fact,
)
from survey_service.operations.own_account import NotTwiceTheSame
from survey_service.operations.password_hashing import PasswordHashing
from survey_service.operations.read_site import read_site
from survey_service.store import audit_log
from survey_service.store import team as store

CODE_HOLDS = timedelta(days=7)  # over a weekend, and over some days away
SENDING = timedelta(seconds=20)  # somebody waits for the page

logger = logging.getLogger("survey_service")


class WrongSetUpCode(Refusal):
    """Not this code of this address, or not any more."""

    def __init__(self) -> None:
        super().__init__(
            "Address and code do not belong together, or the code holds no longer.",
            remedy="Check both, or ask whoever gave you the code for another one.",
        )


class GivenCode(Struct, frozen=True, kw_only=True):
    """code: to hand on, told now and never again; None: it went by mail, and whoever gave it does not know it."""

    email: Email
    code: WrittenCode | None
    holds_until: datetime


class Entry(Struct, frozen=True, kw_only=True):
    """Somebody on the page of accounts. account: None, where it is only prepared. prepared: None, where no code is out."""

    entry_id: str
    email: Email
    account: Account | None
    prepared: PreparedAccount | None


async def read_accounts(installation: Installation) -> list[Entry]:
    """Everyone who has an account or may set one up, by their addresses."""
    async with installation.database.session("team") as connection:
        accounts = {account.email: account for account in await store.list_accounts(connection)}
        prepared = {each.email: each for each in await store.list_prepared_accounts(connection)}
    return [
        Entry(entry_id=account_id(email), email=email, account=accounts.get(email), prepared=prepared.get(email))
        for email in sorted({*accounts, *prepared})
    ]


async def read_account(installation: Installation, entry_id: str) -> Entry:
    """Raises: UnknownAccount."""
    found = next((entry for entry in await read_accounts(installation) if entry.entry_id == entry_id), None)
    if found is None:
        raise UnknownAccount(Email(entry_id))
    return found


def sends_mail(installation: Installation) -> bool:
    return installation.settings.smtp_url is not None and installation.settings.mail_from is not None


async def prepare_account(
    installation: Installation, email: str, role: AccountRole, *, office: Office | None = None, by_mail: bool = False
) -> GivenCode:
    """Somebody may set up a new account, or one that is disabled. A code they had before is void.

    by_mail: to its owner alone; where that fails, the code is told as without it.

    Raises: NotAnEmail, OfficeForAuditorsOnly, AccountExists, OwnAccountStays, ManagesNoAccounts.
    """
    if office is not None and role != "auditor":
        raise OfficeForAuditorsOnly
    address, code = normalise_email(email), second_factor.new_written_code()
    async with installation.database.session("team") as connection, connection.transaction():
        await check_manager(connection, installation, address)
        holds_until = await store.prepare_account(
            connection, address, role, office, second_factor.written_code_sha256(address, code), CODE_HOLDS
        )
        if holds_until is None:
            raise AccountExists(address)
        await audit_log.append(
            connection, installation.actor, "account-prepared", email=address, role=role, **office_fact(office)
        )
    is_sent = by_mail and await _sent(installation, address, code, holds_until)
    return GivenCode(email=address, code=None if is_sent else code, holds_until=holds_until)


async def give_up_prepared_account(installation: Installation, email: str) -> Email:
    """The code that is out sets nothing up any more. Raises: NotAnEmail, UnknownAccount, OwnAccountStays, ManagesNoAccounts."""
    address = normalise_email(email)
    async with installation.database.session("team") as connection, connection.transaction():
        await check_manager(connection, installation, address)
        if not await store.give_up_prepared_account(connection, address):
            raise UnknownAccount(address)
        await audit_log.append(connection, installation.actor, "account-given-up", email=address)
    return address


async def set_up_account(
    installation: Installation, hashing: PasswordHashing, *, email: str, code: str, password: str, again: str
) -> Email:
    """By its owner. The password is judged after the code, so that only whoever has one costs time.

    Raises: WrongSetUpCode, WeakPassword, NotTwiceTheSame.
    """
    written = second_factor.written_code(code)
    try:
        address = normalise_email(email)
    except NotAnEmail:
        raise WrongSetUpCode from None
    if written is None:
        raise WrongSetUpCode
    code_sha256 = second_factor.written_code_sha256(address, written)
    async with installation.database.session("team") as connection:
        if not await store.is_prepared(connection, address, code_sha256):
            raise WrongSetUpCode
    accepted = passwords.accepted(password, address)
    if passwords.prepare(again) != accepted:
        raise NotTwiceTheSame
    password_hash = await hashing.hash(accepted)
    async with installation.database.session("team") as connection, connection.transaction():
        prepared = await store.take_set_up_code(connection, address, code_sha256)
        if prepared is None or not await store.add_account(
            connection, address, prepared.role, password_hash, prepared.office
        ):
            raise WrongSetUpCode  # used, taken back or added at the command line while the password was being hashed
        await audit_log.append(
            connection, address, "account-added", email=address, role=prepared.role, **office_fact(prepared.office)
        )
    return address


async def _sent(installation: Installation, email: Email, code: WrittenCode, holds_until: datetime) -> bool:
    settings = installation.settings
    try:
        server = mail_server(settings.smtp_url, settings.mail_from)
        told = message(
            account_mail(
                read_site(settings.site_file).site.name,
                code=second_factor.grouped(code),
                address=f"{settings.base_url}/team/set-up",
                holds_until=holds_until,
            ),
            sender=server.sender,
            recipient=email,
            message_id=new_message_id(server.domain),
        )
        async with asyncio.timeout(SENDING.total_seconds()), MailDoor(server) as door:
            outcome = await door.hand_over(told, email)
    except (MailNotSet, MailServerUnavailable, TimeoutError):
        logger.warning("mail with a set-up code: not sent")
        return False
    return outcome == "accepted"
