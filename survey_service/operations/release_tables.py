"""Proposes the tables of a round that disclosure control lets out, releases them, and withdraws them."""

import hashlib

import msgspec
from msgspec import Struct

from survey_service.domain.release_ledger import LedgerEntry, broken_at
from survey_service.domain.releases import Proposal, ReleaseDocument, Withdrawal
from survey_service.domain.rounds import RoundId
from survey_service.errors import Refusal, WrongState
from survey_service.operations.installation import Installation
from survey_service.operations.review_comments import agreed_comments
from survey_service.operations.tabulate import SeenMeanwhile, settle, tabulate
from survey_service.store import audit_log
from survey_service.store import releases as store_releases
from survey_service.store import rounds as store
from survey_service.store.database import AnyConnection

NO_REASON = "no reason given"
LONGEST_REASON = 500  # characters


class Ledger(Struct, frozen=True, kw_only=True):
    """Every release ever made. broken_at: the first position that does not continue the chain, None where all do."""

    entries: tuple[LedgerEntry, ...]
    broken_at: int | None


class NothingReleased(Refusal):
    """withdrawal: of the last release, where there was one."""

    def __init__(self, round_id: str, withdrawal: Withdrawal | None = None) -> None:
        reason = f"Nothing of round {round_id!r} is released."
        if withdrawal is not None:
            reason += f" What was is withdrawn: {(withdrawal.because or NO_REASON).removesuffix('.')}."
        super().__init__(reason, remedy="`survey-service round release` releases its tables.")
        self.withdrawal = withdrawal


class NothingProposed(Refusal):
    def __init__(self, round_id: str) -> None:
        super().__init__(
            f"What was reviewed of round {round_id!r} is not what waits for its publication.",
            remedy="Open the review again: somebody tabulated anew, or released it already.",
        )


class UnusableReason(Refusal):
    def __init__(self) -> None:
        super().__init__(
            "A release is withdrawn with a reason.", remedy=f"Give it in one to {LONGEST_REASON} characters."
        )


async def release_tables(
    installation: Installation, round_id: str, *, minimum_group_size: int | None = None, for_staff: bool = False
) -> ReleaseDocument:
    """Tabulates an unsealed round and releases its tables at once, for people who review elsewhere.

    minimum_group_size: raises the one in force. for_staff: their overview stands on a page that needs no account.

    Raises: UnknownRound, WrongState, MinimumOnlyRises, ReleaseRefused, MissingKey, UnreadableBlocks,
    MissingResponses, SeenMeanwhile.
    """
    async with installation.database.session("tabulation") as connection:
        tabulated = await tabulate(installation, connection, round_id, minimum_group_size)
        document = msgspec.structs.replace(
            tabulated.document,
            comments=await agreed_comments(
                installation, connection, tabulated.round, tabulated.document.minimum_group_size
            ),
        )
        async with connection.transaction():
            previous = await store_releases.hold_ledger(connection)
            await settle(connection, tabulated)
            return await _publish(
                installation, connection, tabulated.round.round_id, document, previous, for_staff=for_staff
            )


async def propose_release(
    installation: Installation, round_id: str, *, minimum_group_size: int | None = None
) -> Proposal:
    """Tabulates an unsealed round for its review. It takes the place of a proposal that waits; nothing is released.

    Raises: as `release_tables`.
    """
    async with installation.database.session("tabulation") as connection:
        tabulated = await tabulate(installation, connection, round_id, minimum_group_size)
        found = tabulated.round.round_id
        async with connection.transaction():
            await store_releases.hold_ledger(connection)
            await settle(connection, tabulated)
            await store_releases.insert_proposal(connection, found, msgspec.json.encode(tabulated.document))
            proposal = await store_releases.select_proposal(connection, found)
            if proposal is None:
                raise SeenMeanwhile(round_id)
            await audit_log.append(
                connection,
                installation.actor,
                "release-proposed",
                round_id=found,
                sha256=proposal.sha256,
                minimum_group_size=proposal.document.minimum_group_size,
            )
    return proposal


async def publish_proposal(
    installation: Installation, round_id: str, sha256: str, *, for_staff: bool = False
) -> ReleaseDocument:
    """Releases what was reviewed, with the free texts that two reviewers have let out by now. sha256: of the proposal.

    for_staff: its overview stands on a page that needs no account.

    Raises: UnknownRound, WrongState, MissingKey; NothingProposed where it is not, or no longer, the proposal that waits.
    """
    async with installation.database.session("tabulation") as connection:
        found = await store.select_round(connection, round_id)
        async with connection.transaction():
            previous = await store_releases.hold_ledger(connection)
            proposal = await store_releases.select_proposal(connection, found.round_id)
            if proposal is None or proposal.sha256 != sha256:
                raise NothingProposed(round_id)
            minimum = proposal.document.minimum_group_size
            comments = await agreed_comments(installation, connection, found, minimum)
            document = msgspec.structs.replace(proposal.document, comments=comments)
            return await _publish(installation, connection, found.round_id, document, previous, for_staff=for_staff)


async def _publish(
    installation: Installation,
    connection: AnyConnection,
    round_id: RoundId,
    document: ReleaseDocument,
    previous_head: bytes,
    *,
    for_staff: bool,
) -> ReleaseDocument:
    """In a transaction that holds the ledger."""
    if not await store.changed(connection, "mark_released", round_id):
        raise WrongState(round_id, "being released by another process", "unsealed")
    document = msgspec.structs.replace(document, previous_head=previous_head.hex())
    stored = msgspec.json.encode(document)
    await store.run(connection, "settle_proposals", round_id)
    await store_releases.insert_release(connection, round_id, stored, for_staff=for_staff)
    await audit_log.append(
        connection,
        installation.actor,
        "release-published",
        round_id=round_id,
        sha256=hashlib.sha256(stored).hexdigest(),
        minimum_group_size=document.minimum_group_size,
        for_staff=for_staff,
    )
    return document


async def read_proposal(installation: Installation, round_id: str) -> Proposal:
    """Raises: UnknownRound, NothingProposed."""
    async with installation.database.session("reporting") as connection:
        found = await store.select_round(connection, round_id)
        proposal = await store_releases.select_proposal(connection, found.round_id)
    if proposal is None:
        raise NothingProposed(round_id)
    return proposal


async def withdraw_release(installation: Installation, round_id: str, because: str = NO_REASON) -> None:
    """Takes the round's tables off the pages; they stay, with the reason, in the record of what was ever released.

    Raises: UnknownRound, WrongState, UnusableReason.
    """
    reason = " ".join(because.split())
    if not reason or len(reason) > LONGEST_REASON:
        raise UnusableReason
    async with installation.database.session("tabulation") as connection, connection.transaction():
        found = await store.select_round(connection, round_id)
        if not await store.changed(connection, "mark_withdrawn", found.round_id):
            raise WrongState(round_id, found.state, "released")
        await store.run(connection, "withdraw_releases", found.round_id, reason)
        await audit_log.append(
            connection, installation.actor, "release-withdrawn", round_id=found.round_id, because=reason
        )


async def read_withdrawals(installation: Installation, round_id: str) -> list[Withdrawal]:
    """Raises: UnknownRound."""
    async with installation.database.session("reporting") as connection:
        found = await store.select_round(connection, round_id)
        return await store_releases.select_withdrawals(connection, found.round_id)


async def read_release(installation: Installation, round_id: str) -> ReleaseDocument:
    """The release in force. Raises: UnknownRound, NothingReleased."""
    async with installation.database.session("reporting") as connection:
        found = await store.select_round(connection, round_id)
        document = await store_releases.select_release(connection, found.round_id)
        withdrawn = await store_releases.select_withdrawals(connection, found.round_id)
    if document is None:
        raise NothingReleased(round_id, withdrawn[-1] if withdrawn else None)
    return msgspec.json.decode(document, type=ReleaseDocument)


async def read_ledger(installation: Installation) -> Ledger:
    """Every release ever made, with every hash computed again."""
    async with installation.database.session("reporting") as connection:
        entries = await store_releases.list_ledger(connection)
    return Ledger(entries=tuple(entries), broken_at=broken_at(entries))
