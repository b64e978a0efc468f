"""Reads the audit log, with every hash computed again; picks entries; compares with a head that was kept elsewhere."""

import asyncio

from msgspec import Struct

from survey_service.domain import audit_log
from survey_service.domain.audit_log import AuditEntry, AuditLog
from survey_service.domain.release_ledger import START
from survey_service.errors import Refusal
from survey_service.operations.installation import Installation
from survey_service.store import audit_log as store


class NoHead(Refusal):
    def __init__(self) -> None:
        super().__init__("This is no head of the audit log.", remedy="A head has 64 characters, 0 to 9 and a to f.")


class Verification(Struct, frozen=True, kw_only=True):
    """entries: how many. broken_at: the first position that does not continue the chain.

    is_head_found: whether an entry has the head that was kept elsewhere; None where none was given.
    """

    entries: int
    head: str
    broken_at: int | None
    is_head_found: bool | None

    @property
    def is_sound(self) -> bool:
        return self.broken_at is None and self.is_head_found is not False


async def read_audit_log(installation: Installation) -> AuditLog:
    """The whole log: a few hundred entries a year."""
    async with installation.database.session("reporting") as connection:
        stored = await store.select_entries(connection)
    return await asyncio.to_thread(audit_log.read, stored)


async def verify_audit_log(installation: Installation, kept_head: str | None = None) -> Verification:
    """Computes every hash again. kept_head: hex; only that shows entries removed from the end. Raises: NoHead."""
    wanted = None if kept_head is None else kept_head.strip().lower()
    if wanted is not None and (len(wanted) != len(START.hex()) or set(wanted) - set("0123456789abcdef")):
        raise NoHead
    found = await read_audit_log(installation)
    heads = {START.hex(), *(entry.head for entry in found.entries)}
    return Verification(
        entries=len(found.entries),
        head=found.head,
        broken_at=found.broken_at,
        is_head_found=None if wanted is None else wanted in heads,
    )


def picked(log: AuditLog, *, who: str | None = None, deed: str | None = None) -> list[AuditEntry]:
    """The entries of a person and of a deed, the latest first."""
    return [entry for entry in reversed(log.entries) if who in (None, "", entry.who) and deed in (None, "", entry.deed)]
