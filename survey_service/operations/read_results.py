"""What the team reads: all surveys with their rounds, and one round with what of it is released."""

from datetime import datetime

from msgspec import Struct

from questionnaires import definitions
from questionnaires.model import Questionnaire
from survey_service.domain.releases import ReleaseDocument, Withdrawal
from survey_service.domain.rounds import Round, RoundId
from survey_service.domain.surveys import Survey
from survey_service.operations.installation import Installation
from survey_service.operations.release_tables import NothingReleased, read_release
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
    """release: None where nothing of the round is released. withdrawal: then, of what was; None where nothing was."""

    round: Round
    questionnaire: Questionnaire
    release: ReleaseDocument | None
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
        withdrawal=withdrawal,
    )
