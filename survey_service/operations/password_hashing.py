"""Argon2id, off the event loop and never more than three at once: two for strangers, one for those who are known."""

import asyncio
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

from survey_service.errors import Unavailable

PARAMETERS = RFC_9106_LOW_MEMORY  # Argon2id, t=3, 64 MiB, p=4: the second recommendation of RFC 9106 section 4
AT_ONCE = 2  # of strangers; with one that is known 192 MiB at most
MOST_WAITING = 20  # about two seconds of work; more is a flood, and waiting in it helps nobody


class TooManySignIns(Unavailable):
    def __init__(self) -> None:
        super().__init__("Too many people are signing in at once.", remedy="Try again in a few seconds.")


class PasswordHashing:
    """One for each process."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher.from_parameters(PARAMETERS)
        # Compared with when there is no account: an answer takes as long as with one.
        self._nobody = self._hasher.hash(secrets.token_urlsafe())
        self._places = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0
        # A flood from elsewhere keeps nobody waiting who is known.
        self._places_of_the_known = asyncio.Semaphore(1)

    async def hash(self, password: str) -> str:
        async with self._places_of_the_known:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def matches(self, password: str, password_hash: str | None, *, is_known: bool = False) -> bool:
        """Whether it is the password of this hash; takes its time even where there is none.

        is_known: signed in, or in a browser that somebody has signed in with; their few attempts are counted elsewhere.

        Raises: TooManySignIns.
        """
        if is_known:
            async with self._places_of_the_known:
                matched = await asyncio.to_thread(self._verify, password_hash or self._nobody, password)
            return matched and password_hash is not None
        if self._waiting >= MOST_WAITING:
            raise TooManySignIns
        self._waiting += 1
        try:
            async with self._places:
                matched = await asyncio.to_thread(self._verify, password_hash or self._nobody, password)
        finally:
            self._waiting -= 1
        return matched and password_hash is not None

    async def renewed(self, password: str, password_hash: str) -> str:
        """The hash to keep of a password: another one where it was made with other parameters than today's."""
        if self._hasher.check_needs_rehash(password_hash):
            return await self.hash(password)
        return password_hash

    def _verify(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, password)
        except VerificationError:
            return False
