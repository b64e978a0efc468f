"""The service as a process of its own, on a loopback port nobody uses."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from survey_service.settings import Settings
from tests.conftest import as_demonstration

START_SECONDS = 30.0


def free_port() -> int:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])


def own_settings(home: Path) -> Settings:
    return as_demonstration(Settings.read({"SURVEY_DATA_DIR": str(home / "data"), "SURVEY_PORT": str(free_port())}))


@contextmanager
def serving(settings: Settings, **more: str) -> Iterator["subprocess.Popen[bytes]"]:
    """The service, ready; it is stopped as by Ctrl-C unless it is dead by then. more: of its environment."""
    environment = os.environ | {"SURVEY_DATA_DIR": str(settings.data_dir), "SURVEY_PORT": str(settings.port)} | more
    service = subprocess.Popen([Path(sys.executable).with_name("survey-service"), "serve"], env=environment)
    try:
        until = time.monotonic() + START_SECONDS
        while not is_ready(settings):
            if service.poll() is not None or time.monotonic() > until:
                raise RuntimeError("the service does not start")
            time.sleep(0.05)
        yield service
    finally:
        if service.poll() is None:
            service.send_signal(signal.SIGINT)
        service.wait(timeout=START_SECONDS)


def is_ready(settings: Settings) -> bool:
    try:
        return httpx.get(f"{settings.base_url}/health/ready", trust_env=False).status_code == 200
    except httpx.TransportError:
        return False
