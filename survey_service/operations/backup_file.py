"""Reads a backup and checks it, part by part, before anything relies on it."""

import hashlib
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

import msgspec

from survey_service.domain.backups import FORMAT, Entry, Manifest
from survey_service.errors import Refusal
from survey_service.operations.back_up import MANIFEST, OnPart

_CHUNK = 1 << 20  # bytes


class UnusableBackup(Refusal):
    def __init__(self, path: Path, fault: str) -> None:
        super().__init__(
            f"{path} is no whole backup: {fault}.",
            remedy="Take another copy of it, or an earlier one. Nothing was changed.",
        )


class BackupFile:
    """manifest: what stands in the file. sha256: of the manifest, and so of everything, as `backup` printed it."""

    def __init__(self, path: Path, archive: zipfile.ZipFile) -> None:
        self._path = path
        self._archive = archive
        encoded = archive.read(MANIFEST)
        self.sha256 = hashlib.sha256(encoded).hexdigest()
        self.manifest = msgspec.json.decode(encoded, type=Manifest)

    def open(self, entry: Entry) -> BinaryIO:
        return cast("BinaryIO", self._archive.open(entry.name))

    def check(self, on_part: OnPart) -> None:
        """Compares every part with its hash. Raises: UnusableBackup."""
        if self.manifest.format != FORMAT:
            raise UnusableBackup(self._path, f"it has format {self.manifest.format}, and this version reads {FORMAT}")
        expected = sorted([MANIFEST, *(entry.name for entry in self.manifest.entries)])
        if sorted(self._archive.namelist()) != expected:
            raise UnusableBackup(self._path, "its parts are not those that it names")
        for entry in self.manifest.entries:
            with self.open(entry) as file:
                found = hashlib.sha256()
                while chunk := file.read(_CHUNK):
                    found.update(chunk)
            if found.hexdigest() != entry.sha256:
                raise UnusableBackup(self._path, f"{entry.name} was changed")
            on_part(entry.name)


@contextmanager
def opened_backup(path: Path) -> Iterator[BackupFile]:
    """Raises: UnusableBackup, for whatever is wrong with the file, also later on."""
    try:
        with zipfile.ZipFile(path) as archive:
            yield BackupFile(path, archive)
    except (zipfile.BadZipFile, KeyError, EOFError, NotImplementedError) as error:
        raise UnusableBackup(path, "it is cut off or damaged") from error
    except msgspec.MsgspecError as error:
        raise UnusableBackup(path, "its manifest cannot be read") from error
    except FileNotFoundError as error:
        raise UnusableBackup(path, "there is no such file") from error
    except OSError as error:
        raise UnusableBackup(path, f"it cannot be read ({error.strerror})") from error
