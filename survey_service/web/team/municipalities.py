"""Municipalities beside one another, from exported releases that are read once and kept nowhere."""

import asyncio
from typing import Any

from litestar import Response, Router, get, post
from litestar.exceptions.http_exceptions import RequestEntityTooLarge

from survey_service.operations.compare_municipalities import (
    MOST_MUNICIPALITIES,
    NotComparable,
    ReleaseFile,
    compare_municipalities,
)
from survey_service.operations.read_results import read_overview
from survey_service.results.benchmark import Comparison
from survey_service.results.wording import language
from survey_service.web.team import frame
from survey_service.web.team.door import guard, session_uploads, signed_in, team_of
from survey_service.web.team.frame import AnyRequest
from survey_service.web.team.wording import wording

PAGE = "/team/benchmark"
LARGEST_UPLOAD = 20_000_000  # bytes of all files together; the demonstration city's release is a fiftieth of it
_READ: dict[str, Any] = {"deed": "read-results"}


@get(PAGE, opt=_READ, guards=[guard])
async def show(request: AnyRequest) -> Response[bytes]:
    return await _page(request)


@post(PAGE, opt=_READ, guards=[guard])
async def compare(request: AnyRequest) -> Response[bytes]:
    """The comparison is the answer itself: there is no address at which it could be read again."""
    words = wording(signed_in(request).language)
    try:
        _, sent = await session_uploads(request, "files")
    except RequestEntityTooLarge:
        fault = words("municipalities.fault.upload", megabytes=LARGEST_UPLOAD // 1_000_000)
        return await _page(request, faults=(fault,), status_code=413)
    files = [ReleaseFile(name=name, content=content) for name, content in sent]
    try:
        found = await asyncio.to_thread(compare_municipalities, files, language(signed_in(request).language))
    except NotComparable as refused:
        faults = tuple(words(f"municipalities.fault.{fault.name}", **fault.facts) for fault in refused.faults)
        return await _page(request, faults=faults, status_code=422)
    return await _page(request, found=found, status_code=200)


async def _page(
    request: AnyRequest, *, found: Comparison | None = None, faults: tuple[str, ...] = (), status_code: int = 200
) -> Response[bytes]:
    return frame.page(
        request,
        "team/municipalities.html",
        status_code=status_code,
        overview=await read_overview(team_of(request).installation),
        current="benchmark",
        found=found,
        faults=faults,
        most=MOST_MUNICIPALITIES,
        megabytes=LARGEST_UPLOAD // 1_000_000,
    )


router = Router(
    path="/",
    route_handlers=[show, compare],
    request_max_body_size=LARGEST_UPLOAD,
    include_in_schema=False,
    exception_handlers=frame.REFUSALS,
)
