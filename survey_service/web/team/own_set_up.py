"""Somebody sets up the account that was prepared for them: the one page of the team's, beside signing in, without a session."""

from typing import Any

from litestar import Response, Router, get, post

from survey_service.domain.passwords import SHORTEST_PASSWORD, WeakPassword
from survey_service.errors import Refusal
from survey_service.operations.own_account import NotTwiceTheSame
from survey_service.operations.password_hashing import TooManySignIns
from survey_service.operations.set_up_account import WrongSetUpCode, set_up_account
from survey_service.operations.sign_in import WrongCredentials, sign_in
from survey_service.web.team import frame
from survey_service.web.team.accounts import SET_UP
from survey_service.web.team.door import HOME, LARGEST_FORM, SIGN_IN, language_of, own_form, step_address, team_of
from survey_service.web.team.frame import AnyRequest

_REFUSED: dict[type[Refusal], str] = {WrongSetUpCode: "code", WeakPassword: "weak", NotTwiceTheSame: "not_the_same"}


@get(SET_UP)
async def show_set_up(request: AnyRequest) -> Response[bytes]:
    return _page(request, {})


@post(SET_UP)
async def take_set_up(request: AnyRequest) -> Response[Any]:
    """Sets it up and signs in, which asks for the second factor next."""
    form, team = await own_form(request), team_of(request)
    try:
        email = await set_up_account(
            team.installation,
            team.hashing,
            email=form.get("email", ""),
            code=form.get("code", ""),
            password=form.get("new", ""),
            again=form.get("again", ""),
        )
    except (WrongSetUpCode, WeakPassword, NotTwiceTheSame) as refusal:
        return _page(request, form, refused=_REFUSED[type(refusal)])
    try:
        entry = await sign_in(
            team.installation,
            team.hashing,
            email,
            form.get("new", ""),
            language=language_of(request),
            replaced_token=request.cookies.get(team.cookie_name),
            browser=request.cookies.get(team.browser_cookie_name),
        )
    except (WrongCredentials, TooManySignIns):  # disabled already, or a flood: the account is set up all the same
        return frame.redirect(SIGN_IN)
    return frame.redirect(step_address(entry.leads_to, HOME), cookies=team.cookies_of(entry))


def _page(request: AnyRequest, form: dict[str, str], *, refused: str | None = None) -> Response[bytes]:
    return frame.page(
        request,
        "team/set_up_account.html",
        status_code=200 if refused is None else 403,
        form_address=f"{SET_UP}?lang={language_of(request)}",
        here=SET_UP,
        email=form.get("email", ""),
        code=form.get("code", ""),
        shortest=SHORTEST_PASSWORD,
        refused=refused,
    )


router = Router(
    path="/",
    route_handlers=[show_set_up, take_set_up],
    request_max_body_size=LARGEST_FORM,
    include_in_schema=False,
    exception_handlers=frame.REFUSALS,
)
