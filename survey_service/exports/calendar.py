"""The dates of all rounds as a calendar (iCalendar, RFC 5545). Of participants there is nothing in it."""

from datetime import datetime, timedelta

from icalendar import Calendar, Event
from msgspec import Struct

READ_AGAIN = timedelta(hours=6)


class CalendarEntry(Struct, frozen=True, kw_only=True):
    """uid: stays the same as long as it is the same thing. ends_at: None: a moment. is_certain: False: it may still move."""

    uid: str
    starts_at: datetime
    ends_at: datetime | None = None
    title: str
    survey: str
    address: str
    is_certain: bool = True


def as_calendar(entries: list[CalendarEntry], *, name: str, now: datetime) -> bytes:
    calendar = Calendar()
    calendar.add("prodid", "-//Survey service//Rounds//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", READ_AGAIN, parameters={"VALUE": "DURATION"})
    for entry in entries:
        event = Event()
        event.add("uid", entry.uid)
        event.add("dtstamp", now)
        event.add("dtstart", entry.starts_at)
        if entry.ends_at is not None:
            event.add("dtend", entry.ends_at)
        event.add("summary", f"{entry.title}: {entry.survey}")
        event.add("url", entry.address)
        event.add("status", "CONFIRMED" if entry.is_certain else "TENTATIVE")
        event.add("transp", "TRANSPARENT")  # nobody is busy because a survey is open
        calendar.add_component(event)
    return bytes(calendar.to_ical())
