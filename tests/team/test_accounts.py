"""Accounts on pages: prepared by somebody, set up by their owner, disabled, and a lost second factor taken away."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import cast

import httpx
import pytest

from survey_service.domain.accounts import Email, account_id
from survey_service.operations.installation import Installation
from survey_service.operations.manage_accounts import (
    ManagesNoAccounts,
    OwnAccountStays,
    add_account,
    disable_account,
    list_accounts,
    reset_second_factor,
)
from survey_service.operations.read_audit_log import read_audit_log
from survey_service.operations.set_up_account import prepare_account
from survey_service.store import team as store
from tests.conftest import service_on
from tests.mail.conftest import MailBox, mail_server, mail_settings, text_of
from tests.second_factors import give_second_factor
from tests.team.conftest import CSRF, EMAIL, OWN, PASSWORD, sign_in

ADA, BEN, NEW = (Email(f"{name}@example.org") for name in ("ada", "ben", "new"))
CODE = re.compile(r"\b(?:[0-9A-Z]{4}-){5}[0-9A-Z]{4}\b")
CHOSEN = "vier andere worte hier"


@pytest.fixture(autouse=True)
async def operators(account: None, installation: Installation, password_hash: str) -> None:
    """Two people who manage accounts, beside somebody who does not."""
    del account
    async with installation.database.session("team") as connection:
        for email in (ADA, BEN):
            await store.add_account(connection, email, "operator", password_hash)


@pytest.fixture
async def ada(client: httpx.AsyncClient) -> httpx.AsyncClient:
    await sign_in(client, email=ADA)
    return client


async def test_somebody_sets_up_the_account_that_was_prepared_for_them(
    ada: httpx.AsyncClient, installation: Installation
) -> None:
    code = code_in(await prepare(ada, role="auditor staff-council"))
    assert code not in (await ada.get("/team/accounts")).text
    async with service_on(installation.settings) as own:
        answer = await set_up(own, code=code.lower().replace("-", " "))
        assert (answer.status_code, answer.headers["location"]) == (303, "/team/")
        assert "Wer wann was getan hat" in (await own.get("/team/audit-log")).text
    (account,) = [each for each in await list_accounts(installation) if each.email == NEW]
    assert (account.role, account.office) == ("auditor", "staff-council")
    assert await deeds(installation, NEW) == [
        (ADA, "account-prepared", {"email": NEW, "role": "auditor", "office": "staff-council"}),
        (NEW, "account-added", {"email": NEW, "role": "auditor", "office": "staff-council"}),
    ]


async def test_a_code_sets_an_account_up_once_and_only_that_of_its_address(
    ada: httpx.AsyncClient, client: httpx.AsyncClient
) -> None:
    code = code_in(await prepare(ada))
    for wrong in ({"email": "old@example.org"}, {"code": "0000-" * 5 + "0000"}, {"code": "no code"}, {"email": "new"}):
        answer = await set_up(client, **{"code": code} | wrong)
        assert (answer.status_code, "Adresse und Code passen nicht zusammen" in answer.text) == (403, True)
    assert (await set_up(client, code=code)).status_code == 303
    assert (await set_up(client, code=code)).status_code == 403


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"new": "Willkommen!2031#", "again": "Willkommen!2031#"}, "zu leicht zu erraten"),
        ({"again": "vier andere worte da"}, "verschieden"),
    ],
)
async def test_a_password_that_does_not_do_leaves_the_code_as_it_was(
    ada: httpx.AsyncClient, client: httpx.AsyncClient, form: dict[str, str], said: str
) -> None:
    code = code_in(await prepare(ada))
    answer = await set_up(client, code=code, **form)
    assert (answer.status_code, said in answer.text) == (403, True)
    assert (form.get("new") or CHOSEN) not in answer.text
    assert (await set_up(client, code=code)).status_code == 303


async def test_of_two_who_set_up_the_same_account_at_once_one_does(
    ada: httpx.AsyncClient, installation: Installation
) -> None:
    code = code_in(await prepare(ada))
    async with service_on(installation.settings) as one, service_on(installation.settings) as other:
        answers = await asyncio.gather(set_up(one, code=code), set_up(other, code=code, new=PASSWORD, again=PASSWORD))
    assert sorted(answer.status_code for answer in answers) == [303, 403]


@pytest.mark.parametrize("ended_by", ["another code", "taking it back", "time", "disabling", "the command line"])
async def test_a_code_that_was_ended_sets_nothing_up(
    ada: httpx.AsyncClient, installation: Installation, ended_by: str
) -> None:
    code = code_in(await prepare(ada))
    if ended_by == "another code":
        assert code_in(await prepare(ada, page=f"/team/accounts/{account_id(NEW)}/code")) != code
    elif ended_by == "taking it back":
        await send(ada, f"/team/accounts/{account_id(NEW)}/giving-up")
        assert NEW not in (await ada.get("/team/accounts")).text
    elif ended_by == "time":
        async with installation.database.owner() as connection:
            await connection.execute("UPDATE account_invitation SET expires_at = now()")
        assert "wurde nicht verwendet" in (await ada.get("/team/accounts")).text
    elif ended_by == "disabling":
        await add_account(installation, NEW, "trustee", PASSWORD)
        await disable_account(installation, NEW)
    else:
        await add_account(installation, NEW, "trustee", PASSWORD)
    async with service_on(installation.settings) as own:
        assert (await set_up(own, code=code)).status_code == 403


async def test_whoever_was_disabled_is_out_and_comes_back_with_a_new_password_and_role(
    ada: httpx.AsyncClient, installation: Installation
) -> None:
    secret = await give_second_factor(installation, EMAIL)
    async with service_on(installation.settings) as kim:
        assert "Sitzungen enden sofort" in (await ada.get(page_of(EMAIL, "disabling"))).text
        assert (await send(ada, page_of(EMAIL, "disabling"))).headers["location"] == page_of(EMAIL)
        assert (await kim.get("/team/")).status_code == 303
        assert (await sign_in(kim)).status_code == 403
        assert "Stillgelegt" in (await ada.get(page_of(EMAIL))).text
        code = code_in(await prepare(ada, page=page_of(EMAIL, "code"), role="trustee"))
        assert (await sign_in(kim)).status_code == 403  # a code alone gives nothing back
        assert (await set_up(kim, email=EMAIL, code=code)).headers["location"] == "/team/"
        assert (await sign_in(kim)).status_code == 403
    assert secret
    (account,) = [each for each in await list_accounts(installation) if each.email == EMAIL]
    assert (account.role, account.disabled, account.has_second_factor) == ("trustee", False, False)


async def test_a_lost_second_factor_is_taken_away_and_every_session_with_it(
    ada: httpx.AsyncClient, installation: Installation
) -> None:
    async with service_on(installation.settings) as kim:
        await sign_in(kim)
        await give_second_factor(installation, EMAIL)
        assert "das Passwort allein" in (await ada.get(page_of(EMAIL, "second-factor"))).text
        await send(ada, page_of(EMAIL, "second-factor"))
        assert (await kim.get("/team/")).status_code == 303
    assert "Noch kein zweiter Faktor" in (await ada.get(page_of(EMAIL))).text
    assert (await deeds(installation, EMAIL))[-1] == (ADA, "second-factor-reset", {"email": EMAIL})


@pytest.mark.parametrize("move", ["disabling", "second-factor"])
async def test_nobody_manages_their_own_account(ada: httpx.AsyncClient, installation: Installation, move: str) -> None:
    await give_second_factor(installation, ADA)
    for answer in (await ada.get(page_of(ADA, move)), await send(ada, page_of(ADA, move))):
        assert (answer.status_code, "Das eigene Konto verwaltet niemand selbst" in answer.text) == (422, True)
    for page in ("/team/accounts/new", page_of(ADA, "code")):
        answer = await prepare(ada, page=page, email=ADA, role="project-team")
        assert (answer.status_code, "Das eigene Konto" in answer.text) == (422, True)
    (account,) = [each for each in await list_accounts(installation) if each.email == ADA]
    assert (account.role, account.disabled, account.has_second_factor) == ("operator", False, True)


async def test_of_two_who_disable_each_other_at_once_one_is_left(installation: Installation) -> None:
    answers = await asyncio.gather(
        disable_account(installation.acting_for(ADA), BEN),
        disable_account(installation.acting_for(BEN), ADA),
        return_exceptions=True,
    )
    assert [type(answer) for answer in answers if isinstance(answer, BaseException)] == [ManagesNoAccounts]
    left = [each.email for each in await list_accounts(installation) if each.role == "operator" and not each.disabled]
    assert len(left) == 1


async def test_whoever_no_longer_manages_accounts_does_nothing_with_an_old_session(installation: Installation) -> None:
    await disable_account(installation, ADA)
    former = installation.acting_for(ADA)
    with pytest.raises(ManagesNoAccounts):
        await prepare_account(former, NEW, "operator")
    with pytest.raises(ManagesNoAccounts):
        await reset_second_factor(installation.acting_for(EMAIL), BEN)
    with pytest.raises(OwnAccountStays):
        await disable_account(installation.acting_for(BEN), BEN)


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"email": "nobody"}, "Das ist keine E-Mail-Adresse"),
        ({"email": EMAIL}, "Diese Adresse hat schon ein Konto"),
        ({"role": ""}, "Es fehlt die Rolle"),
        ({"role": "operator staff-council"}, "Es fehlt die Rolle"),
    ],
)
async def test_what_does_not_fit_prepares_nothing_and_says_what_to_do(
    ada: httpx.AsyncClient, installation: Installation, form: dict[str, str], said: str
) -> None:
    answer = await prepare(ada, **form)
    assert (answer.status_code, said in answer.text, CODE.search(answer.text)) == (422, True, None)
    async with installation.database.owner() as connection:
        assert await connection.fetchval("SELECT count(*) FROM account_invitation") == 0


async def test_no_page_of_an_account_has_its_address_in_its_own(ada: httpx.AsyncClient) -> None:
    assert f"/team/accounts/{account_id(EMAIL)}" in (await ada.get("/team/accounts")).text
    assert "@" not in account_id(EMAIL)
    assert (await ada.get(f"/team/accounts/{EMAIL}")).status_code == 404


async def test_every_page_says_the_same_in_english(ada: httpx.AsyncClient, installation: Installation) -> None:
    await give_second_factor(installation, EMAIL)
    await prepare(ada)
    for page, said in {
        "/team/accounts": "Waits to be set up, until",
        "/team/accounts/new": "Approves surveys for data protection",
        page_of(NEW): "Take the set-up code back",
        page_of(NEW, "code"): "Give a new set-up code",
        page_of(EMAIL): "Disable the account",
        page_of(EMAIL, "disabling"): "Yes, disable it",
        page_of(EMAIL, "second-factor"): "Yes, reset it",
        "/team/set-up": "Set up your account",
    }.items():
        assert said in (await ada.get(f"{page}?lang=en")).text, page


@pytest.fixture
def box() -> Iterator[tuple[MailBox, str]]:
    found = MailBox()
    with mail_server(found) as url:
        yield found, url


async def test_by_mail_the_code_reaches_its_owner_and_nobody_else(
    installation: Installation, box: tuple[MailBox, str], tmp_path: Path
) -> None:
    async with posting(installation, box[1], tmp_path) as ada:
        answer = await prepare(ada, by_mail="yes")
        assert ("Der Code ist unterwegs" in answer.text, CODE.search(answer.text)) == (True, None)
        ((address, mail),) = box[0].messages
        assert address == NEW
        assert f"{installation.settings.base_url}/team/set-up" in text_of(mail)
        found = CODE.search(text_of(mail))
        assert found
        assert (await set_up(ada, code=found[0])).status_code == 303


async def test_where_the_mail_does_not_leave_the_code_is_shown_with_what_to_do(
    installation: Installation, box: tuple[MailBox, str], tmp_path: Path
) -> None:
    box[0].refuses.add(NEW)
    async with posting(installation, box[1], tmp_path) as ada:
        answer = await prepare(ada, by_mail="yes")
        assert "Die Mail ging nicht hinaus" in answer.text
        assert (await set_up(ada, code=code_in(answer))).status_code == 303


async def test_the_database_keeps_no_code_that_works(ada: httpx.AsyncClient, installation: Installation) -> None:
    code = code_in(await prepare(ada)).replace("-", "")
    async with installation.database.owner() as connection:
        (row,) = await connection.fetch("SELECT * FROM account_invitation")
    assert code not in str(dict(row))
    assert row["expires_at"] is not None
    async with installation.database.owner() as connection:
        left = await connection.fetchval("SELECT expires_at - now() FROM account_invitation")
    assert timedelta(days=6) < cast("timedelta", left) <= timedelta(days=7)


@asynccontextmanager
async def posting(installation: Installation, url: str, directory: Path) -> AsyncIterator[httpx.AsyncClient]:
    """The service with this mail server, and Ada signed in."""
    async with service_on(mail_settings(installation.settings, url, directory / "spool")) as client:
        await sign_in(client, email=ADA)
        yield client


def page_of(email: Email, part: str = "") -> str:
    return f"/team/accounts/{account_id(email)}{f'/{part}' if part else ''}"


async def send(client: httpx.AsyncClient, page: str, **form: str) -> httpx.Response:
    found = CSRF.search((await client.get("/team/accounts")).text)
    assert found
    return await client.post(page, data={"csrf": found[1]} | form, headers=OWN)


async def prepare(client: httpx.AsyncClient, page: str = "/team/accounts/new", **form: str) -> httpx.Response:
    return await send(client, page, **{"email": NEW, "role": "project-team"} | form)


async def set_up(client: httpx.AsyncClient, **form: str) -> httpx.Response:
    sent = {"email": NEW, "new": CHOSEN, "again": CHOSEN} | form
    return await client.post("/team/set-up", data=sent, headers=OWN)


def code_in(answer: httpx.Response) -> str:
    found = CODE.search(answer.text)
    assert found, answer.text
    return found[0]


async def deeds(installation: Installation, email: Email) -> list[tuple[str, str, dict[str, object]]]:
    """What was done with this account since its last preparation or change by the pages."""
    entries = [each for each in (await read_audit_log(installation)).entries if each.facts.get("email") == email]
    last = max((i for i, each in enumerate(entries) if each.deed == "account-prepared"), default=0)
    return [(each.who, each.deed, dict(each.facts)) for each in entries[last:]]
