"""Carries out what is due: prepares rounds ahead, opens, reminds, closes, unseals what the server may unseal, warns, erases.

Once a day it counts who has taken part in the open rounds.

Each deed can be done again after a crash at any point, and is then finished or does nothing: it leaves its trace in the
round, in a mailing or in `scheduled_deed`. What is late because nothing ran is done at the next look, in its order.

A round in the hands of trustees is never unsealed from here; only shares that waited too long for others are destroyed.
Nothing is ever published from here.
"""

import asyncio
import logging
from typing import assert_never

from survey_service.custody import KeyDirectoryFailed
from survey_service.domain.audit_log import SCHEDULE
from survey_service.domain.rounds import RoundId
from survey_service.domain.site import TIME_ZONE
from survey_service.domain.timetable import DeedName, ForeseenDeed, due
from survey_service.errors import Refusal
from survey_service.operations.close_round import close_round
from survey_service.operations.erase_round import erase_round
from survey_service.operations.foresee_rounds import foreseen
from survey_service.operations.installation import Installation
from survey_service.operations.notify_team import notify_team
from survey_service.operations.prepare_rounds import prepare_due_rounds
from survey_service.operations.remind import RemindedToday, remind_round
from survey_service.operations.sealing_key import drop_old_shares
from survey_service.operations.tidy_keys import tidy_keys
from survey_service.operations.unseal_round import unseal_round
from survey_service.store import audit_log, schedule
from survey_service.store import rounds as store

PAUSE_SECONDS = 20.0  # between two looks; a deed is at most this much late

DONE: dict[DeedName, str] = {
    "open": "opened",
    "remind": "reminded",
    "close": "closed",
    "unseal": "unsealed",
    "warn": "warned of its erasure",
    "erase": "erased",
}

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
    """Carries out everything that is due now and returns what was done, a sentence each."""
    installation = installation.acting_for(SCHEDULE)
    tidied = await _tidied(installation)  # whoever acts for the rounds: each process sees to its own key directory
    async with installation.database.session("operation") as connection:
        if not await schedule.take_schedule(connection):
            return tidied
        try:
            return tidied + await _run_due(installation)
        finally:
            await schedule.leave_schedule(connection)


async def _tidied(installation: Installation) -> list[str]:
    try:
        return await tidy_keys(installation)
    except KeyDirectoryFailed as refusal:
        logger.warning("schedule: keys that are needed no more stay: %s", refusal.reason)
        return []  # rounds go on all the same, and the next look tries again


async def _run_due(installation: Installation) -> list[str]:
    done = await prepare_due_rounds(installation)
    async with installation.database.session("operation") as connection:
        await store.run(connection, "count_participation", str(TIME_ZONE))
        under_way = await store.due(connection, "rounds_under_way")
        lost = await store.due(connection, "lost_rounds_with_codes")
        now = await store.read_clock(connection)
    for round_id in under_way:
        done += await _bring_forward(installation, round_id)
    for round_id in lost:
        done += await _attempt(installation, round_id, ForeseenDeed(deed="erase", at=now))
    return done


async def _bring_forward(installation: Installation, round_id: str) -> list[str]:
    """Each deed that is due is tried once; one that is refused holds up no other, of this round or of another."""
    done: list[str] = []
    tried: set[tuple[DeedName, int]] = set()
    while True:
        async with installation.database.session("operation") as connection:
            found = await store.select_round(connection, round_id)
            now = await store.read_clock(connection)
        if found.stage == "closed" and found.custody != "server":
            await _drop_old_shares(installation, found.round_id)
        left = [
            each
            for each in due(await foreseen(installation, found), now)
            if (each.deed, each.number) not in tried and not (each.deed == "remind" and found.closes_at <= now)
        ]
        if not left:
            return done
        tried.add((left[0].deed, left[0].number))
        done += await _attempt(installation, round_id, _of_late_reminders_the_last(left[0], left))


def _of_late_reminders_the_last(wanted: ForeseenDeed, left: list[ForeseenDeed]) -> ForeseenDeed:
    if wanted.deed != "remind":
        return wanted
    return max((each for each in left if each.deed == "remind"), key=lambda each: each.number)


async def _attempt(installation: Installation, round_id: str, wanted: ForeseenDeed) -> list[str]:
    try:
        if not await _carry_out(installation, RoundId(round_id), wanted):
            return []
    except RemindedToday:
        return []  # somebody has reminded by hand today; the schedule's goes tomorrow
    except Refusal as refusal:
        logger.warning("schedule: round %s is not %s: %s", round_id, DONE[wanted.deed], refusal.reason)
        return []
    logger.info("schedule: round %s is %s", round_id, DONE[wanted.deed])
    return [f"{round_id} {DONE[wanted.deed]}"]


async def _carry_out(installation: Installation, round_id: RoundId, wanted: ForeseenDeed) -> bool:
    """Whether there was anything to do."""
    match wanted.deed:
        case "open":
            return await _open(installation, round_id)
        case "remind":
            return await _remind(installation, round_id, wanted.number)
        case "close":
            await close_round(installation, round_id)
            await notify_team(installation, "round-closed", about=round_id)
        case "unseal":
            unsealed = await unseal_round(installation, round_id)
            if unsealed.stage == "lost":
                await notify_team(installation, "round-lost", about=round_id)
        case "warn":
            return await _warn(installation, round_id, wanted.number)
        case "erase":
            erased = await erase_round(installation, round_id)
            if erased.stage == "erased":
                await notify_team(installation, "round-erased", about=round_id)
        case _:
            assert_never(wanted.deed)
    return True


async def _open(installation: Installation, round_id: RoundId) -> bool:
    """The clock opens a round; this says so, once."""
    await notify_team(installation, "round-open", about=round_id)
    async with installation.database.session("operation") as connection, connection.transaction():
        if is_new := await schedule.note_deed(connection, round_id, "open", 1):
            await audit_log.append(connection, installation.actor, "round-opened", round_id=round_id)
    return is_new


async def _remind(installation: Installation, round_id: RoundId, number: int) -> bool:
    """Begins the reminder of this number; those before it that are late, too, are settled with it."""
    begun = await remind_round(installation, round_id, number=number)
    async with installation.database.session("operation") as connection, connection.transaction():
        settled = [await schedule.note_deed(connection, round_id, "remind", each + 1) for each in range(number)]
    return begun is not None and settled[-1]


async def _warn(installation: Installation, round_id: RoundId, number: int) -> bool:
    await notify_team(installation, "retention-warning", about=round_id, number=number)
    async with installation.database.session("operation") as connection, connection.transaction():
        if is_new := await schedule.note_deed(connection, round_id, "warn", number):
            await audit_log.append(connection, installation.actor, "retention-warned", round_id=round_id, count=number)
    return is_new


async def _drop_old_shares(installation: Installation, round_id: RoundId) -> None:
    try:
        await drop_old_shares(installation, round_id)
    except Refusal as refusal:
        logger.warning("schedule: shares of round %s: %s", round_id, refusal.reason)
