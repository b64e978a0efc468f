"""When the rounds of a survey open, remind and close, from its rule alone: the same schedule always gives the same times.

Clock times are those of Germany and stay as they are when summer time comes or goes. What would fall on a day on which
offices are closed waits for the next working day.
"""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import islice, pairwise, takewhile
from typing import Annotated, Literal, get_args

import holidays
from dateutil.rrule import rrulestr
from msgspec import Meta, Struct

from survey_service.domain.site import TIME_ZONE
from survey_service.domain.survey_faults import FaultName, SurveyFault

OPEN_DAYS = 14  # whole days a round is open, unless the survey says otherwise
PREPARE_DAYS = 28  # whole days before its opening in which codes are drawn, slips printed and keys shared
REMINDERS = ("P7D",)  # after the opening; one reminder, a week in
LONGEST_OPEN_DAYS = 92  # a quarter; whoever needs longer asks for something else than a round
LONGEST_PREPARE_DAYS = 180

Region = Literal["BW", "BY", "BE", "BB", "HB", "HH", "HE", "MV", "NI", "NW", "RP", "SL", "SN", "ST", "SH", "TH", "none"]
"""Whose public holidays count, after ISO 3166-2:DE; none: no day is moved, weekends neither."""
REGIONS: tuple[Region, ...] = get_args(Region)

LocalTime = Annotated[datetime, Meta(tz=False)]
"""A clock time in Germany."""

_OFFICES_CLOSED = ((12, 24), (12, 31))  # no holidays, but free in the public service: TVöD section 6(3)
_SATURDAY = 5  # as `date.weekday` counts
_LAST_DAY_OF_EVERY_MONTH = 28
_LOOKED_AHEAD = timedelta(days=3653)  # within ten years holidays have moved everything there is to move

_DURATION = re.compile(
    r"P(?:(?P<weeks>\d{1,3})W|(?:(?P<days>\d{1,4})D)?(?:T(?:(?P<hours>\d{1,3})H)?(?:(?P<minutes>\d{1,3})M)?)?)"
)
_PART = re.compile(r"(?P<name>[A-Z]+)=(?P<value>[A-Z0-9,+-]+)")
_DAY = re.compile(r"(?P<which>[1-4]|-1)?(?P<weekday>MO|TU|WE|TH|FR|SA|SU)")

_PARTS = ("FREQ", "INTERVAL", "COUNT", "UNTIL", "BYMONTH", "BYMONTHDAY", "BYDAY")
"""What a rule may be made of: all that can be told in words, since people approve what they have read."""
Frequency = Literal["WEEKLY", "MONTHLY", "YEARLY"]


class NoSchedule(ValueError):
    """A rule, duration or time that nobody can go by."""

    def __init__(self, key: str, reason: str = "", *, name: FaultName = "schedule_unread", **facts: str | int) -> None:
        """key: under which it stands in the survey file's schedule. reason: what is wrong with how it is written."""
        if reason:
            facts["reason"] = reason
        self.fault = SurveyFault(place=f"schedule.{key}", name=name, facts=facts)
        super().__init__(str(self.fault))


class Duration(Struct, frozen=True, kw_only=True, order=True):
    """After RFC 5545 section 3.3.6. days: by the calendar, at the same clock time. seconds: exact, on top of them."""

    days: int
    seconds: int = 0

    def after(self, moment: datetime) -> datetime:
        """moment: aware. The answer is in UTC."""
        here = moment.astimezone(TIME_ZONE).replace(tzinfo=None)
        return in_germany(here + timedelta(days=self.days)) + timedelta(seconds=self.seconds)


class Rule(Struct, frozen=True, kw_only=True):
    """A recurrence rule after RFC 5545 section 3.3.10, as far as it can be told in words.

    months: 1 to 12. month_days: 1 to 28, or -1 for the last. weekdays: 0 (Monday) to 6, each with which of the month it is:
    1 to 4, -1 for the last, 0 for every one. until: a clock time in Germany.
    """

    frequency: Frequency
    interval: int = 1
    count: int | None = None
    until: datetime | None = None
    months: tuple[int, ...] = ()
    month_days: tuple[int, ...] = ()
    weekdays: tuple[tuple[int, int], ...] = ()


class Schedule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """When rounds come, and for how long they are open. Without `starts` people plan each of them.

    days: for how many whole days a round is open; duration: the same after RFC 5545, in the place of days.
    starts: the first opening, a clock time in Germany. rule: how it recurs, an RRULE after RFC 5545; None: it does not.
    holidays: whose public holidays move an opening, a reminder or a close to the next working day.
    reminders: durations after the opening. prepare_days: how long before its opening a round gets its keys and terms.

    The defaults never change: a survey that was approved without them rests on them.
    """

    days: int = OPEN_DAYS
    duration: str | None = None
    starts: LocalTime | None = None
    rule: str | None = None
    holidays: Region = "BW"
    reminders: tuple[str, ...] = REMINDERS
    prepare_days: int = PREPARE_DAYS

    @property
    def open_for(self) -> Duration:
        """Raises: NoSchedule."""
        return Duration(days=self.days) if self.duration is None else read_duration("duration", self.duration)

    @property
    def reminded_after(self) -> tuple[Duration, ...]:
        """Raises: NoSchedule."""
        return tuple(read_duration("reminders", text) for text in self.reminders)


class ComingRound(Struct, frozen=True, kw_only=True):
    """A round as its schedule foresees it; times in UTC.

    planned_for: what the rule names, by which the round is known wherever holidays move it.
    number: counts the schedule's rounds from 1. reminders: those that come while it is open.
    """

    number: int
    planned_for: datetime
    prepares_at: datetime
    opens_at: datetime
    closes_at: datetime
    reminders: tuple[datetime, ...]

    @property
    def is_moved(self) -> bool:
        """Whether its opening waits for a working day."""
        return self.planned_for != self.opens_at


def coming_rounds(schedule: Schedule, after: datetime, count: int) -> tuple[ComingRound, ...]:
    """The next rounds that open later than `after`, at most `count` of them; none where people plan them.

    after: aware. Raises: NoSchedule.
    """
    return tuple(islice((each for each in every_round(schedule) if each.opens_at > after), count))


def every_round(schedule: Schedule) -> Iterator[ComingRound]:
    """Every round from the first on; a rule without an end never stops. Raises: NoSchedule."""
    for number, local in enumerate(_planned(schedule), start=1):
        opens_at = in_germany(_next_working_time(local, schedule.holidays))
        closes_at = closes_on_a_working_day(schedule, opens_at)
        yield ComingRound(
            number=number,
            planned_for=in_germany(local),
            prepares_at=Duration(days=-schedule.prepare_days).after(opens_at),
            opens_at=opens_at,
            closes_at=closes_at,
            reminders=tuple(moment for _, moment in reminders_of(schedule, opens_at, closes_at)),
        )


def closes_after(schedule: Schedule, opens_at: datetime) -> datetime:
    """When a round ends that people let open at a time of their own: no day is moved then. Raises: NoSchedule."""
    return schedule.open_for.after(opens_at)


def closes_on_a_working_day(schedule: Schedule, opens_at: datetime) -> datetime:
    """When a round of the schedule ends. Raises: NoSchedule."""
    return _on_a_working_day(closes_after(schedule, opens_at), schedule.holidays)


def reminders_of(schedule: Schedule, opens_at: datetime, closes_at: datetime) -> tuple[tuple[int, datetime], ...]:
    """The reminders of a round, each with its number, from 1 as the schedule lists them, and its time.

    Left out is what would come at or after the end, or on a day on which another one goes. Raises: NoSchedule.
    """
    found: list[tuple[int, datetime]] = []
    for number, delay in enumerate(schedule.reminded_after, start=1):
        moment = _on_a_working_day(delay.after(opens_at), schedule.holidays)
        if opens_at < moment < closes_at and all(_day(moment) != _day(other) for _, other in found):
            found.append((number, moment))
    return tuple(found)


def read_duration(key: str, text: str) -> Duration:
    """Raises: NoSchedule."""
    match = _DURATION.fullmatch(text)
    given = {name: int(value) for name, value in match.groupdict().items() if value} if match else {}
    if not any(given.values()):
        raise NoSchedule(key, f"{text} is no duration; write it as P14D, P2W or P14DT9H")
    return Duration(
        days=given.get("weeks", 0) * 7 + given.get("days", 0),
        seconds=given.get("hours", 0) * 3600 + given.get("minutes", 0) * 60,
    )


def read_rule(text: str) -> Rule:
    """Raises: NoSchedule."""
    parts: dict[str, str] = {}
    for part in text.split(";"):
        match = _PART.fullmatch(part)
        if match is None or match["name"] in parts:
            raise NoSchedule("rule", f"{part} cannot be read; write it as FREQ=MONTHLY;INTERVAL=6")
        if match["name"] not in _PARTS:
            raise NoSchedule("rule", f"{match['name']} cannot be told in words; it may have {', '.join(_PARTS)}")
        parts[match["name"]] = match["value"]
    if parts.get("FREQ") not in get_args(Frequency):
        raise NoSchedule("rule", "FREQ is WEEKLY, MONTHLY or YEARLY")
    if "COUNT" in parts and "UNTIL" in parts:
        raise NoSchedule("rule", "it ends by COUNT or by UNTIL, not by both (RFC 5545)")
    rule = Rule(
        frequency="WEEKLY" if parts["FREQ"] == "WEEKLY" else "MONTHLY" if parts["FREQ"] == "MONTHLY" else "YEARLY",
        interval=_whole("INTERVAL", parts.get("INTERVAL", "1"), 1, 120),
        count=_whole("COUNT", parts["COUNT"], 1, 1000) if "COUNT" in parts else None,
        until=_until(parts["UNTIL"]) if "UNTIL" in parts else None,
        months=_wholes("BYMONTH", parts.get("BYMONTH"), 1, 12),
        month_days=_wholes("BYMONTHDAY", parts.get("BYMONTHDAY"), -1, _LAST_DAY_OF_EVERY_MONTH),
        weekdays=tuple(_weekday(day) for day in parts["BYDAY"].split(",")) if "BYDAY" in parts else (),
    )
    _refuse_untellable(rule)
    return rule


def faults_of(schedule: Schedule) -> list[SurveyFault]:
    """What keeps anybody from going by it."""
    found: list[SurveyFault] = []
    for check in (_check_duration, _check_reminders, _check_start, _check_rounds):
        try:
            check(schedule)
        except NoSchedule as refused:
            if refused.fault not in found:
                found.append(refused.fault)
    return found


def in_germany(local: datetime) -> datetime:
    """A clock time in Germany, in UTC.

    One that summer time skips is as late after midnight as clocks would have shown without it; of one that comes twice,
    it is the first: RFC 5545 section 3.3.5.
    """
    return local.replace(tzinfo=TIME_ZONE).astimezone(UTC)


def is_working_day(day: date, region: Region) -> bool:
    """Whether offices are open. Source: Feiertagsgesetze of the states, as the `holidays` package keeps them."""
    if region == "none":
        return True
    return (
        day.weekday() < _SATURDAY
        and (day.month, day.day) not in _OFFICES_CLOSED
        and day not in _public(region, day.year)
    )


@cache
def _public(region: Region, year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("DE", subdiv=region, years=year))


def _next_working_time(local: datetime, region: Region) -> datetime:
    while not is_working_day(local.date(), region):
        local += timedelta(days=1)
    return local


def _on_a_working_day(moment: datetime, region: Region) -> datetime:
    return in_germany(_next_working_time(moment.astimezone(TIME_ZONE).replace(tzinfo=None), region))


def _planned(schedule: Schedule) -> Iterator[datetime]:
    """The clock times that the rule names."""
    if schedule.starts is None:
        return
    if schedule.rule is None:
        yield schedule.starts
        return
    rule = read_rule(schedule.rule)
    # Everything is reckoned in clock times; the end of the rule, too, which RFC 5545 writes in UTC.
    without_end = ";".join(part for part in schedule.rule.split(";") if not part.startswith("UNTIL="))
    for planned_for in rrulestr(without_end, dtstart=schedule.starts):
        if rule.until is not None and planned_for > rule.until:
            return
        yield planned_for


def _day(moment: datetime) -> date:
    return moment.astimezone(TIME_ZONE).date()


def _until(text: str) -> datetime:
    for form in ("%Y%m%d", "%Y%m%dT%H%M%S", "%Y%m%dT%H%M%SZ"):
        try:
            found = datetime.strptime(text, form)  # noqa: DTZ007 - the zone is told by the form, below
        except ValueError:
            continue
        if form.endswith("Z"):
            return found.replace(tzinfo=UTC).astimezone(TIME_ZONE).replace(tzinfo=None)
        return found if "T" in form else found + timedelta(days=1, microseconds=-1)
    raise NoSchedule("rule", f"UNTIL={text} is no time; write it as 20281231 or 20281231T225959Z")


def _whole(name: str, text: str, least: int, most: int) -> int:
    if not re.fullmatch(r"-?\d{1,4}", text) or not least <= int(text) <= most:
        raise NoSchedule("rule", f"{name} is a whole number from {least} to {most}")
    return int(text)


def _wholes(name: str, text: str | None, least: int, most: int) -> tuple[int, ...]:
    if text is None:
        return ()
    found = tuple(_whole(name, each, least, most) for each in text.split(","))
    if 0 in found or len(set(found)) < len(found):
        raise NoSchedule("rule", f"{name} names each one once, and 0 is none of them")
    return found


def _weekday(text: str) -> tuple[int, int]:
    match = _DAY.fullmatch(text)
    if match is None:
        raise NoSchedule("rule", f"BYDAY={text} is no weekday; write it as MO, 1MO (the first) or -1FR (the last)")
    return ("MO", "TU", "WE", "TH", "FR", "SA", "SU").index(match["weekday"]), int(match["which"] or 0)


def _refuse_untellable(rule: Rule) -> None:
    if rule.month_days and rule.weekdays:
        raise NoSchedule("rule", "it names BYDAY or BYMONTHDAY, not both")
    if rule.frequency == "WEEKLY" and (rule.months or rule.month_days or any(which for _, which in rule.weekdays)):
        raise NoSchedule("rule", "WEEKLY goes with BYDAY=MO and the like alone")
    if rule.frequency != "WEEKLY" and any(not which for _, which in rule.weekdays):
        raise NoSchedule("rule", "say which weekday of the month, as BYDAY=1MO (the first) or BYDAY=-1FR (the last)")
    if rule.frequency == "YEARLY" and (rule.month_days or rule.weekdays) and not rule.months:
        raise NoSchedule("rule", "say of which months, as BYMONTH=3,9")
    if rule.frequency == "MONTHLY" and rule.months:
        raise NoSchedule("rule", "BYMONTH goes with FREQ=YEARLY")


def _check_duration(schedule: Schedule) -> None:
    if schedule.duration is not None and schedule.days != OPEN_DAYS:
        raise NoSchedule("duration", "it stands in the place of days; give one of the two")
    if schedule.duration is None and not 1 <= schedule.days <= LONGEST_OPEN_DAYS:
        raise NoSchedule("days", name="schedule_days", most=LONGEST_OPEN_DAYS)
    if not Duration(days=1) <= schedule.open_for <= Duration(days=LONGEST_OPEN_DAYS):
        raise NoSchedule("duration", name="schedule_days", most=LONGEST_OPEN_DAYS)
    if not 0 <= schedule.prepare_days <= LONGEST_PREPARE_DAYS:
        raise NoSchedule("prepare_days", name="prepare_days", most=LONGEST_PREPARE_DAYS)


def _check_reminders(schedule: Schedule) -> None:
    if list(schedule.reminded_after) != sorted(set(schedule.reminded_after)):
        raise NoSchedule("reminders", "name each once, the earliest first")
    if schedule.reminders != REMINDERS and any(each >= schedule.open_for for each in schedule.reminded_after):
        raise NoSchedule("reminders", name="reminder_late")


def _check_start(schedule: Schedule) -> None:
    if schedule.starts is None:
        if schedule.rule is not None:
            raise NoSchedule("starts", "a rule needs its first opening, as 2027-03-01T08:00:00")
        return
    if schedule.starts.second or schedule.starts.microsecond:
        raise NoSchedule("starts", "it is a time in whole minutes")
    if schedule.rule is None:
        return
    rule = read_rule(schedule.rule)
    by_its_day = rule.frequency != "WEEKLY" and not rule.month_days and not rule.weekdays
    if by_its_day and schedule.starts.day > _LAST_DAY_OF_EVERY_MONTH:
        raise NoSchedule("starts", name="short_month", day=schedule.starts.day)
    if next(_planned(schedule), None) != schedule.starts:
        raise NoSchedule("starts", name="start_no_day")


def _check_rounds(schedule: Schedule) -> None:
    if schedule.starts is None:
        return
    last = in_germany(schedule.starts) + _LOOKED_AHEAD
    for before, later in pairwise(takewhile(lambda each: each.planned_for < last, every_round(schedule))):
        if later.opens_at <= before.closes_at:
            opens = later.opens_at.astimezone(TIME_ZONE)
            raise NoSchedule("rule", name="rounds_overlap", day=f"{opens:%Y-%m-%d}")
