"""Tabulates a round's responses in memory: what disclosure control lets out, judged with everything seen before.

Whatever people have seen of a round counts as out, for them: releases, withdrawn ones too, and proposals that were never
released. A reviewer who has seen one proposal must not be able to subtract the next one from it.
"""

import asyncio

import msgspec
from msgspec import Struct

from analysis import Policy, Release, UnprotectedPlan, UnprovenRelease, UnsafePolicy, release
from questionnaires import definitions
from survey_service import blocks
from survey_service.domain.releases import ReleaseDocument, ReleasedUnit
from survey_service.domain.responses import Block
from survey_service.domain.rounds import Round, RoundId
from survey_service.domain.site import Text
from survey_service.domain.surveys import Survey
from survey_service.errors import Refusal, WrongState
from survey_service.operations.installation import Installation
from survey_service.operations.publication import publication_plan
from survey_service.operations.read_site import read_site
from survey_service.store import releases as store_releases
from survey_service.store import responses as store_responses
from survey_service.store import rounds as store
from survey_service.store.database import AnyConnection


class ReleaseRefused(Refusal):
    """Disclosure control lets nothing of this out."""


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


class SeenMeanwhile(Refusal):
    def __init__(self, round_id: str) -> None:
        super().__init__(
            f"Something of round {round_id!r} was tabulated by somebody else meanwhile.",
            remedy="Look at the round again, then repeat what is still missing. Nothing was released.",
        )


class Tabulated(Struct, frozen=True, kw_only=True):
    """document: without its place in the ledger. seen: how many releases and proposals it was judged with."""

    round: Round
    document: ReleaseDocument
    seen: int


async def tabulate(
    installation: Installation, connection: AnyConnection, round_id: str, minimum_group_size: int | None
) -> Tabulated:
    """minimum_group_size: raises the one in force.

    Raises: UnknownRound, WrongState, MinimumOnlyRises, ReleaseRefused, MissingKey, UnreadableBlocks, MissingResponses.
    """
    found = await store.select_round(connection, round_id)
    if found.state != "unsealed":
        raise WrongState(round_id, found.state, "unsealed")
    minimum = minimum_group_size or found.minimum_group_size
    if minimum < found.minimum_group_size:
        raise MinimumOnlyRises(minimum, found.minimum_group_size)
    encrypted = await store_responses.select_blocks(connection, found.round_id)
    storage_key = installation.keys.read(found.round_id, "storage")
    already = await _already(connection, found.round_id)
    organisation = read_site(installation.settings.site_file).site.name
    document = await asyncio.to_thread(_tabulate, found, organisation, minimum, storage_key, encrypted, already)
    return Tabulated(round=found, document=document, seen=len(already.earlier))


async def settle(connection: AnyConnection, tabulated: Tabulated) -> None:
    """Puts the minimum in force, in the transaction that lets the tables be seen, with the ledger held.

    Raises: SeenMeanwhile where they were not judged with everything that is seen by now.
    """
    round_id = tabulated.round.round_id
    if len(await store_releases.select_seen(connection, round_id)) != tabulated.seen:
        raise SeenMeanwhile(round_id)
    if not await store.changed(connection, "raise_minimum_group_size", round_id, tabulated.document.minimum_group_size):
        raise WrongState(round_id, "being released by another process", "unsealed")


class _Already(Struct, frozen=True, kw_only=True):
    """What was seen. earlier: releases and proposals of the same round. round_before: of the round before."""

    earlier: tuple[Release, ...]
    round_before: Release | None


async def _already(connection: AnyConnection, round_id: RoundId) -> _Already:
    earlier = await store_releases.select_seen(connection, round_id)
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
    found: Round, organisation: Text, minimum: int, storage_key: bytes, encrypted: list[Block], already: _Already
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
        organisation=organisation,
        questionnaire_version=questionnaire.version,
        statistics=released.statistics,
    )
