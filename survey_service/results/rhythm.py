"""A schedule in words: how often, from when, for how long, with which reminders."""

from datetime import timedelta

from survey_service.domain.schedules import Duration, Rule, Schedule, in_germany, read_rule
from survey_service.results.wording import Wording

_HOUR = timedelta(hours=1)
_MINUTE = timedelta(minutes=1)


def schedule_in_words(schedule: Schedule, words: Wording) -> tuple[str, ...]:
    """A sentence each: the rhythm, its end, how long a round is open, reminders, holidays, preparation.

    Raises: NoSchedule where nobody can go by it.
    """
    said = [
        *_recurrence(schedule, words),
        words("rhythm.open", duration=duration_in_words(schedule.open_for, words)),
        _reminders(schedule, words),
    ]
    if schedule.starts is not None:
        said += [
            words("rhythm.not_moved")
            if schedule.holidays == "none"
            else words("rhythm.moved", region=words(f"rhythm.region.{schedule.holidays}")),
            words("rhythm.prepared", duration=_counted("day", schedule.prepare_days, words)),
        ]
    return tuple(said)


def duration_in_words(duration: Duration, words: Wording) -> str:
    """14 Tage; 14 Tage und 9 Stunden."""
    hours, rest = divmod(timedelta(seconds=duration.seconds), _HOUR)
    parts = (("day", duration.days), ("hour", hours), ("minute", rest // _MINUTE))
    return words.listed([_counted(unit, count, words) for unit, count in parts if count])


def _recurrence(schedule: Schedule, words: Wording) -> tuple[str, ...]:
    if schedule.starts is None:
        return (words("rhythm.by_hand"),)
    first = words.date(in_germany(schedule.starts))
    if schedule.rule is None:
        return (words("rhythm.once", first=first),)
    rule = read_rule(schedule.rule)
    return words("rhythm.recurs", every=_every(rule, words), first=first), _end(rule, words)


def _every(rule: Rule, words: Wording) -> str:
    """Jedes Jahr am ersten Montag im März und September."""
    unit = rule.frequency.lower()
    said = [
        words(f"rhythm.every.{unit}")
        if rule.interval == 1
        else words(f"rhythm.every_other.{unit}", number=_number(rule.interval, words))
    ]
    if rule.weekdays:
        said.append(words("rhythm.on", days=words.listed([_weekday(*each, words) for each in rule.weekdays])))
    elif rule.month_days:
        said.append(words("rhythm.on", days=words.listed([_month_day(day, words) for day in rule.month_days])))
    if rule.months:
        months = words.several("months")
        said.append(words("rhythm.in", months=words.listed([months[month - 1] for month in rule.months])))
    return " ".join(said)


def _weekday(weekday: int, which: int, words: Wording) -> str:
    name = words.several("weekdays")[weekday]
    return words(f"rhythm.which.{which}", weekday=name) if which else name


def _month_day(day: int, words: Wording) -> str:
    return words("rhythm.last_day") if day < 0 else words("rhythm.month_day", day=day)


def _end(rule: Rule, words: Wording) -> str:
    if rule.count is not None:
        return (
            words("rhythm.one_round") if rule.count == 1 else words("rhythm.count", number=_number(rule.count, words))
        )
    if rule.until is not None:
        return words("rhythm.until", day=words.calendar_day(rule.until.date()))
    return words("rhythm.endless")


def _reminders(schedule: Schedule, words: Wording) -> str:
    delays = [duration_in_words(delay, words) for delay in schedule.reminded_after if delay < schedule.open_for]
    return words("rhythm.reminded", durations=words.listed(delays)) if delays else words("rhythm.not_reminded")


def _counted(unit: str, count: int, words: Wording) -> str:
    return words(f"rhythm.one_{unit}") if count == 1 else words(f"rhythm.{unit}s", count=words.whole(count))


def _number(number: int, words: Wording) -> str:
    """In words up to twelve."""
    spelled = words.several("rhythm.numbers")
    return spelled[number] if number < len(spelled) else words.whole(number)
