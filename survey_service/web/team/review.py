"""From the unsealing to the release: have the tables computed, review what shows and what is hidden, publish, withdraw."""

from typing import Any

import msgspec
from litestar import Response, Router, get, post
from litestar.params import FromPath

from questionnaires import definitions
from survey_service.custody import MissingKey
from survey_service.domain.releases import Proposal
from survey_service.domain.surveys import Survey
from survey_service.errors import Refusal, WrongState
from survey_service.operations.installation import Installation
from survey_service.operations.propose_beside import propose_beside, read_work
from survey_service.operations.read_results import read_history, read_overview
from survey_service.operations.release_tables import (
    LONGEST_REASON,
    NothingProposed,
    UnusableReason,
    publish_proposal,
    read_proposal,
    withdraw_release,
)
from survey_service.operations.review_comments import Question, read_comments
from survey_service.operations.tabulate import MinimumOnlyRises
from survey_service.operations.watch_round import Watched, watch_round
from survey_service.results.cards import Cards
from survey_service.results.figures import Released
from survey_service.results.page import results_page
from survey_service.results.participation import participation_by_unit
from survey_service.results.visibility import visibility
from survey_service.web.team import frame
from survey_service.web.team.door import LARGEST_FORM, guard, session_form, signed_in, team_of
from survey_service.web.team.frame import AnyRequest
from survey_service.web.team.results import body_of
from survey_service.web.team.states import named, round_context
from survey_service.web.team.wording import wording

AGAIN_SECONDS = 3  # after which the page asks again while the tables are being computed

_DEED: dict[str, Any] = {"deed": "publish"}
_FRESH: dict[str, Any] = {"deed": "publish", "fresh": True}

REFUSED: tuple[tuple[type[Refusal], str], ...] = (
    (MinimumOnlyRises, "minimum"),
    (NothingProposed, "another"),
    (UnusableReason, "reason"),
    (MissingKey, "key"),
    (WrongState, "meanwhile"),
)
"""Refusals by the wording under [review.refused] that explains them; beside these, those of operations.propose_beside."""


@get("/team/rounds/{round_id:str}/review", opt=_DEED, guards=[guard])
async def show_review(round_id: FromPath[str], request: AnyRequest) -> Response[bytes]:
    return await _review(request, round_id)


@post("/team/rounds/{round_id:str}/review", opt=_DEED, guards=[guard])
async def compute(round_id: FromPath[str], request: AnyRequest) -> Response[Any]:
    form = await session_form(request)
    team = team_of(request)
    try:
        minimum = int(form.get("minimum", ""))
    except ValueError:
        return await _review(request, round_id, refused="minimum", status_code=422)
    try:
        team.keep(await propose_beside(team.installation.acting_for(signed_in(request).email), round_id, minimum))
    except (MinimumOnlyRises, WrongState) as refusal:
        return await _review(request, round_id, refused=_name(refusal), status_code=422)
    return frame.redirect(f"/team/rounds/{round_id}/review")


@get("/team/rounds/{round_id:str}/review/results", opt=_DEED, guards=[guard])
async def show_draft(round_id: FromPath[str], request: AnyRequest) -> Response[bytes]:
    installation = team_of(request).installation
    seen = await watch_round(installation, round_id)
    proposal = await _waiting(installation, seen)
    if proposal is None:
        return frame.redirect(f"/team/rounds/{round_id}/review")
    words = wording(signed_in(request).language)
    questionnaire = definitions.from_bytes(seen.round.questionnaire)
    made = results_page(proposal.document, questionnaire, words, await read_history(installation, seen.round))
    return frame.page(
        request,
        "team/results.html",
        **round_context(await read_overview(installation), seen.round.round_id, words),
        round=seen.round,
        is_draft=True,
        release=proposal.document,
        withdrawal=None,
        results=made,
        body=body_of(proposal.document, made, words, is_draft=True),
    )


@get("/team/rounds/{round_id:str}/publication", opt=_FRESH, guards=[guard])
async def ask_publication(round_id: FromPath[str], request: AnyRequest) -> Response[bytes]:
    return await _publication(request, round_id)


@post("/team/rounds/{round_id:str}/publication", opt=_FRESH, guards=[guard])
async def publish(round_id: FromPath[str], request: AnyRequest) -> Response[Any]:
    form = await session_form(request)
    installation = team_of(request).installation.acting_for(signed_in(request).email)
    try:
        await publish_proposal(installation, round_id, form.get("sha256", ""), for_staff=form.get("for_staff") == "yes")
    except (NothingProposed, WrongState, MissingKey) as refusal:
        return await _publication(request, round_id, refused=_name(refusal))
    return frame.redirect(f"/team/rounds/{round_id}")


@get("/team/rounds/{round_id:str}/withdrawal", opt=_FRESH, guards=[guard])
async def ask_withdrawal(round_id: FromPath[str], request: AnyRequest) -> Response[bytes]:
    return await _withdrawal(request, round_id)


@post("/team/rounds/{round_id:str}/withdrawal", opt=_FRESH, guards=[guard])
async def withdraw(round_id: FromPath[str], request: AnyRequest) -> Response[Any]:
    form = await session_form(request)
    installation = team_of(request).installation.acting_for(signed_in(request).email)
    because = form.get("because", "")
    try:
        await withdraw_release(installation, round_id, because)
    except (UnusableReason, WrongState) as refusal:
        return await _withdrawal(request, round_id, because=because, refused=_name(refusal))
    return frame.redirect(f"/team/rounds/{round_id}")


async def _review(
    request: AnyRequest, round_id: str, *, refused: str | None = None, status_code: int = 200
) -> Response[bytes]:
    installation, words = team_of(request).installation, wording(signed_in(request).language)
    seen = await watch_round(installation, round_id)
    proposal = await _waiting(installation, seen)
    work = await read_work(installation, seen.round.round_id) if seen.round.state == "unsealed" else None
    is_going_on = work is not None and work.going_on is not None
    if refused is None and work is not None and not is_going_on and proposal is None:
        refused = work.refused
    answer = frame.page(
        request,
        "team/review.html",
        status_code=status_code,
        **round_context(await read_overview(installation), seen.round.round_id, words),
        round=seen.round,
        going_on=int(work.going_on.total_seconds()) if work is not None and work.going_on is not None else None,
        refused=refused,
        proposal=proposal,
        shown=() if proposal is None else _shown(proposal, seen, words),
        units=()
        if proposal is None
        else participation_by_unit(proposal.document, msgspec.json.decode(seen.round.definition, type=Survey)),
        comments=await _comments(installation, seen),
        named=named(seen.round, words),
    )
    if is_going_on:
        # Asked for by a header, so that it works without a script; the page says so and has a link that does the same.
        answer.headers["refresh"] = str(AGAIN_SECONDS)
    return answer


def _shown(proposal: Proposal, seen: Watched, words: Any) -> list[tuple[str, Any]]:
    """The name of each cut, and how much of it shows."""
    released = Released(proposal.document, definitions.from_bytes(seen.round.questionnaire))
    cards = Cards(released, words)
    return [
        (cards.cut_title(each.dimensions) if each.dimensions else words("results.everyone"), each)
        for each in visibility(proposal.document)
    ]


async def _publication(request: AnyRequest, round_id: str, *, refused: str | None = None) -> Response[bytes]:
    installation, words = team_of(request).installation, wording(signed_in(request).language)
    seen = await watch_round(installation, round_id)
    proposal = await _waiting(installation, seen)
    return frame.page(
        request,
        "team/publication.html",
        status_code=200 if refused is None else 422,
        **round_context(await read_overview(installation), seen.round.round_id, words),
        round=seen.round,
        proposal=proposal,
        comments=await _comments(installation, seen),
        named=named(seen.round, words),
        refused=refused or ("another" if proposal is None else None),
    )


async def _withdrawal(
    request: AnyRequest, round_id: str, *, because: str = "", refused: str | None = None
) -> Response[bytes]:
    installation, words = team_of(request).installation, wording(signed_in(request).language)
    seen = await watch_round(installation, round_id)
    is_possible = seen.round.state == "released"
    return frame.page(
        request,
        "team/withdrawal.html",
        status_code=200 if refused is None else 422,
        **round_context(await read_overview(installation), seen.round.round_id, words),
        round=seen.round,
        because=because,
        longest=LONGEST_REASON,
        is_possible=is_possible,
        refused=refused or (None if is_possible else "meanwhile"),
    )


async def _waiting(installation: Installation, seen: Watched) -> Proposal | None:
    if not seen.is_proposed:
        return None
    try:
        return await read_proposal(installation, seen.round.round_id)
    except NothingProposed:
        return None  # published this very moment


async def _comments(installation: Installation, seen: Watched) -> tuple[Question, ...]:
    if seen.round.state != "unsealed":
        return ()
    try:
        return await read_comments(installation, seen.round.round_id)
    except Refusal:
        return ()  # what keeps the responses from being read keeps the tables from being computed, which says so


def _name(refusal: Refusal) -> str:
    return next(name for kind, name in REFUSED if isinstance(refusal, kind))


router = Router(
    path="/",
    route_handlers=[show_review, compute, show_draft, ask_publication, publish, ask_withdrawal, withdraw],
    request_max_body_size=LARGEST_FORM,
    include_in_schema=False,
    exception_handlers=frame.REFUSALS,
)
