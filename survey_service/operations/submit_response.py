"""Takes a sealed response with its credential, once, and acknowledges it when it is durable."""

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from survey_service.domain import ballot_box, blind_signatures
from survey_service.domain.messages import Credential, credential_message
from survey_service.domain.participation import InvalidSignature, RoundNotOpen, SerialAlreadyUsed
from survey_service.domain.rounds import RoundId
from survey_service.store import participation
from survey_service.store.database import Database


def is_valid(public_key: RSAPublicKey, round_id: RoundId, credential: Credential) -> bool:
    """Whether the round's key signed this serial."""
    prepared = blind_signatures.prepare(credential_message(round_id, credential.serial), credential.randomizer)
    return blind_signatures.verify(public_key, prepared, credential.signature)


async def submit_response(
    database: Database, public_key: RSAPublicKey, round_id: RoundId, credential: Credential, sealed: bytes
) -> tuple[bytes, bool]:
    """The receipt, 32 bytes, and whether the response is new; the same serial and sealed again get the same receipt.

    Raises: RoundNotOpen, InvalidSignature, SerialAlreadyUsed.
    """
    receipt = ballot_box.receipt(sealed)
    valid = is_valid(public_key, round_id, credential)
    async with database.session("participation") as connection:
        if valid and await participation.cast_ballot(connection, round_id, credential, receipt, sealed):
            return receipt, True
        refused = await participation.explain_refused_ballot(connection, round_id, credential.serial)
    if refused.receipt == receipt:
        return receipt, False
    if not refused.is_open:
        raise RoundNotOpen
    raise SerialAlreadyUsed if valid else InvalidSignature
