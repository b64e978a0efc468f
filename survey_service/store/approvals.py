"""Approvals of surveys: rows to Structs."""

from datetime import date

from msgspec import Struct

from survey_service.domain.accounts import Email
from survey_service.domain.surveys import Office, SurveyId
from survey_service.store.database import AnyConnection
from survey_service.store.statements import statement


class Approval(Struct, frozen=True, kw_only=True):
    """definition_sha256: 32 bytes, of what was approved. email: of the account that did it, for the team only."""

    survey_id: SurveyId
    definition_sha256: bytes
    office: Office
    email: Email
    approved_on: date


async def insert_approval(
    connection: AnyConnection, survey_id: SurveyId, definition_sha256: bytes, office: Office, email: Email
) -> bool:
    """Whether it is new: the first approval of an office is kept."""
    done = await connection.fetchval(statement("insert_approval"), survey_id, definition_sha256, office, email)
    return done is not None


async def select_approvals(connection: AnyConnection, survey_id: SurveyId, definition_sha256: bytes) -> list[Approval]:
    rows = await connection.fetch(statement("select_approvals"), survey_id, definition_sha256)
    return [Approval(**dict(row)) for row in rows]
