"""Writes a backup: one file with the database as it stands at one moment, and the site's files. Never a private key.

The file is a ZIP archive without compression: `manifest.json` says what is in it, with the SHA-256 of each part; tables
are PostgreSQL's binary copies, those that belong to rounds in a part for each round, sorted by their keys. So a backup
says of a ballot box what is in it, and not in which order it came.
"""

import asyncio
import hashlib
import os
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Self

import msgspec
from msgspec import Struct

from survey_service.domain.backups import FORMAT, Entry, Manifest, Part
from survey_service.domain.rounds import RoundId
from survey_service.errors import Refusal
from survey_service.operations.installation import Installation
from survey_service.operations.read_site import read_site
from survey_service.settings import Settings
from survey_service.store import audit_log, copies
from survey_service.store import rounds as store

MANIFEST = "manifest.json"
_BEFORE_ALL_TIMES = (1980, 1, 1, 0, 0, 0)  # of the parts; the earliest that ZIP knows

OnPart = Callable[[str], None]
"""Told of each part that is done, by its name: shows progress."""


class BackupNotWritten(Refusal):
    def __init__(self, path: Path, error: OSError) -> None:
        super().__init__(
            f"The backup {path} cannot be written: {error.strerror}.",
            remedy="Name a new file in a directory of yours with room for the whole database. Nothing was left there.",
        )


class BackupBesideTheKeys(Refusal):
    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} lies in the data directory or beside the keys.",
            remedy="A backup has to outlive both, and must never travel with the keys. Name a place elsewhere.",
        )


class WrittenBackup(Struct, frozen=True, kw_only=True):
    """sha256: of the manifest, and so of everything."""

    path: str
    size: int
    made_at: datetime
    rounds: int
    sha256: str


async def back_up(installation: Installation, path: Path, on_part: OnPart = lambda _: None) -> WrittenBackup:
    """Raises: BackupNotWritten, BackupBesideTheKeys, UndecidedTable, UnusableSite."""
    path = await asyncio.to_thread(path.absolute)
    _check_place(installation.settings, path)
    unfinished = path.with_name(path.name + ".unfinished")
    try:
        # Nothing stands under the wanted name before it is whole.
        with os.fdopen(os.open(unfinished, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600), "w+b") as file:
            manifest, rounds = await _write(installation, file, on_part)
            file.flush()
            os.fsync(file.fileno())
            size = file.seek(0, os.SEEK_END)
        path.hardlink_to(unfinished)
    except OSError as error:
        raise BackupNotWritten(path, error) from error
    finally:
        unfinished.unlink(missing_ok=True)
    encoded = msgspec.json.encode(manifest)
    sha256 = hashlib.sha256(encoded).hexdigest()
    async with installation.database.session("operation") as connection, connection.transaction():
        await audit_log.append(connection, installation.actor, "backup-written", sha256=sha256)
    return WrittenBackup(path=str(path), size=size, made_at=manifest.made_at, rounds=rounds, sha256=sha256)


def _check_place(settings: Settings, path: Path) -> None:
    if any(path.resolve().is_relative_to(place.resolve()) for place in (settings.key_dir, settings.data_dir)):
        raise BackupBesideTheKeys(path)
    if path.exists():
        raise BackupNotWritten(path, FileExistsError(0, "there is a file of this name"))


async def _write(installation: Installation, file: IO[bytes], on_part: OnPart) -> tuple[Manifest, int]:
    entries: list[Entry] = []
    with zipfile.ZipFile(file, "w") as archive:
        async with copies.snapshot(installation.database) as connection:
            made_at = await store.read_clock(connection)
            migrations = await copies.applied_migrations(connection)
            round_ids = [found.round_id for found in await copies.rounds(connection)]
            for table in await copies.tables(connection):
                for round_id in _parts(table.part, round_ids):
                    name = f"tables/{table.name}" if round_id is None else f"tables/{table.name}/{round_id}"
                    with _Part(archive, name) as part:
                        rows = await copies.copy_out(connection, table, round_id, part.write)
                    entries.append(
                        part.entry(table=table.name, columns=table.columns, round_id=round_id, rows=rows),
                    )
                    on_part(name)
        site_file = installation.settings.site_file
        for path in site_files(site_file):
            with _Part(archive, f"site/{path.name}") as part:
                await part.write(path.read_bytes())
            entries.append(part.entry())
        manifest = Manifest(
            format=FORMAT,
            made_at=made_at.astimezone(UTC).replace(microsecond=0),
            migrations=migrations,
            entries=tuple(entries),
            site_file=None if site_file is None else site_file.name,
        )
        archive.writestr(zipfile.ZipInfo(MANIFEST, _BEFORE_ALL_TIMES), msgspec.json.encode(manifest))
    return manifest, len(round_ids)


def _parts(part: Part, round_ids: list[RoundId]) -> list[RoundId | None]:
    match part:
        case "whole":
            return [None]
        case "by round":
            return list(round_ids)
        case "left out":
            return []


def site_files(site_file: Path | None) -> tuple[Path, ...]:
    """The site file, checked, and the logo that it names. Raises: UnusableSite."""
    if site_file is None:
        return ()
    logo = read_site(site_file).site.logo
    return (site_file,) if logo is None else (site_file, site_file.parent / logo)


class _Part:
    """A part of the archive while it is written, hashed on the way."""

    def __init__(self, archive: zipfile.ZipFile, name: str) -> None:
        self._name = name
        self._size = 0
        self._hash = hashlib.sha256()
        self._file = archive.open(zipfile.ZipInfo(name, _BEFORE_ALL_TIMES), "w", force_zip64=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    async def write(self, data: bytes) -> None:
        self._file.write(data)
        self._hash.update(data)
        self._size += len(data)

    def entry(
        self,
        *,
        table: str | None = None,
        columns: tuple[str, ...] = (),
        round_id: RoundId | None = None,
        rows: int = 0,
    ) -> Entry:
        return Entry(
            name=self._name,
            size=self._size,
            sha256=self._hash.hexdigest(),
            table=table,
            columns=columns,
            round_id=round_id,
            rows=rows,
        )
