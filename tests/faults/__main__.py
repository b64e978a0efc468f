"""`make soak`: faults in an order by chance, under load, for minutes instead of seconds. On loopback only, and bounded."""

import argparse
import asyncio
import random
import tempfile
import time
from pathlib import Path

from survey_service.operations.close_round import close_round
from survey_service.operations.recount import read_ballot_box, recount
from survey_service.operations.unseal_round import unseal_round
from tests.faults.acts import ACTS, stop_a_replica
from tests.faults.stage import staged

LONGEST_MINUTES = 120
MOST_PEOPLE = 200_000
REST_SECONDS = 3.0  # of undisturbed load between two faults


async def soak(home: Path, minutes: float, people: int) -> None:
    """Ends when the time is over or the codes are spent, with a recount and an unsealing."""
    chance = random.SystemRandom()
    until = time.monotonic() + minutes * 60
    times: dict[str, int] = {}
    async with staged(home, people) as (stage, codes):
        crowd = asyncio.create_task(stage.crowd(codes))
        await stage.some_more()
        while time.monotonic() < until and not crowd.done():
            act = chance.choice((*ACTS, stop_a_replica))
            times[act.__name__] = times.get(act.__name__, 0) + 1
            started = time.monotonic()
            await act(stage)
            await stage.all_ready()
            await stage.nothing_lost()
            print(f"{act.__name__:34} {time.monotonic() - started:6.1f} s, {len(stage.receipts)} receipts", flush=True)
            await asyncio.sleep(REST_SECONDS)
        for _ in codes:
            pass  # nobody else comes
        await crowd
        await stage.nothing_lost()
        round_id = stage.round.round_id
        await close_round(stage.installation, round_id)
        box = await read_ballot_box(stage.installation.database, round_id)
        unsealed = await unseal_round(stage.installation, round_id)
        is_whole = set(box.receipts) == set(stage.receipts) and unsealed.analysed == box.count == stage.begun
        if not is_whole or not (await recount(stage.installation, round_id)).sound:
            raise SystemExit("The ballot box is not what was acknowledged.")
    print(
        f"{sum(times.values())} faults, {box.count} participations, all of them in the ballot box, none of them twice."
    )


def main() -> None:
    arguments = argparse.ArgumentParser(prog="make soak", description=__doc__)
    arguments.add_argument("--minutes", type=float, default=10.0, help=f"at most {LONGEST_MINUTES}")
    arguments.add_argument("--people", type=int, default=20_000, help=f"who come at most, up to {MOST_PEOPLE}")
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as home:
        asyncio.run(soak(Path(home), min(given.minutes, LONGEST_MINUTES), min(given.people, MOST_PEOPLE)))


if __name__ == "__main__":
    main()
