"""The results of a round."""

from typing import Any

from litestar import Response, Router, get, post
from litestar.params import FromPath

from survey_service.domain.releases import ReleaseDocument
from survey_service.errors import WrongState
from survey_service.operations.read_results import Results, read_overview, read_results
from survey_service.operations.show_to_staff import show_to_staff
from survey_service.results.page import Kept, ResultsPage, results_page
from survey_service.web import rendering
from survey_service.web.team import frame
from survey_service.web.team.door import LARGEST_FORM, acting, guard, session_form, signed_in, team_of
from survey_service.web.team.frame import AnyRequest
from survey_service.web.team.states import round_context
from survey_service.web.team.wording import HIDDEN, Wording, wording

_PAGES: Kept[ResultsPage] = Kept()
_BODIES: Kept[str] = Kept()


@post("/team/rounds/{round_id:str}/staff", opt={"deed": "publish", "fresh": True}, guards=[guard])
async def change_staff_page(round_id: FromPath[str], request: AnyRequest) -> Response[Any]:
    form = await session_form(request)
    try:
        await show_to_staff(acting(request), round_id, shown=form.get("shown") == "yes")
    except WrongState:
        return frame.page(request, "team/refused.html", status_code=404, refused="nothing_released")
    return frame.redirect(f"/team/rounds/{round_id}")


@get("/team/rounds/{round_id:str}/results", opt={"deed": "read-results"}, guards=[guard])
async def show_results(round_id: FromPath[str], request: AnyRequest) -> Response[bytes]:
    installation = team_of(request).installation
    overview = await read_overview(installation)
    read = await read_results(installation, round_id)
    words = wording(signed_in(request).language)
    return frame.page(
        request,
        "team/results.html",
        **round_context(overview, read.round.round_id, words),
        round=read.round,
        is_draft=False,
        release=read.release,
        withdrawal=read.withdrawal,
        **_shown(read, words),
    )


def _shown(read: Results, words: Wording) -> dict[str, Any]:
    """The page, and its body as it is drawn."""
    release = read.release
    if release is None:
        return {"results": None, "body": None}
    made = _PAGES.get(read.fingerprint, words, lambda: results_page(release, read.questionnaire, words, read.history))
    return {"results": made, "body": _BODIES.get(read.fingerprint, words, lambda: body_of(release, made, words))}


def body_of(release: ReleaseDocument, made: ResultsPage, words: Wording, *, is_draft: bool = False) -> str:
    """What a release says, drawn."""
    return rendering.part(
        "team/results_body.html",
        t=words,
        hidden_sign=HIDDEN,
        round_id=release.round_id,
        is_draft=is_draft,
        minimum=release.minimum_group_size,
        results=made,
    )


router = Router(
    path="/",
    route_handlers=[show_results, change_staff_page],
    request_max_body_size=LARGEST_FORM,
    include_in_schema=False,
    exception_handlers=frame.REFUSALS,
)
