"""What every page of the team's has around it, and the pages of what was refused."""

from collections.abc import Callable
from typing import Any

from litestar import Request, Response
from litestar.datastructures import State
from litestar.response import Redirect
from msgspec import Struct

from survey_service.domain.accounts import Deed, Session, may
from survey_service.domain.drafts import UnknownDraft
from survey_service.errors import UnknownRound, UnknownSurvey
from survey_service.operations.release_tables import NothingReleased
from survey_service.store.database import DatabaseUnavailable
from survey_service.web import rendering
from survey_service.web.team.door import (
    HOME,
    ForeignForm,
    NotAllowed,
    NotFresh,
    NotSignedIn,
    begun_of,
    confirm_address,
    csrf_token,
    is_fresh,
    language_of,
    session_of,
    sign_in_address,
)
from survey_service.web.team.wording import HIDDEN, wording

AnyRequest = Request[Any, Any, State]

# Forms are told apart from foreign ones by their origin; "no-referrer" would make browsers hide it from us, too.
HEADERS = {"referrer-policy": "same-origin", "x-content-type-options": "nosniff"}


class Entry(Struct, frozen=True, kw_only=True):
    """A page that the navigation leads to. name: what `current` is on it. words: the name of its wording."""

    name: str
    address: str
    words: str
    deed: Deed


NAVIGATION = (
    Entry(name="start", address=HOME, words="home.title", deed="read-results"),
    Entry(name="measures", address="/team/measures", words="measures.title", deed="read-results"),
    Entry(name="benchmark", address="/team/benchmark", words="municipalities.title", deed="read-results"),
    Entry(name="new survey", address="/team/surveys/new", words="draft.nav", deed="set-up-surveys"),
    Entry(name="calendar", address="/team/calendar", words="calendar.title", deed="read-results"),
    Entry(name="trustee", address="/team/trustee", words="trustee.nav", deed="hold-share"),
    Entry(name="audit-log", address="/team/audit-log", words="audit.title", deed="read-audit-log"),
    Entry(name="accounts", address="/team/accounts", words="accounts.title", deed="manage-accounts"),
    Entry(name="hidden", address="/team/hidden", words="hidden.title", deed="read-results"),
    Entry(name="account", address="/team/account", words="account.title", deed="keep-own-account"),
)
"""On every page, above surveys and rounds; who may not open a page does not see its entry."""


def page(request: AnyRequest, template: str, *, status_code: int = 200, **shown: Any) -> Response[bytes]:
    session = session_of(request)
    return rendering.page(
        template,
        status_code=status_code,
        headers=HEADERS,
        **(context(request, language_of(request), session) | shown),
    )


def context(request: AnyRequest, language: str, session: Session | None) -> dict[str, Any]:
    """What every template of the team's knows."""
    words = wording(language)
    return {
        "site": request.app.state["site"],
        "lang": language,
        "languages": (language,),
        "t": words,
        "hidden_sign": HIDDEN,
        "other_language": other(language),
        "current": None,
        "navigation": [] if session is None else [entry for entry in NAVIGATION if may(session.role, entry.deed)],
        "csrf": None if session is None else csrf_token(session),
        "begun_csrf": None if (begun := begun_of(request)) is None else csrf_token(begun),
        "is_fresh": session is not None and is_fresh(session),
        "confirm_address": confirm_address(request, request.url.path),
        "signed_in_as": None
        if session is None
        else words(
            "signed_in_as",
            email=session.email,
            role=words(f"roles.{session.role}"),
            until=words.time(session.expires_at),
        ),
    }


def may_do(request: AnyRequest, deed: Deed) -> bool:
    """Whether whoever is signed in may; nobody is, nobody may."""
    session = session_of(request)
    return session is not None and may(session.role, deed)


def other(language: str) -> str:
    return "en" if language == "de" else "de"


def redirect(address: str, *, cookies: list[Any] | None = None) -> Response[Any]:
    headers = {"cache-control": "no-store", **HEADERS}
    return Redirect(address, status_code=303, cookies=cookies, headers=headers)


def _answer_not_signed_in(request: AnyRequest, refused: NotSignedIn) -> Response[Any]:
    return redirect(sign_in_address(request, refused.wanted))


def _answer_not_fresh(request: AnyRequest, refused: NotFresh) -> Response[Any]:
    return redirect(confirm_address(request, refused.wanted))


def fault_page(request: AnyRequest, name: str, status_code: int) -> Response[bytes]:
    """Of what is not there ("missing") or went wrong on our side ("broken")."""
    return page(request, "team/refused.html", status_code=status_code, refused=name)


def _answer(name: str, status_code: int) -> Callable[[AnyRequest, Exception], Response[bytes]]:
    def answer(request: AnyRequest, _: Exception) -> Response[bytes]:
        return fault_page(request, name, status_code)

    return answer


REFUSALS: dict[Any, Any] = {
    NotSignedIn: _answer_not_signed_in,
    NotFresh: _answer_not_fresh,
    NotAllowed: _answer("not_allowed", 403),
    ForeignForm: _answer("foreign", 403),
    UnknownRound: _answer("unknown_round", 404),
    NothingReleased: _answer("nothing_released", 404),
    DatabaseUnavailable: _answer("outage", 503),
    UnknownSurvey: _answer("unknown_survey", 404),
    UnknownDraft: _answer("unknown_draft", 404),
}
