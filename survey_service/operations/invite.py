"""Draws invitation codes. They leave in the answer and nowhere else; what stays is their hashes, sorted."""

import asyncio
from collections.abc import Callable, Iterable, Sequence

import msgspec

from survey_service.correspondence import slips
from survey_service.correspondence.wording import spoken
from survey_service.domain.codes import InvitationCode, code_hash, new_code
from survey_service.domain.invitations import Invitation, invitation
from survey_service.domain.rounds import Round, RoundId
from survey_service.domain.surveys import Survey
from survey_service.errors import Refusal
from survey_service.operations.installation import Installation
from survey_service.operations.read_site import read_site
from survey_service.results.wording import Language
from survey_service.store import audit_log, participation
from survey_service.store import rounds as store
from survey_service.store.database import AnyConnection


class BeyondRoster(Refusal):
    def __init__(self, round_id: str, wanted: int, issued: int, roster_size: int) -> None:
        super().__init__(
            f"{wanted} further codes for {round_id!r} would make {issued + wanted}; its roster has {roster_size} persons.",
            remedy=f"At most {roster_size - issued} more can be drawn.",
        )
        self.room = roster_size - issued


class RoundTakesNoCodes(Refusal):
    def __init__(self, round_id: str) -> None:
        super().__init__(
            f"Round {round_id!r} is past its end.", remedy="Codes are drawn before a round closes; plan another round."
        )


async def invite(installation: Installation, round_id: str, count: int) -> list[Invitation]:
    """Draws `count` codes for a round.

    Raises: UnknownRound, RoundTakesNoCodes, BeyondRoster.
    """
    codes = new_codes(count)
    async with installation.database.session("operation") as connection:
        known = (await store.select_round(connection, round_id)).round_id
        async with connection.transaction():
            await hold_room(connection, known, count)
            await participation.insert_invitations(connection, known, hashes(known, codes))
            await audit_log.append(connection, installation.actor, "codes-drawn", round_id=known, count=count)
    return [invitation(installation.settings.base_url, known, code) for code in codes]


async def invite_by_slips(
    installation: Installation,
    round_id: str,
    count: int,
    languages: Sequence[Language] = (),
    *,
    on_progress: Callable[[int], object] | None = None,
) -> bytes:
    """Draws `count` codes and prints them on slips, as PDF. languages: on each slip; none: those of the survey.

    The codes become valid when the slips are drawn up: a printing that fails takes none from the roster.

    Raises: UnknownRound, RoundTakesNoCodes, BeyondRoster.
    """
    codes = new_codes(count)
    async with installation.database.session("operation") as connection:
        found = await store.select_round(connection, round_id)
        async with connection.transaction():
            await hold_room(connection, found.round_id, count)
    base_url = installation.settings.base_url
    invitations = [invitation(base_url, found.round_id, code) for code in codes]
    printed, spoken_here = slip_sheet(installation, found)
    pdf = await asyncio.to_thread(slips.render, printed, invitations, languages or spoken_here, on_progress=on_progress)
    async with installation.database.session("operation") as connection, connection.transaction():
        await hold_room(connection, found.round_id, count)
        await participation.insert_invitations(connection, found.round_id, hashes(found.round_id, codes))
        await audit_log.append(connection, installation.actor, "codes-drawn", round_id=found.round_id, count=count)
    return pdf


def slip_sheet(installation: Installation, found: Round) -> tuple[slips.SlipSheet, tuple[Language, ...]]:
    """What stands on the slips of a round, and in which languages."""
    survey = msgspec.json.decode(found.definition, type=Survey)
    site = read_site(installation.settings.site_file).site
    printed = slips.sheet(found, title=survey.title, organisation=site.name, base_url=installation.settings.base_url)
    return printed, spoken(survey.languages)


def new_codes(count: int) -> list[InvitationCode]:
    """In the order they were drawn, which is kept nowhere."""
    codes = {new_code() for _ in range(count)}
    while len(codes) < count:  # a repeated code among 2^80 is a curiosity, a missing invitation is not
        codes.add(new_code())
    return list(codes)


def hashes(round_id: RoundId, codes: Iterable[InvitationCode]) -> list[bytes]:
    """What is stored of codes: sorted, so that no order of drawing or of addresses reaches the database."""
    return sorted(code_hash(round_id, code) for code in codes)


async def hold_room(connection: AnyConnection, round_id: RoundId, count: int) -> None:
    """Holds the roster until the transaction ends. Raises: RoundTakesNoCodes, BeyondRoster."""
    roster_size = await participation.hold_roster(connection, round_id)
    if roster_size is None:
        raise RoundTakesNoCodes(round_id)
    issued = await participation.count_invitations(connection, round_id)
    if issued + count > roster_size:
        raise BeyondRoster(round_id, count, issued, roster_size)
