"""Under load: a replica is killed, the database is killed, the network between them breaks or falls silent, the disk is
full, the clock is turned. The longer run of the same is `make soak`.
"""

import asyncio
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

from survey_service.operations.close_round import close_round
from survey_service.operations.installation import opened
from survey_service.operations.recount import read_ballot_box, recount
from survey_service.operations.run_schedule import run_due
from survey_service.operations.unseal_round import unseal_round
from tests.conftest import migrated, new_round, service_on, settings_in
from tests.faults import full_disk
from tests.faults.acts import ACTS
from tests.faults.stage import staged
from tests.participation.requests import outcome, participants_of, problem

PEOPLE = 2000  # more than come: the crowd goes on until the last fault has passed
PATIENCE = 300.0  # seconds, on the busiest machine


async def test_two_replicas_under_load_survive_each_fault_and_lose_nothing(tmp_path: Path) -> None:
    async with asyncio.timeout(PATIENCE), staged(tmp_path, PEOPLE) as (stage, codes):
        crowd = asyncio.create_task(stage.crowd(codes))
        await stage.some_more()
        for act in ACTS:
            await act(stage)
            await stage.some_more()
            await stage.all_ready()
            await stage.nothing_lost()
        for _ in codes:
            pass  # nobody else comes
        await crowd
        await stage.nothing_lost()
        await close_round(stage.installation, stage.round.round_id)
        box = await read_ballot_box(stage.installation.database, stage.round.round_id)
        assert set(stage.receipts) == set(box.receipts)
        assert box.count == box.credentials_issued == stage.begun
        assert (await recount(stage.installation, stage.round.round_id)).sound
        assert (await unseal_round(stage.installation, stage.round.round_id)).analysed == stage.begun
        said = [await asyncio.to_thread(replica.log.read_bytes) for replica in stage.replicas]
    assert b"Traceback" not in b"".join(said)


def test_a_full_disk_stops_the_service_in_words_and_room_lets_it_go_on(tmp_path: Path) -> None:
    done = subprocess.run(
        [*full_disk.command_prefix(), sys.executable, "-m", "tests.faults.full_disk", tmp_path],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Its disk is full. Make room there" in done.stdout


async def test_a_clock_that_is_turned_closes_a_round_once_and_brings_no_code_back(tmp_path: Path) -> None:
    """The time of a round is the database's; here a service sees that clock run ahead by three weeks, then go back."""
    settings = settings_in(tmp_path)
    async with migrated(settings) as own:
        found = await new_round(own, tmp_path)
        async with service_on(settings) as client:
            people = await participants_of(own, client, found)
            [used, unused] = await people.codes(2)
            redeemed = people.credential_request(used)
            response = await people.response_request(unused)
            assert outcome(await people.post("credentials", redeemed)) == 200
            assert outcome(await people.post("responses", response)) == 201
            [late] = await people.codes(1)
            async with service_on(settings, clock_offset=timedelta(weeks=3)) as ahead:
                hurried = await participants_of(own, ahead, found)
                assert problem(await hurried.post("credentials", hurried.credential_request(late))) == "round_not_open"
                assert outcome(await hurried.post("responses", response)) == 200
            # The schedule of that service has closed the round: the clock goes back, the round does not.
            async with opened(settings, clock_offset=timedelta(weeks=3)) as hasty:
                await run_due(hasty)
            assert problem(await people.post("credentials", people.credential_request(late))) == "round_not_open"
            assert outcome(await people.post("responses", response)) == 200
            assert outcome(await people.post("credentials", redeemed)) == 200
        # Too few took part: that service has ended the round as lost, and a lost round keeps no codes.
        assert await run_due(own) == [f"{found.round_id} erased"]
        assert await run_due(own) == []
        box = await read_ballot_box(own.database, found.round_id)
        assert (box.count, box.credentials_issued) == (1, 2)
