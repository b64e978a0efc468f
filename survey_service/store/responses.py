"""Sealed responses out, encrypted blocks in and out."""

from collections.abc import AsyncIterator, Iterable
from datetime import timedelta

from msgspec import Struct

from survey_service.domain.responses import Block, SealedResponse
from survey_service.domain.rounds import RoundId
from survey_service.store.database import AnyConnection
from survey_service.store.statements import statement


class BallotEntry(Struct, frozen=True, kw_only=True):
    """A spent serial and its receipt, 32 bytes each."""

    serial: bytes
    receipt: bytes


async def sealed_with_ballots(
    connection: AnyConnection, round_id: RoundId, size: int
) -> AsyncIterator[tuple[list[BallotEntry], list[SealedResponse]]]:
    """Ballots and sealed responses side by side in the order of their serials, `size` of each at a time.

    Where they do not belong together, so much the caller can see: one of the two ends first, or serials differ.
    To be read in a transaction.
    """
    ballots = await connection.cursor(statement("select_ballots"), round_id)
    sealed = await connection.cursor(statement("select_sealed"), round_id)
    while True:
        entries = [BallotEntry(**dict(row)) for row in await ballots.fetch(size)]
        responses = [SealedResponse(serial=row["serial"], sealed=row["sealed"]) for row in await sealed.fetch(size)]
        if not entries and not responses:
            return
        yield entries, responses


async def insert_blocks(connection: AnyConnection, round_id: RoundId, blocks: Iterable[Block]) -> None:
    """The blocks are taken one after the other, so that they are never all in memory."""
    await connection.executemany(
        statement("insert_block"), ((round_id, block.content, block.number, block.encrypted) for block in blocks)
    )


async def select_blocks(connection: AnyConnection, round_id: RoundId) -> list[Block]:
    rows = await connection.fetch(statement("select_blocks"), round_id)
    return [Block(content=row["content"], number=row["block"], encrypted=row["encrypted"]) for row in rows]


async def mark_opened(
    connection: AnyConnection, round_id: RoundId, *, analysed: int, invalid: int, retention: timedelta
) -> bool:
    """Whether the round was closed and nothing of it had been opened before."""
    marked = await connection.fetchval(statement("mark_opened"), round_id, analysed, invalid, retention)
    return marked is not None
