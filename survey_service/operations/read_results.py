"""What the team reads: all surveys with their rounds, and one round with what of it is released."""

import hashlib
from datetime import date, datetime
from functools import lru_cache

import msgspec
from msgspec import Struct

from questionnaires import definitions
from questionnaires.model import Questionnaire
from survey_service.domain.programme import ProgrammeMeasure
from survey_service.domain.releases import ReleaseDocument, Withdrawal
from survey_service.domain.rounds import Round, RoundId
from survey_service.domain.site import TIME_ZONE
from survey_service.domain.surveys import Survey
from survey_service.operations.installation import Installation
from survey_service.results.figures import Released
from survey_service.results.history import History, PastRound
from survey_service.store import programme, releases
from survey_service.store import rounds as store
from survey_service.store.rounds import RoundEntry


class SurveyRounds(Struct, frozen=True, kw_only=True):
    """A survey and its rounds, the latest first."""

    survey: Survey
    rounds: tuple[RoundEntry, ...]


class Overview(Struct, frozen=True, kw_only=True):
    """participation: by round, tens of per cent of the roster; a round whose tenth is a small group has none.

    now: by the clock that rounds go by.
    """

    now: datetime
    surveys: tuple[SurveyRounds, ...]
    participation: dict[RoundId, int]


class Results(Struct, frozen=True, kw_only=True):
    """release: None where nothing of the round is released. withdrawal: then, of what was; None where nothing was.

    history: what the round is compared with. fingerprint: of all that a page of results is made of.
    """

    round: Round
    questionnaire: Questionnaire
    release: ReleaseDocument | None
    history: History
    fingerprint: bytes
    withdrawal: Withdrawal | None = None


async def read_overview(installation: Installation) -> Overview:
    async with installation.database.session("reporting") as connection:
        surveys = await store.list_surveys(connection)
        rounds = await store.list_rounds(connection)
        participation = await store.list_participation(connection)
        now = await store.read_clock(connection)
    return Overview(
        now=now,
        surveys=tuple(
            SurveyRounds(survey=survey, rounds=tuple(entry for entry in rounds if entry.survey_id == survey.survey_id))
            for survey, _ in surveys
        ),
        participation=participation,
    )


async def read_round(installation: Installation, round_id: str) -> Round:
    """Raises: UnknownRound."""
    async with installation.database.session("reporting") as connection:
        return await store.select_round(connection, round_id)


async def read_results(installation: Installation, round_id: str) -> Results:
    """Raises: UnknownRound."""
    async with installation.database.session("reporting") as connection:
        found = await store.select_round(connection, round_id)
        document = await releases.select_release(connection, found.round_id)
        withdrawn = await releases.select_withdrawals(connection, found.round_id)
        before = await releases.select_releases_before(connection, found.round_id)
        measures = await programme.list_measures(connection)
    made_of = (document or b"", found.questionnaire, msgspec.json.encode((found.opens_at, measures)))
    released = None if document is None else _released(document, found.questionnaire)
    return Results(
        round=found,
        questionnaire=definitions.from_bytes(found.questionnaire) if released is None else released.questionnaire,
        release=None if released is None else released.document,
        history=_history(found, before, measures),
        fingerprint=_fingerprint(*made_of, *(part for one in before for part in (one.document, one.questionnaire))),
        withdrawal=withdrawn[-1] if withdrawn and document is None else None,
    )


async def read_history(installation: Installation, found: Round) -> History:
    """What is released of the rounds before, and what the programme did."""
    async with installation.database.session("reporting") as connection:
        before = await releases.select_releases_before(connection, found.round_id)
        measures = await programme.list_measures(connection)
    return _history(found, before, measures)


def _history(found: Round, before: tuple[releases.PastRelease, ...], measures: tuple[ProgrammeMeasure, ...]) -> History:
    return History(
        opened_on=_day(found.opens_at),
        earlier=tuple(
            PastRound(opened_on=_day(one.opens_at), released=_released(one.document, one.questionnaire))
            for one in before
        ),
        measures=measures,
    )


@lru_cache(maxsize=32)  # releases never change; reading one takes longer than all the rest
def _released(document: bytes, questionnaire: bytes) -> Released:
    return Released(msgspec.json.decode(document, type=ReleaseDocument), definitions.from_bytes(questionnaire))


def _fingerprint(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).digest()


def _day(moment: datetime) -> date:
    return moment.astimezone(TIME_ZONE).date()
