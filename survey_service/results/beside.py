"""A group beside the whole, as geometry: where each lies on the axis from 0 to 100, and between what chance alone would move it."""

import textwrap
from collections.abc import Sequence

from msgspec import Struct

from survey_service.results.pictures import WIDTH, Box, Dot, Label, Line, Picture

_PLOT = 268.0
_INDENT = 6.0
_LINE = 17.0
_BAR = 14.0
_GAP = 13.0
_LABEL_CHARACTERS = 34
_TICKS = (0, 25, 50, 75, 100)


class Beside(Struct, frozen=True, kw_only=True):
    """value, whole, low, high: points from 0 to 100; low and high, of chance alone, are None where that is not known.

    is_beyond: outside of low and high. text, n: as written.
    """

    label: str
    value: float
    whole: float
    low: float | None
    high: float | None
    is_beyond: bool
    text: str
    n: str


def beside_the_whole(title: str, rows: Sequence[Beside], whole: str) -> Picture:
    """whole: what the upright line is called."""
    boxes: list[Box] = []
    lines: list[Line] = []
    dots: list[Dot] = []
    labels: list[Label] = []
    top = 0.0
    for row in rows:
        names = textwrap.wrap(row.label, _LABEL_CHARACTERS) or [""]
        labels += [
            Label(x=0, y=top + _LINE * (number + 1) - 4, text=name, style="label") for number, name in enumerate(names)
        ]
        labels.append(Label(x=WIDTH, y=top + _LINE - 4, text=row.n, style="axis", anchor="end"))
        above = top + _LINE * len(names) + 2
        middle = above + _BAR / 2
        lines.append(Line(points=((_x(0), middle), (_x(100), middle)), style="tick"))
        if row.low is not None and row.high is not None:
            low, high = _x(row.low), _x(row.high)
            boxes.append(Box(x=low, y=above, width=round(high - low, 1), height=_BAR, style="band"))
        lines.append(Line(points=((_x(row.whole), above - 3), (_x(row.whole), above + _BAR + 3)), style="zero"))
        dots.append(Dot(x=_x(row.value), y=middle, radius=5.5, style="dot" if row.is_beyond else "dot-unsure"))
        labels.append(Label(x=WIDTH, y=middle + 4.5, text=row.text, style="value", anchor="end"))
        top = above + _BAR + _GAP
    labels += [
        Label(x=_x(tick), y=top + 6, text=str(tick), style="axis", anchor="middle" if tick else "start")
        for tick in _TICKS
    ]
    return Picture(
        title=title,
        description="; ".join(f"{row.label}: {row.text}, {row.n}, {whole} {row.whole:.1f}" for row in rows),
        width=WIDTH,
        height=top + 12,
        boxes=tuple(boxes),
        lines=tuple(lines),
        dots=tuple(dots),
        labels=tuple(labels),
    )


def _x(value: float) -> float:
    return round(_INDENT + _PLOT * max(0.0, min(100.0, value)) / 100, 1)
