"""Everyone's accounts, for whoever manages them: preparing, disabling, taking a lost second factor away."""

from collections.abc import Awaitable, Callable
from typing import Any, Literal

from litestar import Response, Router, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from msgspec import Struct

from survey_service.domain import second_factor
from survey_service.domain.accounts import ROLES, AccountRole, Email, NotAnEmail
from survey_service.domain.surveys import OFFICES, Office
from survey_service.errors import Refusal
from survey_service.operations.installation import Installation
from survey_service.operations.manage_accounts import (
    AccountExists,
    ManagesNoAccounts,
    OwnAccountStays,
    UnknownAccount,
    disable_account,
    reset_second_factor,
)
from survey_service.operations.read_results import read_overview
from survey_service.operations.set_up_account import (
    CODE_HOLDS,
    Entry,
    GivenCode,
    give_up_prepared_account,
    prepare_account,
    read_account,
    read_accounts,
    sends_mail,
)
from survey_service.web.team import frame
from survey_service.web.team.door import LARGEST_FORM, acting, guard, session_form, signed_in, team_of
from survey_service.web.team.frame import AnyRequest

ACCOUNTS = "/team/accounts"
SET_UP = "/team/set-up"

MoveName = Literal["disabling", "second-factor"]

_DEED: dict[str, Any] = {"deed": "manage-accounts"}
_WEIGHS: dict[str, Any] = {"deed": "manage-accounts", "fresh": True}
REFUSED: tuple[tuple[type[Refusal], str], ...] = (
    (NotAnEmail, "no_email"),
    (AccountExists, "exists"),
    (OwnAccountStays, "own"),
    (ManagesNoAccounts, "not_any_more"),
    (UnknownAccount, "meanwhile"),
)
"""Refusals by the wording under [accounts.refused] that explains them."""
_KINDS = tuple(kind for kind, _ in REFUSED)


class Choice(Struct, frozen=True, kw_only=True):
    """What an account may be: a role, and for auditors an office. value: in the form."""

    value: str
    role: AccountRole
    office: Office | None = None


CHOICES: tuple[Choice, ...] = tuple(
    Choice(value=role if office is None else f"{role} {office}", role=role, office=office)
    for role in ROLES
    for office in (*OFFICES, None)
    if office is None or role == "auditor"
)


class Move(Struct, frozen=True, kw_only=True):
    """What is done to somebody's account, on a page of its own that asks once more. may: whether it can be done."""

    name: MoveName
    may: Callable[[Entry], bool]
    act: Callable[[Installation, Email], Awaitable[object]]


MOVES = (
    Move(
        name="disabling",
        may=lambda entry: entry.account is not None and not entry.account.disabled,
        act=disable_account,
    ),
    Move(
        name="second-factor",
        may=lambda entry: entry.account is not None and not entry.account.disabled and entry.account.has_second_factor,
        act=reset_second_factor,
    ),
)


@get(ACCOUNTS, opt=_DEED, guards=[guard])
async def show_accounts(request: AnyRequest) -> Response[bytes]:
    installation = team_of(request).installation
    return frame.page(
        request,
        "team/accounts.html",
        overview=await read_overview(installation),
        current="accounts",
        entries=await read_accounts(installation),
    )


@get(f"{ACCOUNTS}/new", opt=_WEIGHS, guards=[guard])
async def show_new(request: AnyRequest) -> Response[bytes]:
    return await _form_page(request)


@post(f"{ACCOUNTS}/new", opt=_WEIGHS, guards=[guard])
async def take_new(request: AnyRequest) -> Response[bytes]:
    form = await session_form(request)
    return await _prepared(request, form, form.get("email", ""))


@get(f"{ACCOUNTS}/{{entry_id:str}}", opt=_DEED, guards=[guard])
async def show_account(entry_id: FromPath[str], request: AnyRequest) -> Response[bytes]:
    return await _entry_page(request, await read_account(team_of(request).installation, entry_id))


@get(f"{ACCOUNTS}/{{entry_id:str}}/code", opt=_WEIGHS, guards=[guard])
async def show_code(entry_id: FromPath[str], request: AnyRequest) -> Response[bytes]:
    entry = await read_account(team_of(request).installation, entry_id)
    return await _form_page(request, entry=entry)


@post(f"{ACCOUNTS}/{{entry_id:str}}/code", opt=_WEIGHS, guards=[guard])
async def take_code(entry_id: FromPath[str], request: AnyRequest) -> Response[bytes]:
    form = await session_form(request)
    entry = await read_account(team_of(request).installation, entry_id)
    return await _prepared(request, form, entry.email, entry=entry)


@post(f"{ACCOUNTS}/{{entry_id:str}}/giving-up", opt=_WEIGHS, guards=[guard])
async def give_up(entry_id: FromPath[str], request: AnyRequest) -> Response[Any]:
    await session_form(request)
    entry = await read_account(team_of(request).installation, entry_id)
    try:
        await give_up_prepared_account(acting(request), entry.email)
    except _KINDS as refusal:
        return await _entry_page(request, entry, refused=_name(refusal))
    return frame.redirect(ACCOUNTS)


def _pages(move: Move) -> list[HTTPRouteHandler]:
    address = f"{ACCOUNTS}/{{entry_id:str}}/{move.name}"

    @get(address, opt=_WEIGHS, guards=[guard])
    async def ask(entry_id: FromPath[str], request: AnyRequest) -> Response[bytes]:
        entry = await read_account(team_of(request).installation, entry_id)
        return await _move_page(request, entry, move, refused=None if move.may(entry) else "meanwhile")

    @post(address, opt=_WEIGHS, guards=[guard])
    async def carry_out(entry_id: FromPath[str], request: AnyRequest) -> Response[Any]:
        await session_form(request)
        entry = await read_account(team_of(request).installation, entry_id)
        if not move.may(entry):
            return await _move_page(request, entry, move, refused="meanwhile")
        try:
            await move.act(acting(request), entry.email)
        except _KINDS as refusal:
            return await _move_page(request, entry, move, refused=_name(refusal))
        return frame.redirect(f"{ACCOUNTS}/{entry_id}")

    return [ask, carry_out]


async def _prepared(
    request: AnyRequest, form: dict[str, str], email: str, *, entry: Entry | None = None
) -> Response[bytes]:
    """The code, the one time it is shown; or the form once more."""
    chosen = next((choice for choice in CHOICES if choice.value == form.get("role")), None)
    if chosen is None:
        return await _form_page(request, entry=entry, form=form, refused="no_role")
    try:
        given = await prepare_account(
            acting(request), email, chosen.role, office=chosen.office, by_mail=form.get("by_mail") == "yes"
        )
    except _KINDS as refusal:
        return await _form_page(request, entry=entry, form=form, refused=_name(refusal))
    return await _code_page(request, given, was_to_go=form.get("by_mail") == "yes")


def _name(refusal: Refusal) -> str:
    return next(name for kind, name in REFUSED if isinstance(refusal, kind))


async def _code_page(request: AnyRequest, given: GivenCode, *, was_to_go: bool) -> Response[bytes]:
    team = team_of(request)
    return frame.page(
        request,
        "team/set_up_code.html",
        overview=await read_overview(team.installation),
        current="accounts",
        email=given.email,
        code=None if given.code is None else second_factor.grouped(given.code),
        was_to_go=was_to_go,
        holds_until=given.holds_until,
        set_up_address=f"{team.installation.settings.base_url}{SET_UP}",
    )


async def _form_page(
    request: AnyRequest,
    *,
    entry: Entry | None = None,
    form: dict[str, str] | None = None,
    refused: str | None = None,
) -> Response[bytes]:
    installation = team_of(request).installation
    return frame.page(
        request,
        "team/prepare_account.html",
        status_code=200 if refused is None else 422,
        overview=await read_overview(installation),
        current="accounts",
        entry=entry,
        choices=CHOICES,
        email=(form or {}).get("email", ""),
        chosen=_held(entry) if form is None else form.get("role", ""),
        days=CODE_HOLDS.days,
        sends_mail=sends_mail(installation),
        by_mail=form is None or form.get("by_mail") == "yes",
        refused=refused,
    )


def _held(entry: Entry | None) -> str:
    """What somebody is now, or was: proposed once more."""
    held = None if entry is None else entry.prepared or entry.account
    return next(
        (choice.value for choice in CHOICES if held and (choice.role, choice.office) == (held.role, held.office)), ""
    )


async def _entry_page(request: AnyRequest, entry: Entry, *, refused: str | None = None) -> Response[bytes]:
    return frame.page(
        request,
        "team/account_of.html",
        status_code=200 if refused is None else 422,
        overview=await read_overview(team_of(request).installation),
        current="accounts",
        entry=entry,
        is_own=entry.email == signed_in(request).email,
        moves=[move.name for move in MOVES if move.may(entry)],
        refused=refused,
    )


async def _move_page(request: AnyRequest, entry: Entry, move: Move, *, refused: str | None) -> Response[bytes]:
    if refused is None and entry.email == signed_in(request).email:
        refused = "own"
    return frame.page(
        request,
        "team/account_move.html",
        status_code=200 if refused is None else 422,
        overview=await read_overview(team_of(request).installation),
        current="accounts",
        entry=entry,
        move=move.name,
        refused=refused,
    )


def _answer_unknown(request: AnyRequest, _: Exception) -> Response[bytes]:
    return frame.page(request, "team/refused.html", status_code=404, refused="unknown_account")


router = Router(
    path="/",
    route_handlers=[
        show_accounts,
        show_new,
        take_new,
        show_account,
        show_code,
        take_code,
        give_up,
        *(handler for move in MOVES for handler in _pages(move)),
    ],
    request_max_body_size=LARGEST_FORM,
    include_in_schema=False,
    exception_handlers=frame.REFUSALS | {UnknownAccount: _answer_unknown},
)
