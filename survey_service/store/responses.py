"""Sealed responses out, encrypted blocks in and out."""

from datetime import timedelta

from survey_service.domain.responses import Block, SealedResponse
from survey_service.domain.rounds import RoundId
from survey_service.store.database import AnyConnection
from survey_service.store.statements import statement


async def select_sealed(connection: AnyConnection, round_id: RoundId) -> list[SealedResponse]:
    rows = await connection.fetch(statement("select_sealed"), round_id)
    return [SealedResponse(serial=row["serial"], sealed=row["sealed"]) for row in rows]


async def insert_blocks(connection: AnyConnection, round_id: RoundId, blocks: list[Block]) -> None:
    await connection.executemany(
        statement("insert_block"), [(round_id, block.content, block.number, block.encrypted) for block in blocks]
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
