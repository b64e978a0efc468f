"""`python -m tests.faults.full_disk DIRECTORY`: a service on a disk that fills up under load.

It mounts a small disk of its own on the directory, which needs a name space where that is allowed: `command_prefix`.
"""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

from tests.faults.stage import Stage, staged

DISK = "500m"  # the database and its log of changes fill a fifth of it
PEOPLE = 1500  # more than come
LEFT = 24 * 1024  # bytes; a few pages, so that the first answers already find no room

_IN_A_NAME_SPACE = ("unshare", "--user", "--map-root-user", "--mount")


class NoSmallDisk(Exception):
    """Neither this account nor a name space of its own may mount a disk in memory, so the test cannot be made."""


def command_prefix() -> tuple[str, ...]:
    """What a command that mounts has to be started with. Raises: NoSmallDisk."""
    for prefix in ((), _IN_A_NAME_SPACE) if os.geteuid() == 0 else (_IN_A_NAME_SPACE,):
        tried = subprocess.run(
            [*prefix, "unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"], capture_output=True, check=False
        )
        if tried.returncode == 0:
            return (*prefix, "unshare", "--mount")
    raise NoSmallDisk


async def fill_and_empty(directory: Path) -> None:
    async with staged(directory, PEOPLE) as (stage, codes):
        crowd = asyncio.create_task(stage.crowd(codes))
        await stage.some_more()
        ballast = directory / "data" / "ballast"
        _fill(ballast)
        print(await stage.told("Its disk is full. Make room there"))
        await stage.nothing_lost()
        ballast.unlink()
        await back_in_service(stage)
        for _ in codes:
            pass  # nobody else comes
        await crowd
        await stage.nothing_lost()


def _fill(ballast: Path) -> None:
    with ballast.open("wb", buffering=0) as file:
        while True:
            free = os.statvfs(ballast)
            size = free.f_bavail * free.f_frsize - LEFT
            if size <= 0:
                return
            file.write(bytes(min(size, 1024 * 1024)))


async def back_in_service(stage: Stage) -> None:
    if stage.postgres.postmaster() is None:  # it may have given up rather than go on without its log of changes
        await asyncio.to_thread(stage.postgres.revive)
    await stage.some_more()
    await stage.all_ready()
    await stage.nothing_lost()


def main() -> None:
    directory = Path(sys.argv[1])
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", directory], check=True)
    asyncio.run(fill_and_empty(directory))


if __name__ == "__main__":
    main()
