"""Signs people of the team in and out; sessions are kept on the server, their tokens as hashes only.

Two steps: the password begins a session that opens no page yet; the second factor finishes it. Attempts are counted before they
are looked at, those of a browser that somebody has signed in with apart from those of all others: whoever guesses at an account
makes strangers wait, never its owner.
"""

import hashlib
import secrets
from datetime import timedelta
from typing import Literal

from msgspec import Struct

from survey_service.domain import second_factor
from survey_service.domain.accounts import BegunSession, Email, NotAnEmail, Session, normalise_email
from survey_service.domain.passwords import prepare
from survey_service.domain.second_factor import Secret, WrittenCode
from survey_service.errors import Refusal
from survey_service.operations.installation import Installation
from survey_service.operations.password_hashing import PasswordHashing
from survey_service.store import audit_log
from survey_service.store import team as store
from survey_service.store.database import AnyConnection, Database

LONGEST_SESSION = timedelta(hours=8)  # a working day
IDLE_SESSION = timedelta(minutes=30)
LONGEST_BEGUN_SESSION = timedelta(minutes=15)  # to give the second factor, or to install an app and set one up
KNOWN_BROWSER = timedelta(days=180)  # since its last signing in
MOST_KNOWN_BROWSERS = 10  # of one account
LIMITS = store.AttemptLimits(
    most=10, first_wait=timedelta(minutes=1), longest_wait=timedelta(hours=12), counted=timedelta(days=7)
)
"""Twenty guesses on the first day, two a day from then on; NIST SP 800-63B allows a hundred in a row."""
MOST_CONFIRMATIONS = 5  # wrong passwords within one session, which then ends
TOKEN_BYTES = 32

NextStep = Literal["pages", "code", "set-up"]


class WrongCredentials(Refusal):
    """Not these: whether the account exists, is disabled or had too many attempts is not said."""

    def __init__(self) -> None:
        super().__init__(
            "E-mail address or password is wrong, or there were too many attempts.",
            remedy="Sign in from a browser that you have signed in with before, give a recovery code as well, or wait.",
        )


class WrongCode(Refusal):
    """Not this code, or not any more; or there were too many attempts."""

    def __init__(self) -> None:
        super().__init__(
            "The code is wrong or was used already, or there were too many attempts.",
            remedy="Wait for the app's next code, or take a recovery code.",
        )


class SecondFactorMissing(Refusal):
    def __init__(self, email: Email) -> None:
        super().__init__(
            f"{email} has no second factor yet.", remedy="Sign in once at /team/ and set it up; then repeat this."
        )


class Entry(Struct, frozen=True, kw_only=True):
    """token: of the session. browser: the number by which this browser is known again; None: it stays as it was.

    leads_to: the pages, or what still has to be done before them.
    """

    token: str
    leads_to: NextStep
    browser: str | None = None


async def sign_in(
    installation: Installation,
    hashing: PasswordHashing,
    email: str,
    password: str,
    *,
    language: str,
    replaced_token: str | None = None,
    browser: str | None = None,
    recovery_code: str = "",
) -> Entry:
    """The first step. replaced_token: of the browser's session before, which ends. browser: the number it is known by.

    recovery_code: with one, password and second factor are given at once, and nobody else's attempts stand in the way.

    Raises: WrongCredentials, TooManySignIns.
    """
    address, written = _address(email), second_factor.written_code(recovery_code)
    attempt = await _attempted(installation.database, hashing, address, password, browser=browser, written=written)
    token, kept = new_token(), await hashing.renewed(prepare(password), attempt.password_hash)
    async with installation.database.session("team") as connection, connection.transaction():
        if not await store.replace_password(connection, address, attempt.password_hash, kept):
            raise WrongCredentials  # disabled, or given another password, while this one was being checked
        if written is not None:
            await _use_recovery_code(connection, address, written)
        is_whole = written is not None or (attempt.second_factor is None and installation.is_demonstration)
        await store.delete_ended_sessions(connection)
        if replaced_token is not None:
            await store.delete_session(connection, token_sha256(replaced_token))
        await store.insert_session(
            connection,
            token_sha256(token),
            address,
            secrets.token_bytes(32),
            language,
            longest=LONGEST_SESSION if is_whole else LONGEST_BEGUN_SESSION,
            idle=IDLE_SESSION if is_whole else LONGEST_BEGUN_SESSION,
            is_confirmed=is_whole,
        )
        if is_whole:
            known = await settled(connection, address, browser, attempt.known_browser)
            return Entry(token=token, leads_to="pages", browser=known)
    return Entry(token=token, leads_to="set-up" if attempt.second_factor is None else "code")


async def begun_session(database: Database, token: str, *, language: str | None = None) -> BegunSession | None:
    """The session that still waits for its second factor, if it holds."""
    async with database.session("team") as connection:
        return await store.use_begun_session(connection, token_sha256(token), language)


async def give_code(
    installation: Installation, begun: BegunSession, typed: str, *, browser: str | None = None
) -> Entry:
    """The second step: a code of the app, or a recovery code.

    Raises: WrongCode, SecondFactorUnreadable, UnusableTeamKey.
    """
    written = second_factor.written_code(typed)
    async with installation.database.session("team") as connection:
        if written is not None:
            attempt = await store.begin_attempt_by_recovery_code(
                connection, begun.email, second_factor.written_code_sha256(begun.email, written), LIMITS
            )
        else:
            attempt = await store.begin_attempt(connection, begun.email, _browser_sha256(browser), LIMITS)
        if attempt is None or attempt.second_factor is None:
            raise WrongCode
        token = new_token()
        async with connection.transaction():
            if written is not None:
                await _use_recovery_code(connection, begun.email, written)
            else:
                await _take_code(installation, connection, begun.email, attempt, typed)
            if not await store.finish_session(
                connection, begun.token_sha256, token_sha256(token), longest=LONGEST_SESSION, idle=IDLE_SESSION
            ):
                raise WrongCode  # signed out, or too late
            known = await settled(connection, begun.email, browser, attempt.known_browser)
    return Entry(token=token, leads_to="pages", browser=known)


async def confirm_person(
    installation: Installation, hashing: PasswordHashing, email: str, password: str, code: str
) -> Email:
    """The account that these are password and second factor of, without a session.

    code: of the app, or a recovery code; in a demonstration an account may have none.

    Raises: WrongCredentials, WrongCode, SecondFactorMissing, TooManySignIns, SecondFactorUnreadable, UnusableTeamKey.
    """
    address, written = _address(email), second_factor.written_code(code)
    attempt = await _attempted(installation.database, hashing, address, password, written=written)
    kept = await hashing.renewed(prepare(password), attempt.password_hash)
    async with installation.database.session("team") as connection, connection.transaction():
        if not await store.replace_password(connection, address, attempt.password_hash, kept):
            raise WrongCredentials
        if written is not None:
            await _use_recovery_code(connection, address, written)
        elif attempt.second_factor is not None:
            await _take_code(installation, connection, address, attempt, code)
        elif not installation.is_demonstration:
            raise SecondFactorMissing(address)
        await store.settle_attempt(connection, address, attempt.known_browser)
    return address


async def find_session(database: Database, token: str, *, language: str | None = None) -> Session | None:
    """The session of a token, if it holds; it is used now. language: what its pages speak from now on."""
    async with database.session("team") as connection:
        return await store.use_session(connection, token_sha256(token), IDLE_SESSION, language)


class WrongConfirmation(Refusal):
    """What was given is not what the account has."""

    def __init__(self) -> None:
        super().__init__("The password is wrong.", remedy="Try again.")


class SessionEnded(Refusal):
    """Too many wrong passwords within one session: whoever sits there may be somebody else."""

    def __init__(self) -> None:
        super().__init__("There were too many attempts, and you are signed out.", remedy="Sign in again.")


async def confirm_session(database: Database, hashing: PasswordHashing, session: Session, password: str) -> str:
    """Whoever is signed in shows that it is still them; deeds that weigh are open to them for some minutes.

    Attempts are counted for this session alone: nobody keeps the owner of the account out by failing here.
    Returns the hash that the password was held against.

    Raises: WrongConfirmation, SessionEnded, TooManySignIns.
    """
    async with database.session("team") as connection:
        seen = await store.begin_confirmation(connection, session.token_sha256, MOST_CONFIRMATIONS)
        if seen is None:
            await store.delete_session(connection, session.token_sha256)
            raise SessionEnded
    if not await hashing.matches(prepare(password), seen, is_known=True):
        raise WrongConfirmation
    async with database.session("team") as connection:
        if not await store.confirm_session(connection, session.token_sha256, seen):
            raise WrongConfirmation
    return seen


async def sign_out(database: Database, session: Session | BegunSession) -> None:
    async with database.session("team") as connection:
        await store.delete_session(connection, session.token_sha256)


async def settled(connection: AnyConnection, email: Email, browser: str | None, known_browser: bytes | None) -> str:
    """Nothing failed, and this browser is known from now on: the number to know it by, another one each time.

    browser: what it was known by. One that somebody planted there is worth nothing after this.
    """
    fresh = new_token()
    await store.settle_attempt(connection, email, known_browser)
    await store.know_browser(
        connection, email, _browser_sha256(browser), token_sha256(fresh), KNOWN_BROWSER, MOST_KNOWN_BROWSERS
    )
    return fresh


def new_token() -> str:
    return secrets.token_urlsafe(TOKEN_BYTES)


def token_sha256(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


async def _attempted(
    database: Database,
    hashing: PasswordHashing,
    address: Email,
    password: str,
    *,
    browser: str | None = None,
    written: WrittenCode | None = None,
) -> store.Attempt:
    """An attempt whose password was right; it stays counted until it is settled. Raises: WrongCredentials, TooManySignIns."""
    async with database.session("team") as connection:
        if written is not None:
            attempt = await store.begin_attempt_by_recovery_code(
                connection, address, second_factor.written_code_sha256(address, written), LIMITS
            )
        else:
            attempt = await store.begin_attempt(connection, address, _browser_sha256(browser), LIMITS)
    is_known = attempt is not None and (attempt.known_browser is not None or written is not None)
    matches = await hashing.matches(
        prepare(password), None if attempt is None else attempt.password_hash, is_known=is_known
    )
    if attempt is None or not matches:
        raise WrongCredentials
    return attempt


async def _take_code(
    installation: Installation, connection: AnyConnection, email: Email, attempt: store.Attempt, typed: str
) -> None:
    """Raises: WrongCode, SecondFactorUnreadable, UnusableTeamKey."""
    if attempt.second_factor is None:
        raise WrongCode
    secret = Secret(installation.team_key.open(email, attempt.second_factor))
    step = second_factor.step_of(secret, typed, at=attempt.at)
    if step is None or not await store.take_step(connection, email, attempt.second_factor, step):
        raise WrongCode


async def _use_recovery_code(connection: AnyConnection, email: Email, code: WrittenCode) -> None:
    """Raises: WrongCode, where another attempt has used it meanwhile."""
    if not await store.use_recovery_code(connection, email, second_factor.written_code_sha256(email, code)):
        raise WrongCode
    left = await store.count_recovery_codes(connection, email)
    await audit_log.append(connection, email, "recovery-code-used", email=email, left=left)


def _browser_sha256(browser: str | None) -> bytes | None:
    return None if browser is None else token_sha256(browser)


def _address(email: str) -> Email:
    try:
        return normalise_email(email)
    except NotAnEmail:
        return Email("")  # nobody's: takes as long as any other
