"""What happens to a round by itself, and when. Read by whoever carries it out, and by every page that tells it."""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct

from survey_service.domain.rounds import GRACE, Round
from survey_service.domain.schedules import Schedule, reminders_of

DeedName = Literal["open", "remind", "close", "unseal", "warn", "erase"]

WARNED_BEFORE = (timedelta(days=14), timedelta(days=3))  # the two warnings before responses are erased
_SHARES = (2, 4)  # of a shorter retention: its half and its last quarter


class ForeseenDeed(Struct, frozen=True, kw_only=True):
    """number: of several of a kind, from 1. is_certain: False where it hangs on what has not happened yet."""

    deed: DeedName
    number: int = 1
    at: datetime
    is_certain: bool = True


def timetable(
    found: Round, schedule: Schedule, retention_days: int, done: Collection[tuple[DeedName, int]]
) -> tuple[ForeseenDeed, ...]:
    """What is still to happen to a round by itself, the earliest first.

    retention_days: of its survey. done: deeds with their numbers that are carried out, of those that leave no trace in the
    round itself: open, remind, warn.

    A round that waits for approvals or trustees does nothing by itself; neither does one that is closed and in their hands.
    """
    foreseen = [each for each in _deeds(found, schedule, retention_days) if (each.deed, each.number) not in done]
    return tuple(sorted(foreseen, key=lambda each: each.at))


def due(foreseen: Collection[ForeseenDeed], now: datetime) -> tuple[ForeseenDeed, ...]:
    """What is to be carried out now, in its order."""
    return tuple(each for each in foreseen if each.is_certain and each.at <= now)


def _deeds(found: Round, schedule: Schedule, retention_days: int) -> Iterator[ForeseenDeed]:
    if found.stage == "planned":
        yield ForeseenDeed(deed="open", at=found.opens_at)
        for number, moment in reminders_of(schedule, found.opens_at, found.closes_at):
            yield ForeseenDeed(deed="remind", number=number, at=moment)
        yield ForeseenDeed(deed="close", at=found.closes_at + GRACE)
    if found.stage == "opened" or (found.stage in ("planned", "closed") and found.custody == "server"):
        is_frozen = found.stage != "planned"
        frozen_at = found.closes_at if is_frozen else found.closes_at + GRACE  # by hand at once, without the grace
        yield ForeseenDeed(deed="unseal", at=frozen_at, is_certain=is_frozen)
        if not is_frozen:
            yield from _retention(frozen_at, frozen_at + timedelta(days=retention_days), is_certain=False)
    if found.stage in ("unsealed", "released") and found.erase_at is not None:
        yield from _retention(found.erase_at - timedelta(days=retention_days), found.erase_at, is_certain=True)


def _retention(begins_at: datetime, erase_at: datetime, *, is_certain: bool) -> Iterator[ForeseenDeed]:
    for number, moment in enumerate(warnings_before(begins_at, erase_at), start=1):
        yield ForeseenDeed(deed="warn", number=number, at=moment, is_certain=is_certain)
    yield ForeseenDeed(deed="erase", at=erase_at, is_certain=is_certain)


def warnings_before(begins_at: datetime, erase_at: datetime) -> tuple[datetime, ...]:
    """When the team is warned of an erasure: two weeks and three days before it, in a short retention later."""
    whole = erase_at - begins_at
    return tuple(erase_at - min(before, whole / share) for before, share in zip(WARNED_BEFORE, _SHARES, strict=True))
