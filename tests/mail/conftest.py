"""A real mail server on a loopback port: with TLS or without, asking for a password or not, failing where it is told to."""

import asyncio
import datetime as dt
import email
import re
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.policy import default
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Literal

import msgspec
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from survey_service.operations.installation import Installation
from survey_service.settings import Settings
from tests.conftest import migrated, settings_in

LINK = re.compile(r"http://survey\.test/r/([a-z0-9-]+)#([0-9A-Z]{16})")
USER, PASSWORD = "survey", "not secret at all"


class MailBox:
    """What came in, and how the server behaves. Each of the sets names addresses."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, EmailMessage]] = []
        self.connections = 0
        self.refuses: set[str] = set()
        self.says_later: set[str] = set()
        self.cuts_before: set[str] = set()  # takes nothing over, and leaves without an answer
        self.cuts_after: set[str] = set()  # takes it over, and leaves without an answer
        self.before_the_cut: set[str] = set()
        self.on_mail: Callable[[int], None] = lambda _: None

    async def handle_EHLO(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        del server, envelope
        session.host_name = hostname
        self.connections += 1
        return responses

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        del server, session, options
        if address in self.refuses:
            return "550 5.1.1 nobody here by the name of " + address
        if address in self.says_later:
            return "451 4.7.1 try again later, " + address
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        del session
        (address,) = envelope.rcpt_tos
        if address in self.cuts_before:
            self.cuts_before.discard(address)
            self.before_the_cut = {address for address, _ in self.messages}
            return await leave(server)
        content = envelope.original_content or b""
        self.messages.append((address, email.message_from_bytes(content, policy=default)))  # type: ignore[arg-type]
        self.on_mail(len(self.messages))
        if address in self.cuts_after:
            self.cuts_after.discard(address)
            return await leave(server)
        return "250 OK"

    def codes(self) -> list[tuple[str, str]]:
        """Address and code of each invitation, in the order they came."""
        return [(address, code_in(message)) for address, message in self.messages]


async def leave(server: SMTP) -> str:
    assert server.transport is not None
    server.transport.abort()
    await asyncio.sleep(3600)
    return ""


def text_of(message: EmailMessage, subtype: str = "plain") -> str:
    body = message.get_body((subtype,))
    assert body is not None
    return str(body.get_content())


def code_in(message: EmailMessage) -> str:
    found = LINK.search(text_of(message))
    assert found
    return found[2]


def certificate(directory: Path, host: str = "127.0.0.1") -> tuple[Path, Path]:
    """A certificate that nobody but the test trusts, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.test")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(host))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = directory / f"{host}.pem", directory / f"{host}.key"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return paths


@contextmanager
def mail_server(
    box: MailBox, *, security: Literal["tls", "starttls", "none"] = "none", pair: tuple[Path, Path] | None = None
) -> Iterator[str]:
    """Yields the address of the server, as for SURVEY_SMTP_URL; one with TLS asks for a password."""
    options: dict[str, Any] = {}
    if pair is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*pair)
        options = {"auth_required": True, "authenticator": known, "auth_require_tls": security == "starttls"}
        if security == "tls":
            options["ssl_context"] = context
        else:
            options |= {"tls_context": context, "require_starttls": True}
    controller = Controller(box, hostname="127.0.0.1", port=0, **options)

    def knock() -> None:  # the controller waits for a first connection, and with port 0 cannot know where
        assert controller.server is not None
        socket.create_connection(controller.server.sockets[0].getsockname()).close()

    controller._trigger_server = knock  # type: ignore[method-assign]
    controller.start()
    try:
        assert controller.server is not None
        port = controller.server.sockets[0].getsockname()[1]
        scheme = "smtps" if security == "tls" else "smtp"
        who = "" if pair is None else f"{USER}:{PASSWORD.replace(' ', '%20')}@"
        query = "per_minute=60000" + ("" if pair is None else f"&ca={pair[0]}")
        yield f"{scheme}://{who}127.0.0.1:{port}?{query}"
    finally:
        controller.stop()


def known(server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: object) -> AuthResult:
    del server, session, envelope, mechanism
    is_right = isinstance(given, LoginPassword) and given == LoginPassword(USER.encode(), PASSWORD.encode())
    return AuthResult(success=is_right, handled=False)


@pytest.fixture
def box() -> MailBox:
    return MailBox()


@pytest.fixture
def smtp_url(box: MailBox) -> Iterator[str]:
    with mail_server(box) as url:
        yield url


@pytest.fixture
def posting(installation: Installation, smtp_url: str, tmp_path: Path) -> Installation:
    """The installation of the run, with this mail server and a spool of its own."""
    return with_mail(installation, smtp_url, tmp_path / "spool")


def with_mail(installation: Installation, smtp_url: str, spool: Path) -> Installation:
    settings = mail_settings(installation.settings, smtp_url, spool)
    return Installation(settings, installation.database)


def mail_settings(settings: Settings, smtp_url: str, spool: Path) -> Settings:
    return msgspec.structs.replace(
        settings, smtp_url=smtp_url, mail_from="City of Example <survey@city.example>", spool_dir=spool
    )


@pytest.fixture
async def own_posting(smtp_url: str, tmp_path: Path) -> AsyncIterator[Installation]:
    """An installation of its own, for those who look inside."""
    settings = mail_settings(settings_in(tmp_path), smtp_url, tmp_path / "spool")
    async with migrated(settings) as installation:
        yield installation


def addresses(count: int) -> list[str]:
    return [f"person-{number}@city.example" for number in range(count)]
