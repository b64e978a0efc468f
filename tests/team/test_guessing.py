"""Guessing stays bounded, and nobody keeps an account's owner out by it: both ways, on the real database and over HTTP."""

import asyncio
import time
from datetime import timedelta

import httpx
import pytest

from survey_service.domain.accounts import Email
from survey_service.domain.second_factor import WrittenCode, new_written_code, written_code_sha256
from survey_service.operations.installation import Installation
from survey_service.operations.manage_accounts import add_account, disable_account
from survey_service.operations.password_hashing import AT_ONCE, MOST_WAITING, PasswordHashing
from survey_service.operations.sign_in import LIMITS, MOST_KNOWN_BROWSERS
from survey_service.store import team as store
from tests.conftest import service_on
from tests.team.conftest import EMAIL, PASSWORD, sign_in

WRONG = "not this one at all"


async def test_a_stranger_who_failed_too_often_waits_even_with_the_right_password(
    client: httpx.AsyncClient, installation: Installation
) -> None:
    await fail(installation, LIMITS.most - 1)
    wrong = await sign_in(client, WRONG)
    right = await sign_in(client)
    assert (wrong.status_code, right.status_code, right.text) == (403, 403, wrong.text)
    await wait_is_over(installation)
    assert (await sign_in(client)).status_code == 303


async def test_the_browser_one_always_uses_gets_in_while_strangers_wait(
    client: httpx.AsyncClient, installation: Installation
) -> None:
    await sign_in(client)
    async with service_on(installation.settings) as stranger:
        await fail(installation, LIMITS.most * 10)
        assert (await sign_in(stranger)).status_code == 403
        assert (await sign_in(client)).status_code == 303
        assert (await sign_in(stranger)).status_code == 403  # the owner's coming in frees nobody else


async def test_a_recovery_code_gets_its_owner_in_from_anywhere_while_strangers_wait(
    client: httpx.AsyncClient, installation: Installation
) -> None:
    code = new_written_code()
    async with installation.database.session("team") as connection:
        await store.replace_recovery_codes(connection, EMAIL, [written_code_sha256(EMAIL, code)])
    await fail(installation, LIMITS.most * 10)
    assert (await sign_in(client, recovery_code=new_written_code())).status_code == 403
    assert (await sign_in(client, recovery_code=code)).status_code == 303
    assert (await client.get("/team/")).status_code == 200
    await fail(installation, LIMITS.most * 10)
    assert (await sign_in(client)).status_code == 303  # this browser is known now


async def test_a_recovery_code_without_the_password_is_worth_ten_guesses(
    client: httpx.AsyncClient, installation: Installation
) -> None:
    code = new_written_code()
    async with installation.database.session("team") as connection:
        await store.replace_recovery_codes(connection, EMAIL, [written_code_sha256(EMAIL, code)])
    for _ in range(LIMITS.most):
        assert await attempted_by_code(installation, code)
    assert not await attempted_by_code(installation, code)
    assert (await sign_in(client, recovery_code=code)).status_code == 403


async def test_each_wait_is_twice_as_long_as_the_one_before_up_to_half_a_day(installation: Installation) -> None:
    await fail(installation, LIMITS.most - 1)
    waits = [await failed_once_more(installation) for _ in range(12)]
    minute = timedelta(minutes=1)
    assert waits == [min(minute * 2**number, timedelta(hours=12)) for number in range(12)]


async def test_all_strangers_together_get_twenty_guesses_on_the_first_day_and_two_a_day_from_then_on(
    installation: Installation,
) -> None:
    guesses, spent = 0, timedelta(0)
    on_day: dict[int, int] = {}
    while spent < timedelta(days=5):
        on_day[spent // timedelta(days=1)] = on_day.get(spent // timedelta(days=1), 0) + 1
        spent += await failed_once_more(installation)
        guesses += 1
    assert on_day == {0: 20, 1: 2, 2: 2, 3: 2, 4: 2}
    assert guesses == 28


async def test_what_failed_is_forgotten_after_a_quiet_week(installation: Installation) -> None:
    await fail(installation, LIMITS.most + 5)
    async with installation.database.owner() as connection:
        left = await connection.fetchval("SELECT counted_until - now() FROM account")
        assert timedelta(days=6) < left <= timedelta(days=7)
        await connection.execute("UPDATE account SET counted_until = now(), next_attempt_at = NULL")
    assert await failed_once_more(installation) == timedelta(0)


async def test_the_right_password_forgets_the_attempts_before(
    client: httpx.AsyncClient, installation: Installation
) -> None:
    await fail(installation, LIMITS.most - 1)
    assert (await sign_in(client)).status_code == 303
    async with installation.database.owner() as connection:
        assert await connection.fetchval("SELECT failed_attempts FROM account") == 0


async def test_a_known_browser_that_fails_ten_times_is_a_stranger_again(
    client: httpx.AsyncClient, installation: Installation
) -> None:
    await sign_in(client)
    async with installation.database.owner() as connection:
        await connection.execute("UPDATE known_browser SET failed_attempts = $1", LIMITS.most - 1)
    await fail(installation, LIMITS.most * 10)
    assert (await sign_in(client, WRONG)).status_code == 403
    assert (await sign_in(client)).status_code == 403


async def test_a_browser_is_known_for_the_accounts_that_signed_in_with_it_and_for_no_other(
    client: httpx.AsyncClient, installation: Installation, password_hash: str
) -> None:
    other = Email("ada@example.org")
    async with installation.database.session("team") as connection:
        await store.add_account(connection, other, "operator", password_hash)
    await sign_in(client, email=other)
    await fail(installation, LIMITS.most * 10)
    assert (await sign_in(client)).status_code == 403
    await wait_is_over(installation)
    await sign_in(client)
    await fail(installation, LIMITS.most * 10)
    for email in (EMAIL, other):
        assert (await sign_in(client, email=email)).status_code == 303


async def test_a_number_that_somebody_planted_is_worth_nothing_after_the_sign_in(
    client: httpx.AsyncClient, installation: Installation
) -> None:
    await sign_in(client)
    before = client.cookies["team-browser"]
    await sign_in(client)
    assert client.cookies["team-browser"] != before
    async with service_on(installation.settings) as planter:
        planter.cookies.set("team-browser", before, domain="survey.test")
        await fail(installation, LIMITS.most * 10)
        assert (await sign_in(planter)).status_code == 403


async def test_a_browser_is_known_by_a_hash_for_half_a_year_and_no_more_than_ten_of_an_account(
    client: httpx.AsyncClient, installation: Installation
) -> None:
    async with installation.database.owner() as connection:
        for _ in range(2):
            await sign_in(client)
            (known,) = await connection.fetch("SELECT token_sha256, expires_at - now() AS left FROM known_browser")
            assert client.cookies["team-browser"].encode() not in bytes(known["token_sha256"])
            assert timedelta(days=179) < known["left"] <= timedelta(days=180)
        for _ in range(MOST_KNOWN_BROWSERS + 1):
            client.cookies.clear()
            await sign_in(client)
        assert await connection.fetchval("SELECT count(*) FROM known_browser") == MOST_KNOWN_BROWSERS


async def test_a_disabled_accounts_browsers_are_forgotten(
    client: httpx.AsyncClient, installation: Installation
) -> None:
    await sign_in(client)
    await disable_account(installation, EMAIL)
    await add_account(installation, EMAIL, "project-team", PASSWORD)
    await fail(installation, LIMITS.most * 10)
    assert (await sign_in(client)).status_code == 403


async def test_a_flood_of_strangers_keeps_nobody_waiting_who_is_known() -> None:
    hashing = PasswordHashing()
    hashing._verify = lambda _, password: bool(password == "known" or time.sleep(0.2))  # type: ignore[method-assign]
    flood = [asyncio.create_task(hashing.matches("any", None)) for _ in range(MOST_WAITING)]
    await asyncio.sleep(0.01)
    started = time.perf_counter()
    assert await hashing.matches("known", "some hash", is_known=True)
    took = time.perf_counter() - started
    assert not all(task.done() for task in flood)
    await asyncio.gather(*flood)
    assert took < 0.2 * MOST_WAITING / AT_ONCE / 2


@pytest.mark.parametrize("email", [EMAIL, "nobody@example.org"])
async def test_a_planted_cookie_of_any_form_is_a_strangers(client: httpx.AsyncClient, email: str) -> None:
    for planted in ("", "x", "%00", "A" * 3000):
        client.cookies.set("team-browser", planted, domain="survey.test", path="/team")
        assert (await sign_in(client, WRONG, email=email)).status_code == 403


async def fail(installation: Installation, attempts: int) -> None:
    """As if strangers had tried so many wrong passwords just now."""
    async with installation.database.owner() as connection:
        await connection.execute(
            """
            UPDATE account
            SET
                failed_attempts = $1, counted_until = now() + interval '7 days',
                next_attempt_at = CASE WHEN $1 >= 10 THEN now() + interval '1 hour' END
            WHERE email = $2
            """,
            attempts,
            EMAIL,
        )


async def wait_is_over(installation: Installation) -> None:
    async with installation.database.owner() as connection:
        await connection.execute("UPDATE account SET next_attempt_at = now()")


async def failed_once_more(installation: Installation) -> timedelta:
    """One more attempt as soon as one is listened to; how long the next one waits."""
    async with installation.database.owner() as connection:
        await connection.execute("UPDATE account SET next_attempt_at = now() WHERE next_attempt_at IS NOT NULL")
    async with installation.database.session("team") as connection, connection.transaction():
        assert await store.begin_attempt(connection, EMAIL, None, LIMITS)
        waits = await connection.fetchval("SELECT coalesce(next_attempt_at - now(), interval '0') FROM account")
    assert isinstance(waits, timedelta)
    return waits


async def attempted_by_code(installation: Installation, code: WrittenCode) -> bool:
    async with installation.database.session("team") as connection:
        hashed = written_code_sha256(EMAIL, code)
        return await store.begin_attempt_by_recovery_code(connection, EMAIL, hashed, LIMITS) is not None
