"""The one door of the team's pages: who is signed in, what their role may do, and where a form came from."""

import asyncio
import re
import secrets
from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie, State, UploadFile
from litestar.exceptions import InternalServerException
from litestar.handlers import BaseRouteHandler
from litestar.routes import BaseRoute, HTTPRoute

from survey_service.domain.accounts import BegunSession, Session, may
from survey_service.domain.site import LANGUAGES
from survey_service.operations.end_tasks import end_tasks
from survey_service.operations.installation import Installation
from survey_service.operations.password_hashing import PasswordHashing
from survey_service.operations.sign_in import KNOWN_BROWSER, Entry, NextStep, begun_session, find_session

HOME = "/team/"
SIGN_IN = "/team/sign-in"
STEPS: dict[NextStep, str] = {"code": "/team/sign-in/code", "set-up": "/team/sign-in/second-factor"}
"""Where whoever gave their password goes on, before any page is theirs."""
CONFIRM = "/team/confirm"
FRESH = timedelta(minutes=10)  # since the password was given: long enough for a review, short for a left desk
FORM_FILLING = timedelta(minutes=5)  # more for a form, so that a page opened in time can still be sent
LARGEST_FORM = 16 * 1024  # bytes
_MOST_FIELDS = 8  # of a form, unless its handler says more
_PART = r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,99}"  # of an address, where a page has it vary

Connection = ASGIConnection[Any, Any, Any, Any]


class NotSignedIn(Exception):
    """wanted: the page to go to after signing in."""

    def __init__(self, wanted: str) -> None:
        super().__init__()
        self.wanted = wanted


class NotAllowed(Exception):
    """A role that may not do this."""


class NotFresh(Exception):
    """Signed in, but too long ago for this deed. wanted: the page to go to after confirming."""

    def __init__(self, wanted: str) -> None:
        super().__init__()
        self.wanted = wanted


class ForeignForm(Exception):
    """A form that did not come from a page of this session."""


class Team:
    """What the team's handlers share, wired in `web.app`."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        self.hashing = PasswordHashing()
        self._beside: set[asyncio.Task[None]] = set()
        self.is_secure = installation.settings.base_url.startswith("https://")

    def keep(self, task: "asyncio.Task[None] | None") -> None:
        """Holds on to work that goes on beside the request that began it, until it is done."""
        if task is not None:
            self._beside.add(task)
            task.add_done_callback(self._beside.discard)

    async def leave(self) -> None:
        """Ends what still goes on; it can be begun anew."""
        await end_tasks(self._beside)

    @property
    def cookie_name(self) -> str:
        # Browsers take a __Host- cookie from this very host only, over TLS; a trial without TLS cannot have one.
        return "__Host-team" if self.is_secure else "team"

    def cookie(self, token: str, *, seconds: int | None = None) -> Cookie:
        """Kept until the browser closes, or for `seconds`."""
        return self._cookie(self.cookie_name, token, path="/", seconds=seconds)

    @property
    def browser_cookie_name(self) -> str:
        return "__Secure-team-browser" if self.is_secure else "team-browser"

    def cookies_of(self, entry: Entry) -> list[Cookie]:
        """Of a session that was begun or finished, and of the browser where it is known again from now on."""
        if entry.browser is None:
            return [self.cookie(entry.token)]
        # Sent to the team's pages alone: who takes part in a survey with the same browser sends nothing of it.
        seconds = int(KNOWN_BROWSER.total_seconds())
        return [
            self.cookie(entry.token),
            self._cookie(self.browser_cookie_name, entry.browser, path="/team", seconds=seconds),
        ]

    def _cookie(self, name: str, value: str, *, path: str, seconds: int | None) -> Cookie:
        return Cookie(
            key=name,
            value=value,
            path=path,
            secure=self.is_secure,
            httponly=True,
            samesite="strict",
            max_age=seconds,
        )


def team_of(connection: Connection) -> Team:
    team = connection.app.state["team"]
    if not isinstance(team, Team):
        raise TypeError(type(team))
    return team


async def guard(connection: Connection, handler: BaseRouteHandler) -> None:
    """Lets in whoever is signed in and whose role may do what the handler's `opt["deed"]` names; without one, nobody.

    For deeds that weigh (unsealing, publishing, withdrawing, changing accounts), say so beside the deed:

        @post("/team/rounds/{round_id:str}/publication", opt={"deed": "publish", "fresh": True}, guards=[guard])

    Then whoever gave their password more than `FRESH` ago gives it once more, and is brought back: to the page itself
    (GET), or to the page whose form it was (POST; what was typed there is lost). So that nothing is lost, show the form
    only where the template's `is_fresh` is true, and `{% include "team/confirm_first.html" %}` in its place otherwise;
    or put the form on a page of its own, `fresh` as well. Sending has `FORM_FILLING` longer than showing.
    """
    team = team_of(connection)
    token = connection.cookies.get(team.cookie_name)
    language = connection.query_params.get("lang")
    session = token and await find_session(
        team.installation.database, token, language=language if language in LANGUAGES else None
    )
    if not session:
        raise NotSignedIn(connection.url.path)
    if not may(session.role, handler.opt["deed"]):
        raise NotAllowed
    is_form = isinstance(connection, Request) and connection.method == "POST"
    if handler.opt.get("fresh") and not is_fresh(session, more=FORM_FILLING if is_form else timedelta(0)):
        raise NotFresh(_page_of_form(connection) if is_form else connection.url.path)
    connection.scope["state"]["team_session"] = session


async def password_guard(connection: Connection, _: BaseRouteHandler) -> None:
    """Lets in whoever gave their password and not yet their second factor, to the pages where they give or set it up."""
    team = team_of(connection)
    token = connection.cookies.get(team.cookie_name)
    language = connection.query_params.get("lang")
    begun = token and await begun_session(
        team.installation.database, token, language=language if language in LANGUAGES else None
    )
    if not begun:
        raise NotSignedIn(safe_page(connection, connection.query_params.get("next")))
    connection.scope["state"]["team_begun_session"] = begun


def begun_of(connection: Connection) -> BegunSession | None:
    """Whoever the password guard let in."""
    begun = connection.scope["state"].get("team_begun_session")
    return begun if isinstance(begun, BegunSession) else None


def begun(connection: Connection) -> BegunSession:
    """Whoever the password guard let in. Raises: NotSignedIn behind no such guard."""
    found = begun_of(connection)
    if found is None:
        raise NotSignedIn(HOME)
    return found


def step_address(step: NextStep, wanted: str) -> str:
    """Where signing in goes on; wanted: the page to stand on in the end, as `safe_page` has judged it."""
    if step == "pages":
        return wanted
    return STEPS[step] if wanted == HOME else f"{STEPS[step]}?next={quote(wanted, safe='')}"


def is_fresh(session: Session, *, more: timedelta = timedelta(0)) -> bool:
    """Whether the password was given lately enough for a deed that weighs."""
    return session.confirmed_ago < FRESH + more


def _page_of_form(connection: Connection) -> str:
    """The page that a form was on, by `Referer`; where it leads is judged by `TeamPages`."""
    return urlsplit(connection.headers.get("referer", "")).path


def session_of(connection: Connection) -> Session | None:
    """Whoever the guard let in."""
    session = connection.scope["state"].get("team_session")
    return session if isinstance(session, Session) else None


def signed_in(connection: Connection) -> Session:
    """Whoever the guard let in. Raises: NotSignedIn behind no guard."""
    session = session_of(connection)
    if session is None:
        raise NotSignedIn(HOME)
    return session


def acting(connection: Connection) -> Installation:
    """The installation in the hands of whoever is signed in: every operation that changes something begins here."""
    return team_of(connection).installation.acting_for(signed_in(connection).email)


def csrf_token(session: Session | BegunSession) -> str:
    return session.csrf_secret.hex()


async def own_form(request: Request[Any, Any, State], *, most: int = _MOST_FIELDS) -> dict[str, str]:
    """The fields of a form that this service's own page sent. Raises: ForeignForm."""
    _check_origin(request)
    try:
        return dict(parse_qsl((await request.body()).decode(), max_num_fields=most))
    except (ValueError, InternalServerException):
        raise ForeignForm from None


async def session_upload(request: Request[Any, Any, State], name: str) -> tuple[dict[str, str], bytes]:
    """The fields of a form of this session that sends a file, and the file; empty where none was chosen.

    Raises: ForeignForm.
    """
    form, files = await session_uploads(request, name)
    return form, files[0][1] if files else b""


async def session_uploads(
    request: Request[Any, Any, State], name: str
) -> tuple[dict[str, str], list[tuple[str, bytes]]]:
    """As `session_upload`, with every file that was chosen: its name and what is in it. Raises: ForeignForm."""
    _check_origin(request)
    sent = await request.form()
    form = {key: value for key, value in sent.items() if isinstance(value, str)}
    _check_token(request, form)
    files = [file for file in sent.getall(name, []) if isinstance(file, UploadFile)]
    # Browsers send a file without a name where none was chosen.
    return form, [(file.filename, await file.read()) for file in files if file.filename]


async def session_form(request: Request[Any, Any, State], *, most: int = _MOST_FIELDS) -> dict[str, str]:
    """As `own_form`, with the token of this session in it. Raises: ForeignForm."""
    form = await own_form(request, most=most)
    _check_token(request, form)
    return form


def _check_token(request: Request[Any, Any, State], form: dict[str, str]) -> None:
    given = form.get("csrf", "").encode()
    if not secrets.compare_digest(given, csrf_token(begun_of(request) or signed_in(request)).encode()):
        raise ForeignForm


def _check_origin(request: Request[Any, Any, State]) -> None:
    # Browsers tell by Sec-Fetch-Site where TLS or localhost is, and by Origin everywhere; neither: no browser of today.
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        is_own = site in ("same-origin", "none")
    else:
        host = request.headers.get("host", "")
        is_own = bool(host) and urlsplit(request.headers.get("origin", "")).netloc == host
    if not is_own:
        raise ForeignForm


class TeamPages:
    """Where signing in may lead: every address that a handler behind the guard shows a page at, and nowhere else."""

    def __init__(self, routes: Iterable[BaseRoute]) -> None:
        formats = {
            route.path_format
            for route in routes
            if isinstance(route, HTTPRoute)
            for handler in route.route_handlers
            if "GET" in handler.http_methods and guard in handler.resolve_guards()
        }
        self._pages = re.compile("|".join(sorted(map(_pattern, formats))))

    def safe(self, wanted: str | None) -> str:
        """A page of the team's to go to; whatever else was asked for becomes the first page."""
        if wanted is None or wanted == CONFIRM or not self._pages.fullmatch(wanted):
            return HOME
        return wanted


def _pattern(path_format: str) -> str:
    """Of the addresses that a route answers to, as `/team/rounds/{round_id}`; the first page ends in a slash."""
    if path_format == HOME.rstrip("/"):
        return re.escape(HOME)
    return "".join(
        f"/{_PART if part.startswith('{') else re.escape(part)}" for part in path_format.strip("/").split("/")
    )


def safe_page(connection: Connection, wanted: str | None) -> str:
    pages = connection.app.state["team_pages"]
    if not isinstance(pages, TeamPages):
        raise TypeError(type(pages))
    return pages.safe(wanted)


def sign_in_address(connection: Connection, wanted: str) -> str:
    page = safe_page(connection, wanted)
    return SIGN_IN if page == HOME else f"{SIGN_IN}?next={quote(page, safe='')}"


def confirm_address(connection: Connection, wanted: str) -> str:
    return f"{CONFIRM}?next={quote(safe_page(connection, wanted), safe='')}"


def language_of(connection: Connection) -> str:
    """Of the session; before there is one, as asked for by `lang`, or as the browser prefers."""
    session = session_of(connection) or begun_of(connection)
    if session is not None:
        return session.language
    asked = connection.query_params.get("lang")
    if asked in LANGUAGES:
        return str(asked)
    return preferred(connection.headers.get("accept-language", ""))


def preferred(accept_language: str) -> str:
    """The first of the pages' languages by preference; German where none is named. RFC 9110 section 12.5.4."""
    weighed = []
    for place, each in enumerate(accept_language.split(",")):
        tag, _, parameters = each.strip().lower().partition(";")
        quality = re.fullmatch(r"\s*q=([01](?:\.\d{0,3})?)\s*", parameters)
        weight = float(quality[1]) if quality else 1.0
        language = tag.strip().partition("-")[0]
        if language in LANGUAGES and weight > 0:
            weighed.append((-weight, place, language))
    return min(weighed)[2] if weighed else LANGUAGES[0]
