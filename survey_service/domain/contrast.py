"""Whether colours can be told apart. Source: WCAG 2.2, relative luminance and contrast ratio."""

import re

LEAST_CONTRAST = 4.5  # of text; WCAG 2.2, 1.4.3
LIGHT_SURFACE = "#f3f4f7"  # the darkest that text stands on in light mode; on white the contrast is higher
DARK_SURFACE = "#1d2034"  # the lightest that text stands on in dark mode

_COLOUR = re.compile(r"#[0-9a-f]{6}")
_STEPS = 20  # from the accent to white


class NotAColour(ValueError):
    """A colour is written #rrggbb."""


def contrast(one: str, other: str) -> float:
    """From 1 (the same) to 21 (black and white). Raises: NotAColour."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def lightened(accent: str, surface: str = DARK_SURFACE) -> str:
    """The accent, mixed with as little white as makes it legible on a dark surface. Raises: NotAColour."""
    channels = _channels(accent)
    for step in range(_STEPS):
        mixed = "#" + "".join(f"{round(channel + (255 - channel) * step / _STEPS):02x}" for channel in channels)
        if contrast(mixed, surface) >= LEAST_CONTRAST:
            return mixed
    return "#ffffff"


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(channel / 255) for channel in _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4  # noqa: PLR2004 - sRGB


def _channels(colour: str) -> tuple[int, int, int]:
    if not _COLOUR.fullmatch(colour.lower()):
        raise NotAColour(colour)
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
