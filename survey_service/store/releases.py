"""Releases and their ledger."""

from datetime import datetime

import msgspec
from msgspec import Struct

from survey_service.domain.release_ledger import START, LedgerEntry
from survey_service.domain.releases import Proposal, ReleaseDocument, Withdrawal
from survey_service.domain.rounds import RoundId
from survey_service.store.database import AnyConnection
from survey_service.store.statements import statement


async def hold_ledger(connection: AnyConnection) -> bytes:
    """Keeps others from adding to the ledger until the transaction ends; returns its head."""
    await connection.execute(statement("hold_ledger"))
    head = await connection.fetchval(statement("select_ledger_head"))
    return START if head is None else bytes(head)


async def insert_release(connection: AnyConnection, round_id: RoundId, document: bytes, *, for_staff: bool) -> None:
    """for_staff: its overview stands on a page that needs no account."""
    await connection.fetchval(statement("insert_release"), round_id, document, for_staff)


async def is_for_staff(connection: AnyConnection, round_id: RoundId) -> bool:
    return bool(await connection.fetchval(statement("is_for_staff"), round_id))


async def list_for_staff(connection: AnyConnection) -> tuple[RoundId, ...]:
    """The latest first."""
    return tuple(RoundId(row["round_id"]) for row in await connection.fetch(statement("list_for_staff")))


async def show_to_staff(connection: AnyConnection, round_id: RoundId, *, shown: bool) -> bool:
    """Whether that has changed anything."""
    return bool(await connection.fetch(statement("show_to_staff"), round_id, shown))


async def select_release(connection: AnyConnection, round_id: RoundId) -> bytes | None:
    """The document in force; None where nothing is released."""
    row = await connection.fetchrow(statement("select_release"), round_id)
    return None if row is None else row["document"]


async def select_releases(connection: AnyConnection, round_id: RoundId) -> list[bytes]:
    """The documents of everything ever released of a round."""
    return [row["document"] for row in await connection.fetch(statement("select_releases"), round_id)]


async def select_release_before(connection: AnyConnection, round_id: RoundId) -> bytes | None:
    """The document in force of the survey's last released round of the same kind; None where there is none."""
    row = await connection.fetchrow(statement("select_release_before"), round_id)
    return None if row is None else row["document"]


class PastRelease(Struct, frozen=True, kw_only=True):
    """The release in force of an earlier round. questionnaire, document: as stored."""

    round_id: RoundId
    opens_at: datetime
    questionnaire: bytes
    document: bytes


async def select_releases_before(connection: AnyConnection, round_id: RoundId) -> tuple[PastRelease, ...]:
    """Of the survey's earlier rounds of the same kind, the earliest first."""
    rows = await connection.fetch(statement("select_releases_before"), round_id)
    return tuple(PastRelease(**dict(row)) for row in rows)


async def list_ledger(connection: AnyConnection) -> list[LedgerEntry]:
    return [
        LedgerEntry(
            position=row["position"],
            round_id=RoundId(row["round_id"]),
            number=row["number"],
            document=row["document"],
            head=row["head"],
            withdrawn=row["withdrawn"],
            withdrawn_because=row["withdrawn_because"],
        )
        for row in await connection.fetch(statement("list_ledger"))
    ]


async def insert_proposal(connection: AnyConnection, round_id: RoundId, document: bytes) -> int:
    """The number of the proposal, which takes the place of the one before."""
    await connection.execute(statement("settle_proposals"), round_id)
    return int(await connection.fetchval(statement("insert_proposal"), round_id, document))


async def select_proposal(connection: AnyConnection, round_id: RoundId) -> Proposal | None:
    """What waits for its publication; None where nothing does."""
    row = await connection.fetchrow(statement("select_proposal"), round_id)
    if row is None:
        return None
    return Proposal(
        number=row["number"],
        sha256=row["document_sha256"].hex(),
        document=msgspec.json.decode(row["document"], type=ReleaseDocument),
    )


async def waits_for_publication(connection: AnyConnection, round_id: RoundId) -> bool:
    return bool(await connection.fetchval(statement("waits_for_publication"), round_id))


async def select_seen(connection: AnyConnection, round_id: RoundId) -> list[bytes]:
    """The documents of everything of a round that anybody has seen: releases, then proposals."""
    proposals = [row["document"] for row in await connection.fetch(statement("select_proposals"), round_id)]
    return await select_releases(connection, round_id) + proposals


async def select_withdrawals(connection: AnyConnection, round_id: RoundId) -> list[Withdrawal]:
    rows = await connection.fetch(statement("select_withdrawals"), round_id)
    return [Withdrawal(number=row["number"], because=row["withdrawn_because"]) for row in rows]
