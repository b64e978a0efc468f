"""The words of results, and numbers and dates as German and English write them."""

import tomllib
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from importlib import resources
from typing import Any, Literal

from survey_service.domain.site import TIME_ZONE

Language = Literal["de", "en"]
Text = dict[str, str]

HIDDEN = "•"  # one sign for every hidden value; German official statistics use a dot for what is kept secret
NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"
_SEPARATORS: dict[Language, tuple[str, str]] = {"de": (".", ","), "en": (",", ".")}  # of thousands, of decimals


class Wording:
    """One language. Called with a wording's dotted name and its facts, it gives the sentence."""

    def __init__(self, language: Language, words: dict[str, Any]) -> None:
        self.language = language
        self._words = words
        self._thousands, self._decimal = _SEPARATORS[language]

    def __call__(self, name: str, **facts: object) -> str:
        return str(self._at(name)).format(**facts)

    def several(self, name: str, **facts: object) -> tuple[str, ...]:
        """The sentences of a list."""
        return tuple(str(sentence).format(**facts) for sentence in self._at(name))

    def pairs(self, name: str) -> tuple[tuple[str, str], ...]:
        """The terms of a glossary, each with its meaning."""
        return tuple((term, meaning) for term, meaning in self._at(name))

    def of(self, text: Text) -> str:
        """A wording of a survey or questionnaire in this language, or in the first it has."""
        return text.get(self.language) or next(iter(text.values()))

    def whole(self, number: int) -> str:
        return f"{number:,}".replace(",", self._thousands)

    def decimal(self, number: float) -> str:
        """One decimal: 71,2 or 71.2."""
        return str(_rounded(number)).replace(".", self._decimal)

    def two_decimals(self, number: float) -> str:
        """Of a coefficient: 0,84 or 0.84; a true minus sign."""
        text = f"{abs(number):.2f}".replace(".", self._decimal)
        return f"\N{MINUS SIGN}{text}" if number < 0 else text

    def per_cent(self, share: float) -> str:
        """A share from 0 to 1: 12,5 % or 12.5%."""
        return self._with_sign(self.decimal(_percentage(share)))

    def interval(self, low: float, high: float) -> str:
        """Of a share: 10,1 bis 15,3 % or 10.1% to 15.3%."""
        if self.language == "de":
            return f"{self.decimal(_percentage(low))} bis {self.per_cent(high)}"
        return f"{self.per_cent(low)} to {self.per_cent(high)}"

    def score_interval(self, low: float, high: float) -> str:
        return f"{self.decimal(low)} {'bis' if self.language == 'de' else 'to'} {self.decimal(high)}"

    def signed(self, points: float) -> str:
        """A difference with its sign; without one where rounding leaves nothing."""
        rounded = _rounded(points)
        sign = "+" if rounded > 0 else "\N{MINUS SIGN}" if rounded < 0 else ""
        return sign + self.decimal(abs(points))

    def signed_interval(self, low: float, high: float) -> str:
        return f"{self.signed(low)} {'bis' if self.language == 'de' else 'to'} {self.signed(high)}"

    def effect(self, size: float) -> str:
        """Cohen's h or d with two decimals and its sign."""
        rounded = Decimal(str(size)).quantize(Decimal("0.01"), ROUND_HALF_UP)
        sign = "+" if rounded > 0 else "\N{MINUS SIGN}" if rounded < 0 else ""
        return sign + str(abs(rounded)).replace(".", self._decimal)

    def whole_per_cent(self, share: float) -> str:
        return self._with_sign(str(int(Decimal(str(share * 100)).quantize(Decimal(1), ROUND_HALF_UP))))

    def listed(self, texts: list[str]) -> str:
        """A, B und C."""
        *others, last = texts
        return f"{', '.join(others)} {self('and')} {last}" if others else last

    def quoted(self, text: str) -> str:
        """A statement in quotation marks, without its full stop, so that it stands within a sentence."""
        return self("quoted", text=text.removesuffix("."))

    def day(self, moment: datetime) -> str:
        """In Germany: 12. Dezember 2026."""
        return self.calendar_day(moment.astimezone(TIME_ZONE).date())

    def calendar_day(self, day: date) -> str:
        """12. Dezember 2026."""
        return self("day", day=day.day, month=self._words["months"][day.month - 1], year=day.year)

    def date(self, moment: datetime) -> str:
        """Weekday, day and time in Germany: Freitag, 12. Dezember 2026, 18:00 Uhr."""
        here = moment.astimezone(TIME_ZONE)
        return self(
            "date",
            weekday=self._words["weekdays"][here.weekday()],
            day=here.day,
            month=self._words["months"][here.month - 1],
            year=here.year,
            time=self.time(moment),
        )

    def time(self, moment: datetime) -> str:
        return f"{moment.astimezone(TIME_ZONE):%H:%M}"

    def _at(self, name: str) -> Any:
        found: Any = self._words
        for part in name.split("."):
            found = found[part]
        return found

    def _with_sign(self, number: str) -> str:
        return f"{number}{NO_BREAK_SPACE}%" if self.language == "de" else f"{number}%"


def language(tag: str) -> Language:
    """Raises: KeyError for a language there are no words in."""
    for known in _SEPARATORS:
        if tag == known:
            return known
    raise KeyError(tag)


@cache
def words(language: Language) -> dict[str, Any]:
    """All wordings of results."""
    file = resources.files("survey_service.results").joinpath("wordings", f"{language}.toml")
    return tomllib.loads(file.read_text(encoding="utf-8"))


def _percentage(share: float) -> float:
    return float(Decimal(str(share)) * 100)


def _rounded(number: float) -> Decimal:
    return Decimal(str(number)).quantize(Decimal("0.1"), ROUND_HALF_UP)
