"""Says what comes by itself, and when: the rounds of a survey, and every date of every round as a calendar."""

import hashlib
import secrets

import msgspec
from msgspec import Struct

from survey_service.domain.accounts import Email
from survey_service.domain.rounds import GRACE, Round, RoundId
from survey_service.domain.schedules import ComingRound, coming_rounds
from survey_service.domain.surveys import Survey
from survey_service.domain.timetable import ForeseenDeed, timetable
from survey_service.errors import Refusal
from survey_service.exports.calendar import CalendarEntry, as_calendar
from survey_service.operations.installation import Installation
from survey_service.results.wording import Language, Wording, words
from survey_service.store import audit_log, calendar, schedule
from survey_service.store import rounds as store

SHOWN = 6  # rounds of a survey that are told ahead: three years of two a year
_TOKEN_BYTES = 32


class ClosedCalendar(Refusal):
    """An address that nobody's calendar reads at, or no longer."""


class ForeseenRound(Struct, frozen=True, kw_only=True):
    """round_id: where it is prepared already, or somebody has planned one for that time."""

    coming: ComingRound
    round_id: RoundId | None


async def foreseen(installation: Installation, found: Round) -> tuple[ForeseenDeed, ...]:
    """What is still to happen to a round by itself, the earliest first."""
    survey = msgspec.json.decode(found.definition, type=Survey)
    async with installation.database.session("operation") as connection:
        done = await schedule.deeds_done(connection, found.round_id)
    return timetable(found, survey.schedule, survey.retention_days, done)


async def foreseen_rounds(installation: Installation, survey: Survey) -> tuple[ForeseenRound, ...]:
    """The next rounds of its schedule; none where people plan them."""
    async with installation.database.session("operation") as connection:
        now = await store.read_clock(connection)
        taken = await schedule.planned_times(connection, survey.survey_id)
    return tuple(
        ForeseenRound(coming=each, round_id=taken.get(each.planned_for))
        for each in coming_rounds(survey.schedule, now, SHOWN)
        if each.planned_for not in taken or taken[each.planned_for] is not None
    )


async def calendar_entries(installation: Installation, language: Language) -> list[CalendarEntry]:
    """Every date that is still to come, of rounds and of what schedules foresee, the earliest first."""
    said = Wording(language, words(language))
    async with installation.database.session("operation") as connection:
        surveys = [survey for survey, _ in await store.list_surveys(connection)]
        rounds = [
            await store.select_round(connection, entry.round_id)
            for entry in await store.list_rounds(connection)
            if entry.state not in ("erased", "lost")
        ]
    known = {each.round_id for each in rounds}
    entries = [entry for found in rounds for entry in await _of_round(installation, found, said)]
    for survey in surveys:
        for each in await foreseen_rounds(installation, survey):
            if each.round_id not in known:
                entries += _of_coming(installation, survey, each.coming, said)
    return sorted(entries, key=lambda entry: (entry.starts_at, entry.uid))


async def read_calendar(installation: Installation, language: Language) -> bytes:
    """The same as a file for calendars."""
    async with installation.database.session("operation") as connection:
        now = await store.read_clock(connection)
    said = Wording(language, words(language))
    return as_calendar(await calendar_entries(installation, language), name=said("calendar.name"), now=now)


async def read_calendar_at(installation: Installation, token: str, language: Language) -> bytes:
    """As `read_calendar`, for a calendar that reads at somebody's address. Raises: ClosedCalendar."""
    async with installation.database.session("team") as connection:
        if not await calendar.opens(connection, _sha256(token)):
            raise ClosedCalendar("No calendar is read at this address.", remedy="Make a new one on the team's pages.")
    return await read_calendar(installation, language)


async def share_calendar(installation: Installation, email: Email) -> str:
    """A new token for an address at which somebody's calendar reads; the one before is no longer good. Kept nowhere."""
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    async with installation.database.session("team") as connection, connection.transaction():
        await calendar.set_address(connection, email, _sha256(token))
        await audit_log.append(connection, installation.actor, "calendar-shared", email=email)
    return token


async def close_calendar(installation: Installation, email: Email) -> None:
    """From now on nobody reads at the account's address. Doing it again changes nothing."""
    async with installation.database.session("team") as connection, connection.transaction():
        if await calendar.delete_address(connection, email):
            await audit_log.append(connection, installation.actor, "calendar-closed", email=email)


async def is_shared(installation: Installation, email: Email) -> bool:
    async with installation.database.session("team") as connection:
        return await calendar.has_address(connection, email)


def _sha256(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


async def _of_round(installation: Installation, found: Round, said: Wording) -> list[CalendarEntry]:
    title = said.of(msgspec.json.decode(found.definition, type=Survey).title)
    address = f"{installation.settings.base_url}/team/rounds/{found.round_id}"
    entries = []
    if found.state in ("scheduled", "open"):
        entries.append(
            CalendarEntry(
                uid=f"{found.round_id}-open",
                starts_at=found.opens_at,
                ends_at=found.closes_at,
                title=said("calendar.open"),
                survey=title,
                address=address,
                is_certain=found.stage == "planned",
            )
        )
    entries += [
        CalendarEntry(
            uid=f"{found.round_id}-{each.deed}-{each.number}",
            starts_at=each.at,
            title=said(f"calendar.{each.deed}"),
            survey=title,
            address=address,
            is_certain=each.is_certain,
        )
        for each in await foreseen(installation, found)
        if each.deed in ("remind", "unseal", "warn", "erase")
    ]
    return entries


def _of_coming(installation: Installation, survey: Survey, coming: ComingRound, said: Wording) -> list[CalendarEntry]:
    uid = f"{survey.survey_id}-{coming.planned_for:%Y%m%d%H%M}"
    address = f"{installation.settings.base_url}/team/surveys/{survey.survey_id}"
    dates = [
        ("prepare", 1, coming.prepares_at, None),
        ("open", 1, coming.opens_at, coming.closes_at),
        *(("remind", number, moment, None) for number, moment in enumerate(coming.reminders, start=1)),
        *([("unseal", 1, coming.closes_at + GRACE, None)] if survey.custody == "server" else []),
    ]
    return [
        CalendarEntry(
            uid=f"{uid}-{name}-{number}",
            starts_at=starts_at,
            ends_at=ends_at,
            title=said(f"calendar.{name}"),
            survey=said.of(survey.title),
            address=address,
            is_certain=False,
        )
        for name, number, starts_at, ends_at in dates
    ]
