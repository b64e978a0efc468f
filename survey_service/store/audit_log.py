"""The audit log."""

import json

from survey_service.domain.audit_log import Actor, AuditedDeed, ChainedEntry, Value, checked
from survey_service.store.database import AnyConnection
from survey_service.store.statements import statement


async def append(connection: AnyConnection, who: Actor, deed: AuditedDeed, **facts: Value) -> None:
    """Records a deed in the transaction that does it, last, since others wait meanwhile.

    facts: what was done to what (`survey_id`, `round_id`, `email`, `sha256`, `count`); never anything of a participant,
    so only those of `domain.audit_log.FACTS`. Raises: UnknownFact.
    """
    await connection.fetchval(
        statement("append_audit_entry"), who, deed, json.dumps(checked(facts), sort_keys=True, ensure_ascii=False)
    )


async def select_entries(connection: AnyConnection) -> list[ChainedEntry]:
    """Every entry, the earliest first."""
    return [ChainedEntry(**dict(row)) for row in await connection.fetch(statement("select_audit_entries"))]
