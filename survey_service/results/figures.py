"""Which share of a released table is drawn, read from its cells: nothing here sees more than the release holds."""

from collections.abc import Collection, Mapping
from statistics import NormalDist
from typing import Literal

from msgspec import Struct

from analysis import Cell, Row, SafeTable, Score, wilson_interval
from questionnaires.model import Item, Questionnaire, Scale, Text
from survey_service.domain.releases import ReleaseDocument, ReleasedUnit

FEWEST_STEPS = 4  # of an answer scale whose two upper steps are counted together
CONFIDENCE = 0.95

Figure = Item | Scale
Dimensions = tuple[str, ...]


class Measure(Struct, frozen=True, kw_only=True):
    """The one share of an item or scale that a bar shows: those who chose any of `options`.

    is_complement: those who chose none of them. is_exhaustive: everybody who answered chose exactly one option.
    """

    name: Literal["at-least-once", "top-two", "any-of"]
    options: frozenset[str]
    is_complement: bool = False
    is_exhaustive: bool = False


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
        return (
            Measure(name="any-of", options=frozenset({"any"}), is_exhaustive=True)
            if figure.kind == "prevalence"
            else None
        )
    valid = [option for option in figure.options if not option.missing]
    harmless = [option for option in valid if option.harmless]
    if harmless and figure.kind == "single":
        return Measure(
            name="at-least-once", options=frozenset(o.code for o in valid if not o.harmless), is_exhaustive=True
        )
    if harmless and all(option.exclusive for option in harmless):
        return Measure(name="any-of", options=frozenset(o.code for o in harmless), is_complement=True)
    values = sorted({option.value for option in valid if option.value is not None})
    if figure.kind == "single" and len(values) >= FEWEST_STEPS and all(option.value is not None for option in valid):
        return Measure(
            name="top-two", options=frozenset(o.code for o in valid if o.value in values[-2:]), is_exhaustive=True
        )
    return None


def measure_of(table: SafeTable, figure: Figure) -> Measure | None:
    """As `measure`; a table of "any" and "none" says what it says."""
    if table.kind == "prevalence" and isinstance(figure, Item):
        return Measure(name="at-least-once", options=frozenset({"any"}), is_exhaustive=True)
    return measure(figure)


def share(row: Row, measured: Measure) -> Share | None:
    """None: the row is hidden, or too much of it to tell."""
    if row.n is None:
        return None
    chosen = _together([cell for cell in row.cells if cell.option in measured.options])
    if chosen is None and measured.is_exhaustive:
        others = _together([cell for cell in row.cells if cell.option not in measured.options])
        chosen = None if others is None else row.n - others
    if chosen is None:
        return None
    return Share(count=row.n - chosen if measured.is_complement else chosen, n=row.n)


def _together(cells: list[Cell]) -> int | None:
    counts = [cell.count for cell in cells if cell.count is not None]
    return sum(counts) if len(counts) == len(cells) else None


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

    def __init__(self, document: ReleaseDocument, questionnaire: Questionnaire) -> None:
        self._tables = {(table.figure, table.dimensions): table for table in document.tables}
        self._units = {unit.id: unit for unit in document.units}
        self._above = {code: _above(code, self._units) for code in self._units}
        self._made_of = _made_of(self._above)
        self._items = {item.id: item for item in questionnaire.items}
        self.document = document
        self.questionnaire = questionnaire
        self.cuts = tuple(dict.fromkeys(table.dimensions for table in document.tables if table.dimensions))

    def dimensions(self, cut: Dimensions) -> tuple[Item, ...]:
        """The items that group people."""
        return tuple(self._items[dimension] for dimension in cut)

    def group_name(self, dimension: Item, code: str) -> Text:
        """Of an option, or of a unit that is made of others."""
        option = dimension.option(code)
        return self._units[code].name if option is None else option.text

    def made_of(self, code: str) -> frozenset[str]:
        """The lowest units below a unit, by which it can be told whether its name still stands for the same."""
        return self._made_of.get(code, frozenset())

    def depth(self, dimension: Item, code: str, among: Collection[str]) -> int:
        """How many of the groups listed are above one."""
        return 0 if dimension.options_from is None else sum(above in among for above in self._above.get(code, ()))

    def table(self, figure: Figure, cut: Dimensions = ()) -> SafeTable | None:
        return self._tables.get((figure.id, cut))

    def tables(self, cut: Dimensions) -> list[SafeTable]:
        return [table for (_, dimensions), table in self._tables.items() if dimensions == cut]

    def whole(self, figure: Figure) -> Row | None:
        """The row of the whole round; None where the release has no such table."""
        table = self.table(figure)
        return None if table is None else table.rows[0]

    def scales(self, kind: Literal["score", "prevalence"]) -> list[Scale]:
        return [s for s in self.questionnaire.scales if s.kind == kind and self.table(s) is not None]

    def items(self) -> list[Item]:
        return [item for item in self.questionnaire.items if self.table(item) is not None]


def _above(code: str, units: Mapping[str, ReleasedUnit]) -> tuple[str, ...]:
    found: list[str] = []
    unit = units.get(code)
    while unit is not None and unit.parent is not None:
        found.append(unit.parent)
        unit = units.get(unit.parent)
    return tuple(found)


def _made_of(above: Mapping[str, tuple[str, ...]]) -> dict[str, frozenset[str]]:
    inner = {parents[0] for parents in above.values() if parents}
    found: dict[str, set[str]] = {code: set() for code in above}
    for leaf in above.keys() - inner:
        for code in (leaf, *above[leaf]):
            found[code].add(leaf)
    return {code: frozenset(leaves) for code, leaves in found.items()}
