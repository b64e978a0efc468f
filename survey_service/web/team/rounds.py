"""The page of a round: its state, what is next, and the way to its results."""

from litestar import Response, Router, get
from litestar.params import FromPath

from survey_service.operations.read_results import read_overview, read_round
from survey_service.web.team import frame
from survey_service.web.team.door import LARGEST_FORM, guard, signed_in, team_of
from survey_service.web.team.frame import AnyRequest
from survey_service.web.team.states import round_context
from survey_service.web.team.wording import wording


@get("/team/rounds/{round_id:str}", opt={"deed": "read-results"}, guards=[guard])
async def show_round(round_id: FromPath[str], request: AnyRequest) -> Response[bytes]:
    installation = team_of(request).installation
    overview = await read_overview(installation)
    found = await read_round(installation, round_id)
    words = wording(signed_in(request).language)
    return frame.page(request, "team/round.html", **round_context(overview, found.round_id, words), round=found)


router = Router(
    path="/",
    route_handlers=[show_round],
    request_max_body_size=LARGEST_FORM,
    include_in_schema=False,
    exception_handlers=frame.REFUSALS,
)
