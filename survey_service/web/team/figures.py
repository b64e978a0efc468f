"""Which share of a released table is drawn, read from its cells: nothing here sees more than the release holds."""

from collections.abc import Iterable
from statistics import NormalDist
from typing import Literal

from msgspec import Struct

from analysis import Row, SafeTable, Score, wilson_interval
from questionnaires.model import Item, Questionnaire, Scale

FEWEST_STEPS = 4  # of an answer scale whose two upper steps are counted together
CONFIDENCE = 0.95

Figure = Item | Scale


class Measure(Struct, frozen=True, kw_only=True):
    """The one share of an item or scale that a bar shows: those who chose any of `options`.

    is_complement: those who chose none of them.
    """

    name: Literal["at-least-once", "top-two", "any-of"]
    options: frozenset[str]
    is_complement: bool = False


class Share(Struct, frozen=True, kw_only=True):
    """count of n answers. low, high: Wilson's interval at 95 %."""

    count: int
    n: int

    @property
    def share(self) -> float:
        return self.count / self.n

    def interval(self, comparisons: int = 1) -> tuple[float, float]:
        """comparisons: how many are made; the interval is widened so that all of them hold at 95 % (Bonferroni)."""
        return wilson_interval(self.count, self.n, 1 - (1 - CONFIDENCE) / comparisons)


def measure(figure: Figure) -> Measure | None:
    """None: no single share says it; its options are drawn one by one."""
    if isinstance(figure, Scale):
        return Measure(name="any-of", options=frozenset({"any"})) if figure.kind == "prevalence" else None
    valid = [option for option in figure.options if not option.missing]
    harmless = [option for option in valid if option.harmless]
    if harmless and figure.kind == "single":
        return Measure(name="at-least-once", options=frozenset(o.code for o in valid if not o.harmless))
    if harmless and all(option.exclusive for option in harmless):
        return Measure(name="any-of", options=frozenset(o.code for o in harmless), is_complement=True)
    values = sorted({option.value for option in valid if option.value is not None})
    if figure.kind == "single" and len(values) >= FEWEST_STEPS and all(option.value is not None for option in valid):
        return Measure(name="top-two", options=frozenset(o.code for o in valid if o.value in values[-2:]))
    return None


def share(row: Row, measured: Measure) -> Share | None:
    """None: the row is hidden."""
    if row.n is None:
        return None
    chosen = sum(cell.count for cell in row.cells if cell.option in measured.options)
    return Share(count=row.n - chosen if measured.is_complement else chosen, n=row.n)


def score_interval(score: Score, n: int, comparisons: int) -> tuple[float, float] | None:
    """As `Share.interval`, of a mean; None where its spread is not released.

    A spread is released from fifty answers on at the least, where Student's distribution is the normal one to a
    tenth of a point.
    """
    if score.standard_deviation is None:
        return None
    z = NormalDist().inv_cdf(1 - (1 - CONFIDENCE) / comparisons / 2)
    half = z * score.standard_deviation / n**0.5
    return score.mean - half, score.mean + half


def do_not_overlap(one: tuple[float, float], other: tuple[float, float]) -> bool:
    """Whether the intervals tell two figures apart, at least at their level, of the same people or of different ones.

    Then the distance is more than z (s₁ + s₂), which is never less than z times the error of the difference,
    whatever the correlation.
    """
    return one[0] > other[1] or other[0] > one[1]


class Released:
    """The tables of a release by what they show."""

    def __init__(self, tables: Iterable[SafeTable], questionnaire: Questionnaire) -> None:
        self._tables = {(table.figure, table.dimension): table for table in tables}
        self.questionnaire = questionnaire
        shown = {dimension for _, dimension in self._tables}
        self.dimensions = tuple(item for item in questionnaire.items if item.id in shown)

    def table(self, figure: Figure, dimension: str | None = None) -> SafeTable | None:
        return self._tables.get((figure.id, dimension))

    def whole(self, figure: Figure) -> Row | None:
        """The row of the whole round; None where the release has no such table."""
        table = self.table(figure)
        return None if table is None else table.rows[0]

    def scales(self, kind: Literal["score", "prevalence"]) -> list[Scale]:
        return [s for s in self.questionnaire.scales if s.kind == kind and self.table(s) is not None]

    def items(self) -> list[Item]:
        return [item for item in self.questionnaire.items if self.table(item) is not None]
