"""Drafts of surveys: rows to Structs."""

import msgspec
from asyncpg import Record

from survey_service.domain.accounts import Email
from survey_service.domain.drafts import DraftId, StoredDraft, SurveyDraft, UnknownDraft
from survey_service.store.database import AnyConnection
from survey_service.store.statements import statement


async def insert_draft(connection: AnyConnection, draft_id: DraftId, draft: SurveyDraft, email: str) -> None:
    await connection.execute(statement("insert_draft"), draft_id, msgspec.json.encode(draft), email)


async def select_draft(connection: AnyConnection, draft_id: str) -> StoredDraft:
    """Raises: UnknownDraft."""
    row = await connection.fetchrow(statement("select_draft"), draft_id)
    if row is None:
        raise UnknownDraft(draft_id)
    return _draft(row)


async def list_drafts(connection: AnyConnection) -> list[StoredDraft]:
    return [_draft(row) for row in await connection.fetch(statement("list_drafts"))]


async def replace_draft(connection: AnyConnection, seen: StoredDraft, draft: SurveyDraft, email: str) -> bool:
    """Whether it was kept: not where the draft is no longer the one that was seen."""
    content = msgspec.json.encode(draft)
    kept = await connection.fetchval(statement("replace_draft"), seen.draft_id, seen.version, content, email)
    return kept is not None


async def delete_draft(connection: AnyConnection, seen: StoredDraft) -> bool:
    """Whether it was removed: not where the draft is no longer the one that was seen."""
    return await connection.fetchval(statement("delete_draft"), seen.draft_id, seen.version) is not None


def _draft(row: Record) -> StoredDraft:
    return StoredDraft(
        draft_id=DraftId(row["draft_id"]),
        version=row["version"],
        draft=msgspec.json.decode(row["content"], type=SurveyDraft),
        changed_by=Email(row["changed_by"]),
        changed_at=row["changed_at"],
    )
