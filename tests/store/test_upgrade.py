"""A database that an earlier version has filled is brought forward with everything in it, and the rounds go on.

The rows are those of real rounds; what an earlier version did not know of yet is left out, as it would have been.
"""

import asyncio
import io
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from asyncpg import Connection, Record
from msgspec import Struct

from survey_service.domain.rounds import Round
from survey_service.operations.close_round import close_round
from survey_service.operations.installation import Installation, opened
from survey_service.operations.invite import invite
from survey_service.operations.recount import recount
from survey_service.operations.release_tables import read_ledger, release_tables
from survey_service.operations.unseal_round import unseal_round
from survey_service.store import copies
from survey_service.store.migrate import migrate, migrations
from survey_service.store.statements import statement
from tests.conftest import migrated, new_round, settings_in
from tests.operations.participants import GitHub, take_part

BEFORE = 12  # who take part before the upgrade
AFTER = 3
UNUSED = 5  # codes

EARLIER = range(1, len(migrations()))
"""By how many migrations an earlier version had: every one of them."""


class Grown(Struct, frozen=True, kw_only=True):
    """An installation with rounds in every stage, and their keys as they were."""

    installation: Installation
    keys: Path
    open: Round
    closed: Round
    unsealed: Round
    released: Round


@pytest.fixture(scope="module")
async def grown(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Grown]:
    home = tmp_path_factory.mktemp("grown")
    async with migrated(settings_in(home)) as installation:
        rounds = [await new_round(installation, home) for _ in range(4)]
        for found in rounds:
            await take_part(installation, found, [GitHub] * BEFORE)
        await invite(installation, rounds[0].round_id, UNUSED)
        for found in rounds[1:]:
            await close_round(installation, found.round_id)
        for found in rounds[2:]:
            await unseal_round(installation, found.round_id)
        await release_tables(installation, rounds[3].round_id)
        await asyncio.to_thread(shutil.copytree, installation.settings.key_dir, home / "keys")
        yield Grown(
            installation=installation,
            keys=home / "keys",
            open=rounds[0],
            closed=rounds[1],
            unsealed=rounds[2],
            released=rounds[3],
        )


@pytest.fixture(scope="module")
async def other(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Installation]:
    """Where the earlier version's database is made."""
    async with opened(settings_in(tmp_path_factory.mktemp("upgraded"))) as installation:
        yield installation


async def columns(connection: "Connection[Record]") -> dict[str, list[str]]:
    return {row["name"]: list(row["columns"]) for row in await connection.fetch(statement("list_tables"))}


async def as_of(count: int, grown: Grown, other: Installation) -> dict[str, list[str]]:
    """Leaves the rows of `grown` in a database of so many migrations; returns what was copied, by table."""
    copied: dict[str, list[str]] = {}
    await asyncio.to_thread(shutil.rmtree, other.settings.key_dir)
    await asyncio.to_thread(shutil.copytree, grown.keys, other.settings.key_dir)
    async with grown.installation.database.owner() as source, copies.replacement(other.database) as target:
        await copies.make_anew(target, migrations()[:count])
        known = await columns(source)
        wanted = await columns(target)
        for table in await copies.tables(target):
            if table.name == "sealed_response":
                for found in await target.fetch("SELECT round_id FROM survey.round ORDER BY number"):
                    await target.execute("SELECT survey.prepare_ballot_box($1)", found["round_id"])
            copied[table.name] = [column for column in wanted[table.name] if column in known.get(table.name, [])]
            await copy(source, target, table.name, copied[table.name])
        await target.execute("SELECT setval(pg_get_serial_sequence('survey.round', 'number'), 100)")
    return copied


async def copy(source: "Connection[Record]", target: "Connection[Record]", table: str, names: list[str]) -> None:
    rows = io.BytesIO()
    listed = ", ".join(names)
    await source.copy_from_query(f"SELECT {listed} FROM survey.{table}", output=rows, format="binary")
    rows.seek(0)
    await target.copy_to_table(table, schema_name="survey", columns=names, source=rows, format="binary")


async def contents(installation: Installation, table: str, names: list[str]) -> list[tuple[object, ...]]:
    async with installation.database.owner() as connection:
        rows = await connection.fetch(f"SELECT {', '.join(names)} FROM survey.{table} ORDER BY 1, 2")
    return [tuple(row.values()) for row in rows]


@pytest.mark.parametrize("count", EARLIER)
async def test_nothing_that_an_earlier_version_kept_is_lost_or_changed(
    grown: Grown, other: Installation, count: int
) -> None:
    copied = await as_of(count, grown, other)

    async with other.database.owner() as connection:
        applied = await migrate(connection)

    assert len(applied) == len(migrations()) - count
    for table in ("survey", "round", "invitation", "ballot", "sealed_response", "response_block", "release"):
        assert await contents(other, table, copied[table]) == await contents(
            grown.installation, table, copied[table]
        ), table
    assert (await read_ledger(other)).broken_at is None


@pytest.mark.parametrize("count", [EARLIER[0], EARLIER[-1]])
async def test_rounds_go_on_after_an_upgrade_from_where_each_of_them_stood(
    grown: Grown, other: Installation, count: int
) -> None:
    await as_of(count, grown, other)
    async with other.database.owner() as connection:
        await migrate(connection)

    await take_part(other, grown.open, [GitHub] * AFTER)
    await close_round(other, grown.open.round_id)
    assert (await recount(other, grown.open.round_id)).sound
    assert (await unseal_round(other, grown.open.round_id)).analysed == BEFORE + AFTER
    assert (await unseal_round(other, grown.closed.round_id)).analysed == BEFORE
    for found in (grown.open, grown.closed, grown.unsealed):
        document = await release_tables(other, found.round_id)
        assert document.analysed == (BEFORE + AFTER if found is grown.open else BEFORE)
    ledger = await read_ledger(other)
    assert (len(ledger.entries), ledger.broken_at) == (4, None)
