"""What the team reads: all surveys with their rounds, and one round with what of it is released."""

from datetime import date, datetime
from functools import lru_cache

import msgspec
from msgspec import Struct

from questionnaires import definitions
from questionnaires.model import Questionnaire
from survey_service.domain.releases import ReleaseDocument, Withdrawal
from survey_service.domain.rounds import Round, RoundId
from survey_service.domain.site import TIME_ZONE
from survey_service.domain.surveys import Survey
from survey_service.operations.installation import Installation
from survey_service.operations.release_tables import NothingReleased, read_release
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

    history: what the round is compared with.
    """

    round: Round
    questionnaire: Questionnaire
    release: ReleaseDocument | None
    history: History
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
    found = await read_round(installation, round_id)
    document, withdrawal = None, None
    try:
        document = await read_release(installation, round_id)
    except NothingReleased as refusal:
        withdrawal = refusal.withdrawal
    return Results(
        round=found,
        questionnaire=definitions.from_bytes(found.questionnaire),
        release=document,
        history=await read_history(installation, found),
        withdrawal=withdrawal,
    )


async def read_history(installation: Installation, found: Round) -> History:
    """What is released of the rounds before, and what the programme did."""
    async with installation.database.session("reporting") as connection:
        before = await releases.select_releases_before(connection, found.round_id)
        measures = await programme.list_measures(connection)
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


def _day(moment: datetime) -> date:
    return moment.astimezone(TIME_ZONE).date()
