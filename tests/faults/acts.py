"""The faults, one function each: it hurts the service, looks at what the service says, and mends what a person would."""

import asyncio
import signal
from collections.abc import Awaitable, Callable

from tests.faults.stage import Stage

Act = Callable[[Stage], Awaitable[None]]

DOWN_SECONDS = 1.0  # that something stays broken under load


async def kill_a_replica(stage: Stage) -> None:
    """The other one takes everybody; a supervisor starts the first again."""
    stage.replicas[0].end(signal.SIGKILL)
    await stage.some_more()
    stage.replicas[0].start()


async def stop_a_replica(stage: Stage) -> None:
    """As for an upgrade, one after the other."""
    for replica in stage.replicas:
        await asyncio.to_thread(replica.end, signal.SIGTERM)
        await stage.some_more()
        replica.start()
        await stage.all_ready()


async def kill_the_database(stage: Stage) -> None:
    stage.kill_the_database()
    await stage.told("See that it runs and has room on its disk")
    await asyncio.to_thread(stage.postgres.revive)


async def cut_the_network(stage: Stage) -> None:
    stage.network.cut()
    await stage.told("The database does not answer")
    await asyncio.sleep(DOWN_SECONDS)
    stage.network.mend()


async def halt_the_network(stage: Stage) -> None:
    """Everything arrives, but late."""
    stage.network.halt()
    await asyncio.sleep(2 * DOWN_SECONDS)
    stage.network.mend()


async def lose_every_connection_silently(stage: Stage) -> None:
    stage.network.fall_silent()
    await stage.some_more()
    stage.network.mend()


ACTS: tuple[Act, ...] = (
    kill_a_replica,
    kill_the_database,
    cut_the_network,
    halt_the_network,
    lose_every_connection_silently,
)
