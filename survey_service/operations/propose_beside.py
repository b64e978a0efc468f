"""Tabulates for a review beside the request that asked for it, which may take minutes; its page reads how far it is."""

import asyncio
import contextlib
import logging
from datetime import timedelta

from survey_service.blocks import UnreadableBlocks
from survey_service.custody import MissingKey
from survey_service.domain.rounds import RoundId
from survey_service.errors import Refusal, WrongState
from survey_service.operations.end_tasks import end_tasks
from survey_service.operations.installation import Installation
from survey_service.operations.release_tables import propose_release
from survey_service.operations.tabulate import MinimumOnlyRises, MissingResponses, ReleaseRefused, SeenMeanwhile
from survey_service.store import rounds as store
from survey_service.store import tabulation_work
from survey_service.store.tabulation_work import Work

LIFE_SECONDS = 5.0  # between two signs of life
GONE_AFTER = timedelta(seconds=30)  # without a sign of life

REFUSED: tuple[tuple[type[Refusal], str], ...] = (
    (ReleaseRefused, "not_protected"),
    (MinimumOnlyRises, "minimum"),
    (MissingKey, "key"),
    (UnreadableBlocks, "responses"),
    (MissingResponses, "responses"),
    (SeenMeanwhile, "meanwhile"),
    (WrongState, "meanwhile"),
)
"""Refusals by the name that the page explains; "gone" is a process that died, "fault" anything else."""

logger = logging.getLogger("survey_service")


async def propose_beside(
    installation: Installation, round_id: str, minimum_group_size: int
) -> "asyncio.Task[None] | None":
    """The task, for its caller to keep; None where somebody is at it already.

    Raises: UnknownRound, WrongState, MinimumOnlyRises.
    """
    async with installation.database.session("tabulation") as connection:
        found = await store.select_round(connection, round_id)
        if found.state != "unsealed":
            raise WrongState(round_id, found.state, "unsealed")
        if minimum_group_size < found.minimum_group_size:
            raise MinimumOnlyRises(minimum_group_size, found.minimum_group_size)
        if not await tabulation_work.begin(connection, found.round_id, GONE_AFTER):
            return None
    return asyncio.create_task(_propose(installation, found.round_id, minimum_group_size))


async def read_work(installation: Installation, round_id: RoundId) -> Work | None:
    """None where nobody has ever begun."""
    async with installation.database.session("reporting") as connection:
        return await tabulation_work.select(connection, round_id, GONE_AFTER)


async def _propose(installation: Installation, round_id: RoundId, minimum_group_size: int) -> None:
    life = asyncio.create_task(_live(installation, round_id))
    refused: str | None = "gone"  # unless something else becomes of it: the service may be stopped meanwhile
    try:
        await propose_release(installation, round_id, minimum_group_size=minimum_group_size)
        refused = None
    except Refusal as refusal:
        logger.warning("tabulation of round %s: %s", round_id, refusal.reason)
        refused = next((name for kind, name in REFUSED if isinstance(refusal, kind)), "fault")
    except Exception as fault:  # noqa: BLE001 - nobody awaits this; the page has to say that it failed
        logger.error("tabulation of round %s: %s", round_id, type(fault).__name__)  # noqa: TRY400 - it may hold values
        refused = "fault"
    finally:
        await end_tasks((life,))
        with contextlib.suppress(Refusal):
            async with installation.database.session("tabulation") as connection:
                await tabulation_work.end(connection, round_id, refused)


async def _live(installation: Installation, round_id: RoundId) -> None:
    while True:
        await asyncio.sleep(LIFE_SECONDS)
        async with installation.database.session("tabulation") as connection:
            await tabulation_work.show_life(connection, round_id)
