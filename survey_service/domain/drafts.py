"""A survey that is being set up: what has been written down so far, step by step, and whose word about it came first."""

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from typing import Literal, NewType, get_args

import msgspec
from msgspec import Struct

from survey_service.domain.accounts import Email
from survey_service.domain.surveys import OFFICES, GivenSurvey, Office, Survey, Text, Unit
from survey_service.errors import Refusal

DraftId = NewType("DraftId", str)

StepName = Literal[
    "questionnaire",
    "languages",
    "title",
    "units",
    "schedule",
    "minimum",
    "publication",
    "custody",
    "retention",
    "approvals",
    "contacts",
]
STEPS: tuple[StepName, ...] = get_args(StepName)
"""In the order in which they are taken."""

FIELDS: dict[StepName, tuple[str, ...]] = {
    "questionnaire": ("questionnaire",),
    "languages": ("languages",),
    "title": ("title", "id"),
    "units": ("units", "roster_size"),
    "schedule": ("schedule",),
    "minimum": ("minimum_group_size",),
    "publication": ("publication", "statistics"),
    "custody": ("custody",),
    "retention": ("retention_days",),
    "approvals": ("approvals",),
    "contacts": (),  # the site file says whom; the step shows them
}
"""What each step writes down."""

_STEP_BY_PLACE: dict[str, StepName] = {field: step for step, fields in FIELDS.items() for field in fields} | {
    "": "questionnaire",
}
LONGEST_SUGGESTED_ID = 40


class SurveyDraft(GivenSurvey, frozen=True, kw_only=True, omit_defaults=True):
    """What a survey is to be, as far as somebody has said it. settled: the steps that somebody has taken."""

    id: str = ""
    title: Text = msgspec.field(default_factory=dict)
    questionnaire: str = ""
    languages: tuple[str, ...] = ()
    custody: str = "2 of 3 trustees"  # proposed: nobody can open anything alone
    approvals: tuple[Office, ...] = OFFICES  # proposed: both look at what is asked before anybody is asked
    units: tuple[Unit, ...] = ()
    settled: tuple[StepName, ...] = ()

    def settling(self, step: StepName) -> "SurveyDraft":
        return msgspec.structs.replace(self, settled=tuple(each for each in STEPS if each in {*self.settled, step}))

    def seen(self, step: StepName) -> str:
        """A short name for what a step holds: who changes it says by it what they saw."""
        held = msgspec.to_builtins({field: getattr(self, field) for field in FIELDS[step]})
        return hashlib.sha256(msgspec.json.encode(held, order="deterministic")).hexdigest()[:16]


class StoredDraft(Struct, frozen=True, kw_only=True):
    """changed_by: whose save was the last."""

    draft_id: DraftId
    version: int
    draft: SurveyDraft
    changed_by: Email
    changed_at: datetime


class UnknownDraft(Refusal):
    def __init__(self, draft_id: str) -> None:
        super().__init__(
            f"There is no draft {draft_id!r}.",
            remedy="It was thrown away, or has become a survey: look under all surveys.",
        )


class ChangedMeanwhile(Refusal):
    """Somebody else has saved the same step since it was shown. found: the draft as it stands now."""

    def __init__(self, found: StoredDraft) -> None:
        super().__init__(
            f"{found.changed_by} has changed this draft meanwhile.", remedy="Compare the two, and save again."
        )
        self.found = found


def step_of(place: str) -> StepName:
    """The step in which a fault at this place is mended. Raises: KeyError."""
    return _STEP_BY_PLACE[re.split(r"[.\[]", place, maxsplit=1)[0]]


def from_survey(survey: Survey) -> SurveyDraft:
    """A draft that begins as another survey stands; its id and every decision are to be looked at anew."""
    return SurveyDraft(
        title=survey.title,
        questionnaire=survey.questionnaire.id,
        languages=survey.languages,
        units=survey.units,
        roster_size=None if survey.units else survey.roster_size,
        minimum_group_size=survey.minimum_group_size,
        custody=survey.custody,
        retention_days=survey.retention_days,
        schedule=survey.schedule,
        publication=survey.publication,
        statistics=survey.statistics,
        approvals=survey.approvals,
    )


def suggested_id(title: Mapping[str, str]) -> str:
    """An id made of the title: `Rückhalt 2026` becomes `rueckhalt-2026`; empty where nothing of it can be written."""
    text = unicodedata.normalize("NFKD", next(iter(title.values()), "").lower())
    plain = text.replace("\N{COMBINING DIAERESIS}", "e").replace("ß", "ss").encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain)[:LONGEST_SUGGESTED_ID].strip("-")
