"""A Chromium: the one named, the one on the path, or one that is installed now. Never none."""

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class NoBrowser(Exception):
    """No Chromium is here and none can be installed: set CHROMIUM_PATH to one."""


def chromium() -> str | None:
    """The path of a Chromium; None means the one that Playwright has installed for itself.

    Raises: NoBrowser.
    """
    if named := os.environ.get("CHROMIUM_PATH"):
        return named
    if found := _on_path():
        return found
    if _installs([sys.executable, "-m", "playwright", "install", "chromium"]):
        return None
    if os.geteuid() == 0 and shutil.which("apt-get"):
        _installs(["apt-get", "update"])
        if _installs(["apt-get", "install", "--yes", "--no-install-recommends", "chromium"]) and (found := _on_path()):
            return found
    raise NoBrowser(NoBrowser.__doc__)


def _on_path() -> str | None:
    return next((found for name in NAMES if (found := shutil.which(name))), None)


def _installs(command: list[str]) -> bool:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    return subprocess.run(command, env=environment, capture_output=True, check=False).returncode == 0
