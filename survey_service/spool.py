"""The spool: addresses, and those pairs of address and code that are still to go. Outside the database and every backup.

Mode 0700 for directories, 0600 for files. A pair is overwritten on the disk the moment its mail was accepted; a list of
addresses when its round has closed. On SSDs, snapshots and machine images that proves nothing, and the documentation says so.
"""

import fcntl
import os
import secrets
import stat
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from survey_service.domain.codes import InvitationCode
from survey_service.domain.rounds import RoundId
from survey_service.errors import Refusal

RECORD = 1024  # bytes; one length for all, so that no place in the file tells whose it was
_HEADER = 0  # the place of the pile's own record

Mark = Literal["P", "S", "F", "A", "R", "U", "W"]
"""Of a record: P pending; S its mail is on its way; F refused, its code is still to be withdrawn. The rest of the record
is overwritten: A accepted; R refused; U unclear, its code is void; W no longer wanted."""
_OPEN: tuple[Mark, ...] = ("P", "S", "F")


class SpoolFailed(Refusal):
    def __init__(self, path: Path, error: OSError) -> None:
        super().__init__(
            f"The spool fails at {path}: {error.strerror}.",
            remedy="Make room or mend its permissions, then repeat. Nothing was lost, and nothing goes twice.",
        )


class UnsafeSpool(Refusal):
    """Somebody else may read addresses and codes."""


class SpoolBusy(Refusal):
    def __init__(self, round_id: str) -> None:
        super().__init__(
            f"Mail of round {round_id!r} is being sent by another process.",
            remedy="Wait until it is done, then repeat.",
        )


class Recipient(Struct, frozen=True, kw_only=True):
    """A line of the list of addresses. message_ids: of the invitations that went, or may have gone, to this address."""

    address: str
    message_ids: tuple[str, ...] = ()


class Pending(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A mail that is still to go.

    code: None for a reminder. voids, withdraws: hashes, hex, of a code that this one takes the place of: one that may have
    arrived, and one that never left. attempts: passes in which the server said "later".
    """

    address: str
    message_id: str
    code: InvitationCode | None = None
    references: tuple[str, ...] = ()
    voids: str | None = None
    withdraws: str | None = None
    attempts: int = 0


class Label(Struct, frozen=True, kw_only=True):
    """What a pile is of. go: when its mails may leave."""

    kind: Literal["invitation", "reminder"]
    number: int
    go: Literal["no", "opening", "now"] = "no"


class Pile:
    """Mails of one round that are to go, as records of one length in one file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = os.open(path, os.O_RDWR)

    @classmethod
    def write(cls, path: Path, label: Label, pending: Sequence[Pending], settled: Sequence[Mark] = ()) -> None:
        """A new pile, on the disk when this returns; in an order by chance. settled: marks of earlier records."""
        records = [_packed("P", msgspec.json.encode(each)) for each in pending]
        records += [_packed(mark) for mark in settled]
        secrets.SystemRandom().shuffle(records)
        _write_whole(path, b"".join([_packed("P", msgspec.json.encode(label)), *records]))

    @property
    def label(self) -> Label:
        return msgspec.json.decode(self._content(_HEADER)[1], type=Label)

    def relabel(self, label: Label) -> None:
        self._write(_HEADER, _packed("P", msgspec.json.encode(label)))

    def tally(self) -> Counter[Mark]:
        """How many records have which mark."""
        return Counter(self._content(place)[0] for place in self._places())

    def those(self, mark: Mark) -> list[tuple[int, Pending]]:
        """The records with this mark, of those that are open, with their places."""
        found = []
        for place in self._places():
            has, content = self._content(place)
            if has == mark:
                found.append((place, msgspec.json.decode(content, type=Pending)))
        return found

    def settled(self) -> list[Mark]:
        return [mark for place in self._places() if (mark := self._content(place)[0]) not in _OPEN]

    def mark(self, place: int, mark: Mark, pending: Pending) -> None:
        """Marks a record that stays open; on the disk when this returns."""
        self._write(place, _packed(mark, msgspec.json.encode(pending)))

    def settle(self, place: int, mark: Mark) -> None:
        """Overwrites a record; what it held is gone from the file when this returns."""
        self._write(place, _packed(mark))

    def close(self) -> None:
        os.close(self._file)

    def _places(self) -> range:
        return range(1, os.fstat(self._file).st_size // RECORD)

    def _content(self, place: int) -> tuple[Mark, bytes]:
        record = os.pread(self._file, RECORD, place * RECORD)
        return msgspec.convert(chr(record[0]), Mark), record[1:].rstrip(b"\0")

    def _write(self, place: int, record: bytes) -> None:
        try:
            os.pwrite(self._file, record, place * RECORD)
            os.fsync(self._file)
        except OSError as error:
            raise SpoolFailed(self._path, error) from error


class RoundSpool:
    """What lies here of one round, while it is held."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.next = directory / "next"

    def recipients(self) -> list[Recipient]:
        """Sorted by address, so that the file tells no order of sending. Empty where there are none."""
        try:
            return msgspec.json.decode((self._directory / "recipients").read_bytes(), type=list[Recipient])
        except FileNotFoundError:
            return []

    def keep_recipients(self, recipients: Sequence[Recipient]) -> None:
        content = msgspec.json.encode(sorted(recipients, key=lambda each: each.address))
        _write_whole(self._directory / "recipients", content)

    def has(self, kind: Literal["invitation", "reminder"]) -> bool:
        return (self._directory / kind).exists()

    @contextmanager
    def pile(self, kind: Literal["invitation", "reminder"]) -> Iterator[Pile]:
        pile = Pile(self._directory / kind)
        try:
            yield pile
        finally:
            pile.close()

    def lay(self, kind: Literal["invitation", "reminder"], label: Label, pending: Sequence[Pending]) -> None:
        """A pile that needs no adoption."""
        Pile.write(self._directory / kind, label, pending)

    def adopt(self, kind: Literal["invitation", "reminder"]) -> None:
        """Puts the pile that lies at `next` in the place of this one, which is overwritten first."""
        _overwrite(self._directory / kind)  # while it still has its name; `next` is whole, and stands in for it
        self.next.replace(self._directory / kind)
        _sync(self._directory)

    def erase(self, name: Literal["next", "invitation", "reminder"]) -> None:
        """Overwrites and removes a file; does nothing where it is gone."""
        _erase(self._directory / name)
        _sync(self._directory)

    def erase_all(self) -> bool:
        """Whether there was anything."""
        files = [path for path in self._directory.iterdir() if path.name != "lock"]
        for path in files:
            _erase(path)
        _sync(self._directory)
        return bool(files)


class Spool:
    """The spool directory: ``<directory>/<round_id>/…``."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def rounds(self) -> list[RoundId]:
        """Those of which anything lies here."""
        if not self.directory.is_dir():
            return []
        return sorted(
            RoundId(path.name)
            for path in self.directory.iterdir()
            if path.is_dir() and any(each.name != "lock" for each in path.iterdir())
        )

    def check(self) -> None:
        """Whether everything in it is this account's alone. Raises: SpoolFailed, UnsafeSpool."""
        if not self.directory.is_dir():
            return
        try:
            self._check([self.directory, *self.directory.rglob("*")])
        except OSError as error:
            raise SpoolFailed(self.directory, error) from error

    @contextmanager
    def held(self, round_id: RoundId) -> Iterator[RoundSpool]:
        """What lies here of a round, held by one process at a time. Raises: SpoolBusy, SpoolFailed, UnsafeSpool."""
        directory = self.directory / round_id
        try:
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            directory.mkdir(mode=0o700, exist_ok=True)
            self._check([self.directory, directory, *directory.iterdir()])
            lock = os.open(directory / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise SpoolFailed(directory, error) from error
        try:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise SpoolBusy(round_id) from None
            yield RoundSpool(directory)
        except OSError as error:
            raise SpoolFailed(directory, error) from error
        finally:
            os.close(lock)

    def seen(self, round_id: RoundId) -> RoundSpool:
        """The same without holding it, to look at only."""
        return RoundSpool(self.directory / round_id)

    def _check(self, paths: Iterable[Path]) -> None:
        for path in paths:
            status = path.lstat()
            if stat.S_ISLNK(status.st_mode) or status.st_uid != os.geteuid() or status.st_mode & 0o077:
                raise UnsafeSpool(
                    f"{path} is open to others (or a link, or another account's).",
                    remedy=f"Make it yours alone: chown it to this account and `chmod -R go-rwx {self.directory}`.",
                )


def _packed(mark: Mark, content: bytes = b"") -> bytes:
    if len(content) >= RECORD:
        raise ValueError("a record is longer than its place")
    return (mark.encode() + content).ljust(RECORD, b"\0")


def _write_whole(path: Path, content: bytes) -> None:
    """The file as a whole or, after a crash, the one that was there before."""
    draft = path.with_suffix(".draft")
    _erase(draft)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    before = os.open(path, os.O_RDWR) if path.exists() else None
    draft.replace(path)
    _sync(path.parent)
    if before is not None:  # the one that was there before has no name any more; its bytes are still on the disk
        os.pwrite(before, bytes(os.fstat(before).st_size), 0)
        os.fsync(before)
        os.close(before)


def _overwrite(path: Path) -> None:
    if path.is_file():
        with path.open("r+b", buffering=0) as file:
            file.write(bytes(path.stat().st_size))
            os.fsync(file.fileno())


def _erase(path: Path) -> None:
    _overwrite(path)
    path.unlink(missing_ok=True)


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
