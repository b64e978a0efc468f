"""Sets up a survey on the team's pages: a draft that anybody of the project team goes on with, until it is a survey."""

import secrets
from collections.abc import Callable
from functools import cache

from msgspec import Struct

from questionnaires import definitions
from questionnaires.model import Questionnaire
from survey_service.domain.drafts import (
    ChangedMeanwhile,
    DraftId,
    StepName,
    StoredDraft,
    SurveyDraft,
    from_survey,
)
from survey_service.domain.survey_faults import FaultySurvey, SurveyFault
from survey_service.domain.surveys import SurveyId
from survey_service.operations.create_survey import keep_survey
from survey_service.operations.define_survey import define_survey
from survey_service.operations.installation import Installation
from survey_service.store import drafts
from survey_service.store import rounds as store
from survey_service.store.rounds import StoredSurvey

_ID_BYTES = 6  # of a draft; enough that two never meet, short enough for an address
Change = Callable[[SurveyDraft], SurveyDraft]


class Looked(Struct, frozen=True, kw_only=True):
    """What a draft would become. questionnaire: in its languages, without units; None where none is chosen.

    survey: None where there are faults.
    """

    questionnaire: Questionnaire | None
    survey: StoredSurvey | None
    faults: tuple[SurveyFault, ...]


async def start_draft(installation: Installation, *, template: str | None = None) -> DraftId:
    """Begins a draft, empty or as another survey stands. Raises: UnknownSurvey."""
    draft_id = DraftId(secrets.token_hex(_ID_BYTES))
    async with installation.database.session("operation") as connection:
        draft = SurveyDraft()
        if template is not None:
            draft = from_survey((await store.select_survey(connection, template)).survey)
        await drafts.insert_draft(connection, draft_id, draft, installation.actor)
    return draft_id


async def read_draft(installation: Installation, draft_id: str) -> StoredDraft:
    """Raises: UnknownDraft."""
    async with installation.database.session("reporting") as connection:
        return await drafts.select_draft(connection, draft_id)


async def list_drafts(installation: Installation) -> list[StoredDraft]:
    async with installation.database.session("reporting") as connection:
        return await drafts.list_drafts(connection)


async def change_draft(
    installation: Installation, draft_id: str, step: StepName, *, seen: str, change: Change
) -> SurveyDraft:
    """Keeps what a step says. seen: what it held when it was shown, as `SurveyDraft.seen` names it.

    Whoever changes another step at the same time loses nothing, and neither does the other.

    Raises: UnknownDraft, ChangedMeanwhile.
    """
    async with installation.database.session("operation") as connection:
        while True:
            found = await drafts.select_draft(connection, draft_id)
            if found.draft.seen(step) != seen:
                raise ChangedMeanwhile(found)
            changed = change(found.draft).settling(step)
            # Somebody may have saved between the two statements: then it is looked at again.
            if await drafts.replace_draft(connection, found, changed, installation.actor):
                return changed


async def discard_draft(installation: Installation, draft_id: str) -> None:
    """Raises: UnknownDraft."""
    async with installation.database.session("operation") as connection:
        while not await drafts.delete_draft(connection, await drafts.select_draft(connection, draft_id)):
            pass  # it was changed in this very moment, and goes as it is now


async def look_through(installation: Installation, draft: SurveyDraft) -> Looked:
    """Checks a draft by the rules of every survey, with every fault at once."""
    async with installation.database.session("reporting") as connection:
        taken = {survey.survey_id for survey, _ in await store.list_surveys(connection)}
    return look(draft, taken)


def look(draft: SurveyDraft, taken: set[SurveyId]) -> Looked:
    faults = [SurveyFault(place="id", name="id_taken", facts={"id": draft.id})] if draft.id in taken else []
    questionnaire = _questionnaire(draft, faults)
    try:
        survey = define_survey(draft, draft.units, questionnaire, list(faults))
    except FaultySurvey as faulty:
        return Looked(questionnaire=questionnaire, survey=None, faults=faulty.faults)
    return Looked(questionnaire=questionnaire, survey=survey, faults=())


@cache
def library_questionnaire(name: str) -> Questionnaire:
    """A questionnaire of the library in every language it has; never a file from elsewhere.

    Raises: UnknownQuestionnaire.
    """
    if name not in definitions.library():
        raise definitions.UnknownQuestionnaire(name)
    return definitions.load(definitions.find(name))


def _questionnaire(draft: SurveyDraft, faults: list[SurveyFault]) -> Questionnaire | None:
    if not draft.questionnaire:
        faults.append(SurveyFault(place="questionnaire", name="none_chosen"))
        return None
    try:
        found = library_questionnaire(draft.questionnaire)
    except definitions.UnknownQuestionnaire as error:
        faults.append(SurveyFault(place="questionnaire", name="no_questionnaire", facts={"reason": str(error)}))
        return None
    if unknown := [language for language in draft.languages if language not in found.languages]:
        faults.append(SurveyFault(place="languages", name="no_language", facts={"languages": ", ".join(unknown)}))
        return None
    return definitions.restrict(found, draft.languages) if draft.languages else found


async def create_from_draft(installation: Installation, draft_id: str, *, sha256: str) -> StoredSurvey:
    """The draft becomes a survey, and is gone. sha256: of what was read, hex.

    Raises: UnknownDraft, FaultySurvey, ChangedMeanwhile where it is another by now, SurveyExists.
    """
    async with installation.database.session("operation") as connection, connection.transaction():
        found = await drafts.select_draft(connection, draft_id)
        faults: list[SurveyFault] = []
        questionnaire = _questionnaire(found.draft, faults)
        survey = define_survey(found.draft, found.draft.units, questionnaire, faults)
        if survey.sha256 != sha256 or not await drafts.delete_draft(connection, found):
            raise ChangedMeanwhile(found)
        await keep_survey(connection, installation, survey)
    return survey
