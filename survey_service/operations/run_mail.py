"""Sends by itself what waits: invitations that were let go, reminders, and what the team is to be told.

Erases addresses of rounds that are over. Any number of processes may run it: one holds a round's spool at a time.
"""

import asyncio
import logging
import time

from survey_service.correspondence.smtp import MailNotSet
from survey_service.domain.rounds import RoundId
from survey_service.errors import Refusal, UnknownRound
from survey_service.operations.installation import Installation
from survey_service.operations.mail_round import Kind, adopt, send_waiting
from survey_service.operations.notify_team import send_notices
from survey_service.operations.remind import forget_all_over
from survey_service.operations.tell_what_waits import tell_what_waits
from survey_service.spool import SpoolBusy
from survey_service.store import mail
from survey_service.store import rounds as store

PAUSE_SECONDS = 10.0  # between two looks
TELL_SECONDS = 300.0  # between two looks at what waits for the team, which reads every round
LATER_SECONDS = (
    15 * 60.0
)  # after "later" from the server, or none: most lists of waiting servers let one through by then

logger = logging.getLogger("survey_service")


async def run_mail(installation: Installation) -> None:
    """Looks for mail that is due until cancelled."""
    not_before: dict[RoundId, float] = {}
    tell_at = 0.0
    while True:
        try:
            if installation.settings.smtp_url is not None and tell_at <= time.monotonic():
                tell_at = time.monotonic() + TELL_SECONDS
                await tell_what_waits(installation)
            await send_due(installation, not_before)
        except Refusal as refusal:
            logger.warning("mail: %s", refusal.reason)
        except Exception as fault:  # noqa: BLE001 - one look that fails must not be the last
            logger.error("mail: %s", type(fault).__name__)  # noqa: TRY400 - a traceback may hold addresses
        await asyncio.sleep(PAUSE_SECONDS)


async def send_due(installation: Installation, not_before: dict[RoundId, float]) -> None:
    """One look. not_before: by round, when (monotonic, seconds) it is tried again; changed here."""
    await forget_all_over(installation)
    for round_id in installation.spool.rounds():
        if not_before.get(round_id, 0.0) > time.monotonic():
            continue
        try:
            for kind in await _due(installation, round_id):
                sent = await send_waiting(installation, round_id, kind)
                if sent is not None and sent.waiting:
                    not_before[round_id] = time.monotonic() + LATER_SECONDS
        except SpoolBusy:
            continue
        except UnknownRound:
            continue  # another installation's
        except Refusal as refusal:
            not_before[round_id] = time.monotonic() + LATER_SECONDS
            logger.warning("mail of round %s: %s", round_id, refusal.reason)
    try:
        await send_notices(installation)
    except MailNotSet:
        return


async def _due(installation: Installation, round_id: RoundId) -> list[Kind]:
    async with installation.database.session("operation") as connection:
        found = await store.select_round(connection, round_id)
        mailings = await mail.list_mailings(connection, round_id)
    due: list[Kind] = []
    with installation.spool.held(round_id) as here:
        if here.next.exists():
            await adopt(installation, here, round_id)
        if here.has("invitation"):
            with here.pile("invitation") as pile:
                go = pile.label.go
            if go == "now" or (go == "opening" and found.state == "open"):
                due.append("invitation")
        if here.has("reminder") and any(each.kind == "reminder" and not each.done for each in mailings):
            due.append("reminder")
    return due
