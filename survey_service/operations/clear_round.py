"""Lets a prepared round open: once every office its survey demands has approved, and every trustee has proven."""

import hashlib
from collections.abc import Sequence

import msgspec
from msgspec import Struct

from survey_service.domain.accounts import Email
from survey_service.domain.rounds import Round
from survey_service.domain.surveys import Office, Survey, SurveyId
from survey_service.operations.installation import Installation
from survey_service.store import approvals, trustees
from survey_service.store import rounds as store
from survey_service.store.database import AnyConnection


class Missing(Struct, frozen=True, kw_only=True):
    """What a prepared round waits for. is_over: its end has passed meanwhile."""

    approvals: tuple[Office, ...]
    proofs: tuple[Email, ...]
    is_over: bool

    def as_text(self) -> tuple[str, ...]:
        return (
            *(f"approval: {office}" for office in self.approvals),
            *(f"proof of {email}" for email in self.proofs),
            *(("a later end: `survey-service round extend`",) if self.is_over else ()),
        )


async def missing_to_open(installation: Installation, found: Round) -> Missing | None:
    """None where the round is not held back by anything."""
    if found.stage != "prepared":
        return None
    async with installation.database.session("operation") as connection:
        approved = {
            each.office
            for each in await approvals.select_approvals(
                connection, found.survey_id, hashlib.sha256(found.definition).digest()
            )
        }
        named = await trustees.select_trustees(connection, found.round_id)
        now = await store.read_clock(connection)
    return Missing(
        approvals=tuple(office for office in demanded_approvals(found) if office not in approved),
        proofs=tuple(one.email for one in named if not one.proven),
        is_over=found.closes_at <= now,
    )


def demanded_approvals(found: Round) -> tuple[Office, ...]:
    """A rehearsal needs none: its answers are invented, and people approve what they have seen."""
    return () if found.rehearsal else msgspec.json.decode(found.definition, type=Survey).approvals


async def clear_round(connection: AnyConnection, round_id: str) -> Round:
    """The round as it stands afterwards; it stays prepared while anything is missing, or when its end has passed."""
    found = await store.select_round(connection, round_id)
    if found.stage == "prepared":
        await store.changed(connection, "clear_round", found.round_id, list(demanded_approvals(found)))
        return await store.select_round(connection, round_id)
    return found


async def clear_rounds(connection: AnyConnection, survey_id: SurveyId | None = None) -> Sequence[Round]:
    """Those that waited, as they stand afterwards. survey_id: only this survey's."""
    waiting = await store.due(connection, "rounds_to_clear", survey_id)
    return [await clear_round(connection, round_id) for round_id in waiting]
