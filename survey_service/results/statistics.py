"""Cards of what a release says beyond counts: reliability, what goes together, weighted beside unweighted figures."""

from collections.abc import Callable
from typing import Any

from analysis import SafeStatistic
from questionnaires.model import Item, Scale
from survey_service.results.cards import Card, Table
from survey_service.results.figures import Released
from survey_service.results.wording import HIDDEN, Wording

RELIABILITY, ASSOCIATIONS, WEIGHTED = (
    frozenset({"alpha", "omega"}),
    frozenset({"rank-correlation", "standardized-difference"}),
    frozenset({"weighted-mean"}),
)


class StatisticsCards:
    """Makes the cards of one release in one language."""

    def __init__(self, statistics: tuple[SafeStatistic, ...], released: Released, words: Wording) -> None:
        self._statistics, self._released, self._words = statistics, released, words

    def cards(self) -> tuple[Card, ...]:
        """Each kind of which something was planned."""
        made = (self._reliability(), self._associations(), self._weighted())
        return tuple(card for card in made if card.table.rows)

    def name(self, one: SafeStatistic) -> str:
        """What goes in, in words."""
        first, *others = (self._figure(name) for name in one.figures)
        if one.options and isinstance(first, Item):
            chosen = [self._words.quoted(self._words.of(o.text)) for o in first.options if o.code in one.options]
            label = f"{self._label(first)}: {self._words.listed(chosen)}"
        else:
            label = self._label(first)
        return " \N{EN DASH} ".join((label, *map(self._label, others)))

    def margins(self, one: SafeStatistic) -> str:
        items = {item.id: item for item in self._released.questionnaire.items}
        return self._words.listed([self._words.quoted(self._words.of(items[name].text)) for name in one.margins])

    def _reliability(self) -> Card:
        words = self._words
        found = self._of(RELIABILITY)
        alphas = [one for one in found if one.kind == "alpha"]
        omegas = {one.figures: one for one in found if one.kind == "omega"}
        shown = [one.estimate for one in alphas if one.estimate is not None]
        return self._card(
            "reliability",
            words(
                "statistics.reliability_message",
                low=words.two_decimals(min(shown)),
                high=words.two_decimals(max(shown)),
            )
            if shown
            else None,
            Table(
                columns=self._columns("score", "alpha", "interval", "omega", "n"),
                rows=tuple(
                    (
                        self.name(one),
                        self._shown(one.estimate, words.two_decimals),
                        self._interval(one),
                        self._shown(omegas[one.figures].estimate, words.two_decimals)
                        if one.figures in omegas
                        else words("statistics.two_items"),
                        self._shown(one.n, words.whole),
                    )
                    for one in alphas
                ),
            ),
        )

    def _associations(self) -> Card:
        words = self._words
        found = self._of(ASSOCIATIONS)
        sure = sum(self._direction(one) not in (None, "unsure") for one in found)
        shown = sum(one.estimate is not None for one in found)
        return self._card(
            "associations",
            words("statistics.associations_message", sure=sure, shown=shown) if shown else None,
            Table(
                columns=self._columns("together", "reading", "measure", "estimate", "interval", "n"),
                rows=tuple(
                    (
                        self.name(one),
                        HIDDEN
                        if (direction := self._direction(one)) is None
                        else words(f"statistics.reading.{one.kind}.{direction}"),
                        words(f"statistics.kind.{one.kind}"),
                        self._shown(one.estimate, words.two_decimals),
                        self._interval(one),
                        self._shown(one.n, words.whole),
                    )
                    for one in found
                ),
            ),
        )

    def _weighted(self) -> Card:
        words = self._words
        found = self._of(WEIGHTED)
        points = [
            abs(one.estimate - one.unweighted) * (100 if self._is_share(one) else 1)
            for one in found
            if one.estimate is not None and one.unweighted is not None
        ]
        return self._card(
            "weighted",
            self._weighted_message(round(max(points))) if points else None,
            Table(
                columns=self._columns("figure", "unweighted", "weighted", "interval", "design_effect", "margins", "n"),
                rows=tuple(
                    (
                        self.name(one),
                        self._shown(one.unweighted, self._number(one)),
                        self._shown(one.estimate, self._number(one)),
                        self._interval(one, self._number(one)),
                        self._shown(one.design_effect, words.decimal),
                        self.margins(one),
                        self._shown(one.n, words.whole),
                    )
                    for one in found
                ),
            ),
        )

    def _weighted_message(self, points: int) -> str:
        known = {0: "statistics.weighted_none", 1: "statistics.weighted_one"}
        return self._words(known.get(points, "statistics.weighted_message"), points=points)

    def _card(self, name: str, message: str | None, table: Table) -> Card:
        words = self._words
        return Card(
            id=f"statistics-{name}",
            title=message or words("results.message_hidden", label=words(f"statistics.{name}")),
            asked=words.several(f"statistics.{name}_asked"),
            base="",
            chart=None,
            table=table,
        )

    def _of(self, kinds: frozenset[str]) -> list[SafeStatistic]:
        return [one for one in self._statistics if one.kind in kinds]

    def _figure(self, name: str) -> Item | Scale:
        asked = self._released.questionnaire
        figures: list[Item | Scale] = [*asked.scales, *asked.items]
        return next(figure for figure in figures if figure.id == name)

    def _label(self, figure: Item | Scale) -> str:
        return (
            self._words.of(figure.title)
            if isinstance(figure, Scale)
            else self._words.quoted(self._words.of(figure.text))
        )

    def _is_share(self, one: SafeStatistic) -> bool:
        figure = self._figure(one.figures[0])
        return isinstance(figure, Scale) and figure.kind == "prevalence"

    def _number(self, one: SafeStatistic) -> Callable[[float], str]:
        return self._words.whole_per_cent if self._is_share(one) else lambda score: self._words.whole(round(score))

    def _interval(self, one: SafeStatistic, number: Callable[[float], str] | None = None) -> str:
        if one.low is None or one.high is None:
            return HIDDEN
        write = number or self._words.two_decimals
        return self._words("statistics.interval", low=write(one.low), high=write(one.high))

    def _direction(self, one: SafeStatistic) -> str | None:
        """What the interval lets say; None: hidden."""
        if one.low is None or one.high is None:
            return None
        if one.low > 0:
            return "more"
        return "less" if one.high < 0 else "unsure"

    def _columns(self, *names: str) -> tuple[str, ...]:
        return tuple(self._words(f"statistics.column.{name}") for name in names)

    def _shown(self, number: Any, write: Callable[[Any], str]) -> str:
        return HIDDEN if number is None else write(number)
