"""What the database server says of itself."""

from collections.abc import Iterable

from survey_service.store.database import AnyConnection
from survey_service.store.statements import statement


async def parameters(connection: AnyConnection, names: Iterable[str]) -> dict[str, str]:
    """The values of those parameters that this server has, by name."""
    rows = await connection.fetch(statement("read_parameters"), list(names))
    return {row["name"]: row["setting"] for row in rows}


async def clock(connection: AnyConnection) -> float:
    """Seconds since 1970."""
    return float(await connection.fetchval(statement("read_server_clock")))
