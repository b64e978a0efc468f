"""The sealing key of a round, from wherever its custody keeps it."""

import asyncio
from collections.abc import Mapping
from datetime import datetime

import msgspec

from survey_service.custody import gift
from survey_service.domain.key_shares import BrokenKeyFile, Gift, Share, SharedKey, parse_custody, rebuild, take_up
from survey_service.domain.rounds import Round, RoundId
from survey_service.errors import Refusal
from survey_service.operations.installation import Installation
from survey_service.store import audit_log
from survey_service.store import rounds as store


class TooFewShares(Refusal):
    def __init__(self, round_id: str, *, given: int, threshold: int) -> None:
        super().__init__(
            f"Round {round_id!r} is in the hands of its trustees: {given} of {threshold} shares are given.",
            remedy="Nothing was opened. Each trustee gives their share on the team's pages, "
            f"or with `survey-service trustee give {round_id} EMAIL`; the last one unseals the round.",
        )


async def read_sealing_key(installation: Installation, found: Round, given: Mapping[int, Share]) -> bytes:
    """The private key, DER. given: shares in hand, by place. Raises: MissingKey, TooFewShares, BrokenKeyFile."""
    if parse_custody(found.custody) is None:
        return installation.keys.read(found.round_id, "sealing")
    async with installation.database.session("operation") as connection:
        now = await store.read_clock(connection)
    shared = read_shared_key(installation, found.round_id)
    shares = waiting_shares(installation, shared, found.ballot_box_root or b"", now) | dict(given)
    if len(shares) < shared.threshold:
        raise TooFewShares(found.round_id, given=len(shares), threshold=shared.threshold)
    return await asyncio.to_thread(rebuild, shared, shares)


async def drop_old_shares(installation: Installation, round_id: str) -> None:
    """Destroys the shares of a round that have waited too long for the others."""
    async with installation.database.session("operation") as connection:
        found = await store.select_round(connection, round_id)
        now = await store.read_clock(connection)
    if installation.keys.waiting(found.round_id):
        shared = read_shared_key(installation, found.round_id)
        waited = len(installation.keys.waiting(found.round_id))
        kept = waiting_shares(installation, shared, found.ballot_box_root or b"", now)
        if dropped := waited - len(kept):
            async with installation.database.session("operation") as connection, connection.transaction():
                await audit_log.append(
                    connection, installation.actor, "shares-dropped", round_id=found.round_id, count=dropped
                )


def read_shared_key(installation: Installation, round_id: RoundId) -> SharedKey:
    """The key file of a round with trustees. Raises: MissingKey, BrokenKeyFile."""
    try:
        shared = msgspec.json.decode(installation.keys.read(round_id, "sealing"), type=SharedKey)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise BrokenKeyFile(round_id) from None
    if shared.round_id != round_id:
        raise BrokenKeyFile(round_id)
    return shared


def waiting_shares(installation: Installation, shared: SharedKey, root: bytes, now: datetime) -> dict[int, Share]:
    """The shares that were given and still hold, by place. What has waited too long is destroyed."""
    shares = {}
    for place in range(len(shared.trustees)):
        name = gift(place)
        if not installation.keys.has(shared.round_id, name):
            continue
        try:
            waiting = msgspec.json.decode(installation.keys.read(shared.round_id, name), type=Gift)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise BrokenKeyFile(shared.round_id) from None
        share = take_up(shared, place, waiting, root, now)
        if share is None:
            installation.keys.destroy(shared.round_id, name)
        else:
            shares[place] = share
    return shares
