"""Brings a backup back, and makes true what happened after it: in one transaction, before anyone is served.

A backup knows less than has happened. Codes it holds as unused may have been used since; keys may have been destroyed,
and retentions have ended. So codes of every round that may have opened are void, what is to be erased is not written
back at all, and a round whose key is gone ends. What decides is the key directory as it is now, and the clock.
"""

import asyncio
from collections.abc import Callable, Collection
from datetime import datetime
from pathlib import Path

from msgspec import Struct

from survey_service.custody import KeyName
from survey_service.domain.backups import UNREADABLE_BY_FATE, AppliedMigration, Entry, Fate, fate, missing_keys
from survey_service.domain.rounds import RoundId
from survey_service.errors import Refusal
from survey_service.operations.back_up import OnPart
from survey_service.operations.backup_file import BackupFile, UnusableBackup, opened_backup
from survey_service.operations.erase_round import NEVER_OPENED
from survey_service.operations.installation import Installation
from survey_service.operations.unseal_round import destroy_keys
from survey_service.store import audit_log, copies
from survey_service.store import rounds as store
from survey_service.store.copies import OwnersConnection
from survey_service.store.migrate import Migration, migrations

KEYS_GONE = "its keys were destroyed after the backup that was restored"
KEYS: tuple[KeyName, ...] = ("credential", "sealing", "storage")


class ServiceIsRunning(Refusal):
    def __init__(self, sessions: int) -> None:
        super().__init__(
            f"The service is connected to this database ({sessions} connections).",
            remedy="Stop every replica, restore, and start them again. Nothing was changed.",
        )


class DatabaseInUse(Refusal):
    def __init__(self) -> None:
        super().__init__(
            "This database holds surveys or accounts already.",
            remedy="Write a backup of it, then repeat with --replace: what it holds now will be gone. Nothing was changed.",
        )


class KeysMissing(Refusal):
    """Keys that the rounds of the backup would need: lost, or destroyed since. Only people know which."""

    def __init__(self, missing: dict[RoundId, tuple[str, ...]]) -> None:
        named = "; ".join(f"{round_id} ({', '.join(names)})" for round_id, names in missing.items())
        super().__init__(
            f"The key directory lacks keys that the backup's rounds need: {named}.",
            remedy="Put the second copy back where they were lost. Where they were destroyed after the backup, because a round"
            " was closed, unsealed or erased, repeat with --keys-gone: these rounds end. Nothing was changed.",
        )


class OtherVersion(Refusal):
    def __init__(self, name: str) -> None:
        super().__init__(
            f"The backup was written by another version: this one does not know {name}.",
            remedy="Restore it with the version that wrote it, or a later one. Nothing was changed.",
        )


class Restored(Struct, frozen=True, kw_only=True):
    """fates: of the rounds that are not as they were. site_files: written back; site_files_in_the_way: left alone."""

    made_at: datetime
    sha256: str
    rounds: int
    fates: dict[RoundId, Fate]
    migrated: tuple[str, ...]
    unknown_keys: tuple[str, ...]
    site_files: tuple[str, ...]
    site_files_in_the_way: tuple[str, ...]


class Wishes(Struct, frozen=True, kw_only=True):
    """replace: the database may hold something, which goes. keys_gone: missing keys were destroyed, not lost.

    never_opened: rounds that were to open later, and that somebody vouches were not opened early after the backup.
    """

    replace: bool = False
    keys_gone: bool = False
    never_opened: Collection[str] = ()


def check_backup(path: Path, on_part: OnPart = lambda _: None) -> BackupFile:
    """Looks at a backup without a database. Raises: UnusableBackup, OtherVersion."""
    with opened_backup(path) as backup:
        backup.check(on_part)
        _known_migrations(backup.manifest.migrations)
        return backup


async def restore(
    installation: Installation, path: Path, wishes: Wishes, on_part: Callable[[str], None] = lambda _: None
) -> Restored:
    """Everything or nothing; a crash on the way leaves the database as it was.

    Raises: UnusableBackup, OtherVersion, ServiceIsRunning, DatabaseInUse, KeysMissing; SpoolBusy, SpoolFailed and
        UnsafeSpool once the database is restored: a second restore clears the spool, too.
    """
    with opened_backup(path) as backup:
        await asyncio.to_thread(backup.check, on_part)
        known = _known_migrations(backup.manifest.migrations)
        async with copies.replacement(installation.database) as connection:
            if sessions := await copies.count_other_sessions(connection):
                raise ServiceIsRunning(sessions)
            if not wishes.replace and await copies.holds_anything(connection):
                raise DatabaseInUse
            await copies.make_anew(connection, known)
            fates = await _load(installation, connection, backup, wishes, on_part)
            await copies.bring_forward(connection)
            for round_id, what in fates.items():
                await _settle(installation, connection, round_id, what)
            await audit_log.append(connection, installation.actor, "backup-restored", sha256=backup.sha256)
        _clear_spool(installation, fates)
        written, in_the_way = _write_site_files(installation, backup)
    return Restored(
        made_at=backup.manifest.made_at,
        sha256=backup.sha256,
        rounds=len(fates),
        fates={round_id: what for round_id, what in fates.items() if what != "kept"},
        migrated=tuple(migration.name for migration in migrations()[len(known) :]),
        unknown_keys=tuple(sorted(set(installation.keys.rounds()) - set(fates))),
        site_files=written,
        site_files_in_the_way=in_the_way,
    )


def _known_migrations(applied: tuple[AppliedMigration, ...]) -> tuple[Migration, ...]:
    ours = {migration.number: migration for migration in migrations()}
    for one in applied:
        if one.number not in ours or ours[one.number].sha256.hex() != one.sha256:
            raise OtherVersion(one.name)
    return migrations()[: len(applied)]


async def _load(
    installation: Installation, connection: OwnersConnection, backup: BackupFile, wishes: Wishes, on_part: OnPart
) -> dict[RoundId, Fate]:
    """Writes back what may be; returns what becomes of each round."""
    by_table: dict[str, list[Entry]] = {}
    for entry in backup.manifest.entries:
        if entry.table is not None:
            by_table.setdefault(entry.table, []).append(entry)
    fates: dict[RoundId, Fate] = {}
    for table in await copies.tables(connection):
        for entry in by_table.get(table.name, []):
            what = "kept" if entry.round_id is None else fates[RoundId(entry.round_id)]
            if table.name not in UNREADABLE_BY_FATE.get(what, frozenset()):
                with backup.open(entry) as file:
                    if await copies.copy_in(connection, entry, file) != entry.rows:
                        raise UnusableBackup(Path(entry.name), "it has other rows than it says")
            on_part(entry.name)
        if table.name == "round":
            fates = await _fates(installation, connection, wishes)
    return fates


async def _fates(installation: Installation, connection: OwnersConnection, wishes: Wishes) -> dict[RoundId, Fate]:
    found = await copies.rounds(connection)
    now = await store.read_clock(connection)
    keys = {each.round_id: _keys(installation, each.round_id) for each in found}
    missing = {each.round_id: gone for each in found if (gone := missing_keys(each, keys[each.round_id], now))}
    if missing and not wishes.keys_gone:
        raise KeysMissing(missing)
    for each in found:
        await store.run(connection, "prepare_ballot_box", each.round_id)
    if found:
        await store.run(connection, "continue_numbers")
    return {
        each.round_id: fate(each, keys[each.round_id], now, never_opened=each.round_id in wishes.never_opened)
        for each in found
    }


def _keys(installation: Installation, round_id: RoundId) -> list[str]:
    return [name for name in KEYS if installation.keys.has(round_id, name)]


async def _settle(installation: Installation, connection: OwnersConnection, round_id: RoundId, what: Fate) -> None:
    found = await store.select_round(connection, round_id)
    if found.stage in ("prepared", "planned") and what != "kept":
        await store.run(connection, "void_codes", round_id)
        await store.run(connection, "end_mailings", round_id)
    if found.stage == "planned" and what in ("closed", "lost"):
        await _freeze(installation, connection, round_id)
    if what == "lost":
        name, because = ("give_up_prepared", NEVER_OPENED) if found.stage == "prepared" else ("mark_lost", KEYS_GONE)
        await store.run(connection, name, round_id, because)
        destroy_keys(installation, round_id)
        await audit_log.append(connection, installation.actor, "round-lost", round_id=round_id, because=because)
    if what == "erased":
        await store.run(connection, "mark_unsealed", round_id)  # where the backup fell into the unsealing
        await store.run(connection, "mark_erased", round_id)
        destroy_keys(installation, round_id)
        await audit_log.append(connection, installation.actor, "round-erased", round_id=round_id)


async def _freeze(installation: Installation, connection: OwnersConnection, round_id: RoundId) -> None:
    count, root = await store.count_and_root(connection, round_id)
    await store.run(connection, "freeze_at_restore", round_id, count, root)
    await audit_log.append(connection, installation.actor, "round-closed", round_id=round_id, sha256=root.hex())


def _clear_spool(installation: Installation, fates: dict[RoundId, Fate]) -> None:
    """Mails that wait would carry codes that are void, or that the restored database has never known."""
    for round_id in installation.spool.rounds():
        if fates.get(round_id) != "kept":
            with installation.spool.held(round_id) as here:
                here.erase_all()


def _write_site_files(installation: Installation, backup: BackupFile) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Puts the site's files where the settings look for them; whatever stands there already stays."""
    site_file = installation.settings.site_file
    written: list[str] = []
    in_the_way: list[str] = []
    for entry in backup.manifest.entries:
        if entry.table is not None:
            continue
        name = entry.name.removeprefix("site/")
        if site_file is None:
            in_the_way.append(name)
            continue
        path = site_file.parent / (site_file.name if name == backup.manifest.site_file else Path(name).name)
        with backup.open(entry) as file:
            content = file.read()
        try:
            with path.open("xb") as new:
                new.write(content)
        except FileExistsError:
            if path.read_bytes() != content:
                in_the_way.append(name)
        else:
            written.append(name)
    return tuple(written), tuple(in_the_way)
