"""The doctor on a server somebody has set up their own way."""

from pathlib import Path

from survey_service.attack.evidence import superuser
from survey_service.operations.examine import examine
from survey_service.operations.installation import Installation
from survey_service.operations.readiness import readiness
from survey_service.store.embedded import EmbeddedPostgres
from tests.conftest import migrated, new_round, settings_in


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


async def test_a_replica_without_the_keys_of_the_unsealing_takes_answers_and_the_doctor_misses_them(
    tmp_path: Path,
) -> None:
    async with migrated(settings_in(tmp_path)) as installation:
        found = await new_round(installation, tmp_path)
        assert all(finding.is_ok for finding in await readiness(installation))

        installation.keys.path(found.round_id, "sealing").unlink()
        assert all(finding.is_ok for finding in await readiness(installation))
        (missing,) = [finding for finding in await examine(installation) if finding.name == "later keys"]
        assert f"{found.round_id} (sealing)" in missing.detail

        later = await new_round(installation, tmp_path, opens_in=7200)
        soon = await new_round(installation, tmp_path, opens_in=1800)
        for each in (found, later, soon):
            installation.keys.path(each.round_id, "credential").unlink()
        (missing,) = [finding for finding in await readiness(installation) if not finding.is_ok]
        assert f"{found.round_id} (credential)" in missing.detail
        assert f"{soon.round_id} (credential)" in missing.detail
        assert later.round_id not in missing.detail  # it keeps nobody from taking answers of others
        (missing,) = [finding for finding in await examine(installation) if finding.name == "later keys"]
        assert f"{later.round_id} (credential)" in missing.detail
