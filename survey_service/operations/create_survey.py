"""Sets up a survey from its file: reads, checks and reports every fault at once, then stores what is approved by hash."""

import csv
import hashlib
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from questionnaires import answers as questionnaire_answers
from questionnaires import definitions
from questionnaires.model import Questionnaire
from survey_service.domain.key_shares import MOST_TRUSTEES, SMALLEST_THRESHOLD, parse_custody
from survey_service.domain.rounds import PLAINTEXT_SIZE
from survey_service.domain.surveys import (
    HEADCOUNTS_BY_ITEM,
    LONGEST_RETENTION_DAYS,
    MINIMUM_GROUP_SIZE,
    RETENTION_DAYS,
    SMALLEST_MINIMUM_GROUP_SIZE,
    Cut,
    Office,
    QuestionnaireReference,
    Schedule,
    Survey,
    SurveyId,
    Unit,
)
from survey_service.errors import Refusal
from survey_service.operations.installation import Installation
from survey_service.store import audit_log
from survey_service.store import rounds as store

_SURVEY_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_UNIT_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_UNIT_COLUMNS = {"id", "parent", "headcount", "headcount_leadership", "headcount_contact", "predecessor"}
_FRAME = 4  # bytes of length in front of the answers (protocol, 4)


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


class SurveyFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The survey's TOML file as written; paths in it count from the file."""

    id: str
    title: dict[str, str]
    questionnaire: str
    languages: tuple[str, ...]
    units: str | None = None
    roster_size: int | None = None
    minimum_group_size: int = MINIMUM_GROUP_SIZE
    custody: str = "server"
    retention_days: int = RETENTION_DAYS
    schedule: Schedule = Schedule()
    publication: tuple[Cut, ...] = ()
    approvals: tuple[Office, ...] = ()


async def create_survey(installation: Installation, path: Path) -> store.StoredSurvey:
    """Reads the survey file at `path` and stores the survey.

    Raises: UnusableSurvey with every fault, SurveyExists.
    """
    stored = read_survey(path)
    async with installation.database.session("operation") as connection, connection.transaction():
        if not await store.insert_survey(connection, stored):
            raise SurveyExists(stored.survey.survey_id)
        await audit_log.append(
            connection,
            installation.actor,
            "survey-created",
            survey_id=stored.survey.survey_id,
            sha256=stored.sha256,
        )
    return stored


def read_survey(path: Path) -> store.StoredSurvey:
    """The survey of a file, checked. Raises: UnusableSurvey."""
    file = _read_file(path)
    faults: list[str] = []
    units = _read_units(path.parent / file.units, file.languages, faults) if file.units is not None else ()
    questionnaire = _read_questionnaire(file, path.parent, units, faults)
    _check(file, units, faults)
    if questionnaire is not None:
        _check_against_questionnaire(file, questionnaire, units, faults)
    if faults or questionnaire is None:
        raise UnusableSurvey(path, faults)
    served = definitions.canonical_bytes(questionnaire)
    survey = Survey(
        survey_id=SurveyId(file.id),
        title={language: file.title[language] for language in file.languages},
        languages=file.languages,
        questionnaire=QuestionnaireReference(
            id=questionnaire.id, version=questionnaire.version, sha256=hashlib.sha256(served).hexdigest()
        ),
        units=units,
        roster_size=file.roster_size if file.roster_size is not None else _headcount(units),
        minimum_group_size=file.minimum_group_size,
        publication=file.publication,
        custody=file.custody,
        retention_days=file.retention_days,
        schedule=file.schedule,
        approvals=file.approvals,
    )
    return store.StoredSurvey(survey=survey, definition=msgspec.json.encode(survey), questionnaire=served)


def _read_file(path: Path) -> SurveyFile:
    try:
        return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), SurveyFile)
    except OSError as error:
        raise UnusableSurvey(path, [f"it cannot be read: {error.strerror}"]) from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise UnusableSurvey(path, [str(error)]) from error


def _read_questionnaire(
    file: SurveyFile, base: Path, units: tuple[Unit, ...], faults: list[str]
) -> Questionnaire | None:
    try:
        questionnaire = definitions.load(definitions.find(file.questionnaire, base), file.languages)
    except definitions.DefinitionFaults as error:
        faults.extend(str(fault) for fault in error.faults)
        return None
    except (definitions.UnknownQuestionnaire, definitions.UnknownLanguage) as error:
        faults.append(f"questionnaire: {error}")
        return None
    offered = [(unit.id, unit.name) for unit in leaves(units)]
    return definitions.with_units(questionnaire, offered)


def leaves(units: tuple[Unit, ...]) -> tuple[Unit, ...]:
    """The units people choose from: those with none below them."""
    parents = {unit.parent for unit in units}
    return tuple(unit for unit in units if unit.id not in parents)


def _headcount(units: tuple[Unit, ...]) -> int:
    return sum(unit.headcount for unit in units if unit.parent is None)


def _read_units(path: Path, languages: tuple[str, ...], faults: list[str]) -> tuple[Unit, ...]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            columns = set(reader.fieldnames or ())
            wanted = {"id", "headcount", *(f"name_{language}" for language in languages)}
            unknown = {column for column in columns - _UNIT_COLUMNS if not column.startswith("name_")}
            faults.extend(f"{path.name}: column {column} is missing" for column in sorted(wanted - columns))
            faults.extend(f"{path.name}: column {column} is unknown" for column in sorted(unknown))
            if wanted - columns:
                return ()
            return tuple(
                unit
                for row in reader
                if (unit := _unit(row, languages, f"{path.name}, line {reader.line_num}", faults)) is not None
            )
    except OSError as error:
        faults.append(f"units: {path} cannot be read: {error.strerror}")
    except (UnicodeDecodeError, csv.Error) as error:
        faults.append(f"units: {path} is no UTF-8 CSV file: {error}")
    return ()


def _unit(row: dict[str, Any], languages: tuple[str, ...], place: str, faults: list[str]) -> Unit | None:
    if None in row or None in row.values():
        faults.append(f"{place}: it has more or fewer fields than the header")
        return None
    given = {name: value.strip() for name, value in row.items() if value.strip()}
    before = len(faults)
    counts: dict[str, int] = {}
    for column in ("headcount", "headcount_leadership", "headcount_contact"):
        if column in given and not (given[column].isascii() and given[column].isdigit()):
            faults.append(f"{place}: {column} is not a whole number")
        elif column in given:
            counts[column] = int(given[column])
    faults.extend(
        f"{place}: {column} is empty"
        for column in ("id", "headcount", *(f"name_{language}" for language in languages))
        if column not in given
    )
    if "id" in given and not _UNIT_ID.fullmatch(given["id"]):
        faults.append(f"{place}: id is written with a-z, 0-9 and hyphens, at most 64 of them")
    if len(faults) > before:
        return None
    return Unit(
        id=given["id"],
        name={language: given[f"name_{language}"] for language in languages},
        parent=given.get("parent"),
        predecessor=given.get("predecessor"),
        headcount=counts["headcount"],
        headcount_leadership=counts.get("headcount_leadership"),
        headcount_contact=counts.get("headcount_contact"),
    )


def _check(file: SurveyFile, units: tuple[Unit, ...], faults: list[str]) -> None:
    if not _SURVEY_ID.fullmatch(file.id):
        faults.append("id: it is written with a-z, 0-9 and hyphens, at most 40 of them")
    if not file.languages or len(set(file.languages)) < len(file.languages):
        faults.append("languages: name at least one, each once")
    faults.extend(f"title: {language} is missing" for language in file.languages if not file.title.get(language))
    if file.minimum_group_size < SMALLEST_MINIMUM_GROUP_SIZE:
        faults.append(f"minimum_group_size: it is never below {SMALLEST_MINIMUM_GROUP_SIZE}")
    shared = parse_custody(file.custody)
    if file.custody != "server" and (shared is None or not shared.is_possible):
        faults.append(
            f'custody: write "server", or "2 of 3 trustees" with at least {SMALLEST_THRESHOLD} of at most {MOST_TRUSTEES}'
        )
    if len(set(file.approvals)) < len(file.approvals):
        faults.append("approvals: an office stands twice")
    if not 1 <= file.retention_days <= LONGEST_RETENTION_DAYS:
        faults.append(f"retention_days: it is from 1 to {LONGEST_RETENTION_DAYS}")
    if file.schedule.days < 1:
        faults.append("schedule.days: a round is open for at least one day")
    roster = file.roster_size if file.roster_size is not None else _headcount(units)
    if roster < file.minimum_group_size:
        faults.append(
            f"roster_size: {roster} persons are fewer than the minimum group size {file.minimum_group_size}; "
            "give roster_size, or units with headcounts"
        )
    _check_units(file, units, faults)


def _check_units(file: SurveyFile, units: tuple[Unit, ...], faults: list[str]) -> None:
    known = {unit.id: unit for unit in units}
    if len(known) < len(units):
        faults.append("units: an id stands twice")
    for unit in units:
        if unit.parent is not None and unit.parent not in known:
            faults.append(f"units: the parent {unit.parent} of {unit.id} is no unit")
        elif _is_its_own_ancestor(unit, known):
            faults.append(f"units: {unit.id} stands below itself")
        if unit.headcount < file.minimum_group_size:
            faults.append(
                f"units: {unit.id} has {unit.headcount} persons, fewer than the minimum group size; merge it with another"
            )
    for parent in {unit.parent for unit in units if unit.parent in known}:
        below = sum(unit.headcount for unit in units if unit.parent == parent)
        if parent is not None and below != known[parent].headcount:
            faults.append(f"units: {parent} has {known[parent].headcount} persons, the units below it {below}")


def _is_its_own_ancestor(unit: Unit, known: dict[str, Unit]) -> bool:
    seen: set[str] = set()
    above = unit.parent
    while above in known and above not in seen:
        if above == unit.id:
            return True
        seen.add(above)
        above = known[above].parent
    return False


def _check_against_questionnaire(
    file: SurveyFile, questionnaire: Questionnaire, units: tuple[Unit, ...], faults: list[str]
) -> None:
    if not units and any(item.options_from == "units" for item in questionnaire.items):
        faults.append(f"units: questionnaire {questionnaire.id} asks for the unit; name a units file")
    longest = questionnaire_answers.longest_answer(questionnaire)
    if longest > PLAINTEXT_SIZE - _FRAME:
        faults.append(
            f"questionnaire: its longest possible answer takes {longest} bytes and {PLAINTEXT_SIZE - _FRAME} fit"
        )
    figures = {item.id for item in questionnaire.items} | {scale.id for scale in questionnaire.scales}
    for number, cut in enumerate(file.publication):
        place = f"publication[{number}]"
        for dimension in cut.dimensions:
            item = questionnaire.item(dimension)
            if item is None or item.kind != "single" or item.sensitive:
                faults.append(f"{place}: {dimension} is no item that groups people (single choice, not sensitive)")
        faults.extend(f"{place}: {wanted} is no item or scale" for wanted in cut.items if wanted not in figures)
        faults.extend(f"{place}: {fault}" for fault in _crossing_faults(cut, questionnaire, units))
    if len({frozenset(cut.dimensions) for cut in file.publication}) < len(file.publication):
        faults.append("publication: a dimension or crossing stands twice; list all its items in one cut")


def _crossing_faults(cut: Cut, questionnaire: Questionnaire, units: tuple[Unit, ...]) -> Iterator[str]:
    """A crossing needs the headcounts of its groups: without them nobody knows which of them are too small."""
    if len(cut.dimensions) == 1:
        return
    by_unit = {item.id for item in questionnaire.items if item.options_from == "units"}
    others = [dimension for dimension in cut.dimensions if dimension not in by_unit]
    if len(cut.dimensions) != 2 or len(others) != 1 or others[0] not in HEADCOUNTS_BY_ITEM:  # noqa: PLR2004 - a crossing
        known = " or ".join(sorted(HEADCOUNTS_BY_ITEM))
        yield f"name one dimension, or the unit crossed with {known}"
        return
    column = HEADCOUNTS_BY_ITEM[others[0]]
    counts: dict[str, int | None] = {unit.id: getattr(unit, column) for unit in units}
    missing = [unit for unit, count in counts.items() if count is None]
    if missing:
        yield f"a crossing with {others[0]} needs {column} of every unit; it is missing for {', '.join(missing)}"
        return
    for unit in units:
        below = [counts[other.id] or 0 for other in units if other.parent == unit.id]
        if (counts[unit.id] or 0) > unit.headcount or (below and sum(below) != counts[unit.id]):
            yield f"{column} of {unit.id} is more than its headcount, or not the sum of the units below it"
