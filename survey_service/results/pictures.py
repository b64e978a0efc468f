"""Pictures made of boxes, lines, dots and labels: one geometry for the pages and for paper, each of which has its colours.

Units are those of the view box, which is as wide as a phone's column, so that letters stay legible there.
"""

from typing import Literal

from msgspec import Struct

WIDTH = 340.0

Style = Literal[
    "axis",  # letters beside an axis, quiet
    "label",
    "value",  # a number, strong
    "heading",
    "on-light",  # a number on a light box, and on a dark one
    "on-dark",
    "step-0",  # one hue, from light to dark
    "step-1",
    "step-2",
    "step-3",
    "step-4",
    "hidden",  # hatched
    "frame",  # around a box that stands out
    "band",  # a range behind what is measured
    "bar",
    "dot",
    "dot-unsure",
    "dot-reference",
    "interval",
    "tick",
    "zero",
    "course",  # from dot to dot
    "course-reference",
    "measure",
]


class Box(Struct, frozen=True, kw_only=True):
    x: float
    y: float
    width: float
    height: float
    style: Style


class Line(Struct, frozen=True, kw_only=True):
    """points: (x, y), two or more."""

    points: tuple[tuple[float, float], ...]
    style: Style


class Dot(Struct, frozen=True, kw_only=True):
    x: float
    y: float
    radius: float
    style: Style


class Label(Struct, frozen=True, kw_only=True):
    """y: of the baseline. is_turned: reads upwards from (x, y)."""

    x: float
    y: float
    text: str
    style: Style
    anchor: Literal["start", "middle", "end"] = "start"
    is_turned: bool = False


class Picture(Struct, frozen=True, kw_only=True):
    """title: its message. description: every value, for those who do not see it. Drawn in the order of the fields."""

    title: str
    description: str
    width: float
    height: float
    boxes: tuple[Box, ...] = ()
    lines: tuple[Line, ...] = ()
    dots: tuple[Dot, ...] = ()
    labels: tuple[Label, ...] = ()

    @property
    def has_hidden(self) -> bool:
        return any(box.style == "hidden" for box in self.boxes)
