"""One unit beside the whole: how far it lies off, how far chance alone would move it, and what the other units suggest.

Everything is computed from released cells. There are no ranks, and no unit is named beside another one.
"""

import math
from collections.abc import Sequence

from msgspec import Struct

from analysis import NoStatistic, empirical_bayes_proportions, shrunken_means
from questionnaires.model import Questionnaire, Scale
from survey_service.domain.releases import ReleaseDocument
from survey_service.results.beside import Beside, beside_the_whole
from survey_service.results.cards import Card, Table
from survey_service.results.change_cards import change_texts, differing
from survey_service.results.changes import Change, changes_of_groups
from survey_service.results.course import differences
from survey_service.results.figures import Dimensions, Released
from survey_service.results.history import History
from survey_service.results.readings import Reading, group_readings, scales_of, unit_cut, whole_reading
from survey_service.results.unit_maps import Limits, ShownUnit, chance_limits, is_beyond, shown_units
from survey_service.results.wording import HIDDEN, Wording


class UnitPage(Struct, frozen=True, kw_only=True):
    """unit: whose page it is. units: all that have one. beside, change: None where nothing can be compared."""

    unit: ShownUnit
    units: tuple[ShownUnit, ...]
    beside: Card | None
    change: Card | None


class _Compared(Struct, frozen=True, kw_only=True):
    """limits: of chance alone. likely: the estimate that takes the other units into account, with its interval."""

    scale: Scale
    own: Reading
    whole: Reading
    limits: Limits | None
    likely: tuple[float, float, float] | None


def unit_page(
    document: ReleaseDocument, questionnaire: Questionnaire, words: Wording, history: History, unit_id: str
) -> UnitPage | None:
    """None: there is no such unit, or the release shows nothing of it. From outside that looks the same."""
    released = Released(document, questionnaire)
    units = shown_units(released, words)
    unit = next((unit for unit in units if unit.id == unit_id), None)
    cut = unit_cut(released)
    if unit is None or cut is None:
        return None
    alike = [other.id for other in units if other.depth == unit.depth]
    compared = [one for scale in scales_of(released, cut) if (one := _compared(released, cut, scale, unit.id, alike))]
    changes = [change for change in changes_of_groups(released, history, cut) if change.groups == (unit.id,)]
    return UnitPage(
        unit=unit,
        units=tuple(units),
        beside=_beside(compared, words) if compared else None,
        change=_change(changes, history, words) if changes else None,
    )


def _compared(released: Released, cut: Dimensions, scale: Scale, unit: str, alike: Sequence[str]) -> _Compared | None:
    readings = group_readings(released, scale, cut)
    own, whole = readings.get((unit,)), whole_reading(released, scale)
    if own is None or whole is None:
        return None
    (limits,) = chance_limits(whole, [own])
    shown = {code: one for code in alike if (one := readings.get((code,))) is not None}
    return _Compared(scale=scale, own=own, whole=whole, limits=limits, likely=_likely(shown, unit, whole))


def _likely(shown: dict[str, Reading], unit: str, whole: Reading) -> tuple[float, float, float] | None:
    """Empirical Bayes among the units of one level; None where there are too few, or no spread is released."""
    place = list(shown).index(unit)
    readings = list(shown.values())
    try:
        if whole.is_share:
            found = empirical_bayes_proportions([one.count or 0 for one in readings], [one.n for one in readings])
            numbers = found.estimate[place], found.low[place], found.high[place]
        elif whole.deviation is None:
            return None
        else:
            means = shrunken_means([one.value for one in readings], [one.n for one in readings], whole.deviation)
            numbers = means.estimate[place], means.low[place], means.high[place]
    except NoStatistic:
        return None
    estimate, low, high = (float(number) for number in numbers)
    return (estimate, low, high) if math.isfinite(estimate) else None


def _beside(compared: Sequence[_Compared], words: Wording) -> Card:
    beyond = sum(is_beyond(one.own, one.limits) for one in compared)
    title = words(
        "unit.message" if beyond else "unit.message_none",
        beyond=words.whole(beyond),
        all=words.whole(len(compared)),
    )
    columns = ("figure", "n", "unit", "whole", "chance", "likely", "verdict")
    return Card(
        id="beside",
        title=title,
        asked=words.several("unit.shown"),
        base="",
        chart=None,
        picture=beside_the_whole(title, [_drawn(one, words) for one in compared], words("results.everyone")),
        table=Table(
            columns=tuple(words(f"column.{name}") for name in columns),
            rows=tuple(_texts(one, words) for one in compared),
        ),
    )


def _drawn(one: _Compared, words: Wording) -> Beside:
    factor = 100.0 if one.own.is_share else 1.0
    return Beside(
        label=words.of(one.scale.title),
        value=one.own.points,
        whole=one.whole.points,
        low=None if one.limits is None else one.limits[0] * factor,
        high=None if one.limits is None else one.limits[1] * factor,
        is_beyond=is_beyond(one.own, one.limits),
        text=one.own.text(words),
        n=words("n", n=words.whole(one.own.n)),
    )


def _texts(one: _Compared, words: Wording) -> tuple[str, ...]:
    def interval(low: float, high: float) -> str:
        if one.own.is_share:
            return words.interval(max(0.0, low), min(1.0, high))
        return words.score_interval(max(0.0, low), min(100.0, high))

    likely = HIDDEN
    if one.likely is not None:
        estimate, low, high = one.likely
        value = words.per_cent(estimate) if one.own.is_share else words.decimal(estimate)
        likely = words("unit.likely", value=value, interval=interval(low, high))
    return (
        words.of(one.scale.title),
        words.whole(one.own.n),
        one.own.text(words),
        one.whole.text(words),
        HIDDEN if one.limits is None else interval(*one.limits),
        likely,
        words("change.is_sure" if is_beyond(one.own, one.limits) else "change.is_unsure"),
    )


def _change(changes: Sequence[Change], history: History, words: Wording) -> Card:
    sure = sum(change.is_sure for change in changes)
    title = words("unit.change" if sure else "unit.change_none", sure=words.whole(sure), all=words.whole(len(changes)))
    drawn = [row for change in changes if (row := differing(change, words)) is not None]
    since = () if history.before is None else (words("unit.since", since=words.calendar_day(history.before.opened_on)),)
    names = ("figure", "earlier", "later", "difference", "interval", "effect", "sure")
    return Card(
        id="unit-change",
        title=title,
        asked=(*since, words("change.shown"), words("change.groups_shown")),
        base="",
        chart=None,
        picture=differences(title, drawn, words("change.points")) if drawn else None,
        table=Table(
            columns=tuple(words(f"column.{name}") for name in names),
            rows=tuple((words.of(change.scale.title), *change_texts(change, words)) for change in changes),
        ),
    )
