"""A round's release as a file: the same as `survey-service export`, in the language of who is signed in."""

from litestar import Response, Router, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from survey_service.operations.export_release import MEDIA_TYPES, Format, export_release
from survey_service.results.wording import language
from survey_service.web.team import frame
from survey_service.web.team.door import LARGEST_FORM, guard, signed_in, team_of
from survey_service.web.team.frame import AnyRequest


def _download(form: Format) -> HTTPRouteHandler:
    @get(f"/team/rounds/{{round_id:str}}/release.{form}", opt={"deed": "read-results"}, guards=[guard])
    async def download(round_id: FromPath[str], request: AnyRequest) -> Response[bytes]:
        spoken = language(signed_in(request).language)
        file = await export_release(team_of(request).installation, round_id, form, spoken)
        headers = {
            "cache-control": "no-store",
            "content-disposition": f'attachment; filename="{file.name}"',
            **frame.HEADERS,
        }
        return Response(file.content, media_type=file.media_type, headers=headers)

    return download


router = Router(
    path="/",
    route_handlers=[_download(form) for form in MEDIA_TYPES],
    request_max_body_size=LARGEST_FORM,
    include_in_schema=False,
    exception_handlers=frame.REFUSALS,
)
