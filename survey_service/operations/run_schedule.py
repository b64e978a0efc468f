"""Carries out what is due: closes rounds whose grace has passed, unseals what waits in custody `server`, erases.

Once a day it counts who has taken part in the open rounds.

A round in the hands of trustees is never unsealed from here; only shares that waited too long for others are destroyed.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from survey_service.domain.audit_log import SCHEDULE
from survey_service.domain.rounds import GRACE
from survey_service.domain.site import TIME_ZONE
from survey_service.errors import Refusal
from survey_service.operations.close_round import close_round
from survey_service.operations.erase_round import erase_round
from survey_service.operations.installation import Installation
from survey_service.operations.sealing_key import drop_old_shares
from survey_service.operations.unseal_round import unseal_round
from survey_service.store import rounds as store

PAUSE_SECONDS = 20.0  # between two looks; a round closes at most this much late

logger = logging.getLogger("survey_service")


async def run_schedule(installation: Installation) -> None:
    """Looks for due transitions until cancelled. Any number of processes may run it: one acts at a time."""
    while True:
        try:
            await run_due(installation)
        except Refusal as refusal:
            logger.warning("schedule: %s", refusal.reason)
        except Exception as fault:  # noqa: BLE001 - a round must still close tomorrow when one look fails today
            logger.error("schedule: %s", type(fault).__name__)  # noqa: TRY400 - a traceback may hold values
        await asyncio.sleep(PAUSE_SECONDS)


async def run_due(installation: Installation) -> list[str]:
    """Carries out every transition that is due now and returns what was done, a sentence each."""
    done: list[str] = []
    installation = installation.acting_for(SCHEDULE)
    async with installation.database.session("operation") as connection:
        if not await store.take_schedule(connection):
            return done
        try:
            await store.run(connection, "count_participation", str(TIME_ZONE))
            done += await _each(
                await store.due(connection, "rounds_due_to_close", GRACE), "closed", installation, close_round
            )
            done += await _each(
                await store.due(connection, "rounds_due_to_open"), "unsealed", installation, unseal_round
            )
            for round_id in await store.due(connection, "rounds_with_trustees"):
                await _drop_old_shares(installation, round_id)
            done += await _each(await store.due(connection, "rounds_due_to_erase"), "erased", installation, erase_round)
        finally:
            await store.leave_schedule(connection)
    return done


async def _each(
    round_ids: list[str],
    word: str,
    installation: Installation,
    operation: Callable[[Installation, str], Awaitable[object]],
) -> list[str]:
    done = []
    for round_id in round_ids:
        try:
            await operation(installation, round_id)
        except Refusal as refusal:
            # One round that cannot go on must not hold up the others.
            logger.warning("schedule: round %s is not %s: %s", round_id, word, refusal.reason)
        else:
            logger.info("schedule: round %s is %s", round_id, word)
            done.append(f"{round_id} {word}")
    return done


async def _drop_old_shares(installation: Installation, round_id: str) -> None:
    try:
        await drop_old_shares(installation, round_id)
    except Refusal as refusal:
        logger.warning("schedule: shares of round %s: %s", round_id, refusal.reason)
