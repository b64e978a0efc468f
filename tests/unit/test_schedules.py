"""Schedules: the days that a rule names, in German clock time, moved away from days on which offices are closed."""

from datetime import UTC, date, datetime, timedelta
from itertools import islice

import msgspec
import pytest

from survey_service.domain.schedules import (
    ComingRound,
    Duration,
    Region,
    Schedule,
    closes_after,
    coming_rounds,
    every_round,
    faults_of,
    in_germany,
    is_working_day,
    read_duration,
    reminders_of,
)
from survey_service.domain.site import TIME_ZONE

local = datetime.fromisoformat  # a clock time in Germany


EVERY_SIX_MONTHS = Schedule(
    starts=local("2027-03-01T08:00"), rule="FREQ=MONTHLY;INTERVAL=6;COUNT=4", reminders=("P7D", "P12D")
)
BEFORE_IT_ALL = datetime(2026, 11, 1, tzinfo=UTC)


def clock(moment: datetime) -> str:
    """As clocks in Germany show it."""
    return f"{moment.astimezone(TIME_ZONE):%Y-%m-%d %H:%M}"


def the_rounds(schedule: Schedule, count: int = 10) -> list[ComingRound]:
    return list(islice(every_round(schedule), count))


def test_a_round_every_six_months_opens_at_the_same_clock_time_in_winter_and_in_summer() -> None:
    found = the_rounds(EVERY_SIX_MONTHS)

    assert [clock(each.opens_at) for each in found] == [
        "2027-03-01 08:00",
        "2027-09-01 08:00",
        "2028-03-01 08:00",
        "2028-09-01 08:00",
    ]
    assert [each.opens_at.hour for each in found] == [7, 6, 7, 6]  # in UTC
    assert [each.number for each in found] == [1, 2, 3, 4]


def test_a_round_during_which_summer_time_begins_ends_at_the_clock_time_at_which_it_opened() -> None:
    (found,) = the_rounds(Schedule(starts=local("2027-03-22T08:00")))

    assert (clock(found.opens_at), clock(found.closes_at)) == ("2027-03-22 08:00", "2027-04-05 08:00")
    assert found.closes_at - found.opens_at == timedelta(days=14, hours=-1)


@pytest.mark.parametrize(
    ("starts", "opens_at"),
    [
        (local("2027-03-28T02:30"), datetime(2027, 3, 28, 1, 30, tzinfo=UTC)),  # skipped: as late as without it
        (local("2027-10-31T02:30"), datetime(2027, 10, 31, 0, 30, tzinfo=UTC)),  # twice: the first
    ],
)
def test_a_time_that_clocks_skip_or_show_twice_is_the_one_of_the_standard(starts: datetime, opens_at: datetime) -> None:
    # RFC 5545 section 3.3.5
    (found,) = the_rounds(Schedule(starts=starts, holidays="none"))
    assert found.opens_at == opens_at


@pytest.mark.parametrize(
    ("starts", "opens", "closes"),
    [
        (local("2027-05-01T08:00"), "2027-05-03 08:00", "2027-05-18 08:00"),  # Labour Day, a Saturday; Pentecost Monday
        (local("2028-01-06T08:00"), "2028-01-07 08:00", "2028-01-21 08:00"),  # Epiphany
        (local("2027-12-24T08:00"), "2027-12-27 08:00", "2028-01-10 08:00"),  # Christmas Eve, a Friday
        (local("2027-06-05T08:00"), "2027-06-07 08:00", "2027-06-21 08:00"),  # a Saturday
    ],
)
def test_an_opening_or_an_end_on_a_closed_day_waits_for_the_next_working_day(
    starts: datetime, opens: str, closes: str
) -> None:
    (found,) = the_rounds(Schedule(starts=starts))
    assert (clock(found.opens_at), clock(found.closes_at)) == (opens, closes)
    assert found.is_moved
    assert found.planned_for == in_germany(starts)


def test_the_working_days_are_those_of_the_state_that_the_survey_names() -> None:
    # Epiphany is a holiday in Baden-Württemberg and not in Berlin, Women's Day the other way round.
    days = (date(2027, 1, 6), date(2027, 3, 8))
    expected: dict[Region, tuple[bool, bool]] = {"BW": (False, True), "BE": (True, False), "none": (True, True)}
    for region, open_on in expected.items():
        assert tuple(is_working_day(day, region) for day in days) == open_on, region
    assert is_working_day(date(2027, 12, 25), "none")  # nothing is moved where nobody wants it


def test_every_closed_day_of_a_year_in_baden_wuerttemberg_is_known() -> None:
    # Feiertagsgesetz Baden-Württemberg section 1, and the two days before holidays.
    weekdays = (date(2029, 1, 1) + timedelta(days=days) for days in range(365))
    closed = [day for day in weekdays if day.weekday() < 5 and not is_working_day(day, "BW")]
    assert [f"{day:%d.%m.}" for day in closed] == [
        "01.01.",
        "30.03.",  # Good Friday
        "02.04.",  # Easter Monday
        "01.05.",
        "10.05.",  # Ascension
        "21.05.",  # Pentecost Monday
        "31.05.",  # Corpus Christi
        "03.10.",
        "01.11.",
        "24.12.",
        "25.12.",
        "26.12.",
        "31.12.",
    ]


def test_the_coming_rounds_are_those_that_open_later_than_now() -> None:
    now = datetime(2027, 9, 1, 6, tzinfo=UTC)  # the moment at which the second opens
    assert [each.number for each in coming_rounds(EVERY_SIX_MONTHS, now, 5)] == [3, 4]
    assert [each.number for each in coming_rounds(EVERY_SIX_MONTHS, BEFORE_IT_ALL, 2)] == [1, 2]
    assert coming_rounds(Schedule(days=14), BEFORE_IT_ALL, 5) == ()


def test_a_rule_ends_with_its_last_day_wherever_its_end_is_written_in_utc_or_as_a_day() -> None:
    for until in ("20280301", "20280301T080000", "20280301T070000Z"):
        schedule = Schedule(starts=local("2027-03-01T08:00"), rule=f"FREQ=MONTHLY;INTERVAL=6;UNTIL={until}")
        assert len(the_rounds(schedule)) == 3, until
    one_second_less = Schedule(starts=local("2027-03-01T08:00"), rule="FREQ=MONTHLY;INTERVAL=6;UNTIL=20280301T065959Z")
    assert len(the_rounds(one_second_less)) == 2


def test_a_round_is_prepared_ahead_and_reminded_on_working_days_while_it_is_open() -> None:
    found = the_rounds(EVERY_SIX_MONTHS)[0]
    assert clock(found.prepares_at) == "2027-02-01 08:00"
    assert [clock(each) for each in found.reminders] == [
        "2027-03-08 08:00"
    ]  # the second would be the Monday of the end


def test_reminders_that_would_come_after_the_end_or_twice_on_a_day_are_left_out_and_the_others_keep_their_numbers() -> (
    None
):
    schedule = Schedule(days=14, reminders=("P5D", "P6D", "P7D", "P10D", "P12D"))
    monday = datetime(2027, 6, 7, 6, tzinfo=UTC)
    # Saturday, Sunday and Monday become one Monday; the twelfth day becomes the Monday on which the round ends.
    found = reminders_of(schedule, monday, closes_after(schedule, monday))
    assert [(number, clock(moment)) for number, moment in found] == [(1, "2027-06-14 08:00"), (4, "2027-06-17 08:00")]


def test_durations_are_days_by_the_calendar_and_exact_hours() -> None:
    assert read_duration("duration", "P2W") == Duration(days=14)
    assert read_duration("duration", "P14DT9H30M") == Duration(days=14, seconds=9 * 3600 + 1800)
    before_summer_time = datetime(2027, 3, 27, 7, tzinfo=UTC)
    assert clock(Duration(days=1).after(before_summer_time)) == "2027-03-28 08:00"
    assert clock(Duration(days=0, seconds=24 * 3600).after(before_summer_time)) == "2027-03-28 09:00"


@pytest.mark.parametrize(
    ("schedule", "fault"),
    [
        (Schedule(days=0), "days: a round is open for 1 to 92 days"),
        (Schedule(duration="14 days"), "duration: 14 days is no duration"),
        (Schedule(duration="P0D"), "duration: P0D is no duration"),
        (Schedule(duration="P1D", days=3), "duration: it stands in the place of days"),
        (Schedule(prepare_days=-1), "prepare_days"),
        (Schedule(reminders=("P3D", "P2D")), "reminders: name each once, the earliest first"),
        (Schedule(days=3, reminders=("P3D",)), "reminders: one would come after the round has ended"),
        (Schedule(rule="FREQ=YEARLY"), "starts: a rule needs its first opening"),
        (Schedule(starts=local("2027-03-01T08:00"), rule="FREQ=DAILY"), "rule: FREQ is WEEKLY, MONTHLY or YEARLY"),
        (Schedule(starts=local("2027-03-01T08:00"), rule="every six months"), "rule: every six months cannot be read"),
        (Schedule(starts=local("2027-03-01T08:00"), rule="FREQ=YEARLY;BYSETPOS=1"), "rule: BYSETPOS cannot be told"),
        (Schedule(starts=local("2027-03-01T08:00"), rule="FREQ=YEARLY;COUNT=2;UNTIL=20280101"), "not by both"),
        (Schedule(starts=local("2027-03-01T08:00"), rule="FREQ=YEARLY;UNTIL=never"), "rule: "),
        (Schedule(starts=local("2027-03-02T08:00"), rule="FREQ=MONTHLY;BYDAY=1MO"), "starts: the rule does not name"),
        (
            Schedule(starts=local("2027-08-31T08:00"), rule="FREQ=MONTHLY;INTERVAL=6"),
            "starts: not every month has a day 31",
        ),
        (
            Schedule(starts=local("2027-03-01T08:00"), rule="FREQ=WEEKLY"),
            "would open before the one before it has closed",
        ),
    ],
)
def test_a_schedule_that_nobody_can_go_by_says_why(schedule: Schedule, fault: str) -> None:
    assert any(fault in str(each) for each in faults_of(schedule)), faults_of(schedule)


def test_a_schedule_that_only_holidays_push_into_the_next_round_is_refused() -> None:
    # Open from a Monday to the Sunday before the next one: the end becomes that Monday itself.
    tight = Schedule(starts=local("2027-01-11T08:00"), rule="FREQ=WEEKLY;INTERVAL=2", days=13)
    assert list(map(str, faults_of(tight))) == [
        "schedule.rule: the round of 2027-01-25 would open before the one before it has closed"
    ]
    assert faults_of(msgspec.structs.replace(tight, holidays="none")) == []
    assert faults_of(msgspec.structs.replace(tight, days=7)) == []


def test_a_survey_that_only_says_its_days_stays_what_it_was() -> None:
    # Its bytes are what was approved by hash.
    assert msgspec.json.encode(Schedule()) == b"{}"
    assert msgspec.json.decode(b'{"days":10}', type=Schedule) == Schedule(days=10)
    assert faults_of(Schedule(days=3)) == []


def test_a_start_with_a_time_zone_is_refused_since_the_rule_goes_by_clocks_in_germany() -> None:
    with pytest.raises(msgspec.ValidationError, match="no timezone"):
        msgspec.convert({"starts": "2027-03-01T08:00:00Z"}, Schedule)
