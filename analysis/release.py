"""Responses and a publication plan become a release: safe tables, and nothing else.

Until complementary suppression is here, a release holds the whole round, and a single dimension only where nothing
of it has to be hidden: every group of it, and every remainder that subtraction would reveal, passes the primary rules
on every figure. Then no cell is hidden within a dimension, and unions and differences of its groups, which are made of
such groups, pass too. Everything else is withheld. `docs/analysis.md` states the rules one by one.
"""

from collections.abc import Iterable, Sequence
from itertools import product

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from analysis import scales, subtraction, tables
from analysis.estimates import mean_interval
from analysis.responses import Responses
from analysis.tables import Row, SafeTable, Unanswered
from questionnaires.model import Item, Questionnaire, Scale

SMALLEST_MINIMUM_GROUP_SIZE = 5  # valid answers; no policy goes below
MINIMUM_SENSITIVE_COUNT = 3  # answers; a sensitive option with 1 or 2 of a group's answers is primary
SPREAD_GROUP_SIZES = 5  # minimum group sizes that a figure which is not linear in counts takes

Figure = Item | Scale
Mask = NDArray[np.bool_]


class Policy(Struct, frozen=True, kw_only=True):
    """minimum_group_size: valid answers of every group and of every remainder. minimum_sensitive_count: answers."""

    minimum_group_size: int
    minimum_sensitive_count: int = MINIMUM_SENSITIVE_COUNT


class Cut(Struct, frozen=True, kw_only=True):
    """Tables of `figures` by a dimension.

    dimensions: the id of one item that groups people.
    figures: ids of items and scales; empty: all. Items that group people are never cut by each other: the sizes of
        crossed groups are not released.
    """

    dimensions: tuple[str, ...]
    figures: tuple[str, ...] = ()


class Plan(Struct, frozen=True, kw_only=True):
    """What may be published beside the whole round, declared before the round opened; earlier cuts have precedence."""

    cuts: tuple[Cut, ...] = ()


class Release(Struct, frozen=True, kw_only=True):
    """tables: what may be read. withheld: planned dimensions that may not be, without saying which group is why."""

    tables: tuple[SafeTable, ...]
    withheld: tuple[str, ...]


class UnprotectedPlan(ValueError):
    """A plan that asks for what nothing here can protect."""


class UnsafePolicy(ValueError):
    """A policy below the floor, or a round below its policy."""


class _Counted(Struct, frozen=True, kw_only=True):
    """A figure of one group before any rule has looked at it.

    counts: by option, or of sensitive scores by value. sensitive: the keys of `counts` that tell of their members.
    """

    n: int
    counts: dict[str, int]
    sensitive: frozenset[str]
    points: NDArray[np.float64] | None = None


class _Group(Struct, frozen=True, kw_only=True):
    """People of a dimension. code: of their option; None for a remainder, which no table shows but subtraction does."""

    code: str | None
    members: Mask


class _Tabulated(Struct, frozen=True, kw_only=True):
    """A dimension that may be seen. counted: each figure in every group and remainder."""

    dimension: str
    tables: list[SafeTable]
    counted: dict[str, list[_Counted]]


def release(responses: Responses, plan: Plan, policy: Policy) -> Release:
    """The tables of a round that `plan` asks for and `policy` lets out.

    The same multiset of responses gives the same release, whatever their order.

    Args:
        responses: coded answers, one row a respondent.
        plan: single dimensions beside the whole round; empty: the whole round alone.
        policy: minimum group size, at least 5 valid answers, and minimum sensitive count, at least 1 answer.

    Returns:
        Every choice item and scale for the whole round, hidden or not, then the planned dimensions that hide nothing.

    Raises:
        UnsafePolicy: a minimum group size below 5, or fewer respondents than it asks for.
        UnprotectedPlan: a crossing, a dimension planned twice, an unknown figure, or a dimension that does not group
            people.

    Source of the terms: Hundepool, A., et al. (2012). Statistical disclosure control. Wiley.

    """
    if policy.minimum_group_size < SMALLEST_MINIMUM_GROUP_SIZE or policy.minimum_sensitive_count < 1:
        raise UnsafePolicy(f"no group below {SMALLEST_MINIMUM_GROUP_SIZE} is ever published")
    if responses.size < policy.minimum_group_size:
        raise UnsafePolicy("the round has fewer respondents than its minimum group size")
    questionnaire = responses.questionnaire
    dimensions = [_dimension(questionnaire, cut) for cut in plan.cuts]
    if len({dimension.id for dimension in dimensions}) < len(dimensions):
        raise UnprotectedPlan("a dimension is planned twice; name all its figures in one cut")
    grouping = {dimension.id for dimension in dimensions}
    grouping |= {item.id for item in questionnaire.items if item.options_from is not None}
    seen = _seen_of_whole_round(responses, grouping, policy)
    released = [
        _whole_round(responses, figure, policy, is_seen=figure.id in seen) for figure in _figures(questionnaire)
    ]
    shown: list[_Tabulated] = []
    withheld = []
    for cut, dimension in zip(plan.cuts, dimensions, strict=True):
        figures = [figure for figure in _figures(questionnaire, cut.figures) if not _asked_in(figure) & grouping]
        tabulated = _by_dimension(responses, dimension, figures, policy) if {f.id for f in figures} <= seen else None
        if tabulated is None or any(_crossing_tells(figures, tabulated, other, policy) for other in shown):
            withheld.append(dimension.id)
        else:
            shown.append(tabulated)
            released.extend(tabulated.tables)
    return Release(tables=tuple(released), withheld=tuple(withheld))


def _figures(questionnaire: Questionnaire, wanted: Sequence[str] = ()) -> list[Figure]:
    figures: list[Figure] = [
        *(item for item in questionnaire.items if item.kind in ("single", "multiple")),
        *questionnaire.scales,
    ]
    if unknown := set(wanted) - {figure.id for figure in figures}:
        raise UnprotectedPlan(f"no such item or scale: {', '.join(sorted(unknown))}")
    return [figure for figure in figures if not wanted or figure.id in wanted]


def _dimension(questionnaire: Questionnaire, cut: Cut) -> Item:
    if len(cut.dimensions) != 1:
        raise UnprotectedPlan("a cut has one dimension; crossings are not released")
    item = questionnaire.item(cut.dimensions[0])
    if item is None or item.kind != "single" or item.sensitive:
        raise UnprotectedPlan(f"{cut.dimensions[0]} does not group people")
    return item


def _asked_in(figure: Figure) -> set[str]:
    """The ids of the items whose answers `figure` counts."""
    return {figure.id} if isinstance(figure, Item) else set(figure.items)


def _summed_up(figure: Figure) -> set[str]:
    return set() if isinstance(figure, Item) else set(figure.items)


def _opening(questionnaire: Questionnaire, figure: Figure) -> set[str]:
    """The ids of the items whose answers decide who was asked."""
    return {
        item
        for condition in questionnaire.conditions
        if isinstance(figure, Item) and condition.id in figure.show_if
        for item in condition.items
    }


def _seen_of_whole_round(responses: Responses, grouping: set[str], policy: Policy) -> set[str]:
    """The ids of the figures of the whole round that may be seen."""
    everyone = np.ones(responses.size, dtype=np.bool_)
    seen: list[Figure] = []
    for figure in _figures(responses.questionnaire):
        counted = _count(responses, figure, everyone)
        # The counts of an item that groups people are the sizes of its groups: bases, to which the minimum applies.
        sizes = [*counted.counts.values(), responses.size - counted.n] if figure.id in grouping else []
        # A figure tells of the items that open it and of those it sums up: it shows only where they do.
        needed = _opening(responses.questionnaire, figure) | _summed_up(figure)
        if (
            counted.n >= policy.minimum_group_size
            and not _tells_of_members(counted)
            and not any(0 < size < policy.minimum_group_size for size in sizes)
            and needed <= {other.id for other in seen}
        ):
            seen.append(figure)
    return {figure.id for figure in seen}


def _whole_round(responses: Responses, figure: Figure, policy: Policy, *, is_seen: bool) -> SafeTable:
    row = tables.hidden(None)
    unanswered = None
    if is_seen:
        counted = _count(responses, figure, np.ones(responses.size, dtype=np.bool_))
        row = _row(None, counted, with_spread=counted.n >= SPREAD_GROUP_SIZES * policy.minimum_group_size)
        unanswered = _unanswered(responses, figure) if isinstance(figure, Item) else None
    return SafeTable(figure=figure.id, kind=_kind(figure), dimension=None, rows=(row,), unanswered=unanswered)


def _by_dimension(
    responses: Responses, dimension: Item, figures: Sequence[Figure], policy: Policy
) -> _Tabulated | None:
    """Tables of every figure by the dimension; None where a single one of them would have to hide anything."""
    groups = _groups(responses, dimension)
    counted = {figure.id: [_count(responses, figure, group.members) for group in groups] for figure in figures}
    needed = {figure.id: _needed(responses.questionnaire, figure, set(counted)) for figure in figures}
    beside = {
        item.id: [_count(responses, item, group.members) for group in groups]
        for item in responses.questionnaire.items
        if any(item.id in ids for ids in needed.values())
    }
    for figure in figures:
        for place, group in enumerate(groups):
            found = counted[figure.id][place]
            if group.code is None and found.n == 0:
                continue  # a remainder without answers
            if not all(
                _may_be_seen(one, policy) for one in (found, *(beside[id_][place] for id_ in needed[figure.id]))
            ):
                return None
    if _subtraction_tells(responses, figures, [group.members for group in groups], policy):
        return None
    found_tables = []
    for figure in figures:
        rows = tuple(
            _row(group.code, found)
            for group, found in zip(groups, counted[figure.id], strict=True)
            if group.code is not None
        )
        found_tables.append(SafeTable(figure=figure.id, kind=_kind(figure), dimension=dimension.id, rows=rows))
    return _Tabulated(dimension=dimension.id, tables=found_tables, counted=counted)


def _needed(questionnaire: Questionnaire, figure: Figure, tabulated: set[str]) -> set[str]:
    """The items that must pass the rules in every group beside `figure`, whether the cut names them or not.

    Those that open it; and those it sums up, once any of them is tabulated: the others follow by subtraction.
    """
    summed_up = _summed_up(figure)
    return _opening(questionnaire, figure) | (summed_up if summed_up & tabulated else set())


def _groups(responses: Responses, dimension: Item) -> list[_Group]:
    """The dimension's groups, then what is left of the whole round and of those who were asked."""
    groups = [
        _Group(code=option.code, members=responses.chose(dimension, option.code))
        for option in dimension.options
        if not option.missing
    ]
    unstated = ~responses.valid(dimension)
    asked = responses.shown(dimension)
    # Who was asked may be a group of another dimension: its own remainder is found by subtraction.
    return [*groups, *(_Group(code=None, members=members) for members in (unstated & asked, unstated & ~asked))]


def _may_be_seen(counted: _Counted, policy: Policy) -> bool:
    return (
        counted.n >= policy.minimum_group_size
        and not _tells_of_members(counted)
        and not any(0 < counted.counts[code] < policy.minimum_sensitive_count for code in counted.sensitive)
    )


def _tells_of_members(counted: _Counted) -> bool:
    """Group attribute disclosure: all valid answers, or all but one, fall in one sensitive category."""
    return any(counted.counts[code] >= counted.n - 1 for code in counted.sensitive)


def _subtraction_tells(responses: Responses, figures: Sequence[Figure], groups: Iterable[Mask], policy: Policy) -> bool:
    """Whether figures of the same people, side by side, tell what no table may."""
    derived = subtraction.derived_tables(responses, figures)
    partial = [
        scales.partly_answered(responses, figure)
        for figure in figures
        if isinstance(figure, Scale) and figure.kind == "score" and _asked_in(figure) & {other.id for other in figures}
    ]
    return any(
        any(0 < int((some & group).sum()) < policy.minimum_group_size for some in partial)
        or any(_derived_tells(table, group, policy) for table in derived)
        for group in groups
    )


def _derived_tells(table: subtraction.DerivedTable, group: Mask, policy: Policy) -> bool:
    base, part = int((table.base & group).sum()), int((table.part & group).sum())
    if base == 0:
        return False
    if base < policy.minimum_group_size:
        return True
    smallest = policy.minimum_sensitive_count
    return table.sensitive and (part >= base - 1 or 0 < part < smallest or 0 < base - part < smallest)


def _crossing_tells(figures: Sequence[Figure], first: _Tabulated, second: _Tabulated, policy: Policy) -> bool:
    """Whether tables by two dimensions bound a crossed group so tightly that it is small, or its answers known.

    Of an option chosen by c people, a of them in one group and b in another, at least max(0, a + b - c) and at most
    min(a, b) are in both. Source: Fréchet, M. (1951). Sur les tableaux de corrélation dont les marges sont données.
    Annales de l'Université de Lyon, section A, 14, 53-77.
    """
    common = [figure for figure in figures if figure.id in first.counted and figure.id in second.counted]
    return any(
        _crossed_group_tells(figure, first.counted[figure.id], one, other, policy)
        for figure in common
        for one, other in product(first.counted[figure.id], second.counted[figure.id])
        if one.points is None
    )


def _crossed_group_tells(
    figure: Figure, everyone: Sequence[_Counted], one: _Counted, other: _Counted, policy: Policy
) -> bool:
    total = {code: sum(counted.counts[code] for counted in everyone) for code in one.counts}
    most = {code: min(one.counts[code], other.counts[code]) for code in total}
    least = {code: max(0, one.counts[code] + other.counts[code] - total[code]) for code in total}
    if isinstance(figure, Item) and figure.kind == "multiple":
        size = min(most[code] + min(one.n - one.counts[code], other.n - other.counts[code]) for code in most)
    else:
        size = sum(most.values())
    return 0 < size < policy.minimum_group_size or any(0 < least[code] >= size - 1 for code in one.sensitive)


def _count(responses: Responses, figure: Figure, members: Mask) -> _Counted:
    if isinstance(figure, Item):
        valid = responses.valid(figure) & members
        options = [option for option in figure.options if not option.missing]
        return _Counted(
            n=int(valid.sum()),
            counts={o.code: int((responses.chose(figure, o.code) & members).sum()) for o in options},
            sensitive=frozenset(o.code for o in options if figure.sensitive and not o.harmless),
        )
    if figure.kind == "prevalence":
        valid, counted = scales.affected(responses, figure)
        asked = [item for item in responses.questionnaire.items if item.id in figure.items]
        return _Counted(
            n=int((valid & members).sum()),
            counts={"any": int((valid & counted & members).sum()), "none": int((valid & ~counted & members).sum())},
            sensitive=frozenset({"any"} if any(item.sensitive for item in asked) else ()),
        )
    points = scales.scores_of(responses, figure)[members]
    points = points[~np.isnan(points)]
    counts = {}
    if any(item.sensitive for item in responses.questionnaire.items if item.id in figure.items):
        # A mean with its n is linear in how many have which score: each score is a category that may tell.
        values, sizes = np.unique(points, return_counts=True)
        counts = {str(value): int(size) for value, size in zip(values, sizes, strict=True)}
    return _Counted(n=points.size, counts=counts, sensitive=frozenset(counts), points=points)


def _row(group: str | None, counted: _Counted, *, with_spread: bool = False) -> Row:
    if counted.points is not None:
        score = tables.score(mean_interval(counted.points), with_spread=with_spread)
        return Row(group=group, n=counted.n, score=score)
    cells = tuple(tables.cell(code, count, counted.n) for code, count in counted.counts.items())
    return Row(group=group, n=counted.n, cells=cells)


def _unanswered(responses: Responses, item: Item) -> Unanswered:
    shown = responses.shown(item)
    return Unanswered(
        missing={o.code: int(responses.chose(item, o.code).sum()) for o in item.options if o.missing},
        skipped=int((shown & ~responses.answered(item)).sum()),
        not_asked=int((~shown).sum()),
    )


def _kind(figure: Figure) -> str:
    return "options" if isinstance(figure, Item) else figure.kind
