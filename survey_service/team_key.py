"""The key under which second factors lie in the database: a file outside of it, so that a dump holds none that works.

The file that `SURVEY_SECRET_FILE` names, with at least 32 bytes by chance; else `team.key` in the key directory, made when
it is first needed. The key itself is derived from its content (HKDF-SHA256), the secrets are encrypted by AES-256-GCM and
bound to their account, so that nobody who may write the database gives an account the secret of another.
"""

import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from survey_service.errors import Refusal
from survey_service.settings import Settings

FEWEST_BYTES = 32  # of the file
NAME = "team.key"
_NONCE_BYTES = 12  # AES-GCM, NIST SP 800-38D section 8.2
_LABEL = b"survey/v1/second-factor"


class UnusableTeamKey(Refusal):
    """The file with the key is missing, too short, or open to others."""


class SecondFactorUnreadable(Refusal):
    """It was encrypted under another key, or for another account."""

    def __init__(self, email: str) -> None:
        super().__init__(
            f"The second factor of {email} cannot be read with this installation's key.",
            remedy="Put the file of SURVEY_SECRET_FILE back (or team.key in the key directory), or let it be set up anew: "
            f"`survey-service team reset-2fa {email}`.",
        )


class TeamKey:
    def __init__(self, settings: Settings) -> None:
        self._is_named = settings.secret_file is not None
        self._path = settings.secret_file or settings.key_dir / NAME

    def check(self) -> None:
        """Whether second factors can be read and kept. Raises: UnusableTeamKey."""
        if self._is_named or self._path.exists():
            self._key()

    def seal(self, email: str, secret: str) -> bytes:
        """Raises: UnusableTeamKey."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + AESGCM(self._key()).encrypt(nonce, secret.encode("ascii"), email.encode())

    def open(self, email: str, sealed: bytes) -> str:
        """Raises: UnusableTeamKey, SecondFactorUnreadable."""
        nonce, encrypted = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        try:
            return AESGCM(self._key()).decrypt(nonce, encrypted, email.encode()).decode("ascii")
        except InvalidTag:
            raise SecondFactorUnreadable(email) from None

    def _key(self) -> bytes:
        return HKDF(algorithm=SHA256(), length=32, salt=None, info=_LABEL).derive(self._content())

    def _content(self) -> bytes:
        try:
            if not self._is_named and not self._path.exists():
                _make(self._path)
            status = self._path.stat()
            content = self._path.read_bytes()
        except OSError as error:
            raise UnusableTeamKey(
                f"The key of the second factors at {self._path} fails: {error.strerror}.",
                remedy="Put the file back where SURVEY_SECRET_FILE names it. Nothing was changed.",
            ) from error
        if status.st_uid != os.geteuid() or stat.S_IMODE(status.st_mode) & 0o077:
            raise UnusableTeamKey(
                f"{self._path} is open to others (or another account's).",
                remedy=f"Make it yours alone: chown it to this account and `chmod go-rwx {self._path}`.",
            )
        if len(content) < FEWEST_BYTES:
            raise UnusableTeamKey(
                f"{self._path} holds {len(content)} bytes; a key needs {FEWEST_BYTES}.",
                remedy=f"Make one: `head -c {FEWEST_BYTES} /dev/urandom > {self._path}`.",
            )
        return content


def _make(path: Path) -> None:
    """Another process may be making it, too: whoever is first wins, and nobody replaces a key that is there."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}.draft")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(secrets.token_bytes(FEWEST_BYTES))
        file.flush()
        os.fsync(file.fileno())
    with suppress(FileExistsError):
        path.hardlink_to(draft)
    draft.unlink()
    descriptor = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
