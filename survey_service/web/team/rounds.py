"""The page of a round: where it stands, what is next, who has taken part as far as that may be told."""

import msgspec
from litestar import Response, Router, get
from litestar.params import FromPath

from survey_service.domain.accounts import may
from survey_service.domain.key_shares import parse_custody
from survey_service.domain.site import TIME_ZONE
from survey_service.domain.surveys import Survey
from survey_service.operations.foresee_rounds import foreseen
from survey_service.operations.read_results import read_overview
from survey_service.operations.release_tables import NothingReleased, read_release
from survey_service.operations.show_to_staff import is_shown_to_staff
from survey_service.operations.watch_round import Watched, watch_round
from survey_service.results.participation import participation_by_unit
from survey_service.web.team import frame
from survey_service.web.team.door import LARGEST_FORM, guard, signed_in, team_of
from survey_service.web.team.frame import AnyRequest
from survey_service.web.team.states import round_context
from survey_service.web.team.wording import wording


@get("/team/rounds/{round_id:str}", opt={"deed": "read-results"}, guards=[guard])
async def show_round(round_id: FromPath[str], request: AnyRequest) -> Response[bytes]:
    installation, session = team_of(request).installation, signed_in(request)
    overview = await read_overview(installation)
    seen = await watch_round(installation, round_id)
    survey = msgspec.json.decode(seen.round.definition, type=Survey)
    try:
        units = participation_by_unit(await read_release(installation, round_id), survey)
        is_released = True
    except NothingReleased:
        units, is_released = (), False
    return frame.page(
        request,
        "team/round.html",
        **round_context(overview, seen.round.round_id, wording(session.language)),
        round=seen.round,
        seen=seen,
        custody=parse_custody(seen.round.custody),
        days_left=days_left(seen),
        foreseen=await foreseen(installation, seen.round),
        participation=overview.participation.get(seen.round.round_id),
        units=units,
        is_for_staff=await is_shown_to_staff(installation, seen.round.round_id),
        is_released=is_released,
        may={deed: may(session.role, deed) for deed in ("run-rounds", "unseal", "publish")},
    )


def days_left(seen: Watched) -> int:
    """Until the round ends, by the calendar in Germany; 0 on its last day and afterwards."""
    last, today = seen.round.closes_at.astimezone(TIME_ZONE).date(), seen.now.astimezone(TIME_ZONE).date()
    return max((last - today).days, 0)


router = Router(
    path="/",
    route_handlers=[show_round],
    request_max_body_size=LARGEST_FORM,
    include_in_schema=False,
    exception_handlers=frame.REFUSALS,
)
