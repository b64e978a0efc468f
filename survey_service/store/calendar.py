"""Where the team's calendars read: only hashes of the addresses are kept."""

from survey_service.domain.accounts import Email
from survey_service.store.database import AnyConnection
from survey_service.store.statements import statement


async def set_address(connection: AnyConnection, email: Email, token_sha256: bytes) -> None:
    await connection.execute(statement("set_calendar_address"), email, token_sha256)


async def delete_address(connection: AnyConnection, email: Email) -> bool:
    """Whether there was one."""
    return await connection.fetchval(statement("delete_calendar_address"), email) is not None


async def has_address(connection: AnyConnection, email: Email) -> bool:
    return bool(await connection.fetchval(statement("has_calendar_address"), email))


async def opens(connection: AnyConnection, token_sha256: bytes) -> bool:
    return bool(await connection.fetchval(statement("opens_calendar"), token_sha256))
