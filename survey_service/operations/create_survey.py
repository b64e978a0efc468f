"""Sets up a survey from its file: reads, checks and reports every fault at once, then stores what is approved by hash."""

import tomllib
from pathlib import Path

import msgspec

from questionnaires import definitions
from questionnaires.model import Questionnaire
from survey_service.domain.survey_faults import FaultySurvey, SurveyFault
from survey_service.domain.surveys import GivenSurvey, Unit
from survey_service.errors import Refusal
from survey_service.operations.define_survey import define_survey
from survey_service.operations.installation import Installation
from survey_service.operations.read_units import read_units
from survey_service.store import audit_log
from survey_service.store import rounds as store
from survey_service.store.database import AnyConnection


class UnusableSurvey(Refusal):
    """A survey file with faults; all of them, one a line."""

    def __init__(self, path: Path, faults: list[str]) -> None:
        lines = "\n".join(f"  {fault}" for fault in faults)
        super().__init__(f"{path} cannot be used:\n{lines}\n", remedy="Mend these and repeat; nothing was stored.")
        self.faults = faults


class SurveyExists(Refusal):
    def __init__(self, survey_id: str) -> None:
        super().__init__(
            f"There is a survey {survey_id!r} already.",
            remedy="A survey never changes once rounds rest on it: give the new version an id of its own.",
        )


class SurveyFile(GivenSurvey, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The survey's TOML file as written; paths in it count from the file."""

    units: str | None = None


async def create_survey(installation: Installation, path: Path) -> store.StoredSurvey:
    """Reads the survey file at `path` and stores the survey.

    Raises: UnusableSurvey with every fault, SurveyExists.
    """
    stored = read_survey(path)
    async with installation.database.session("operation") as connection, connection.transaction():
        await keep_survey(connection, installation, stored)
    return stored


async def keep_survey(connection: AnyConnection, installation: Installation, stored: store.StoredSurvey) -> None:
    """Stores a survey that was defined, in the caller's transaction. Raises: SurveyExists."""
    if not await store.insert_survey(connection, stored):
        raise SurveyExists(stored.survey.survey_id)
    await audit_log.append(
        connection,
        installation.actor,
        "survey-created",
        survey_id=stored.survey.survey_id,
        sha256=stored.sha256,
    )


def read_survey(path: Path) -> store.StoredSurvey:
    """The survey of a file, checked. Raises: UnusableSurvey."""
    file = _read_file(path)
    faults: list[SurveyFault] = []
    units = _read_units(path.parent / file.units, file.languages, faults) if file.units is not None else ()
    questionnaire = _read_questionnaire(file, path.parent, faults)
    try:
        return define_survey(file, units, questionnaire, faults)
    except FaultySurvey as faulty:
        raise UnusableSurvey(path, [str(fault) for fault in faulty.faults]) from None


def _read_file(path: Path) -> SurveyFile:
    try:
        return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), SurveyFile)
    except OSError as error:
        raise UnusableSurvey(path, [f"it cannot be read: {error.strerror}"]) from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise UnusableSurvey(path, [str(error)]) from error


def _read_questionnaire(file: SurveyFile, base: Path, faults: list[SurveyFault]) -> Questionnaire | None:
    try:
        return definitions.load(definitions.find(file.questionnaire, base), file.languages)
    except definitions.DefinitionFaults as error:
        faults.extend(SurveyFault(place="", name="definition", facts={"reason": str(fault)}) for fault in error.faults)
    except (definitions.UnknownQuestionnaire, definitions.UnknownLanguage) as error:
        faults.append(SurveyFault(place="questionnaire", name="no_questionnaire", facts={"reason": str(error)}))
    return None


def _read_units(path: Path, languages: tuple[str, ...], faults: list[SurveyFault]) -> tuple[Unit, ...]:
    try:
        content = path.read_bytes()
    except OSError as error:
        faults.append(
            SurveyFault(place=f"units: {path}", name="units_unreadable", facts={"reason": str(error.strerror)})
        )
        return ()
    return read_units(content, path.name, languages, faults)
