"""What everyone sees and changes of their own account."""

from datetime import date

from msgspec import Struct

from survey_service.domain import passwords
from survey_service.domain.accounts import Account, Email, NotAnEmail, Session, StandIn, normalise_email
from survey_service.errors import Refusal
from survey_service.operations.installation import Installation
from survey_service.operations.password_hashing import PasswordHashing
from survey_service.operations.sign_in import SessionEnded, confirm_session
from survey_service.store import audit_log
from survey_service.store import team as store


class NotTwiceTheSame(Refusal):
    def __init__(self) -> None:
        super().__init__("The two entries of the new password differ.", remedy="Enter the same twice.")


class NoStandIn(Refusal):
    def __init__(self) -> None:
        super().__init__(
            "This account cannot stand in then.",
            remedy="It needs the same role and may speak for no other office; the period begins and ends on a day, not in the past.",
        )


class OwnAccount(Struct, frozen=True, kw_only=True):
    """recovery_codes: how many are left. stand_in: whoever stands in now or later. stands_in_for: the other way round.

    candidates: who could stand in; none: nobody else has this role.
    """

    account: Account
    recovery_codes: int
    stand_in: StandIn | None
    stands_in_for: tuple[StandIn, ...]
    candidates: tuple[Email, ...]


async def read_own_account(installation: Installation, session: Session) -> OwnAccount:
    """Raises: SessionEnded, where the account is no more."""
    async with installation.database.session("team") as connection:
        accounts = await store.list_accounts(connection)
        left = await store.count_recovery_codes(connection, session.email)
        stand_ins = await store.list_stand_ins(connection)
    found = next((account for account in accounts if account.email == session.email), None)
    if found is None:
        raise SessionEnded
    return OwnAccount(
        account=found,
        recovery_codes=left,
        stand_in=next((each for each in stand_ins if each.email == session.email), None),
        stands_in_for=tuple(each for each in stand_ins if each.stands_in == session.email),
        candidates=tuple(
            other.email
            for other in accounts
            if other.role == found.role
            and other.email != found.email
            and not other.disabled
            and other.office in (None, found.office)
        ),
    )


async def name_stand_in(
    installation: Installation, session: Session, *, stands_in: str, first_day: str, last_day: str
) -> StandIn:
    """Somebody of the same role is told what waits for this account, and speaks for its office meanwhile.

    first_day, last_day: ISO 8601, both included. A trustee's share stays with its trustee. Raises: NoStandIn.
    """
    try:
        named = StandIn(
            email=session.email,
            stands_in=normalise_email(stands_in),
            first_day=date.fromisoformat(first_day),
            last_day=date.fromisoformat(last_day),
        )
    except (NotAnEmail, ValueError):
        raise NoStandIn from None
    if named.last_day < named.first_day:
        raise NoStandIn
    async with installation.database.session("team") as connection, connection.transaction():
        if not await store.name_stand_in(connection, named):
            raise NoStandIn
        await audit_log.append(
            connection, session.email, "stand-in-named", email=named.stands_in, last_day=named.last_day.isoformat()
        )
    return named


async def end_stand_in(installation: Installation, session: Session) -> None:
    """Nobody stands in any more."""
    async with installation.database.session("team") as connection, connection.transaction():
        if (stood_in := await store.end_stand_in(connection, session.email)) is not None:
            await audit_log.append(connection, session.email, "stand-in-ended", email=stood_in)


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
