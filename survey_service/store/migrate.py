"""Brings a database to this version: numbered SQL files, each once, each in a transaction of its own."""

import hashlib
import re
from importlib import resources

import asyncpg
from asyncpg import Connection, Record
from msgspec import Struct

from survey_service.errors import Refusal
from survey_service.store.database import AnyConnection

_LOCK = 0x7375_7276  # "surv"; one migration run at a time on a database
_NAME = re.compile(r"(?P<number>\d{4})_[a-z0-9_]+\.sql")
_OLDEST_SERVER = 160000  # roles are granted WITH SET, which PostgreSQL 16 brought

LEDGER = """
CREATE TABLE IF NOT EXISTS public.survey_migration (
    number integer PRIMARY KEY,
    name text NOT NULL,
    sha256 bytea NOT NULL
);
GRANT SELECT ON public.survey_migration TO public
"""


class Migration(Struct, frozen=True, kw_only=True):
    number: int
    name: str
    sql: str

    @property
    def sha256(self) -> bytes:
        return hashlib.sha256(self.sql.encode()).digest()


class MigrationRefused(Refusal):
    """The database is not one this version can bring forward."""


def migrations() -> tuple[Migration, ...]:
    """The migrations of this version, in order, numbered from 1 without a gap."""
    found = []
    for file in resources.files("survey_service.store").joinpath("migrations").iterdir():
        if not (match := _NAME.fullmatch(file.name)):
            raise ValueError(f"{file.name} is not named like a migration")
        found.append(Migration(number=int(match["number"]), name=file.name, sql=file.read_text(encoding="utf-8")))
    found.sort(key=lambda migration: migration.number)
    if [migration.number for migration in found] != list(range(1, len(found) + 1)):
        raise ValueError("migrations are numbered from 1 without a gap")
    return tuple(found)


async def migrate(connection: "Connection[Record]", wanted: tuple[Migration, ...] | None = None) -> list[str]:
    """Applies what is missing and returns its names. Two at once: the second waits and finds nothing to do.

    Raises: MigrationRefused for a server that is too old, or a database of a newer or of a changed version.
    """
    wanted = migrations() if wanted is None else wanted
    if connection.get_server_version().major * 10000 < _OLDEST_SERVER:
        raise MigrationRefused("The database server is older than PostgreSQL 16.", remedy="Upgrade it first.")
    await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
    try:
        await connection.execute("SET client_min_messages = warning")
        await connection.execute(LEDGER)
        return [
            migration.name for migration in await _missing(connection, wanted) if await _apply(connection, migration)
        ]
    finally:
        await connection.execute("SELECT pg_advisory_unlock($1)", _LOCK)


async def is_current(connection: AnyConnection) -> bool:
    """Whether the database stands at exactly this version."""
    try:
        return not await _missing(connection, migrations())
    except (asyncpg.UndefinedTableError, MigrationRefused):
        return False


async def _missing(connection: AnyConnection, wanted: tuple[Migration, ...]) -> tuple[Migration, ...]:
    rows = await connection.fetch("SELECT number, name, sha256 FROM public.survey_migration ORDER BY number")
    applied = {row["number"]: row for row in rows}
    if unknown := [row["name"] for number, row in applied.items() if number > len(wanted)]:
        raise MigrationRefused(
            f"The database is newer than this version: it has {', '.join(unknown)}.",
            remedy="Run the version that wrote it, or a later one.",
        )
    for migration in wanted:
        if (row := applied.get(migration.number)) and row["sha256"] != migration.sha256:
            raise MigrationRefused(
                f"{migration.name} is not the file that was applied to this database.",
                remedy="Install a released version; applied migrations never change.",
            )
    return tuple(migration for migration in wanted if migration.number not in applied)


async def _apply(connection: "Connection[Record]", migration: Migration) -> bool:
    async with connection.transaction():
        await connection.execute("SET LOCAL lock_timeout = '5s'")
        await connection.execute("SET LOCAL statement_timeout = '10min'")
        await connection.execute(migration.sql)
        await connection.execute(
            "INSERT INTO public.survey_migration (number, name, sha256) VALUES ($1, $2, $3)",
            migration.number,
            migration.name,
            migration.sha256,
        )
    return True
