"""What every page of a draft shares: its steps and how far they are, what is wrong with it, and what it says in words."""

import re
from collections.abc import Callable, Iterable
from typing import Any, Literal

from litestar import Response
from msgspec import Struct

from questionnaires.model import Questionnaire
from survey_service.domain.accounts import may
from survey_service.domain.drafts import STEPS, StepName, StoredDraft, SurveyDraft, step_of
from survey_service.domain.key_shares import parse_custody
from survey_service.domain.schedules import NoSchedule
from survey_service.domain.site import Contact
from survey_service.domain.survey_faults import SurveyFault
from survey_service.domain.surveys import Cut, Statistic
from survey_service.operations.define_survey import roster_size
from survey_service.operations.draft_survey import Looked, look_through
from survey_service.operations.read_results import read_overview
from survey_service.results.rhythm import schedule_in_words
from survey_service.web.team import frame
from survey_service.web.team.door import signed_in, team_of
from survey_service.web.team.frame import AnyRequest
from survey_service.web.team.wording import Wording, wording

NEW = "/team/surveys/new"
GROUPS: tuple[tuple[str, tuple[StepName, ...]], ...] = (
    ("asked", ("questionnaire", "languages", "title")),
    ("whom", ("units", "schedule")),
    ("told", ("minimum", "publication")),
    ("guarded", ("custody", "retention", "approvals", "contacts")),
)
"""The steps as the list of tasks shows them, under headings of [draft.group]."""

StepState = Literal["missing", "proposed", "done"]
Form = dict[str, str]

_ANCHORS: dict[str, str] = {
    "questionnaire": "questionnaire",
    "languages": "languages",
    "title": "title",
    "id": "id",
    "units": "units",
    "roster_size": "units",
    "minimum_group_size": "minimum",
    "retention_days": "retention",
    "custody": "custody",
    "approvals": "approvals",
    "schedule": "schedule",
    "publication": "publication",
    "statistics": "statistics",
}
"""Of the field that a fault is at, on the page of its step."""

_LINE = re.compile(r", line (?P<line>\d+)$")


class Told(Struct, frozen=True, kw_only=True):
    """A fault in words. anchor: the field it is at. address: the page and the field."""

    text: str
    anchor: str
    address: str
    step: StepName


class ShownStep(Struct, frozen=True, kw_only=True):
    """A step in the list of tasks. lines: what it says so far."""

    name: StepName
    state: StepState
    lines: tuple[str, ...]


def address_of(draft_id: str, step: str = "") -> str:
    return f"{NEW}/{draft_id}/{step}".rstrip("/")


def next_address(draft_id: str, draft: SurveyDraft, step: StepName) -> str:
    """Where one goes after a step: to the next that nobody has taken yet, or else to what is to be checked."""
    after = STEPS[STEPS.index(step) + 1 :] + STEPS[: STEPS.index(step)]
    return address_of(draft_id, next((each for each in after if each not in draft.settled), "check"))


def tell(fault: SurveyFault, draft_id: str, draft: SurveyDraft, looked: Looked, words: Wording) -> Told:
    line = _LINE.search(fault.place)
    place = "units" if line or fault.place.endswith(".csv") else fault.place
    step = step_of(place)
    cut = re.fullmatch(r"publication\[(\d+)\]", place)
    anchor = f"cut-{cut[1]}" if cut else _ANCHORS[re.split(r"[.\[]", place or "questionnaire", maxsplit=1)[0]]
    if fault.name == "title":
        anchor = f"title-{fault.facts['language']}"
    text = words(f"draft.fault.{fault.name}", **_facts(fault, draft, looked, words))
    return Told(
        text=words("draft.line", line=line["line"], text=text) if line else text,
        anchor=anchor,
        address=f"{address_of(draft_id, step)}#{anchor}",
        step=step,
    )


def _facts(fault: SurveyFault, draft: SurveyDraft, looked: Looked, words: Wording) -> dict[str, object]:
    units = {unit.id: unit.name for unit in draft.units}
    facts: dict[str, object] = dict(fault.facts)
    for name in ("unit", "parent"):
        if facts.get(name) in units and units[str(facts[name])]:
            facts[name] = words.of(units[str(facts[name])])
    if "language" in facts:
        facts["language"] = language_name(str(facts["language"]), words)
    for name in ("item", "dimension"):
        if name in facts and looked.questionnaire is not None:
            facts[name] = figure_name(looked.questionnaire, str(facts[name]), words)
    if fault.name == "crossing_headcounts":
        facts["units"] = words.listed([words.of(units[each]) for each in str(facts["units"]).split(", ")][:5])
    return facts


def language_name(tag: str, words: Wording) -> str:
    """German and English as their readers call them; a language that nobody has named, by its tag."""
    known = dict(words.pairs("draft.language_names"))
    return known.get(tag, tag)


def figure_name(questionnaire: Questionnaire, name: str, words: Wording) -> str:
    """An item's wording, or a scale's title."""
    item = questionnaire.item(name)
    scale = next((each for each in questionnaire.scales if each.id == name), None)
    return words.of(item.text) if item else words.of(scale.title) if scale else name


def cut_name(questionnaire: Questionnaire, cut: Cut, words: Wording) -> str:
    """What a cut divides by, in plain words."""
    names = []
    for dimension in cut.dimensions:
        item = questionnaire.item(dimension)
        is_unit = item is not None and item.options_from == "units"
        names.append(
            words("draft.publication.unit") if is_unit else words.quoted(figure_name(questionnaire, dimension, words))
        )
    return words("draft.publication.crossed", one=names[0], other=names[1]) if len(names) > 1 else names[0]


def statistic_in_words(statistic: Statistic, questionnaire: Questionnaire, words: Wording) -> dict[str, Any]:
    """What goes in together: a sentence, and each figure in words."""
    figures = [figure_name(questionnaire, item, words) for item in statistic.items]
    first = questionnaire.item(statistic.items[0])
    chosen = [words.quoted(words.of(o.text)) for o in (first.options if first else ()) if o.code in statistic.options]
    if chosen:
        figures[0] = f"{figures[0]} {words.listed(chosen)}"
    by = words.listed([words.quoted(figure_name(questionnaire, item, words)) for item in statistic.by] or [""])
    return {"sentence": words(f"survey.statistic.{statistic.kind}", by=by), "figures": figures}


def lines_of(
    step: StepName, draft: SurveyDraft, looked: Looked, contacts: Iterable[Contact], words: Wording
) -> tuple[str, ...]:
    """What a step says so far, a line each; nothing where it says nothing yet."""
    return tuple(_LINES[step](draft, looked, words)) if step != "contacts" else _contacts(contacts, words)


def _questionnaire(draft: SurveyDraft, looked: Looked, words: Wording) -> list[str]:
    found = looked.questionnaire
    if found is None:
        return [draft.questionnaire] if draft.questionnaire else []
    return [
        f"{words.of(found.title)} ({found.id} {found.version})",
        words("draft.questionnaire.size", items=len(found.items), minutes=found.minutes),
    ]


def _languages(draft: SurveyDraft, looked: Looked, words: Wording) -> list[str]:
    unconfirmed = looked.questionnaire.unconfirmed if looked.questionnaire else ()
    return [
        words("draft.languages.machine", language=language_name(tag, words))
        if tag in unconfirmed
        else language_name(tag, words)
        for tag in draft.languages
    ]


def _title(draft: SurveyDraft, looked: Looked, words: Wording) -> list[str]:
    del looked
    titles = [draft.title[tag] for tag in draft.languages if draft.title.get(tag)]
    return [*titles, *([words("draft.title.known_as", id=draft.id)] if draft.id else [])]


def _units(draft: SurveyDraft, looked: Looked, words: Wording) -> list[str]:
    del looked
    if not draft.units and draft.roster_size is None:
        return []
    invited = words("draft.units.invited", persons=words.whole(roster_size(draft, draft.units)))
    return [words("draft.units.count", count=len(draft.units)) if draft.units else words("draft.units.none"), invited]


def _schedule(draft: SurveyDraft, looked: Looked, words: Wording) -> list[str]:
    del looked
    try:
        return list(schedule_in_words(draft.schedule, words))
    except NoSchedule:
        return []


def _minimum(draft: SurveyDraft, looked: Looked, words: Wording) -> list[str]:
    del looked
    return [words("survey.minimum_value", size=draft.minimum_group_size)]


def _publication(draft: SurveyDraft, looked: Looked, words: Wording) -> list[str]:
    found = looked.questionnaire
    if found is None:
        return []
    return [
        words("survey.whole_round"),
        *(
            words(
                "draft.publication.line",
                cut=cut_name(found, cut, words),
                figures=words("draft.publication.figures", count=len(cut.items))
                if cut.items
                else words("survey.all_items"),
            )
            for cut in draft.publication
        ),
        *(statistic_in_words(each, found, words)["sentence"] for each in draft.statistics),
    ]


def _custody(draft: SurveyDraft, looked: Looked, words: Wording) -> list[str]:
    del looked
    shared = parse_custody(draft.custody)
    if shared is None:
        return [words("survey.custody_server")]
    return [words("survey.custody_trustees", threshold=shared.threshold, trustees=shared.trustees)]


def _retention(draft: SurveyDraft, looked: Looked, words: Wording) -> list[str]:
    del looked
    return [words("draft.retention.line", days=draft.retention_days)]


def _approvals(draft: SurveyDraft, looked: Looked, words: Wording) -> list[str]:
    del looked
    return [words(f"survey.office.{office}") for office in draft.approvals] or [words("draft.approvals.none")]


def _contacts(contacts: Iterable[Contact], words: Wording) -> tuple[str, ...]:
    return tuple(words.of(contact.name) for contact in contacts) or (words("draft.contacts.none"),)


_LINES: dict[StepName, Callable[[SurveyDraft, Looked, Wording], list[str]]] = {
    "questionnaire": _questionnaire,
    "languages": _languages,
    "title": _title,
    "units": _units,
    "schedule": _schedule,
    "minimum": _minimum,
    "publication": _publication,
    "custody": _custody,
    "retention": _retention,
    "approvals": _approvals,
}


def draft_title(draft: SurveyDraft, words: Wording) -> str:
    titles = {language: text for language, text in draft.title.items() if text}
    return words.of(titles) if titles else words("draft.untitled")


async def page(
    request: AnyRequest,
    template: str,
    stored: StoredDraft,
    *,
    step: StepName | None = None,
    draft: SurveyDraft | None = None,
    faults: Iterable[SurveyFault] = (),
    meanwhile: bool = False,
    status_code: int = 200,
    **shown: Any,
) -> Response[bytes]:
    """A page of a draft. draft: as somebody has typed it, where that is not what is stored. faults: to be told on top.

    meanwhile: somebody else has changed this step since it was shown.
    """
    installation, session = team_of(request).installation, signed_in(request)
    words = wording(session.language)
    draft = draft or stored.draft
    looked = await look_through(installation, draft)
    contacts = request.app.state["site"].contacts
    told = [tell(fault, stored.draft_id, draft, looked, words) for fault in faults]
    return frame.page(
        request,
        template,
        status_code=status_code,
        **{
            "overview": await read_overview(installation),
            "current": "new survey",
            "draft_id": stored.draft_id,
            "draft": draft,
            "draft_title": draft_title(stored.draft, words),
            "looked": looked,
            "step": step,
            "seen": "" if step is None else stored.draft.seen(step),
            "faults": told,
            "wrong": [each.anchor for each in told],
            "stored_lines": lines_of(
                step, stored.draft, await look_through(installation, stored.draft), contacts, words
            )
            if step is not None and meanwhile
            else (),
            "changed_by": stored.changed_by,
            "meanwhile": meanwhile,
            "contacts": contacts,
            "may_set_up": may(session.role, "set-up-surveys"),
        }
        | shown,
    )
