"""Opening a round now, letting it end later, ending it early: each on a page of its own that asks once more."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, Literal

from litestar import Response, Router, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from msgspec import Struct

from survey_service.domain.site import TIME_ZONE
from survey_service.errors import Refusal, WrongState
from survey_service.operations.close_round import GraceRuns, end_redemption
from survey_service.operations.installation import Installation
from survey_service.operations.move_round import NotLater, StillPrepared, extend_round, start_round
from survey_service.operations.read_results import read_overview
from survey_service.operations.watch_round import Watched, watch_round
from survey_service.web.team import frame
from survey_service.web.team.door import LARGEST_FORM, guard, session_form, signed_in, team_of
from survey_service.web.team.frame import AnyRequest
from survey_service.web.team.states import round_context
from survey_service.web.team.wording import wording

MoveName = Literal["start", "extend", "end"]
Form = dict[str, str]

_WEEK = timedelta(days=7)

REFUSED: tuple[tuple[type[Refusal], str], ...] = (
    (NotLater, "not_later"),
    (StillPrepared, "prepared"),
    (GraceRuns, "meanwhile"),
    (WrongState, "meanwhile"),
)
"""Refusals by the wording under [move.refused] that explains them."""


class NoTime(Exception):
    """What was typed is no day with a time."""


class Move(Struct, frozen=True, kw_only=True):
    """may: whether the round as it stands allows it. act: carries it out, with the form's fields."""

    name: MoveName
    may: Callable[[Watched], bool]
    act: Callable[[Installation, str, Form], Awaitable[object]]


async def _extend(installation: Installation, round_id: str, form: Form) -> object:
    return await extend_round(installation, round_id, typed_time(form.get("closes", "")))


MOVES = (
    Move(name="start", may=lambda seen: seen.may_start, act=lambda i, r, _: start_round(i, r)),
    Move(name="extend", may=lambda seen: seen.may_be_extended, act=_extend),
    Move(name="end", may=lambda seen: seen.may_be_ended, act=lambda i, r, _: end_redemption(i, r)),
)


def typed_time(text: str) -> datetime:
    """A day and time of a form, as clocks in Germany show it. Raises: NoTime."""
    try:
        typed = datetime.fromisoformat(text)
    except ValueError:
        raise NoTime from None
    return typed.replace(tzinfo=TIME_ZONE)


def _pages(move: Move) -> list[HTTPRouteHandler]:
    address = f"/team/rounds/{{round_id:str}}/{move.name}"
    deed: dict[str, Any] = {"deed": "run-rounds"}

    @get(address, opt=deed, guards=[guard])
    async def ask(round_id: FromPath[str], request: AnyRequest) -> Response[bytes]:
        return await _page(request, round_id, move)

    @post(address, opt=deed, guards=[guard])
    async def carry_out(round_id: FromPath[str], request: AnyRequest) -> Response[Any]:
        form = await session_form(request)
        installation = team_of(request).installation.acting_for(signed_in(request).email)
        try:
            await move.act(installation, round_id, form)
        except NoTime:
            return await _page(request, round_id, move, form=form, refused="no_time")
        except tuple(kind for kind, _ in REFUSED) as refusal:
            name = next(name for kind, name in REFUSED if isinstance(refusal, kind))
            return await _page(request, round_id, move, form=form, refused=name)
        return frame.redirect(f"/team/rounds/{round_id}")

    return [ask, carry_out]


async def _page(
    request: AnyRequest, round_id: str, move: Move, *, form: Form | None = None, refused: str | None = None
) -> Response[bytes]:
    installation = team_of(request).installation
    seen = await watch_round(installation, round_id)
    overview = await read_overview(installation)
    is_possible = move.may(seen)
    if not is_possible and refused is None:
        refused = "meanwhile"
    proposed = (max(seen.round.closes_at, seen.now) + _WEEK).astimezone(TIME_ZONE)
    return frame.page(
        request,
        "team/move.html",
        status_code=200 if refused is None else 422,
        **round_context(overview, seen.round.round_id, wording(signed_in(request).language)),
        round=seen.round,
        seen=seen,
        move=move.name,
        is_possible=is_possible,
        closes=form.get("closes", "") if form is not None else f"{proposed:%Y-%m-%dT%H:%M}",
        refused=refused,
    )


router = Router(
    path="/",
    route_handlers=[handler for move in MOVES for handler in _pages(move)],
    request_max_body_size=LARGEST_FORM,
    include_in_schema=False,
    exception_handlers=frame.REFUSALS,
)
