"""What the programme did, and on which day: a training held, an office opened. Rounds are read beside it."""

from datetime import date

from msgspec import Struct

from survey_service.errors import Refusal

LONGEST_NAME = 80  # characters: it stands beside a picture


class ProgrammeMeasure(Struct, frozen=True, kw_only=True):
    """name: by language; German, and English where somebody has written it."""

    measure_id: str
    day: date
    name: dict[str, str]


class UnusableMeasure(Refusal):
    """field: the one at fault, `day` or `name`."""

    def __init__(self, field: str) -> None:
        remedy = (
            "Give the day as in 2026-03-14."
            if field == "day"
            else f"Name it in German with 1 to {LONGEST_NAME} characters; the English name may stay empty."
        )
        super().__init__(f"This measure has no usable {field}.", remedy=remedy)
        self.field = field


class UnknownMeasure(Refusal):
    def __init__(self) -> None:
        super().__init__("There is no such measure.", remedy="Open the list again: somebody has removed it.")


def parse_name(german: str, english: str) -> dict[str, str]:
    """Raises: UnusableMeasure."""
    found = {"de": " ".join(german.split()), "en": " ".join(english.split())}
    if not found["de"] or max(map(len, found.values())) > LONGEST_NAME:
        raise UnusableMeasure("name")
    return {language: text for language, text in found.items() if text}


def parse_day(text: str) -> date:
    """Raises: UnusableMeasure."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise UnusableMeasure("day") from None
