"""Accounts and sessions: rows to Structs. Transactions belong to the operations."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import cast

from msgspec import Struct

from survey_service.domain.accounts import (
    Account,
    AccountRole,
    BegunSession,
    Email,
    PreparedAccount,
    Session,
    StandIn,
)
from survey_service.domain.surveys import Office
from survey_service.store.database import AnyConnection
from survey_service.store.statements import statement


class AttemptLimits(Struct, frozen=True, kw_only=True):
    """How many attempts are listened to.

    most: of one browser that is known; and of all others together, before they wait: first_wait, then twice as long each
    time, to longest_wait. counted: how long what failed counts.
    """

    most: int
    first_wait: timedelta
    longest_wait: timedelta
    counted: timedelta


class Attempt(Struct, frozen=True, kw_only=True):
    """What an attempt to sign in is held against. second_factor: encrypted. at: seconds since 1970, by the database.

    known_browser: the one whose attempts it counts to; None: those of all that are not known.
    """

    password_hash: str
    second_factor: bytes | None
    at: float
    known_browser: bytes | None = None


class DrawnFactor(Struct, frozen=True, kw_only=True):
    """A second factor that is being set up. at: seconds since 1970, by the database."""

    sealed: bytes
    at: float


async def add_account(
    connection: AnyConnection, email: Email, role: AccountRole, password_hash: str, office: Office | None = None
) -> bool:
    """Whether the account is new, or was disabled and is set up anew."""
    return await connection.fetchval(statement("add_account"), email, role, password_hash, office) is not None


async def prepare_account(
    connection: AnyConnection,
    email: Email,
    role: AccountRole,
    office: Office | None,
    code_sha256: bytes,
    lasts: timedelta,
) -> datetime | None:
    """Until when the code holds; None: there is an active account already."""
    return cast(
        "datetime | None",
        await connection.fetchval(statement("prepare_account"), email, role, office, code_sha256, lasts),
    )


async def list_prepared_accounts(connection: AnyConnection) -> list[PreparedAccount]:
    """Those whose code no longer holds, too."""
    return [PreparedAccount(**dict(row)) for row in await connection.fetch(statement("list_prepared_accounts"))]


async def is_prepared(connection: AnyConnection, email: Email, code_sha256: bytes) -> bool:
    return bool(await connection.fetchval(statement("is_prepared"), email, code_sha256))


async def take_set_up_code(connection: AnyConnection, email: Email, code_sha256: bytes) -> PreparedAccount | None:
    """The account that may be set up now; None: there is no such code, or not any more."""
    row = await connection.fetchrow(statement("take_set_up_code"), email, code_sha256)
    return None if row is None else PreparedAccount(**dict(row))


async def give_up_prepared_account(connection: AnyConnection, email: Email) -> bool:
    """Whether one was prepared."""
    return await connection.fetchval(statement("give_up_prepared_account"), email) is not None


async def hold_accounts_of_roles(connection: AnyConnection, roles: Sequence[AccountRole]) -> list[Email]:
    """Those that are active, held until the end of the transaction."""
    rows = await connection.fetch(statement("hold_accounts_of_roles"), list(roles))
    return [Email(row["email"]) for row in rows]


async def select_office(connection: AnyConnection, email: Email) -> Office | None:
    """None also where there is no such account."""
    return cast("Office | None", await connection.fetchval(statement("select_office"), email))


async def list_accounts(connection: AnyConnection) -> list[Account]:
    return [Account(**dict(row)) for row in await connection.fetch(statement("list_accounts"))]


async def name_stand_in(connection: AnyConnection, named: StandIn) -> bool:
    """Whether that account may stand in: of the same role, and never for two offices."""
    return (
        await connection.fetchval(
            statement("name_stand_in"), named.email, named.stands_in, named.first_day, named.last_day
        )
        is not None
    )


async def end_stand_in(connection: AnyConnection, email: Email) -> Email | None:
    """Who stood in; None: nobody did."""
    return cast("Email | None", await connection.fetchval(statement("end_stand_in"), email))


async def end_stand_ins_of(connection: AnyConnection, email: Email) -> None:
    await connection.execute(statement("end_stand_ins_of"), email)


async def list_stand_ins(connection: AnyConnection) -> list[StandIn]:
    return [StandIn(**dict(row)) for row in await connection.fetch(statement("list_stand_ins"))]


async def list_stand_ins_today(connection: AnyConnection, emails: Sequence[Email]) -> list[Email]:
    """Who stands in today for one of `emails`."""
    return [row["stands_in"] for row in await connection.fetch(statement("list_stand_ins_today"), list(emails))]


async def disable_account(connection: AnyConnection, email: Email) -> bool:
    """Whether there is such an account."""
    return await connection.fetchval(statement("disable_account"), email) is not None


async def delete_sessions_of(connection: AnyConnection, email: Email) -> None:
    await connection.execute(statement("delete_sessions_of"), email)


async def begin_attempt(
    connection: AnyConnection, email: Email, browser_sha256: bytes | None, limits: AttemptLimits
) -> Attempt | None:
    """None where the account is unknown or disabled, or nobody is listened to now: then a known browser still is."""
    if browser_sha256 is not None:
        row = await connection.fetchrow(statement("begin_attempt_of_known_browser"), email, browser_sha256, limits.most)
        if row is not None:
            return Attempt(**dict(row), known_browser=browser_sha256)
    row = await connection.fetchrow(
        statement("begin_attempt"), email, limits.most, limits.first_wait, limits.longest_wait, limits.counted
    )
    return None if row is None else Attempt(**dict(row))


async def begin_attempt_by_recovery_code(
    connection: AnyConnection, email: Email, code_sha256: bytes, limits: AttemptLimits
) -> Attempt | None:
    row = await connection.fetchrow(statement("begin_attempt_by_recovery_code"), email, code_sha256, limits.most)
    return None if row is None else Attempt(**dict(row))


async def replace_password(connection: AnyConnection, email: Email, seen: str, kept: str) -> bool:
    """Whether the account still has the hash `seen`; from now on it has `kept`."""
    return await connection.fetchval(statement("replace_password"), email, seen, kept) is not None


async def settle_attempt(connection: AnyConnection, email: Email, known_browser: bytes | None) -> None:
    """Nothing failed: neither by this known browser, nor else by those that are not known."""
    if known_browser is not None:
        await connection.execute(statement("forget_attempts_of_known_browser"), known_browser, email)
    else:
        await connection.execute(statement("forget_attempts"), email)


async def know_browser(
    connection: AnyConnection, email: Email, before: bytes | None, token_sha256: bytes, kept: timedelta, most: int
) -> None:
    """Knows a browser again by another number than `before`, where it had one. most: browsers of one account."""
    if before is not None:
        await connection.execute(statement("move_known_browser"), before, token_sha256)
    await connection.execute(statement("know_browser"), token_sha256, email, kept)
    await connection.execute(statement("forget_browsers"), email, most)


async def forget_every_browser(connection: AnyConnection, email: Email, but: bytes | None = None) -> None:
    await connection.execute(statement("forget_every_browser"), email, but)


async def take_step(connection: AnyConnection, email: Email, second_factor: bytes, step: int) -> bool:
    """Whether the code of this time step is taken now; each is once, and none before it any more."""
    return await connection.fetchval(statement("take_step"), email, second_factor, step) is not None


async def set_second_factor(connection: AnyConnection, email: Email, second_factor: bytes, step: int) -> bool:
    return await connection.fetchval(statement("set_second_factor"), email, second_factor, step) is not None


async def list_second_factors(connection: AnyConnection) -> list[tuple[Email, bytes]]:
    """Of every account that can sign in and has one, encrypted."""
    rows = await connection.fetch(statement("list_second_factors"))
    return [(Email(row["email"]), row["second_factor"]) for row in rows]


async def drop_second_factor(connection: AnyConnection, email: Email) -> bool:
    """Whether there is such an account."""
    return await connection.fetchval(statement("drop_second_factor"), email) is not None


async def replace_recovery_codes(connection: AnyConnection, email: Email, hashes: list[bytes]) -> None:
    await connection.execute(statement("delete_recovery_codes"), email)
    await connection.execute(statement("insert_recovery_codes"), email, hashes)


async def use_recovery_code(connection: AnyConnection, email: Email, code_sha256: bytes) -> bool:
    """Whether there was this code; it is gone now."""
    return await connection.fetchval(statement("use_recovery_code"), email, code_sha256) is not None


async def count_recovery_codes(connection: AnyConnection, email: Email) -> int:
    return int(await connection.fetchval(statement("count_recovery_codes"), email))


async def insert_session(
    connection: AnyConnection,
    token_sha256: bytes,
    email: Email,
    csrf_secret: bytes,
    language: str,
    *,
    longest: timedelta,
    idle: timedelta,
    is_confirmed: bool,
) -> None:
    await connection.execute(
        statement("insert_session"), token_sha256, email, csrf_secret, language, longest, idle, is_confirmed
    )


async def use_begun_session(
    connection: AnyConnection, token_sha256: bytes, language: str | None
) -> BegunSession | None:
    """The session of somebody who gave their password only, if it holds."""
    row = await connection.fetchrow(statement("use_begun_session"), token_sha256, language)
    return None if row is None else BegunSession(**dict(row))


async def finish_session(
    connection: AnyConnection, token_sha256: bytes, new_token_sha256: bytes, *, longest: timedelta, idle: timedelta
) -> bool:
    """Whether the session was begun and holds; it opens pages now, under the new token."""
    return (
        await connection.fetchval(statement("finish_session"), token_sha256, new_token_sha256, longest, idle)
        is not None
    )


async def draw_factor(connection: AnyConnection, token_sha256: bytes, fresh: bytes) -> DrawnFactor | None:
    """The second factor that is being set up in this session: `fresh` where there was none. None: the session is over."""
    row = await connection.fetchrow(statement("draw_factor"), token_sha256, fresh)
    return None if row is None else DrawnFactor(sealed=row["drawn_factor"], at=row["at"])


async def drop_drawn_factor(connection: AnyConnection, token_sha256: bytes, sealed: bytes) -> bool:
    return await connection.fetchval(statement("drop_drawn_factor"), token_sha256, sealed) is not None


async def delete_other_sessions(connection: AnyConnection, email: Email, token_sha256: bytes) -> None:
    await connection.execute(statement("delete_other_sessions"), email, token_sha256)


async def use_session(
    connection: AnyConnection, token_sha256: bytes, idle: timedelta, language: str | None
) -> Session | None:
    """The session, if it holds; used now."""
    row = await connection.fetchrow(statement("use_session"), token_sha256, idle, language)
    return None if row is None else Session(**dict(row))


async def begin_confirmation(connection: AnyConnection, token_sha256: bytes, most: int) -> str | None:
    """The password's hash; None where the session has failed `most` times."""
    return cast("str | None", await connection.fetchval(statement("begin_confirmation"), token_sha256, most))


async def confirm_session(connection: AnyConnection, token_sha256: bytes, seen: str) -> bool:
    """Whether the session is confirmed from now on; not where the account no longer has the hash `seen`."""
    return await connection.fetchval(statement("confirm_session"), token_sha256, seen) is not None


async def delete_session(connection: AnyConnection, token_sha256: bytes) -> None:
    await connection.execute(statement("delete_session"), token_sha256)


async def delete_ended_sessions(connection: AnyConnection) -> None:
    await connection.execute(statement("delete_ended_sessions"))
