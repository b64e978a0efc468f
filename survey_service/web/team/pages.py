"""The team's first pages over HTTP: signing in and out, surveys and rounds, why figures are hidden."""

from typing import Any

from litestar import Request, Response, Router, get, post
from litestar.datastructures import State

from survey_service.operations.password_hashing import TooManySignIns
from survey_service.operations.read_results import read_overview
from survey_service.operations.sign_in import WrongCode, WrongCredentials, sign_in, sign_out
from survey_service.web import rendering
from survey_service.web.team import frame
from survey_service.web.team.door import (
    LARGEST_FORM,
    SIGN_IN,
    guard,
    language_of,
    own_form,
    safe_page,
    session_form,
    sign_in_address,
    signed_in,
    step_address,
    team_of,
)
from survey_service.web.team.explanation import MINIMUM, steps
from survey_service.web.team.wording import wording

AnyRequest = Request[Any, Any, State]


@get(SIGN_IN)
async def show_sign_in(request: AnyRequest) -> Response[bytes]:
    return _sign_in_page(request, language_of(request), safe_page(request, request.query_params.get("next")))


@post(SIGN_IN)
async def do_sign_in(request: AnyRequest) -> Response[Any]:
    form = await own_form(request)
    team, language, wanted = team_of(request), language_of(request), safe_page(request, form.get("next"))
    try:
        entry = await sign_in(
            team.installation,
            team.hashing,
            form.get("email", ""),
            form.get("password", ""),
            language=language,
            replaced_token=request.cookies.get(team.cookie_name),
            browser=request.cookies.get(team.browser_cookie_name),
            recovery_code=form.get("recovery_code", ""),
        )
    except (WrongCredentials, WrongCode):
        return _sign_in_page(request, language, wanted, email=form.get("email", ""), refused="wrong", status_code=403)
    except TooManySignIns:
        return _sign_in_page(request, language, wanted, email=form.get("email", ""), refused="busy", status_code=503)
    return frame.redirect(step_address(entry.leads_to, wanted), cookies=team.cookies_of(entry))


@post("/team/sign-out", opt={"deed": "read-results"}, guards=[guard])
async def do_sign_out(request: AnyRequest) -> Response[Any]:
    await session_form(request)
    team = team_of(request)
    await sign_out(team.installation.database, signed_in(request))
    return frame.redirect(SIGN_IN, cookies=[team.cookie("", seconds=0)])


@get("/team/hidden", opt={"deed": "read-results"}, guards=[guard])
async def show_why_hidden(request: AnyRequest) -> Response[bytes]:
    overview = await read_overview(team_of(request).installation)
    words = wording(signed_in(request).language)
    return frame.page(
        request, "team/hidden.html", overview=overview, current="hidden", steps=steps(words), minimum=MINIMUM
    )


def _sign_in_page(
    request: AnyRequest,
    language: str,
    wanted: str,
    *,
    email: str = "",
    refused: str | None = None,
    status_code: int = 200,
) -> Response[bytes]:
    address = sign_in_address(request, wanted)
    return rendering.page(
        "team/sign_in.html",
        status_code=status_code,
        headers=frame.HEADERS,
        next=wanted,
        email=email,
        refused=refused,
        other_language_address=f"{address}{'&' if '?' in address else '?'}lang={frame.other(language)}",
        **frame.context(request, language, None),
    )


router = Router(
    path="/",
    route_handlers=[
        show_sign_in,
        do_sign_in,
        do_sign_out,
        show_why_hidden,
    ],
    request_max_body_size=LARGEST_FORM,
    include_in_schema=False,
    exception_handlers=frame.REFUSALS,
)
