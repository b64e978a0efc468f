"""The key of the second factors: outside of the database, and of nobody else's."""

import os
import stat
from pathlib import Path

import msgspec
import pytest

from survey_service.settings import Settings, UnusableSetting
from survey_service.team_key import FEWEST_BYTES, SecondFactorUnreadable, TeamKey, UnusableTeamKey

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.read({"SURVEY_DATA_DIR": str(tmp_path / "data")})


def test_without_a_setting_the_key_is_made_in_the_key_directory_when_it_is_needed(settings: Settings) -> None:
    TeamKey(settings).check()
    path = settings.key_dir / "team.key"
    assert not path.exists()
    sealed = TeamKey(settings).seal("kim@example.org", SECRET)
    assert (stat.S_IMODE(path.stat().st_mode), len(path.read_bytes())) == (0o600, FEWEST_BYTES)
    assert [file.name for file in settings.key_dir.iterdir()] == ["team.key"]
    assert TeamKey(settings).open("kim@example.org", sealed) == SECRET
    assert SECRET.encode() not in sealed


def test_the_same_secret_is_sealed_differently_each_time(settings: Settings) -> None:
    key = TeamKey(settings)
    assert key.seal("kim@example.org", SECRET) != key.seal("kim@example.org", SECRET)


def test_what_was_sealed_for_one_account_or_under_one_key_opens_for_no_other(
    settings: Settings, tmp_path: Path
) -> None:
    sealed = TeamKey(settings).seal("kim@example.org", SECRET)
    with pytest.raises(SecondFactorUnreadable, match="team reset-2fa ada"):
        TeamKey(settings).open("ada@example.org", sealed)
    changed = bytes([*sealed[:-1], sealed[-1] ^ 1])
    with pytest.raises(SecondFactorUnreadable):
        TeamKey(settings).open("kim@example.org", changed)
    other = named(settings, tmp_path / "other.key")
    with pytest.raises(SecondFactorUnreadable):
        TeamKey(other).open("kim@example.org", sealed)


def test_a_file_that_is_named_is_never_made_and_has_to_be_ones_own(settings: Settings, tmp_path: Path) -> None:
    key = TeamKey(msgspec.structs.replace(settings, secret_file=tmp_path / "missing.key"))
    with pytest.raises(UnusableTeamKey, match="No such file"):
        key.check()
    with pytest.raises(UnusableTeamKey):
        key.seal("kim@example.org", SECRET)
    path = tmp_path / "secret.key"
    key = TeamKey(named(settings, path))
    key.check()
    path.chmod(0o640)
    with pytest.raises(UnusableTeamKey, match="open to others"):
        key.check()
    path.chmod(0o600)
    path.write_bytes(os.urandom(FEWEST_BYTES - 1))
    with pytest.raises(UnusableTeamKey, match="needs 32"):
        key.check()


def test_a_key_beside_the_data_is_refused_for_a_copy_of_the_data_would_carry_it(tmp_path: Path) -> None:
    with pytest.raises(UnusableSetting, match="SECRET_FILE lies inside"):
        Settings.read(
            {"SURVEY_DATA_DIR": str(tmp_path / "data"), "SURVEY_SECRET_FILE": str(tmp_path / "data" / "secret")}
        )


def named(settings: Settings, path: Path) -> Settings:
    path.write_bytes(os.urandom(FEWEST_BYTES))
    path.chmod(0o600)
    return msgspec.structs.replace(settings, secret_file=path)
