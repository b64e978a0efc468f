"""Erases a round's responses: without the storage key no backup brings them back."""

from survey_service.domain.audit_log import AuditedDeed
from survey_service.domain.rounds import Round
from survey_service.errors import WrongState
from survey_service.operations.installation import Installation
from survey_service.operations.unseal_round import GIVEN_UP, destroy_keys, lose_round
from survey_service.store import audit_log
from survey_service.store import rounds as store

NEVER_OPENED = "given up before it opened"


async def erase_round(installation: Installation, round_id: str) -> Round:
    """Destroys the storage key, then removes blocks and code hashes. Released tables and the ballot box stay.

    Where the storage key is not in this key directory, be it that another replica has it or that a crash followed its end,
    the round is erased all the same and the audit log tells it: `tidy_keys` destroys it wherever else it lies.

    A closed round that was never opened is given up: its keys are destroyed and it ends as `lost`; so does one that
    still waited to open. Doing it again finishes what a crash left over.

    Raises: UnknownRound, WrongState; DatabaseUnavailable also while a backup reads the codes: then the round is not erased
        yet, though its key is gone.
    """
    async with installation.database.session("operation") as connection:
        found = await store.select_round(connection, round_id)
    if found.stage == "prepared":
        await _give_up_prepared(installation, found)
    elif found.stage == "closed":
        await lose_round(installation, found, GIVEN_UP)
    elif found.stage not in ("unsealed", "released", "erased", "lost"):
        raise WrongState(round_id, found.state, "unsealed or released")
    held = installation.keys.has(found.round_id, "storage")
    installation.keys.destroy(found.round_id, "storage")
    async with installation.database.session("operation") as connection:
        async with connection.transaction():
            await store.run(connection, "delete_blocks", found.round_id)
            await store.run(connection, "delete_invitations", found.round_id)
            await store.run(connection, "delete_verdicts", found.round_id)
        # On its own, since rows that this transaction had deleted would be kept; and before the round counts as erased.
        await store.run(connection, "rewrite_invitations")
        async with connection.transaction():
            if found.stage in ("unsealed", "released") and await store.changed(
                connection, "mark_erased", found.round_id
            ):
                deeds: tuple[AuditedDeed, ...] = ("round-erased",) if held else ("round-erased", "erased-without-key")
                for deed in deeds:
                    await audit_log.append(connection, installation.actor, deed, round_id=found.round_id)
            return await store.select_round(connection, round_id)


async def _give_up_prepared(installation: Installation, found: Round) -> None:
    async with installation.database.session("operation") as connection, connection.transaction():
        if not await store.changed(connection, "give_up_prepared", found.round_id, NEVER_OPENED):
            raise WrongState(found.round_id, found.state, "still waiting to open")
        await audit_log.append(
            connection, installation.actor, "round-lost", round_id=found.round_id, because=NEVER_OPENED
        )
    destroy_keys(installation, found.round_id)
