"""What an erasure removes is gone from the database's files too, and does not wait for something else to take its place."""

import asyncio
from pathlib import Path

import pytest

from survey_service.attack.evidence import files_below, find_all, superuser
from survey_service.domain.rounds import Round
from survey_service.operations.close_round import close_round
from survey_service.operations.erase_round import erase_round
from survey_service.operations.installation import Installation
from survey_service.operations.unseal_round import unseal_round
from survey_service.store import copies
from survey_service.store import rounds as store
from survey_service.store.database import DatabaseUnavailable
from tests.conftest import new_round
from tests.operations.participants import GitHub, take_part

RESPONDENTS = 12


async def test_hashes_of_codes_are_gone_from_tables_indexes_and_statistics(
    installation: Installation, tmp_path: Path
) -> None:
    ended, going_on = await unsealed(installation, tmp_path), await new_round(installation, tmp_path)
    await take_part(installation, going_on, [GitHub] * 3)
    hashes = await hashes_of(installation, ended)
    others = await hashes_of(installation, going_on)
    async with superuser(installation.settings) as connection:
        await connection.execute("ANALYZE")
    assert await left_in_files(installation, hashes) == set(hashes)  # the same search finds them while they are there

    assert (await erase_round(installation, ended.round_id)).state == "erased"

    assert await left_in_files(installation, hashes) == set()
    assert await hashes_of(installation, going_on) == others
    assert await left_in_files(installation, others) == set(others)
    await take_part(installation, going_on, [GitHub])


async def test_a_round_that_a_backup_reads_is_erased_afterwards_and_holds_nobody_up(
    installation: Installation, tmp_path: Path
) -> None:
    ended, going_on = await unsealed(installation, tmp_path), await new_round(installation, tmp_path)
    hashes = await hashes_of(installation, ended)
    async with copies.snapshot(installation.database):
        with pytest.raises(DatabaseUnavailable):
            await erase_round(installation, ended.round_id)
        await take_part(installation, going_on, [GitHub])
    async with installation.database.session("operation") as connection:
        assert (await store.select_round(connection, ended.round_id)).state == "unsealed"  # so the schedule comes back
    assert not installation.keys.has(ended.round_id, "storage")
    await erase_round(installation, ended.round_id)
    assert await left_in_files(installation, hashes) == set()


async def unsealed(installation: Installation, directory: Path) -> Round:
    found = await new_round(installation, directory)
    await take_part(installation, found, [GitHub] * RESPONDENTS)
    await close_round(installation, found.round_id)
    return await unseal_round(installation, found.round_id)


async def hashes_of(installation: Installation, found: Round) -> list[bytes]:
    """Of its codes, and of the messages that redeemed them."""
    async with installation.database.owner() as connection:
        rows = await connection.fetch(
            "SELECT code_hash, blinded_hash FROM invitation WHERE round_id = $1", found.round_id
        )
    return sorted(value for row in rows for value in row.values() if value is not None)


async def left_in_files(installation: Installation, hashes: list[bytes]) -> set[bytes]:
    """Which of these stand in the server's files of tables and indexes."""
    async with superuser(installation.settings) as connection:
        await connection.execute("CHECKPOINT")
    base = installation.settings.data_dir / "postgres" / "cluster" / "base"
    files = await asyncio.to_thread(files_below, base, "base")
    return {
        needle
        for content in files.values()
        if len(content) >= len(hashes[0])
        for _, needle in find_all(content, hashes)
    }
