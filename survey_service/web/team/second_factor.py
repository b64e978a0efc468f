"""The second step of signing in: a code of the app, or setting the second factor up."""

from collections.abc import Sequence
from typing import Any

import segno
from litestar import Response, Router, get, post
from msgspec import Struct

from survey_service.domain import second_factor
from survey_service.domain.accounts import Email
from survey_service.domain.second_factor import Secret, WrittenCode
from survey_service.operations.own_second_factor import drawn_secret, set_up
from survey_service.operations.sign_in import SessionEnded, WrongCode, give_code, sign_out
from survey_service.team_key import SecondFactorUnreadable, UnusableTeamKey
from survey_service.web.team import frame
from survey_service.web.team.door import (
    LARGEST_FORM,
    SIGN_IN,
    STEPS,
    begun,
    language_of,
    password_guard,
    safe_page,
    session_form,
    step_address,
    team_of,
)
from survey_service.web.team.frame import AnyRequest

UNREADABLE = (SecondFactorUnreadable, UnusableTeamKey)
"""What only the operator can mend; the page says so."""


class Picture(Struct, frozen=True, kw_only=True):
    """A QR code for SVG. size: modules at each side, the quiet zone included. path: the dark ones."""

    size: int
    path: str


@get(STEPS["code"], guards=[password_guard])
async def show_code(request: AnyRequest) -> Response[Any]:
    wanted = safe_page(request, request.query_params.get("next"))
    if not begun(request).has_second_factor:
        return frame.redirect(step_address("set-up", wanted))
    return _code_page(request, wanted)


@post(STEPS["code"], guards=[password_guard])
async def take_code(request: AnyRequest) -> Response[Any]:
    form = await session_form(request)
    team, wanted = team_of(request), safe_page(request, form.get("next"))
    browser = request.cookies.get(team.browser_cookie_name)
    try:
        entry = await give_code(team.installation, begun(request), form.get("code", ""), browser=browser)
    except WrongCode:
        return _code_page(request, wanted, refused="wrong", status_code=403)
    except UNREADABLE:
        return _code_page(request, wanted, refused="unreadable", status_code=503)
    return frame.redirect(wanted, cookies=team.cookies_of(entry))


@get(STEPS["set-up"], guards=[password_guard])
async def show_set_up(request: AnyRequest) -> Response[Any]:
    wanted = safe_page(request, request.query_params.get("next"))
    if begun(request).has_second_factor:
        return frame.redirect(step_address("code", wanted))
    return await _set_up_page(request, wanted)


@post(STEPS["set-up"], guards=[password_guard])
async def finish_set_up(request: AnyRequest) -> Response[Any]:
    form = await session_form(request)
    team, wanted = team_of(request), safe_page(request, form.get("next"))
    browser = request.cookies.get(team.browser_cookie_name)
    try:
        done = await set_up(team.installation, begun(request), form.get("code", ""), browser=browser)
    except WrongCode:
        return await _set_up_page(request, wanted, refused="wrong", status_code=403)
    except SessionEnded:
        return frame.redirect(SIGN_IN, cookies=[team.cookie("", seconds=0)])
    except UNREADABLE:
        return await _set_up_page(request, wanted, refused="unreadable", status_code=503)
    cookies = [] if done.entry is None else team.cookies_of(done.entry)
    return codes_page(request, begun(request).email, done.recovery_codes, wanted, cookies=cookies)


@post("/team/sign-in/leave", guards=[password_guard])
async def leave(request: AnyRequest) -> Response[Any]:
    """Whoever began with the wrong account, or cannot go on."""
    await session_form(request)
    team = team_of(request)
    await sign_out(team.installation.database, begun(request))
    return frame.redirect(SIGN_IN, cookies=[team.cookie("", seconds=0)])


def set_up_facts(request: AnyRequest, email: Email, secret: Secret) -> dict[str, Any]:
    """What a page needs to show a secret to an app, by camera, by link and by hand."""
    address = second_factor.address(secret, email=email, issuer=request.app.state["site"].name[language_of(request)])
    return {
        "email": email,
        "picture": picture(address),
        "app_address": address,
        "spelled": second_factor.spelled(secret),
    }


def codes_page(
    request: AnyRequest,
    email: Email,
    codes: Sequence[WrittenCode],
    wanted: str,
    *,
    cookies: Sequence[Any] = (),
) -> Response[bytes]:
    """Recovery codes, the one time they are shown."""
    shown = frame.page(
        request,
        "team/recovery_codes.html",
        email=email,
        codes=[second_factor.grouped(code) for code in codes],
        next=wanted,
    )
    shown.cookies.extend(cookies)
    return shown


def picture(address: str) -> Picture:
    modules = list(
        segno.make(address, error="m", micro=False).matrix_iter(border=4)
    )  # ISO/IEC 18004: four at each side
    path = "".join(
        f"M{column} {row}h1v1h-1z" for row, line in enumerate(modules) for column, is_dark in enumerate(line) if is_dark
    )
    return Picture(size=len(modules), path=path)


def _code_page(
    request: AnyRequest, wanted: str, *, refused: str | None = None, status_code: int = 200
) -> Response[bytes]:
    return frame.page(
        request,
        "team/code.html",
        status_code=status_code,
        email=begun(request).email,
        next=wanted,
        here=step_address("code", wanted),
        refused=refused,
    )


async def _set_up_page(
    request: AnyRequest, wanted: str, *, refused: str | None = None, status_code: int = 200
) -> Response[Any]:
    try:
        secret = None if refused == "unreadable" else await drawn_secret(team_of(request).installation, begun(request))
    except SessionEnded:
        return frame.redirect(SIGN_IN)
    except UNREADABLE:
        secret, refused, status_code = None, "unreadable", 503
    facts = {} if secret is None else set_up_facts(request, begun(request).email, secret)
    return frame.page(
        request,
        "team/set_up_factor.html",
        status_code=status_code,
        next=wanted,
        here=step_address("set-up", wanted),
        form_address=STEPS["set-up"],
        is_first=True,
        refused=refused,
        is_readable=secret is not None,
        **facts,
    )


router = Router(
    path="/",
    route_handlers=[show_code, take_code, show_set_up, finish_set_up, leave],
    request_max_body_size=LARGEST_FORM,
    include_in_schema=False,
    exception_handlers=frame.REFUSALS,
)
