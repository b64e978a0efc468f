"""The dates of all rounds: on a page, as a file, and at an address of somebody's own that their calendar reads."""

from typing import Any

from litestar import Response, Router, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from survey_service.domain.accounts import Email
from survey_service.operations.foresee_rounds import (
    ClosedCalendar,
    calendar_entries,
    close_calendar,
    is_shared,
    read_calendar,
    read_calendar_at,
    share_calendar,
)
from survey_service.operations.read_results import read_overview
from survey_service.results.wording import Language, language
from survey_service.web.team import frame
from survey_service.web.team.door import LARGEST_FORM, acting, guard, session_form, signed_in, team_of
from survey_service.web.team.frame import AnyRequest

PAGE = "/team/calendar"
_READ: dict[str, Any] = {"deed": "read-results"}
_OWN: dict[str, Any] = {"deed": "keep-own-account"}
_MEDIA_TYPE = "text/calendar; charset=utf-8"
_FILES: dict[str, Language] = {"rounds-de.ics": "de", "rounds-en.ics": "en"}


@get(PAGE, opt=_READ, guards=[guard])
async def show(request: AnyRequest) -> Response[bytes]:
    return await _page(request)


@post(PAGE, opt=_OWN, guards=[guard])
async def share(request: AnyRequest) -> Response[bytes]:
    """Shows the new address, this once."""
    await session_form(request)
    session = signed_in(request)
    token = await share_calendar(acting(request), session.email)
    base_url = team_of(request).installation.settings.base_url
    return await _page(request, address=f"{base_url}/calendar/{token}/rounds-{session.language}.ics")


@post("/team/calendar/end", opt=_OWN, guards=[guard])
async def end(request: AnyRequest) -> Response[Any]:
    await session_form(request)
    await close_calendar(acting(request), Email(signed_in(request).email))
    return frame.redirect(PAGE)


@get("/team/calendar.ics", opt=_READ, guards=[guard])
async def download(request: AnyRequest) -> Response[bytes]:
    content = await read_calendar(team_of(request).installation, language(signed_in(request).language))
    return Response(content, media_type=_MEDIA_TYPE, headers={"cache-control": "no-store", **frame.HEADERS})


@get("/calendar/{token:str}/{file:str}")
async def read(token: FromPath[str], file: FromPath[str], request: AnyRequest) -> Response[bytes]:
    """For calendars, which sign in nowhere: whoever knows the address reads the dates, and nothing else."""
    try:
        content = await read_calendar_at(team_of(request).installation, token, _FILES[file])
    except (ClosedCalendar, KeyError):
        raise NotFoundException from None
    return Response(content, media_type=_MEDIA_TYPE, headers={"cache-control": "no-store", **frame.HEADERS})


async def _page(request: AnyRequest, *, address: str | None = None) -> Response[bytes]:
    installation, session = team_of(request).installation, signed_in(request)
    return frame.page(
        request,
        "team/calendar.html",
        overview=await read_overview(installation),
        current="calendar",
        entries=await calendar_entries(installation, language(session.language)),
        address=address,
        is_shared=await is_shared(installation, session.email),
    )


router = Router(
    path="/",
    route_handlers=[show, share, end, download],
    request_max_body_size=LARGEST_FORM,
    include_in_schema=False,
    exception_handlers=frame.REFUSALS,
)
feed = Router(path="/", route_handlers=[read], include_in_schema=False)
