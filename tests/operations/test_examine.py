"""The doctor on a server somebody has set up their own way."""

from survey_service.attack.evidence import superuser
from survey_service.operations.examine import examine
from survey_service.operations.installation import Installation
from survey_service.store.embedded import EmbeddedPostgres


async def test_a_server_that_logs_statements_is_found_and_told_how_to_be_silent(installation: Installation) -> None:
    role = EmbeddedPostgres(installation.settings.data_dir / "postgres").parameters().user
    async with superuser(installation.settings) as connection:
        await connection.execute(f"ALTER ROLE {role} SET log_min_duration_statement = 0")
    try:
        findings = {finding.name: finding for finding in await examine(installation)}
    finally:
        async with superuser(installation.settings) as connection:
            await connection.execute(f"ALTER ROLE {role} RESET log_min_duration_statement")
    found = findings["log_min_duration_statement"]
    assert not found.is_ok
    assert found.detail == "It is 0. It writes down who did what when. Set it to -1 on the database server."


async def test_sessions_commit_durably_whatever_the_servers_default(installation: Installation) -> None:
    role = EmbeddedPostgres(installation.settings.data_dir / "postgres").parameters().user
    async with superuser(installation.settings) as connection:
        await connection.execute(f"ALTER ROLE {role} SET synchronous_commit = off")
    try:
        async with installation.database.owner() as connection:
            assert await connection.fetchval("SHOW synchronous_commit") == "on"
    finally:
        async with superuser(installation.settings) as connection:
            await connection.execute(f"ALTER ROLE {role} RESET synchronous_commit")
