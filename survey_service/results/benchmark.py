"""Municipalities beside one another, from their exported releases and nothing else."""

from collections.abc import Sequence

from msgspec import Struct

from analysis import (
    NoSpread,
    RandomEffects,
    places,
    random_effects_of_means,
    random_effects_of_proportions,
)
from analysis.random_effects import FEWEST
from questionnaires.model import Questionnaire, Scale
from survey_service.domain.releases import ReleaseDocument
from survey_service.results.cards import Card, Table
from survey_service.results.charts import Measured, chart
from survey_service.results.figures import (
    Figure,
    Measure,
    Released,
    Share,
    do_not_overlap,
    measure,
    measure_of,
    score_interval,
    share,
)
from survey_service.results.wording import HIDDEN, Wording

Interval = tuple[float, float]


class Comparison(Struct, frozen=True, kw_only=True):
    """scales, items: a card a figure. method: sentences. is_rehearsal: of invented answers."""

    municipalities: tuple[str, ...]
    scales: tuple[Card, ...]
    items: tuple[Card, ...]
    method: tuple[str, ...]
    is_rehearsal: bool


class _Shown(Struct, frozen=True, kw_only=True):
    """A municipality's figure. value, low, high: shares or points. together: the interval that holds with all others'."""

    name: str
    n: int
    value: float
    interval: Interval
    together: Interval


def compare(documents: Sequence[ReleaseDocument], questionnaire: Questionnaire, words: Wording) -> Comparison:
    """documents: of different municipalities, of one questionnaire."""
    named = sorted((name_of(document, words), Released(document, questionnaire)) for document in documents)
    cards = _Cards(named, words)
    return Comparison(
        municipalities=tuple(name for name, _ in named),
        scales=tuple(card for scale in questionnaire.scales if (card := cards.card(scale))),
        items=tuple(card for item in questionnaire.items if (card := cards.card(item))),
        method=words.several("benchmark.method"),
        is_rehearsal=any(document.rehearsal for document in documents),
    )


def name_of(document: ReleaseDocument, words: Wording) -> str:
    """Of the municipality; of an older release the round."""
    return words.of(document.organisation) if document.organisation else document.round_id


class _Cards:
    def __init__(self, named: Sequence[tuple[str, Released]], words: Wording) -> None:
        self._named = named
        self._words = words

    def card(self, figure: Figure) -> Card | None:
        """None: no single number says the figure, or nobody has released it."""
        if isinstance(figure, Scale) and figure.kind == "score":
            shown = {name: self._score(name, released, figure) for name, released in self._named}
            summary = self._summary_of_scores(figure)
        else:
            wanted = measure(figure)
            if wanted is None:
                return None
            shares = {name: self._share_of(released, figure, wanted) for name, released in self._named}
            shown = {name: None if found is None else self._shown(name, found) for name, found in shares.items()}
            summary = _summary_of_shares([found for found in shares.values() if found is not None])
        if not any(shown.values()):
            return None
        return self._drawn(figure, shown, summary)

    def _drawn(self, figure: Figure, shown: dict[str, _Shown | None], summary: RandomEffects | None) -> Card:
        words = self._words
        is_score = isinstance(figure, Scale) and figure.kind == "score"
        label = words.of(figure.title) if isinstance(figure, Scale) else words.quoted(words.of(figure.text))
        found = sorted((each for each in shown.values() if each is not None), key=lambda each: -each.value)
        whole = 100.0 if is_score else 1.0
        rows = [
            Measured(
                label=each.name,
                n=words("n", n=words.whole(each.n)),
                value=each.value / whole,
                low=max(0.0, each.interval[0] / whole),
                high=min(1.0, each.interval[1] / whole),
                text=self._value(each.value, is_score=is_score),
            )
            for each in found
        ]
        if summary is not None:
            rows.insert(
                0,
                Measured(
                    label=words("benchmark.centre"),
                    n="",
                    value=summary.estimate / whole,
                    low=max(0.0, summary.low / whole),
                    high=min(1.0, summary.high / whole),
                    text=self._value(summary.estimate, is_score=is_score),
                    is_reference=True,
                ),
            )
        missing = [name for name, each in shown.items() if each is None]
        return Card(
            id=f"benchmark-{figure.id}",
            title=self._message(label, found, is_score=is_score),
            asked=(self._centre(summary, is_score=is_score),),
            base=words("benchmark.missing", names=words.listed(missing)) if missing else "",
            chart=chart("dot", label, rows, "100" if is_score else words.whole_per_cent(1)),
            table=self._table(found, missing, is_score=is_score),
        )

    def _table(self, found: list[_Shown], missing: list[str], *, is_score: bool) -> Table:
        words = self._words
        # The first place is the highest value: of places from the lowest, the last.
        order = places([each.together[0] for each in found], [each.together[1] for each in found])
        highest = [len(found) + 1 - int(place) for place in order.last]
        lowest = [len(found) + 1 - int(place) for place in order.first]
        return Table(
            columns=(
                words("benchmark.municipality"),
                words("column.n"),
                words("column.mean" if is_score else "column.share"),
                words("column.interval"),
                words("benchmark.place"),
            ),
            rows=(
                *(
                    (
                        each.name,
                        words.whole(each.n),
                        self._value(each.value, is_score=is_score),
                        self._interval(each.interval, is_score=is_score),
                        str(first) if first == last else words("benchmark.places", first=first, last=last),
                    )
                    for each, first, last in zip(found, highest, lowest, strict=True)
                ),
                *((name, HIDDEN, HIDDEN, HIDDEN, HIDDEN) for name in missing),
            ),
        )

    def _message(self, label: str, found: list[_Shown], *, is_score: bool) -> str:
        words, highest, lowest = self._words, found[0], found[-1]
        if len(found) == 1:
            return words("results.message", label=label, value=self._value(highest.value, is_score=is_score))
        is_sure = do_not_overlap(highest.together, lowest.together)
        return words(
            "benchmark.message_sure" if is_sure else "benchmark.message_unsure",
            label=label,
            low=self._value(lowest.value, is_score=is_score),
            low_name=lowest.name,
            high=self._value(highest.value, is_score=is_score),
            high_name=highest.name,
        )

    def _centre(self, summary: RandomEffects | None, *, is_score: bool) -> str:
        words = self._words
        if summary is None:
            return words("benchmark.no_centre", fewest=FEWEST)
        return words(
            "benchmark.centre_says",
            value=self._value(summary.estimate, is_score=is_score),
            interval=self._interval((summary.low, summary.high), is_score=is_score),
            prediction=self._interval((summary.prediction_low, summary.prediction_high), is_score=is_score),
            true=words.whole_per_cent(summary.i_squared),
        )

    def _value(self, value: float, *, is_score: bool) -> str:
        return self._words.decimal(value) if is_score else self._words.per_cent(value)

    def _interval(self, interval: Interval, *, is_score: bool) -> str:
        low, high = interval
        if is_score:
            return self._words.score_interval(max(0.0, low), min(100.0, high))
        return self._words.interval(low, high)

    def _share_of(self, released: Released, figure: Figure, wanted: Measure) -> Share | None:
        table = released.table(figure)
        if table is None:
            return None
        return share(table.rows[0], measure_of(table, figure) or wanted)

    def _shown(self, name: str, found: Share) -> _Shown:
        return _Shown(
            name=name,
            n=found.n,
            value=found.share,
            interval=found.interval(),
            together=found.interval(len(self._named)),
        )

    def _score(self, name: str, released: Released, scale: Scale) -> _Shown | None:
        row = released.whole(scale)
        if row is None or row.n is None or row.score is None:
            return None
        own = score_interval(row.score, row.n, 1)
        together = score_interval(row.score, row.n, len(self._named))
        if own is None or together is None:
            return None
        return _Shown(name=name, n=row.n, value=row.score.mean, interval=own, together=together)

    def _summary_of_scores(self, scale: Scale) -> RandomEffects | None:
        rows = [row for _, released in self._named if (row := released.whole(scale)) is not None]
        found = [
            (row.score.mean, row.n, row.score.standard_deviation)
            for row in rows
            if row.n is not None and row.score is not None and row.score.standard_deviation is not None
        ]
        if len(found) < FEWEST:
            return None
        means, sizes, deviations = zip(*found, strict=True)
        try:
            return random_effects_of_means(means, sizes, deviations)
        except NoSpread:
            return None


def _summary_of_shares(found: list[Share]) -> RandomEffects | None:
    if len(found) < FEWEST:
        return None
    return random_effects_of_proportions([each.count for each in found], [each.n for each in found])
