"""Signs people of the team in and out; sessions are kept on the server, their tokens as hashes only."""

import hashlib
import secrets
from datetime import timedelta

from survey_service.domain.accounts import Email, NotAnEmail, Session, normalise_email
from survey_service.domain.passwords import prepare
from survey_service.errors import Refusal
from survey_service.operations.password_hashing import PasswordHashing
from survey_service.store import team as store
from survey_service.store.database import Database

LONGEST_SESSION = timedelta(hours=8)  # a working day
IDLE_SESSION = timedelta(minutes=30)
MOST_ATTEMPTS = 10  # passwords tried for one account within the window
ATTEMPT_WINDOW = timedelta(minutes=15)
MOST_CONFIRMATIONS = 5  # wrong passwords within one session, which then ends
TOKEN_BYTES = 32


class WrongCredentials(Refusal):
    """Not these: whether the account exists, is disabled or had too many attempts is not said."""

    def __init__(self) -> None:
        super().__init__(
            "E-mail address or password is wrong, or there were too many attempts.",
            remedy=f"After too many, wait {ATTEMPT_WINDOW // timedelta(minutes=1)} minutes.",
        )


async def sign_in(
    database: Database,
    hashing: PasswordHashing,
    email: str,
    password: str,
    *,
    language: str,
    replaced_token: str | None = None,
) -> str:
    """The token of a new session. replaced_token: of the browser's session before, which ends.

    Raises: WrongCredentials, TooManySignIns.
    """
    address, seen, kept = await _confirmed(database, hashing, email, password)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    async with database.session("team") as connection, connection.transaction():
        if not await store.settle_attempt(connection, address, seen, kept):
            raise WrongCredentials  # disabled, or given another password, while this one was being checked
        await store.delete_ended_sessions(connection)
        if replaced_token is not None:
            await store.delete_session(connection, _token_sha256(replaced_token))
        await store.insert_session(
            connection,
            _token_sha256(token),
            address,
            secrets.token_bytes(32),
            language,
            longest=LONGEST_SESSION,
            idle=IDLE_SESSION,
        )
    return token


async def confirm_password(database: Database, hashing: PasswordHashing, email: str, password: str) -> Email:
    """The account that this is the password of, without a session. Raises: WrongCredentials, TooManySignIns."""
    address, seen, kept = await _confirmed(database, hashing, email, password)
    async with database.session("team") as connection:
        if not await store.settle_attempt(connection, address, seen, kept):
            raise WrongCredentials
    return address


async def find_session(database: Database, token: str, *, language: str | None = None) -> Session | None:
    """The session of a token, if it holds; it is used now. language: what its pages speak from now on."""
    async with database.session("team") as connection:
        return await store.use_session(connection, _token_sha256(token), IDLE_SESSION, language)


class WrongConfirmation(Refusal):
    """What was given is not what the account has."""

    def __init__(self) -> None:
        super().__init__("The password is wrong.", remedy="Try again.")


class SessionEnded(Refusal):
    """Too many wrong passwords within one session: whoever sits there may be somebody else."""

    def __init__(self) -> None:
        super().__init__("There were too many attempts, and you are signed out.", remedy="Sign in again.")


async def confirm_session(database: Database, hashing: PasswordHashing, session: Session, password: str) -> None:
    """Whoever is signed in shows that it is still them; deeds that weigh are open to them for some minutes.

    Attempts are counted for this session alone: nobody keeps the owner of the account out by failing here.

    Raises: WrongConfirmation, SessionEnded, TooManySignIns.
    """
    async with database.session("team") as connection:
        seen = await store.begin_confirmation(connection, session.token_sha256, MOST_CONFIRMATIONS)
        if seen is None:
            await store.delete_session(connection, session.token_sha256)
            raise SessionEnded
    if not await hashing.matches(prepare(password), seen):
        raise WrongConfirmation
    async with database.session("team") as connection:
        if not await store.confirm_session(connection, session.token_sha256, seen):
            raise WrongConfirmation


async def sign_out(database: Database, session: Session) -> None:
    async with database.session("team") as connection:
        await store.delete_session(connection, session.token_sha256)


async def _confirmed(database: Database, hashing: PasswordHashing, email: str, password: str) -> tuple[Email, str, str]:
    """The account, its password's hash, and the hash to keep; the attempt is counted until it is settled."""
    address = _address(email)
    async with database.session("team") as connection:
        seen = await store.begin_attempt(connection, address, MOST_ATTEMPTS, ATTEMPT_WINDOW)
    prepared = prepare(password)
    if not await hashing.matches(prepared, seen) or seen is None:
        raise WrongCredentials
    kept = await hashing.hash(prepared) if hashing.is_outdated(seen) else seen
    return address, seen, kept


def _address(email: str) -> Email:
    try:
        return normalise_email(email)
    except NotAnEmail:
        return Email("")  # nobody's: takes as long as any other


def _token_sha256(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
