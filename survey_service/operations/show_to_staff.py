"""What of a round its staff may read without signing in: whether its overview is shown, and what stands in it."""

from survey_service.domain.rounds import RoundId
from survey_service.errors import Refusal, WrongState
from survey_service.operations.installation import Installation
from survey_service.operations.read_results import Results, read_results
from survey_service.store import audit_log
from survey_service.store import releases as store
from survey_service.store import rounds as store_rounds
from survey_service.store.database import Database


class NothingForStaff(Refusal):
    """Nothing of the round is released, or it was not released for the staff: from outside that looks the same."""

    def __init__(self, round_id: str) -> None:
        super().__init__(f"Nothing of round {round_id!r} is shown here.")


async def show_to_staff(installation: Installation, round_id: str, *, shown: bool) -> None:
    """Puts the overview of a released round on the staff's page, or takes it off; nothing where it is so already.

    Raises: UnknownRound, WrongState.
    """
    async with installation.database.session("tabulation") as connection, connection.transaction():
        found = await store_rounds.select_round(connection, round_id)
        if await store.select_release(connection, found.round_id) is None:
            raise WrongState(round_id, found.state, "released")
        if await store.show_to_staff(connection, found.round_id, shown=shown):
            await audit_log.append(
                connection,
                installation.actor,
                "results-shown-to-staff" if shown else "results-hidden-from-staff",
                round_id=found.round_id,
            )


async def is_shown_to_staff(installation: Installation, round_id: RoundId) -> bool:
    async with installation.database.session("reporting") as connection:
        return await store.is_for_staff(connection, round_id)


async def list_for_staff(database: Database) -> tuple[RoundId, ...]:
    """The rounds whose overview anybody may read, the latest first."""
    async with database.session("reporting") as connection:
        return await store.list_for_staff(connection)


async def read_for_staff(installation: Installation, round_id: str) -> Results:
    """Raises: UnknownRound, NothingForStaff."""
    read = await read_results(installation, round_id)
    if read.release is None or not await is_shown_to_staff(installation, read.round.round_id):
        raise NothingForStaff(round_id)
    return read
