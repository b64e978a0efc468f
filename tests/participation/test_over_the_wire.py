"""The service as an operator starts it, and bytes that no HTTP library would send."""

import asyncio
import json
import os
import re
import socket
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import httpx
import pytest
from msgspec import Struct

from survey_service.operations.installation import Installation, opened
from tests.conftest import new_round, settings_in
from tests.participation.requests import LARGEST_BODY, Participants, participants_of, problem

SERVICE = Path(sys.executable).with_name("survey-service")
START_SECONDS = 30.0
ANSWER_SECONDS = 10.0
MARK = "MARKED00MARKED00"  # in everything that is sent, and so in no line of the log


class Served(Struct, frozen=True, kw_only=True):
    port: int
    log: Path
    process: asyncio.subprocess.Process
    installation: Installation
    people: Participants

    def written(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")


async def run(log: Path, environment: dict[str, str], *arguments: str) -> asyncio.subprocess.Process:
    with log.open("ab") as file:
        return await asyncio.create_subprocess_exec(SERVICE, *arguments, env=environment, stdout=file, stderr=file)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


async def until_it_lives(client: httpx.AsyncClient, process: asyncio.subprocess.Process) -> None:
    async with asyncio.timeout(START_SECONDS):
        while True:
            assert process.returncode is None
            try:
                if (await client.get("/health/live")).status_code == 200:
                    return
            except httpx.TransportError:
                await asyncio.sleep(0.05)


@pytest.fixture(scope="module")
async def served(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Served]:
    directory = tmp_path_factory.mktemp("served")
    settings, log, port = settings_in(directory), directory / "log", free_port()
    environment = os.environ | {"SURVEY_DATA_DIR": str(settings.data_dir), "SURVEY_PORT": str(port)}
    assert await (await run(log, environment, "migrate")).wait() == 0
    process = await run(log, environment, "serve")
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=30) as client:
            await until_it_lives(client, process)
            async with opened(settings) as installation:
                people = await participants_of(installation, client, await new_round(installation, directory))
                yield Served(port=port, log=log, process=process, installation=installation, people=people)
    finally:
        process.terminate()
        await process.wait()


async def exchange(port: int, pieces: Sequence[bytes], *, leaves: bool = False, pause: float = 0) -> bytes:
    """What comes back until the service closes; b"" where it only closes. leaves: without waiting for an answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause)
        if leaves:
            return b""
        async with asyncio.timeout(ANSWER_SECONDS):
            return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()


def post(path: str, *headers: str) -> bytes:
    lines = [f"POST {path} HTTP/1.1", "Host: survey.test", "Connection: close", "Content-Type: application/json"]
    return "\r\n".join([*lines, *headers, "", ""]).encode()


def read_answer(received: bytes) -> httpx.Response:
    head, _, body = received.partition(b"\r\n\r\n")
    status, *lines = head.decode().split("\r\n")
    headers = [(name, value) for name, _, value in (line.partition(": ") for line in lines)]
    return httpx.Response(int(status.split()[1]), headers=headers, content=body)


ADDRESSES = ("credentials", "responses")


@pytest.mark.parametrize("address", ADDRESSES)
async def test_a_body_announced_too_large_is_refused_before_it_is_sent(served: Served, address: str) -> None:
    head = post(f"{served.people.outside.path}/{address}", f"Content-Length: {10**9}")

    assert problem(read_answer(await exchange(served.port, [head]))) == "too_large"


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("size", [1000, LARGEST_BODY + 1])
async def test_a_body_that_grows_too_large_in_chunks_is_refused(served: Served, address: str, size: int) -> None:
    head = post(f"{served.people.outside.path}/{address}", "Transfer-Encoding: chunked")
    chunk = f"{size:x}\r\n".encode() + MARK.encode().ljust(size) + b"\r\n"
    chunks = [chunk] * (LARGEST_BODY // size + 1)

    assert problem(read_answer(await exchange(served.port, [head, *chunks]))) == "too_large"


async def test_a_slow_body_is_waited_for_and_holds_nobody_up(served: Served) -> None:
    [slow_code, quick_code] = await served.people.codes(2)
    body = json.dumps(served.people.credential_request(slow_code)).encode()
    head = post(served.people.outside.path + "/credentials", f"Content-Length: {len(body)}")
    pieces = [head, *(body[start : start + 60] for start in range(0, len(body), 60))]

    slow = asyncio.create_task(exchange(served.port, pieces, pause=0.1))
    await served.people.outside.take_part(quick_code, {})

    assert not slow.done()
    assert read_answer(await slow).status_code == 200


@pytest.mark.parametrize("sent", [0, 1, 100])
async def test_whoever_leaves_in_the_middle_of_a_body_keeps_their_code(served: Served, sent: int) -> None:
    [code] = await served.people.codes(1)
    body = json.dumps(served.people.credential_request(code)).encode()
    for address in ADDRESSES:
        head = post(f"{served.people.outside.path}/{address}", f"Content-Length: {len(body)}", f"X-Mark: {MARK}")
        await exchange(served.port, [head, body[:sent]], leaves=True)
        head = post(f"{served.people.outside.path}/{address}", "Transfer-Encoding: chunked")
        await exchange(served.port, [head, b"fff\r\n", body[:sent]], leaves=True)

    await served.people.outside.take_part(code, {})

    assert normal(code) not in served.written()


def normal(code: str) -> str:
    return code.replace("-", "")


GET = b"GET /" + MARK.encode() + b" HTTP/1.1\r\nHost: survey.test\r\nConnection: close\r\n"
POST = b"POST /api/rounds/" + MARK.lower().encode() + b"/credentials HTTP/1.1\r\nHost: survey.test\r\n"
NO_HTTP = {
    "words": MARK.encode() + b"\r\n\r\n",
    "only a method": b"GET\r\n\r\n",
    "no version": b"GET /" + MARK.encode() + b"\r\n\r\n",
    "a version of its own": b"GET /" + MARK.encode() + b" HTTP/9.9\r\n\r\n",
    "an old version": b"GET /" + MARK.encode() + b" HTTP/1.0\r\n\r\n",
    "the preface of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a method of its own": GET.replace(b"GET", b"REDEEM") + b"\r\n",
    "NULs": b"\x00" * 1000 + MARK.encode() + b"\r\n\r\n",
    "a TLS greeting": bytes.fromhex("16030100c8010000c40303") + MARK.encode() * 12,
    "bytes beyond ASCII": b"GET /\xff\xfe" + MARK.encode() + b" HTTP/1.1\r\n\r\n",
    "an absolute address": GET.replace(b"GET /", b"GET http://elsewhere.test/") + b"\r\n",
    "an authority": b"CONNECT elsewhere.test:443 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    "a star": b"OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    "a path of a megabyte": GET.replace(b"GET /", b"GET /" + b"a" * 2**20) + b"\r\n",
    "a header of a megabyte": GET + b"X-Mark: " + b"a" * 2**20 + b"\r\n\r\n",
    "ten thousand headers": GET + b"X-Mark: a\r\n" * 10_000 + b"\r\n",
    "a NUL in a header": GET + b"X-Mark: \x00\r\n\r\n",
    "a blank before the colon": GET + b"X-Mark : a\r\n\r\n",
    "a line without a colon": GET + MARK.encode() + b"\r\n\r\n",
    "a folded header": GET + b"X-Mark: a\r\n " + MARK.encode() + b"\r\n\r\n",
    "bare line feeds": b"GET /" + MARK.encode() + b" HTTP/1.1\nHost: x\nConnection: close\n\n",
    "no host": b"GET /" + MARK.encode() + b" HTTP/1.1\r\nConnection: close\r\n\r\n",
    "a negative length": POST + b"Content-Length: -1\r\n\r\n{}",
    "a length that is no number": POST + b"Content-Length: abc\r\n\r\n{}",
    "a length beyond all numbers": POST + b"Content-Length: " + b"9" * 50 + b"\r\n\r\n{}",
    "two lengths": POST + b"Content-Length: 2\r\nContent-Length: 3\r\nConnection: close\r\n\r\n{}",
    "a length and chunks": POST + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a transfer coding of its own": POST + b"Transfer-Encoding: zip\r\nConnection: close\r\n\r\n{}",
    "a chunk of no size": POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n" + MARK.encode() + b"\r\n",
    "a chunk beyond all sizes": POST + b"Transfer-Encoding: chunked\r\n\r\n" + b"F" * 17 + b"\r\n" + MARK.encode(),
    "a chunk longer than it says": POST + b"Transfer-Encoding: chunked\r\n\r\n1\r\n" + MARK.encode() + b"\r\n0\r\n\r\n",
    "another protocol": GET.replace(b"Connection: close", b"Connection: Upgrade, close\r\nUpgrade: " + MARK.encode())
    + b"\r\n",
    "a web socket": b"GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MARKED00MARKED00MARKED==\r\n\r\n",
    "a smuggled request": POST + b"Content-Length: 0\r\n\r\n" + GET + b"\r\n",
}


@pytest.mark.parametrize("what", NO_HTTP)
async def test_what_is_hardly_http_is_refused_or_cut_off(served: Served, what: str) -> None:
    received = await exchange(served.port, [NO_HTTP[what]])

    statuses = [int(status) for status in re.findall(rb"^HTTP/1\.[01] (\d{3})", received, re.MULTILINE)]
    assert all(status == 204 or 400 <= status < 500 for status in statuses)
    assert not re.search(rb"traceback|<html|set-cookie", received, re.IGNORECASE)
    assert MARK.encode() not in received
    assert (await served.people.http.get("/health/live")).status_code == 200


async def test_two_hundred_connections_that_say_nothing_hold_nobody_up(served: Served) -> None:
    silent = [await asyncio.open_connection("127.0.0.1", served.port) for _ in range(200)]
    for _, writer in silent[::2]:
        writer.write(POST + b"Content-Length: 100\r\n\r\n{")
    [code] = await served.people.codes(1)

    await served.people.outside.take_part(code, {})

    for _, writer in silent:
        writer.close()


async def test_after_all_that_the_log_holds_nothing_of_what_was_sent(served: Served) -> None:
    [code] = await served.people.codes(1)
    ballot = await served.people.outside.take_part(code, {"experienced": ["none"]})
    answer = await served.people.http.post("/api/rounds/" + MARK + "/responses?" + MARK, content=MARK * 10)
    assert problem(answer) == "malformed"

    written = served.written()

    assert served.process.returncode is None
    assert normal(code) not in written
    assert ballot.receipt not in written
    assert not any(value in written for value in ballot.body.values())
    # Neither a place in the program nor an address: nothing here was a fault, and nobody's line is kept.
    assert not re.search(rf"{MARK}|Traceback|fault|127\.0\.0\.1:(?!{served.port})", written, re.IGNORECASE)
