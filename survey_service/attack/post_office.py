"""The city's mail server, as the attack has it: it takes every mail, and writes down what mail servers write down."""

import asyncio
import email
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import default

from msgspec import Struct

from survey_service.attack.evidence import StoredRow

LARGEST = 1 << 20  # bytes of a mail
_CODE = re.compile(r"/r/[a-z0-9-]+#([0-9A-Z]{16})")


class Delivered(Struct, frozen=True, kw_only=True):
    """A line of the mail server's log; and the code in the mail, which only the judge looks at. code: none in a reminder."""

    at: datetime
    address: str
    message_id: str
    code: str | None


class Letter(Struct, frozen=True, kw_only=True):
    """A mail that was taken over. code, code_hash: of what was in it; only the judge knows that they belong to it."""

    delivered: Delivered
    code: str
    code_hash: bytes


class Post(Struct, frozen=True, kw_only=True):
    """A round's invitations by mail. letters: in the order in which they went.

    codes: the rows of their codes before anybody took part, in the order in which they were written, as far as that shows.
    """

    letters: tuple[Letter, ...] = ()
    codes: tuple[StoredRow, ...] = ()


class PostOffice:
    """delivered: what was taken over, in that order. url: as for SURVEY_SMTP_URL."""

    def __init__(self) -> None:
        self.delivered: list[Delivered] = []
        self.url = ""

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection (RFC 5321), as far as a client without faults goes."""
        recipient = ""
        writer.write(b"220 mail.test\r\n")
        try:
            while line := await reader.readline():
                verb = line[:4].upper()
                if verb == b"RCPT":
                    recipient = line.decode().partition("<")[2].partition(">")[0]
                elif verb == b"DATA":
                    writer.write(b"354 go on\r\n")
                    self._take(recipient, await reader.readuntil(b"\r\n.\r\n"))
                writer.write(b"221 bye\r\n" if verb == b"QUIT" else b"250 ok\r\n")
                if verb == b"QUIT":
                    return
        finally:
            writer.close()

    def _take(self, recipient: str, content: bytes) -> None:
        mail = email.message_from_bytes(content, _class=EmailMessage, policy=default)
        body = mail.get_body(("plain",))
        found = _CODE.search("" if body is None else body.get_content())
        self.delivered.append(
            Delivered(
                at=datetime.now(UTC),
                address=recipient,
                message_id=str(mail["Message-ID"]),
                code=found[1] if found else None,
            )
        )


@asynccontextmanager
async def post_office() -> AsyncIterator[PostOffice]:
    """On this machine only, at a port that is free."""
    office = PostOffice()
    server = await asyncio.start_server(office.talk, "127.0.0.1", 0, limit=LARGEST)
    office.url = f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}?per_minute=60000"
    try:
        yield office
    finally:
        server.close()
