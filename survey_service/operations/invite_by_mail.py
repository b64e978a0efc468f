"""Addressed invitations: draws a code for each address, lets the mails go, and says how far they are.

A pair of address and code stands in the spool until its mail was accepted, and nowhere else, ever.
"""

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

from survey_service.correspondence.mails import Mail, invitation_mail, message, new_message_id, reminder_mail
from survey_service.correspondence.smtp import MailDoor, MailServerUnavailable, mail_server
from survey_service.domain.accounts import normalise_email
from survey_service.domain.codes import InvitationCode
from survey_service.domain.invitations import invitation
from survey_service.domain.rounds import Round, RoundId
from survey_service.errors import Refusal
from survey_service.operations.installation import Installation
from survey_service.operations.invite import BeyondRoster, RoundTakesNoCodes, hold_room, new_codes
from survey_service.operations.mail_round import adopt, letter_of
from survey_service.spool import Label, Pending, Pile
from survey_service.store import audit_log, mail, participation
from survey_service.store import rounds as store
from survey_service.store.database import AnyConnection

EXAMPLE_CODE = InvitationCode("0000000000000000")  # of previews and test mails; drawn by nobody, so no round knows it

When = Literal["opening", "now"]


class AlreadyInvited(Refusal):
    def __init__(self, round_id: str, count: int) -> None:
        super().__init__(
            f"{count} of the addresses are on the list of round {round_id!r} already.",
            remedy="Hand in only those that are new. Nothing was kept.",
        )


class StillSending(Refusal):
    def __init__(self, round_id: str) -> None:
        super().__init__(f"Mails of round {round_id!r} are still waiting to go.", remedy="Let them go, then repeat.")


class NothingToSend(Refusal):
    def __init__(self, round_id: str) -> None:
        super().__init__(
            f"No invitation of round {round_id!r} waits here.",
            remedy="Hand in addresses first: `survey-service invite R --recipients FILE.csv`. "
            "With several replicas, ask the one that took them.",
        )


class NotTested(Refusal):
    def __init__(self) -> None:
        super().__init__("The mail server did not take the test mail for this address.", remedy="Check the address.")


class MailStatus(Struct, frozen=True, kw_only=True):
    """Of a round, as counts. issued: valid codes, however they were drawn. reserve: how many more can be drawn.

    on_list: addresses that lie on this machine. waits: invitations that wait here for somebody to let them go.
    """

    round_id: RoundId
    roster_size: int
    issued: int
    void: int
    mailings: tuple[mail.Mailing, ...]
    on_list: int
    waits: bool

    @property
    def reserve(self) -> int:
        return max(self.roster_size - self.issued, 0)


async def prepare_invitations(installation: Installation, round_id: str, addresses: Sequence[str]) -> int:
    """Draws a code for each address; nothing goes before `let_invitations_go`. Returns how many.

    Raises: UnknownRound, RoundTakesNoCodes, BeyondRoster, AlreadyInvited, StillSending, MailNotSet, SpoolBusy.
    """
    server = mail_server(installation.settings.smtp_url, installation.settings.mail_from)
    async with installation.database.session("operation") as connection:
        found = await store.select_round(connection, round_id)
        number = 1 + await _mailings(connection, found.round_id)
        async with connection.transaction():
            await hold_room(connection, found.round_id, len(addresses))
    with installation.spool.held(found.round_id) as here:
        if here.next.exists():
            await adopt(installation, here, found.round_id)
        if here.has("invitation"):
            raise StillSending(round_id)
        known = {each.address.lower() for each in here.recipients()}
        if again := sum(address.lower() in known for address in addresses):
            raise AlreadyInvited(round_id, again)
        pending = [
            Pending(address=address, message_id=new_message_id(server.domain), code=code)
            for address, code in zip(addresses, new_codes(len(addresses)), strict=True)
        ]
        Pile.write(here.next, Label(kind="invitation", number=number), pending)
        try:
            await adopt(installation, here, found.round_id)
        except (BeyondRoster, RoundTakesNoCodes):
            here.erase("next")
            raise
    return len(pending)


async def let_invitations_go(installation: Installation, round_id: str, when: When = "now") -> None:
    """From now on, or from the opening on, the mails leave: by `serve`, or by whoever runs `send_waiting`.

    Raises: UnknownRound, NothingToSend, SpoolBusy.
    """
    async with installation.database.session("operation") as connection:
        found = await store.select_round(connection, round_id)
    with installation.spool.held(found.round_id) as here:
        if not here.has("invitation"):
            raise NothingToSend(round_id)
        with here.pile("invitation") as pile:
            label = pile.label
            pile.relabel(Label(kind=label.kind, number=label.number, go=when))
    async with installation.database.session("operation") as connection, connection.transaction():
        await audit_log.append(connection, installation.actor, "invitations-sent", round_id=found.round_id)


async def read_mail_status(installation: Installation, round_id: str) -> MailStatus:
    """Raises: UnknownRound."""
    async with installation.database.session("operation") as connection:
        found = await store.select_round(connection, round_id)
        issued = await participation.count_invitations(connection, found.round_id)
        void = await mail.count_void(connection, found.round_id)
        mailings = await mail.list_mailings(connection, found.round_id)
    here = installation.spool.seen(found.round_id)
    return MailStatus(
        round_id=found.round_id,
        roster_size=found.roster_size,
        issued=issued,
        void=void,
        mailings=tuple(mailings),
        on_list=len(here.recipients()),
        waits=here.has("invitation"),
    )


async def preview_mails(installation: Installation, round_id: str) -> tuple[Mail, Mail]:
    """Invitation and reminder as they will go, with an example's code. Raises: UnknownRound."""
    async with installation.database.session("operation") as connection:
        found = await store.select_round(connection, round_id)
    return _previews(installation, found)


async def send_test_mail(installation: Installation, round_id: str, address: str) -> None:
    """The invitation with an example's code to one's own address.

    Raises: UnknownRound, NotAnEmail, MailNotSet, MailServerUnavailable, NotTested.
    """
    recipient = normalise_email(address)
    server = mail_server(installation.settings.smtp_url, installation.settings.mail_from)
    written, _ = await preview_mails(installation, round_id)
    test = message(written, sender=server.sender, recipient=recipient, message_id=new_message_id(server.domain))
    async with MailDoor(server) as door:
        outcome = await door.hand_over(test, recipient)
    if outcome == "unclear":
        raise MailServerUnavailable("the connection was lost before it answered")
    if outcome != "accepted":
        raise NotTested


def _previews(installation: Installation, found: Round) -> tuple[Mail, Mail]:
    letter = letter_of(installation, found)
    example = invitation(installation.settings.base_url, found.round_id, EXAMPLE_CODE)
    return invitation_mail(letter, example), reminder_mail(letter)


async def _mailings(connection: AnyConnection, round_id: RoundId) -> int:
    return sum(each.kind == "invitation" for each in await mail.list_mailings(connection, round_id))
