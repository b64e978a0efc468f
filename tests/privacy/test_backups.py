"""What somebody learns who lays hands on backups, even on a row of them, and what a restore writes to a disk again."""

import asyncio
import shutil
import zipfile
from pathlib import Path

import pytest

from survey_service.attack.attackers import forms
from survey_service.attack.evidence import files_below, find_all, superuser
from survey_service.domain.rounds import Round
from survey_service.operations.back_up import back_up
from survey_service.operations.close_round import close_round
from survey_service.operations.erase_round import erase_round
from survey_service.operations.installation import Installation
from survey_service.operations.manage_accounts import add_account
from survey_service.operations.restore import Wishes, restore
from survey_service.operations.unseal_round import unseal_round
from tests.conftest import migrated, new_round, settings_in
from tests.operations.participants import take_part
from tests.privacy.test_keys import secrets_of

RESPONDENTS = 12


@pytest.fixture
async def answered(installation: Installation, tmp_path: Path) -> Round:
    found = await new_round(installation, tmp_path)
    await take_part(installation, found, [{"witnessed": ("rudeness",)}] * RESPONDENTS)
    return found


async def column(installation: Installation, sql: str, *arguments: object) -> list[bytes]:
    async with installation.database.owner() as connection:
        return [row[0] for row in await connection.fetch(sql, *arguments)]


def parts(backup: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(backup) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


async def test_a_backup_says_nothing_of_the_order_in_which_answers_came(
    installation: Installation, answered: Round, tmp_path: Path
) -> None:
    arrived = await column(
        installation, "SELECT serial FROM ballot WHERE round_id = $1 ORDER BY ctid", answered.round_id
    )
    await back_up(installation, tmp_path / "copy")
    for table in ("ballot", "sealed_response"):
        part = parts(tmp_path / "copy")[f"tables/{table}/{answered.round_id}"]
        in_backup = sorted(arrived, key=part.index)
        assert in_backup == sorted(arrived) != arrived  # the database's own files do tell: that is what is left out


async def test_a_restored_database_has_forgotten_the_order_in_which_answers_came(
    installation: Installation, answered: Round, tmp_path: Path
) -> None:
    await back_up(installation, tmp_path / "copy")
    settings = settings_in(tmp_path / "new")
    await asyncio.to_thread(shutil.copytree, installation.settings.key_dir, settings.key_dir)
    async with migrated(settings) as new:
        await restore(new, tmp_path / "copy", Wishes(keys_gone=True))
        lying = await column(new, "SELECT serial FROM ballot WHERE round_id = $1 ORDER BY ctid", answered.round_id)
    assert lying == sorted(lying)


async def test_two_backups_around_one_participation_do_not_say_whose_code_it_was(
    installation: Installation, answered: Round, tmp_path: Path
) -> None:
    hashes = "SELECT code_hash FROM invitation WHERE round_id = $1 AND blinded_hash IS NOT NULL"
    await back_up(installation, tmp_path / "before")
    redeemed_before = await column(installation, hashes, answered.round_id)
    await take_part(installation, answered, [{"witnessed": ("none",)}])
    await back_up(installation, tmp_path / "after")
    redeemed = set(await column(installation, hashes, answered.round_id)) - set(redeemed_before)
    assert len(redeemed) == 1  # two dumps of the database would tell

    before, after = parts(tmp_path / "before"), parts(tmp_path / "after")
    other = {name for name in before if before[name] != after[name]}
    assert {f"tables/ballot/{answered.round_id}", f"tables/sealed_response/{answered.round_id}"} < other
    bound = "SELECT blinded_hash FROM invitation WHERE round_id = $1 AND blinded_hash IS NOT NULL"
    signed = "SELECT blind_signature FROM invitation WHERE round_id = $1 AND blinded_hash IS NOT NULL"
    needles = await column(installation, bound, answered.round_id) + await column(
        installation, signed, answered.round_id
    )
    assert len(needles) == 2 * (RESPONDENTS + 1)
    assert [name for name, content in after.items() if any(find_all(content, needles))] == []


async def test_a_backup_holds_no_private_key_and_opens_nobodys_session(
    installation: Installation, answered: Round, tmp_path: Path
) -> None:
    await add_account(installation, "backup@example.org", "project-team", "four words without sense")
    tokens = await column(
        installation,
        "INSERT INTO session (token_sha256, email, csrf_secret, language, expires_at, idle_at) VALUES"
        " (sha256('token'), 'backup@example.org', sha256('secret'), 'de', now() + interval '1 day', now()) RETURNING token_sha256",
    )
    secrets = await column(installation, "SELECT csrf_secret FROM session")
    await back_up(installation, tmp_path / "copy")
    content = (tmp_path / "copy").read_bytes()
    needles = [form for secret in secrets_of(installation, answered) for form in forms(secret)] + tokens + secrets
    assert tokens
    assert [needle for _, needle in find_all(content, needles)] == []


async def test_after_an_erasure_no_new_backup_holds_what_was_erased_and_no_old_one_brings_it_back(
    installation: Installation, answered: Round, tmp_path: Path
) -> None:
    await back_up(installation, tmp_path / "open")
    sealed = await column(
        installation, "SELECT substr(sealed, 100, 64) FROM sealed_response WHERE round_id = $1", answered.round_id
    )
    await close_round(installation, answered.round_id)
    assert (await unseal_round(installation, answered.round_id)).analysed == RESPONDENTS
    await back_up(installation, tmp_path / "unsealed")
    blocks = await column(
        installation, "SELECT substr(encrypted, 20, 64) FROM response_block WHERE round_id = $1", answered.round_id
    )
    codes = await column(installation, "SELECT code_hash FROM invitation WHERE round_id = $1", answered.round_id)
    await erase_round(installation, answered.round_id)
    await back_up(installation, tmp_path / "erased")

    def held(name: str, needles: list[bytes]) -> int:
        return len({needle for _, needle in find_all((tmp_path / name).read_bytes(), needles)})

    assert held("open", sealed) == RESPONDENTS  # under a key that is gone
    assert held("unsealed", blocks) == len(blocks) > 0  # likewise
    assert (held("unsealed", sealed), held("erased", sealed), held("erased", blocks + codes)) == (0, 0, 0)

    for name, needles in (("open", sealed), ("unsealed", blocks)):
        settings = settings_in(tmp_path / f"new from {name}")
        await asyncio.to_thread(shutil.copytree, installation.settings.key_dir, settings.key_dir)
        async with migrated(settings) as new:
            await restore(new, tmp_path / name, Wishes(keys_gone=True))
            async with superuser(new.settings) as connection:
                await connection.execute("CHECKPOINT")
            files = await asyncio.to_thread(files_below, settings.data_dir, "new")
        assert [
            place for place, content in files.items() if len(content) >= 64 and any(find_all(content, needles))
        ] == []
