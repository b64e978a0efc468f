"""Accounts, sessions and their limits, on the real database and over HTTP."""

import asyncio
import hashlib
import time

import httpx
import pytest
from argon2 import PasswordHasher

from survey_service.operations.installation import Installation
from survey_service.operations.manage_accounts import (
    AccountExists,
    UnknownAccount,
    add_account,
    disable_account,
    list_accounts,
)
from survey_service.operations.password_hashing import MOST_WAITING, PasswordHashing, TooManySignIns
from survey_service.operations.sign_in import LIMITS, WrongCredentials
from survey_service.operations.sign_in import sign_in as begin_session
from survey_service.web.team.door import Team
from tests.conftest import service_on
from tests.team.conftest import EMAIL, OWN, PASSWORD, csrf_of, sign_in


async def test_nobody_reads_anything_without_signing_in(client: httpx.AsyncClient) -> None:
    for page in (
        "/team/",
        "/team/rounds/any",
        "/team/rounds/any/results",
        "/team/rounds/any/release.json",
        "/team/rounds/any/release.csv",
        "/team/rounds/any/release.xlsx",
        "/team/rounds/any/release.pdf",
    ):
        answer = await client.get(page)
        assert (answer.status_code, answer.headers["cache-control"]) == (303, "no-store")
        assert answer.headers["location"].startswith("/team/sign-in")
        assert answer.content == b""


async def test_after_signing_in_one_stands_on_the_page_one_wanted(client: httpx.AsyncClient) -> None:
    wanted = (await client.get("/team/rounds/backing-2026-1")).headers["location"]
    assert wanted == "/team/sign-in?next=%2Fteam%2Frounds%2Fbacking-2026-1"
    assert 'value="&#x2f;team&#x2f;rounds&#x2f;backing-2026-1"' in (await client.get(wanted)).text
    answer = await sign_in(client, next="/team/rounds/backing-2026-1")
    assert (answer.status_code, answer.headers["location"]) == (303, "/team/rounds/backing-2026-1")
    assert (await client.get("/team/")).status_code == 200


async def test_an_address_elsewhere_is_followed_neither_from_the_link_nor_from_the_form(
    client: httpx.AsyncClient,
) -> None:
    assert "evil" not in (await client.get("/team/sign-in?next=//evil")).text
    assert (await sign_in(client, next="//evil")).headers["location"] == "/team/"


async def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites(
    client: httpx.AsyncClient,
) -> None:
    cookies = [cookie.lower() for cookie in (await sign_in(client)).headers.get_list("set-cookie")]
    for cookie in cookies:
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
    (session,) = [cookie for cookie in cookies if cookie.startswith("team=")]
    assert "path=/;" in session + ";"
    assert "max-age" not in session
    assert "expires" not in session


async def test_what_a_browser_is_known_by_goes_to_the_teams_pages_alone(client: httpx.AsyncClient) -> None:
    cookies = (await sign_in(client)).headers.get_list("set-cookie")
    (browser,) = [cookie for cookie in cookies if cookie.startswith("team-browser=")]
    assert "path=/team;" in browser.lower() + ";"
    await client.get("/")
    assert "team-browser" not in client.build_request("GET", "/r/any").headers["cookie"]


async def test_with_tls_the_cookie_is_bound_to_this_host(installation: Installation) -> None:
    team = Team(installation)
    team.is_secure = True
    cookie = team.cookie("token").to_header(header="").lower()
    assert cookie.startswith("__host-team=token")
    assert "secure" in cookie
    assert "domain" not in cookie


async def test_the_database_keeps_no_token_and_no_password(
    client: httpx.AsyncClient, installation: Installation
) -> None:
    await sign_in(client)
    token = client.cookies["team"]
    async with installation.database.owner() as connection:
        session = await connection.fetchrow("SELECT * FROM session")
        stored = await connection.fetchval("SELECT password_hash FROM account")
    assert session["token_sha256"] == hashlib.sha256(token.encode()).digest()
    assert token.encode() not in repr(dict(session)).encode()
    assert stored.startswith("$argon2id$v=19$m=65536,t=3,p=4$")  # RFC 9106, second recommendation


async def test_a_wrong_password_an_unknown_and_a_disabled_account_read_the_same(
    client: httpx.AsyncClient, installation: Installation
) -> None:
    wrong = await sign_in(client, "not this one at all")
    unknown = await sign_in(client, email="nobody@example.org")
    await disable_account(installation, EMAIL)
    disabled = await sign_in(client)
    assert [answer.status_code for answer in (wrong, unknown, disabled)] == [403, 403, 403]
    assert wrong.text == disabled.text == unknown.text.replace("nobody@", "kim@")
    assert "set-cookie" not in disabled.headers


async def test_an_unknown_account_takes_as_long_as_a_known_one(installation: Installation) -> None:
    hashing = PasswordHashing()

    async def seconds(email: str) -> float:
        started = time.perf_counter()
        with pytest.raises(WrongCredentials):
            await begin_session(installation, hashing, email, "not this one at all", language="de")
        return time.perf_counter() - started

    pairs = [(await seconds(EMAIL), await seconds("nobody@example.org")) for _ in range(4)]
    known, unknown = map(min, zip(*pairs, strict=True))
    assert 0.6 < known / unknown < 1.7


async def test_racing_attempts_are_all_counted(installation: Installation) -> None:
    hashing = PasswordHashing()
    hashing._verify = lambda *_: False  # type: ignore[method-assign]
    tries = (
        begin_session(installation, hashing, EMAIL, "not this one at all", language="de")
        for _ in range(LIMITS.most + 5)
    )
    refused = await asyncio.gather(*tries, return_exceptions=True)
    assert all(isinstance(each, WrongCredentials) for each in refused)
    async with installation.database.owner() as connection:
        assert await connection.fetchval("SELECT failed_attempts FROM account") == LIMITS.most


async def test_racing_sign_ins_each_get_a_session_of_their_own(installation: Installation) -> None:
    hashing = PasswordHashing()
    entries = await asyncio.gather(
        *(begin_session(installation, hashing, EMAIL, PASSWORD, language="de") for _ in range(4))
    )
    assert len({entry.token for entry in entries}) == 4
    async with installation.database.owner() as connection:
        assert await connection.fetchval("SELECT count(DISTINCT csrf_secret) FROM session") == 4


async def test_a_flood_of_sign_ins_is_turned_away_instead_of_queueing() -> None:
    hashing = PasswordHashing()
    hashing._verify = lambda *_: bool(time.sleep(0.01))  # type: ignore[method-assign]
    done = await asyncio.gather(
        *(hashing.matches("any", None) for _ in range(MOST_WAITING + 3)), return_exceptions=True
    )
    assert sum(isinstance(each, TooManySignIns) for each in done) == 3


async def test_the_token_changes_at_every_sign_in_and_the_old_session_ends(
    client: httpx.AsyncClient, installation: Installation
) -> None:
    client.cookies.set("team", "planted-by-somebody-else", domain="survey.test")
    await sign_in(client)
    first = client.cookies["team"]
    assert first != "planted-by-somebody-else"
    await sign_in(client)
    second = client.cookies["team"]
    assert second != first
    async with service_on(installation.settings) as other:
        for token, status in ((first, 303), (second, 200), ("planted-by-somebody-else", 303)):
            other.cookies.set("team", token)
            assert (await other.get("/team/")).status_code == status
            other.cookies.clear()


@pytest.mark.parametrize("ended", ["expires_at", "idle_at"])
async def test_a_session_ends_after_eight_hours_or_half_an_hour_of_rest(
    client: httpx.AsyncClient, installation: Installation, ended: str
) -> None:
    await sign_in(client)
    async with installation.database.owner() as connection:
        kept = await connection.fetchrow("SELECT expires_at - now() AS longest, idle_at - now() AS idle FROM session")
        assert 7.9 * 3600 < kept["longest"].total_seconds() <= 8 * 3600
        assert 29 * 60 < kept["idle"].total_seconds() <= 30 * 60
        await connection.execute(f"UPDATE session SET {ended} = now()")
    assert (await client.get("/team/")).status_code == 303
    await sign_in(client)
    async with installation.database.owner() as connection:
        assert await connection.fetchval("SELECT count(*) FROM session") == 1  # the ended one is forgotten


async def test_using_a_session_keeps_it_from_idling_out_but_not_longer_than_its_day(
    client: httpx.AsyncClient, installation: Installation
) -> None:
    await sign_in(client)
    async with installation.database.owner() as connection:
        await connection.execute("UPDATE session SET idle_at = now() + interval '1 minute'")
        before = await connection.fetchval("SELECT expires_at FROM session")
        await client.get("/team/")
        after = await connection.fetchrow("SELECT expires_at, idle_at - now() AS idle FROM session")
    assert after["idle"].total_seconds() > 29 * 60
    assert after["expires_at"] == before


async def test_disabling_an_account_ends_its_sessions_at_once(
    client: httpx.AsyncClient, installation: Installation
) -> None:
    await sign_in(client)
    assert (await client.get("/team/")).status_code == 200
    await disable_account(installation, EMAIL)
    assert (await client.get("/team/")).status_code == 303


async def test_an_account_disabled_while_its_password_is_checked_gets_no_session(installation: Installation) -> None:
    class Slow(PasswordHashing):
        async def matches(self, password: str, password_hash: str | None, *, is_known: bool = False) -> bool:
            await disable_account(installation, EMAIL)
            return await super().matches(password, password_hash, is_known=is_known)

    with pytest.raises(WrongCredentials):
        await begin_session(installation, Slow(), EMAIL, PASSWORD, language="de")
    async with installation.database.owner() as connection:
        assert await connection.fetchval("SELECT count(*) FROM session") == 0


async def test_a_disabled_account_is_set_up_anew_and_an_active_one_is_not(installation: Installation) -> None:
    with pytest.raises(AccountExists):
        await add_account(installation, "Kim@Example.org", "auditor", "another four words here")
    await disable_account(installation, EMAIL)
    await add_account(installation, EMAIL, "auditor", "another four words here")
    assert [(found.role, found.disabled) for found in await list_accounts(installation)] == [("auditor", False)]
    with pytest.raises(UnknownAccount):
        await disable_account(installation, "nobody@example.org")


async def test_a_hash_of_older_parameters_is_made_anew_at_the_next_sign_in(
    client: httpx.AsyncClient, installation: Installation
) -> None:
    weaker = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD)
    async with installation.database.owner() as connection:
        await connection.execute("UPDATE account SET password_hash = $1", weaker)
        assert (await sign_in(client)).status_code == 303
        assert "m=65536,t=3,p=4" in await connection.fetchval("SELECT password_hash FROM account")
    assert (await sign_in(client)).status_code == 303


async def test_signing_out_ends_the_session_on_the_server(client: httpx.AsyncClient) -> None:
    await sign_in(client)
    token = client.cookies["team"]
    answer = await client.post("/team/sign-out", data={"csrf": await csrf_of(client)}, headers=OWN)
    assert (answer.status_code, answer.headers["location"]) == (303, "/team/sign-in")
    client.cookies.set("team", token)
    assert (await client.get("/team/")).status_code == 303


async def test_a_form_without_this_sessions_token_is_refused(
    client: httpx.AsyncClient, installation: Installation
) -> None:
    await sign_in(client)
    async with service_on(installation.settings) as other:
        await sign_in(other)
        others = await csrf_of(other)
    for form in ({}, {"csrf": ""}, {"csrf": "0" * 64}, {"csrf": others}, {"csrf": "ü"}):
        assert (await client.post("/team/sign-out", data=form, headers=OWN)).status_code == 403
    assert (await client.get("/team/")).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://survey.test.evil.example"},
        {"sec-fetch-site": "cross-site", "origin": "http://survey.test"},
    ],
)
async def test_a_form_from_elsewhere_is_refused_even_with_the_token(
    client: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    form = {"email": EMAIL, "password": PASSWORD}
    assert (await client.post("/team/sign-in", data=form, headers=headers)).status_code == 403
    await sign_in(client)
    form = {"csrf": await csrf_of(client)}
    assert (await client.post("/team/sign-out", data=form, headers=headers)).status_code == 403


async def test_a_browser_without_fetch_metadata_signs_in_by_its_origin(client: httpx.AsyncClient) -> None:
    answer = await client.post(
        "/team/sign-in", data={"email": EMAIL, "password": PASSWORD}, headers={"origin": "http://survey.test"}
    )
    assert answer.status_code == 303


async def test_what_is_no_form_is_refused(client: httpx.AsyncClient) -> None:
    for body in (b"\xff\xfe", b"&".join(b"a=1" for _ in range(100))):
        assert (await client.post("/team/sign-in", content=body, headers=OWN)).status_code == 403
    assert (await client.post("/team/sign-in", content=b"a" * 20_000, headers=OWN)).status_code == 413


async def test_what_was_typed_comes_back_escaped(client: httpx.AsyncClient) -> None:
    answer = await sign_in(client, email='"><script>alert(1)</script>')
    assert answer.status_code == 403
    assert "<script>alert" not in answer.text


async def test_the_language_is_asked_for_by_the_browser_then_kept_in_the_session(
    client: httpx.AsyncClient,
) -> None:
    page = await client.get("/team/sign-in", headers={"accept-language": "fr, en;q=0.8, de;q=0.5"})
    assert '<html lang="en"' in page.text
    await client.post("/team/sign-in?lang=en", data={"email": EMAIL, "password": PASSWORD}, headers=OWN)
    assert '<html lang="en"' in (await client.get("/team/")).text
    assert '<html lang="de"' in (await client.get("/team/?lang=de")).text
    assert '<html lang="de"' in (await client.get("/team/?lang=xx")).text
