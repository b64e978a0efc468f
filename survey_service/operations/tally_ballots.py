"""Counts a frozen ballot box again, whatever its size: receipts, their root, and every credential."""

from msgspec import Struct

from survey_service.domain import ballot_box, encodings
from survey_service.domain.blind_signatures import load_public_key
from survey_service.domain.messages import Credential, Terms
from survey_service.domain.rounds import Round, RoundId
from survey_service.operations.processes import cores, workshop
from survey_service.operations.submit_response import is_valid
from survey_service.store import participation
from survey_service.store import rounds as store
from survey_service.store.database import AnyConnection

AT_ONCE = 1024  # ballots read and verified together
WORTH_PROCESSES = 20_000  # ballots; below, one core verifies and opens them within seconds


class Tally(Struct, frozen=True, kw_only=True):
    """root: over the receipts, 32 bytes. all_valid: whether every credential verifies under the round's key."""

    count: int
    root: bytes
    all_valid: bool

    def is_of(self, found: Round) -> bool:
        """Whether these are the ballots whose count and root were published."""
        return (self.count, self.root) == (found.ballots, found.ballot_box_root)


async def tally_ballots(connection: AnyConnection, found: Round, terms: Terms) -> Tally:
    """From the ballots alone. A few batches of them are in memory at a time."""
    tree = ballot_box.MerkleTree()
    valid = True
    public_key = encodings.decode(terms.credential_key)
    with workshop(CredentialJudge, public_key, found.round_id, processes=processes_for(found)) as judges:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            await store.run(connection, "allow_long_statements")
            batches = participation.credentials_in_batches(connection, found.round_id, AT_ONCE)
            async for spent, all_valid in judges.each(CredentialJudge.are_valid, batches):
                valid = valid and all_valid
                for credential in spent:
                    tree.add(credential.receipt)
    return Tally(count=tree.size, root=tree.head(), all_valid=valid)


class CredentialJudge:
    """Verifies credentials of one round, in whatever process it is made."""

    def __init__(self, public_key: bytes, round_id: RoundId) -> None:
        self._public_key = load_public_key(public_key)
        self._round_id = round_id

    def are_valid(self, spent: list[participation.SpentCredential]) -> bool:
        return all(
            is_valid(
                self._public_key,
                self._round_id,
                Credential(serial=each.serial, randomizer=each.randomizer, signature=each.signature),
            )
            for each in spent
        )


def processes_for(found: Round) -> int:
    """A few ballots are worked on sooner than a process is started."""
    return cores() if (found.ballots or 0) >= WORTH_PROCESSES else 1
