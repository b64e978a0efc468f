"""A large round on one machine: what each participant costs, step by step, in time, processor time, memory and disk.

Ballots are written straight into the database, with real signatures and real sealed responses: over HTTP they would take
longer than everything that is measured here.
"""

import multiprocessing
import random
import resource
import secrets
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import islice
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_der_private_key

from questionnaires import definitions
from survey_service.domain import ballot_box, blind_signatures
from survey_service.domain.messages import Answers, Terms, credential_message
from survey_service.domain.rounds import Round
from survey_service.operations.close_round import close_round
from survey_service.operations.create_round import create_round
from survey_service.operations.create_survey import create_survey
from survey_service.operations.installation import Installation
from survey_service.operations.release_tables import release_tables
from survey_service.operations.simulate import invented
from survey_service.operations.unseal_round import unseal_round
from survey_service.sealing import seal
from tests.bench.figures import Figure
from tests.conftest import migrated, settings_in

AT_ONCE = 500
KIBIBYTES = 1024  # in a mebibyte
MICRO = 1_000_000
DURING = ("invitation", "ballot", "sealed_response")
AFTERWARDS = ("response_block",)
MEASURED = ("credentials verified", "responses opened", "responses written")

SURVEY = """
id = "large"
title = { en = "Large" }
questionnaire = "core"
languages = ["en"]
units = "units.csv"
minimum_group_size = 10

[[publication]]
dimensions = ["citizen-contact"]
items = ["hostility-any", "witnessed-any", "superior-support"]
"""

UNITS = """\
id,parent,name_en,headcount
town,,Town,{size}
north,town,North,{half}
south,town,South,{half}
"""

Row = tuple[bytes, bytes, bytes, bytes, bytes]


async def measure(size: int) -> list[Figure]:
    with tempfile.TemporaryDirectory() as home:
        async with migrated(settings_in(Path(home))) as installation:
            file = Path(home) / "large.toml"
            file.write_text(SURVEY, encoding="utf-8")
            file.with_name("units.csv").write_text(UNITS.format(size=size, half=size // 2), encoding="utf-8")
            await create_survey(installation, file)
            found = await create_round(installation, "large", rehearsal=True)
            await _fill(installation, found, size)
            return [*await _disk(installation, size, DURING), *await _steps(installation, found.round_id, size)]


async def _fill(installation: Installation, found: Round, size: int) -> None:
    key = installation.keys.read(found.round_id, "credential")
    parts = [min(AT_ONCE, size - start) for start in range(0, size, AT_ONCE)]
    make = partial(_ballots, found.terms, found.questionnaire, key)
    # Started anew and not forked: this process has threads and connections.
    with ProcessPoolExecutor(mp_context=multiprocessing.get_context("spawn")) as pool:
        for rows in pool.map(make, parts):
            async with installation.database.owner() as connection, connection.transaction():
                codes = [(found.round_id, *(secrets.token_bytes(n) for n in (32, 32, 384))) for _ in rows]
                ballots = [(found.round_id, *row[:4]) for row in rows]
                sealed = [(found.round_id, row[0], row[4]) for row in rows]
                for table, columns, records in (
                    ("invitation", ["round_id", "code_hash", "blinded_hash", "blind_signature"], codes),
                    ("ballot", ["round_id", "serial", "randomizer", "signature", "receipt"], ballots),
                    ("sealed_response", ["round_id", "serial", "sealed"], sealed),
                ):
                    await connection.copy_records_to_table(table, columns=columns, records=records)


def _ballots(terms_bytes: bytes, questionnaire_bytes: bytes, key: bytes, count: int) -> list[Row]:
    """Serial, randomizer, signature, receipt, sealed."""
    terms = msgspec.json.decode(terms_bytes, type=Terms)
    questionnaire = definitions.from_bytes(questionnaire_bytes)
    signer = load_der_private_key(key, password=None)
    if not isinstance(signer, RSAPrivateKey):
        raise TypeError(type(signer))
    pss = padding.PSS(padding.MGF1(hashes.SHA384()), 48)
    rows = []
    for answers in islice(invented(questionnaire, random.SystemRandom()), count):
        serial, randomizer = secrets.token_bytes(32), secrets.token_bytes(32)
        sealed = seal(terms, serial, Answers(questionnaire=terms.questionnaire.sha256, answers=answers))
        prepared = blind_signatures.prepare(credential_message(terms.round_id, serial), randomizer)
        signature = signer.sign(prepared, pss, hashes.SHA384())
        rows.append((serial, randomizer, signature, ballot_box.receipt(sealed), sealed))
    return rows


async def _steps(installation: Installation, round_id: str, size: int) -> list[Figure]:
    figures = []
    clock = _Clock()
    await close_round(installation, round_id)
    figures += clock.read("close", size)

    def on_step(step: str) -> None:
        if step in MEASURED:
            figures.extend(clock.read(step, size))

    await unseal_round(installation, round_id, on_step)
    clock.read("", size)
    figures += await _disk(installation, size, AFTERWARDS)
    await release_tables(installation, round_id)
    figures += clock.read("released", size)
    return figures


class _Clock:
    """Time, processor time of this process and of the ones it has waited for, and the most memory each of them had."""

    def __init__(self) -> None:
        self._before = self._now()

    def read(self, name: str, size: int) -> list[Figure]:
        before, self._before = self._before, self._now()
        elapsed, busy = (now - then for now, then in zip(self._before, before, strict=True))
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KIBIBYTES
        return [
            Figure(f"{size} participants, {name}", elapsed, "s"),
            Figure(f"{size} participants, {name}: processor", busy / size * MICRO, "µs each"),
            Figure(f"{size} participants, {name}: memory so far", most, "MiB"),
        ]

    def _now(self) -> tuple[float, float]:
        used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        return time.perf_counter(), sum(each.ru_utime + each.ru_stime for each in used)


async def _disk(installation: Installation, size: int, tables: Sequence[str]) -> list[Figure]:
    async with installation.database.owner() as connection:
        return [
            Figure(
                f"disk: {table}",
                await connection.fetchval(
                    "SELECT sum(pg_total_relation_size(c.oid))::bigint FROM pg_class AS c"
                    " WHERE c.relnamespace = 'survey'::regnamespace AND c.relkind = 'r' AND c.relname ~ $1",
                    f"^{table}(_[0-9]+)?$",
                )
                / size,
                "B each",
            )
            for table in tables
        ]
