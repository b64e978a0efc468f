"""Invitations and ballots: one statement for each thing a participant does."""

from collections.abc import AsyncIterator

from msgspec import Struct

from survey_service.domain.messages import Credential
from survey_service.domain.rounds import GRACE, RoundId
from survey_service.store.database import AnyConnection
from survey_service.store.statements import statement


class RefusedRedemption(Struct, frozen=True, kw_only=True):
    """is_void: the code was replaced by another one before anybody redeemed it."""

    is_open: bool
    is_known: bool
    is_void: bool


class RefusedBallot(Struct, frozen=True, kw_only=True):
    """receipt: of the ballot that already spent this serial, 32 bytes."""

    is_open: bool
    receipt: bytes | None


class SpentCredential(Struct, frozen=True, kw_only=True):
    """A credential of the ballot box and its receipt; bytes as in the protocol."""

    receipt: bytes
    serial: bytes
    randomizer: bytes
    signature: bytes


async def hold_roster(connection: AnyConnection, round_id: RoundId) -> int | None:
    """The roster size of a round that still takes codes, held until the transaction ends; None past its end."""
    row = await connection.fetchrow(statement("hold_roster"), round_id)
    return None if row is None else row["roster_size"]


async def count_invitations(connection: AnyConnection, round_id: RoundId) -> int:
    return int(await connection.fetchval(statement("count_invitations"), round_id))


async def insert_invitations(connection: AnyConnection, round_id: RoundId, code_hashes: list[bytes]) -> None:
    await connection.execute(statement("insert_invitations"), round_id, code_hashes)


async def redeem(
    connection: AnyConnection, round_id: RoundId, code_hash: bytes, blinded_hash: bytes, blind_signature: bytes | None
) -> bytes | None:
    """The blind signature the code is bound to with this message; None where it is refused.

    blind_signature: None once the round's key is gone: then only a repeat finds its signature.
    """
    row = await connection.fetchrow(statement("redeem_invitation"), round_id, code_hash, blinded_hash, blind_signature)
    return None if row is None else row["blind_signature"]


async def explain_refused_redemption(
    connection: AnyConnection, round_id: RoundId, code_hash: bytes
) -> RefusedRedemption:
    row = await connection.fetchrow(statement("explain_refused_redemption"), round_id, code_hash)
    if row is None:
        raise LookupError(round_id)
    return RefusedRedemption(is_open=row["is_open"], is_known=row["is_known"], is_void=row["is_void"])


async def cast_ballot(
    connection: AnyConnection, round_id: RoundId, credential: Credential, receipt: bytes, sealed: bytes
) -> bool:
    """Whether the ballot was taken; the row is durable when this returns."""
    tag = await connection.execute(
        statement("cast_ballot"),
        round_id,
        credential.serial,
        credential.randomizer,
        credential.signature,
        receipt,
        sealed,
        GRACE,
    )
    return tag == "INSERT 0 1"


async def explain_refused_ballot(connection: AnyConnection, round_id: RoundId, serial: bytes) -> RefusedBallot:
    row = await connection.fetchrow(statement("explain_refused_ballot"), round_id, serial, GRACE)
    if row is None:
        raise LookupError(round_id)
    return RefusedBallot(is_open=row["is_open"], receipt=row["receipt"])


async def credentials_in_batches(
    connection: AnyConnection, round_id: RoundId, size: int
) -> AsyncIterator[list[SpentCredential]]:
    """As `credentials`, `size` at a time. To be read in a transaction."""
    found = await connection.cursor(statement("select_credentials"), round_id)
    while rows := await found.fetch(size):
        yield [SpentCredential(**dict(row)) for row in rows]


async def has_doubled_serials(connection: AnyConnection, round_id: RoundId) -> bool:
    """Whether two ballots spend one credential; the key of the table forbids it, and a recount believes no key."""
    return bool(await connection.fetchval(statement("has_doubled_serials"), round_id))


async def holds_receipt(connection: AnyConnection, round_id: RoundId, receipt: bytes) -> bool:
    """Whether one of a round's ballots has this receipt, 32 bytes."""
    return bool(await connection.fetchval(statement("holds_receipt"), round_id, receipt))


async def credentials(connection: AnyConnection, round_id: RoundId) -> list[SpentCredential]:
    """The spent credentials of a round, in the order of their receipts."""
    rows = await connection.fetch(statement("select_credentials"), round_id)
    return [SpentCredential(**dict(row)) for row in rows]
