"""Charts as geometry: where each bar, dot, line and word stands. Templates draw it; nothing is computed there.

Units are those of the view box, which is as wide as a phone's column, so that letters stay legible there.
"""

import textwrap
from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

WIDTH = 340.0
PLOT_WIDTH = 268.0  # from 0 to the end of the axis; the rest is for the number beside the longest bar
LINE_HEIGHT = 17.0
BAR_HEIGHT = 14.0
GAP = 14.0  # between two rows
AXIS_HEIGHT = 24.0
LABEL_CHARACTERS = 38  # of a line above a bar, beside its n
TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)
VALUE_DISTANCE = 7.0
HATCHED_WIDTH = 240.0  # of a hidden row, so that its word has room

Kind = Literal["bar", "dot"]


class Measured(Struct, frozen=True, kw_only=True):
    """A row to draw.

    value, low, high: of the axis, from 0 to 1; value None: hidden; low and high None: no interval is released.
    text: the value as it is written. is_reference: the whole round beside its groups.
    """

    label: str
    n: str
    value: float | None
    low: float | None
    high: float | None
    text: str
    is_reference: bool = False


class Line(Struct, frozen=True, kw_only=True):
    y: float
    text: str


class Row(Struct, frozen=True, kw_only=True):
    """A row as it is drawn: lines of its label, its bar or dot from x 0 to `end`, its interval, its value at `text_x`."""

    lines: tuple[Line, ...]
    n: str
    top: float
    middle: float
    end: float | None
    low: float | None
    high: float | None
    text: str
    text_x: float
    is_reference: bool


class Tick(Struct, frozen=True, kw_only=True):
    x: float
    text: str
    anchor: str


class Chart(Struct, frozen=True, kw_only=True):
    """title: its message. description: every value, for those who do not see it."""

    kind: Kind
    title: str
    description: str
    width: float
    plot_width: float
    bar_height: float
    height: float
    rows: tuple[Row, ...]
    ticks: tuple[Tick, ...]
    has_hidden: bool


def chart(kind: Kind, title: str, measured: Sequence[Measured], axis_end: str) -> Chart:
    """Rows below each other on an axis from zero. axis_end: how the end of the axis is written: "100 %" or "100"."""
    rows = []
    top = 0.0
    for each in measured:
        lines = textwrap.wrap(each.label, LABEL_CHARACTERS) or [""]
        below = top + LINE_HEIGHT * len(lines) + 2
        rows.append(
            Row(
                lines=tuple(
                    Line(y=top + LINE_HEIGHT * (number + 1) - 4, text=text) for number, text in enumerate(lines)
                ),
                n=each.n,
                top=below,
                middle=below + BAR_HEIGHT / 2,
                end=_x(each.value),
                low=_x(each.low),
                high=_x(each.high),
                text=each.text,
                text_x=VALUE_DISTANCE + _furthest(each),
                is_reference=each.is_reference,
            )
        )
        top = below + BAR_HEIGHT + GAP
    return Chart(
        kind=kind,
        title=title,
        description="; ".join(f"{each.label}: {each.text}, {each.n}" for each in measured),
        width=WIDTH,
        plot_width=PLOT_WIDTH,
        bar_height=BAR_HEIGHT,
        height=top - GAP + AXIS_HEIGHT,
        rows=tuple(rows),
        ticks=tuple(_tick(share, axis_end) for share in TICKS),
        has_hidden=any(each.value is None for each in measured),
    )


def _furthest(measured: Measured) -> float:
    """Where the drawing of a row ends."""
    if measured.value is None:
        return HATCHED_WIDTH
    return max(_x(value) or 0.0 for value in (measured.value, measured.high))


def _x(value: float | None) -> float | None:
    if value is None:
        return None
    if not 0 <= value <= 1:
        raise ValueError(f"{value} lies outside of the axis")
    return round(value * PLOT_WIDTH, 2)


def _tick(share: float, axis_end: str) -> Tick:
    anchor = "start" if share == 0 else "middle"
    return Tick(x=share * PLOT_WIDTH, text=axis_end if share == 1 else f"{share * 100:.0f}", anchor=anchor)
