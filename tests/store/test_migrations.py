"""Migrations and named statements against the real database."""

import asyncio
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from survey_service.operations.installation import Installation, opened
from survey_service.store.database import DatabaseNotMigrated
from survey_service.store.embedded import EmbeddedPostgres
from survey_service.store.migrate import Migration, MigrationRefused, is_current, migrate, migrations
from survey_service.store.postgres_programs import postgres_programs
from survey_service.store.statements import statements
from tests.conftest import settings_in

GOLDEN = Path(__file__).with_name("schema.sql")


@pytest.fixture
async def empty(tmp_path: Path) -> AsyncIterator[Installation]:
    """An installation whose database nobody has migrated."""
    async with opened(settings_in(tmp_path)) as installation:
        yield installation


async def test_every_named_statement_prepares(installation: Installation) -> None:
    async with installation.database.owner() as connection:
        for name, sql in statements().items():
            try:
                await connection.prepare(sql)
            except asyncpg.PostgresError as error:
                pytest.fail(f"{name}: {error}")


def test_every_named_statement_is_used() -> None:
    package = Path(__file__).parents[2] / "survey_service"
    code = "".join(path.read_text(encoding="utf-8") for path in package.rglob("*.py"))
    assert [name for name in statements() if f'"{name}"' not in code] == []


async def test_the_migrated_database_has_the_golden_schema(installation: Installation) -> None:
    written = await asyncio.to_thread(schema_of, installation.settings.data_dir / "postgres")
    assert written == await asyncio.to_thread(GOLDEN.read_text, encoding="utf-8"), (
        "the migrations lead elsewhere than tests/store/schema.sql: if that is meant, write the new schema there"
    )


async def test_a_migrated_database_is_current_and_migrating_again_does_nothing(empty: Installation) -> None:
    async with empty.database.owner() as connection:
        assert not await is_current(connection)
        assert await migrate(connection) == [migration.name for migration in migrations()]
        assert await is_current(connection)
        assert await migrate(connection) == []


async def test_of_two_racing_runners_one_applies_and_the_other_finds_nothing_to_do(empty: Installation) -> None:
    async with empty.database.owner() as one, empty.database.owner() as other:
        applied = await asyncio.gather(migrate(one), migrate(other))
    assert sorted(map(len, applied)) == [0, len(migrations())]


async def test_a_migration_that_fails_leaves_nothing_behind_and_gives_the_lock_back(empty: Installation) -> None:
    first, *_ = migrations()
    broken = Migration(number=2, name="0002_broken.sql", sql="CREATE TABLE survey.half (a int); SELECT 1/0")
    async with empty.database.owner() as connection:
        with pytest.raises(asyncpg.DivisionByZeroError):
            await migrate(connection, (first, broken))
        assert await connection.fetchval("SELECT to_regclass('survey.half')") is None
        assert await connection.fetchval("SELECT count(*) FROM public.survey_migration") == 1
    async with empty.database.owner() as next_one:
        assert await asyncio.wait_for(migrate(next_one, (first,)), timeout=10) == []


async def test_a_database_of_a_newer_version_is_refused(empty: Installation) -> None:
    later = Migration(number=len(migrations()) + 1, name="9999_later.sql", sql="SELECT 1")
    async with empty.database.owner() as connection:
        await migrate(connection, (*migrations(), later))
        with pytest.raises(MigrationRefused, match=r"newer than this version.*9999_later\.sql"):
            await migrate(connection)
        assert not await is_current(connection)


async def test_a_migration_that_was_changed_after_it_was_applied_is_refused(empty: Installation) -> None:
    (first, *others) = migrations()
    changed = Migration(number=1, name=first.name, sql=first.sql + "\n-- changed")
    async with empty.database.owner() as connection:
        await migrate(connection)
        with pytest.raises(MigrationRefused, match="not the file that was applied"):
            await migrate(connection, (changed, *others))


async def test_a_database_nobody_migrated_is_a_refusal_with_its_remedy(empty: Installation) -> None:
    with pytest.raises(DatabaseNotMigrated, match="survey-service migrate"):
        async with empty.database.session("operation"):
            pass


def schema_of(directory: Path) -> str:
    """The schema as pg_dump writes it, without what its version adds."""
    server = EmbeddedPostgres(directory).parameters()
    dumped = subprocess.run(
        [
            postgres_programs() / "pg_dump",
            *("--schema-only", "--schema=survey", "--no-owner", "--exclude-table=survey.sealed_response_*"),
            *("--host", server.host, "--port", str(server.port), "--username", server.user, server.database),
        ],
        env={"PGPASSWORD": server.password},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    told = ("--", "SET ", "SELECT pg_catalog", "\\")
    kept = [line for line in dumped.splitlines() if line and not line.startswith(told)]
    return "\n".join(kept) + "\n"
