"""Releases of the demonstration city: its own plan, and every cut by the unit that the questionnaire is meant for."""

import random
import time
from collections.abc import Iterator, Mapping
from importlib import resources
from itertools import islice
from pathlib import Path

import msgspec

from analysis import Cut, Plan, Policy, Release, Responses, release
from questionnaires import definitions
from questionnaires.model import Questionnaire
from survey_service.cli import demonstration
from survey_service.domain.surveys import Survey, leaves
from survey_service.operations.create_survey import read_survey
from survey_service.operations.plausible_answers import plausible_answers
from survey_service.operations.publication import publication_plan
from tests.bench.figures import Figure

RESPONDENTS = 900  # as many as take part in a round of the demonstration


def measure() -> Iterator[Figure]:
    with resources.as_file(resources.files(demonstration).joinpath("survey.toml")) as file:
        stored = read_survey(Path(file))
    survey, questionnaire = stored.survey, definitions.from_bytes(stored.questionnaire)
    responses = _answered(survey, questionnaire)
    planned = publication_plan(survey, questionnaire)
    # No detail of hostility is cut by the unit; everything else is.
    details = {item.id for item in questionnaire.items if item.sensitive and item.show_if}
    others = tuple(
        figure.id
        for figure in (*questionnaire.items, *questionnaire.scales)
        if figure.id not in details and not getattr(figure, "options_from", None)
    )
    everything = msgspec.structs.replace(planned, cuts=(*planned.cuts, Cut(dimensions=("unit",), figures=others)))
    for name, plan in (("its own plan", planned), ("all but details by the unit", _merged(everything))):
        started = time.perf_counter()
        released = release(responses, plan, Policy())
        seconds = time.perf_counter() - started
        yield Figure(f"release of {_cells(released)} cells, {name}", seconds, "s")
        yield Figure(f"rows that show, {name}", 100 * _shown(released), "%")


def _answered(survey: Survey, questionnaire: Questionnaire) -> Responses:
    headcounts = {unit.id: unit.headcount for unit in leaves(survey.units)}
    answers = plausible_answers(questionnaire, headcounts, 1, random.Random(1))
    return Responses.from_answers(questionnaire, list(islice(answers, RESPONDENTS)))


def _merged(plan: Plan) -> Plan:
    """One cut for each set of dimensions."""
    figures: Mapping[tuple[str, ...], dict[str, None]] = {cut.dimensions: {} for cut in plan.cuts}
    for cut in plan.cuts:
        figures[cut.dimensions].update(dict.fromkeys(cut.figures))
    cuts = tuple(Cut(dimensions=dimensions, figures=tuple(ids)) for dimensions, ids in figures.items())
    return msgspec.structs.replace(plan, cuts=cuts)


def _cells(released: Release) -> int:
    """Printed or hidden: bases and categories."""
    tables = [table for table in released.tables if table.dimensions]
    return sum(len(table.rows) * (1 + max(len(row.cells) for row in table.rows)) for table in tables)


def _shown(released: Release) -> float:
    rows = [row for table in released.tables if table.dimensions for row in table.rows]
    return sum(row.n is not None for row in rows) / len(rows)
