"""Opens a round's ballot box, once. Every step can be repeated after a crash; the order is that of the protocol (5).

closed ── counted, credentials verified ── opened, checked, shuffled ── written in one transaction ── opened
opened ── sealing key destroyed ── sealed responses truncated ── unsealed
"""

import asyncio
from collections.abc import Callable, Mapping
from datetime import timedelta

import msgspec

from analysis.responses import Responses
from questionnaires import definitions
from questionnaires.model import Questionnaire
from survey_service import blocks
from survey_service.domain import ballot_box, encodings
from survey_service.domain.blind_signatures import load_public_key
from survey_service.domain.key_shares import Share
from survey_service.domain.messages import Credential, Terms
from survey_service.domain.responses import SealedResponse
from survey_service.domain.rounds import Round, RoundId
from survey_service.domain.surveys import Survey
from survey_service.errors import Refusal, WrongState
from survey_service.operations.close_round import close_round
from survey_service.operations.installation import Installation
from survey_service.operations.sealing_key import read_sealing_key
from survey_service.operations.submit_response import is_valid
from survey_service.store import audit_log, participation
from survey_service.store import responses as store_responses
from survey_service.store import rounds as store
from survey_service.store.database import AnyConnection
from survey_service.unsealing import OpenedResponses, Opener, UnusableSealingKey, open_all

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
        sealed = await _verified_ballot_box(connection, found, terms)
        on_step("credentials verified")
        sealing_key = await read_sealing_key(installation, found, given)
        opened = await _open_responses(sealing_key, found, terms, questionnaire, sealed)
        on_step("responses opened")
        if not installation.keys.has(found.round_id, "storage"):
            installation.keys.create(found.round_id, "storage", blocks.new_storage_key())
        on_step("storage key written")
        coded = Responses.from_answers(questionnaire, opened.answers)
        storage_key = installation.keys.read(found.round_id, "storage")
        encrypted = list(blocks.encrypt(storage_key, found.round_id, coded, opened.texts))
        async with connection.transaction():
            await store.run(connection, "allow_long_statements")
            if not await store_responses.mark_opened(
                connection, found.round_id, analysed=coded.size, invalid=opened.invalid, retention=retention
            ):
                raise WrongState(found.round_id, "no longer closed", "closed")
            await store_responses.insert_blocks(connection, found.round_id, encrypted)
        on_step("responses written")


async def _verified_ballot_box(connection: AnyConnection, found: Round, terms: Terms) -> list[SealedResponse]:
    """The sealed responses: exactly those whose receipts were published, each with a valid credential."""
    spent = await participation.credentials(connection, found.round_id)
    sealed = await store_responses.select_sealed(connection, found.round_id)
    fault = await asyncio.to_thread(_fault, found, terms, spent, sealed)
    if fault is not None:
        raise BallotBoxBroken(found.round_id, fault)
    return sealed


def _fault(
    found: Round, terms: Terms, spent: list[participation.SpentCredential], sealed: list[SealedResponse]
) -> str | None:
    if len(spent) != found.ballots or ballot_box.root([c.receipt for c in spent]) != found.ballot_box_root:
        return "its receipts do not have the published count and root"
    if len({c.serial for c in spent}) < len(spent):
        return "a serial stands twice"
    public_key = load_public_key(encodings.decode(terms.credential_key))
    for credential in spent:
        signed = Credential(serial=credential.serial, randomizer=credential.randomizer, signature=credential.signature)
        if not is_valid(public_key, found.round_id, signed):
            return "a credential does not verify"
    receipts = {credential.serial: credential.receipt for credential in spent}
    if receipts != {response.serial: ballot_box.receipt(response.sealed) for response in sealed}:
        return "its sealed responses are not those of the receipts"
    return None


async def _open_responses(
    sealing_key: bytes,
    found: Round,
    terms: Terms,
    questionnaire: Questionnaire,
    sealed: list[SealedResponse],
) -> OpenedResponses:
    try:
        opener = Opener(
            sealing_key,
            encodings.decode(terms.sealing_key),
            found.round_id,
            questionnaire,
            terms.questionnaire.sha256,
        )
    except UnusableSealingKey:
        raise WrongSealingKey(found.round_id) from None
    texts = [item.id for item in questionnaire.items if item.kind == "text"]
    return await asyncio.to_thread(open_all, opener, sealed, texts)


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
