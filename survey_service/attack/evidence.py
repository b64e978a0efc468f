"""What an administrator with every right on the machine can lay hands on, gathered in one place for the attackers."""

import asyncio
import json
import re
import subprocess
import zipfile
from collections.abc import AsyncIterator, Collection, Iterable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from survey_service.operations.back_up import back_up
from survey_service.operations.installation import Installation
from survey_service.settings import Settings
from survey_service.store.embedded import SUPERUSER, EmbeddedPostgres, Passwords
from survey_service.store.postgres_programs import postgres_programs

# Every ordinary, TOAST and system table: whatever has rows.
RELATIONS = """
SELECT c.oid::regclass::text AS name, n.nspname AS schema
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 't', 'm') AND n.nspname <> 'information_schema'
ORDER BY name
"""
_COMMIT = re.compile(r"tx: +(\d+),.*desc: COMMIT (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+) UTC")


class StoredRow(Struct, frozen=True, kw_only=True):
    """A row with what PostgreSQL keeps beside it.

    xid: of the transaction that wrote it. command: its statement in there, by number. place: page and line.
    """

    table: str
    xid: int
    command: int
    place: tuple[int, int]
    values: dict[str, Any]


class Evidence(Struct, frozen=True, kw_only=True):
    """rows: of every table that is not PostgreSQL's own. dump: every table, PostgreSQL's too, as text.

    files: by name, the bytes of the cluster (heap, indexes, WAL), of the log, of the spool and of older copies.
    committed_at: by transaction, from the WAL. output: what the service wrote.
    """

    rows: tuple[StoredRow, ...]
    dump: bytes
    files: dict[str, bytes]
    committed_at: dict[int, datetime]
    output: bytes

    def table(self, name: str) -> list[StoredRow]:
        return [row for row in self.rows if row.table == name]

    def haystacks(self) -> dict[str, bytes]:
        """Everything that is bytes, by where it lies; the same bytes once."""
        first = {content: name for name, content in reversed(self.files.items())}
        return {name: content for content, name in first.items()} | {"dump": self.dump, "output": self.output}


@asynccontextmanager
async def superuser(settings: Settings) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """The embedded server's superuser, entered with the password that lies beside the cluster."""
    server = EmbeddedPostgres((settings.data_dir / "postgres").resolve())
    password = msgspec.json.decode(server.passwords.read_bytes(), type=Passwords).superuser
    parameters = server.parameters().as_arguments() | {"user": SUPERUSER, "password": password}
    connection = await asyncpg.connect(**parameters, server_settings={"search_path": "survey"})
    try:
        yield connection
    finally:
        await connection.close()


async def stored_rows(settings: Settings, only: Collection[str] = ()) -> tuple[StoredRow, ...]:
    """Every row of every table that somebody made, with its system columns. only: of these tables."""
    rows: list[StoredRow] = []
    async with superuser(settings) as connection:
        for relation in await connection.fetch(RELATIONS):
            if relation["schema"] in ("pg_catalog", "pg_toast"):
                continue
            name = relation["name"]
            if only and name not in only:
                continue
            found = await connection.fetch(
                f"SELECT xmin::text::bigint AS xid_, cmin::text::bigint AS cid_, ctid AS ctid_, * FROM {name}"  # noqa: S608 - the database's own names
            )
            for row in found:
                values = dict(row)
                xid, command, place = values.pop("xid_"), values.pop("cid_"), values.pop("ctid_")
                rows.append(StoredRow(table=name, xid=xid, command=command, place=place, values=values))
    return tuple(rows)


async def dump(settings: Settings) -> bytes:
    """Every row of every table as text with its system columns, statistics and TOAST included."""
    lines: list[str] = []
    async with superuser(settings) as connection:
        for relation in await connection.fetch(RELATIONS):
            name = relation["name"]
            whole = "(chunk_id, chunk_seq, chunk_data)" if relation["schema"] == "pg_toast" else "t"
            found = await connection.fetch(
                f"SELECT xmin, cmin, ctid::text AS place, {whole}::text AS line FROM {name} AS t"  # noqa: S608 - the database's own names
            )
            lines += [f"{name} {row['xmin']} {row['cmin']} {row['place']} {row['line']}" for row in found]
    return "\n".join(lines).encode()


def files_below(directory: Path, name: str) -> dict[str, bytes]:
    """The bytes of every file below a directory; a file may go while it is read, as in any copy of a living server."""
    found = {}
    for path in sorted(directory.rglob("*")):
        try:
            if path.is_file():
                found[f"{name}/{path.relative_to(directory)}"] = path.read_bytes()
        except FileNotFoundError:
            continue
    return found


async def backed_up(installation: Installation, path: Path) -> dict[str, bytes]:
    """The parts of a backup that is written now, by the name of its file and their own."""
    await back_up(installation, path)
    return await asyncio.to_thread(_parts_of, path)


def _parts_of(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {f"{path.name}/{name}": archive.read(name) for name in archive.namelist()}


def commit_times(settings: Settings) -> dict[int, datetime]:
    """When each transaction was committed, to the microsecond, as the WAL has it."""
    wal = settings.data_dir / "postgres" / "cluster" / "pg_wal"
    segments = sorted(path.name for path in wal.iterdir() if re.fullmatch("[0-9A-F]{24}", path.name))
    # It ends with an error where the WAL ends; what it read until then stands.
    told = subprocess.run(  # noqa: S603 - a program of the database, on its own files
        (postgres_programs() / "pg_waldump", "-p", wal, "--rmgr=Transaction", segments[0], segments[-1]),
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    return {
        int(match[1]): datetime.strptime(match[2], "%Y-%m-%d %H:%M:%S.%f").replace(tzinfo=UTC)
        for match in _COMMIT.finditer(told)
    }


async def gather(settings: Settings, older_copy: dict[str, bytes], output: bytes) -> Evidence:
    """Everything, now. older_copy: files of copies that were made earlier."""
    committed_at = await asyncio.to_thread(commit_times, settings)  # the checkpoint below drops old segments
    files = await asyncio.to_thread(files_below, settings.data_dir, "before")
    async with superuser(settings) as connection:
        await connection.execute("CHECKPOINT")  # what the server still had in memory only
    files |= await asyncio.to_thread(files_below, settings.data_dir, "now")
    files |= await asyncio.to_thread(files_below, settings.spool_dir, "spool")
    return Evidence(
        rows=await stored_rows(settings),
        dump=await dump(settings),
        files=files | older_copy,
        committed_at=committed_at,
        output=output,
    )


def find_all(haystack: bytes, needles: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    """Where each of many byte strings stands: position and needle. Needles have at least 8 bytes."""
    by_start: dict[bytes, list[bytes]] = {}
    for needle in needles:
        if len(needle) < _WINDOW:
            raise ValueError("a needle this short stands anywhere")
        by_start.setdefault(needle[:_WINDOW], []).append(needle)
    starts = np.sort(np.frombuffer(b"".join(by_start), dtype="<u8"))
    maybe = np.zeros(1 << 24, dtype=np.bool_)
    maybe[_hashed(starts)] = True
    for shift in range(min(_WINDOW, len(haystack) // _WINDOW)):
        # Every eighth window at a time, as numbers: tens of thousands of needles in one pass.
        windows = np.frombuffer(haystack, dtype="<u8", offset=shift, count=(len(haystack) - shift) // _WINDOW)
        near = np.flatnonzero(maybe[_hashed(windows)])
        for window in near[np.isin(windows[near], starts)]:
            position = shift + _WINDOW * int(window)
            for needle in by_start[haystack[position : position + _WINDOW]]:
                if haystack.startswith(needle, position):
                    yield position, needle


def _hashed(windows: NDArray[np.uint64]) -> NDArray[np.uint64]:
    return windows * np.uint64(0x9E3779B97F4A7C15) >> np.uint64(40)


def json_at(haystack: bytes, position: int, limit: int = 8192) -> Any:
    """The JSON value that begins here; None where none does."""
    text = haystack[position : position + limit].decode("utf-8", errors="replace")
    try:
        return json.JSONDecoder().raw_decode(text)[0]
    except ValueError:
        return None


_WINDOW = 8  # bytes
