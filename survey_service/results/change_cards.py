"""The cards of what has changed: all scales since the round before, each scale's course, and the groups."""

from collections.abc import Sequence

from msgspec import Struct

from questionnaires.model import Item
from survey_service.results.cards import Card, Table
from survey_service.results.changes import (
    Change,
    Changes,
    Course,
    changes_of_groups,
    changes_of_the_whole,
    courses,
)
from survey_service.results.course import CoursePoint, Differing, Marked, course, differences
from survey_service.results.figures import Dimensions, Released
from survey_service.results.findings import group_label
from survey_service.results.history import History, Point
from survey_service.results.wording import HIDDEN, Wording

LINE_BENDS = 0.05  # p of no departure from the line; below, the line hides ups and downs


class ShownMeasure(Struct, frozen=True, kw_only=True):
    """sign: by which the pictures name it."""

    sign: str
    day: str
    name: str


class ChangeSection(Struct, frozen=True, kw_only=True):
    """notes: sentences. overview: every scale since the round before. courses, groups: none where there is nothing."""

    notes: tuple[str, ...]
    measures: tuple[ShownMeasure, ...]
    overview: Card | None
    courses: tuple[Card, ...]
    groups: tuple[Card, ...]


def change_section(released: Released, history: History, words: Wording) -> ChangeSection:
    return ChangeCards(released, history, words).section()


class ChangeCards:
    def __init__(self, released: Released, history: History, words: Wording) -> None:
        self._released = released
        self._history = history
        self._words = words
        self._measures = tuple(
            Marked(on=measure.day, sign=str(number), name=words.of(measure.name))
            for number, measure in enumerate(history.measures, 1)
        )

    def section(self) -> ChangeSection:
        words = self._words
        changes = changes_of_the_whole(self._released, self._history)
        notes = (words("change.first"),) if changes is None else self._notes(changes)
        return ChangeSection(
            notes=notes,
            measures=tuple(
                ShownMeasure(sign=one.sign, day=words.calendar_day(one.on), name=one.name) for one in self._measures
            ),
            overview=None if changes is None or not changes.whole else self._overview(changes),
            courses=tuple(self._course(one) for one in courses(self._released, self._history)),
            groups=tuple(card for cut in self._released.cuts if (card := self._groups(cut)) is not None),
        )

    def _notes(self, changes: Changes) -> tuple[str, ...]:
        words = self._words
        missing = [words.quoted(words.of(scale.title)) for scale in changes.missing]
        return (
            words("change.since", since=words.calendar_day(changes.since)),
            *((words("change.missing", labels=words.listed(missing)),) if missing else ()),
        )

    def _overview(self, changes: Changes) -> Card:
        words = self._words
        sure = sum(change.is_sure for change in changes.whole)
        title = words(
            "change.message" if sure else "change.message_none",
            sure=words.whole(sure),
            all=words.whole(len(changes.whole)),
        )
        drawn = [row for change in changes.whole if (row := differing(change, words)) is not None]
        return Card(
            id="changes",
            title=title,
            asked=(words("change.shown"), words("change.family", tests=words.whole(len(changes.whole)))),
            base="",
            chart=None,
            picture=differences(title, drawn, words("change.points")) if drawn else None,
            table=Table(
                columns=(words("column.figure"), *self._columns()),
                rows=tuple((words.of(change.scale.title), *change_texts(change, words)) for change in changes.whole),
            ),
        )

    def _course(self, one: Course) -> Card:
        words = self._words
        label = words.of(one.scale.title)
        shown = [(point, point.reading) for point in one.points if point.reading is not None]
        title = words("change.course", label=label, first=shown[0][1].text(words), last=shown[-1][1].text(words))
        between = [m for m in self._measures if one.points[0].on <= m.on <= one.points[-1].on]
        return Card(
            id=f"course-{one.scale.id}",
            title=title,
            asked=(self._trend(one, len(shown)),),
            base="",
            chart=None,
            picture=course(
                title, [self._point(point) for point in one.points], self._measures, words("results.hidden")
            ),
            table=Table(
                columns=(
                    words("change.round"),
                    words("column.n"),
                    words("column.share" if shown[0][1].is_share else "column.mean"),
                    words("column.interval"),
                ),
                rows=tuple(self._lines(one.points, between)),
            ),
        )

    def _lines(self, points: Sequence[Point], between: Sequence[Marked]) -> list[tuple[str, ...]]:
        """Rounds and measures by their days."""
        words = self._words
        rounds = [(point.on, (words.calendar_day(point.on), *self._reading(point))) for point in points]
        measures = [
            (
                one.on,
                (words("change.measure", sign=one.sign, day=words.calendar_day(one.on), measure=one.name), "", "", ""),
            )
            for one in between
        ]
        return [texts for _, texts in sorted([*rounds, *measures], key=lambda line: line[0])]

    def _reading(self, point: Point) -> tuple[str, ...]:
        one, words = point.reading, self._words
        if one is None:
            return (HIDDEN,) * 3
        return words.whole(one.n), one.text(words), one.interval(words) or HIDDEN

    def _point(self, point: Point) -> CoursePoint:
        words, one = self._words, point.reading
        factor = 100.0 if one is not None and one.is_share else 1.0
        return CoursePoint(
            on=point.on,
            value=None if one is None else one.points,
            low=None if one is None or one.low is None else one.low * factor,
            high=None if one is None or one.high is None else one.high * factor,
            text=HIDDEN if one is None else words.decimal(one.points),
            month=f"{point.on.month:02d}/{point.on.year}",
            n=words("n", n=HIDDEN if one is None else words.whole(one.n)),
        )

    def _trend(self, one: Course, shown: int) -> str:
        words, trend = self._words, one.trend
        if trend is None:
            return words("change.no_trend", rounds=shown)
        factor = 100.0 if one.points[-1].reading is None or one.points[-1].reading.is_share else 1.0
        said = words(
            "change.trend_sure" if one.is_sure else "change.trend_unsure",
            rounds=trend.rounds,
            slope=words.signed(trend.slope * factor),
            interval=words.signed_interval(trend.low * factor, trend.high * factor),
        )
        return said + words("change.bends") if trend.departure_p < LINE_BENDS else said

    def _groups(self, cut: Dimensions) -> Card | None:
        """A table of every group that both rounds show."""
        found = changes_of_groups(self._released, self._history, cut)
        if not found:
            return None
        words = self._words
        sure = sum(change.is_sure for change in found)
        by: tuple[Item, ...] = self._released.dimensions(cut)
        names = words.listed([words.quoted(words.of(item.text)) for item in by])
        return Card(
            id=f"changes-by-{'-and-'.join(cut)}",
            title=words(
                "change.groups" if sure else "change.groups_none",
                question=names,
                sure=words.whole(sure),
                all=words.whole(len(found)),
            ),
            asked=(words("change.groups_shown"),),
            base="",
            chart=None,
            table=Table(
                columns=(words("column.group"), words("column.figure"), *self._columns()),
                rows=tuple(
                    (self._group(cut, change), words.of(change.scale.title), *change_texts(change, words))
                    for change in sorted(found, key=lambda change: not change.is_sure)
                ),
            ),
        )

    def _group(self, cut: Dimensions, change: Change) -> str:
        table = self._released.table(change.scale, cut)
        row = next(row for row in table.rows if row.groups == change.groups) if table is not None else None
        return "" if row is None else group_label(self._released, cut, row, self._words)

    def _columns(self) -> tuple[str, ...]:
        names = ("earlier", "later", "difference", "interval", "effect", "sure")
        return tuple(self._words(f"column.{name}") for name in names)


def differing(change: Change, words: Wording) -> Differing | None:
    """A row of a picture of differences; None where nothing can be tested."""
    if change.points is None:
        return None
    value, low, high = change.points
    return Differing(
        label=words.of(change.scale.title),
        values=f"{change.earlier.text(words)} → {change.later.text(words)}",
        value=value,
        low=low,
        high=high,
        text=words.signed(value),
        is_sure=change.is_sure,
    )


def change_texts(change: Change, words: Wording) -> tuple[str, ...]:
    """Before, after, difference, interval, effect, and whether it is sure."""
    values = (
        words("units.with_n", value=change.earlier.text(words), n=words.whole(change.earlier.n)),
        words("units.with_n", value=change.later.text(words), n=words.whole(change.later.n)),
    )
    if change.points is None:
        return (*values, HIDDEN, HIDDEN, HIDDEN, HIDDEN)
    value, low, high = change.points
    return (
        *values,
        words.signed(value),
        words.signed_interval(low, high),
        words.effect(change.effect),
        words("change.is_sure" if change.is_sure else "change.is_unsure"),
    )
