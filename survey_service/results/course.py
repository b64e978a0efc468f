"""A figure's course over the rounds, and differences around zero, as geometry."""

import math
import textwrap
from collections.abc import Sequence
from datetime import date

from msgspec import Struct

from survey_service.results.pictures import WIDTH, Box, Dot, Label, Line, Picture

_LEFT = 40.0  # of the axis, beside its numbers
_RIGHT = WIDTH - 26.0  # so that the last round's number has room
_TOP = 22.0
_HEIGHT = 118.0
_BOTTOM = _TOP + _HEIGHT
_LABEL_DISTANCE = 62.0  # between two rounds that are both named
_VALUE_DISTANCE = 36.0
_ONE_DAY = 0.5  # of the axis, for rounds that all opened on one day
_STEPS = (1.0, 2.0, 5.0, 10.0, 20.0, 25.0)  # points between two lines of the axis
_MOST_LINES = 4
_LEAST_SPAN = 8.0  # points: what moves less looks as little as it is

_PLOT = 276.0  # of differences, from the lowest to the highest
_ROW_LINE = 17.0
_ROW_BAR = 14.0
_ROW_GAP = 13.0
_LABEL_CHARACTERS = 29  # beside what it was and is
_ENDS = (5.0, 10.0, 20.0, 50.0, 100.0)  # points at both ends of the axis of differences


class CoursePoint(Struct, frozen=True, kw_only=True):
    """value, low, high: points from 0 to 100; value None: hidden. text: the value as written. month, n: below it."""

    on: date
    value: float | None
    low: float | None
    high: float | None
    text: str
    month: str
    n: str


class Marked(Struct, frozen=True, kw_only=True):
    """A measure on the time line. sign: its number in the list beside the pictures."""

    on: date
    sign: str
    name: str


class Differing(Struct, frozen=True, kw_only=True):
    """A difference. value, low, high: points from -100 to 100. values: before and after, as written."""

    label: str
    values: str
    value: float
    low: float
    high: float
    text: str
    is_sure: bool


def course(title: str, points: Sequence[CoursePoint], measures: Sequence[Marked], hidden: str) -> Picture:
    """points: two rounds or more, in order. measures: those between the first and the last round are drawn."""
    between = [measure for measure in measures if points[0].on <= measure.on <= points[-1].on]
    frame = _Frame(points)
    shown = [(frame.x(p.on), frame.y(p.value)) for p in points if p.value is not None]
    spoken = [f"{p.month}: {hidden if p.value is None else p.text}, {p.n}" for p in points]
    return Picture(
        title=title,
        description="; ".join([*spoken, *(f"{measure.sign}: {measure.name}" for measure in between)]),
        width=WIDTH,
        height=_BOTTOM + 38,
        boxes=tuple(
            Box(x=frame.x(p.on) - 5, y=_TOP, width=10, height=_HEIGHT, style="hidden")
            for p in points
            if p.value is None
        ),
        lines=(
            *frame.lines(),
            *(
                Line(points=((frame.x(one.on), _TOP - 4), (frame.x(one.on), _BOTTOM)), style="measure")
                for one in between
            ),
            *((Line(points=tuple(shown), style="course"),) if len(shown) > 1 else ()),
            *(line for point in points for line in frame.interval(point)),
        ),
        dots=tuple(Dot(x=at, y=height, radius=4.5, style="dot") for at, height in shown),
        labels=(
            *frame.numbers(),
            *(Label(x=frame.x(one.on), y=_TOP - 9, text=one.sign, style="measure", anchor="middle") for one in between),
            *frame.values(points),
            *frame.rounds(points),
        ),
    )


class _Frame:
    """Where days and values stand."""

    def __init__(self, points: Sequence[CoursePoint]) -> None:
        self._first, self._days = points[0].on, (points[-1].on - points[0].on).days
        self._bottom, self._top, self._step = _axis(
            [number for p in points for number in (p.value, p.low, p.high) if number is not None]
        )

    def x(self, on: date) -> float:
        share = (on - self._first).days / self._days if self._days else _ONE_DAY
        return round(_LEFT + 14 + share * (_RIGHT - _LEFT - 14), 1)

    def y(self, value: float) -> float:
        return round(_BOTTOM - (value - self._bottom) / (self._top - self._bottom) * _HEIGHT, 1)

    def _lines_at(self) -> list[float]:
        return [
            self._bottom + number * self._step for number in range(round((self._top - self._bottom) / self._step) + 1)
        ]

    def lines(self) -> list[Line]:
        return [
            Line(points=((_LEFT, self.y(at)), (WIDTH, self.y(at))), style="tick" if number else "zero")
            for number, at in enumerate(self._lines_at())
        ]

    def numbers(self) -> list[Label]:
        return [
            Label(x=_LEFT - 6, y=self.y(at) + 4, text=f"{at:.0f}", style="axis", anchor="end")
            for at in self._lines_at()
        ]

    def interval(self, point: CoursePoint) -> list[Line]:
        if point.low is None or point.high is None:
            return []
        x, low, high = self.x(point.on), self.y(point.low), self.y(point.high)
        return [
            Line(points=((x, low), (x, high)), style="interval"),
            *(Line(points=((x - 4, y), (x + 4, y)), style="interval") for y in (low, high)),
        ]

    def values(self, points: Sequence[CoursePoint]) -> list[Label]:
        """Above their intervals, as many as can be written without touching."""
        shown = [point for point in points if point.value is not None]
        return [
            Label(
                x=self.x(point.on),
                y=max(self.y(point.value if point.high is None else point.high) - 6, _TOP + 2),
                text=point.text,
                style="value",
                anchor="middle",
            )
            for place in _spread([self.x(point.on) for point in shown], _VALUE_DISTANCE)
            for point in (shown[place],)
            if point.value is not None
        ]

    def rounds(self, points: Sequence[CoursePoint]) -> list[Label]:
        return [
            Label(x=self.x(points[place].on), y=_BOTTOM + 17 + 14 * line, text=text, style="axis", anchor="middle")
            for place in _spread([self.x(point.on) for point in points], _LABEL_DISTANCE)
            for line, text in enumerate((points[place].month, points[place].n))
        ]


def differences(title: str, rows: Sequence[Differing], unit: str) -> Picture:
    """Dots with intervals around zero; hollow where it is not sure that anything differs. unit: of the axis."""
    furthest = max(abs(number) for row in rows for number in (row.value, row.low, row.high))
    end = next((end for end in _ENDS if end >= furthest), _ENDS[-1])

    def x(value: float) -> float:
        return round(6 + _PLOT / 2 * (1 + max(-1.0, min(1.0, value / end))), 1)

    lines: list[Line] = []
    dots: list[Dot] = []
    labels: list[Label] = []
    top = 0.0
    for row in rows:
        names = textwrap.wrap(row.label, _LABEL_CHARACTERS) or [""]
        labels += [
            Label(x=0, y=top + _ROW_LINE * (number + 1) - 4, text=name, style="label")
            for number, name in enumerate(names)
        ]
        labels.append(Label(x=WIDTH, y=top + _ROW_LINE - 4, text=row.values, style="axis", anchor="end"))
        middle = top + _ROW_LINE * len(names) + 2 + _ROW_BAR / 2
        lines.append(Line(points=((x(-end), middle), (x(end), middle)), style="tick"))
        lines.append(Line(points=((x(0), middle - 10), (x(0), middle + 10)), style="zero"))
        low, high = x(row.low), x(row.high)
        lines += [
            Line(points=((low, middle), (high, middle)), style="interval"),
            *(Line(points=((at, middle - 4), (at, middle + 4)), style="interval") for at in (low, high)),
        ]
        dots.append(Dot(x=x(row.value), y=middle, radius=5.5, style="dot" if row.is_sure else "dot-unsure"))
        labels.append(Label(x=WIDTH, y=middle + 4.5, text=row.text, style="value", anchor="end"))
        top = middle + _ROW_BAR / 2 + _ROW_GAP
    labels += [
        Label(x=0, y=top + 8, text=f"\N{MINUS SIGN}{end:.0f}", style="axis"),
        Label(x=x(0), y=top + 8, text="0", style="axis", anchor="middle"),
        Label(x=x(end), y=top + 8, text=f"+{end:.0f} {unit}", style="axis", anchor="end"),
    ]
    return Picture(
        title=title,
        description="; ".join(f"{row.label}: {row.values}, {row.text}" for row in rows),
        width=WIDTH,
        height=top + 14,
        lines=tuple(lines),
        dots=tuple(dots),
        labels=tuple(labels),
    )


def _axis(numbers: Sequence[float]) -> tuple[float, float, float]:
    """From where to where, in steps of what: round numbers around what is drawn, with room for the values above it."""
    if not numbers:
        return 0.0, 100.0, 25.0
    low, high = min(numbers), max(numbers)
    spare = max((_LEAST_SPAN - (high - low)) / 2, 0.0)
    low, high = max(0.0, low - spare), min(100.0, high + spare)
    for step in _STEPS:
        bottom, top = math.floor(low / step) * step, math.ceil(high / step) * step
        if (top - bottom) / step <= _MOST_LINES:
            return bottom, top, step
    return 0.0, 100.0, 25.0


def _spread(at: Sequence[float], distance: float) -> list[int]:
    """Which of the places can be written without touching: the last one, and back from it as far apart as letters need."""
    kept: list[int] = []
    for place in range(len(at) - 1, -1, -1):
        if not kept or at[kept[-1]] - at[place] >= distance:
            kept.append(place)
    return kept[::-1]
