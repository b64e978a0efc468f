"""The results of a round, and its tables to take along."""

from collections.abc import Callable

from litestar import Response, Router, get
from litestar.params import FromPath

from survey_service.domain.releases import ReleaseDocument
from survey_service.exports import delimited, json_document
from survey_service.operations.read_results import read_overview, read_results
from survey_service.operations.release_tables import read_release
from survey_service.results.page import results_page
from survey_service.web.team import frame
from survey_service.web.team.door import LARGEST_FORM, guard, signed_in, team_of
from survey_service.web.team.frame import AnyRequest
from survey_service.web.team.states import round_context
from survey_service.web.team.wording import wording


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
        release=read.release,
        results=None if read.release is None else results_page(read.release, read.questionnaire, words),
    )


@get("/team/rounds/{round_id:str}/release.json", opt={"deed": "read-results"}, guards=[guard])
async def download_json(round_id: FromPath[str], request: AnyRequest) -> Response[bytes]:
    return await _download(request, round_id, "json", "application/json", json_document.render)


@get("/team/rounds/{round_id:str}/release.csv", opt={"deed": "read-results"}, guards=[guard])
async def download_csv(round_id: FromPath[str], request: AnyRequest) -> Response[bytes]:
    return await _download(request, round_id, "csv", "text/csv", delimited.render)


async def _download(
    request: AnyRequest, round_id: str, ending: str, media_type: str, render: Callable[[ReleaseDocument], bytes]
) -> Response[bytes]:
    document = await read_release(team_of(request).installation, round_id)
    headers = {
        "cache-control": "no-store",
        "content-disposition": f'attachment; filename="{document.round_id}.{ending}"',
        **frame.HEADERS,
    }
    return Response(render(document), media_type=media_type, headers=headers)


router = Router(
    path="/",
    route_handlers=[show_results, download_json, download_csv],
    request_max_body_size=LARGEST_FORM,
    include_in_schema=False,
    exception_handlers=frame.REFUSALS,
)
