"""Whether the service can do its work now: database, keys, room on the disk. Each answer names its remedy."""

import os
import shutil
from datetime import timedelta
from pathlib import Path

from msgspec import Struct

from survey_service.domain.rounds import RoundId
from survey_service.errors import Refusal
from survey_service.operations.installation import Installation
from survey_service.store import rounds as store
from survey_service.store.migrate import is_current

TO_TAKE_ANSWERS: dict[str, tuple[str, ...]] = {"scheduled": ("credential",), "open": ("credential",)}
SOON = timedelta(hours=1)
"""A round that opens later keeps no replica from its work: an hour is enough to bring a key, and whoever copies keys by a
nightly job does not take all replicas out of service when a round is planned."""

TO_GO_ON: dict[str, tuple[str, ...]] = {
    "scheduled": ("credential", "sealing"),
    "open": ("sealing",),
    "closed": ("sealing",),
    "unsealed": ("storage",),
    "released": ("storage",),
}
"""The keys that a round will need, by its state. A replica that only takes answers does without those of the unsealing."""

LEAST_ROOM = 200 * 1024 * 1024  # bytes; a round of 100,000 sealed responses takes about twice that in the database


class Finding(Struct, frozen=True, kw_only=True):
    """name: what was looked at. is_ok: whether it holds. detail: what is wrong, and the remedy."""

    name: str
    is_ok: bool
    detail: str = ""


async def readiness(installation: Installation) -> tuple[Finding, ...]:
    """The findings that decide whether the service takes answers now. Names rounds and remedies, never a path."""
    keys = await _keys(installation, "keys", TO_TAKE_ANSWERS, within=SOON)
    return (await _database(installation), keys, _room(installation))


async def later_keys(installation: Installation) -> Finding:
    """Whether the keys are here with which rounds will open, be unsealed and be tabulated."""
    return await _keys(installation, "later keys", TO_GO_ON)


async def _database(installation: Installation) -> Finding:
    if installation.database.was_full:
        return Finding(
            name="database",
            is_ok=False,
            detail="Its disk is full. Make room there; nothing that was acknowledged is lost.",
        )
    try:
        async with installation.database.session("participation") as connection:
            if await is_current(connection):
                return Finding(name="database", is_ok=True)
    except Refusal as refusal:
        return Finding(name="database", is_ok=False, detail=str(refusal))
    return Finding(name="database", is_ok=False, detail="It is not of this version. Run `survey-service migrate`.")


async def _keys(
    installation: Installation, name: str, wanted: dict[str, tuple[str, ...]], *, within: timedelta = timedelta.max
) -> Finding:
    """within: of how soon rounds have to open, to be asked about."""
    try:
        installation.keys.check()
        async with installation.database.session("participation") as connection:
            rounds = await store.list_rounds(connection)
            now = await store.read_clock(connection)
    except Refusal as refusal:
        return Finding(name=name, is_ok=False, detail=refusal.reason)
    missing = [
        f"{entry.round_id} ({', '.join(gone)})"
        for entry in rounds
        if entry.opens_at - now <= within
        and (gone := _missing(installation, entry.round_id, wanted.get(entry.state, ())))
    ]
    if not missing:
        return Finding(name=name, is_ok=True)
    return Finding(
        name=name,
        is_ok=False,
        detail=f"Keys are missing: {'; '.join(missing)}. Put the second copy of the key files back.",
    )


def _missing(installation: Installation, round_id: RoundId, wanted: tuple[str, ...]) -> list[str]:
    return [name for name in wanted if not installation.keys.path(round_id, name).is_file()]


def _room(installation: Installation) -> Finding:
    places = [installation.settings.key_dir]
    if installation.settings.database_url is None:
        places.append(installation.settings.data_dir)
    for place in places:
        if shutil.disk_usage(_existing(place)).free < LEAST_ROOM or not os.access(_existing(place), os.W_OK):
            return Finding(
                name="disk", is_ok=False, detail="The disk is nearly full or not writable. Make room; nothing was lost."
            )
    return Finding(name="disk", is_ok=True)


def _existing(path: Path) -> Path:
    while not path.exists():
        path = path.parent
    return path
