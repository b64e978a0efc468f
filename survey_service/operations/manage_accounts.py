"""Adds, lists and disables the team's accounts, and takes away a second factor that its owner has lost."""

from survey_service.domain import passwords
from survey_service.domain.accounts import Account, AccountRole, Email, normalise_email
from survey_service.domain.surveys import Office
from survey_service.errors import Refusal
from survey_service.operations.installation import Installation
from survey_service.operations.password_hashing import PasswordHashing
from survey_service.store import audit_log
from survey_service.store import team as store


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
        await audit_log.append(
            connection, installation.actor, "account-added", email=address, role=role, **_office(office)
        )
    return Account(email=address, role=role, disabled=False, office=office, office_today=office)


def _office(office: Office | None) -> dict[str, str]:
    return {} if office is None else {"office": office}


async def list_accounts(installation: Installation) -> list[Account]:
    async with installation.database.session("team") as connection:
        return await store.list_accounts(connection)


async def disable_account(installation: Installation, email: str) -> Email:
    """Ends the account's sessions, and lets nobody sign in to it. Raises: NotAnEmail, UnknownAccount."""
    address = normalise_email(email)
    async with installation.database.session("team") as connection, connection.transaction():
        # The account first: a sign-in under way waits for it, and its session is seen by the second statement.
        if not await store.disable_account(connection, address):
            raise UnknownAccount(address)
        await store.delete_sessions_of(connection, address)
        await store.replace_recovery_codes(connection, address, [])
        await store.forget_every_browser(connection, address)
        await store.end_stand_ins_of(connection, address)
        await audit_log.append(connection, installation.actor, "account-disabled", email=address)
    return address


async def reset_second_factor(installation: Installation, email: str) -> Email:
    """Whoever has lost their phone and their recovery codes sets up another second factor at the next signing in.

    Ends the account's sessions; nothing is counted against it any more. Raises: NotAnEmail, UnknownAccount.
    """
    address = normalise_email(email)
    async with installation.database.session("team") as connection, connection.transaction():
        if not await store.drop_second_factor(connection, address):
            raise UnknownAccount(address)
        await store.delete_sessions_of(connection, address)
        await store.replace_recovery_codes(connection, address, [])
        await store.forget_every_browser(connection, address)
        await audit_log.append(connection, installation.actor, "second-factor-reset", email=address)
    return address
