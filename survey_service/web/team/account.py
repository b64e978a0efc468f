"""One's own account: password, second factor, recovery codes."""

from typing import Any

from litestar import Response, Router, get, post

from survey_service.domain.passwords import SHORTEST_PASSWORD, WeakPassword
from survey_service.operations.own_account import (
    NoStandIn,
    NotTwiceTheSame,
    change_password,
    end_stand_in,
    name_stand_in,
    read_own_account,
)
from survey_service.operations.own_second_factor import draw_recovery_codes, drawn_secret, set_up
from survey_service.operations.password_hashing import TooManySignIns
from survey_service.operations.read_results import read_overview
from survey_service.operations.sign_in import SessionEnded, WrongCode, WrongConfirmation
from survey_service.web.team import frame
from survey_service.web.team.door import (
    LARGEST_FORM,
    SIGN_IN,
    acting,
    guard,
    session_form,
    signed_in,
    team_of,
)
from survey_service.web.team.frame import AnyRequest
from survey_service.web.team.second_factor import UNREADABLE, codes_page, set_up_facts

ACCOUNT = "/team/account"
FACTOR = "/team/account/second-factor"
_OWN: dict[str, Any] = {"deed": "keep-own-account"}
_WEIGHS: dict[str, Any] = {"deed": "keep-own-account", "fresh": True}
_REFUSED = {NotTwiceTheSame: "not_the_same", WeakPassword: "weak", WrongConfirmation: "wrong", TooManySignIns: "busy"}


@get(ACCOUNT, opt=_OWN, guards=[guard])
async def show_account(request: AnyRequest) -> Response[Any]:
    return await _page(request, done="password" if request.query_params.get("done") == "password" else None)


@post(f"{ACCOUNT}/password", opt=_OWN, guards=[guard])
async def take_password(request: AnyRequest) -> Response[Any]:
    form, team = await session_form(request), team_of(request)
    try:
        await change_password(
            acting(request),
            team.hashing,
            signed_in(request),
            old=form.get("password", ""),
            new=form.get("new", ""),
            again=form.get("again", ""),
        )
    except SessionEnded:
        return frame.redirect(SIGN_IN, cookies=[team.cookie("", seconds=0)])
    except (NotTwiceTheSame, WeakPassword, WrongConfirmation, TooManySignIns) as refusal:
        return await _page(request, refused=_REFUSED[type(refusal)], status_code=403)
    return frame.redirect(f"{ACCOUNT}?done=password")


@get(FACTOR, opt=_WEIGHS, guards=[guard])
async def show_factor(request: AnyRequest) -> Response[Any]:
    return await _factor_page(request)


@post(FACTOR, opt=_WEIGHS, guards=[guard])
async def take_factor(request: AnyRequest) -> Response[Any]:
    form, session = await session_form(request), signed_in(request)
    try:
        done = await set_up(acting(request), session, form.get("code", ""))
    except WrongCode:
        return await _factor_page(request, refused="wrong", status_code=403)
    except SessionEnded:
        return frame.redirect(ACCOUNT)
    except UNREADABLE:
        return await _factor_page(request, refused="unreadable", status_code=503)
    return codes_page(request, session.email, done.recovery_codes, ACCOUNT)


@post(f"{ACCOUNT}/recovery-codes", opt=_WEIGHS, guards=[guard])
async def take_recovery_codes(request: AnyRequest) -> Response[Any]:
    await session_form(request)
    codes = await draw_recovery_codes(acting(request), signed_in(request))
    return codes_page(request, signed_in(request).email, codes, ACCOUNT)


@post(f"{ACCOUNT}/stand-in", opt=_WEIGHS, guards=[guard])
async def take_stand_in(request: AnyRequest) -> Response[Any]:
    form = await session_form(request)
    try:
        await name_stand_in(
            acting(request),
            signed_in(request),
            stands_in=form.get("stands_in", ""),
            first_day=form.get("first_day", ""),
            last_day=form.get("last_day", ""),
        )
    except NoStandIn:
        return await _page(request, refused="stand_in", status_code=403)
    return frame.redirect(ACCOUNT)


@post(f"{ACCOUNT}/stand-in/end", opt=_OWN, guards=[guard])
async def take_end_of_stand_in(request: AnyRequest) -> Response[Any]:
    await session_form(request)
    await end_stand_in(acting(request), signed_in(request))
    return frame.redirect(ACCOUNT)


async def _page(
    request: AnyRequest, *, refused: str | None = None, done: str | None = None, status_code: int = 200
) -> Response[Any]:
    installation, session = team_of(request).installation, signed_in(request)
    try:
        own = await read_own_account(installation, session)
    except SessionEnded:
        return frame.redirect(SIGN_IN)
    return frame.page(
        request,
        "team/account.html",
        status_code=status_code,
        overview=await read_overview(installation),
        current="account",
        own=own,
        shortest=SHORTEST_PASSWORD,
        refused=refused,
        done=done,
    )


async def _factor_page(request: AnyRequest, *, refused: str | None = None, status_code: int = 200) -> Response[Any]:
    installation, session = team_of(request).installation, signed_in(request)
    secret = None
    try:
        if refused != "unreadable":
            secret = await drawn_secret(installation, session)
    except SessionEnded:
        return frame.redirect(SIGN_IN)
    except UNREADABLE:
        refused, status_code = "unreadable", 503
    facts = {} if secret is None else set_up_facts(request, session.email, secret)
    return frame.page(
        request,
        "team/set_up_factor.html",
        status_code=status_code,
        next=ACCOUNT,
        here=FACTOR,
        form_address=FACTOR,
        is_first=False,
        refused=refused,
        is_readable=secret is not None,
        **facts,
    )


router = Router(
    path="/",
    route_handlers=[
        show_account,
        take_password,
        show_factor,
        take_factor,
        take_recovery_codes,
        take_stand_in,
        take_end_of_stand_in,
    ],
    request_max_body_size=LARGEST_FORM,
    include_in_schema=False,
    exception_handlers=frame.REFUSALS,
)
