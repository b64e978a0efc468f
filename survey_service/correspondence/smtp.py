"""The door to the mail server: TLS that is verified, one connection, one mail after another at an even pace."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import parseaddr
from pathlib import Path
from types import TracebackType
from typing import Literal, Self
from urllib.parse import parse_qsl, unquote, urlsplit

import aiosmtplib
from msgspec import Struct

from survey_service.errors import Refusal, Unavailable
from survey_service.settings import UnusableSetting

ANSWER_SECONDS = 60.0  # RFC 5321 section 4.5.3.2 allows minutes; a city's own server answers within seconds
PER_MINUTE = 300  # mails; what servers of medium size take from one sender without pushing back
_PORTS = {"smtp": 587, "smtps": 465}
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_PERMANENT = 500  # RFC 5321 section 4.2.1: replies from here on are for good

Outcome = Literal["accepted", "refused", "later", "unclear"]
"""accepted: the server has taken it over. refused: for good. later: not now. unclear: it may have been taken over."""


class MailNotSet(Refusal):
    def __init__(self) -> None:
        super().__init__(
            "No mail server is set.",
            remedy="Set SURVEY_SMTP_URL (smtp://user:password@mail.example.org) and SURVEY_MAIL_FROM.",
        )


class MailServerUnavailable(Unavailable):
    """The mail server does not take mail now."""

    def __init__(self, why: str) -> None:
        super().__init__(
            f"The mail server does not take mail: {why}.",
            remedy="Check SURVEY_SMTP_URL and the server. What has not gone yet waits; repeat, and nothing goes twice.",
        )


class MailServer(Struct, frozen=True, kw_only=True):
    """security: from the first byte (tls), before anything is said (starttls), or none, on this machine only.

    ca: certificates to trust in place of the system's. per_minute: mails at most.
    """

    host: str
    port: int
    security: Literal["tls", "starttls", "none"]
    username: str | None
    password: str | None
    ca: Path | None
    per_minute: int
    sender: str

    @property
    def sender_address(self) -> str:
        return parseaddr(self.sender)[1]

    @property
    def domain(self) -> str:
        return self.sender_address.rpartition("@")[2]


def mail_server(smtp_url: str | None, mail_from: str | None) -> MailServer:
    """Raises: MailNotSet, UnusableSetting (which never quotes the address: it holds a password)."""
    if smtp_url is None or mail_from is None:
        raise MailNotSet
    if "@" not in parseaddr(mail_from)[1] or not mail_from.isprintable():
        raise UnusableSetting("SURVEY_MAIL_FROM is no e-mail address.", remedy="Write it as City <survey@example.org>.")
    wrong = "Write it as smtp://user:password@mail.example.org:587 or smtps://…:465, with ?ca=FILE and ?per_minute=N."
    try:
        parts = urlsplit(smtp_url)
        options = dict(parse_qsl(parts.query, strict_parsing=bool(parts.query)))
        per_minute, ca = int(options.pop("per_minute", PER_MINUTE)), options.pop("ca", None)
        port, host = parts.port or _PORTS[parts.scheme], parts.hostname
    except (ValueError, KeyError):
        raise UnusableSetting("SURVEY_SMTP_URL cannot be read.", remedy=wrong) from None
    if not host or options or per_minute < 1 or parts.path not in ("", "/"):
        raise UnusableSetting("SURVEY_SMTP_URL cannot be read.", remedy=wrong)
    if ca is not None and not Path(ca).is_file():
        raise UnusableSetting(
            f"SURVEY_SMTP_URL names {ca}, which is not there.", remedy="Name a file with certificates."
        )
    # Without TLS only where nothing leaves the machine. Codes and addresses are in these mails.
    plain = parts.scheme == "smtp" and host in _LOOPBACK and parts.username is None and ca is None
    return MailServer(
        host=host,
        port=port,
        security="tls" if parts.scheme == "smtps" else "none" if plain else "starttls",
        username=None if parts.username is None else unquote(parts.username),
        password=None if parts.password is None else unquote(parts.password),
        ca=None if ca is None else Path(ca),
        per_minute=per_minute,
        sender=mail_from,
    )


class MailDoor:
    """One connection to the mail server, opened when entered. Raises: MailServerUnavailable."""

    def __init__(self, server: MailServer) -> None:
        self._server = server
        context = ssl.create_default_context(cafile=server.ca)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        self._client = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            use_tls=server.security == "tls",
            start_tls=server.security == "starttls",
            tls_context=None if server.security == "none" else context,
            username=server.username,
            password=server.password,
            local_hostname=server.domain,
            timeout=ANSWER_SECONDS,
        )
        self._next_at = 0.0

    async def __aenter__(self) -> Self:
        try:
            await self._client.connect()
        except aiosmtplib.SMTPAuthenticationError:
            raise MailServerUnavailable("it does not know the user or the password") from None
        except (aiosmtplib.SMTPException, OSError) as error:
            cause = error.__cause__ or error  # the library's own exceptions say less than what they come from
            if isinstance(cause, ssl.SSLCertVerificationError):
                raise MailServerUnavailable(f"its certificate is not trusted ({cause.verify_message})") from None
            if isinstance(cause, ConnectionRefusedError):
                raise MailServerUnavailable("nothing answers there") from None
            raise MailServerUnavailable(_kind(error)) from None
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        with suppress(aiosmtplib.SMTPException, OSError, asyncio.CancelledError):
            await self._client.quit()
        self._client.close()

    async def hand_over(
        self, message: EmailMessage, recipient: str, *, before: Callable[[], Awaitable[None]] | None = None
    ) -> Outcome:
        """before: awaited right before the mail's content goes, after which an end without an answer is unclear.

        Raises: MailServerUnavailable where the connection ends before that; then nothing went.
        """
        await self._pace()
        content = message.as_bytes(policy=SMTP_POLICY)
        try:
            await self._client.mail(self._server.sender_address)
            await self._client.rcpt(recipient)
        except aiosmtplib.SMTPRecipientRefused as refused:
            await self._reset()
            return _answered(refused.code)
        except (aiosmtplib.SMTPException, OSError) as error:
            raise MailServerUnavailable(_kind(error)) from None
        if before is not None:
            await before()
        try:
            await self._client.data(content)
        except aiosmtplib.SMTPDataError as refused:
            await self._reset()
            return _answered(refused.code)
        except (aiosmtplib.SMTPException, OSError):
            return "unclear"
        return "accepted"

    async def _pace(self) -> None:
        now = asyncio.get_running_loop().time()
        await asyncio.sleep(max(0.0, self._next_at - now))
        self._next_at = max(now, self._next_at) + 60 / self._server.per_minute

    async def _reset(self) -> None:
        try:
            await self._client.rset()
        except (aiosmtplib.SMTPException, OSError):
            return  # the next mail finds out, before it goes


def _answered(code: int) -> Outcome:
    return "refused" if code >= _PERMANENT else "later"


def _kind(error: Exception) -> str:
    """What failed, without the server's words: they may quote an address."""
    code = getattr(error, "code", None)
    return type(error).__name__ if code is None else f"{type(error).__name__}, reply {code}"
