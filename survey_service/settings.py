"""The settings, read once into one frozen Struct and passed in."""

import ipaddress
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec import Struct

from survey_service.errors import Refusal

PREFIX = "SURVEY_"
_BESIDE_THE_DATA = Path()


class UnusableSetting(Refusal):
    """A setting that is unknown, unreadable or contradicts another one."""


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How this installation runs. Each member is the environment variable ``SURVEY_<NAME>``.

    database_url: a PostgreSQL server of one's own; None: the embedded one under `data_dir`.
    key_dir: private keys; never inside `data_dir`, never in a backup.
    spool_dir: addresses and what mail is still to go; never inside either of the two, never in a backup.
    base_url: where participants reach the service; links on invitations begin with it.
    trusted_proxies: addresses and networks whose forwarding headers are believed, comma-separated; "*": all.
    metrics_address: host and port of `/metrics`, its own; empty: there is none.
    leave_seconds: for how long a process that was told to stop still answers while its readiness says no.
    log_format: lines for people, or one JSON object a line.
    secret_file: the key under which second factors are encrypted; None: a file in `key_dir`.
    """

    database_url: str | None = None
    data_dir: Path = Path("var/data")
    key_dir: Path = _BESIDE_THE_DATA
    spool_dir: Path = _BESIDE_THE_DATA
    base_url: str = ""
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 1
    smtp_url: str | None = None
    mail_from: str | None = None
    secret_file: Path | None = None
    site_file: Path | None = None
    trusted_proxies: str = ""
    metrics_address: str = ""
    leave_seconds: int = 5
    log_format: Literal["text", "json"] = "text"

    @property
    def metrics_door(self) -> tuple[str, int] | None:
        """Host and port of the metrics; None where there are none."""
        host, _, port = self.metrics_address.rpartition(":")
        return (host.strip("[]"), int(port)) if self.metrics_address else None

    @classmethod
    def read(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """Settings of the environment, over those of the file that ``SURVEY_CONFIG`` names.

        Raises: UnusableSetting, naming the setting and where it stands.
        """
        given: dict[str, Any] = {}
        config = environment.get(PREFIX + "CONFIG")
        if config:
            given |= _file(Path(config))
        known = {name.upper() for name in cls.__struct_fields__}
        for name, value in environment.items():
            if not name.startswith(PREFIX) or name == PREFIX + "CONFIG":
                continue
            if name.removeprefix(PREFIX) not in known:
                raise UnusableSetting(f"{name} is not a setting.", remedy=f"Known: {', '.join(sorted(known))}.")
            if value:
                given[name.removeprefix(PREFIX).lower()] = value
        return _checked(given)


def _file(path: Path) -> dict[str, Any]:
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UnusableSetting(f"The settings file {path} cannot be read: {error}.") from error
    known = Settings.__struct_fields__
    for name in given:
        if name.lower() not in known:
            raise UnusableSetting(f"{path}: {name} is not a setting.", remedy=f"Known: {', '.join(sorted(known))}.")
    return {name.lower(): value for name, value in given.items()}


def _checked(given: dict[str, Any]) -> Settings:
    try:
        settings = msgspec.convert(given, Settings, strict=False, dec_hook=_path)
    except msgspec.ValidationError as error:
        raise _unreadable(error) from error
    _check_ranges(settings)
    data_dir = settings.data_dir.absolute()
    key_dir = settings.key_dir.absolute()
    if settings.key_dir == _BESIDE_THE_DATA:
        key_dir = data_dir.with_name(data_dir.name + "-keys")
    if key_dir.resolve().is_relative_to(data_dir.resolve()):
        raise UnusableSetting(
            f"The key directory {key_dir} lies inside the data directory {data_dir}: a backup would carry the keys.",
            remedy=f"Set {PREFIX}KEY_DIR to a directory outside of it.",
        )
    spool_dir = _spool_dir(settings, data_dir, key_dir)
    if settings.secret_file is not None and settings.secret_file.resolve().is_relative_to(data_dir.resolve()):
        raise UnusableSetting(
            f"{PREFIX}SECRET_FILE lies inside the data directory {data_dir}: a copy of that would open the second factors.",
            remedy="Name a file outside of it.",
        )
    base_url = settings.base_url.rstrip("/") or f"http://{settings.host}:{settings.port}"
    return msgspec.structs.replace(settings, data_dir=data_dir, key_dir=key_dir, spool_dir=spool_dir, base_url=base_url)


def _spool_dir(settings: Settings, data_dir: Path, key_dir: Path) -> Path:
    if settings.spool_dir == _BESIDE_THE_DATA:
        return data_dir.with_name(data_dir.name + "-spool")
    spool_dir = settings.spool_dir.absolute()
    for other in (data_dir, key_dir):
        if spool_dir.resolve().is_relative_to(other.resolve()):
            raise UnusableSetting(
                f"The spool {spool_dir} lies inside {other}: a copy of that would carry addresses and codes.",
                remedy=f"Set {PREFIX}SPOOL_DIR to a directory outside of it.",
            )
    return spool_dir


def _check_ranges(settings: Settings) -> None:
    if not 1 <= settings.port <= 65535:  # noqa: PLR2004 - the range of a TCP port
        raise UnusableSetting(f"{PREFIX}PORT is {settings.port}.", remedy="Give a port from 1 to 65535.")
    if settings.workers < 1:
        raise UnusableSetting(f"{PREFIX}WORKERS is {settings.workers}.", remedy="Give at least 1.")
    if settings.leave_seconds < 0:
        raise UnusableSetting(f"{PREFIX}LEAVE_SECONDS is {settings.leave_seconds}.", remedy="Give 0 or more.")
    _check_addresses(settings)
    if settings.base_url and not settings.base_url.startswith(("http://", "https://")):
        raise UnusableSetting(
            f"{PREFIX}BASE_URL is {settings.base_url!r}.", remedy="Begin it with https:// (or http:// for a trial)."
        )


def _check_addresses(settings: Settings) -> None:
    host, _, port = settings.metrics_address.rpartition(":")
    if settings.metrics_address and (not host or not port.isdecimal() or not 1 <= int(port) <= 65535):  # noqa: PLR2004 - as above
        raise UnusableSetting(
            f"{PREFIX}METRICS_ADDRESS is {settings.metrics_address!r}.", remedy="Write it as 127.0.0.1:9464."
        )
    if settings.metrics_door is not None and settings.metrics_door[1] == settings.port:
        raise UnusableSetting(
            f"{PREFIX}METRICS_ADDRESS has the port of the service, {settings.port}.",
            remedy="Give the metrics a port of their own, which no participant reaches.",
        )
    for proxy in filter(None, map(str.strip, settings.trusted_proxies.split(","))):
        try:
            ipaddress.ip_network(proxy if proxy != "*" else "::/0")
        except ValueError:
            raise UnusableSetting(
                f"{PREFIX}TRUSTED_PROXIES holds {proxy!r}, which is no address and no network.",
                remedy="List addresses (127.0.0.1) and networks (10.0.0.0/8), separated by commas.",
            ) from None


def _unreadable(error: msgspec.ValidationError) -> UnusableSetting:
    """Names the setting and shows one that can be read; never what stands there, which may hold a password."""
    reason, _, place = str(error).partition(" - at `$.")
    name = place.rstrip("`")
    example = getattr(Settings(), name, None)
    return UnusableSetting(
        f"{PREFIX}{name.upper()} cannot be read: {reason}.",
        remedy=f"Such as {PREFIX}{name.upper()}={example}" if example else "",
    )


def _path(kind: type, value: Any) -> Any:
    if kind is Path and isinstance(value, str):
        return Path(value)
    raise TypeError("a path is written as text")
