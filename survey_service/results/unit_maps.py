"""Units beside the whole, as heat maps: every scale of every unit that shows, and which lie further off than chance explains.

Everything is computed from released cells. Units keep the order of the survey: there are no ranks.
"""

from collections.abc import Sequence
from itertools import pairwise

from msgspec import Struct

from analysis import NoStatistic, funnel_limits, funnel_limits_of_means
from questionnaires.model import Scale
from survey_service.results.cards import Card, Table
from survey_service.results.figures import Released
from survey_service.results.findings import group_label
from survey_service.results.heat_map import MOST_COLUMNS, HeatCell, HeatRow, heat_map
from survey_service.results.readings import Reading, group_readings, scales_of, unit_cut, whole_reading
from survey_service.results.wording import HIDDEN, Wording

BEYOND = 0.998  # a unit crosses these limits by chance alone once in 500 times; customary for many units at once
BOUNDS = {"prevalence": (15.0, 30.0, 45.0, 60.0), "score": (40.0, 50.0, 60.0, 70.0)}  # points; of the steps of the hue

Limits = tuple[float, float]


class ShownUnit(Struct, frozen=True, kw_only=True):
    """A unit with at least one figure to show. n: how many of it have answered; None: hidden."""

    id: str
    name: str
    depth: int
    n: int | None


def chance_limits(whole: Reading | None, readings: Sequence[Reading | None]) -> list[Limits | None]:
    """Between what a group of each size lies by chance alone, in the unit of its value; None where that cannot be told."""
    sizes = [one.n for one in readings if one is not None]
    if whole is None or not sizes:
        return [None] * len(readings)
    try:
        if whole.is_share:
            found = funnel_limits(whole.value, sizes, BEYOND)
        elif whole.deviation is None:
            return [None] * len(readings)
        else:
            found = funnel_limits_of_means(whole.value, whole.deviation, sizes, BEYOND)
    except NoStatistic:
        return [None] * len(readings)
    pairs = iter(zip(found.low.tolist(), found.high.tolist(), strict=True))
    return [None if one is None else next(pairs) for one in readings]


def is_beyond(one: Reading | None, limits: Limits | None) -> bool:
    return one is not None and limits is not None and not limits[0] <= one.value <= limits[1]


def shown_units(released: Released, words: Wording) -> list[ShownUnit]:
    """In the order of the release; none where units are not released."""
    cut = unit_cut(released)
    if cut is None:
        return []
    (dimension,) = released.dimensions(cut)
    by_scale = [group_readings(released, scale, cut) for scale in scales_of(released, cut)]
    rows = next(iter(released.tables(cut))).rows
    listed = {row.groups[0] for row in rows}
    sizes = {row.groups: row.n for table in released.tables(cut) if table.kind == "respondents" for row in table.rows}
    return [
        ShownUnit(
            id=row.groups[0],
            name=group_label(released, cut, row, words),
            depth=released.depth(dimension, row.groups[0], listed),
            n=sizes.get(row.groups),
        )
        for row in rows
        if any(readings.get(row.groups) for readings in by_scale)
    ]


def unit_maps(released: Released, words: Wording) -> tuple[Card, ...]:
    """A map of the mean scores and one of the prevalences, each of at most six figures; none where no unit shows."""
    cut = unit_cut(released)
    units = shown_units(released, words)
    if cut is None or not units:
        return ()
    return tuple(
        _card(released, units, scales[first : first + MOST_COLUMNS], first // MOST_COLUMNS, words)
        for kind in ("score", "prevalence")
        for scales in ([scale for scale in scales_of(released, cut) if scale.kind == kind],)
        for first in range(0, len(scales), MOST_COLUMNS)
    )


def _card(released: Released, units: Sequence[ShownUnit], scales: Sequence[Scale], number: int, words: Wording) -> Card:
    cut = unit_cut(released) or ()
    kind = scales[0].kind
    wholes = [whole_reading(released, scale) for scale in scales]
    columns = []
    for scale, whole in zip(scales, wholes, strict=True):
        readings = list(group_readings(released, scale, cut).items())
        limits = chance_limits(whole, [one for _, one in readings])
        columns.append({groups[0]: (one, limit) for (groups, one), limit in zip(readings, limits, strict=True)})
    rows = [
        HeatRow(
            label=words("results.everyone"),
            note="",
            depth=0,
            cells=tuple(_cell(whole, None, kind, words) for whole in wholes),
        ),
        *(
            HeatRow(
                label=unit.name,
                note="" if unit.n is None else words("n", n=words.whole(unit.n)),
                depth=unit.depth,
                cells=tuple(_cell(*column.get(unit.id, (None, None)), kind, words) for column in columns),
            )
            for unit in units
        ),
    ]
    names = tuple(words.of(scale.title) for scale in scales)
    shown = [cell for row in rows[1:] for cell in row.cells if cell.step is not None]
    beyond = sum(cell.is_beyond for cell in shown)
    title = words(
        f"units.message_{kind}" if beyond else f"units.message_{kind}_none",
        beyond=words.whole(beyond),
        shown=words.whole(len(shown)),
    )
    hidden_rows = len({groups for scale in scales for groups in group_readings(released, scale, cut)}) - len(units)
    bounds = [f"{bound:.0f}" for bound in BOUNDS[kind]]
    return Card(
        id=f"units-{kind}-{number}" if number else f"units-{kind}",
        title=title,
        asked=(words(f"units.shown_{kind}"), words("units.framed")),
        base=words("units.rows_hidden", count=words.whole(hidden_rows)) if hidden_rows else "",
        chart=None,
        picture=heat_map(
            title,
            names,
            tuple(rows),
            (
                words("units.below", bound=bounds[0]),
                *(words("units.between", low=low, high=high) for low, high in pairwise(bounds)),
                words("units.above", bound=bounds[-1]),
            ),
            words("results.hidden"),
        ),
        table=_table(released, scales, wholes, words),
    )


def _cell(one: Reading | None, limits: Limits | None, kind: str, words: Wording) -> HeatCell:
    if one is None:
        return HeatCell(text=HIDDEN, step=None)
    step = sum(one.points >= bound for bound in BOUNDS[kind])
    return HeatCell(text=words.decimal(one.points), step=step, is_beyond=is_beyond(one, limits))


def _table(released: Released, scales: Sequence[Scale], wholes: Sequence[Reading | None], words: Wording) -> Table:
    """Every unit, hidden ones too; n behind each figure."""
    cut = unit_cut(released) or ()
    (dimension,) = released.dimensions(cut)
    by_scale = [group_readings(released, scale, cut) for scale in scales]
    rows = next(iter(released.tables(cut))).rows
    listed = {row.groups[0] for row in rows}
    return Table(
        columns=(words("column.group"), *(words.of(scale.title) for scale in scales)),
        rows=(
            (words("results.everyone"), *(_with_n(whole, words) for whole in wholes)),
            *(
                (
                    "\N{EN DASH} " * released.depth(dimension, row.groups[0], listed)
                    + group_label(released, cut, row, words),
                    *(_with_n(readings.get(row.groups), words) for readings in by_scale),
                )
                for row in rows
            ),
        ),
    )


def _with_n(one: Reading | None, words: Wording) -> str:
    if one is None:
        return HIDDEN
    return words("units.with_n", value=one.text(words), n=words.whole(one.n))
