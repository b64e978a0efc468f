"""Destroys keys that a round needs no more, wherever a copy of them lies.

Whoever closes, unseals or erases a round destroys its keys in the key directory at hand. Where replicas have directories
of their own, the others learn of it here, by the round's stage in the database, before they do anything else.
"""

from survey_service.custody import KeyName
from survey_service.domain.rounds import RoundId, Stage
from survey_service.operations.installation import Installation
from survey_service.store import audit_log
from survey_service.store import rounds as store

ENDED: dict[Stage, tuple[KeyName, ...]] = {
    "prepared": (),
    "planned": (),
    "closed": ("credential",),
    # The sealing key is the one that unseals until the round is unsealed; what was opened may yet have to be opened again.
    "opened": ("credential",),
    "unsealed": ("credential", "sealing"),
    "released": ("credential", "sealing"),
    "erased": ("credential", "sealing", "storage"),
    "lost": ("credential", "sealing", "storage"),
}
"""The keys that nobody needs any more, by a round's stage. With the sealing key goes what trustees have laid down."""


async def tidy_keys(installation: Installation) -> list[str]:
    """Destroys what this key directory holds too long, and returns it, a sentence each. Each is told in the audit log.

    Files of rounds that the database does not know stay: they are of a round that is being made, or of another database.

    Raises: KeyDirectoryFailed, DatabaseUnavailable.
    """
    done = []
    for round_id, names in (await ended_keys(installation)).items():
        for name in names:
            installation.keys.destroy(round_id, name)
        async with installation.database.session("operation") as connection, connection.transaction():
            await audit_log.append(
                connection, installation.actor, "keys-destroyed", round_id=round_id, count=len(names)
            )
        done.append(f"{round_id} rid of {len(names)} keys")
    return done


async def ended_keys(installation: Installation) -> dict[RoundId, list[KeyName]]:
    """What this key directory holds and nobody needs, by round."""
    held = set(installation.keys.rounds())
    if not held:
        return {}
    async with installation.database.session("operation") as connection:
        stages = await store.stages(connection, held)
    found = {round_id: _held_too_long(installation, round_id, stage) for round_id, stage in stages.items()}
    return {round_id: names for round_id, names in found.items() if names}


def _held_too_long(installation: Installation, round_id: RoundId, stage: Stage) -> list[KeyName]:
    names = [name for name in ENDED[stage] if installation.keys.has(round_id, name)]
    return [*names, *installation.keys.waiting(round_id)] if "sealing" in ENDED[stage] else names
