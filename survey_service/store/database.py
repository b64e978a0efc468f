"""Connections: one pool for each database role, on the embedded server or one's own."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from typing import Any, Literal, TypeAlias

import asyncpg
from asyncpg import Connection, Record
from asyncpg.pool import PoolConnectionProxy
from msgspec import Struct

from survey_service.errors import Unavailable
from survey_service.settings import Settings
from survey_service.store import embedded

AnyConnection: TypeAlias = "Connection[Record] | PoolConnectionProxy[Record]"

Role = Literal["participation", "operation", "opening", "tabulation", "reporting", "team"]

CONNECT_SECONDS = 10.0
STATEMENT_SECONDS = 30.0  # any statement of a request; the unsealing sets its own
ANSWER_SECONDS = 10.0  # until a request gives up on a database that has fallen silent; browsers wait for thirty
LONGEST_SECONDS = 660.0  # as above, for everything else: more than the longest statement may take
POOL_SIZE = 10  # connections for each role and process, at most
FULL_SECONDS = 10.0  # for which a database whose disk was full is taken to be full

KEEPALIVE = {"tcp_keepalives_idle": "10", "tcp_keepalives_interval": "5", "tcp_keepalives_count": "3"}
"""So that the server notices a client behind a broken network within half a minute and lets go of what it held."""

_PATIENCE: dict[Role, float] = {"participation": ANSWER_SECONDS}

OUTAGES = (
    OSError,
    asyncio.TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # what asyncpg raises on a connection that was cut in the middle of an answer
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.DiskFullError,
    asyncpg.OutOfMemoryError,
    asyncpg.TooManyConnectionsError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.QueryCanceledError,
    asyncpg.LockNotAvailableError,  # somebody else's work took longer than `lock_timeout`
)
"""What a database does when it is down, full, restarting or too slow. Nothing was acknowledged; trying again is safe."""


NOT_MIGRATED = (
    asyncpg.InvalidSchemaNameError,
    asyncpg.UndefinedTableError,
    asyncpg.UndefinedFunctionError,
    asyncpg.InvalidParameterValueError,  # of the role a session takes on
)


class DatabaseUnavailable(Unavailable):
    """The database does not answer."""


class DatabaseNotMigrated(DatabaseUnavailable):
    """The database answers, but has none of what the service keeps in it."""


class DatabaseAddress(Struct, frozen=True, kw_only=True):
    """How to reach the database.

    parameters: keyword arguments for asyncpg.
    revive: brings a killed server back; None where it is not ours to start.
    """

    parameters: dict[str, Any]
    revive: Callable[[], None] | None = None


class Database:
    """Pools by role, opened when first asked for.

    clock_offset: how far this process' sessions see the database's clock ahead of the real one; only rehearsals
    and demonstrations pass one.
    """

    def __init__(self, address: DatabaseAddress, *, clock_offset: timedelta = timedelta(0)) -> None:
        self._address = address
        self._clock_offset = clock_offset
        self._pools: dict[Role, asyncpg.Pool[Record]] = {}
        self._opening = asyncio.Lock()
        self._full_until = 0.0

    @property
    def was_full(self) -> bool:
        """Whether the database lately could not write for want of room."""
        return time.monotonic() < self._full_until

    @asynccontextmanager
    async def owner(self) -> AsyncIterator["Connection[Record]"]:
        """A connection of the owner, for migrations and the doctor only."""
        with outage_explained():
            connection = await asyncpg.connect(**self._parameters(None))
        try:
            yield connection
        finally:
            await connection.close()

    @asynccontextmanager
    async def session(self, role: Role) -> AsyncIterator["PoolConnectionProxy[Record]"]:
        """A connection with the rights of `role`, from its pool.

        Raises: DatabaseUnavailable where the database cannot be reached or gives up on the way.
        """
        with outage_explained():
            pool = await self._pool(role)
            connection = await self._acquired(pool)
            try:
                yield connection
            except TimeoutError:
                connection.terminate()  # it has fallen silent: asking it to stop would take as long again
                raise
            except asyncpg.DiskFullError:
                self._full_until = time.monotonic() + FULL_SECONDS
                raise
            finally:
                await _give_back(pool, connection)

    async def close(self) -> None:
        for pool in self._pools.values():
            pool.terminate()
        self._pools.clear()

    async def _acquired(self, pool: "asyncpg.Pool[Record]") -> "PoolConnectionProxy[Record]":
        try:
            return await pool.acquire(timeout=CONNECT_SECONDS)
        except OUTAGES:
            if self._address.revive is None:
                raise
            await asyncio.to_thread(self._address.revive)
            return await pool.acquire(timeout=CONNECT_SECONDS)

    async def _pool(self, role: Role) -> "asyncpg.Pool[Record]":
        async with self._opening:
            if role not in self._pools:
                self._pools[role] = await asyncpg.create_pool(min_size=0, max_size=POOL_SIZE, **self._parameters(role))
            return self._pools[role]

    def _parameters(self, role: Role | None) -> dict[str, Any]:
        settings = {
            "application_name": "survey-service",
            "search_path": "survey",
            "timezone": "UTC",
            "synchronous_commit": "on",  # whatever the server's default: an acknowledged answer is on the disk
            "statement_timeout": f"{STATEMENT_SECONDS:.0f}s",
            "lock_timeout": f"{STATEMENT_SECONDS:.0f}s",
            **KEEPALIVE,
        }
        if role is not None:
            settings["role"] = f"survey_{role}"
        if self._clock_offset:
            settings["survey.clock_offset"] = f"{self._clock_offset.total_seconds():.6f} seconds"
        patience = {} if role is None else {"command_timeout": _PATIENCE.get(role, LONGEST_SECONDS)}
        return self._address.parameters | {"server_settings": settings, "timeout": CONNECT_SECONDS} | patience


async def _give_back(pool: "asyncpg.Pool[Record]", connection: "PoolConnectionProxy[Record]") -> None:
    """Whoever is cancelled here leaves the giving back to itself; if the pool is closed before it is done, nobody has to know."""
    giving_back = asyncio.ensure_future(pool.release(connection))
    giving_back.add_done_callback(lambda done: done.cancelled() or done.exception())
    await asyncio.shield(giving_back)


@contextmanager
def outage_explained() -> Iterator[None]:
    """Turns an outage of the database into its refusal; the cause keeps no parameters."""
    try:
        yield
    except NOT_MIGRATED:
        raise DatabaseNotMigrated(
            "The database is not set up for this version.", remedy="Run `survey-service migrate`."
        ) from None
    except OUTAGES as outage:
        raise DatabaseUnavailable(
            f"The database does not answer ({type(outage).__name__}).",
            remedy="Nothing was changed. See that it runs and has room on its disk (`survey-service doctor`), then repeat.",
        ) from None


@contextmanager
def address(settings: Settings) -> Iterator[DatabaseAddress]:
    """The address of the database the settings name; starts the embedded server and stops it after its last user."""
    if settings.database_url is not None:
        yield DatabaseAddress(parameters={"dsn": settings.database_url})
        return
    with embedded.running(settings.data_dir / "postgres") as server:
        revive = embedded.EmbeddedPostgres(settings.data_dir / "postgres").revive
        yield DatabaseAddress(parameters=server.as_arguments(), revive=revive)
