"""What everyone sees and changes of their own account."""

from msgspec import Struct

from survey_service.domain import passwords
from survey_service.domain.accounts import Account, Session
from survey_service.errors import Refusal
from survey_service.operations.installation import Installation
from survey_service.operations.password_hashing import PasswordHashing
from survey_service.operations.sign_in import SessionEnded, confirm_session
from survey_service.store import audit_log
from survey_service.store import team as store


class NotTwiceTheSame(Refusal):
    def __init__(self) -> None:
        super().__init__("The two entries of the new password differ.", remedy="Enter the same twice.")


class OwnAccount(Struct, frozen=True, kw_only=True):
    """recovery_codes: how many are left."""

    account: Account
    recovery_codes: int


async def read_own_account(installation: Installation, session: Session) -> OwnAccount:
    """Raises: SessionEnded, where the account is no more."""
    async with installation.database.session("team") as connection:
        accounts = await store.list_accounts(connection)
        left = await store.count_recovery_codes(connection, session.email)
    found = next((account for account in accounts if account.email == session.email), None)
    if found is None:
        raise SessionEnded
    return OwnAccount(account=found, recovery_codes=left)


async def change_password(
    installation: Installation, hashing: PasswordHashing, session: Session, *, old: str, new: str, again: str
) -> None:
    """Ends every other session of the account, and forgets every browser: whoever knew the old password is out.

    Raises: NotTwiceTheSame, WeakPassword, WrongConfirmation, SessionEnded, TooManySignIns.
    """
    accepted = passwords.accepted(new, session.email)
    if passwords.prepare(again) != accepted:
        raise NotTwiceTheSame
    seen = await confirm_session(installation.database, hashing, session, old)
    new_hash = await hashing.hash(accepted)
    async with installation.database.session("team") as connection, connection.transaction():
        if not await store.replace_password(connection, session.email, seen, new_hash):
            raise SessionEnded
        await store.delete_other_sessions(connection, session.email, session.token_sha256)
        await store.forget_every_browser(connection, session.email)
        await audit_log.append(connection, session.email, "password-changed", email=session.email)
