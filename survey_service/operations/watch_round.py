"""What the team sees of one round from its planning to its release; while it is open, nothing finer than its band."""

from datetime import datetime

from msgspec import Struct

from survey_service.custody import gift
from survey_service.domain.accounts import Email
from survey_service.domain.releases import Withdrawal
from survey_service.domain.rounds import Round
from survey_service.operations.clear_round import Missing, missing_to_open
from survey_service.operations.installation import Installation
from survey_service.store import participation, releases, trustees
from survey_service.store import rounds as store


class Watched(Struct, frozen=True, kw_only=True):
    """A round as its page shows it.

    codes: invitation codes drawn so far; how many of them are spent is not read, since that is who has taken part.
    missing: what keeps it from opening; None where nothing does. holders: its trustees, and whether they have given
    their share; empty in custody of the server. is_proposed: tables wait for their publication.
    withdrawals: of its releases, the last one last.
    """

    round: Round
    now: datetime
    codes: int
    missing: Missing | None
    holders: tuple[tuple[Email, bool], ...]
    is_proposed: bool
    withdrawals: tuple[Withdrawal, ...]

    @property
    def has_begun(self) -> bool:
        return self.round.state != "scheduled"

    @property
    def may_start(self) -> bool:
        return self.round.stage == "planned" and self.now < self.round.opens_at

    @property
    def may_be_extended(self) -> bool:
        return self.round.stage == "prepared" or (self.round.stage == "planned" and self.now < self.round.closes_at)

    @property
    def may_be_ended(self) -> bool:
        return self.round.state == "open" and self.now < self.round.closes_at


async def watch_round(installation: Installation, round_id: str) -> Watched:
    """Raises: UnknownRound."""
    async with installation.database.session("operation") as connection:
        found = await store.select_round(connection, round_id)
        codes = await participation.count_invitations(connection, found.round_id)
        now = await store.read_clock(connection)
    async with installation.database.session("reporting") as connection:
        named = await trustees.select_trustees(connection, found.round_id)
        is_proposed = await releases.waits_for_publication(connection, found.round_id)
        withdrawals = await releases.select_withdrawals(connection, found.round_id)
    return Watched(
        round=found,
        now=now,
        codes=codes,
        missing=await missing_to_open(installation, found),
        holders=tuple((one.email, installation.keys.has(found.round_id, gift(one.place))) for one in named),
        is_proposed=is_proposed and found.state == "unsealed",
        withdrawals=tuple(withdrawals),
    )
