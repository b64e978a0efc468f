"""Settings from the environment and from a file."""

from pathlib import Path

import pytest

from survey_service.settings import Settings, UnusableSetting


def test_without_settings_the_keys_lie_beside_the_data_and_links_begin_with_host_and_port() -> None:
    settings = Settings.read({})
    assert settings.data_dir == Path("var/data").absolute()
    assert settings.key_dir == Path("var/data-keys").absolute()
    assert settings.base_url == "http://127.0.0.1:8000"


def test_the_environment_comes_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "survey.toml"
    file.write_text(f'data_dir = "{tmp_path}/here"\nport = 9000\n', encoding="utf-8")
    settings = Settings.read({"SURVEY_CONFIG": str(file), "SURVEY_PORT": "9001", "PATH": "/bin"})
    assert (settings.data_dir, settings.port) == (tmp_path / "here", 9001)


def test_a_base_url_is_kept_without_its_last_slash() -> None:
    assert Settings.read({"SURVEY_BASE_URL": "https://survey.example/"}).base_url == "https://survey.example"


@pytest.mark.parametrize(
    ("environment", "reason"),
    [
        ({"SURVEY_PROT": "80"}, "SURVEY_PROT is not a setting. Known: BASE_URL, DATABASE_URL"),
        ({"SURVEY_PORT": "eighty"}, "SURVEY_PORT cannot be read: .* Such as SURVEY_PORT=8000"),
        ({"SURVEY_PORT": "0"}, "Give a port from 1 to 65535"),
        ({"SURVEY_WORKERS": "0"}, "Give at least 1"),
        ({"SURVEY_BASE_URL": "survey.example"}, "Begin it with https://"),
        ({"SURVEY_METRICS_ADDRESS": "9464"}, "Write it as 127.0.0.1:9464"),
        ({"SURVEY_METRICS_ADDRESS": "[::1]:99999"}, "Write it as 127.0.0.1:9464"),
        ({"SURVEY_METRICS_ADDRESS": "127.0.0.1:8000"}, "Give the metrics a port of their own"),
        ({"SURVEY_LEAVE_SECONDS": "-1"}, "Give 0 or more"),
        ({"SURVEY_LOG_FORMAT": "xml"}, "SURVEY_LOG_FORMAT cannot be read: .* Such as SURVEY_LOG_FORMAT=text"),
        ({"SURVEY_TRUSTED_PROXIES": "127.0.0.1, proxy"}, "holds 'proxy', which is no address and no network"),
        ({"SURVEY_DATA_DIR": "data", "SURVEY_KEY_DIR": "data/../data/keys"}, "a backup would carry the keys"),
        ({"SURVEY_CONFIG": "nowhere.toml"}, "The settings file nowhere.toml cannot be read"),
    ],
)
def test_an_unusable_setting_stops_the_start_with_its_remedy(environment: dict[str, str], reason: str) -> None:
    with pytest.raises(UnusableSetting, match=reason):
        Settings.read(environment)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("colour = 1", "colour is not a setting"),
        ("data_dir = 5", "SURVEY_DATA_DIR cannot be read: a path is written as text"),
        ("port = [1]", "SURVEY_PORT cannot be read"),
        ("port = ", "cannot be read"),
    ],
)
def test_an_unusable_file_stops_the_start(tmp_path: Path, line: str, reason: str) -> None:
    file = tmp_path / "survey.toml"
    file.write_text(line + "\n", encoding="utf-8")
    with pytest.raises(UnusableSetting, match=reason):
        Settings.read({"SURVEY_CONFIG": str(file)})


@pytest.mark.parametrize("proxies", ["127.0.0.1", "10.0.0.0/8, 2001:db8::/32", "*"])
def test_proxies_are_addresses_or_networks(proxies: str) -> None:
    assert Settings.read({"SURVEY_TRUSTED_PROXIES": proxies}).trusted_proxies == proxies


def test_the_door_of_the_metrics_is_a_host_and_a_port() -> None:
    assert Settings.read({}).metrics_door is None
    assert Settings.read({"SURVEY_METRICS_ADDRESS": "10.0.0.7:9464"}).metrics_door == ("10.0.0.7", 9464)
    assert Settings.read({"SURVEY_METRICS_ADDRESS": "[::1]:9464"}).metrics_door == ("::1", 9464)
