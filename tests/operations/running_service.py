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

START_SECONDS = 30.0


def own_settings(home: Path) -> Settings:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        port = door.getsockname()[1]
    return Settings.read({"SURVEY_DATA_DIR": str(home / "data"), "SURVEY_PORT": str(port)})


@contextmanager
def serving(settings: Settings) -> Iterator["subprocess.Popen[bytes]"]:
    """The service, ready; it is stopped as by Ctrl-C unless it is dead by then."""
    environment = os.environ | {"SURVEY_DATA_DIR": str(settings.data_dir), "SURVEY_PORT": str(settings.port)}
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
