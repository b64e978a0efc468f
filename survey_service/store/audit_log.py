"""The audit log."""

import json

from survey_service.domain.audit_log import Actor, AuditedDeed
from survey_service.store.database import AnyConnection
from survey_service.store.statements import statement


async def append(connection: AnyConnection, who: Actor, deed: AuditedDeed, **facts: str | int | bool) -> None:
    """Records a deed in the transaction that does it, last, since others wait meanwhile.

    facts: what was done to what (`survey_id`, `round_id`, `email`, `sha256`, `count`); never anything of a participant.
    """
    await connection.fetchval(statement("append_audit_entry"), who, deed, json.dumps(facts, sort_keys=True))
