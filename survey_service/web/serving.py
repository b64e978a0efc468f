"""The doors of the service and the processes behind them."""

import fcntl
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import uvicorn
from uvicorn.supervisors import Multiprocess

from survey_service.errors import Refusal
from survey_service.settings import Settings

FINISH_SECONDS = 10  # for requests under way, once the door is closed; what still runs then is broken off
START_SECONDS = 60  # after which a worker that has not answered yet is started anew; a busy machine is slow to start
BACKLOG = 2048  # connections that wait for their turn


class DoorTaken(Refusal):
    def __init__(self, host: str, port: int, error: OSError) -> None:
        super().__init__(
            f"The service cannot listen on {host}, port {port}: {error.strerror}.",
            remedy="Stop what listens there, or give another host or port (docs/operating.md).",
        )


class NotAlone(Refusal):
    def __init__(self, data_dir: Path) -> None:
        super().__init__(
            f"Another `serve` uses the embedded database in {data_dir}.",
            remedy="Stop it, or give this one more processes with --workers. Several replicas need a PostgreSQL server of "
            "their own: set SURVEY_DATABASE_URL (docs/operating.md).",
        )


def serve(settings: Settings, *, host: str, port: int, workers: int) -> None:
    """Answers until the process is told to stop. Every worker answers at every door. Raises: DoorTaken, NotAlone."""
    config = uvicorn.Config(
        "survey_service.web.app:served",
        factory=True,
        workers=workers,
        access_log=False,  # an access log has addresses and times
        log_config=None,  # our own log takes what the server has to say, and no more of it than is safe
        log_level="error",  # a warning for each request that is no HTTP would tell when somebody came
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=settings.trusted_proxies,
        timeout_graceful_shutdown=FINISH_SECONDS,
        timeout_worker_healthcheck=START_SECONDS,
        backlog=BACKLOG,
    )
    wanted = [(host, port)] if settings.metrics_door is None else [(host, port), settings.metrics_door]
    with ExitStack() as stack:
        if settings.database_url is None:
            stack.enter_context(_alone(settings.data_dir))
        doors = [stack.enter_context(_door(*each)) for each in wanted]
        if workers > 1:
            _Workers(config, sockets=doors).run()
        else:
            with suppress(KeyboardInterrupt):  # Ctrl-C is how it is meant to end
                uvicorn.Server(config).run(sockets=doors)


class _Workers(Multiprocess):
    def terminate_all(self) -> None:
        super().terminate_all()
        # A door that stays open here would take people in whom no worker answers any more.
        for door in self.sockets:
            door.close()


@contextmanager
def _alone(data_dir: Path) -> Iterator[None]:
    """The embedded database stands behind one service: on a shared disk, two machines would each start a server on it."""
    with (data_dir / "serve.lock").open("ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise NotAlone(data_dir) from None
        yield


@contextmanager
def _door(host: str, port: int) -> Iterator[socket.socket]:
    """Opened before any worker is there, so that a taken port is said once and in words."""
    try:
        family, *_ = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        door = socket.socket(family)
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            door.bind((host, port))
        except OSError:
            door.close()
            raise
    except OSError as error:
        raise DoorTaken(host, port, error) from error
    with door:
        yield door
