"""The page that says why figures are hidden: one small town, step by step."""

from msgspec import Struct

from survey_service.results.cards import Table
from survey_service.web.team.wording import HIDDEN, Wording

MINIMUM = 10  # the minimum group size of the example
_OFFICES = {"registry": 23, "library": 14, "archive": 6}  # answers of an invented town


class Step(Struct, frozen=True, kw_only=True):
    """sentences: plain text. table: what a reader sees at this step."""

    title: str
    sentences: tuple[str, ...]
    table: Table | None = None


def steps(words: Wording) -> tuple[Step, ...]:
    total = sum(_OFFICES.values())
    small = _OFFICES["archive"]
    facts = {
        "minimum": MINIMUM,
        "total": total,
        "small": small,
        "middle": _OFFICES["library"],
        "large": _OFFICES["registry"],
        "sign": HIDDEN,
        "shown": sum(n for n in _OFFICES.values() if n >= MINIMUM),
        "together": small + _OFFICES["library"],
    }
    shown = {"all": set(_OFFICES), "small": set(_OFFICES) - {"archive"}, "both": {"registry"}}
    return tuple(
        Step(
            title=words(f"hidden.{name}.title"),
            sentences=words.several(f"hidden.{name}.sentences", **facts),
            table=_table(words, total, visible),
        )
        for name, visible in shown.items()
    )


def _table(words: Wording, total: int, visible: set[str]) -> Table:
    rows = [(words("results.everyone"), words.whole(total))]
    rows += [
        (words(f"hidden.offices.{office}"), words.whole(n) if office in visible else HIDDEN)
        for office, n in _OFFICES.items()
    ]
    return Table(columns=(words("column.group"), words("column.n")), rows=tuple(rows))
