"""Tables as they are copied out for a backup and back in: in an order that says nothing of when a row was written."""

from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import BinaryIO, TypeAlias

from asyncpg import Connection, Record
from msgspec import Struct

from survey_service.domain.backups import (
    COLUMNS_LEFT_OUT,
    PARTS,
    AppliedMigration,
    BackedUpRound,
    Entry,
    Part,
    UndecidedTable,
)
from survey_service.domain.rounds import RoundId
from survey_service.store.database import Database, outage_explained
from survey_service.store.migrate import Migration, migrate
from survey_service.store.statements import statement

Write = Callable[[bytes], Coroutine[None, None, None]]
OwnersConnection: TypeAlias = "Connection[Record]"


class Table(Struct, frozen=True, kw_only=True):
    """columns: those that are copied. key: what rows are sorted by."""

    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    part: Part


@asynccontextmanager
async def snapshot(database: Database) -> AsyncIterator[OwnersConnection]:
    """One moment of the whole database, however long it is looked at."""
    async with database.owner() as connection:
        with outage_explained():
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                await connection.execute(statement("allow_any_length"))
                await connection.execute(statement("hold_codes"))  # before anything is read: the moment begins with it
                yield connection


@asynccontextmanager
async def replacement(database: Database) -> AsyncIterator[OwnersConnection]:
    """One transaction in which a database is made anew: whoever looks meanwhile sees all of the old or all of the new."""
    async with database.owner() as connection:
        with outage_explained():
            async with connection.transaction():
                await connection.execute(statement("allow_any_length"))
                yield connection


async def tables(connection: OwnersConnection) -> tuple[Table, ...]:
    """All tables, each after those it refers to; those in parts come last, when all rounds are known.

    Raises: UndecidedTable.
    """
    found = {row["name"]: row for row in await connection.fetch(statement("list_tables"))}
    ordered: dict[str, Table] = {}
    while len(ordered) < len(found):
        for name, row in found.items():
            if name not in ordered and set(row["refers_to"]) <= set(ordered):
                ordered[name] = _decided(row)
    return tuple(sorted(ordered.values(), key=lambda table: table.part == "by round"))


def _decided(row: Record) -> Table:
    part = PARTS.get(row["name"])
    if part is None:
        raise UndecidedTable(row["name"])
    left_out = COLUMNS_LEFT_OUT.get(row["name"], frozenset())
    return Table(
        name=row["name"],
        columns=tuple(column for column in row["columns"] if column not in left_out),
        key=tuple(row["key"]),
        part=part,
    )


async def copy_out(connection: OwnersConnection, table: Table, round_id: RoundId | None, write: Write) -> int:
    """Gives the rows of a table, or those of one round in it, to `write`, sorted by their key; how many they are."""
    # PostgreSQL copies rows as they lie, which is the order in which they came.
    query = (
        f"SELECT {_listed(table.columns)} FROM survey.{_quoted(table.name)}"  # noqa: S608 - the schema's own names
        f"{'' if round_id is None else ' WHERE round_id = $1'} ORDER BY {_listed(table.key)}"
    )
    arguments = () if round_id is None else (round_id,)
    return _count(await connection.copy_from_query(query, *arguments, output=write, format="binary"))


async def copy_in(connection: OwnersConnection, entry: Entry, file: BinaryIO) -> int:
    if entry.table is None:
        raise ValueError(entry.name)
    return _count(
        await connection.copy_to_table(
            entry.table, schema_name="survey", columns=entry.columns, source=file, format="binary"
        )
    )


async def rounds(connection: OwnersConnection) -> tuple[BackedUpRound, ...]:
    return tuple(BackedUpRound(**dict(row)) for row in await connection.fetch(statement("list_backed_up_rounds")))


async def applied_migrations(connection: OwnersConnection) -> tuple[AppliedMigration, ...]:
    return tuple(AppliedMigration(**dict(row)) for row in await connection.fetch(statement("list_applied_migrations")))


async def count_other_sessions(connection: OwnersConnection) -> int:
    return int(await connection.fetchval(statement("count_other_sessions")))


async def holds_anything(connection: OwnersConnection) -> bool:
    if not await connection.fetchval(statement("has_service_tables")):
        return False
    return bool(await connection.fetchval(statement("holds_anything")))


async def make_anew(connection: OwnersConnection, wanted: tuple[Migration, ...]) -> None:
    """An empty database that stands where the last of these migrations left it."""
    await connection.execute(statement("drop_service_tables"))
    await connection.execute(statement("forget_migrations"))
    await bring_forward(connection, wanted)


async def bring_forward(connection: OwnersConnection, wanted: tuple[Migration, ...] | None = None) -> None:
    await migrate(connection, wanted)
    await connection.execute(statement("allow_any_length"))  # a migration has its own patience


def _count(told: str) -> int:
    return int(told.rpartition(" ")[2])


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(map(_quoted, names))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
