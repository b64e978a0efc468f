"""Sends what lies in the spool of a round, mail by mail, and overwrites each pair of address and code once it was accepted.

However this ends (a connection cut, kill -9, a full disk), the next run goes on, and no code is valid in two mails: where it
is unclear whether a mail arrived, its code is voided and another one drawn. Then all codes that have not left yet are
drawn anew with it, so that the moment at which a code came into the database points to no single address.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from email.message import EmailMessage
from typing import Any, Literal

import msgspec
from msgspec import Struct

from survey_service.correspondence.mails import (
    Letter,
    Mail,
    invitation_mail,
    message,
    new_message_id,
    reminder_mail,
)
from survey_service.correspondence.smtp import MailDoor, MailServer, MailServerUnavailable, Outcome, mail_server
from survey_service.correspondence.wording import spoken
from survey_service.domain.codes import InvitationCode, code_hash
from survey_service.domain.invitations import invitation
from survey_service.domain.rounds import Round, RoundId
from survey_service.domain.surveys import Survey
from survey_service.errors import WrongState
from survey_service.operations.installation import Installation
from survey_service.operations.invite import BeyondRoster, RoundTakesNoCodes, hashes, new_codes
from survey_service.operations.read_site import read_site
from survey_service.spool import Mark, Pending, Pile, Recipient, RoundSpool
from survey_service.store import audit_log, mail, participation
from survey_service.store import rounds as store

COUNT_EVERY = 25  # mails between two looks at the round, and two updates of the counts
MOST_ATTEMPTS = 5  # passes in which the server may say "later" to an address
MOST_REFUSED = 20  # in a row: then it is the server that refuses, not an address
MOST_CONNECTIONS = 4  # of one run: then the server is left alone for a while

Kind = Literal["invitation", "reminder"]
Progress = Callable[[int], object]

logger = logging.getLogger("survey_service")


class Sent(Struct, frozen=True, kw_only=True):
    """How a run left things, as counts over the whole mailing. waiting: still to go."""

    accepted: int
    refused: int
    unclear: int
    waiting: int


async def send_waiting(
    installation: Installation, round_id: RoundId, kind: Kind, *, on_progress: Progress | None = None
) -> Sent | None:
    """One run over what waits; None where nothing lies here.

    Raises: SpoolBusy, SpoolFailed, MailNotSet, MailServerUnavailable; WrongState where the round takes no codes now.
    """
    server = mail_server(installation.settings.smtp_url, installation.settings.mail_from)
    with installation.spool.held(round_id) as here:
        if here.next.exists():
            await adopt(installation, here, round_id)
        if not here.has(kind):
            return None
        found = await _open_round(installation, round_id)
        letter = letter_of(installation, found)
        for _ in range(MOST_CONNECTIONS):
            await _settle_unclear(installation, here, found.round_id, kind, server)
            with here.pile(kind) as pile:
                run = _Run(installation, found, pile, letter, server, on_progress)
                is_through = await run.over_one_connection()
                sent = await run.count()
            if is_through:
                if sent.waiting == 0:
                    here.erase(kind)
                return sent
        raise MailServerUnavailable("the connection was lost again and again")


def letter_of(installation: Installation, found: Round) -> Letter:
    survey = msgspec.json.decode(found.definition, type=Survey)
    site = read_site(installation.settings.site_file).site
    return Letter(
        title=survey.title,
        organisation=site.name,
        address=installation.settings.base_url.removeprefix("https://"),
        fingerprint=found.fingerprint,
        opens_at=found.opens_at,
        closes_at=found.closes_at,
        rehearsal=found.rehearsal,
        languages=spoken(survey.languages),
        purpose=site.purpose,
        note=site.mail_note,
        signature=site.mail_signature,
    )


class _Run:
    """One connection's worth of a pile."""

    def __init__(
        self,
        installation: Installation,
        found: Round,
        pile: Pile,
        letter: Letter,
        server: MailServer,
        on_progress: Progress | None,
    ) -> None:
        self._installation = installation
        self._round = found
        self._pile = pile
        self._letter = letter
        self._server = server
        self._on_progress = on_progress
        self._refused_in_a_row = 0
        self._reminder = reminder_mail(letter)

    async def over_one_connection(self) -> bool:
        """Whether every mail that waits was tried; False where the connection was lost with an unclear outcome."""
        pending = self._pile.those("P")
        if not pending:
            return True
        async with MailDoor(self._server) as door:
            for number, (place, each) in enumerate(pending, start=1):
                outcome = await self._undisturbed(self._one(door, place, each))
                if outcome == "unclear":
                    return False
                if self._on_progress is not None:
                    self._on_progress(1)
                if number % COUNT_EVERY == 0:
                    await self.count()
                    await _open_round(self._installation, self._round.round_id)
        return True

    async def count(self) -> Sent:
        """Withdraws the codes of refused mails, and brings the counts into the database."""
        await _withdraw_refused(self._installation, self._round.round_id, self._pile)
        label, tally = self._pile.label, self._pile.tally()
        sent = Sent(
            accepted=tally["A"], refused=tally["R"], unclear=tally["U"], waiting=tally["P"] + tally["S"] + tally["F"]
        )
        async with self._installation.database.session("operation") as connection:
            await mail.count_mailing(
                connection,
                self._round.round_id,
                label.kind,
                label.number,
                accepted=sent.accepted,
                refused=sent.refused,
                unclear=sent.unclear,
                done=sent.waiting == 0,
            )
        return sent

    async def _one(self, door: MailDoor, place: int, each: Pending) -> Outcome:
        async def before() -> None:
            await asyncio.to_thread(self._pile.mark, place, "S", each)

        outcome = await door.hand_over(self._message(each), each.address, before=before)
        is_final = outcome == "refused" or (outcome == "later" and each.attempts + 1 >= MOST_ATTEMPTS)
        if outcome == "accepted":
            self._refused_in_a_row = 0
            await asyncio.to_thread(self._pile.settle, place, "A")
        elif is_final:
            await asyncio.to_thread(self._refuse, place, each)
        elif outcome == "later":
            later = msgspec.structs.replace(each, attempts=each.attempts + 1)
            await asyncio.to_thread(self._pile.mark, place, "P", later)
        return outcome

    def _refuse(self, place: int, each: Pending) -> None:
        """Forgets the address at once; the code, which nobody has, is withdrawn with others."""
        if each.code is None:
            self._pile.settle(place, "R")
        else:
            unused = code_hash(self._round.round_id, each.code).hex()
            self._pile.mark(place, "F", Pending(address="", message_id="", withdraws=unused))
        self._refused_in_a_row += 1
        if self._refused_in_a_row >= MOST_REFUSED:
            raise MailServerUnavailable(f"it has refused {MOST_REFUSED} mails in a row")

    async def _undisturbed(self, handing_over: Coroutine[Any, Any, Outcome]) -> Outcome:
        """Lets a mail that is on its way arrive before anything is stopped: else its code would be void for nothing."""
        task = asyncio.create_task(handing_over)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            await asyncio.wait([task])
            raise

    def _message(self, each: Pending) -> EmailMessage:
        return message(
            self._mail(each.code),
            sender=self._server.sender,
            recipient=each.address,
            message_id=each.message_id,
            references=each.references,
        )

    def _mail(self, code: InvitationCode | None) -> Mail:
        if code is None:
            return self._reminder
        return invitation_mail(
            self._letter, invitation(self._installation.settings.base_url, self._round.round_id, code)
        )


async def adopt(installation: Installation, here: RoundSpool, round_id: RoundId) -> None:
    """Makes the codes of the pile at `next` valid, and puts it in its place. Doing it again changes nothing.

    Raises: RoundTakesNoCodes, BeyondRoster; then nothing was changed.
    """
    pile = Pile(here.next)
    try:
        label, pending = pile.label, pile.those("P")
        async with installation.database.session("operation") as connection, connection.transaction():
            roster_size = await participation.hold_roster(connection, round_id)
            if roster_size is None:
                raise RoundTakesNoCodes(round_id)
            void = await mail.void_invitations(
                connection, round_id, sorted(bytes.fromhex(each.voids) for _, each in pending if each.voids)
            )
            await mail.withdraw_invitations(
                connection, round_id, sorted(bytes.fromhex(each.withdraws) for _, each in pending if each.withdraws)
            )
            # A code that was redeemed meanwhile had arrived: whoever has it needs no other one.
            arrived = [place for place, each in pending if each.voids and bytes.fromhex(each.voids) not in void]
            codes = [each.code for place, each in pending if each.code and place not in arrived]
            await mail.add_invitations(connection, round_id, hashes(round_id, codes))
            issued = await participation.count_invitations(connection, round_id)
            if issued > roster_size:
                raise BeyondRoster(round_id, len(codes), issued - len(codes), roster_size)
            if await mail.begin_mailing(connection, round_id, label.kind, label.number, len(pending)):
                await audit_log.append(
                    connection, installation.actor, "codes-drawn", round_id=round_id, count=len(codes)
                )
        for place in arrived:
            pile.settle(place, "A")
        here.keep_recipients(_with_message_ids(here.recipients(), [each for _, each in pending]))
    finally:
        pile.close()
    here.adopt("invitation")


def _with_message_ids(recipients: list[Recipient], pending: list[Pending]) -> list[Recipient]:
    """Everyone who is, or was, to be invited, with the ids of what may have reached them."""
    ids = {each.address: each.message_ids for each in recipients}
    for each in pending:
        known = ids.get(each.address, ())
        if each.message_id not in known:
            ids[each.address] = (*known, each.message_id)
    return [Recipient(address=address, message_ids=found) for address, found in ids.items()]


async def _settle_unclear(
    installation: Installation, here: RoundSpool, round_id: RoundId, kind: Kind, server: MailServer
) -> None:
    """What was on its way when something broke: an invitation gets another code, a reminder is left as it is."""
    with here.pile(kind) as pile:
        unclear = pile.those("S")
        if not unclear:
            return
        if kind == "reminder":
            for place, _ in unclear:
                pile.settle(place, "U")
            return
        await _withdraw_refused(installation, round_id, pile)
        waiting = [each for _, each in pile.those("P")]
        codes = new_codes(len(unclear) + len(waiting))
        again = [
            Pending(
                address=each.address,
                message_id=new_message_id(server.domain),
                code=code,
                voids=_hash(round_id, each).hex(),
            )
            for (_, each), code in zip(unclear, codes, strict=False)
        ]
        anew = [
            msgspec.structs.replace(each, code=code, voids=None, withdraws=_hash(round_id, each).hex())
            for each, code in zip(waiting, codes[len(unclear) :], strict=True)
        ]
        marks: list[Mark] = [*pile.settled(), *_unclear(len(unclear))]
        Pile.write(here.next, pile.label, [*again, *anew], marks)
    await adopt(installation, here, round_id)
    logger.warning("mail of round %s: %d codes voided after an unclear outcome", round_id, len(unclear))


def _unclear(count: int) -> list[Mark]:
    return ["U"] * count


async def _withdraw_refused(installation: Installation, round_id: RoundId, pile: Pile) -> None:
    refused = pile.those("F")
    if refused:
        async with installation.database.session("operation") as connection:
            await mail.withdraw_invitations(
                connection, round_id, sorted(bytes.fromhex(each.withdraws or "") for _, each in refused)
            )
        for place, _ in refused:
            pile.settle(place, "R")


async def _open_round(installation: Installation, round_id: RoundId) -> Round:
    """The round, while codes may be sent for it. Raises: WrongState."""
    async with installation.database.session("operation") as connection:
        found = await store.select_round(connection, round_id)
        now = await store.read_clock(connection)
    if found.stage != "planned" or found.closes_at <= now:
        raise WrongState(
            round_id,
            "waiting for approvals or proofs" if found.stage == "prepared" else found.state,
            "open or scheduled",
        )
    return found


def _hash(round_id: RoundId, each: Pending) -> bytes:
    if each.code is None:
        raise TypeError("an invitation without a code")
    return code_hash(round_id, each.code)
