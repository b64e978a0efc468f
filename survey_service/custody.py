"""The key directory: private keys as files, outside the database, its log and its backups.

Mode 0700 for directories, 0600 for files; each file is written whole and synced before anything relies on it.
A destroyed key is overwritten before it is unlinked. On SSDs, snapshots and machine images that proves nothing, and
the documentation says so.
"""

import contextlib
import ctypes
import os
import resource
import secrets
import stat
import sys
from pathlib import Path
from typing import Literal, NewType

from survey_service.domain.rounds import RoundId
from survey_service.errors import Refusal

TrusteeKey = NewType("TrusteeKey", str)
KeyName = Literal["credential", "sealing", "storage"] | TrusteeKey

_PR_SET_DUMPABLE = 4  # linux/prctl.h


class UnsafeKeyDirectory(Refusal):
    """Somebody else may read or replace the keys."""


class MissingKey(Refusal):
    def __init__(self, round_id: str, name: str, path: Path) -> None:
        super().__init__(
            f"The {name} key of round {round_id!r} is not at {path}.",
            remedy="Put the second copy of the key file back there, or check SURVEY_KEY_DIR. Nothing was changed.",
        )


class KeyDirectoryFailed(Refusal):
    def __init__(self, path: Path, error: OSError) -> None:
        super().__init__(
            f"The key directory fails at {path}: {error.strerror}.",
            remedy="Make room or mend its permissions, then repeat. Nothing was lost.",
        )


class KeyDirectory:
    """Keys by round: ``<directory>/<round_id>/<name>.key``."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def check(self) -> None:
        """Creates the directory where it is missing. Raises: UnsafeKeyDirectory, KeyDirectoryFailed."""
        try:
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            paths = [self._directory, *self._directory.rglob("*")]
            statuses = [(path, path.lstat()) for path in paths]
        except OSError as error:
            raise KeyDirectoryFailed(self._directory, error) from error
        for path, status in statuses:
            if stat.S_ISLNK(status.st_mode) or status.st_uid != os.geteuid() or status.st_mode & 0o077:
                raise UnsafeKeyDirectory(
                    f"{path} is open to others (or a link, or another account's).",
                    remedy=f"Make it yours alone: chown it to this account and `chmod -R go-rwx {self._directory}`.",
                )

    def create(self, round_id: RoundId, name: KeyName, key: bytes) -> None:
        """Writes a key that does not exist yet and syncs it to the disk."""
        path = self.path(round_id, name)
        try:
            path.parent.mkdir(mode=0o700, exist_ok=True)
            draft = path.with_suffix(".draft")
            draft.unlink(missing_ok=True)
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(key)
                file.flush()
                os.fsync(file.fileno())
            path.hardlink_to(draft)  # unlike a rename, this never replaces a key that is there
            draft.unlink()
            _sync(path.parent)
            _sync(path.parent.parent)
        except OSError as error:
            raise KeyDirectoryFailed(path, error) from error

    def read(self, round_id: RoundId, name: KeyName) -> bytes:
        """Raises: MissingKey, KeyDirectoryFailed."""
        path = self.path(round_id, name)
        forbid_core_dumps()
        try:
            return path.read_bytes()
        except FileNotFoundError:
            raise MissingKey(round_id, name, path) from None
        except OSError as error:
            raise KeyDirectoryFailed(path, error) from error

    def has(self, round_id: RoundId, name: KeyName) -> bool:
        return self.path(round_id, name).is_file()

    def has_any(self, round_id: RoundId) -> bool:
        """Whether anything was ever written for a round of this id and is still there."""
        return self.path(round_id, "sealing").parent.exists()

    def rounds(self) -> list[str]:
        """The ids of the rounds of which there is any file."""
        return sorted(path.name for path in self._directory.iterdir() if path.is_dir())

    def destroy(self, round_id: RoundId, name: KeyName) -> None:
        """Overwrites and removes a key; does nothing where it is gone already, or where another process destroys it, too."""
        path = self.path(round_id, name)
        try:
            for file in (path, path.with_suffix(".draft")):
                with contextlib.suppress(FileNotFoundError):
                    _overwrite(file)
                    file.unlink()
            with contextlib.suppress(FileNotFoundError):
                _sync(path.parent)
                if not any(path.parent.iterdir()):
                    path.parent.rmdir()
                    _sync(path.parent.parent)
        except OSError as error:
            raise KeyDirectoryFailed(path, error) from error

    def waiting(self, round_id: RoundId) -> list[TrusteeKey]:
        """The files that hold something of a trustee of this round."""
        files = sorted(self.path(round_id, "sealing").parent.glob("trustee-*.key"))
        return [TrusteeKey(file.stem) for file in files]

    def path(self, round_id: RoundId, name: str) -> Path:
        return self._directory / round_id / f"{name}.key"


def enrolment(place: int) -> TrusteeKey:
    """What a trustee set up before the round's keys are made, by place among the round's trustees."""
    return TrusteeKey(f"trustee-{place}-enrolment")


def gift(place: int) -> TrusteeKey:
    """A share that was given and waits for the others."""
    return TrusteeKey(f"trustee-{place}-gift")


def forbid_core_dumps() -> None:
    """Keeps keys in memory out of core dumps, for the rest of this process."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def _overwrite(path: Path) -> None:
    with path.open("r+b", buffering=0) as file:
        file.write(secrets.token_bytes(path.stat().st_size))
        os.fsync(file.fileno())


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def swap_in_use() -> bool:
    """Whether this machine may write memory to a disk."""
    swaps = Path("/proc/swaps")
    return swaps.is_file() and len(swaps.read_text(encoding="utf-8").splitlines()) > 1
