"""The second factor, outside a demonstration: nobody comes in without it, its codes are used once, its secret is nobody's else."""

import asyncio
import re
import time
from collections.abc import AsyncIterator

import httpx
import pytest

from survey_service.domain.accounts import Email
from survey_service.domain.second_factor import Secret, written_code
from survey_service.operations.installation import DEMONSTRATION, Installation
from survey_service.operations.manage_accounts import list_accounts, reset_second_factor
from survey_service.operations.password_hashing import PasswordHashing
from survey_service.operations.read_audit_log import read_audit_log
from survey_service.operations.sign_in import LIMITS, SecondFactorMissing, WrongCode, confirm_person
from survey_service.store import team as store
from tests.conftest import as_demonstration, service_on
from tests.second_factors import STEP, code_of, give_second_factor
from tests.team.conftest import CSRF, EMAIL, OWN, PASSWORD, csrf_of, sign_in
from tests.team.test_doors import DOORS, PASSWORD_ONLY, address

CODE = "/team/sign-in/code"
SET_UP = "/team/sign-in/second-factor"
_SPELLED = re.compile(r'<p class="mono">([A-Z2-7]{4}(?: [A-Z2-7]{4}){7})</p>')
_RECOVERY = re.compile(r"<li>((?:[0-9A-Z]{4}-){5}[0-9A-Z]{4})</li>")


@pytest.fixture(autouse=True)
async def no_demonstration(installation: Installation, account: None) -> AsyncIterator[None]:
    del account
    mark = installation.settings.data_dir / DEMONSTRATION
    await asyncio.to_thread(mark.unlink)
    yield
    as_demonstration(installation.settings)


@pytest.fixture
async def secret(installation: Installation) -> Secret:
    return await give_second_factor(installation, EMAIL)


async def test_the_first_sign_in_sets_the_second_factor_up_and_shows_recovery_codes_once(
    client: httpx.AsyncClient, installation: Installation
) -> None:
    answer = await sign_in(client, next="/team/hidden")
    assert answer.headers["location"] == f"{SET_UP}?next=%2Fteam%2Fhidden"
    page = (await client.get(answer.headers["location"])).text
    secret = spelled(page)
    assert "otpauth:&#x2f;&#x2f;totp&#x2f;" in page
    assert secret in page.replace(" ", "")
    assert spelled((await client.get(SET_UP)).text) == secret  # loading the page anew changes nothing
    done = await send(client, SET_UP, code=code_of(secret), next="/team/hidden")
    codes = _RECOVERY.findall(done.text)
    assert (done.status_code, len(set(codes)), done.headers["cache-control"]) == (200, 10, "no-store")
    assert 'href="&#x2f;team&#x2f;hidden"' in done.text
    assert (await client.get("/team/hidden")).status_code == 200
    account = (await client.get("/team/account")).text
    assert not any(code in account for code in codes)
    assert [account.has_second_factor for account in await list_accounts(installation)] == [True]
    assert await recorded(installation, "second-factor-set-up") >= 1


async def test_a_wrong_code_sets_nothing_up(client: httpx.AsyncClient, installation: Installation) -> None:
    await sign_in(client)
    secret = spelled((await client.get(SET_UP)).text)
    wrong = await send(client, SET_UP, code=code_of(secret, ahead=40))
    assert (wrong.status_code, spelled(wrong.text)) == (403, secret)
    assert [account.has_second_factor for account in await list_accounts(installation)] == [False]
    assert (await client.get("/team/")).status_code == 303


async def test_the_password_alone_opens_no_page(client: httpx.AsyncClient, secret: Secret) -> None:
    assert (await sign_in(client)).headers["location"] == CODE
    csrf = CSRF.search((await client.get(CODE)).text)
    assert csrf
    for (method, path), deed in DOORS.items():
        if deed in ("anyone", PASSWORD_ONLY):
            continue
        answer = await client.request(
            method, address(path), data={"csrf": csrf[1]} if method == "POST" else None, headers=OWN
        )
        assert (path, answer.status_code) == (path, 303)
        assert answer.headers["location"].startswith("/team/sign-in")
    assert (await send(client, CODE, code=code_of(secret), next="/team/hidden")).headers["location"] == "/team/hidden"
    assert (await client.get("/team/hidden")).status_code == 200


async def test_the_token_changes_when_the_second_factor_is_given(client: httpx.AsyncClient, secret: Secret) -> None:
    await sign_in(client)
    begun = client.cookies["team"]
    await send(client, CODE, code=code_of(secret))
    assert client.cookies["team"] != begun
    client.cookies.set("team", begun, domain="survey.test")
    assert (await client.get("/team/")).status_code == 303


async def test_a_code_is_taken_once_and_none_before_it_any_more(client: httpx.AsyncClient, secret: Secret) -> None:
    code, before = code_of(secret), code_of(secret, ahead=-1)
    await sign_in(client)
    assert (await send(client, CODE, code=code)).status_code == 303
    for used in (code, before):
        await sign_in(client)
        assert (await send(client, CODE, code=used)).status_code == 403
    assert (await send(client, CODE, code=code_of(secret, ahead=1))).status_code == 303


async def test_of_two_who_give_the_same_code_at_once_one_comes_in(installation: Installation, secret: Secret) -> None:
    code = code_of(secret)
    hashing = PasswordHashing()
    outcomes = await asyncio.gather(
        *(confirm_person(installation, hashing, EMAIL, PASSWORD, code) for _ in range(4)), return_exceptions=True
    )
    assert sorted(map(str, outcomes)).count(EMAIL) == 1
    assert sum(isinstance(each, WrongCode) for each in outcomes) == 3


@pytest.mark.parametrize(("ahead", "status"), [(-2, 403), (-1, 303), (1, 303), (2, 403)])
async def test_a_clock_may_be_off_by_half_a_minute_and_not_by_more(
    client: httpx.AsyncClient, secret: Secret, ahead: int, status: int
) -> None:
    await sign_in(client)
    await early_in_a_step()
    assert (await send(client, CODE, code=code_of(secret, ahead=ahead))).status_code == status


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "\u0660" * 6, "abcdef", "\ud800"])
async def test_what_is_no_code_is_refused(client: httpx.AsyncClient, secret: Secret, typed: str) -> None:
    del secret
    await sign_in(client)
    sent = {"code": typed.encode("utf-8", "replace").decode()}
    assert (await send(client, CODE, **sent)).status_code == 403


async def test_guessing_codes_with_the_right_password_is_as_bounded_as_guessing_passwords(
    installation: Installation, secret: Secret
) -> None:
    async with service_on(installation.settings) as guesser:
        await sign_in(guesser)
        for _ in range(LIMITS.most):
            assert (await send(guesser, CODE, code=code_of(secret, ahead=50))).status_code == 403
        assert (await send(guesser, CODE, code=code_of(secret))).status_code == 403  # even the right one waits
        assert (await sign_in(guesser)).status_code == 403


async def test_a_recovery_code_stands_for_the_app_once(client: httpx.AsyncClient, installation: Installation) -> None:
    codes = await set_up(client)
    await sign_out(client)
    await sign_in(client)
    assert (await send(client, CODE, code=codes[0].lower().replace("-", " "))).status_code == 303
    assert await recorded(installation, "recovery-code-used") >= 1
    assert "Wiederherstellungscodes: 9" in (await client.get("/team/account")).text
    await sign_in(client)
    assert (await send(client, CODE, code=codes[0])).status_code == 403
    assert (await send(client, CODE, code=codes[1])).status_code == 303


async def test_new_recovery_codes_make_the_old_ones_void(client: httpx.AsyncClient) -> None:
    codes = await set_up(client)
    answer = await client.post("/team/account/recovery-codes", data={"csrf": await csrf_of(client)}, headers=OWN)
    fresh = _RECOVERY.findall(answer.text)
    assert len(fresh) == 10
    await sign_in(client)
    assert (await send(client, CODE, code=codes[0])).status_code == 403
    assert (await send(client, CODE, code=fresh[0])).status_code == 303


async def test_the_database_holds_no_secret_and_no_recovery_code(
    client: httpx.AsyncClient, installation: Installation
) -> None:
    await sign_in(client)
    secret = spelled((await client.get(SET_UP)).text)
    async with installation.database.owner() as connection:
        drawn = await connection.fetchval("SELECT drawn_factor FROM session")
    codes = _RECOVERY.findall((await send(client, SET_UP, code=code_of(secret))).text)
    async with installation.database.owner() as connection:
        kept = await connection.fetchval("SELECT second_factor FROM account")
        hashes = await connection.fetch("SELECT code_sha256 FROM recovery_code")
    assert kept == drawn
    assert secret.encode() not in kept
    for code in codes:
        assert str(written_code(code)).encode() not in repr(hashes).encode()
    assert installation.team_key.open(EMAIL, kept) == secret


async def test_another_accounts_secret_is_worth_nothing(
    client: httpx.AsyncClient, installation: Installation, password_hash: str, secret: Secret
) -> None:
    """As somebody would try who may write the database and has an account of their own."""
    other = Email("ada@example.org")
    async with installation.database.session("team") as connection:
        await store.add_account(connection, other, "operator", password_hash)
    async with installation.database.owner() as connection:
        await connection.execute(
            "UPDATE account SET second_factor = (SELECT second_factor FROM account WHERE email = $1) WHERE email = $2",
            EMAIL,
            other,
        )
    await sign_in(client, email=other)
    answer = await send(client, CODE, code=code_of(secret))
    assert (answer.status_code, "nicht lesbar" in answer.text) == (503, True)


async def test_whoever_lost_everything_sets_it_up_anew_after_a_reset(
    client: httpx.AsyncClient, installation: Installation
) -> None:
    codes = await set_up(client)
    await reset_second_factor(installation, EMAIL)
    assert (await client.get("/team/")).status_code == 303
    assert await recorded(installation, "second-factor-reset") >= 1
    assert (await sign_in(client, recovery_code=codes[0])).status_code == 403
    assert (await sign_in(client)).headers["location"] == SET_UP


async def test_replacing_the_second_factor_asks_who_sits_there_and_ends_other_sessions(
    client: httpx.AsyncClient, installation: Installation, secret: Secret
) -> None:
    await sign_in(client)
    await send(client, CODE, code=code_of(secret))
    async with service_on(installation.settings) as elsewhere:
        await sign_in(elsewhere)
        assert (await send(elsewhere, CODE, code=code_of(secret, ahead=1))).status_code == 303
        async with installation.database.owner() as connection:
            await connection.execute("UPDATE session SET confirmed_at = now() - interval '1 hour'")
        factor = "/team/account/second-factor"
        assert (await client.get(factor)).headers["location"].startswith("/team/confirm")
        await client.post(
            "/team/confirm", data={"csrf": await csrf_of(client), "password": PASSWORD, "next": factor}, headers=OWN
        )
        fresh = spelled((await client.get(factor)).text)
        assert fresh != secret
        assert len(_RECOVERY.findall((await send(client, factor, code=code_of(fresh))).text)) == 10
        assert (await client.get("/team/")).status_code == 200
        assert (await elsewhere.get("/team/")).status_code == 303


async def test_a_password_alone_replaces_no_second_factor(
    client: httpx.AsyncClient, installation: Installation
) -> None:
    """Two begin at once, before there is one: whoever is second has to give that of the first."""
    async with service_on(installation.settings) as other:
        await sign_in(other)
        others = spelled((await other.get(SET_UP)).text)
        csrf = CSRF.search((await other.get(SET_UP)).text)
        assert csrf
        await set_up(client)
        answer = await other.post(SET_UP, data={"csrf": csrf[1], "code": code_of(others)}, headers=OWN)
        assert (answer.status_code, answer.headers["location"]) == (303, "/team/sign-in")
        assert (await other.get("/team/")).status_code == 303


async def test_whoever_began_with_the_wrong_account_leaves(client: httpx.AsyncClient, secret: Secret) -> None:
    del secret
    await sign_in(client)
    assert (await send(client, "/team/sign-in/leave", page=CODE)).headers["location"] == "/team/sign-in"
    assert (await client.get(CODE)).headers["location"] == "/team/sign-in"


async def test_the_step_that_is_not_due_leads_to_the_one_that_is(
    client: httpx.AsyncClient, installation: Installation
) -> None:
    await sign_in(client)
    assert (await client.get(f"{CODE}?next=%2Fteam%2Fhidden")).headers["location"] == f"{SET_UP}?next=%2Fteam%2Fhidden"
    await give_second_factor(installation, EMAIL)
    assert (await client.get(SET_UP)).headers["location"] == CODE


async def test_at_the_command_line_the_password_alone_is_not_enough(installation: Installation) -> None:
    hashing = PasswordHashing()
    with pytest.raises(SecondFactorMissing):
        await confirm_person(installation, hashing, EMAIL, PASSWORD, "")
    secret = await give_second_factor(installation, EMAIL)
    with pytest.raises(WrongCode):
        await confirm_person(installation, hashing, EMAIL, PASSWORD, "")
    assert await confirm_person(installation, hashing, EMAIL, PASSWORD, code_of(secret)) == EMAIL


async def set_up(client: httpx.AsyncClient) -> list[str]:
    """Signs in for the first time; the recovery codes."""
    await sign_in(client)
    secret = spelled((await client.get(SET_UP)).text)
    return _RECOVERY.findall((await send(client, SET_UP, code=code_of(secret))).text)


async def early_in_a_step() -> None:
    """So that no step begins between making a code and its being looked at."""
    left = STEP - time.time() % STEP
    if left < STEP / 3:
        await asyncio.sleep(left)


async def sign_out(client: httpx.AsyncClient) -> None:
    await client.post("/team/sign-out", data={"csrf": await csrf_of(client)}, headers=OWN)


async def send(client: httpx.AsyncClient, path: str, *, page: str = "", **form: str) -> httpx.Response:
    """The form of a page, with the token that stands on it."""
    found = CSRF.search((await client.get(page or path)).text)
    assert found
    return await client.post(path, data={"csrf": found[1]} | form, headers=OWN)


def spelled(page: str) -> str:
    found = _SPELLED.search(page)
    assert found
    return found[1].replace(" ", "")


async def recorded(installation: Installation, deed: str) -> int:
    log = await read_audit_log(installation)
    assert log.broken_at is None
    return sum(entry.deed == deed and entry.facts["email"] == EMAIL for entry in log.entries)
