"""Draws invitation codes. They leave in the answer and nowhere else; what stays is their hashes, sorted."""

from msgspec import Struct

from survey_service.domain.codes import InvitationCode, code_hash, grouped, new_code
from survey_service.domain.rounds import RoundId
from survey_service.errors import Refusal
from survey_service.operations.installation import Installation
from survey_service.store import audit_log, participation
from survey_service.store import rounds as store


class BeyondRoster(Refusal):
    def __init__(self, round_id: str, wanted: int, issued: int, roster_size: int) -> None:
        super().__init__(
            f"{wanted} further codes for {round_id!r} would make {issued + wanted}; its roster has {roster_size} persons.",
            remedy=f"At most {roster_size - issued} more can be drawn.",
        )


class RoundTakesNoCodes(Refusal):
    def __init__(self, round_id: str) -> None:
        super().__init__(
            f"Round {round_id!r} is past its end.", remedy="Codes are drawn before a round closes; plan another round."
        )


class Invitation(Struct, frozen=True, kw_only=True):
    """A code as it is printed, and the link that carries it in its fragment."""

    code: str
    link: str


async def invite(installation: Installation, round_id: str, count: int) -> list[Invitation]:
    """Draws `count` codes for a round.

    Raises: UnknownRound, RoundTakesNoCodes, BeyondRoster.
    """
    codes = {new_code() for _ in range(count)}
    while len(codes) < count:  # a repeated code among 2^80 is a curiosity, a missing invitation is not
        codes.add(new_code())
    async with installation.database.session("operation") as connection:
        known = (await store.select_round(connection, round_id)).round_id
        async with connection.transaction():
            roster_size = await participation.hold_roster(connection, known)
            if roster_size is None:
                raise RoundTakesNoCodes(known)
            issued = await participation.count_invitations(connection, known)
            if issued + count > roster_size:
                raise BeyondRoster(known, count, issued, roster_size)
            await participation.insert_invitations(connection, known, sorted(code_hash(known, code) for code in codes))
            await audit_log.append(connection, installation.actor, "codes-drawn", round_id=known, count=count)
    return [_invitation(installation.settings.base_url, known, code) for code in codes]


def _invitation(base_url: str, round_id: RoundId, code: InvitationCode) -> Invitation:
    return Invitation(code=grouped(code), link=f"{base_url}/r/{round_id}#{code}")
