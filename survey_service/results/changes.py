"""What has changed since the round before, and over all rounds: which changes are more than noise, and which are not sure.

Rounds are separate samples of the staff: a change is one of the city or of a unit, never of a person. Only released
cells are read, and where either round hides one there is no change. The families that are judged together (Benjamini and
Hochberg, 5 %) are declared here, before anyone looks: every scale of the whole round; every scale of every group of a
cut; every scale's trend.
"""

import math
from collections.abc import Collection, Iterator, Sequence
from datetime import date

from msgspec import Struct

from analysis import (
    DifferenceOfMeans,
    DifferenceOfProportions,
    JudgedChange,
    NoStatistic,
    Trend,
    benjamini_hochberg,
    difference_of_shown,
    difference_of_shown_means,
    judged_together,
    mean_trend,
    proportion_trend,
)
from analysis.comparisons import FALSE_DISCOVERY_RATE
from analysis.trends import FEWEST_ROUNDS
from questionnaires.model import Scale
from survey_service.results.figures import Dimensions, Released
from survey_service.results.history import History, PastRound, Point
from survey_service.results.readings import Reading, group_readings, is_asked_alike, scales_of, whole_reading

DAYS_OF_A_YEAR = 365.25

Groups = tuple[str, ...]


class Change(Struct, frozen=True, kw_only=True):
    """A scale of one group in two rounds. groups: none for the whole round. judged: None where nothing can be tested."""

    scale: Scale
    groups: Groups
    earlier: Reading
    later: Reading
    judged: JudgedChange | None

    @property
    def is_sure(self) -> bool:
        return self.judged is not None and self.judged.beyond_noise

    @property
    def points(self) -> tuple[float, float, float] | None:
        """The difference with its interval, in points from -100 to 100."""
        if self.judged is None:
            return None
        change = self.judged.change
        factor = 100.0 if isinstance(change, DifferenceOfProportions) else 1.0
        return change.difference * factor, change.low * factor, change.high * factor

    @property
    def effect(self) -> float:
        """Cohen's h or d; 0 where nothing can be tested."""
        if self.judged is None:
            return 0.0
        change = self.judged.change
        return change.h if isinstance(change, DifferenceOfProportions) else change.d


class Changes(Struct, frozen=True, kw_only=True):
    """since: the day the round before opened. missing: scales that one round hides, or asked in other words."""

    since: date
    whole: tuple[Change, ...]
    missing: tuple[Scale, ...]


class Course(Struct, frozen=True, kw_only=True):
    """A scale over the rounds. trend: for a year, in the unit of the readings; None below three rounds that show.

    is_sure: whether the trend is more than noise, among all scales' trends.
    """

    scale: Scale
    points: tuple[Point, ...]
    trend: Trend | None
    is_sure: bool


def changes_of_the_whole(released: Released, history: History) -> Changes | None:
    """None: there is no round before."""
    if history.before is None:
        return None
    pairs = [
        (scale, (), _whole_before(history.before, released, scale), whole_reading(released, scale))
        for scale in scales_of(released)
    ]
    found = _judged(pairs)
    compared = {change.scale.id for change in found}
    return Changes(
        since=history.before.opened_on,
        whole=found,
        missing=tuple(scale for scale, *_ in pairs if scale.id not in compared),
    )


def changes_of_groups(released: Released, history: History, cut: Dimensions) -> tuple[Change, ...]:
    """Of every group that both rounds show and that is made of the same units in both; empty where there is none."""
    before = history.before
    if before is None or cut not in before.released.cuts:
        return ()
    pairs = []
    for scale in scales_of(released, cut):
        if not is_asked_alike(scale, before.released.questionnaire, released.questionnaire):
            continue
        earlier = group_readings(before.released, scale, cut)
        pairs += [
            (scale, groups, earlier.get(groups), later)
            for groups, later in group_readings(released, scale, cut).items()
            if _is_the_same(groups, released, before.released)
        ]
    return _judged(pairs)


def courses(released: Released, history: History) -> tuple[Course, ...]:
    """Every scale's course over at least two rounds that show it."""
    found = [
        (scale, points) for scale in scales_of(released) if len(_shown(points := history.course(released, scale))) > 1
    ]
    trends = [_trend(points) for _, points in found]
    adjusted = benjamini_hochberg([math.nan if trend is None else trend.p for trend in trends]).tolist()
    return tuple(
        Course(scale=scale, points=points, trend=trend, is_sure=trend is not None and p <= FALSE_DISCOVERY_RATE)
        for (scale, points), trend, p in zip(found, trends, adjusted, strict=True)
    )


def surest(changes: Collection[Change]) -> list[Change]:
    """Those beyond noise, the largest effect first."""
    return sorted((change for change in changes if change.is_sure), key=lambda change: -abs(change.effect))


def _judged(
    pairs: Sequence[tuple[Scale, Groups, Reading | None, Reading | None]],
) -> tuple[Change, ...]:
    shown = [
        (scale, groups, one, other) for scale, groups, one, other in pairs if one is not None and other is not None
    ]
    family = judged_together([_difference(earlier, later) for _, _, earlier, later in shown])
    return tuple(
        Change(scale=scale, groups=groups, earlier=earlier, later=later, judged=judged)
        for (scale, groups, earlier, later), judged in zip(shown, family, strict=True)
    )


def _difference(earlier: Reading, later: Reading) -> DifferenceOfProportions | DifferenceOfMeans | None:
    if later.count is not None and earlier.count is not None:
        return difference_of_shown((later.count, later.n), (earlier.count, earlier.n))
    if later.deviation is None or earlier.deviation is None:
        return None
    try:
        return difference_of_shown_means(
            (later.value, later.deviation, later.n), (earlier.value, earlier.deviation, earlier.n)
        )
    except NoStatistic:
        return None


def _whole_before(before: PastRound, released: Released, scale: Scale) -> Reading | None:
    if not is_asked_alike(scale, before.released.questionnaire, released.questionnaire):
        return None
    return whole_reading(before.released, scale)


def _is_the_same(groups: Groups, one: Released, other: Released) -> bool:
    """Whether a unit's name stands for the same units below it in both rounds; an answer always does."""
    return all(one.made_of(code) == other.made_of(code) for code in groups)


def _trend(points: Sequence[Point]) -> Trend | None:
    shown = _shown(points)
    if len(shown) < FEWEST_ROUNDS:
        return None
    years = [(point.on - shown[0][0].on).days / DAYS_OF_A_YEAR for point, _ in shown]
    try:
        if all(one.count is not None for _, one in shown):
            return proportion_trend([(one.count or 0, one.n) for _, one in shown], years)
        return mean_trend([(one.value, one.deviation, one.n) for _, one in shown if one.deviation is not None], years)
    except NoStatistic:
        return None  # a round without spread, or two rounds of one day


def _shown(points: Sequence[Point]) -> list[tuple[Point, Reading]]:
    return list(_with_reading(points))


def _with_reading(points: Sequence[Point]) -> Iterator[tuple[Point, Reading]]:
    for point in points:
        if point.reading is not None:
            yield point, point.reading
