"""A survey as it is approved: what its hash covers, who has approved it, and the button for those who may."""

from typing import Any

from litestar import Response, Router, get, post
from litestar.params import FromPath

from questionnaires import definitions
from survey_service.domain.accounts import may
from survey_service.domain.key_shares import parse_custody
from survey_service.operations.approve_survey import (
    AnotherSurvey,
    SpeaksForNoOffice,
    approve_survey,
    office_of,
    read_approvals,
)
from survey_service.operations.foresee_rounds import foreseen_rounds
from survey_service.operations.read_results import read_overview
from survey_service.results.rhythm import schedule_in_words
from survey_service.web.team import frame
from survey_service.web.team.door import LARGEST_FORM, NotAllowed, acting, guard, session_form, signed_in, team_of
from survey_service.web.team.draft_frame import statistic_in_words
from survey_service.web.team.frame import AnyRequest
from survey_service.web.team.wording import wording


@get("/team/surveys/{survey_id:str}", opt={"deed": "read-results"}, guards=[guard])
async def show_survey(survey_id: FromPath[str], request: AnyRequest) -> Response[bytes]:
    return await _page(request, survey_id)


@post("/team/surveys/{survey_id:str}/approval", opt={"deed": "approve", "fresh": True}, guards=[guard])
async def approve(survey_id: FromPath[str], request: AnyRequest) -> Response[Any]:
    form = await session_form(request)
    installation, email = acting(request), signed_in(request).email
    try:
        await approve_survey(installation, survey_id, sha256=form.get("sha256", ""), email=email)
    except SpeaksForNoOffice:
        raise NotAllowed from None
    except AnotherSurvey:
        return await _page(request, survey_id, refused="another", status_code=422)
    return frame.redirect(f"/team/surveys/{survey_id}")


async def _page(
    request: AnyRequest, survey_id: str, *, refused: str | None = None, status_code: int = 200
) -> Response[bytes]:
    installation, session = team_of(request).installation, signed_in(request)
    read = await read_approvals(installation, survey_id)
    office = await office_of(installation, session.email) if session.role == "auditor" else None
    questionnaire = definitions.from_bytes(read.stored.questionnaire)
    words = wording(session.language)
    named = {item.id: words.of(item.text) for item in questionnaire.items}
    named |= {scale.id: words.of(scale.title) for scale in questionnaire.scales}
    return frame.page(
        request,
        "team/survey.html",
        status_code=status_code,
        overview=await read_overview(installation),
        current=f"survey {survey_id}",
        survey=read.stored.survey,
        sha256=read.stored.sha256,
        questionnaire=questionnaire,
        named=named,
        statistics=[statistic_in_words(each, questionnaire, words) for each in read.stored.survey.statistics],
        coming=await foreseen_rounds(installation, read.stored.survey),
        schedule=schedule_in_words(read.stored.survey.schedule, words),
        custody=parse_custody(read.stored.survey.custody),
        approvals=read.approvals,
        missing=read.missing,
        own_office=office,
        may_approve=office is not None and office not in {each.office for each in read.approvals},
        may_plan=may(session.role, "run-rounds"),
        may_set_up=may(session.role, "set-up-surveys"),
        refused=refused,
    )


router = Router(
    path="/",
    route_handlers=[show_survey, approve],
    request_max_body_size=LARGEST_FORM,
    include_in_schema=False,
    exception_handlers=frame.REFUSALS,
)
