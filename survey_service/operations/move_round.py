"""Moves a round's times before its end: opens it now, or lets it end later."""

from datetime import UTC, datetime

from survey_service.domain.rounds import Round
from survey_service.errors import Refusal, WrongState
from survey_service.operations.clear_round import clear_round
from survey_service.operations.installation import Installation
from survey_service.store import audit_log
from survey_service.store import rounds as store


class NotLater(Refusal):
    def __init__(self, round_id: str, closes_at: datetime) -> None:
        super().__init__(
            f"Round {round_id!r} closes {closes_at:%Y-%m-%d %H:%M} UTC already.", remedy="Name a later time."
        )


class StillPrepared(Refusal):
    def __init__(self, round_id: str) -> None:
        super().__init__(
            f"Round {round_id!r} waits for approvals, or for trustees to prove that they can unseal it.",
            remedy=f"`survey-service round show {round_id}` says for whom.",
        )


async def start_round(installation: Installation, round_id: str) -> Round:
    """Opens a scheduled round now. Raises: UnknownRound, WrongState, StillPrepared."""
    async with installation.database.session("operation") as connection:
        found = await store.select_round(connection, round_id)
        if found.stage == "prepared":
            raise StillPrepared(round_id)
        async with connection.transaction():
            if not await store.changed(connection, "start_round", found.round_id):
                raise WrongState(round_id, found.state, "scheduled")
            await audit_log.append(connection, installation.actor, "round-started", round_id=found.round_id)
        return await store.select_round(connection, round_id)


async def extend_round(installation: Installation, round_id: str, closes_at: datetime) -> Round:
    """Lets a round that still takes codes end later. Raises: UnknownRound, WrongState, NotLater."""
    async with installation.database.session("operation") as connection:
        found = await store.select_round(connection, round_id)
        async with connection.transaction():
            if not await store.changed(connection, "extend_round", found.round_id, closes_at):
                if found.state in ("scheduled", "open") and closes_at <= found.closes_at:
                    raise NotLater(round_id, found.closes_at)
                raise WrongState(round_id, found.state, "open and before its end")
            await audit_log.append(
                connection,
                installation.actor,
                "round-extended",
                round_id=found.round_id,
                closes_at=f"{closes_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
            )
        return await clear_round(connection, round_id)  # one that only its end held back
