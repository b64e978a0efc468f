"""Reminders that know nothing: the same mail to everyone who was invited by mail, as a reply to their invitation.

They need no code and no status, so nothing has to know who has taken part. `forget_recipients` erases the addresses.
"""

import logging

from survey_service.correspondence.mails import new_message_id
from survey_service.correspondence.smtp import mail_server
from survey_service.domain.rounds import Round, RoundId
from survey_service.errors import Refusal, UnknownRound, WrongState
from survey_service.operations.installation import Installation
from survey_service.operations.invite_by_mail import StillSending
from survey_service.spool import Label, Pending, SpoolBusy
from survey_service.store import audit_log, mail
from survey_service.store import rounds as store
from survey_service.store.mail import Mailing

BY_HAND = 100  # reminders above this number are by hand: none of them takes the place of one of the schedule's

logger = logging.getLogger("survey_service")


class RemindedToday(Refusal):
    def __init__(self, round_id: str) -> None:
        super().__init__(
            f"Everyone invited to round {round_id!r} was reminded today.", remedy="Once a day is enough; wait a few."
        )


class RecipientsElsewhere(Refusal):
    def __init__(self, round_id: str) -> None:
        super().__init__(
            f"The addresses of round {round_id!r} do not lie on this machine.",
            remedy="The replica that took them reminds; or let all replicas share SURVEY_SPOOL_DIR.",
        )


async def remind_round(installation: Installation, round_id: str, *, number: int | None = None) -> Mailing | None:
    """Begins a reminder; `serve` sends it, or whoever runs `send_waiting`. None where nobody was invited by mail.

    number: which reminder of the schedule, from 1: one that has begun is not begun again, whoever asks and how often.
    Without a number it is another one, by hand. Nobody is reminded twice on a day.

    Raises: UnknownRound, MailNotSet, WrongState where the round is not open, StillSending, RecipientsElsewhere,
    RemindedToday, SpoolBusy. After each of them asking again is safe.
    """
    async with installation.database.session("operation") as connection:
        found = await store.select_round(connection, round_id)
        mailings = await mail.list_mailings(connection, found.round_id)
        now = await store.read_clock(connection)
    if not any(each.kind == "invitation" for each in mailings):
        return None
    reminders = [each for each in mailings if each.kind == "reminder"]
    for each in reminders:
        if each.number == number:
            return each
    if found.state != "open" or found.closes_at <= now:
        raise WrongState(round_id, "past its end" if found.state == "open" else found.state, "open")
    if any(not each.done for each in mailings):
        raise StillSending(round_id)
    if any(each.began_today for each in reminders):
        raise RemindedToday(round_id)
    by_hand = max((each.number for each in reminders if each.number > BY_HAND), default=BY_HAND) + 1
    return await _begin(installation, found, number or by_hand)


async def _begin(installation: Installation, found: Round, number: int) -> Mailing:
    server = mail_server(installation.settings.smtp_url, installation.settings.mail_from)
    with installation.spool.held(found.round_id) as here:
        recipients = here.recipients()
        if not recipients:
            raise RecipientsElsewhere(found.round_id)
        if not here.has("reminder"):
            pending = [
                Pending(address=each.address, message_id=new_message_id(server.domain), references=each.message_ids)
                for each in recipients
            ]
            here.lay("reminder", Label(kind="reminder", number=number), pending)
        with here.pile("reminder") as pile:
            number = pile.label.number  # of one that a crash left uncounted: it goes first
        # Laid down, then counted; it goes only when it is counted, so a crash in between neither loses nor doubles it.
        async with installation.database.session("operation") as connection, connection.transaction():
            if await mail.begin_mailing(connection, found.round_id, "reminder", number, len(recipients)):
                await audit_log.append(
                    connection, installation.actor, "reminder-sent", round_id=found.round_id, count=len(recipients)
                )
    async with installation.database.session("operation") as connection:
        mailings = await mail.list_mailings(connection, found.round_id)
    return next(each for each in mailings if (each.kind, each.number) == ("reminder", number))


async def forget_recipients(installation: Installation, round_id: str) -> bool:
    """Overwrites and removes the addresses of a round on this machine, and mails that have not gone; whether there were any.

    For rounds that take no codes any more. Raises: SpoolBusy where a mail is on its way this moment.
    """
    known = RoundId(round_id)
    if known not in installation.spool.rounds():
        return False
    with installation.spool.held(known) as here:
        had_any = here.erase_all()
    if had_any:
        async with installation.database.session("operation") as connection, connection.transaction():
            await audit_log.append(connection, installation.actor, "recipients-erased", round_id=known)
    return had_any


async def forget_all_over(installation: Installation) -> list[RoundId]:
    """The same for every round whose redemption has ended."""
    forgotten = []
    for round_id in installation.spool.rounds():
        if await _is_over(installation, round_id):
            try:
                if await forget_recipients(installation, round_id):
                    forgotten.append(round_id)
            except SpoolBusy:
                logger.info("mail of round %s: addresses are erased when its last mail has gone", round_id)
    return forgotten


async def _is_over(installation: Installation, round_id: RoundId) -> bool:
    async with installation.database.session("operation") as connection:
        try:
            found = await store.select_round(connection, round_id)
        except UnknownRound:
            return False  # another installation's: not ours to touch
        now = await store.read_clock(connection)
    return found.stage not in ("prepared", "planned") or found.closes_at <= now
