"""Two replicas behind a proxy without sticky sessions, their PostgreSQL beyond a network, and a crowd that takes part."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from urllib.parse import quote

import httpx

from survey_service.domain.rounds import Round
from survey_service.operations.installation import Installation
from survey_service.operations.invite import invite
from survey_service.operations.participate import Client
from survey_service.settings import Settings
from survey_service.store.embedded import EmbeddedPostgres
from tests.conftest import migrated, new_round
from tests.faults.wires import Wire, to_port, to_socket
from tests.operations.running_service import free_port

REPLICAS = 2
CROWD = 6  # people at once
AT_REST_SECONDS = 90.0  # until a service that was hurt is itself again, on a busy machine
REQUESTS_BETWEEN = 12  # participations that have to succeed after a fault

PROGRAM = Path(sys.executable).with_name("survey-service")


class Replica:
    """One `survey-service serve` as a process of its own."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        self.port = free_port()
        self._environment = environment | {"SURVEY_PORT": str(self.port)}
        self.log = log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [PROGRAM, "serve"], env=self._environment, stdout=log, stderr=log, start_new_session=True
            )

    def end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(timeout=AT_REST_SECONDS)
            self._process = None

    async def ready(self) -> httpx.Response | None:
        """What it says of itself; None where it does not answer."""
        try:
            async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
                return await client.get(f"http://127.0.0.1:{self.port}/health/ready")
        except httpx.TransportError:
            return None


class Stage:
    """See `staged`. receipts: of everyone who was told that their response is in the ballot box."""

    def __init__(
        self, installation: Installation, found: Round, network: Wire, front: Wire, replicas: list[Replica]
    ) -> None:
        self.installation = installation
        self.round = found
        self.network = network
        self.front = front
        self.replicas = replicas
        self.postgres = EmbeddedPostgres(installation.settings.data_dir / "postgres")
        self.receipts: list[str] = []
        self.begun = 0
        self.failures: list[str] = []

    async def crowd(self, codes: Iterator[str]) -> None:
        """People who come one after the other, `CROWD` at a time, until the codes are spent."""
        await asyncio.gather(*(self._one_after_another(codes) for _ in range(CROWD)))

    async def _one_after_another(self, codes: Iterator[str]) -> None:
        url = f"http://127.0.0.1:{self.front.port}"
        async with Client(url, self.round.round_id) as client:
            terms = await client.terms()
            questionnaire = await client.questionnaire(terms)
        for code in codes:
            self.begun += 1
            async with Client(url, self.round.round_id) as client:  # a new connection: whichever replica has its turn
                try:
                    self.receipts.append(await client.participate(terms, questionnaire, code, {"witnessed": ["none"]}))
                except Exception as failure:  # noqa: BLE001 - whatever it is, the test names it
                    self.failures.append(repr(failure))

    def kill_the_database(self) -> None:
        postmaster = self.postgres.postmaster()
        if postmaster is None:
            raise RuntimeError("there is no database to kill")
        os.kill(postmaster.pid, signal.SIGKILL)

    async def some_more(self, people: int = REQUESTS_BETWEEN) -> None:
        """Until so many more have their receipts."""
        wanted = len(self.receipts) + people
        await self.until(lambda: len(self.receipts) >= wanted)

    async def until(self, holds: Callable[[], bool]) -> None:
        until = time.monotonic() + AT_REST_SECONDS
        while not holds():
            if self.failures or time.monotonic() > until:
                raise AssertionError(f"the service does not come back: {self.failures or 'nobody gets a receipt'}")
            await asyncio.sleep(0.02)

    async def all_ready(self) -> None:
        """Until every replica says that it can do its work."""
        for replica in self.replicas:
            until = time.monotonic() + AT_REST_SECONDS
            while (told := await replica.ready()) is None or told.status_code != 200:
                if time.monotonic() > until:
                    raise AssertionError(f"a replica does not come back: {told and told.text}")
                await asyncio.sleep(0.1)

    async def told(self, words: str) -> str:
        """Until a replica says so of itself, with status 503; everything that it says then."""
        until = time.monotonic() + AT_REST_SECONDS
        while True:
            for replica in self.replicas:
                answer = await replica.ready()
                if answer is not None and answer.status_code == 503 and words in answer.text:
                    return answer.text
            if time.monotonic() > until:
                raise AssertionError(f"no replica says {words!r}")
            await asyncio.sleep(0.05)

    async def nothing_lost(self) -> None:
        """Every acknowledged receipt is in the ballot box, and no code or serial counts twice."""
        acknowledged = {bytes.fromhex(receipt) for receipt in list(self.receipts)}
        async with self.installation.database.owner() as connection:
            rows = await connection.fetch("SELECT receipt FROM ballot WHERE round_id = $1", self.round.round_id)
            redeemed = await connection.fetchval(
                "SELECT count(*) FROM invitation WHERE round_id = $1 AND blinded_hash IS NOT NULL", self.round.round_id
            )
        box = [row["receipt"] for row in rows]
        assert len(acknowledged) == len(set(box) & acknowledged), "an acknowledged receipt is not in the ballot box"
        assert len(set(box)) == len(box) <= redeemed <= self.begun, "something counts twice"
        assert self.failures == []


@asynccontextmanager
async def staged(home: Path, people: int) -> AsyncIterator[tuple[Stage, Iterator[str]]]:
    """The stage, ready, and an invitation code for each of so many people."""
    settings = Settings.read({"SURVEY_DATA_DIR": str(home / "data")})
    async with AsyncExitStack() as stack:
        installation = await stack.enter_async_context(migrated(settings))
        found = await new_round(installation, home, roster_size=people)
        codes = iter([invitation.code for invitation in await invite(installation, found.round_id, people)])
        server = EmbeddedPostgres(settings.data_dir / "postgres").parameters()
        network = await stack.enter_async_context(Wire([to_socket(f"{server.host}/.s.PGSQL.{server.port}")]).open())
        environment = os.environ | {
            "SURVEY_DATABASE_URL": f"postgresql://{quote(server.user)}:{quote(server.password)}"
            f"@127.0.0.1:{network.port}/{server.database}?sslmode=disable",
            "SURVEY_DATA_DIR": str(home / "replicas"),
            "SURVEY_KEY_DIR": str(settings.key_dir),
            "SURVEY_LEAVE_SECONDS": "0",
        }
        replicas = [Replica(environment, home / f"replica-{number}.log") for number in range(REPLICAS)]
        front = await stack.enter_async_context(Wire([to_port(replica.port) for replica in replicas]).open())
        stage = Stage(installation, found, network, front, replicas)
        for replica in replicas:
            replica.start()
            stack.callback(replica.end, signal.SIGINT)
        await stage.all_ready()
        yield stage, codes
