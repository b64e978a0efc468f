"""One account of the project team, and people who sign in to it over the service's own door."""

import re
from collections.abc import AsyncIterator

import httpx
import pytest
from argon2 import PasswordHasher

from survey_service.domain.accounts import Email
from survey_service.operations.installation import Installation
from survey_service.operations.password_hashing import PARAMETERS
from survey_service.store import team as store

EMAIL = Email("kim@example.org")
PASSWORD = "vier worte ohne sinn"
OWN = {"sec-fetch-site": "same-origin"}
CSRF = re.compile(r'name="csrf" value="([0-9a-f]{64})"')


@pytest.fixture(scope="session")
def password_hash() -> str:
    return PasswordHasher.from_parameters(PARAMETERS).hash(PASSWORD)


@pytest.fixture(autouse=True)
async def account(installation: Installation, password_hash: str) -> AsyncIterator[None]:
    await forget_accounts(installation)  # of other tests that share the installation
    async with installation.database.session("team") as connection:
        await store.add_account(connection, EMAIL, "project-team", password_hash)
    yield
    await forget_accounts(installation)


async def forget_accounts(installation: Installation) -> None:
    async with installation.database.owner() as connection:
        for table in ("session", "recovery_code", "known_browser", "account_invitation", "stand_in"):
            await connection.execute(f"DELETE FROM {table}")
        await connection.execute("DELETE FROM account")


async def sign_in(client: httpx.AsyncClient, password: str = PASSWORD, **form: str) -> httpx.Response:
    return await client.post("/team/sign-in", data={"email": EMAIL, "password": password} | form, headers=OWN)


async def csrf_of(client: httpx.AsyncClient) -> str:
    found = CSRF.search((await client.get("/team/")).text)
    assert found
    return found[1]
