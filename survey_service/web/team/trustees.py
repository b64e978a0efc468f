"""A trustee's pages: set a passphrase, prove before the round opens, look at the ballot box and give after its close."""

from collections.abc import Awaitable, Callable
from typing import Any

from litestar import Response, Router, get, post
from litestar.params import FromPath

from survey_service.custody import MissingKey
from survey_service.domain.accounts import Email
from survey_service.domain.key_shares import BrokenKeyFile, WeakPassphrase, WrongPassphrase, suggested_passphrase
from survey_service.domain.passwords import WeakPassword, prepare
from survey_service.errors import Refusal, UnknownRound, WrongState
from survey_service.operations.hold_share import (
    AnotherBallotBox,
    NothingLeftToUnseal,
    Trusteeship,
    give_share,
    prove_share,
    read_trusteeship,
    read_trusteeships,
)
from survey_service.operations.installation import Installation
from survey_service.operations.prepare_round import AlreadyEnrolled, UnknownPreparation, add_trustee
from survey_service.operations.read_results import read_overview
from survey_service.operations.unseal_round import BallotBoxBroken
from survey_service.web.team import frame
from survey_service.web.team.door import LARGEST_FORM, acting, guard, session_form, signed_in, team_of
from survey_service.web.team.frame import AnyRequest

_DEED: dict[str, Any] = {"deed": "hold-share"}

REFUSED: tuple[tuple[type[Refusal], str], ...] = (
    (WrongPassphrase, "wrong"),
    (WeakPassphrase, "weak"),
    (WeakPassword, "weak"),
    (MissingKey, "key_file"),
    (BrokenKeyFile, "key_file"),
    (AnotherBallotBox, "another_box"),
    (NothingLeftToUnseal, "another_box"),
    (BallotBoxBroken, "another_box"),
    (AlreadyEnrolled, "meanwhile"),
    (UnknownPreparation, "meanwhile"),
    (WrongState, "meanwhile"),
)
"""Refusals by the wording under [trustee.refused] that explains them to a trustee."""


class PassphrasesDiffer(Exception):
    """The same passphrase was not typed twice."""


@get("/team/trustee", opt=_DEED, guards=[guard])
async def show_all(request: AnyRequest) -> Response[bytes]:
    installation = team_of(request).installation
    email = signed_in(request).email
    held = await read_trusteeships(installation, email)
    return frame.page(
        request,
        "team/trusteeships.html",
        overview=await read_overview(installation),
        current="trustee",
        held=held,
        tasks={each.round_id: task_of(each, email) for each in held},
    )


@get("/team/trustee/{round_id:str}", opt=_DEED, guards=[guard])
async def show_one(round_id: FromPath[str], request: AnyRequest) -> Response[bytes]:
    return await _page(request, round_id)


@post("/team/trustee/{round_id:str}/passphrase", opt=_DEED, guards=[guard])
async def set_passphrase(round_id: FromPath[str], request: AnyRequest) -> Response[Any]:
    async def act(installation: Installation, email: Email, form: dict[str, str]) -> None:
        if prepare(form.get("passphrase", "")) != prepare(form.get("again", "")):
            raise PassphrasesDiffer
        await add_trustee(installation, round_id, email, form.get("passphrase", ""))

    return await _act(request, round_id, act)


@post("/team/trustee/{round_id:str}/proof", opt=_DEED, guards=[guard])
async def prove(round_id: FromPath[str], request: AnyRequest) -> Response[Any]:
    async def act(installation: Installation, email: Email, form: dict[str, str]) -> None:
        await prove_share(installation, round_id, email, form.get("passphrase", ""))

    return await _act(request, round_id, act)


@post("/team/trustee/{round_id:str}/share", opt={**_DEED, "fresh": True}, guards=[guard])
async def give(round_id: FromPath[str], request: AnyRequest) -> Response[Any]:
    async def act(installation: Installation, email: Email, form: dict[str, str]) -> None:
        await give_share(installation, round_id, email, form.get("passphrase", ""), root=form.get("root", ""))

    return await _act(request, round_id, act)


def task_of(seen: Trusteeship, email: Email) -> str:
    """What this trustee has to do now, or waits for: a name under [trustee.task] of the wordings."""
    own = next(holder for holder in seen.holders if holder.email == email)
    if seen.round is None:
        is_complete = all(holder.is_enrolled for holder in seen.holders)  # and its key is still missing: interrupted
        return "enrolled" if own.is_enrolled and not is_complete else "passphrase"
    if seen.box is not None:
        if own.has_given:
            return "given"
        return "share" if seen.box.is_untouched else "refuse"
    if seen.round.state == "scheduled":
        return "proven" if own.has_proven else "proof"
    if seen.round.state in ("open", "closed", "lost"):
        return seen.round.state
    return "over"


async def _act(
    request: AnyRequest, round_id: str, act: Callable[[Installation, Email, dict[str, str]], Awaitable[None]]
) -> Response[Any]:
    form = await session_form(request)
    installation, email = acting(request), signed_in(request).email
    await _own(installation, round_id, email)
    try:
        await act(installation, email, form)
    except PassphrasesDiffer:
        return await _page(request, round_id, refused="differ", status_code=422)
    except tuple(kind for kind, _ in REFUSED) as refusal:
        name = next(name for kind, name in REFUSED if isinstance(refusal, kind))
        return await _page(request, round_id, refused=name, status_code=422)
    return frame.redirect(f"/team/trustee/{round_id}")


async def _own(installation: Installation, round_id: str, email: Email) -> Trusteeship:
    """The round, to those who hold a share of it. Raises: UnknownRound."""
    seen = await read_trusteeship(installation, round_id)
    if email not in [holder.email for holder in seen.holders]:
        raise UnknownRound(round_id)
    return seen


async def _page(
    request: AnyRequest, round_id: str, *, refused: str | None = None, status_code: int = 200
) -> Response[bytes]:
    installation, email = team_of(request).installation, signed_in(request).email
    seen = await _own(installation, round_id, email)
    return frame.page(
        request,
        "team/trusteeship.html",
        status_code=status_code,
        overview=await read_overview(installation),
        current="trustee",
        seen=seen,
        task=task_of(seen, email),
        refused=refused,
        suggestion=suggested_passphrase(),
    )


router = Router(
    path="/",
    route_handlers=[show_all, show_one, set_passphrase, prove, give],
    request_max_body_size=LARGEST_FORM,
    include_in_schema=False,
    exception_handlers=frame.REFUSALS,
)
