"""A heat map: groups below each other, figures side by side, every cell with its number; one hue, from light to dark."""

import math
import textwrap

from msgspec import Struct

from survey_service.results.pictures import Box, Label, Picture, Style


class HeatCell(Struct, frozen=True, kw_only=True):
    """step: of the hue, from 0 to 4; None: hidden. is_beyond: further from the whole than chance explains."""

    text: str
    step: int | None
    is_beyond: bool = False


class HeatRow(Struct, frozen=True, kw_only=True):
    """depth: how many of the groups listed are above it. note: quiet, behind the name."""

    label: str
    note: str
    depth: int
    cells: tuple[HeatCell, ...]


STEP_STYLES: tuple[Style, ...] = ("step-0", "step-1", "step-2", "step-3", "step-4")
MOST_COLUMNS = 6
_WIDTH = 360.0
_CELL_WIDTH = 33.0
_WIDEST_CELL = 48.0
_LABELS_WIDTH = 162.0  # at the least: German names are long
_CELL_HEIGHT = 25.0
_LINE = 14.0
_CHARACTER = 6.6  # of a label, on the average
_INDENT = 6.0
_HEADING_CHARACTER = 6.9
_LEGEND_HEIGHT = 34.0
_DARK_STEPS = (3, 4)  # with light letters


def heat_map(
    title: str, columns: tuple[str, ...], rows: tuple[HeatRow, ...], legend: tuple[str, ...], hidden: str
) -> Picture:
    """Groups below each other, figures side by side, every cell with its number.

    columns: at most `MOST_COLUMNS`. legend: what each step of the hue stands for. hidden: the word for a hidden cell.
    """
    width = min(_WIDEST_CELL, max(_CELL_WIDTH, (_WIDTH - _LABELS_WIDTH) / len(columns)))
    left = _WIDTH - width * len(columns)
    headings, top = _headings(columns, left, width)
    boxes: list[Box] = []
    labels: list[Label] = headings
    for row in rows:
        lines = _wrapped(row.label, int((left - row.depth * _INDENT - 4) / _CHARACTER))
        written = [*lines, row.note] if row.note else lines
        height = max(_CELL_HEIGHT, _LINE * len(written) + 5)
        labels += [
            Label(
                x=row.depth * _INDENT,
                y=top + 13 + _LINE * number,
                text=text,
                style="axis" if row.note and number == len(lines) else "label",
            )
            for number, text in enumerate(written)
        ]
        for place, cell in enumerate(row.cells):
            x = left + place * width
            boxes += _boxes(cell, x, top, width, height)
            labels.append(
                Label(
                    x=x + width / 2 - 0.5,
                    y=top + height / 2 + 4,
                    text=cell.text,
                    style="on-dark" if cell.step in _DARK_STEPS else "on-light",
                    anchor="middle",
                )
            )
        top += height
    for number, text in enumerate(legend):
        x = number * _WIDTH / len(legend)
        boxes.append(Box(x=x, y=top + 12, width=12, height=12, style=STEP_STYLES[number]))
        labels.append(Label(x=x + 16, y=top + 22, text=text, style="axis"))
    return Picture(
        title=title,
        description="; ".join(_spoken(row, columns, hidden) for row in rows),
        width=_WIDTH,
        height=top + _LEGEND_HEIGHT,
        boxes=tuple(boxes),
        labels=tuple(labels),
    )


def _headings(columns: tuple[str, ...], left: float, width: float) -> tuple[list[Label], float]:
    """The names of the columns, upright in at most three lines, and where they end."""
    wrapped = [textwrap.wrap(column, max(16, math.ceil(len(column) / 2) + 3)) or [""] for column in columns]
    bottom = max(len(line) for lines in wrapped for line in lines) * _HEADING_CHARACTER + 8
    labels = [
        Label(
            x=left + place * width + width / 2 + 4 + 12.5 * (number - (len(lines) - 1) / 2),
            y=bottom - 5,
            text=line,
            style="heading",
            is_turned=True,
        )
        for place, lines in enumerate(wrapped)
        for number, line in enumerate(lines)
    ]
    return labels, bottom


def _wrapped(label: str, characters: int) -> list[str]:
    """In lines; a word that is longer than a line is divided by a hyphen."""
    words = []
    for word in label.split():
        rest = word
        while len(rest) > characters:
            words.append(f"{rest[: characters - 1]}-")
            rest = rest[characters - 1 :]
        words.append(rest)
    return textwrap.wrap(" ".join(words), characters, break_on_hyphens=False) or [""]


def _boxes(cell: HeatCell, x: float, top: float, width: float, height: float) -> list[Box]:
    style: Style = "hidden" if cell.step is None else STEP_STYLES[cell.step]
    drawn = [Box(x=x, y=top, width=width - 1, height=height - 1, style=style)]
    if cell.is_beyond:
        drawn.append(Box(x=x + 1.5, y=top + 1.5, width=width - 4, height=height - 4, style="frame"))
    return drawn


def _spoken(row: HeatRow, columns: tuple[str, ...], hidden: str) -> str:
    values = (
        f"{column} {hidden if cell.step is None else cell.text}"
        for column, cell in zip(columns, row.cells, strict=True)
    )
    name = f"{row.label} ({row.note})" if row.note else row.label
    return f"{name}: {', '.join(values)}"
