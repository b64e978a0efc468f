"""Beginning a survey, the list of its tasks, "check your answers" with its hash, creating it, throwing a draft away."""

from typing import Any

from litestar import Response, Router, get, post
from litestar.params import FromPath

from survey_service.domain.drafts import ChangedMeanwhile
from survey_service.domain.survey_faults import FaultySurvey
from survey_service.operations.create_survey import SurveyExists
from survey_service.operations.draft_survey import (
    create_from_draft,
    discard_draft,
    list_drafts,
    look_through,
    read_draft,
    start_draft,
)
from survey_service.operations.read_results import read_overview
from survey_service.web.team import draft_frame, frame
from survey_service.web.team.door import LARGEST_FORM, acting, guard, session_form, signed_in, team_of
from survey_service.web.team.draft_frame import GROUPS, NEW, ShownStep, address_of, draft_title, lines_of, next_address
from survey_service.web.team.frame import AnyRequest
from survey_service.web.team.wording import wording

_READ: dict[str, Any] = {"deed": "read-results"}
_SET_UP: dict[str, Any] = {"deed": "set-up-surveys"}


@get(NEW, opt=_SET_UP, guards=[guard])
async def show_drafts(request: AnyRequest) -> Response[bytes]:
    installation, words = team_of(request).installation, wording(signed_in(request).language)
    return frame.page(
        request,
        "team/draft/new.html",
        overview=await read_overview(installation),
        current="new survey",
        drafts=[(each, draft_title(each.draft, words)) for each in await list_drafts(installation)],
    )


@post(NEW, opt=_SET_UP, guards=[guard])
async def begin(request: AnyRequest) -> Response[Any]:
    form = await session_form(request)
    draft_id = await start_draft(acting(request), template=form.get("template") or None)
    return frame.redirect(address_of(draft_id))


@get(f"{NEW}/{{draft_id:str}}", opt=_READ, guards=[guard])
async def show_tasks(draft_id: FromPath[str], request: AnyRequest) -> Response[bytes]:
    return await _show(request, draft_id, "team/draft/tasks.html")


@get(f"{NEW}/{{draft_id:str}}/check", opt=_READ, guards=[guard])
async def show_check(draft_id: FromPath[str], request: AnyRequest) -> Response[bytes]:
    return await _show(request, draft_id, "team/draft/check.html")


@post(f"{NEW}/{{draft_id:str}}/check", opt=_SET_UP, guards=[guard])
async def create(draft_id: FromPath[str], request: AnyRequest) -> Response[Any]:
    form = await session_form(request)
    try:
        survey = await create_from_draft(acting(request), draft_id, sha256=form.get("sha256", ""))
    except (FaultySurvey, SurveyExists, ChangedMeanwhile):
        # The page itself says what: its faults, or that it is another survey than the one that was read.
        return await _show(request, draft_id, "team/draft/check.html", refused=True, status_code=409)
    return frame.redirect(f"/team/surveys/{survey.survey.survey_id}")


@get(f"{NEW}/{{draft_id:str}}/discard", opt=_SET_UP, guards=[guard])
async def ask_discard(draft_id: FromPath[str], request: AnyRequest) -> Response[bytes]:
    return await _show(request, draft_id, "team/draft/discard.html")


@post(f"{NEW}/{{draft_id:str}}/discard", opt=_SET_UP, guards=[guard])
async def discard(draft_id: FromPath[str], request: AnyRequest) -> Response[Any]:
    await session_form(request)
    await discard_draft(acting(request), draft_id)
    return frame.redirect(NEW)


async def _show(
    request: AnyRequest, draft_id: str, template: str, *, refused: bool = False, status_code: int = 200
) -> Response[bytes]:
    installation, words = team_of(request).installation, wording(signed_in(request).language)
    stored = await read_draft(installation, draft_id)
    looked = await look_through(installation, stored.draft)
    faulty = {draft_frame.tell(fault, draft_id, stored.draft, looked, words).step for fault in looked.faults}
    contacts = request.app.state["site"].contacts
    groups = [
        (
            name,
            [
                ShownStep(
                    name=step,
                    state="missing" if step in faulty else "done" if step in stored.draft.settled else "proposed",
                    lines=lines_of(step, stored.draft, looked, contacts, words),
                )
                for step in steps
            ],
        )
        for name, steps in GROUPS
    ]
    return await draft_frame.page(
        request,
        template,
        stored,
        faults=looked.faults,
        status_code=status_code,
        groups=groups,
        done=sum(step.state == "done" for _, steps in groups for step in steps),
        all_steps=sum(len(steps) for _, steps in groups),
        onward=next_address(draft_id, stored.draft, "contacts"),
        changed_at=words.date(stored.changed_at),
        sha256=None if looked.survey is None else looked.survey.sha256,
        refused=refused,
    )


router = Router(
    path="/",
    route_handlers=[show_drafts, begin, show_tasks, show_check, create, ask_discard, discard],
    request_max_body_size=LARGEST_FORM,
    include_in_schema=False,
    exception_handlers=frame.REFUSALS,
)
