"""Tabulates a round's responses in memory and releases the tables that disclosure control lets out."""

import asyncio

import msgspec
from msgspec import Struct

from analysis import Policy, Release, UnprotectedPlan, UnprovenRelease, UnsafePolicy, release
from questionnaires import definitions
from survey_service import blocks
from survey_service.domain.release_ledger import LedgerEntry, broken_at
from survey_service.domain.releases import ReleaseDocument, ReleasedUnit
from survey_service.domain.responses import Block
from survey_service.domain.rounds import Round, RoundId
from survey_service.domain.surveys import Survey
from survey_service.errors import Refusal, WrongState
from survey_service.operations.installation import Installation
from survey_service.operations.publication import publication_plan
from survey_service.store import releases as store_releases
from survey_service.store import responses as store_responses
from survey_service.store import rounds as store
from survey_service.store.database import AnyConnection


class Ledger(Struct, frozen=True, kw_only=True):
    """Every release ever made. broken_at: the first position that does not continue the chain, None where all do."""

    entries: tuple[LedgerEntry, ...]
    broken_at: int | None


class ReleaseRefused(Refusal):
    """Disclosure control lets nothing of this out."""


class NothingReleased(Refusal):
    def __init__(self, round_id: str) -> None:
        super().__init__(
            f"Nothing of round {round_id!r} is released.", remedy="`survey-service round release` releases its tables."
        )


class MissingResponses(Refusal):
    """Blocks were removed or doubled: each one decrypts, but together they are not what was opened."""

    def __init__(self, round_id: str, *, found: int, analysed: int) -> None:
        super().__init__(
            f"The stored responses of round {round_id!r} are {found}, and {analysed} were opened.",
            remedy="Restore the database from a backup, or find out who changed it. Nothing was released.",
        )


class MinimumOnlyRises(Refusal):
    def __init__(self, wanted: int, in_force: int) -> None:
        super().__init__(
            f"The minimum group size of this round is {in_force} and cannot become {wanted}.",
            remedy="It is fixed before a round opens; afterwards it only rises.",
        )


async def release_tables(
    installation: Installation, round_id: str, *, minimum_group_size: int | None = None
) -> ReleaseDocument:
    """Releases an unsealed round. minimum_group_size: raises the one of the terms.

    Raises: UnknownRound, WrongState, MinimumOnlyRises, ReleaseRefused, MissingKey, UnreadableBlocks,
    MissingResponses.
    """
    async with installation.database.session("tabulation") as connection:
        found = await store.select_round(connection, round_id)
        if found.state != "unsealed":
            raise WrongState(round_id, found.state, "unsealed")
        minimum = minimum_group_size or found.minimum_group_size
        if minimum < found.minimum_group_size:
            raise MinimumOnlyRises(minimum, found.minimum_group_size)
        encrypted = await store_responses.select_blocks(connection, found.round_id)
        storage_key = installation.keys.read(found.round_id, "storage")
        already = await _already(connection, found.round_id)
        document = await asyncio.to_thread(_tabulate, found, minimum, storage_key, encrypted, already)
        async with connection.transaction():
            await store.changed(connection, "raise_minimum_group_size", found.round_id, minimum)
            if not await store.changed(connection, "mark_released", found.round_id):
                raise WrongState(round_id, "being released by another process", "unsealed")
            previous = await store_releases.hold_ledger(connection)
            document = msgspec.structs.replace(document, previous_head=previous.hex())
            await store_releases.insert_release(connection, found.round_id, msgspec.json.encode(document))
    return document


async def withdraw_release(installation: Installation, round_id: str) -> None:
    """Takes the round's tables off the pages; they stay in the record of what was ever released.

    Raises: UnknownRound, WrongState.
    """
    async with installation.database.session("tabulation") as connection, connection.transaction():
        found = await store.select_round(connection, round_id)
        if not await store.changed(connection, "mark_withdrawn", found.round_id):
            raise WrongState(round_id, found.state, "released")
        await store.run(connection, "withdraw_releases", found.round_id)


async def read_release(installation: Installation, round_id: str) -> ReleaseDocument:
    """The release in force. Raises: UnknownRound, NothingReleased."""
    async with installation.database.session("reporting") as connection:
        found = await store.select_round(connection, round_id)
        document = await store_releases.select_release(connection, found.round_id)
    if document is None:
        raise NothingReleased(round_id)
    return msgspec.json.decode(document, type=ReleaseDocument)


async def read_ledger(installation: Installation) -> Ledger:
    """Every release ever made, with every hash computed again."""
    async with installation.database.session("reporting") as connection:
        entries = await store_releases.list_ledger(connection)
    return Ledger(entries=tuple(entries), broken_at=broken_at(entries))


class _Already(Struct, frozen=True, kw_only=True):
    """What is out. earlier: releases of the same round. round_before: of the round before."""

    earlier: tuple[Release, ...]
    round_before: Release | None


async def _already(connection: AnyConnection, round_id: RoundId) -> _Already:
    earlier = await store_releases.select_releases(connection, round_id)
    before = await store_releases.select_release_before(connection, round_id)
    return _Already(
        earlier=tuple(_release_of(document) for document in earlier),
        round_before=None if before is None else _release_of(before),
    )


def _release_of(document: bytes) -> Release:
    found = msgspec.json.decode(document, type=ReleaseDocument)
    return Release(
        minimum_group_size=found.minimum_group_size,
        tables=found.tables,
        is_above_headcount=found.is_above_headcount,
    )


def _tabulate(
    found: Round, minimum: int, storage_key: bytes, encrypted: list[Block], already: _Already
) -> ReleaseDocument:
    survey = msgspec.json.decode(found.definition, type=Survey)
    questionnaire = definitions.from_bytes(found.questionnaire)
    responses = blocks.decrypt_responses(storage_key, found.round_id, questionnaire, encrypted)
    if responses.size != found.analysed:
        raise MissingResponses(found.round_id, found=responses.size, analysed=found.analysed or 0)
    try:
        released = release(
            responses,
            publication_plan(survey, questionnaire),
            Policy(minimum_group_size=minimum),
            earlier=already.earlier,
            round_before=already.round_before,
        )
    except (UnprotectedPlan, UnsafePolicy, UnprovenRelease) as refusal:
        raise ReleaseRefused(f"Round {found.round_id!r} cannot be released: {refusal}.") from refusal
    return ReleaseDocument(
        round_id=found.round_id,
        title=survey.title,
        rehearsal=found.rehearsal,
        questionnaire=questionnaire.id,
        questionnaire_sha256=survey.questionnaire.sha256,
        minimum_group_size=minimum,
        roster_size=found.roster_size,
        issued=found.credentials_issued or 0,
        count=found.ballots or 0,
        analysed=found.analysed or 0,
        invalid=found.invalid or 0,
        units=tuple(ReleasedUnit(id=unit.id, parent=unit.parent, name=unit.name) for unit in survey.units),
        tables=released.tables,
        is_above_headcount=released.is_above_headcount,
    )
