"""One unit of a round beside the whole, from released tables."""

from litestar import Response, Router, get
from litestar.params import FromPath

from survey_service.operations.read_results import read_overview, read_results
from survey_service.operations.release_tables import NothingReleased
from survey_service.results.unit_page import unit_page
from survey_service.web.team import frame
from survey_service.web.team.door import LARGEST_FORM, guard, signed_in, team_of
from survey_service.web.team.frame import AnyRequest
from survey_service.web.team.states import round_context
from survey_service.web.team.wording import wording


@get("/team/rounds/{round_id:str}/units/{unit_id:str}", opt={"deed": "read-results"}, guards=[guard])
async def show_unit(round_id: FromPath[str], unit_id: FromPath[str], request: AnyRequest) -> Response[bytes]:
    installation = team_of(request).installation
    read = await read_results(installation, round_id)
    if read.release is None:
        raise NothingReleased(round_id, read.withdrawal)
    words = wording(signed_in(request).language)
    made = unit_page(read.release, read.questionnaire, words, read.history, unit_id)
    return frame.page(
        request,
        "team/unit.html",
        status_code=404 if made is None else 200,
        **round_context(await read_overview(installation), read.round.round_id, words),
        round=read.round,
        release=read.release,
        made=made,
    )


router = Router(
    path="/",
    route_handlers=[show_unit],
    request_max_body_size=LARGEST_FORM,
    include_in_schema=False,
    exception_handlers=frame.REFUSALS,
)
