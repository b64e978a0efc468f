"""Sets up one's own second factor, at the first signing in or later, and draws recovery codes."""

from collections.abc import Sequence

from msgspec import Struct

from survey_service.domain import second_factor
from survey_service.domain.accounts import BegunSession, Email, Session
from survey_service.domain.audit_log import AuditedDeed
from survey_service.domain.second_factor import RECOVERY_CODES, Secret, WrittenCode
from survey_service.operations.installation import Installation
from survey_service.operations.sign_in import (
    IDLE_SESSION,
    LONGEST_SESSION,
    Entry,
    SessionEnded,
    WrongCode,
    new_token,
    settled,
    token_sha256,
)
from survey_service.store import audit_log
from survey_service.store import team as store
from survey_service.store.database import AnyConnection


class SetUp(Struct, frozen=True, kw_only=True):
    """entry: None where the session goes on as it was. recovery_codes: told now and never again."""

    recovery_codes: Sequence[WrittenCode]
    entry: Entry | None


async def drawn_secret(installation: Installation, session: Session | BegunSession) -> Secret:
    """The secret that this session sets up: the same one until it is done, so that a page may be loaded anew.

    Raises: SessionEnded, SecondFactorUnreadable, UnusableTeamKey.
    """
    return (await _drawn(installation, session))[0]


async def set_up(
    installation: Installation, session: Session | BegunSession, code: str, *, browser: str | None = None
) -> SetUp:
    """Makes the drawn secret the account's second factor, once a code shows that the app has it.

    Whoever replaces theirs stays signed in, elsewhere nobody does; earlier recovery codes are void. Whoever had none has
    finished signing in by it.

    Raises: WrongCode, SessionEnded, SecondFactorUnreadable, UnusableTeamKey.
    """
    secret, drawn = await _drawn(installation, session)
    step = second_factor.step_of(secret, code, at=drawn.at)
    if step is None:
        raise WrongCode
    email = session.email
    async with installation.database.session("team") as connection, connection.transaction():
        if not await store.drop_drawn_factor(connection, session.token_sha256, drawn.sealed):
            raise SessionEnded
        if not await store.set_second_factor(connection, email, drawn.sealed, step):
            raise SessionEnded
        await store.delete_other_sessions(connection, email, session.token_sha256)
        entry = None
        if isinstance(session, BegunSession):
            token = new_token()
            if session.has_second_factor or not await store.finish_session(
                connection, session.token_sha256, token_sha256(token), longest=LONGEST_SESSION, idle=IDLE_SESSION
            ):
                raise SessionEnded  # a password alone replaces no second factor
            known = await settled(connection, email, browser, None)
            entry = Entry(token=token, leads_to="pages", browser=known)
        codes = await _draw_codes(connection, email, "second-factor-set-up")
    return SetUp(recovery_codes=codes, entry=entry)


async def draw_recovery_codes(installation: Installation, session: Session) -> Sequence[WrittenCode]:
    """New recovery codes; those from before are void."""
    async with installation.database.session("team") as connection, connection.transaction():
        return await _draw_codes(connection, session.email, "recovery-codes-drawn")


async def _drawn(installation: Installation, session: Session | BegunSession) -> tuple[Secret, store.DrawnFactor]:
    fresh = installation.team_key.seal(session.email, second_factor.new_secret())
    async with installation.database.session("team") as connection:
        drawn = await store.draw_factor(connection, session.token_sha256, fresh)
    if drawn is None:
        raise SessionEnded
    return Secret(installation.team_key.open(session.email, drawn.sealed)), drawn


async def _draw_codes(connection: AnyConnection, email: Email, deed: AuditedDeed) -> Sequence[WrittenCode]:
    codes = [second_factor.new_written_code() for _ in range(RECOVERY_CODES)]
    hashes = [second_factor.written_code_sha256(email, code) for code in codes]
    await store.replace_recovery_codes(connection, email, hashes)
    await audit_log.append(connection, email, deed, email=email)
    return codes
