"""Opens a round's ballot box, once. Every step can be repeated after a crash; the order is that of the protocol (5).

closed ── counted, credentials verified ── opened, checked, shuffled ── written in one transaction ── opened
opened ── sealing key destroyed ── sealed responses truncated ── unsealed
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import timedelta
from itertools import pairwise

import msgspec

from questionnaires import definitions
from questionnaires.model import Questionnaire
from survey_service import blocks
from survey_service.domain import ballot_box, encodings
from survey_service.domain.key_shares import Share
from survey_service.domain.messages import Terms
from survey_service.domain.responses import SealedResponse
from survey_service.domain.rounds import Round, RoundId
from survey_service.domain.surveys import Survey
from survey_service.errors import Refusal, WrongState
from survey_service.operations.close_round import close_round
from survey_service.operations.installation import Installation
from survey_service.operations.processes import workshop
from survey_service.operations.sealing_key import read_sealing_key
from survey_service.operations.tally_ballots import processes_for, tally_ballots
from survey_service.store import audit_log
from survey_service.store import responses as store_responses
from survey_service.store import rounds as store
from survey_service.store.database import AnyConnection
from survey_service.unsealing import OpenedBatch, OpenedResponses, Opener, UnusableSealingKey, open_batch, shuffled

AT_ONCE = 1024  # responses read or opened together: 4 MiB of them

TOO_FEW = "fewer responses than the minimum group size"
GIVEN_UP = "given up before its unsealing"

Step = Callable[[str], None]
"""Told of each step that is done, by name: shows progress."""

STEPS = (
    "closed",
    "credentials verified",
    "responses opened",
    "storage key written",
    "responses written",
    "sealing key destroyed",
    "sealed responses destroyed",
)


class BallotBoxBroken(Refusal):
    """The ballot box is not what was frozen; nothing is opened."""

    def __init__(self, round_id: str, fault: str) -> None:
        super().__init__(
            f"The ballot box of round {round_id!r} is not sound: {fault}.",
            remedy="Nothing was opened. Let the staff council and the data protection officer recount it.",
        )


class WrongSealingKey(Refusal):
    def __init__(self, round_id: str) -> None:
        super().__init__(
            f"The sealing key file of round {round_id!r} does not belong to its terms.",
            remedy="Put the right key file back. Nothing was changed.",
        )


async def unseal_round(
    installation: Installation,
    round_id: str,
    on_step: Step = lambda _: None,
    *,
    given: Mapping[int, Share] | None = None,
) -> Round:
    """Brings a closed round to `unsealed`, or to `lost` where it has fewer responses than the minimum group size.

    A round that is unsealed already stays as it is. Two at once: the second waits, and finds it unsealed.
    given: shares in hand, by the trustee's place, beside those that wait in the key directory.

    Raises: UnknownRound, WrongState, BallotBoxBroken, MissingKey, WrongSealingKey, TooFewShares. After any of them, and after a
    crash at any point, doing it again goes on where it stopped.
    """
    async with installation.database.session("opening") as guard:
        await store.run(guard, "hold_unsealing", round_id)
        try:
            return await _unseal(installation, round_id, on_step, given or {})
        finally:
            await store.run(guard, "leave_unsealing", round_id)


async def _unseal(installation: Installation, round_id: str, on_step: Step, given: Mapping[int, Share]) -> Round:
    async with installation.database.session("operation") as connection:
        found = await store.select_round(connection, round_id)
    if found.stage == "unsealed":
        return found
    if found.stage not in ("closed", "opened", "lost"):
        raise WrongState(round_id, found.state, "closed")
    await close_round(installation, round_id)
    on_step("closed")
    if found.stage == "closed":
        if (found.ballots or 0) < found.minimum_group_size:
            await lose_round(installation, found, TOO_FEW)
        else:
            await _open(installation, found, on_step, given)
    await _destroy_sealed(installation, round_id, on_step)
    async with installation.database.session("operation") as connection:
        return await store.select_round(connection, round_id)


async def lose_round(installation: Installation, found: Round, because: str) -> None:
    """Ends a closed round without results: its keys are destroyed unopened."""
    async with installation.database.session("opening") as connection, connection.transaction():
        if not await store.changed(connection, "mark_lost", found.round_id, because):
            raise WrongState(found.round_id, found.state, "closed")
        await audit_log.append(connection, installation.actor, "round-lost", round_id=found.round_id, because=because)
    await _destroy_sealed(installation, found.round_id, lambda _: None)


async def _open(installation: Installation, found: Round, on_step: Step, given: Mapping[int, Share]) -> None:
    terms = msgspec.json.decode(found.terms, type=Terms)
    questionnaire = definitions.from_bytes(found.questionnaire)
    retention = timedelta(days=msgspec.json.decode(found.definition, type=Survey).retention_days)
    async with installation.database.session("opening") as connection:
        await _verify_credentials(connection, found, terms)
        on_step("credentials verified")
        sealing_key = await read_sealing_key(installation, found, given)
        opened = await _open_responses(connection, sealing_key, found, terms, questionnaire)
        on_step("responses opened")
        if not installation.keys.has(found.round_id, "storage"):
            installation.keys.create(found.round_id, "storage", blocks.new_storage_key())
        on_step("storage key written")
        storage_key = installation.keys.read(found.round_id, "storage")
        async with connection.transaction():
            await store.run(connection, "allow_long_statements")
            if not await store_responses.mark_opened(
                connection, found.round_id, analysed=opened.responses.size, invalid=opened.invalid, retention=retention
            ):
                raise WrongState(found.round_id, "no longer closed", "closed")
            encrypted = blocks.encrypt(storage_key, found.round_id, opened.responses, opened.texts)
            await store_responses.insert_blocks(connection, found.round_id, encrypted)
        on_step("responses written")


async def _verify_credentials(connection: AnyConnection, found: Round, terms: Terms) -> None:
    """Whether the ballots are exactly those whose root was published, each with a valid credential of its own."""
    tally = await tally_ballots(connection, found, terms)
    if not tally.is_of(found):
        raise BallotBoxBroken(found.round_id, "its receipts do not have the published count and root")
    if not tally.all_valid:
        raise BallotBoxBroken(found.round_id, "a credential does not verify")


async def _open_responses(
    connection: AnyConnection, sealing_key: bytes, found: Round, terms: Terms, questionnaire: Questionnaire
) -> OpenedResponses:
    """Everything in the ballot box, opened and shuffled; nothing of it where one response is not that of its receipt."""
    given = (sealing_key, encodings.decode(terms.sealing_key), found.round_id, questionnaire)
    try:
        Opener(*given, terms.questionnaire.sha256)
    except UnusableSealingKey:
        raise WrongSealingKey(found.round_id) from None
    batches: list[OpenedBatch] = []
    with workshop(Opener, *given, terms.questionnaire.sha256, processes=processes_for(found)) as openers:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            await store.run(connection, "allow_long_statements")
            async for _, opened in openers.each(open_batch, _sealed(connection, found)):
                batches.append(opened)
    return await asyncio.to_thread(shuffled, questionnaire, batches)


async def _sealed(connection: AnyConnection, found: Round) -> AsyncIterator[list[SealedResponse]]:
    """The sealed responses, each looked at beside its ballot. Raises: BallotBoxBroken."""
    count, last = 0, b""
    async for ballots, sealed in store_responses.sealed_with_ballots(connection, found.round_id, AT_ONCE):
        serials = [response.serial for response in sealed]
        # In the order of the serials a doubled one stands beside itself.
        if any(serial <= before for before, serial in pairwise((last, *serials))):
            raise BallotBoxBroken(found.round_id, "a serial stands twice")
        if [(each.serial, each.receipt) for each in ballots] != [
            (response.serial, ballot_box.receipt(response.sealed)) for response in sealed
        ]:
            raise BallotBoxBroken(found.round_id, "its sealed responses are not those of the receipts")
        count, last = count + len(sealed), serials[-1]
        yield sealed
    if count != found.ballots:
        raise BallotBoxBroken(found.round_id, "its sealed responses are not those of the receipts")


async def _destroy_sealed(installation: Installation, round_id: str, on_step: Step) -> None:
    async with installation.database.session("opening") as connection:
        found = await store.select_round(connection, round_id)
        if found.stage == "lost":
            destroy_keys(installation, found.round_id)
        else:
            _destroy_sealing_key(installation, found.round_id)
        on_step("sealing key destroyed")
        await store.run(connection, "destroy_sealed_responses", found.round_id)
        on_step("sealed responses destroyed")
        if found.stage == "opened":
            # Here and not beside the blocks: what is written with them has no time.
            async with connection.transaction():
                if await store.changed(connection, "mark_unsealed", found.round_id):
                    await audit_log.append(connection, installation.actor, "round-unsealed", round_id=found.round_id)


def destroy_keys(installation: Installation, round_id: RoundId) -> None:
    """Every key of a round, and what its trustees have laid down."""
    installation.keys.destroy(round_id, "credential")
    installation.keys.destroy(round_id, "storage")
    _destroy_sealing_key(installation, round_id)


def _destroy_sealing_key(installation: Installation, round_id: RoundId) -> None:
    installation.keys.destroy(round_id, "sealing")
    for name in installation.keys.waiting(round_id):
        installation.keys.destroy(round_id, name)
