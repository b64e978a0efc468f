"""A piece of network on loopback that can be cut, fall silent, or lead to several services in turn."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Connect = Callable[[], Awaitable[Ends]]

_CHUNK = 64 * 1024  # bytes


class Wire:
    """Takes TCP connections and leads each of them to the next of `targets` that answers."""

    def __init__(self, targets: Sequence[Connect]) -> None:
        self.port = 0
        self._targets = list(targets)
        self._turn = 0
        self._is_cut = False
        self._flows = asyncio.Event()
        self._flows.set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._silent: set[asyncio.StreamWriter] = set()
        self._carrying: set[asyncio.Future[list[None]]] = set()

    def cut(self) -> None:
        """Breaks every connection and takes no new one."""
        self._is_cut = True
        self._break(self._writers)

    def fall_silent(self) -> None:
        """From now on nothing of what is connected arrives, and nobody is told; new connections work.

        As behind a firewall that has lost its memory.
        """
        self._silent |= self._writers

    def halt(self) -> None:
        """Holds everything back, until it is mended."""
        self._flows.clear()

    def mend(self) -> None:
        self._is_cut = False
        self._flows.set()
        self._break(self._silent)
        self._silent.clear()

    @asynccontextmanager
    async def open(self) -> AsyncIterator["Wire"]:
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0, backlog=512)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            self._flows.set()
            self._break(self._writers)
            await asyncio.gather(*self._carrying, return_exceptions=True)

    def _break(self, writers: set[asyncio.StreamWriter]) -> None:
        for writer in tuple(writers):
            writer.transport.abort()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far = None if self._is_cut else await self._far()
        if far is None:
            writer.transport.abort()
            return
        there, away = far
        both = {writer, away}
        self._writers |= both
        carrying = asyncio.gather(self._carry(reader, away, writer), self._carry(there, writer, away))
        self._carrying.add(carrying)
        try:
            await carrying
        finally:
            self._carrying.discard(carrying)
            self._writers -= both
            self._break(both)

    async def _far(self) -> Ends | None:
        for _ in self._targets:
            self._turn += 1
            with contextlib.suppress(OSError):
                return await self._targets[self._turn % len(self._targets)]()
        return None

    async def _carry(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, near: asyncio.StreamWriter
    ) -> None:
        with contextlib.suppress(OSError):
            while chunk := await reader.read(_CHUNK):
                await self._flows.wait()
                if writer in self._silent:
                    continue
                writer.write(chunk)
                await writer.drain()
        if writer not in self._silent:
            writer.transport.abort()
            near.transport.abort()


def to_port(port: int) -> Connect:
    return lambda: asyncio.open_connection("127.0.0.1", port)


def to_socket(path: str) -> Connect:
    return lambda: asyncio.open_unix_connection(path)
