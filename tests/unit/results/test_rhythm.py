"""A schedule in words, as people read it who approve it."""

from datetime import datetime

import pytest

from survey_service.domain.schedules import REGIONS, Schedule
from survey_service.results.rhythm import schedule_in_words
from survey_service.results.wording import Language, Wording, words

local = datetime.fromisoformat  # a clock time in Germany

TOLD: list[tuple[Schedule, list[str], list[str]]] = [
    (
        Schedule(starts=local("2027-03-01T08:00"), rule="FREQ=MONTHLY;INTERVAL=6;COUNT=4"),
        [
            "Alle sechs Monate, zum ersten Mal am Montag, 1. März 2027, 08:00 Uhr.",
            "Insgesamt vier Runden.",
            "Jede Runde ist 14 Tage offen.",
        ],
        [
            "Every six months, first on Monday 1 March 2027, 08:00.",
            "In all, there are four rounds.",
            "Each round is open for 14 days.",
        ],
    ),
    (
        Schedule(starts=local("2027-03-01T08:00"), rule="FREQ=YEARLY;BYMONTH=3,9;BYDAY=1MO", duration="P14DT9H"),
        [
            "Jedes Jahr am ersten Montag im März und September, zum ersten Mal am Montag, 1. März 2027, 08:00 Uhr.",
            "Ohne festes Ende.",
            "Jede Runde ist 14 Tage und 9 Stunden offen.",
        ],
        [
            "Every year on the first Monday in March and September, first on Monday 1 March 2027, 08:00.",
            "Without a set end.",
            "Each round is open for 14 days and 9 hours.",
        ],
    ),
    (
        Schedule(days=10),
        ["Jede Runde wird von Hand geplant.", "Jede Runde ist 10 Tage offen."],
        ["Each round is planned by hand.", "Each round is open for 10 days."],
    ),
]


@pytest.mark.parametrize(("schedule", "german", "english"), TOLD)
def test_a_schedule_is_told_in_words(schedule: Schedule, german: list[str], english: list[str]) -> None:
    assert list(schedule_in_words(schedule, Wording("de", words("de"))))[: len(german)] == german
    assert list(schedule_in_words(schedule, Wording("en", words("en"))))[: len(english)] == english


@pytest.mark.parametrize("language", ["de", "en"])
def test_everything_that_a_rule_may_say_has_its_words(language: Language) -> None:
    start = local("2027-03-01T08:00")
    for rule in (
        "FREQ=WEEKLY;INTERVAL=26;BYDAY=MO",
        "FREQ=MONTHLY;INTERVAL=13;BYMONTHDAY=1;UNTIL=20301231",
        "FREQ=MONTHLY;INTERVAL=2;BYDAY=1MO,-1FR;COUNT=1",
        "FREQ=YEARLY;INTERVAL=2;BYMONTH=3;BYMONTHDAY=1,-1;COUNT=20",
    ):
        for region in REGIONS:
            told = schedule_in_words(
                Schedule(starts=start, rule=rule, holidays=region, duration="P1DT1H1M", reminders=("P1D",)),
                Wording(language, words(language)),
            )
            assert len(told) == 6
            assert "{" not in "".join(told)
