"""The rounds before a round, and what the programme did meanwhile: what a change is read from."""

from datetime import date

from msgspec import Struct

from questionnaires.model import Scale
from survey_service.domain.programme import ProgrammeMeasure
from survey_service.results.figures import Released
from survey_service.results.readings import Reading, is_asked_alike, whole_reading

MOST_ROUNDS = 12  # that a picture of their course holds: six years of a round every six months


class PastRound(Struct, frozen=True, kw_only=True):
    """What a round has released. opened_on: by the calendar in Germany."""

    opened_on: date
    released: Released


class Point(Struct, frozen=True, kw_only=True):
    """A round's figure. reading: None where it is hidden."""

    on: date
    reading: Reading | None


class History(Struct, frozen=True, kw_only=True):
    """What a round is compared with.

    opened_on: of the round itself. earlier: released rounds of the same survey before it, the earliest first; beside a
    rehearsal rehearsals, beside a round of people rounds of people. measures: of the programme, the earliest first.
    """

    opened_on: date
    earlier: tuple[PastRound, ...] = ()
    measures: tuple[ProgrammeMeasure, ...] = ()

    @property
    def before(self) -> PastRound | None:
        """The last round before."""
        return self.earlier[-1] if self.earlier else None

    def course(self, released: Released, scale: Scale) -> tuple[Point, ...]:
        """The scale of the whole round, round by round, this one last; without rounds that asked it in other words."""
        points = [
            Point(on=past.opened_on, reading=whole_reading(past.released, scale))
            for past in self.earlier
            if is_asked_alike(scale, past.released.questionnaire, released.questionnaire)
        ]
        return (*points[-(MOST_ROUNDS - 1) :], Point(on=self.opened_on, reading=whole_reading(released, scale)))
