"""Mailings and notices: rows to Structs. No address of a participant is among them."""

from datetime import date, timedelta
from typing import Literal

from msgspec import Struct

from survey_service.domain.accounts import Email
from survey_service.domain.rounds import RoundId
from survey_service.domain.site import TIME_ZONE
from survey_service.store.database import AnyConnection
from survey_service.store.statements import statement

MailKind = Literal["invitation", "reminder"]


class Mailing(Struct, frozen=True, kw_only=True):
    """One sending to everyone on the list, as counts. done: nothing of it waits any more."""

    kind: MailKind
    number: int
    recipients: int
    accepted: int
    refused: int
    unclear: int
    done: bool
    begun_on: date
    began_today: bool

    @property
    def waiting(self) -> int:
        """Mails that are still to go; a mail of unclear outcome was followed by another one to the same address."""
        return 0 if self.done else max(self.recipients - self.accepted - self.refused, 0)


class Notice(Struct, frozen=True, kw_only=True):
    """occasion, about: what waits, and of which round or survey. number: of several of the same kind."""

    email: Email
    occasion: str
    about: str
    number: int


async def add_invitations(connection: AnyConnection, round_id: RoundId, code_hashes: list[bytes]) -> None:
    await connection.execute(statement("add_invitations"), round_id, code_hashes)


async def void_invitations(connection: AnyConnection, round_id: RoundId, code_hashes: list[bytes]) -> set[bytes]:
    """Those of the codes that are void now; missing is what was redeemed."""
    rows = await connection.fetch(statement("void_invitations"), round_id, code_hashes)
    return {row["code_hash"] for row in rows}


async def withdraw_invitations(connection: AnyConnection, round_id: RoundId, code_hashes: list[bytes]) -> None:
    await connection.execute(statement("withdraw_invitations"), round_id, code_hashes)


async def count_void(connection: AnyConnection, round_id: RoundId) -> int:
    return int(await connection.fetchval(statement("count_void"), round_id))


async def count_waiting(connection: AnyConnection) -> int:
    return int(await connection.fetchval(statement("count_waiting_mails")))


async def begin_mailing(
    connection: AnyConnection, round_id: RoundId, kind: MailKind, number: int, recipients: int
) -> bool:
    """Whether it began here and now."""
    begun = await connection.fetchval(statement("begin_mailing"), round_id, kind, number, recipients, str(TIME_ZONE))
    return begun is not None


async def count_mailing(
    connection: AnyConnection,
    round_id: RoundId,
    kind: MailKind,
    number: int,
    *,
    accepted: int,
    refused: int,
    unclear: int,
    done: bool,
) -> None:
    await connection.execute(statement("count_mailing"), round_id, kind, number, accepted, refused, unclear, done)


async def list_mailings(connection: AnyConnection, round_id: RoundId) -> list[Mailing]:
    rows = await connection.fetch(statement("list_mailings"), round_id, str(TIME_ZONE))
    return [Mailing(**dict(row)) for row in rows]


async def note_for_team(connection: AnyConnection, notice: Notice) -> bool:
    """Whether that was not noted before, and there is such an account."""
    noted = await connection.fetchval(
        statement("note_for_team"), notice.email, notice.occasion, notice.about, notice.number
    )
    return noted is not None


async def notices_to_mail(connection: AnyConnection, pause: timedelta) -> dict[Email, list[Notice]]:
    found: dict[Email, list[Notice]] = {}
    for row in await connection.fetch(statement("notices_to_mail"), pause):
        found.setdefault(row["email"], []).append(Notice(**dict(row)))
    return found


async def settle_notices(connection: AnyConnection, email: Email, notices: list[Notice]) -> None:
    await connection.execute(
        statement("settle_notices"),
        email,
        [each.occasion for each in notices],
        [each.about for each in notices],
        [each.number for each in notices],
    )


async def take_notices(connection: AnyConnection) -> bool:
    """Until the transaction ends."""
    return bool(await connection.fetchval(statement("take_notices")))
