"""Prepares the rounds that schedules name, ahead of their opening: keys and terms, or the trustees who make them together.

Each planned time becomes one round. One that is late opens when it is ready and stays open as long as planned; it is left out
where the next one would have to open meanwhile, since that asks the same people the same questions.
"""

import logging
from collections.abc import AsyncIterator
from datetime import datetime

from msgspec import Struct

from survey_service.domain.accounts import Account, Email, may
from survey_service.domain.key_shares import SharedCustody, parse_custody
from survey_service.domain.rounds import RoundId
from survey_service.domain.schedules import ComingRound, closes_on_a_working_day, every_round
from survey_service.domain.surveys import Survey
from survey_service.errors import Refusal
from survey_service.operations.create_round import create_round, take_planned_time
from survey_service.operations.installation import Installation
from survey_service.operations.prepare_round import prepare_round
from survey_service.store import audit_log, schedule, team, trustees
from survey_service.store import rounds as store
from survey_service.store.database import AnyConnection

logger = logging.getLogger("survey_service")


class NobodyNamed(Refusal):
    def __init__(self, survey_id: str, custody: SharedCustody) -> None:
        super().__init__(
            f"Nobody knows who are the trustees of the next round of {survey_id!r}.",
            remedy=f"Plan it on the page of its survey and name {custody.trustees} of them; later rounds keep them. "
            f"Or give exactly {custody.trustees} accounts the role `trustee`.",
        )


class DueRound(Struct, frozen=True, kw_only=True):
    """A planned time whose preparation is due. opens_at: None: as soon as it is ready. is_left_out: the next one comes first."""

    coming: ComingRound
    opens_at: datetime | None
    closes_at: datetime
    is_left_out: bool


async def prepare_due_rounds(installation: Installation) -> list[str]:
    """Prepares what is due and returns what was done, a sentence each. Doing it again does nothing."""
    async with installation.database.session("operation") as connection:
        surveys = [survey for survey, _ in await store.list_surveys(connection) if survey.schedule.starts is not None]
    done = []
    for survey in surveys:
        async for each in _due(installation, survey):
            try:
                done.append(await _prepare(installation, survey, each))
            except Refusal as refusal:
                logger.warning("schedule: a round of survey %s is not prepared: %s", survey.survey_id, refusal.reason)
    return done


async def likely_trustees(installation: Installation, survey: Survey) -> tuple[Email, ...] | None:
    """Who holds shares of the next round's key: those of the latest round, else all accounts of that role.

    None where the survey leaves its key to the server, or where those are not as many as it demands.
    """
    custody = parse_custody(survey.custody)
    if custody is None:
        return None
    async with installation.database.session("team") as connection:
        accounts = [account for account in await team.list_accounts(connection) if not account.disabled]
    async with installation.database.session("reporting") as connection:
        before = await _trustees_before(connection, survey)
    for named in (before, tuple(account.email for account in accounts if account.role == "trustee")):
        if len(named) == custody.trustees and set(named) <= _holders(accounts):
            return named
    return None


async def lacks_trustees(installation: Installation, survey: Survey) -> bool:
    """Whether a round of the schedule is due to be prepared, and nobody knows who holds its key."""
    if parse_custody(survey.custody) is None:
        return False
    is_due = [each async for each in _due(installation, survey)]
    return bool(is_due) and await likely_trustees(installation, survey) is None


async def _trustees_before(connection: AnyConnection, survey: Survey) -> tuple[Email, ...]:
    """Of the latest round that has any; none where there was no such round."""
    for entry in await store.list_rounds(connection):
        if entry.survey_id == survey.survey_id and not entry.rehearsal:
            named = await trustees.select_trustees(connection, entry.round_id)
            if named:
                return tuple(one.email for one in named)
    return ()


def _holders(accounts: list[Account]) -> set[Email]:
    return {account.email for account in accounts if may(account.role, "hold-share")}


async def _due(installation: Installation, survey: Survey) -> AsyncIterator[DueRound]:
    async with installation.database.session("operation") as connection:
        now = await store.read_clock(connection)
        since = await schedule.created_at(connection, survey.survey_id)
        taken = await schedule.planned_times(connection, survey.survey_id)
    coming = every_round(survey.schedule)
    following = next(coming, None)
    while following is not None and following.prepares_at <= now:
        each, following = following, next(coming, None)
        if each.planned_for not in taken and (since is None or each.opens_at > since):
            yield _as_late_as_it_is(survey, each, following, now)


def _as_late_as_it_is(survey: Survey, each: ComingRound, following: ComingRound | None, now: datetime) -> DueRound:
    if each.opens_at > now:
        return DueRound(coming=each, opens_at=each.opens_at, closes_at=each.closes_at, is_left_out=False)
    closes_at = closes_on_a_working_day(survey.schedule, now)
    return DueRound(
        coming=each,
        opens_at=None,
        closes_at=closes_at,
        is_left_out=following is not None and following.opens_at <= closes_at,
    )


async def _prepare(installation: Installation, survey: Survey, each: DueRound) -> str:
    planned_for = each.coming.planned_for
    async with installation.database.session("operation") as connection, connection.transaction():
        await store.run(connection, "hold_survey", survey.survey_id)
        if each.is_left_out:
            await take_planned_time(connection, survey.survey_id, planned_for, None)
            await audit_log.append(
                connection,
                installation.actor,
                "round-left-out",
                survey_id=survey.survey_id,
                because=f"{planned_for:%Y-%m-%d}: the next round was due",
            )
            return f"{survey.survey_id} {planned_for:%Y-%m-%d} left out"
        opens_at = each.opens_at or await store.read_clock(connection)
        planned = await schedule.rounds_between(connection, survey.survey_id, opens_at, each.closes_at)
        if planned:  # somebody has planned one for that time: two at once would ask everyone twice
            await take_planned_time(connection, survey.survey_id, planned_for, planned[0])
            return f"{planned[0]} stands for {planned_for:%Y-%m-%d}"
    return f"{await _made(installation, survey, each)} prepared"


async def _made(installation: Installation, survey: Survey, each: DueRound) -> RoundId:
    survey_id, planned_for = survey.survey_id, each.coming.planned_for
    custody = parse_custody(survey.custody)
    if custody is None:
        made = await create_round(
            installation, survey_id, opens_at=each.opens_at, closes_at=each.closes_at, planned_for=planned_for
        )
        return made.round_id
    named = await likely_trustees(installation, survey)
    if named is None:
        raise NobodyNamed(survey_id, custody)
    waiting = await prepare_round(
        installation, survey_id, named, opens_at=each.opens_at, closes_at=each.closes_at, planned_for=planned_for
    )
    return waiting.round_id
