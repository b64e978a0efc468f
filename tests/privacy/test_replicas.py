"""What ends in one key directory ends in every other: replicas with copied key directories, on one database."""

import shutil
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from survey_service.attack.attackers import forms
from survey_service.domain.rounds import GRACE, Round
from survey_service.operations.close_round import close_round
from survey_service.operations.erase_round import erase_round
from survey_service.operations.examine import examine
from survey_service.operations.installation import Installation
from survey_service.operations.read_audit_log import read_audit_log
from survey_service.operations.run_schedule import run_due
from survey_service.operations.tidy_keys import ended_keys, tidy_keys
from survey_service.operations.unseal_round import unseal_round
from survey_service.store import schedule
from tests.conftest import migrated, new_round, set_times, settings_in
from tests.operations.participants import GitHub, take_part

RESPONDENTS = 12
ALL = ("credential", "sealing", "storage")


@pytest.fixture(scope="module")
async def replicas(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Installation, Installation]]:
    """Two, the second without the keys of any round."""
    directory = tmp_path_factory.mktemp("replicas")
    async with migrated(settings_in(directory)) as one:
        yield one, Installation(msgspec.structs.replace(one.settings, key_dir=directory / "other-keys"), one.database)


@pytest.fixture(autouse=True)
async def tidy(replicas: tuple[Installation, Installation]) -> None:
    """What the tests before have left."""
    for replica in replicas:
        replica.keys.check()
        await tidy_keys(replica)


def copy_keys(one: Installation, other: Installation) -> None:
    shutil.copytree(one.settings.key_dir, other.settings.key_dir, dirs_exist_ok=True)
    other.keys.check()


def held(replica: Installation, found: Round) -> list[str]:
    return [name for name in ALL if replica.keys.has(found.round_id, name)]


def contents(replica: Installation) -> bytes:
    return b"".join(path.read_bytes() for path in replica.settings.key_dir.rglob("*") if path.is_file())


async def test_each_stage_ends_its_keys_on_every_replica(
    replicas: tuple[Installation, Installation], tmp_path: Path
) -> None:
    one, other = replicas
    found = await new_round(one, tmp_path)
    copy_keys(one, other)
    secrets = {name: one.keys.read(found.round_id, name) for name in ("credential", "sealing")}
    await take_part(one, found, [GitHub] * RESPONDENTS)
    assert await tidy_keys(other) == []
    assert held(other, found) == ["credential", "sealing"]

    await close_round(one, found.round_id)
    assert await tidy_keys(other) == [f"{found.round_id} rid of 1 keys"]
    assert held(other, found) == ["sealing"]

    await unseal_round(one, found.round_id)
    secrets["storage"] = one.keys.read(found.round_id, "storage")
    other.keys.create(found.round_id, "storage", secrets["storage"])
    await tidy_keys(other)
    assert (held(one, found), held(other, found)) == (["storage"], ["storage"])

    await erase_round(one, found.round_id)
    await tidy_keys(other)
    for replica in replicas:
        assert held(replica, found) == []
        left = contents(replica)
        assert not [form for secret in secrets.values() for form in forms(secret) if form in left]
        assert await tidy_keys(replica) == []
    told = [
        entry
        for entry in (await read_audit_log(one)).entries
        if entry.deed == "keys-destroyed" and entry.facts["round_id"] == found.round_id
    ]
    assert [entry.facts for entry in told] == [{"round_id": found.round_id, "count": 1}] * 3


async def test_a_replica_tidies_even_while_another_one_acts_for_the_rounds(
    replicas: tuple[Installation, Installation], tmp_path: Path
) -> None:
    one, other = replicas
    found = await new_round(one, tmp_path)
    copy_keys(one, other)
    await close_round(one, found.round_id)
    async with one.database.session("operation") as connection:
        assert await schedule.take_schedule(connection)
        assert await run_due(other) == [f"{found.round_id} rid of 1 keys"]
        await schedule.leave_schedule(connection)
    assert held(other, found) == ["sealing"]


async def test_a_round_that_is_opened_but_not_unsealed_keeps_its_sealing_key_everywhere(
    replicas: tuple[Installation, Installation], tmp_path: Path
) -> None:
    one, other = replicas
    found = await new_round(one, tmp_path)
    copy_keys(one, other)
    await take_part(one, found, [GitHub] * RESPONDENTS)

    await close_round(one, found.round_id)

    class Crash(Exception):
        pass

    def crash(step: str) -> None:
        if step == "responses written":
            raise Crash

    with pytest.raises(Crash):
        await unseal_round(one, found.round_id, crash)
    await tidy_keys(one)
    await tidy_keys(other)
    assert (held(one, found), held(other, found)) == (["sealing", "storage"], ["sealing"])


async def test_a_key_that_cannot_be_destroyed_holds_no_other_round_up(
    replicas: tuple[Installation, Installation], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    one, _ = replicas
    stuck, running = await new_round(one, tmp_path), await new_round(one, tmp_path)
    await take_part(one, stuck, [GitHub] * RESPONDENTS)
    await close_round(one, stuck.round_id)
    await unseal_round(one, stuck.round_id)
    in_the_way = one.keys.path(stuck.round_id, "trustee-0-gift")
    in_the_way.mkdir(mode=0o700)  # nothing that can be overwritten, whoever tries
    await set_times(one, running.round_id, opens=timedelta(days=-14), closes=-GRACE - timedelta(minutes=1))
    assert f"{running.round_id} closed" in await run_due(one)
    assert "keys that are needed no more stay" in caplog.text
    in_the_way.rmdir()


async def test_an_erasure_on_a_replica_that_never_had_the_key_says_so_and_the_key_goes_where_it_lies(
    replicas: tuple[Installation, Installation], tmp_path: Path
) -> None:
    one, other = replicas
    found = await new_round(one, tmp_path)
    await take_part(one, found, [GitHub] * RESPONDENTS)
    await close_round(one, found.round_id)
    await unseal_round(one, found.round_id)
    assert (await erase_round(other, found.round_id)).state == "erased"
    assert (await read_audit_log(one)).entries[-1].deed == "erased-without-key"
    (old,) = [finding for finding in await examine(one) if finding.name == "old keys"]
    assert not old.is_ok
    assert f"{found.round_id} (storage)" in old.detail
    await run_due(one)
    assert held(one, found) == []
    assert all(finding.is_ok for finding in await examine(one) if finding.name == "old keys")


async def test_keys_of_rounds_that_the_database_does_not_know_or_that_still_run_stay(
    replicas: tuple[Installation, Installation], tmp_path: Path
) -> None:
    one, _ = replicas
    running, coming = await new_round(one, tmp_path), await new_round(one, tmp_path, opens_in=3600)
    one.settings.key_dir.joinpath("being-made").mkdir(mode=0o700)
    one.settings.key_dir.joinpath("being-made", "sealing.key").touch(mode=0o600)
    await set_times(
        one, running.round_id, opens=timedelta(days=-14), closes=timedelta(minutes=-5)
    )  # in its last minutes
    assert await ended_keys(one) == {}
    assert (held(one, running), held(one, coming)) == (["credential", "sealing"], ["credential", "sealing"])
