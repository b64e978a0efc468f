"""A round that is large enough for several processes is opened by them, batch by batch, to the same result."""

import asyncio
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from survey_service.domain.rounds import Round
from survey_service.operations import tally_ballots
from survey_service.operations import unseal_round as unsealing_operation
from survey_service.operations.close_round import close_round
from survey_service.operations.installation import Installation
from survey_service.operations.processes import workshop
from survey_service.operations.release_tables import read_release, release_tables
from survey_service.operations.unseal_round import BallotBoxBroken, unseal_round
from survey_service.store.postgres_programs import is_alive
from tests.conftest import new_round
from tests.operations.participants import take_part

PEOPLE = 30
RUDENESS = 12
LAST = "SELECT serial FROM ballot WHERE round_id = $1 ORDER BY serial DESC LIMIT 1"


@pytest.fixture
async def answered(installation: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Round:
    """A closed round of thirty, of which each counts as many: seven batches, two processes."""
    monkeypatch.setattr(unsealing_operation, "AT_ONCE", 5)
    monkeypatch.setattr(tally_ballots, "AT_ONCE", 5)
    monkeypatch.setattr(tally_ballots, "WORTH_PROCESSES", 1)
    monkeypatch.setattr(tally_ballots, "cores", lambda: 2)
    found = await new_round(installation, tmp_path)
    seen = ["rudeness"] * RUDENESS + ["none"] * (PEOPLE - RUDENESS)
    await take_part(installation, found, [{"witnessed": (code,)} for code in seen])
    await close_round(installation, found.round_id)
    return found


async def test_several_processes_open_the_same_as_one(installation: Installation, answered: Round) -> None:
    unsealed = await unseal_round(installation, answered.round_id)
    await release_tables(installation, answered.round_id)

    assert (unsealed.analysed, unsealed.invalid) == (PEOPLE, 0)
    released = await read_release(installation, answered.round_id)
    (row,) = next(t for t in released.tables if t.figure == "witnessed" and not t.dimensions).rows
    assert (row.n, next(cell.count for cell in row.cells if cell.option == "rudeness")) == (PEOPLE, RUDENESS)
    assert multiprocessing.active_children() == []


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (
            f"DELETE FROM sealed_response WHERE round_id = $1 AND serial = ({LAST})",
            "not those of the receipts",
        ),
        (
            f"UPDATE ballot SET signature = sha256(signature) || substr(signature, 33) WHERE serial = ({LAST})",
            "does not verify",
        ),
    ],
)
async def test_what_is_wrong_in_the_last_batch_only_stops_the_unsealing_too(
    installation: Installation, answered: Round, change: str, fault: str
) -> None:
    async with installation.database.owner() as connection:
        await connection.execute(change, answered.round_id)
    with pytest.raises(BallotBoxBroken, match=fault):
        await unseal_round(installation, answered.round_id)
    assert installation.keys.has(answered.round_id, "sealing")
    assert not installation.keys.has(answered.round_id, "storage")
    assert multiprocessing.active_children() == []


async def test_a_serial_that_stands_twice_is_noticed_whatever_the_schema_says(
    installation: Installation, answered: Round
) -> None:
    async with installation.database.owner() as connection:
        number = await connection.fetchval("SELECT number FROM round WHERE round_id = $1", answered.round_id)
        await connection.execute("ALTER TABLE ballot DROP CONSTRAINT ballot_pkey")
        await connection.execute("ALTER TABLE sealed_response DROP CONSTRAINT sealed_response_pkey")
        try:
            first = "(SELECT min(serial) FROM {table} WHERE round_id = $1)"
            for table in ("ballot", f"sealed_response_{number}"):
                await connection.execute(
                    f"DELETE FROM {table} WHERE round_id = $1 AND serial = (SELECT max(serial) FROM {table} WHERE round_id = $1)",
                    answered.round_id,
                )
                await connection.execute(
                    f"INSERT INTO {table} SELECT * FROM {table} WHERE round_id = $1 AND serial = {first.format(table=table)}",
                    answered.round_id,
                )
            receipts = await connection.fetch(
                "SELECT receipt FROM ballot WHERE round_id = $1 ORDER BY receipt", answered.round_id
            )
            root = unsealing_operation.ballot_box.root(row["receipt"] for row in receipts)
            await connection.execute(
                "UPDATE round SET ballot_box_root = $2 WHERE round_id = $1", answered.round_id, root
            )
            with pytest.raises(BallotBoxBroken, match="a serial stands twice"):
                await unseal_round(installation, answered.round_id)
        finally:
            await connection.execute("DELETE FROM ballot WHERE round_id = $1", answered.round_id)
            await connection.execute("DELETE FROM sealed_response WHERE round_id = $1", answered.round_id)
            await connection.execute("ALTER TABLE ballot ADD PRIMARY KEY (round_id, serial)")
            await connection.execute("ALTER TABLE sealed_response ADD PRIMARY KEY (round_id, serial)")


def slowly(_: int, batch: int) -> tuple[int, int]:
    time.sleep(0.01)
    return batch, os.getpid()


async def test_results_come_in_order_from_several_processes_and_few_batches_are_ahead() -> None:
    taken = 0

    async def batches() -> AsyncIterator[int]:
        nonlocal taken
        for number in range(40):
            taken = number
            yield number

    done, ahead = [], []
    with workshop(int, processes=2) as two:
        async for batch, result in two.each(slowly, batches()):
            done.append((batch, result[0]))
            ahead.append(taken - batch)
    assert done == [(number, number) for number in range(40)]
    assert max(ahead) <= 4


PARENT = """
import asyncio, os, signal, sys
from survey_service.operations.processes import workshop
async def one():
    yield 1
async def main():
    with workshop(int, processes=2) as two:
        async for _, child in two.each(pid_of, one()):
            print(child, flush=True)
            os.kill(os.getpid(), signal.SIGKILL)
def pid_of(tool, batch):
    return os.getpid()
if __name__ == "__main__":
    asyncio.run(main())
"""


async def test_processes_with_a_key_in_memory_end_with_the_one_that_gave_it(tmp_path: Path) -> None:
    program = tmp_path / "parent.py"
    await asyncio.to_thread(program.write_text, PARENT)
    parent = await asyncio.create_subprocess_exec(sys.executable, program, stdout=asyncio.subprocess.PIPE)
    written, _ = await asyncio.wait_for(parent.communicate(), timeout=60)
    assert parent.returncode == -signal.SIGKILL
    async with asyncio.timeout(10):
        while is_alive(int(written)):  # noqa: ASYNC110 - a process of another parent tells nobody when it ends
            await asyncio.sleep(0.05)
