"""The installation itself: whether any of its private keys stands where a backup or an administrator would find it."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import msgspec
from asyncpg import Connection, Record
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_der_private_key

from survey_service.attack.attackers import forms
from survey_service.attack.evidence import find_all
from survey_service.attack.linkage import Finding
from survey_service.domain.key_shares import SharedKey
from survey_service.operations.examine import SILENT
from survey_service.operations.installation import Installation
from survey_service.store import rounds as store
from survey_service.store import server

ROWS_AT_ONCE = 2000  # of a table; a sealed response takes about 8 kB as text
WINDOW = 16 * 1024 * 1024  # bytes of a file
OVERLAP = 4096  # bytes; longer than any key in any spelling

_TABLES = """
SELECT c.oid::regclass::text AS name
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND n.nspname = 'survey'
ORDER BY name
"""


async def search_own(installation: Installation) -> tuple[Finding, ...]:
    """Reads everything, changes nothing: the rows, and where the database is ours also its files, WAL and log."""
    async with installation.database.session("operation") as connection:
        rounds = [entry.round_id for entry in await store.list_rounds(connection)]
    keys = [
        secret
        for round_id in rounds
        for path in installation.keys.path(round_id, "sealing").parent.glob("*.key")
        for secret in secrets_of(path.read_bytes())
    ]
    needles = [form for secret in keys for form in forms(secret)]
    found = set()
    async with installation.database.owner() as connection:
        told = await server.parameters(connection, SILENT)
        for row in await connection.fetch(_TABLES):
            async for text in _lines(connection, row["name"]):
                if _holds(text, needles):
                    found.add(row["name"])
    if installation.settings.database_url is None:
        found |= {
            path.name
            for path in installation.settings.data_dir.rglob("*")
            if path.is_file() and any(_holds(text, needles) for text in _windows(path))
        }
    return (
        Finding(name="own_keys", found=len(found), tried=len(keys)),
        Finding(
            name="own_parameters",
            found=sum(value != SILENT[name] for name, value in told.items()),
            tried=len(told),
        ),
    )


def secrets_of(content: bytes) -> list[bytes]:
    """What is secret in a key file, whatever kind it is of; a part is enough to be found by."""
    try:
        key = load_der_private_key(content, password=None)
    except (ValueError, TypeError):
        try:
            shared = msgspec.json.decode(content, type=SharedKey)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return [content[:32]] if len(content) >= 32 else []  # noqa: PLR2004 - a storage key
        return [shared.half, shared.wrapped[:32], *(one.share[:32] for one in shared.trustees)]
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return [key.private_numbers().private_value.to_bytes(32)]
    if isinstance(key, rsa.RSAPrivateKey):
        numbers = key.private_numbers()
        return [numbers.p.to_bytes(192)[:32], numbers.q.to_bytes(192)[:32], numbers.d.to_bytes(384)[-32:]]
    return []


async def _lines(connection: "Connection[Record]", table: str) -> AsyncIterator[bytes]:
    """The rows of a table as text, some megabytes at a time."""
    async with connection.transaction(readonly=True):
        rows = await connection.cursor(f"SELECT t::text AS line FROM {table} AS t")  # noqa: S608 - the database's own names
        while fetched := await rows.fetch(ROWS_AT_ONCE):
            yield "\n".join(row["line"] for row in fetched).encode()


def _windows(path: Path) -> Iterator[bytes]:
    """A file, some megabytes at a time, so that nothing is cut in two."""
    try:
        with path.open("rb") as file:
            kept = b""
            while read := file.read(WINDOW):
                yield kept + read
                kept = read[-OVERLAP:]
    except FileNotFoundError:  # a file may go while a living server is read
        return


def _holds(text: bytes, needles: list[bytes]) -> bool:
    return bool(needles) and next(find_all(text, needles), None) is not None
