"""Exchanges an invitation code for a blind signature, once."""

import asyncio
import hashlib
from concurrent.futures import Executor

from survey_service.custody import KeyDirectory, MissingKey
from survey_service.domain.blind_signatures import BlindSigner
from survey_service.domain.codes import InvitationCode, code_hash
from survey_service.domain.participation import (
    AlreadyRedeemed,
    RoundNotOpen,
    ServiceUnavailable,
    UnknownInvitation,
    VoidInvitation,
)
from survey_service.domain.rounds import RoundId
from survey_service.store import participation
from survey_service.store.database import Database


class Signers:
    """The rounds' credential keys, read when first needed and signed with off the event loop."""

    def __init__(self, keys: KeyDirectory, executor: Executor) -> None:
        self._keys = keys
        self._executor = executor
        self._signers: dict[RoundId, BlindSigner] = {}
        self._reading = asyncio.Lock()

    async def sign(self, round_id: RoundId, blinded_message: bytes) -> bytes | None:
        """384 bytes; None where the key is gone. The key is looked for each time, so a destroyed one signs no more."""
        loop = asyncio.get_running_loop()
        if not self._keys.has(round_id, "credential"):
            self._signers.pop(round_id, None)
            return None
        try:
            signer = self._signers.get(round_id) or await self._read(round_id)
        except MissingKey:
            return None
        return await loop.run_in_executor(self._executor, signer.sign, blinded_message)

    async def _read(self, round_id: RoundId) -> BlindSigner:
        """Once for all who ask meanwhile: reading and checking a key takes as long as forty signatures."""
        async with self._reading:
            if round_id not in self._signers:
                loop = asyncio.get_running_loop()
                self._signers[round_id] = await loop.run_in_executor(self._executor, self._load, round_id)
            return self._signers[round_id]

    def _load(self, round_id: RoundId) -> BlindSigner:
        return BlindSigner.from_der(self._keys.read(round_id, "credential"))


async def redeem_invitation(
    database: Database, signers: Signers, round_id: RoundId, code: InvitationCode, blinded_message: bytes
) -> bytes:
    """The blind signature, 384 bytes; the same pair of code and message always gets the same one.

    It is computed before the code is looked at, so that unknown, used and valid codes take the same time, and a
    code is never spent on a signature that then fails.

    Raises: RoundNotOpen, UnknownInvitation, VoidInvitation, AlreadyRedeemed; ServiceUnavailable where an open round's key is missing.
    """
    blind_signature = await signers.sign(round_id, blinded_message)
    code_sha256 = code_hash(round_id, code)
    message_sha256 = hashlib.sha256(blinded_message).digest()
    async with database.session("participation") as connection:
        signature = await participation.redeem(connection, round_id, code_sha256, message_sha256, blind_signature)
        if signature is not None:
            return signature
        refused = await participation.explain_refused_redemption(connection, round_id, code_sha256)
    if not refused.is_open:
        raise RoundNotOpen
    if blind_signature is None:
        raise ServiceUnavailable
    if refused.is_void:
        raise VoidInvitation
    raise AlreadyRedeemed if refused.is_known else UnknownInvitation


async def is_known_code(database: Database, round_id: RoundId, code: InvitationCode) -> bool:
    """Whether the round has this code, used or not, and not voided."""
    async with database.session("participation") as connection:
        found = await participation.explain_refused_redemption(connection, round_id, code_hash(round_id, code))
    return found.is_known and not found.is_void
