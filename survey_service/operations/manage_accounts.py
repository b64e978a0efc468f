"""Adds, lists and disables the team's accounts, and takes away a second factor that its owner has lost.

Nobody does that to their own account on the pages, so at least one person who may do it is always left. Whoever is at the
command line adds the next one.
"""

from survey_service.domain import passwords
from survey_service.domain.accounts import Account, AccountRole, Email, normalise_email, roles_that_may
from survey_service.domain.audit_log import COMMAND_LINE
from survey_service.domain.surveys import Office
from survey_service.errors import Refusal
from survey_service.operations.installation import Installation
from survey_service.operations.password_hashing import PasswordHashing
from survey_service.store import audit_log
from survey_service.store import team as store
from survey_service.store.database import AnyConnection


class AccountExists(Refusal):
    def __init__(self, email: Email) -> None:
        super().__init__(
            f"There is an account {email!r} already.",
            remedy="For a new password or role, `survey-service team disable` it and add it again.",
        )


class UnknownAccount(Refusal):
    def __init__(self, email: Email) -> None:
        super().__init__(f"There is no account {email!r}.", remedy="`survey-service team list` shows all accounts.")


class OfficeForAuditorsOnly(Refusal):
    def __init__(self) -> None:
        super().__init__("Only an auditor speaks for an office.", remedy="Give the account the role `auditor`.")


class OwnAccountStays(Refusal):
    """So nobody raises their own role, and somebody is always left who manages accounts."""

    def __init__(self) -> None:
        super().__init__(
            "Nobody manages their own account here.",
            remedy="Ask somebody else who manages accounts, or change your password and second factor at /team/account.",
        )


class ManagesNoAccounts(Refusal):
    def __init__(self, email: Email) -> None:
        super().__init__(f"{email} no longer manages accounts.", remedy="Ask somebody who does.")


async def check_manager(connection: AnyConnection, installation: Installation, managed: Email) -> None:
    """Whether who acts may manage this account, held until the end of the transaction: a session may be older than a change.

    Raises: OwnAccountStays, ManagesNoAccounts.
    """
    if installation.actor == COMMAND_LINE:
        return
    if installation.actor == managed:
        raise OwnAccountStays
    if installation.actor not in await store.hold_accounts_of_roles(connection, roles_that_may("manage-accounts")):
        raise ManagesNoAccounts(Email(installation.actor))


async def add_account(
    installation: Installation, email: str, role: AccountRole, password: str, *, office: Office | None = None
) -> Account:
    """An account that can sign in; one that was disabled is set up anew. office: whom an auditor approves for.

    Raises: NotAnEmail, WeakPassword, AccountExists, OfficeForAuditorsOnly.
    """
    if office is not None and role != "auditor":
        raise OfficeForAuditorsOnly
    address = normalise_email(email)
    password_hash = await PasswordHashing().hash(passwords.accepted(password, address))
    async with installation.database.session("team") as connection, connection.transaction():
        if not await store.add_account(connection, address, role, password_hash, office):
            raise AccountExists(address)
        await store.give_up_prepared_account(connection, address)
        await audit_log.append(
            connection, installation.actor, "account-added", email=address, role=role, **office_fact(office)
        )
    return Account(email=address, role=role, disabled=False, office=office, office_today=office)


def office_fact(office: Office | None) -> dict[str, str]:
    """For the audit log."""
    return {} if office is None else {"office": office}


async def list_accounts(installation: Installation) -> list[Account]:
    async with installation.database.session("team") as connection:
        return await store.list_accounts(connection)


async def disable_account(installation: Installation, email: str) -> Email:
    """Ends the account's sessions, and lets nobody sign in to it.

    Raises: NotAnEmail, UnknownAccount, OwnAccountStays, ManagesNoAccounts.
    """
    address = normalise_email(email)
    async with installation.database.session("team") as connection, connection.transaction():
        await check_manager(connection, installation, address)
        # The account first: a sign-in under way waits for it, and its session is seen by the second statement.
        if not await store.disable_account(connection, address):
            raise UnknownAccount(address)
        await store.delete_sessions_of(connection, address)
        await store.give_up_prepared_account(connection, address)
        await store.replace_recovery_codes(connection, address, [])
        await store.forget_every_browser(connection, address)
        await store.end_stand_ins_of(connection, address)
        await audit_log.append(connection, installation.actor, "account-disabled", email=address)
    return address


async def reset_second_factor(installation: Installation, email: str) -> Email:
    """Whoever has lost their phone and their recovery codes sets up another second factor at the next signing in.

    Ends the account's sessions; nothing is counted against it any more.

    Raises: NotAnEmail, UnknownAccount, OwnAccountStays, ManagesNoAccounts.
    """
    address = normalise_email(email)
    async with installation.database.session("team") as connection, connection.transaction():
        await check_manager(connection, installation, address)
        if not await store.drop_second_factor(connection, address):
            raise UnknownAccount(address)
        await store.delete_sessions_of(connection, address)
        await store.replace_recovery_codes(connection, address, [])
        await store.forget_every_browser(connection, address)
        await audit_log.append(connection, installation.actor, "second-factor-reset", email=address)
    return address
