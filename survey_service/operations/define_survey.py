"""What was asked for becomes a survey: checked, with every fault at once, and then the bytes that are approved by hash.

One way for both doors: the survey's file and the pages of a draft come through here.
"""

import hashlib
import re
from collections.abc import Iterator

import msgspec

from analysis.cutting import groups_people
from analysis.joint import is_carried
from questionnaires import answers as questionnaire_answers
from questionnaires import definitions
from questionnaires.model import Questionnaire
from survey_service.domain.key_shares import MOST_TRUSTEES, SMALLEST_THRESHOLD, parse_custody
from survey_service.domain.rounds import PLAINTEXT_SIZE
from survey_service.domain.schedules import faults_of
from survey_service.domain.survey_faults import FaultySurvey, SurveyFault
from survey_service.domain.surveys import (
    HEADCOUNTS_BY_ITEM,
    LONGEST_RETENTION_DAYS,
    SMALLEST_MINIMUM_GROUP_SIZE,
    Cut,
    GivenSurvey,
    QuestionnaireReference,
    Statistic,
    Survey,
    SurveyId,
    Unit,
    leaves,
)
from survey_service.operations.publication import missing_headcounts, planned_statistics
from survey_service.store.rounds import StoredSurvey

LONGEST_SURVEY_ID = 40
RESERVED_IDS = frozenset({"new"})  # of the team's pages: /team/surveys/new
_SURVEY_ID = re.compile(rf"[a-z0-9][a-z0-9-]{{0,{LONGEST_SURVEY_ID - 1}}}")
_FRAME = 4  # bytes of length in front of the answers (protocol, 4)


def define_survey(
    given: GivenSurvey, units: tuple[Unit, ...], questionnaire: Questionnaire | None, faults: list[SurveyFault]
) -> StoredSurvey:
    """The survey, and what is stored of it. faults: those found so far. questionnaire: before it knows its units.

    Raises: FaultySurvey, with every fault.
    """
    faults.extend(_naming_faults(given))
    faults.extend(_rule_faults(given))
    faults.extend(_unit_faults(given, units))
    if questionnaire is not None:
        questionnaire = _with_units(questionnaire, units, faults)
        faults.extend(_faults_against(given, questionnaire, units))
    if faults or questionnaire is None:
        raise FaultySurvey(faults)
    served = definitions.canonical_bytes(questionnaire)
    survey = Survey(
        survey_id=SurveyId(given.id),
        title={language: given.title[language] for language in given.languages},
        languages=given.languages,
        questionnaire=QuestionnaireReference(
            id=questionnaire.id, version=questionnaire.version, sha256=hashlib.sha256(served).hexdigest()
        ),
        units=units,
        roster_size=roster_size(given, units),
        minimum_group_size=given.minimum_group_size,
        publication=given.publication,
        custody=given.custody,
        retention_days=given.retention_days,
        schedule=given.schedule,
        approvals=given.approvals,
        statistics=given.statistics,
    )
    return StoredSurvey(survey=survey, definition=msgspec.json.encode(survey), questionnaire=served)


def roster_size(given: GivenSurvey, units: tuple[Unit, ...]) -> int:
    """How many are invited at most: as given, or everyone in the units."""
    if given.roster_size is not None:
        return given.roster_size
    return sum(unit.headcount for unit in units if unit.parent is None)


def _with_units(questionnaire: Questionnaire, units: tuple[Unit, ...], faults: list[SurveyFault]) -> Questionnaire:
    """Offers the units; where they cannot be offered, the questionnaire as it is, and a fault."""
    try:
        return definitions.with_units(questionnaire, [(unit.id, unit.name) for unit in leaves(units)])
    except definitions.DefinitionFaults as error:
        if not any(fault.name in ("unit_twice", "unit_name") for fault in faults):  # told already, by the unit
            faults.extend(
                SurveyFault(place="units", name="definition", facts={"reason": str(fault)}) for fault in error.faults
            )
    return questionnaire


def _naming_faults(given: GivenSurvey) -> Iterator[SurveyFault]:
    if not _SURVEY_ID.fullmatch(given.id):
        yield SurveyFault(place="id", name="id", facts={"most": LONGEST_SURVEY_ID})
    elif given.id in RESERVED_IDS:
        yield SurveyFault(place="id", name="id_reserved", facts={"id": given.id})
    if not given.languages or len(set(given.languages)) < len(given.languages):
        yield SurveyFault(place="languages", name="languages")
    for language in given.languages:
        if not given.title.get(language):
            yield SurveyFault(place="title", name="title", facts={"language": language})


def _rule_faults(given: GivenSurvey) -> Iterator[SurveyFault]:
    if given.minimum_group_size < SMALLEST_MINIMUM_GROUP_SIZE:
        yield SurveyFault(
            place="minimum_group_size", name="minimum_too_small", facts={"smallest": SMALLEST_MINIMUM_GROUP_SIZE}
        )
    shared = parse_custody(given.custody)
    if given.custody != "server" and (shared is None or not shared.is_possible):
        yield SurveyFault(
            place="custody", name="custody", facts={"smallest": SMALLEST_THRESHOLD, "most": MOST_TRUSTEES}
        )
    if len(set(given.approvals)) < len(given.approvals):
        yield SurveyFault(place="approvals", name="approvals_twice")
    if not 1 <= given.retention_days <= LONGEST_RETENTION_DAYS:
        yield SurveyFault(place="retention_days", name="retention", facts={"most": LONGEST_RETENTION_DAYS})
    yield from faults_of(given.schedule)


def _unit_faults(given: GivenSurvey, units: tuple[Unit, ...]) -> Iterator[SurveyFault]:
    roster = roster_size(given, units)
    if roster < given.minimum_group_size:
        yield SurveyFault(
            place="roster_size",
            name="roster_too_small",
            facts={"roster": roster, "minimum": given.minimum_group_size},
        )
    yield from _tree_faults(units)
    for unit in units:
        for language in given.languages:
            if not unit.name.get(language):
                yield SurveyFault(place="units", name="unit_name", facts={"unit": unit.id, "language": language})
        if unit.headcount < given.minimum_group_size:
            yield SurveyFault(
                place="units", name="unit_too_small", facts={"unit": unit.id, "headcount": unit.headcount}
            )


def _tree_faults(units: tuple[Unit, ...]) -> Iterator[SurveyFault]:
    known = {unit.id: unit for unit in units}
    for twice in dict.fromkeys(unit.id for unit in units if known[unit.id] is not unit):
        yield SurveyFault(place="units", name="unit_twice", facts={"unit": twice})
    for unit in units:
        if unit.parent is not None and unit.parent not in known:
            yield SurveyFault(place="units", name="parent_unknown", facts={"parent": unit.parent, "unit": unit.id})
        elif _is_its_own_ancestor(unit, known):
            yield SurveyFault(place="units", name="own_ancestor", facts={"unit": unit.id})
    for parent in dict.fromkeys(unit.parent for unit in units if unit.parent in known):
        below = sum(unit.headcount for unit in units if unit.parent == parent)
        if parent is not None and below != known[parent].headcount:
            yield SurveyFault(
                place="units",
                name="unit_sum",
                facts={"unit": parent, "headcount": known[parent].headcount, "below": below},
            )


def _is_its_own_ancestor(unit: Unit, known: dict[str, Unit]) -> bool:
    seen: set[str] = set()
    above = unit.parent
    while above in known and above not in seen:
        if above == unit.id:
            return True
        seen.add(above)
        above = known[above].parent
    return False


def _faults_against(given: GivenSurvey, questionnaire: Questionnaire, units: tuple[Unit, ...]) -> Iterator[SurveyFault]:
    if not units and any(item.options_from == "units" for item in questionnaire.items):
        yield SurveyFault(place="units", name="units_asked", facts={"questionnaire": questionnaire.id})
    longest = questionnaire_answers.longest_answer(questionnaire)
    if longest > PLAINTEXT_SIZE - _FRAME:
        yield SurveyFault(
            place="questionnaire",
            name="answer_too_long",
            facts={"longest": longest, "most": PLAINTEXT_SIZE - _FRAME},
        )
    figures = {item.id for item in questionnaire.items} | {scale.id for scale in questionnaire.scales}
    for number, cut in enumerate(given.publication):
        place = f"publication[{number}]"
        for dimension in cut.dimensions:
            item = questionnaire.item(dimension)
            if item is None or not groups_people(questionnaire, item):
                yield SurveyFault(place=place, name="no_group_item", facts={"item": dimension})
        for wanted in cut.items:
            if wanted not in figures:
                yield SurveyFault(place=place, name="no_figure", facts={"item": wanted})
        yield from _crossing_faults(cut, place, questionnaire, units)
    if len({frozenset(cut.dimensions) for cut in given.publication}) < len(given.publication):
        yield SurveyFault(place="publication", name="cut_twice")
    for number, statistic in enumerate(given.statistics):
        yield from _statistic_faults(statistic, f"statistics[{number}]", given, questionnaire, units)


def _statistic_faults(
    statistic: Statistic, place: str, given: GivenSurvey, questionnaire: Questionnaire, units: tuple[Unit, ...]
) -> Iterator[SurveyFault]:
    missing = missing_headcounts(statistic, questionnaire, units)
    for item, (column, without) in missing.items():
        yield SurveyFault(
            place=place, name="statistic_headcounts", facts={"item": item, "column": column, "units": without}
        )
    if missing:
        return
    planned = tuple(planned_statistics((statistic,), questionnaire, units))
    if not planned or not all(is_carried(questionnaire, one) for one in planned):
        yield SurveyFault(
            place=place, name="statistic", facts={"kind": statistic.kind, "items": ", ".join(statistic.items)}
        )
        return
    for item in statistic.items:
        cut_by = {name for cut in given.publication if not cut.items or item in cut.items for name in cut.dimensions}
        for dimension in statistic.by:
            if dimension not in cut_by:
                yield SurveyFault(place=place, name="statistic_cut", facts={"item": item, "dimension": dimension})


def _crossing_faults(
    cut: Cut, place: str, questionnaire: Questionnaire, units: tuple[Unit, ...]
) -> Iterator[SurveyFault]:
    """A crossing needs the headcounts of its groups: without them nobody knows which of them are too small."""
    if len(cut.dimensions) == 1:
        return
    by_unit = {item.id for item in questionnaire.items if item.options_from == "units"}
    others = [dimension for dimension in cut.dimensions if dimension not in by_unit]
    if len(cut.dimensions) != 2 or len(others) != 1 or others[0] not in HEADCOUNTS_BY_ITEM:  # noqa: PLR2004 - a crossing
        yield SurveyFault(place=place, name="no_crossing", facts={"known": " or ".join(sorted(HEADCOUNTS_BY_ITEM))})
        return
    column = HEADCOUNTS_BY_ITEM[others[0]]
    counts: dict[str, int | None] = {unit.id: getattr(unit, column) for unit in units}
    missing = [unit for unit, count in counts.items() if count is None]
    if missing:
        yield SurveyFault(
            place=place,
            name="crossing_headcounts",
            facts={"item": others[0], "column": column, "units": ", ".join(missing)},
        )
        return
    for unit in units:
        below = [counts[other.id] or 0 for other in units if other.parent == unit.id]
        if (counts[unit.id] or 0) > unit.headcount or (below and sum(below) != counts[unit.id]):
            yield SurveyFault(place=place, name="crossing_sum", facts={"column": column, "unit": unit.id})
