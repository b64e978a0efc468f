"""Confirming who is signed in, before a deed that weighs."""

from typing import Any

from litestar import Response, Router, get, post

from survey_service.operations.password_hashing import TooManySignIns
from survey_service.operations.sign_in import SessionEnded, WrongConfirmation, confirm_session
from survey_service.web.team import frame
from survey_service.web.team.door import (
    CONFIRM,
    LARGEST_FORM,
    SIGN_IN,
    guard,
    safe_page,
    session_form,
    signed_in,
    team_of,
)
from survey_service.web.team.frame import AnyRequest

_DEED: dict[str, Any] = {"deed": "keep-own-account"}


@get(CONFIRM, opt=_DEED, guards=[guard])
async def show_confirmation(request: AnyRequest) -> Response[bytes]:
    return _page(request, request.query_params.get("next"))


@post(CONFIRM, opt=_DEED, guards=[guard])
async def confirm(request: AnyRequest) -> Response[Any]:
    form = await session_form(request)
    team, wanted = team_of(request), safe_page(request, form.get("next"))
    try:
        await confirm_session(team.installation.database, team.hashing, signed_in(request), form.get("password", ""))
    except WrongConfirmation:
        return _page(request, wanted, refused="wrong", status_code=403)
    except TooManySignIns:
        return _page(request, wanted, refused="busy", status_code=503)
    except SessionEnded:
        return frame.redirect(SIGN_IN, cookies=[team.cookie("", seconds=0)])
    return frame.redirect(wanted)


def _page(
    request: AnyRequest, wanted: str | None, *, refused: str | None = None, status_code: int = 200
) -> Response[bytes]:
    return frame.page(
        request, "team/confirm.html", status_code=status_code, next=safe_page(request, wanted), refused=refused
    )


router = Router(
    path="/",
    route_handlers=[show_confirmation, confirm],
    request_max_body_size=LARGEST_FORM,
    include_in_schema=False,
    exception_handlers=frame.REFUSALS,
)
