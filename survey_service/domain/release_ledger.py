"""The release ledger: a chain of hashes over every release ever made."""

import hashlib
from collections.abc import Iterable

from msgspec import Struct

from survey_service.domain.rounds import RoundId

START = bytes(32)  # the head before the first release


class LedgerEntry(Struct, frozen=True, kw_only=True):
    """A release in the ledger. head: SHA-256 of the head before and of the document's SHA-256, bytes."""

    position: int
    round_id: RoundId
    number: int
    document: bytes
    head: bytes
    withdrawn: bool
    withdrawn_because: str | None = None


def next_head(previous: bytes, document: bytes) -> bytes:
    return hashlib.sha256(previous + hashlib.sha256(document).digest()).digest()


def broken_at(ledger: Iterable[LedgerEntry]) -> int | None:
    """The position of the first entry that does not continue the chain; None where all do."""
    head, position = START, 0
    for entry in ledger:
        head, position = next_head(head, entry.document), position + 1
        if (entry.position, entry.head) != (position, head):
            return position
    return None
