"""The team's pages over HTTP: parse, call one operation, render."""

from collections.abc import Callable
from typing import Any

from litestar import Request, Response, Router, get, post
from litestar.datastructures import State
from litestar.params import FromPath
from litestar.response import Redirect

from survey_service.domain.accounts import Session
from survey_service.errors import UnknownRound
from survey_service.exports import delimited, json_document
from survey_service.operations.password_hashing import TooManySignIns
from survey_service.operations.read_results import Overview, read_overview, read_results
from survey_service.operations.release_tables import NothingReleased, ReleaseDocument, read_release
from survey_service.operations.sign_in import WrongCredentials, sign_in, sign_out
from survey_service.store.database import DatabaseUnavailable
from survey_service.store.rounds import RoundEntry
from survey_service.web import rendering
from survey_service.web.team.door import (
    HOME,
    LARGEST_FORM,
    SIGN_IN,
    ForeignForm,
    NotAllowed,
    NotSignedIn,
    csrf_token,
    guard,
    language_of,
    own_form,
    safe_page,
    session_form,
    session_of,
    sign_in_address,
    signed_in,
    team_of,
)
from survey_service.web.team.explanation import MINIMUM, steps
from survey_service.web.team.results import results_page
from survey_service.web.team.wording import HIDDEN, Wording, wording

AnyRequest = Request[Any, Any, State]

# Forms are told apart from foreign ones by their origin; "no-referrer" would make browsers hide it from us, too.
HEADERS = {"referrer-policy": "same-origin", "x-content-type-options": "nosniff"}


@get(SIGN_IN)
async def show_sign_in(request: AnyRequest) -> Response[bytes]:
    return _sign_in_page(request, language_of(request), safe_page(request.query_params.get("next")))


@post(SIGN_IN)
async def do_sign_in(request: AnyRequest) -> Response[Any]:
    form = await own_form(request)
    team, language, wanted = team_of(request), language_of(request), safe_page(form.get("next"))
    try:
        token = await sign_in(
            team.installation.database,
            team.hashing,
            form.get("email", ""),
            form.get("password", ""),
            language=language,
            replaced_token=request.cookies.get(team.cookie_name),
        )
    except WrongCredentials:
        return _sign_in_page(request, language, wanted, email=form.get("email", ""), refused="wrong", status_code=403)
    except TooManySignIns:
        return _sign_in_page(request, language, wanted, email=form.get("email", ""), refused="busy", status_code=503)
    return _redirect(wanted, cookies=[team.cookie(token)])


@post("/team/sign-out", opt={"deed": "read-results"}, guards=[guard])
async def do_sign_out(request: AnyRequest) -> Response[Any]:
    await session_form(request)
    team = team_of(request)
    await sign_out(team.installation.database, signed_in(request))
    return _redirect(SIGN_IN, cookies=[team.cookie("", seconds=0)])


@get(HOME, opt={"deed": "read-results"}, guards=[guard])
async def show_overview(request: AnyRequest) -> Response[bytes]:
    overview = await read_overview(team_of(request).installation)
    words = wording(signed_in(request).language)
    states = {entry.round_id: _state(entry, overview, words) for survey in overview.surveys for entry in survey.rounds}
    return _page(request, "team/overview.html", overview=overview, states=states)


@get("/team/rounds/{round_id:str}", opt={"deed": "read-results"}, guards=[guard])
async def show_results(round_id: FromPath[str], request: AnyRequest) -> Response[bytes]:
    installation = team_of(request).installation
    overview = await read_overview(installation)
    results = await read_results(installation, round_id)
    words = wording(signed_in(request).language)
    (survey, entry) = next(
        (survey.survey, entry)
        for survey in overview.surveys
        for entry in survey.rounds
        if entry.round_id == results.round.round_id
    )
    return _page(
        request,
        "team/results.html",
        overview=overview,
        current=entry.round_id,
        round=results.round,
        survey_title=words.of(survey.title),
        round_title=words("round", day=words.day(entry.opens_at)),
        state=_state(entry, overview, words),
        release=results.release,
        results=None if results.release is None else results_page(results.release, results.questionnaire, words),
    )


@get("/team/hidden", opt={"deed": "read-results"}, guards=[guard])
async def show_why_hidden(request: AnyRequest) -> Response[bytes]:
    overview = await read_overview(team_of(request).installation)
    words = wording(signed_in(request).language)
    return _page(request, "team/hidden.html", overview=overview, current="hidden", steps=steps(words), minimum=MINIMUM)


@get("/team/rounds/{round_id:str}/release.json", opt={"deed": "read-results"}, guards=[guard])
async def download_json(round_id: FromPath[str], request: AnyRequest) -> Response[bytes]:
    return await _download(request, round_id, "json", "application/json", json_document.render)


@get("/team/rounds/{round_id:str}/release.csv", opt={"deed": "read-results"}, guards=[guard])
async def download_csv(round_id: FromPath[str], request: AnyRequest) -> Response[bytes]:
    return await _download(request, round_id, "csv", "text/csv", delimited.render)


async def _download(
    request: AnyRequest, round_id: str, ending: str, media_type: str, render: Callable[[ReleaseDocument], bytes]
) -> Response[bytes]:
    document = await read_release(team_of(request).installation, round_id)
    headers = {
        "cache-control": "no-store",
        "content-disposition": f'attachment; filename="{document.round_id}.{ending}"',
        **HEADERS,
    }
    return Response(render(document), media_type=media_type, headers=headers)


def _state(entry: RoundEntry, overview: Overview, words: Wording) -> str:
    return words.state(
        entry.state,
        opens_at=entry.opens_at,
        closes_at=entry.closes_at,
        now=overview.now,
        per_cent=overview.participation.get(entry.round_id),
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
    address = sign_in_address(wanted)
    return rendering.page(
        "team/sign_in.html",
        status_code=status_code,
        headers=HEADERS,
        next=wanted,
        email=email,
        refused=refused,
        other_language_address=f"{address}{'&' if '?' in address else '?'}lang={_other(language)}",
        **_frame(request, language, None),
    )


def _page(request: AnyRequest, template: str, *, status_code: int = 200, **context: Any) -> Response[bytes]:
    session = session_of(request)
    return rendering.page(
        template,
        status_code=status_code,
        headers=HEADERS,
        **(_frame(request, language_of(request), session) | context),
    )


def _frame(request: AnyRequest, language: str, session: Session | None) -> dict[str, Any]:
    """What every template of the team's knows."""
    words = wording(language)
    return {
        "site": request.app.state["site"],
        "lang": language,
        "languages": (language,),
        "t": words,
        "hidden_sign": HIDDEN,
        "other_language": _other(language),
        "current": None,
        "csrf": None if session is None else csrf_token(session),
        "signed_in_as": None
        if session is None
        else words(
            "signed_in_as",
            email=session.email,
            role=words(f"roles.{session.role}"),
            until=words.time(session.expires_at),
        ),
    }


def _other(language: str) -> str:
    return "en" if language == "de" else "de"


def _redirect(page: str, *, cookies: list[Any] | None = None) -> Response[Any]:
    headers = {"cache-control": "no-store", **HEADERS}
    return Redirect(page, status_code=303, cookies=cookies, headers=headers)


def _answer_not_signed_in(_: AnyRequest, refused: NotSignedIn) -> Response[Any]:
    return _redirect(sign_in_address(refused.wanted))


def _answer(name: str, status_code: int) -> Callable[[AnyRequest, Exception], Response[bytes]]:
    def answer(request: AnyRequest, _: Exception) -> Response[bytes]:
        return _page(request, "team/refused.html", status_code=status_code, refused=name)

    return answer


router = Router(
    path="/",
    route_handlers=[
        show_sign_in,
        do_sign_in,
        do_sign_out,
        show_overview,
        show_results,
        show_why_hidden,
        download_json,
        download_csv,
    ],
    request_max_body_size=LARGEST_FORM,
    include_in_schema=False,
    exception_handlers={
        NotSignedIn: _answer_not_signed_in,
        NotAllowed: _answer("not_allowed", 403),
        ForeignForm: _answer("foreign", 403),
        UnknownRound: _answer("unknown_round", 404),
        NothingReleased: _answer("nothing_released", 404),
        DatabaseUnavailable: _answer("outage", 503),
    },
)
