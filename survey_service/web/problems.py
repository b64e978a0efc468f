"""Every refusal as a problem document (RFC 9457). One table says which status it has; nothing sent comes back in one."""

import logging
import time
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException
from msgspec import Struct

from survey_service.custody import KeyDirectoryFailed
from survey_service.domain import participation
from survey_service.domain.failed_codes import RETRY_AFTER
from survey_service.domain.site import LANGUAGES
from survey_service.errors import UnknownRound
from survey_service.logs import place
from survey_service.operations.show_to_staff import NothingForStaff
from survey_service.store.database import DatabaseUnavailable
from survey_service.web.rendering import page
from survey_service.web.team.frame import fault_page

MEDIA_TYPE = "application/problem+json"

_ON_EVERY_FAULT = {"referrer-policy": "no-referrer", "x-content-type-options": "nosniff"}
# What goes wrong leaves by here, past the headers that the application gives to its handlers' answers.
SECURITY_HEADERS = {"content-security-policy": "default-src 'none'; frame-ancestors 'none'", **_ON_EVERY_FAULT}

STATUS = {
    "too_large": 413,
    "malformed": 400,
    "unknown_round": 404,
    "round_not_open": 409,
    "unknown_invitation": 404,
    "already_redeemed": 409,
    "invalid_signature": 403,
    "serial_already_used": 409,
    "rate_limited": 429,
    "unavailable": 503,
    "ballot_box_not_ready": 409,
    "not_found": 404,
    "method_not_allowed": 405,
    "internal": 500,
}
"""Status by code: those of the protocol, and three that belong to no protocol."""

logger = logging.getLogger("survey_service")

_DAY = 24 * 60 * 60  # seconds
_logged_on: dict[str, int] = {}  # what was logged, by the day it last was

_CLIENT_ERROR = 400
_NOT_FOUND = 404
_METHOD_NOT_ALLOWED = 405
_TOO_LARGE = 413
_SERVER_ERROR = 500


class ProblemDocument(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """code: stable, for programs. title: what happened. detail: what to do. reason: finer than the code, where there is one."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    reason: str | None = None


def _answer(request: Request[Any, Any, Any], code: str, detail: str, reason: str | None = None) -> Response[bytes]:
    """A page for whoever reads pages, a problem document for programs. The protocol's addresses speak to programs."""
    if request.url.path.startswith("/api/") or "text/html" not in request.headers.get("accept", ""):
        return problem(code, detail, reason)
    status_code = STATUS[code]
    name = "missing" if status_code == _NOT_FOUND else "broken"
    if request.url.path.startswith("/team"):
        return fault_page(request, name, status_code)
    return page(
        "participant/fault.html",
        status_code=status_code,
        headers=_ON_EVERY_FAULT,
        site=request.app.state["site"],
        lang=LANGUAGES[0],
        languages=LANGUAGES,
        name=name,
        own_tabs=False,
    )


def problem(code: str, detail: str, reason: str | None = None) -> Response[bytes]:
    headers = {"cache-control": "no-store", **SECURITY_HEADERS}
    if code in ("rate_limited", "unavailable"):
        headers["retry-after"] = str(RETRY_AFTER)
    document = ProblemDocument(
        type=f"urn:survey-service:problem:{code}",
        title=code.replace("_", " ").capitalize(),
        status=STATUS[code],
        code=code,
        detail=detail,
        reason=reason,
    )
    return Response(msgspec.json.encode(document), status_code=STATUS[code], media_type=MEDIA_TYPE, headers=headers)


def answer_problem(request: Request[Any, Any, Any], refused: participation.Problem) -> Response[bytes]:
    return _answer(request, refused.code, refused.detail, refused.reason)


def answer_unknown_round(request: Request[Any, Any, Any], _: UnknownRound) -> Response[bytes]:
    return _answer(request, "unknown_round", "There is no such round. Check the address on the invitation.")


def answer_nothing_for_staff(request: Request[Any, Any, Any], _: NothingForStaff) -> Response[bytes]:
    return _answer(request, "not_found", "Nothing of this round is shown here.")


def answer_outage(request: Request[Any, Any, Any], _: Exception) -> Response[bytes]:
    return _answer(request, participation.ServiceUnavailable.code, participation.ServiceUnavailable.detail)


def answer_http(request: Request[Any, Any, Any], refused: HTTPException) -> Response[bytes]:
    if refused.status_code == _TOO_LARGE:
        return _answer(request, participation.TooLarge.code, participation.TooLarge.detail)
    if refused.status_code == _NOT_FOUND:
        return _answer(request, "not_found", "There is nothing at this address.")
    if refused.status_code == _METHOD_NOT_ALLOWED:
        answer = problem("method_not_allowed", "This address does not answer to this method.")
        answer.headers["allow"] = (refused.headers or {}).get("allow", "")
        return answer
    if _CLIENT_ERROR <= refused.status_code < _SERVER_ERROR:
        return _answer(request, participation.MalformedRequest.code, participation.MalformedRequest.detail)
    return answer_unexpected(request, refused)


def answer_missing_page(answer: Response[Any]) -> Response[Any]:
    """For the router of `/schema`: the framework has a page of its own for what it does not find."""
    if answer.status_code == _NOT_FOUND:
        return problem("not_found", "There is nothing at this address.")
    return answer


def answer_unexpected(request: Request[Any, Any, Any], fault: Exception) -> Response[bytes]:
    _log_once_a_day(f"fault: {place(fault)}")
    return _answer(request, "internal", "Something went wrong on our side. Nothing was lost; try again later.")


def _log_once_a_day(event: str) -> None:
    # A line for every request would be a clock of who takes part, as soon as anything adds the time to it.
    today = int(time.time() // _DAY)
    if _logged_on.get(event) != today:
        _logged_on[event] = today
        logger.error("%s (told once a day)", event)


HANDLERS: dict[Any, Any] = {
    participation.Problem: answer_problem,
    UnknownRound: answer_unknown_round,
    NothingForStaff: answer_nothing_for_staff,
    DatabaseUnavailable: answer_outage,
    KeyDirectoryFailed: answer_outage,
    HTTPException: answer_http,
    Exception: answer_unexpected,
}
