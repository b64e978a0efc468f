"""An account's second factor, as an authenticator app has it."""

import time

import pyotp

from survey_service.domain import second_factor
from survey_service.domain.accounts import Email
from survey_service.domain.second_factor import Secret
from survey_service.operations.installation import Installation
from survey_service.store import team as store

STEP = 30  # seconds


async def give_second_factor(installation: Installation, email: Email) -> Secret:
    """Sets one up without the page; each code of the app is still taken once."""
    secret = second_factor.new_secret()
    async with installation.database.session("team") as connection:
        assert await store.set_second_factor(connection, email, installation.team_key.seal(email, secret), 0)
    return secret


def code_of(secret: str, *, ahead: int = 0) -> str:
    """What the app shows now, or so many steps of half a minute later."""
    return pyotp.TOTP(secret).at(time.time() + ahead * STEP)
