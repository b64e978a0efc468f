"""The unsealing step by step: who has to do what, what has been done, and the button where the server holds the key."""

from typing import Any, Literal

from litestar import Response, Router, get, post
from litestar.params import FromPath
from msgspec import Struct

from survey_service.custody import MissingKey
from survey_service.domain.accounts import may
from survey_service.domain.key_shares import parse_custody
from survey_service.errors import Refusal, WrongState
from survey_service.operations.read_results import read_overview
from survey_service.operations.recount import recount
from survey_service.operations.sealing_key import TooFewShares
from survey_service.operations.unseal_round import BallotBoxBroken, WrongSealingKey, unseal_round
from survey_service.operations.watch_round import Watched, watch_round
from survey_service.web.team import frame
from survey_service.web.team.door import LARGEST_FORM, guard, session_form, signed_in, team_of
from survey_service.web.team.frame import AnyRequest
from survey_service.web.team.states import round_context
from survey_service.web.team.wording import wording

Progress = Literal["done", "now", "later", "never"]

REFUSED: tuple[tuple[type[Refusal], str], ...] = (
    (MissingKey, "key"),
    (WrongSealingKey, "key"),
    (BallotBoxBroken, "box"),
    (TooFewShares, "shares"),
    (WrongState, "meanwhile"),
)
"""Refusals by the wording under [unsealing.refused] that explains them."""


class Step(Struct, frozen=True, kw_only=True):
    """name: of its wording under [unsealing.step]."""

    name: str
    progress: Progress


def steps(seen: Watched, given: int, threshold: int) -> tuple[Step, ...]:
    """The way from the end of the round to its responses. given, threshold: shares of trustees, 0 where the server holds the key."""
    order = ("frozen", "key", "opened", "destroyed")
    if seen.round.state == "lost":
        return tuple(Step(name=name, progress="done" if name == "frozen" else "never") for name in order)
    if seen.round.ballot_box_root is None:
        at = 0
    elif seen.round.state == "closed":
        at = 3 if seen.round.stage == "opened" else 1 if given < threshold else 2
    else:
        at = len(order)
    return tuple(
        Step(name=name, progress="done" if place < at else "now" if place == at else "later")
        for place, name in enumerate(order)
    )


@get("/team/rounds/{round_id:str}/unsealing", opt={"deed": "read-results"}, guards=[guard])
async def show_unsealing(round_id: FromPath[str], request: AnyRequest) -> Response[bytes]:
    return await _page(request, round_id)


@post("/team/rounds/{round_id:str}/unsealing", opt={"deed": "unseal", "fresh": True}, guards=[guard])
async def unseal(round_id: FromPath[str], request: AnyRequest) -> Response[Any]:
    await session_form(request)
    installation = team_of(request).installation.acting_for(signed_in(request).email)
    try:
        await unseal_round(installation, round_id)
    except tuple(kind for kind, _ in REFUSED) as refusal:
        return await _page(request, round_id, refused=next(name for kind, name in REFUSED if isinstance(refusal, kind)))
    return frame.redirect(f"/team/rounds/{round_id}/unsealing")


async def _page(request: AnyRequest, round_id: str, *, refused: str | None = None) -> Response[bytes]:
    installation, session = team_of(request).installation, signed_in(request)
    seen = await watch_round(installation, round_id)
    custody = parse_custody(seen.round.custody)
    given = sum(has_given for _, has_given in seen.holders)
    return frame.page(
        request,
        "team/unsealing.html",
        status_code=200 if refused is None else 422,
        **round_context(await read_overview(installation), seen.round.round_id, wording(session.language)),
        round=seen.round,
        seen=seen,
        custody=custody,
        given=given,
        steps=steps(seen, given, 0 if custody is None else custody.threshold),
        counted=None if seen.round.ballot_box_root is None else await recount(installation, seen.round.round_id),
        holds_share=session.email in [email for email, _ in seen.holders],
        may_unseal=(custody is None or seen.round.stage == "opened")
        and seen.round.state == "closed"
        and may(session.role, "unseal"),
        refused=refused,
    )


router = Router(
    path="/",
    route_handlers=[show_unsealing, unseal],
    request_max_body_size=LARGEST_FORM,
    include_in_schema=False,
    exception_handlers=frame.REFUSALS,
)
