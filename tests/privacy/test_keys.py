"""Private keys lie in the key directory, for its owner alone, and nowhere else; no process with a key dumps its memory."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_der_private_key, load_der_public_key

from survey_service.attack.attackers import forms
from survey_service.domain import encodings
from survey_service.domain.rounds import Round
from survey_service.operations.close_round import close_round
from survey_service.operations.installation import Installation
from survey_service.store.embedded import EmbeddedPostgres
from survey_service.store.postgres_programs import postgres_programs
from tests.conftest import new_round

DUMPABLE = """
import asyncio, ctypes, resource, sys
from pathlib import Path
from survey_service.operations.create_round import blind_signatures
from survey_service.operations.installation import opened
from survey_service.settings import Settings

generate = blind_signatures.generate_key_pair
def watched():
    print(resource.getrlimit(resource.RLIMIT_CORE)[0], ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))  # PR_GET_DUMPABLE
    return generate()

async def main():
    settings = Settings.read({"SURVEY_DATA_DIR": sys.argv[1]})
    async with opened(settings) as installation:
        watched()
asyncio.run(main())
"""


async def test_key_files_are_readable_to_their_owner_alone(installation: Installation, tmp_path: Path) -> None:
    found = await new_round(installation, tmp_path)
    directory = installation.keys.path(found.round_id, "sealing").parent
    modes = {
        path.name: stat.S_IMODE(path.stat().st_mode) for path in (directory.parent, directory, *directory.iterdir())
    }
    assert sorted(modes.values()) == [0o600, 0o600, 0o700, 0o700]
    assert {"sealing.key", "credential.key"} < set(modes)


async def test_the_key_directory_lies_outside_of_what_a_backup_copies(installation: Installation) -> None:
    assert not installation.settings.key_dir.is_relative_to(installation.settings.data_dir)


async def test_the_terms_hold_public_keys_only(installation: Installation, tmp_path: Path) -> None:
    found = await new_round(installation, tmp_path)
    terms = json.loads(found.terms)
    point = encodings.decode(terms["sealing_key"], 65)
    assert ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point).key_size == 256
    load_der_public_key(encodings.decode(terms["credential_key"]))
    assert [form for secret in secrets_of(installation, found) for form in forms(secret) if form in found.terms] == []


async def test_a_dump_of_the_database_holds_no_private_key(installation: Installation, tmp_path: Path) -> None:
    found = await new_round(installation, tmp_path)
    server = EmbeddedPostgres((installation.settings.data_dir / "postgres").resolve()).parameters()
    dumped = subprocess.run(  # noqa: ASYNC221 - nothing else runs meanwhile
        (
            postgres_programs() / "pg_dump",
            *("--host", server.host, "--port", str(server.port), "--username", server.user, server.database),
        ),
        env={"PGPASSWORD": server.password},
        capture_output=True,
        check=True,
    ).stdout
    assert found.round_id.encode() in dumped
    assert b"PRIVATE KEY" not in dumped
    assert [form for secret in secrets_of(installation, found) for form in forms(secret) if form in dumped] == []


def secrets_of(installation: Installation, found: Round) -> list[bytes]:
    """A part of each number of the round's keys that is private."""
    sealing = load_der_private_key(installation.keys.read(found.round_id, "sealing"), password=None)
    credential = load_der_private_key(installation.keys.read(found.round_id, "credential"), password=None)
    assert isinstance(sealing, ec.EllipticCurvePrivateKey)
    assert isinstance(credential, rsa.RSAPrivateKey)
    numbers = credential.private_numbers()
    return [
        sealing.private_numbers().private_value.to_bytes(32),
        numbers.p.to_bytes(192)[:32],
        numbers.q.to_bytes(192)[:32],
        numbers.d.to_bytes(384)[-32:],
    ]


async def test_the_close_destroys_the_key_that_signs_credentials(installation: Installation, tmp_path: Path) -> None:
    found = await new_round(installation, tmp_path)
    path = installation.keys.path(found.round_id, "credential")
    kept = tmp_path / "the same file under another name"
    os.link(path, kept)
    key = path.read_bytes()
    await close_round(installation, found.round_id)
    assert not path.exists()
    assert kept.stat().st_size == len(key)
    assert kept.read_bytes() != key  # overwritten before it was unlinked


async def test_a_process_that_makes_keys_dumps_no_core(tmp_path: Path) -> None:
    told = subprocess.run(  # noqa: ASYNC221 - nothing else runs meanwhile
        (sys.executable, "-c", DUMPABLE, str(tmp_path / "data")), capture_output=True, text=True, check=True
    ).stdout
    assert told.split() == (["0", "0"] if sys.platform == "linux" else ["0", "-1"])
