"""The forms of a draft's steps: what their fields hold, and what was typed into them."""

import re
from collections.abc import Callable
from datetime import datetime

from msgspec import Struct

from survey_service.domain.drafts import StepName, SurveyDraft, suggested_id
from survey_service.domain.key_shares import parse_custody
from survey_service.domain.schedules import REGIONS, Region, Rule, Schedule, read_rule
from survey_service.domain.survey_faults import FaultySurvey, SurveyFault
from survey_service.domain.surveys import OFFICES
from survey_service.operations.draft_survey import library_questionnaire

Form = dict[str, str]
Fields = dict[str, object]

PERIODS = {"weeks": "WEEKLY", "months": "MONTHLY", "years": "YEARLY"}
_LONGEST_TITLE = 120  # characters; it is the heading of a page on a phone
_LONGEST_NUMBER = 6  # digits


class StepForm(Struct, frozen=True, kw_only=True):
    """value: what the fields hold. read: the draft's fields as typed; raises FaultySurvey."""

    value: Callable[[SurveyDraft], Form]
    read: Callable[[Form, SurveyDraft], Fields]


def whole(form: Form, field: str, place: str) -> int:
    """A whole number of a form. Raises: FaultySurvey."""
    text = form.get(field, "").strip()
    if not re.fullmatch(rf"[0-9]{{1,{_LONGEST_NUMBER}}}", text):
        raise FaultySurvey([SurveyFault(place=place, name="not_whole")])
    return int(text)


def _read_questionnaire(form: Form, draft: SurveyDraft) -> Fields:
    chosen = form.get("questionnaire", "")
    if not chosen:
        raise FaultySurvey([SurveyFault(place="questionnaire", name="none_chosen")])
    fields: Fields = {"questionnaire": chosen}
    known = library_questionnaire(chosen).languages
    if not draft.languages or not set(draft.languages) <= set(known):
        # Proposed: all it speaks. A draft that already names some of them keeps those.
        fields["languages"] = known
    return fields


def _read_languages(form: Form, draft: SurveyDraft) -> Fields:
    offered = library_questionnaire(draft.questionnaire).languages if draft.questionnaire else draft.languages
    return {"languages": tuple(language for language in offered if form.get(f"language-{language}"))}


def _read_title(form: Form, draft: SurveyDraft) -> Fields:
    typed = {language: " ".join(form.get(f"title-{language}", "").split()) for language in draft.languages}
    faults = [
        SurveyFault(place="title", name="title_long", facts={"language": language, "most": _LONGEST_TITLE})
        for language, text in typed.items()
        if len(text) > _LONGEST_TITLE
    ]
    faults += [
        SurveyFault(place="title", name="title", facts={"language": language})
        for language, text in typed.items()
        if not text
    ]
    if faults:
        raise FaultySurvey(faults)
    return {"title": draft.title | typed, "id": form.get("id", "").strip() or suggested_id(typed)}


def _custody_value(draft: SurveyDraft) -> Form:
    shared = parse_custody(draft.custody)
    if shared is None:
        return {"custody": "server", "threshold": "2", "trustees": "3"}
    return {"custody": "trustees", "threshold": str(shared.threshold), "trustees": str(shared.trustees)}


def _read_custody(form: Form, draft: SurveyDraft) -> Fields:
    del draft
    if form.get("custody") != "trustees":
        return {"custody": "server"}
    threshold, trustees = whole(form, "threshold", "custody"), whole(form, "trustees", "custody")
    return {"custody": f"{threshold} of {trustees} trustees"}


def schedule_value(draft: SurveyDraft) -> Form:
    schedule = draft.schedule
    form = {
        # Proposed: a rhythm, so that rounds come even where nobody thinks of them.
        "when": _when(schedule) if "schedule" in draft.settled or schedule.starts else "recurring",
        "days": str(schedule.open_for.days),
        "holidays": schedule.holidays,
        "every": "6",
        "period": "months",
        "hour": "08:00",
        "reminder": " ".join(str(delay.days) for delay in schedule.reminded_after),
    }
    if schedule.starts is not None:
        form |= {"first": f"{schedule.starts:%Y-%m-%d}", "hour": f"{schedule.starts:%H:%M}"}
    if form["when"] == "recurring" and schedule.rule is not None:
        rule = read_rule(schedule.rule)
        form |= {
            "every": str(rule.interval),
            "period": next(name for name, frequency in PERIODS.items() if frequency == rule.frequency),
            "rounds": "" if rule.count is None else str(rule.count),
        }
    return form


def _when(schedule: Schedule) -> str:
    if schedule.starts is None:
        return "by_hand"
    if schedule.rule is None:
        return "once"
    return "recurring" if is_plain(read_rule(schedule.rule)) else "kept"


def is_plain(rule: Rule) -> bool:
    """Whether the fields of the form say all of it; others came with a survey's file and are kept or replaced."""
    return not (rule.until or rule.months or rule.month_days or rule.weekdays)


def read_schedule(form: Form, draft: SurveyDraft) -> Fields:
    faults: list[SurveyFault] = []

    def number(field: str, key: str) -> int:
        try:
            return whole(form, field, f"schedule.{key}")
        except FaultySurvey as faulty:
            faults.extend(faulty.faults)
            return 1

    when, before = form.get("when", ""), draft.schedule
    days = number("days", "days")
    reminders = tuple(f"P{each}D" for each in re.findall(r"[0-9]{1,4}", form.get("reminder", "")) if int(each))
    starts, rule = None, None
    if when in ("once", "recurring"):
        try:
            starts = datetime.fromisoformat(f"{form.get('first', '')}T{form.get('hour', '')}").replace(tzinfo=None)
        except ValueError:
            faults.append(SurveyFault(place="schedule.starts", name="no_time"))
    if when == "recurring":
        rule = f"FREQ={PERIODS.get(form.get('period', ''), 'MONTHLY')};INTERVAL={number('every', 'rule')}"
        if form.get("rounds", "").strip():
            rule += f";COUNT={number('rounds', 'rule')}"
    if when == "kept":
        starts, rule = before.starts, before.rule
    if faults:
        raise FaultySurvey(faults)
    # Hours and minutes came with a survey's file; the form has no field for them, and leaves them as they are.
    keeps_duration = before.duration is not None and days == before.open_for.days
    if form.get("reminder", "").strip() == schedule_value(draft)["reminder"]:
        reminders = before.reminders
    return {
        "schedule": Schedule(
            days=Schedule().days if keeps_duration else days,
            duration=before.duration if keeps_duration else None,
            starts=starts,
            rule=rule,
            holidays=_region(form.get("holidays", "")),
            reminders=reminders,
            prepare_days=before.prepare_days,
        )
    }


def _region(text: str) -> Region:
    return next((region for region in REGIONS if region == text), Schedule().holidays)


FORMS: dict[StepName, StepForm] = {
    "questionnaire": StepForm(value=lambda draft: {"questionnaire": draft.questionnaire}, read=_read_questionnaire),
    "languages": StepForm(
        value=lambda draft: {f"language-{language}": "on" for language in draft.languages}, read=_read_languages
    ),
    "title": StepForm(
        value=lambda draft: {f"title-{language}": text for language, text in draft.title.items()} | {"id": draft.id},
        read=_read_title,
    ),
    "schedule": StepForm(value=schedule_value, read=read_schedule),
    "minimum": StepForm(
        value=lambda draft: {"minimum": str(draft.minimum_group_size)},
        read=lambda form, _: {"minimum_group_size": whole(form, "minimum", "minimum_group_size")},
    ),
    "custody": StepForm(value=_custody_value, read=_read_custody),
    "retention": StepForm(
        value=lambda draft: {"retention": str(draft.retention_days)},
        read=lambda form, _: {"retention_days": whole(form, "retention", "retention_days")},
    ),
    "approvals": StepForm(
        value=lambda draft: dict.fromkeys(draft.approvals, "on"),
        read=lambda form, _: {"approvals": tuple(office for office in OFFICES if form.get(office))},
    ),
    "contacts": StepForm(value=lambda _: {}, read=lambda *_: {}),
}
"""The steps with a form of their own; units and publication have pages of their own."""
