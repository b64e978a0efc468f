"""The state of a round as a sentence, and what every page of a round has above its task."""

from typing import Any

from questionnaires import definitions
from survey_service.domain.rounds import Round, RoundId
from survey_service.operations.read_results import Overview
from survey_service.store.rounds import RoundEntry
from survey_service.web.team.wording import Wording


def state_of(entry: RoundEntry, overview: Overview, words: Wording) -> str:
    return words.state(
        entry.state,
        opens_at=entry.opens_at,
        closes_at=entry.closes_at,
        now=overview.now,
        per_cent=overview.participation.get(entry.round_id),
    )


def named(found: Round, words: Wording) -> dict[str, str]:
    """What its questionnaire asks, by the item's id."""
    return {item.id: words.of(item.text) for item in definitions.from_bytes(found.questionnaire).items}


def round_context(overview: Overview, round_id: RoundId, words: Wording) -> dict[str, Any]:
    """What the templates of a round's pages know of it."""
    survey, entry = next(
        (survey.survey, entry) for survey in overview.surveys for entry in survey.rounds if entry.round_id == round_id
    )
    return {
        "overview": overview,
        "current": round_id,
        "survey_title": words.of(survey.title),
        "round_title": words("round", day=words.day(entry.opens_at)),
        "state": state_of(entry, overview, words),
    }
