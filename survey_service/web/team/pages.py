"""The team's pages over HTTP: parse, call one operation, render."""

from collections.abc import Callable
from typing import Any

from litestar import Request, Response, Router, get, post
from litestar.datastructures import State
from litestar.params import FromPath

from survey_service.domain.releases import ReleaseDocument
from survey_service.exports import delimited, json_document
from survey_service.operations.password_hashing import TooManySignIns
from survey_service.operations.read_results import Overview, read_overview, read_results
from survey_service.operations.release_tables import read_release
from survey_service.operations.sign_in import WrongCredentials, sign_in, sign_out
from survey_service.results.page import results_page
from survey_service.store.rounds import RoundEntry
from survey_service.web import rendering
from survey_service.web.team import frame
from survey_service.web.team.door import (
    HOME,
    LARGEST_FORM,
    SIGN_IN,
    guard,
    language_of,
    own_form,
    safe_page,
    session_form,
    sign_in_address,
    signed_in,
    team_of,
)
from survey_service.web.team.explanation import MINIMUM, steps
from survey_service.web.team.wording import Wording, wording

AnyRequest = Request[Any, Any, State]


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
    return frame.redirect(wanted, cookies=[team.cookie(token)])


@post("/team/sign-out", opt={"deed": "read-results"}, guards=[guard])
async def do_sign_out(request: AnyRequest) -> Response[Any]:
    await session_form(request)
    team = team_of(request)
    await sign_out(team.installation.database, signed_in(request))
    return frame.redirect(SIGN_IN, cookies=[team.cookie("", seconds=0)])


@get(HOME, opt={"deed": "read-results"}, guards=[guard])
async def show_overview(request: AnyRequest) -> Response[bytes]:
    overview = await read_overview(team_of(request).installation)
    words = wording(signed_in(request).language)
    states = {entry.round_id: _state(entry, overview, words) for survey in overview.surveys for entry in survey.rounds}
    return frame.page(request, "team/overview.html", overview=overview, states=states)


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
    return frame.page(
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
    return frame.page(
        request, "team/hidden.html", overview=overview, current="hidden", steps=steps(words), minimum=MINIMUM
    )


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
        **frame.HEADERS,
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
        show_overview,
        show_results,
        show_why_hidden,
        download_json,
        download_csv,
    ],
    request_max_body_size=LARGEST_FORM,
    include_in_schema=False,
    exception_handlers=frame.REFUSALS,
)
