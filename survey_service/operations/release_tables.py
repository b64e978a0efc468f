"""Tabulates a round's responses in memory and releases the tables that disclosure control lets out."""

import asyncio

import msgspec
from msgspec import Struct

from analysis import Cut, Plan, Policy, SafeTable, UnprotectedPlan, UnsafePolicy, release
from questionnaires import definitions
from survey_service import blocks
from survey_service.domain.responses import Block
from survey_service.domain.rounds import Round, RoundId
from survey_service.domain.surveys import Survey
from survey_service.errors import Refusal, WrongState
from survey_service.operations.installation import Installation
from survey_service.store import responses as store_responses
from survey_service.store import rounds as store


class ReleaseDocument(Struct, frozen=True, kw_only=True):
    """A release as it is stored, shown and exported.

    issued: credentials issued. count: sealed responses; analysed + invalid = count.
    withheld: planned dimensions that are not shown.
    """

    round_id: RoundId
    title: dict[str, str]
    rehearsal: bool
    questionnaire: str
    questionnaire_sha256: str
    minimum_group_size: int
    roster_size: int
    issued: int
    count: int
    analysed: int
    invalid: int
    tables: tuple[SafeTable, ...]
    withheld: tuple[str, ...]


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
        document = await asyncio.to_thread(_tabulate, found, minimum, storage_key, encrypted)
        async with connection.transaction():
            await store.changed(connection, "raise_minimum_group_size", found.round_id, minimum)
            if not await store.changed(connection, "mark_released", found.round_id):
                raise WrongState(round_id, "being released by another process", "unsealed")
            await store_responses.insert_release(connection, found.round_id, msgspec.json.encode(document))
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
        document = await store_responses.select_release(connection, found.round_id)
    if document is None:
        raise NothingReleased(round_id)
    return msgspec.json.decode(document, type=ReleaseDocument)


def _tabulate(found: Round, minimum: int, storage_key: bytes, encrypted: list[Block]) -> ReleaseDocument:
    survey = msgspec.json.decode(found.definition, type=Survey)
    questionnaire = definitions.from_bytes(found.questionnaire)
    responses = blocks.decrypt_responses(storage_key, found.round_id, questionnaire, encrypted)
    if responses.size != found.analysed:
        raise MissingResponses(found.round_id, found=responses.size, analysed=found.analysed or 0)
    plan = Plan(cuts=tuple(Cut(dimensions=cut.dimensions, figures=cut.items) for cut in survey.publication))
    try:
        released = release(responses, plan, Policy(minimum_group_size=minimum))
    except (UnprotectedPlan, UnsafePolicy) as refusal:
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
        tables=released.tables,
        withheld=released.withheld,
    )
