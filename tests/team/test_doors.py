"""Who may enter: one table over every address under `/team`. A new route has to stand in it."""

from collections.abc import AsyncIterator
from typing import cast

import httpx
import pytest
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from survey_service.domain.accounts import DEEDS, MAY, ROLES, AccountRole, Deed, Email
from survey_service.operations.installation import Installation
from survey_service.store import team as store
from survey_service.web.app import create_app
from survey_service.web.team.door import guard, password_guard
from tests.team.conftest import OWN, csrf_of, sign_in

ANYONE = "anyone"
PASSWORD_ONLY = "whoever gave their password, and not yet their second factor"
DOORS: dict[tuple[str, str], Deed | str] = {
    ("GET", "/team/sign-in"): ANYONE,
    ("POST", "/team/sign-in"): ANYONE,
    ("GET", "/team/sign-in/code"): PASSWORD_ONLY,
    ("POST", "/team/sign-in/code"): PASSWORD_ONLY,
    ("GET", "/team/sign-in/second-factor"): PASSWORD_ONLY,
    ("POST", "/team/sign-in/second-factor"): PASSWORD_ONLY,
    ("POST", "/team/sign-in/leave"): PASSWORD_ONLY,
    ("POST", "/team/sign-out"): "read-results",
    ("GET", "/team/account"): "keep-own-account",
    ("POST", "/team/account/password"): "keep-own-account",
    ("GET", "/team/account/second-factor"): "keep-own-account",
    ("POST", "/team/account/second-factor"): "keep-own-account",
    ("POST", "/team/account/recovery-codes"): "keep-own-account",
    ("POST", "/team/account/stand-in"): "keep-own-account",
    ("POST", "/team/account/stand-in/end"): "keep-own-account",
    ("GET", "/team/set-up"): ANYONE,
    ("POST", "/team/set-up"): ANYONE,
    ("GET", "/team/accounts"): "manage-accounts",
    ("GET", "/team/accounts/new"): "manage-accounts",
    ("POST", "/team/accounts/new"): "manage-accounts",
    ("GET", "/team/accounts/{entry_id}"): "manage-accounts",
    ("GET", "/team/accounts/{entry_id}/code"): "manage-accounts",
    ("POST", "/team/accounts/{entry_id}/code"): "manage-accounts",
    ("POST", "/team/accounts/{entry_id}/giving-up"): "manage-accounts",
    ("GET", "/team/accounts/{entry_id}/disabling"): "manage-accounts",
    ("POST", "/team/accounts/{entry_id}/disabling"): "manage-accounts",
    ("GET", "/team/accounts/{entry_id}/second-factor"): "manage-accounts",
    ("POST", "/team/accounts/{entry_id}/second-factor"): "manage-accounts",
    ("GET", "/team/confirm"): "keep-own-account",
    ("POST", "/team/confirm"): "keep-own-account",
    ("GET", "/team"): "read-results",
    ("GET", "/team/audit-log"): "read-audit-log",
    ("GET", "/team/audit-log.json"): "read-audit-log",
    ("GET", "/team/audit-log.csv"): "read-audit-log",
    ("GET", "/team/hidden"): "read-results",
    ("GET", "/team/rounds/{round_id}"): "read-results",
    ("GET", "/team/rounds/{round_id}/results"): "read-results",
    ("POST", "/team/rounds/{round_id}/staff"): "publish",
    ("GET", "/team/rounds/{round_id}/units/{unit_id}"): "read-results",
    ("GET", "/team/benchmark"): "read-results",
    ("POST", "/team/benchmark"): "read-results",
    ("GET", "/team/calendar"): "read-results",
    ("POST", "/team/calendar"): "keep-own-account",
    ("POST", "/team/calendar/end"): "keep-own-account",
    ("GET", "/team/calendar.ics"): "read-results",
    ("GET", "/team/measures"): "read-results",
    ("POST", "/team/measures"): "set-up-surveys",
    ("GET", "/team/measures/{measure_id}"): "set-up-surveys",
    ("POST", "/team/measures/{measure_id}"): "set-up-surveys",
    ("POST", "/team/measures/{measure_id}/removal"): "set-up-surveys",
    ("GET", "/team/rounds/{round_id}/release.json"): "read-results",
    ("GET", "/team/rounds/{round_id}/release.csv"): "read-results",
    ("GET", "/team/rounds/{round_id}/release.pdf"): "read-results",
    ("GET", "/team/rounds/{round_id}/release.xlsx"): "read-results",
    ("GET", "/team/surveys/{survey_id}/plan"): "run-rounds",
    ("POST", "/team/surveys/{survey_id}/plan"): "run-rounds",
    ("GET", "/team/rounds/{round_id}/start"): "run-rounds",
    ("POST", "/team/rounds/{round_id}/start"): "run-rounds",
    ("GET", "/team/rounds/{round_id}/extend"): "run-rounds",
    ("POST", "/team/rounds/{round_id}/extend"): "run-rounds",
    ("GET", "/team/rounds/{round_id}/end"): "run-rounds",
    ("POST", "/team/rounds/{round_id}/end"): "run-rounds",
    ("GET", "/team/rounds/{round_id}/unsealing"): "read-results",
    ("POST", "/team/rounds/{round_id}/unsealing"): "unseal",
    ("GET", "/team/rounds/{round_id}/review"): "publish",
    ("POST", "/team/rounds/{round_id}/review"): "publish",
    ("GET", "/team/rounds/{round_id}/review/results"): "publish",
    ("GET", "/team/rounds/{round_id}/comments"): "publish",
    ("GET", "/team/rounds/{round_id}/comments/{item_id}/{place}"): "publish",
    ("POST", "/team/rounds/{round_id}/comments/{item_id}/{place}"): "publish",
    ("GET", "/team/rounds/{round_id}/publication"): "publish",
    ("POST", "/team/rounds/{round_id}/publication"): "publish",
    ("GET", "/team/rounds/{round_id}/withdrawal"): "publish",
    ("POST", "/team/rounds/{round_id}/withdrawal"): "publish",
    ("GET", "/team/surveys/{survey_id}"): "read-results",
    ("POST", "/team/surveys/{survey_id}/approval"): "approve",
    ("GET", "/team/surveys/new"): "set-up-surveys",
    ("POST", "/team/surveys/new"): "set-up-surveys",
    ("GET", "/team/surveys/new/{draft_id}"): "read-results",
    ("GET", "/team/surveys/new/{draft_id}/check"): "read-results",
    ("POST", "/team/surveys/new/{draft_id}/check"): "set-up-surveys",
    ("GET", "/team/surveys/new/{draft_id}/discard"): "set-up-surveys",
    ("POST", "/team/surveys/new/{draft_id}/discard"): "set-up-surveys",
    ("GET", "/team/surveys/new/{draft_id}/{step}"): "set-up-surveys",
    ("POST", "/team/surveys/new/{draft_id}/{step}"): "set-up-surveys",
    ("GET", "/team/surveys/new/{draft_id}/units"): "set-up-surveys",
    ("POST", "/team/surveys/new/{draft_id}/units"): "set-up-surveys",
    ("GET", "/team/surveys/new/{draft_id}/units.csv"): "set-up-surveys",
    ("POST", "/team/surveys/new/{draft_id}/units/file"): "set-up-surveys",
    ("POST", "/team/surveys/new/{draft_id}/units/merge"): "set-up-surveys",
    ("GET", "/team/surveys/new/{draft_id}/units/{unit_id}"): "set-up-surveys",
    ("POST", "/team/surveys/new/{draft_id}/units/{unit_id}"): "set-up-surveys",
    ("GET", "/team/surveys/new/{draft_id}/publication"): "set-up-surveys",
    ("POST", "/team/surveys/new/{draft_id}/publication"): "set-up-surveys",
    ("GET", "/team/surveys/new/{draft_id}/publication/{number}"): "set-up-surveys",
    ("POST", "/team/surveys/new/{draft_id}/publication/{number}"): "set-up-surveys",
    ("GET", "/team/surveys/new/{name}/preview"): "read-results",
    ("GET", "/team/surveys/new/{name}/preview/phone"): "read-results",
    ("GET", "/team/surveys/{name}/preview"): "read-results",
    ("GET", "/team/surveys/{name}/preview/phone"): "read-results",
    ("GET", "/team/questionnaires/{name}"): "read-results",
    ("GET", "/team/questionnaires/{name}/phone"): "read-results",
    ("GET", "/team/trustee"): "hold-share",
    ("GET", "/team/trustee/{round_id}"): "hold-share",
    ("POST", "/team/trustee/{round_id}/passphrase"): "hold-share",
    ("POST", "/team/trustee/{round_id}/proof"): "hold-share",
    ("POST", "/team/trustee/{round_id}/share"): "hold-share",
}
FRESH = {
    ("GET", "/team/account/second-factor"),
    ("POST", "/team/account/second-factor"),
    ("POST", "/team/account/recovery-codes"),
    ("POST", "/team/account/stand-in"),
    ("GET", "/team/accounts/new"),
    ("POST", "/team/accounts/new"),
    ("GET", "/team/accounts/{entry_id}/code"),
    ("POST", "/team/accounts/{entry_id}/code"),
    ("POST", "/team/accounts/{entry_id}/giving-up"),
    ("GET", "/team/accounts/{entry_id}/disabling"),
    ("POST", "/team/accounts/{entry_id}/disabling"),
    ("GET", "/team/accounts/{entry_id}/second-factor"),
    ("POST", "/team/accounts/{entry_id}/second-factor"),
    ("POST", "/team/rounds/{round_id}/unsealing"),
    ("GET", "/team/rounds/{round_id}/publication"),
    ("POST", "/team/rounds/{round_id}/publication"),
    ("GET", "/team/rounds/{round_id}/withdrawal"),
    ("POST", "/team/rounds/{round_id}/withdrawal"),
    ("POST", "/team/rounds/{round_id}/staff"),
    ("POST", "/team/surveys/{survey_id}/approval"),
    ("POST", "/team/trustee/{round_id}/share"),
}
"""What asks for the password once more."""


@pytest.fixture
async def somebody_of_each_role(installation: Installation, account: None, password_hash: str) -> AsyncIterator[None]:
    del account
    async with installation.database.session("team") as connection:
        for role in ROLES:
            office = "staff-council" if role == "auditor" else None
            await store.add_account(connection, Email(f"{role}@example.org"), role, password_hash, office)
    return


async def test_every_address_under_team_stands_in_the_table_with_its_deed(installation: Installation) -> None:
    found: dict[tuple[str, str], Deed | str] = {}
    fresh = set()
    for route in create_app(installation.settings).routes:
        if not isinstance(route, HTTPRoute) or not route.path_format.startswith("/team"):
            continue
        for handler in route.route_handlers:
            for method in handler.http_methods - {"OPTIONS", "HEAD"}:
                door = (str(method), route.path_format)
                found[door] = _deed(handler)
                if handler.opt.get("fresh"):
                    fresh.add(door)
    assert found == DOORS
    assert fresh == FRESH


def _deed(handler: HTTPRouteHandler) -> Deed | str:
    guards = handler.resolve_guards()
    if guard in guards:
        return cast("Deed", handler.opt["deed"])
    return PASSWORD_ONLY if password_guard in guards else ANYONE


async def test_every_deed_is_somebodys_and_the_table_names_no_other() -> None:
    assert set().union(*MAY.values()) == set(DEEDS)
    assert set(DOORS.values()) <= {*DEEDS, ANYONE, PASSWORD_ONLY}


async def test_whoever_reviews_results_draws_no_codes_and_whoever_runs_the_service_publishes_nothing() -> None:
    for role in ROLES:
        assert not {"publish", "invite"} <= MAY[role]
        assert not {"approve", "publish"} <= MAY[role]
        assert not {"approve", "manage-accounts"} <= MAY[role]
        assert not {"hold-share", "manage-accounts"} <= MAY[role]


async def test_nobody_enters_without_signing_in(client: httpx.AsyncClient) -> None:
    for (method, path), deed in DOORS.items():
        if deed == ANYONE:
            continue
        answer = await client.request(method, address(path), headers=OWN)
        assert (path, answer.status_code) == (path, 303)
        assert answer.headers["location"].startswith("/team/sign-in")


@pytest.mark.usefixtures("somebody_of_each_role")
@pytest.mark.parametrize("role", ROLES)
async def test_a_role_enters_where_its_deeds_are_and_nowhere_else(client: httpx.AsyncClient, role: AccountRole) -> None:
    await sign_in(client, email=f"{role}@example.org")
    csrf = await csrf_of(client)
    for (method, path), deed in DOORS.items():
        if deed in (ANYONE, PASSWORD_ONLY) or path == "/team/sign-out":
            continue
        form = {"csrf": csrf} if method == "POST" else None
        answer = await client.request(method, address(path), data=form, headers=OWN)
        is_refused = answer.status_code == 403 and "Ihre Rolle darf das nicht" in answer.text
        assert (path, is_refused) == (path, deed not in MAY[role])


def address(path: str) -> str:
    """An address of the route, of something that does not exist: who may not enter does not learn even that."""
    parts = ["no-such-one" if part.startswith("{") else part for part in path.split("/")]
    return "/".join(parts) + ("/" if path == "/team" else "")


async def test_whoever_is_signed_in_has_no_second_step_to_take(client: httpx.AsyncClient) -> None:
    await sign_in(client)
    csrf = await csrf_of(client)
    for (method, path), deed in DOORS.items():
        if deed == PASSWORD_ONLY:
            answer = await client.request(method, path, data={"csrf": csrf} if method == "POST" else None, headers=OWN)
            assert (path, answer.status_code, answer.headers["location"]) == (path, 303, "/team/sign-in")
