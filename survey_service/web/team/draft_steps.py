"""The steps of a draft that are a form each: shown, taken, and said where something is wrong with it."""

from typing import Any

from litestar import Response, Router, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from msgspec.structs import replace

from questionnaires import definitions
from questionnaires.model import Questionnaire
from survey_service.domain.drafts import FIELDS, ChangedMeanwhile, StepName, StoredDraft, SurveyDraft, step_of
from survey_service.domain.schedules import REGIONS, ComingRound, NoSchedule, coming_rounds
from survey_service.domain.survey_faults import FaultySurvey, SurveyFault
from survey_service.domain.surveys import OFFICES
from survey_service.operations.draft_survey import change_draft, library_questionnaire, look_through, read_draft
from survey_service.operations.read_results import read_overview
from survey_service.results.rhythm import schedule_in_words
from survey_service.web.team import draft_frame, frame
from survey_service.web.team.door import LARGEST_FORM, acting, guard, session_form, signed_in, team_of
from survey_service.web.team.draft_forms import FORMS, PERIODS, Form
from survey_service.web.team.draft_frame import NEW, language_name, next_address
from survey_service.web.team.frame import AnyRequest
from survey_service.web.team.wording import Wording, wording

_DEED: dict[str, Any] = {"deed": "set-up-surveys"}
_MOST_FIELDS = 40
_ROUNDS_AHEAD = 6  # of a schedule, shown as its calendar


@get(f"{NEW}/{{draft_id:str}}/{{step:str}}", opt=_DEED, guards=[guard])
async def show_step(draft_id: FromPath[str], step: FromPath[str], request: AnyRequest) -> Response[bytes]:
    stored = await read_draft(team_of(request).installation, draft_id)
    name = _known(step)
    return await _page(request, stored, name, FORMS[name].value(stored.draft))


@post(f"{NEW}/{{draft_id:str}}/{{step:str}}", opt=_DEED, guards=[guard])
async def take_step(draft_id: FromPath[str], step: FromPath[str], request: AnyRequest) -> Response[Any]:
    form = await session_form(request, most=_MOST_FIELDS)
    stored = await read_draft(team_of(request).installation, draft_id)
    name = _known(step)
    try:
        fields = FORMS[name].read(form, stored.draft)
        typed = replace(stored.draft, **fields)
        await _refuse_faults(request, typed, name)
        if form.get("show"):
            return await _page(request, stored, name, form, draft=typed)
        kept = await change_draft(
            acting(request), draft_id, name, seen=form.get("seen", ""), change=lambda draft: replace(draft, **fields)
        )
    except FaultySurvey as faulty:
        return await _page(request, stored, name, form, faults=faulty.faults, status_code=422)
    except definitions.UnknownQuestionnaire as unknown:
        fault = SurveyFault(place="questionnaire", name="no_questionnaire", facts={"reason": str(unknown)})
        return await _page(request, stored, name, form, faults=(fault,), status_code=422)
    except ChangedMeanwhile as changed:
        return await _page(request, changed.found, name, form, meanwhile=True, status_code=409)
    return frame.redirect(next_address(draft_id, kept, name))


async def _refuse_faults(request: AnyRequest, draft: SurveyDraft, step: StepName) -> None:
    """What is wrong with the step itself is said at once; what it does to others is said where they are. Raises: FaultySurvey."""
    looked = await look_through(team_of(request).installation, draft)
    places = set(FIELDS[step])
    own = [fault for fault in looked.faults if fault.place.partition(".")[0] in places and step_of(fault.place) == step]
    if own:
        raise FaultySurvey(own)


def _known(step: str) -> StepName:
    """Raises: NotFoundException."""
    for name in FORMS:
        if name == step:
            return name
    raise NotFoundException


async def _page(
    request: AnyRequest,
    stored: StoredDraft,
    step: StepName,
    value: Form,
    *,
    draft: SurveyDraft | None = None,
    faults: tuple[SurveyFault, ...] = (),
    meanwhile: bool = False,
    status_code: int = 200,
) -> Response[bytes]:
    words = wording(signed_in(request).language)
    wanted = draft or stored.draft
    return await draft_frame.page(
        request,
        f"team/draft/{step}.html",
        stored,
        step=step,
        draft=draft,
        faults=faults,
        meanwhile=meanwhile,
        status_code=status_code,
        value=lambda name: value.get(name, ""),
        library=[library_questionnaire(name) for name in definitions.library()] if step == "questionnaire" else (),
        offered=_offered(wanted, words) if step in ("languages", "title") else (),
        offices=OFFICES,
        regions=REGIONS,
        periods=tuple(PERIODS),
        calendar=await _calendar(request, wanted, words) if step == "schedule" and not faults else (),
        rhythm=_rhythm(wanted, words) if step == "schedule" and not faults else (),
    )


def _offered(draft: SurveyDraft, words: Wording) -> list[dict[str, Any]]:
    """The languages that the questionnaire speaks, by name, with whether a person has confirmed their translation."""
    try:
        found: Questionnaire | None = library_questionnaire(draft.questionnaire)
    except definitions.UnknownQuestionnaire:
        found = None
    return [
        {
            "tag": tag,
            "name": language_name(tag, words),
            "is_machine_made": found is not None and tag in found.unconfirmed,
        }
        for tag in (found.languages if found else draft.languages)
    ]


def _rhythm(draft: SurveyDraft, words: Wording) -> tuple[str, ...]:
    try:
        return schedule_in_words(draft.schedule, words)
    except NoSchedule:
        return ()


async def _calendar(request: AnyRequest, draft: SurveyDraft, words: Wording) -> list[dict[str, Any]]:
    """The coming rounds, each with its days in words."""
    now = (await read_overview(team_of(request).installation)).now
    try:
        found: tuple[ComingRound, ...] = coming_rounds(draft.schedule, now, _ROUNDS_AHEAD)
    except NoSchedule:
        return []
    return [
        {
            "number": each.number,
            "opens": words.date(each.opens_at),
            "closes": words.date(each.closes_at),
            "reminders": [words.day(moment) for moment in each.reminders],
            "is_moved": each.is_moved,
        }
        for each in found
    ]


router = Router(
    path="/",
    route_handlers=[show_step, take_step],
    request_max_body_size=LARGEST_FORM,
    include_in_schema=False,
    exception_handlers=frame.REFUSALS,
)
