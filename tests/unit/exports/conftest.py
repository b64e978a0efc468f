"""A release with hidden groups in it, as a round's document."""

import pytest

from analysis import Cut, Plan, Policy, Release, Responses, release
from survey_service.domain.releases import ReleaseDocument
from survey_service.domain.rounds import RoundId
from tests.unit.analysis.invented import SMALL, Answers, Population, answers

PEOPLE = Population(size=90, seed=3, affected=0.3, skipped=0.0, unstated=0.0, leading=0.5)
PLAN = Plan(cuts=(Cut(dimensions=("lead",), figures=("trust", "strength")),))
POLICY = Policy(minimum_group_size=30)


def released_of(given: list[Answers]) -> Release:
    return release(Responses.from_answers(SMALL, given), PLAN, POLICY)


@pytest.fixture(scope="session")
def released() -> Release:
    found = released_of(answers(PEOPLE))
    assert any(table.rows[0].n is None for table in found.tables)
    assert any(table.dimensions == ("lead",) for table in found.tables)
    return found


@pytest.fixture(scope="session")
def document(released: Release) -> ReleaseDocument:
    return ReleaseDocument(
        round_id=RoundId("backing-2026-1"),
        title={"de": "=1+1", "en": "=1+1"},
        rehearsal=True,
        questionnaire="q",
        questionnaire_sha256="0" * 64,
        minimum_group_size=30,
        roster_size=240,
        issued=91,
        count=91,
        analysed=90,
        invalid=1,
        units=(),
        tables=released.tables,
        is_above_headcount=False,
        organisation={"de": "Stadt Musterstadt", "en": "City of Musterstadt"},
        questionnaire_version="1.0.0",
    )
