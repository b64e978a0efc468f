"""Tells the team by mail what waits for whom: one mail for all that waits, at most one in a while for each person.

    await notify_team(installation, "publish", about=round_id)                        # everyone whose role may
    await notify_team(installation, "give-share", about=round_id, to=[email])         # somebody in particular
    await notify_team(installation, "retention-warning", about=round_id, number=2)    # the second of two warnings

Doing it again tells nobody twice: an occasion, what it is about and its number make it the same. `serve` sends.
"""

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import cast

from survey_service.correspondence.mails import message, new_message_id, team_mail
from survey_service.correspondence.smtp import MailDoor, mail_server
from survey_service.domain.accounts import Email
from survey_service.domain.notices import DEED_OF, Occasion, page_of, roles_of
from survey_service.operations.installation import Installation
from survey_service.operations.read_site import read_site
from survey_service.store import mail, team
from survey_service.store.mail import Notice

PAUSE = timedelta(hours=1)  # between two mails to one person; what comes meanwhile waits for the next one

logger = logging.getLogger("survey_service")


async def notify_team(
    installation: Installation, occasion: Occasion, *, about: str, to: Sequence[Email] | None = None, number: int = 1
) -> int:
    """Notes what is to be told; how many people that is new for.

    about: id of the round or survey. to: whom; None: every account whose role answers to the occasion. number: tells
    repeated ones apart, so that each is told once. Whoever stands in for one of them today is told, too. An address without an active account is passed over.
    """
    async with installation.database.session("team") as connection, connection.transaction():
        if to is None:
            roles = roles_of(occasion)
            to = [
                each.email for each in await team.list_accounts(connection) if each.role in roles and not each.disabled
            ]
        if DEED_OF[occasion] != "hold-share":  # nobody else has a trustee's passphrase
            to = list(dict.fromkeys([*to, *await team.list_stand_ins_today(connection, to)]))
        noted = [
            await mail.note_for_team(connection, Notice(email=email, occasion=occasion, about=about, number=number))
            for email in to
        ]
    return sum(noted)


async def send_notices(installation: Installation) -> int:
    """Mails what was noted, to those who got nothing within `PAUSE`; how many mails went.

    Raises: MailNotSet, MailServerUnavailable; what has not gone waits.
    """
    server = mail_server(installation.settings.smtp_url, installation.settings.mail_from)
    async with installation.database.session("team") as connection, connection.transaction():
        if not await mail.take_notices(connection):
            return 0  # another process is at it
        waiting = await mail.notices_to_mail(connection, PAUSE)
        if not waiting:
            return 0
        organisation = read_site(installation.settings.site_file).site.name
        base_url = installation.settings.base_url
        went = 0
        async with MailDoor(server) as door:
            for email, notices in waiting.items():
                entries = [
                    (
                        cast("Occasion", each.occasion),
                        each.about,
                        base_url + page_of(cast("Occasion", each.occasion), each.about),
                    )
                    for each in notices
                ]
                told = message(
                    team_mail(organisation, entries, home=f"{base_url}/team/"),
                    sender=server.sender,
                    recipient=email,
                    message_id=new_message_id(server.domain),
                )
                outcome = await door.hand_over(told, email)
                if outcome != "later":  # one refused or unclear is not repeated: the first page says the same
                    await mail.settle_notices(connection, email, notices)
                    went += outcome == "accepted"
                if outcome == "unclear":
                    break
    logger.info("mail to the team: %d", went)
    return went
