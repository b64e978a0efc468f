"""Ends a round: first nobody redeems a code any more, then the ballot box is frozen and its root published."""

import contextlib
from datetime import timedelta

from survey_service.domain.rounds import GRACE, Round, RoundId
from survey_service.errors import Refusal, WrongState
from survey_service.operations.installation import Installation
from survey_service.operations.remind import forget_recipients
from survey_service.spool import SpoolBusy
from survey_service.store import audit_log
from survey_service.store import rounds as store
from survey_service.store.database import AnyConnection


class GraceRuns(Refusal):
    def __init__(self, round_id: str) -> None:
        minutes = GRACE // timedelta(minutes=1)
        super().__init__(
            f"Round {round_id!r} no longer takes codes; its ballot box is frozen {minutes} minutes after its end.",
            remedy="Wait, or freeze it at once with `survey-service round close` without --grace.",
        )


async def end_redemption(installation: Installation, round_id: str) -> Round:
    """Lets nobody redeem a code from now on; whoever holds a credential has ten more minutes.

    Raises: UnknownRound, WrongState, GraceRuns.
    """
    async with installation.database.session("operation") as connection:
        found = await store.select_round(connection, round_id)
        async with connection.transaction():
            if not await store.changed(connection, "end_redemption", found.round_id):
                if found.state == "open":
                    raise GraceRuns(round_id)
                raise WrongState(round_id, found.state, "open")
            await audit_log.append(connection, installation.actor, "round-ended", round_id=found.round_id)
        return await store.select_round(connection, round_id)


async def close_round(installation: Installation, round_id: str) -> Round:
    """Freezes the ballot box with its counts and root, then destroys the key that signs credentials and every address.

    Doing it again finishes what a crash left over and changes nothing else.

    Raises: UnknownRound; WrongState where the round has not opened.
    """
    async with installation.database.session("operation") as connection:
        found = await store.select_round(connection, round_id)
        if found.state == "scheduled":
            raise WrongState(round_id, found.state, "open")
        if found.stage == "planned":
            async with connection.transaction():
                # Whoever is being answered at this moment is waited for; whoever comes next finds the round closed.
                await store.run(connection, "hold_ballot_box")
                await _freeze(installation, connection, found.round_id)
            found = await store.select_round(connection, round_id)
    installation.keys.destroy(found.round_id, "credential")
    with contextlib.suppress(SpoolBusy):  # then they are erased as soon as the mail on its way has gone
        await forget_recipients(installation, found.round_id)
    return found


async def _freeze(installation: Installation, connection: AnyConnection, round_id: RoundId) -> None:
    await store.run(connection, "allow_long_statements")
    count, root = await store.count_and_root(connection, round_id)
    if await store.changed(connection, "freeze_ballot_box", round_id, count, root):
        await audit_log.append(connection, installation.actor, "round-closed", round_id=round_id, sha256=root.hex())
