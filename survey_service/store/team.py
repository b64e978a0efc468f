"""Accounts and sessions: rows to Structs. Transactions belong to the operations."""

from datetime import timedelta
from typing import cast

from survey_service.domain.accounts import Account, AccountRole, Email, Session
from survey_service.domain.surveys import Office
from survey_service.store.database import AnyConnection
from survey_service.store.statements import statement


async def add_account(
    connection: AnyConnection, email: Email, role: AccountRole, password_hash: str, office: Office | None = None
) -> bool:
    """Whether the account is new, or was disabled and is set up anew."""
    return await connection.fetchval(statement("add_account"), email, role, password_hash, office) is not None


async def select_office(connection: AnyConnection, email: Email) -> Office | None:
    """None also where there is no such account."""
    return cast("Office | None", await connection.fetchval(statement("select_office"), email))


async def list_accounts(connection: AnyConnection) -> list[Account]:
    return [Account(**dict(row)) for row in await connection.fetch(statement("list_accounts"))]


async def disable_account(connection: AnyConnection, email: Email) -> bool:
    """Whether there is such an account."""
    return await connection.fetchval(statement("disable_account"), email) is not None


async def delete_sessions_of(connection: AnyConnection, email: Email) -> None:
    await connection.execute(statement("delete_sessions_of"), email)


async def begin_attempt(connection: AnyConnection, email: Email, most: int, window: timedelta) -> str | None:
    """The password's hash; None where the account is unknown or disabled, or has failed `most` times."""
    row = await connection.fetchrow(statement("begin_attempt"), email, most, window)
    return None if row is None else row["password_hash"]


async def settle_attempt(connection: AnyConnection, email: Email, seen: str, kept: str) -> bool:
    """Whether the account still has the hash `seen`; from now on it has `kept`."""
    return await connection.fetchval(statement("settle_attempt"), email, seen, kept) is not None


async def insert_session(
    connection: AnyConnection,
    token_sha256: bytes,
    email: Email,
    csrf_secret: bytes,
    language: str,
    *,
    longest: timedelta,
    idle: timedelta,
) -> None:
    await connection.execute(statement("insert_session"), token_sha256, email, csrf_secret, language, longest, idle)


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
