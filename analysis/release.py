"""Responses and a publication plan become a release: safe tables, and nothing else.

Until complementary suppression is here, a release holds the whole round, and a single dimension only where nothing
of it has to be hidden: every group of it, and the remainder that subtraction would reveal, passes the primary rules
on every item. Then no cell is hidden within a dimension and none can be computed. Everything else is withheld.
"""

from collections.abc import Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from analysis import scales, tables
from analysis.estimates import mean_interval
from analysis.responses import Responses
from analysis.tables import Row, SafeTable, Unanswered
from questionnaires.model import Item, Questionnaire, Scale

SMALLEST_MINIMUM_GROUP_SIZE = 5  # valid answers; no policy goes below
MINIMUM_SENSITIVE_COUNT = 3  # answers; a sensitive option with 1 or 2 of a group's answers is primary

Figure = Item | Scale
Mask = NDArray[np.bool_]


class Policy(Struct, frozen=True, kw_only=True):
    """minimum_group_size: valid answers of every group and of every remainder. minimum_sensitive_count: answers."""

    minimum_group_size: int
    minimum_sensitive_count: int = MINIMUM_SENSITIVE_COUNT


class Cut(Struct, frozen=True, kw_only=True):
    """Tables of `figures` (ids of items and scales; empty: all) by `dimension`, an item that groups people."""

    dimensions: tuple[str, ...]
    figures: tuple[str, ...] = ()


class Plan(Struct, frozen=True, kw_only=True):
    """What may be published beside the whole round, declared before the round opened."""

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
    """A figure of one group before any rule has looked at it. counts: by option; sensitive: options that tell."""

    n: int
    counts: dict[str, int]
    sensitive: frozenset[str]
    points: NDArray[np.float64] | None = None


def release(responses: Responses, plan: Plan, policy: Policy) -> Release:
    """The tables of a round that `plan` asks for and `policy` lets out.

    Raises:
        UnsafePolicy: a minimum group size below 5, or fewer respondents than it asks for.
        UnprotectedPlan: a crossing, an unknown figure, or a dimension that does not group people.

    """
    if policy.minimum_group_size < SMALLEST_MINIMUM_GROUP_SIZE or policy.minimum_sensitive_count < 1:
        raise UnsafePolicy(f"no group below {SMALLEST_MINIMUM_GROUP_SIZE} is ever published")
    if responses.size < policy.minimum_group_size:
        raise UnsafePolicy("the round has fewer respondents than its minimum group size")
    questionnaire = responses.questionnaire
    everyone = np.ones(responses.size, dtype=np.bool_)
    grouping = {dimension for cut in plan.cuts for dimension in cut.dimensions}
    grouping |= {item.id for item in questionnaire.items if item.options_from is not None}
    released = [
        _whole_round(responses, figure, everyone, policy, is_grouping=figure.id in grouping)
        for figure in _figures(questionnaire, ())
    ]
    withheld = []
    for cut in plan.cuts:
        dimension = _dimension(questionnaire, cut)
        by_dimension = _by_dimension(responses, dimension, _figures(questionnaire, cut.figures), policy)
        if by_dimension is None:
            withheld.append(dimension.id)
        else:
            released.extend(by_dimension)
    return Release(tables=tuple(released), withheld=tuple(withheld))


def _figures(questionnaire: Questionnaire, wanted: Sequence[str]) -> tuple[Figure, ...]:
    figures: tuple[Figure, ...] = (
        *(item for item in questionnaire.items if item.kind in ("single", "multiple")),
        *questionnaire.scales,
    )
    if unknown := set(wanted) - {figure.id for figure in figures}:
        raise UnprotectedPlan(f"no such item or scale: {', '.join(sorted(unknown))}")
    return tuple(figure for figure in figures if not wanted or figure.id in wanted)


def _dimension(questionnaire: Questionnaire, cut: Cut) -> Item:
    if len(cut.dimensions) != 1:
        raise UnprotectedPlan("a cut has one dimension; crossings are not released")
    item = questionnaire.item(cut.dimensions[0])
    if item is None or item.kind != "single" or item.sensitive:
        raise UnprotectedPlan(f"{cut.dimensions[0]} does not group people")
    return item


def _whole_round(
    responses: Responses, figure: Figure, everyone: Mask, policy: Policy, *, is_grouping: bool
) -> SafeTable:
    counted = _count(responses, figure, everyone)
    # The counts of an item that groups people are the sizes of its groups: bases, to which the minimum applies.
    sizes = [*counted.counts.values(), responses.size - counted.n] if is_grouping else []
    row = tables.hidden(None)
    unanswered = None
    if (
        _reaches_minimum(counted, policy)
        and not _tells_of_members(counted)
        and not any(0 < size < policy.minimum_group_size for size in sizes)
    ):
        row = _row(None, counted)
        unanswered = _unanswered(responses, figure) if isinstance(figure, Item) else None
    return SafeTable(figure=figure.id, kind=_kind(figure), dimension=None, rows=(row,), unanswered=unanswered)


def _by_dimension(
    responses: Responses, dimension: Item, figures: Sequence[Figure], policy: Policy
) -> list[SafeTable] | None:
    """Tables of every figure by the dimension; None where a single one of them would have to hide anything."""
    groups = {o.code: responses.chose(dimension, o.code) for o in dimension.options if not o.missing}
    remainder = ~np.logical_or.reduce([*groups.values(), np.zeros(responses.size, dtype=np.bool_)])
    found = []
    for figure in figures:
        if figure.id == dimension.id:
            continue
        rest = _count(responses, figure, remainder)
        if rest.n > 0 and not _may_be_seen(rest, policy):
            return None
        rows = []
        for code, members in groups.items():
            counted = _count(responses, figure, members)
            if not _may_be_seen(counted, policy):
                return None
            rows.append(_row(code, counted))
        found.append(SafeTable(figure=figure.id, kind=_kind(figure), dimension=dimension.id, rows=tuple(rows)))
    return found


def _may_be_seen(counted: _Counted, policy: Policy) -> bool:
    return (
        _reaches_minimum(counted, policy)
        and not _tells_of_members(counted)
        and not any(0 < counted.counts[code] < policy.minimum_sensitive_count for code in counted.sensitive)
    )


def _reaches_minimum(counted: _Counted, policy: Policy) -> bool:
    return counted.n >= policy.minimum_group_size


def _tells_of_members(counted: _Counted) -> bool:
    """Group attribute disclosure: all valid answers, or all but one, fall in one sensitive category."""
    return any(counted.counts[code] >= counted.n - 1 for code in counted.sensitive)


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
    return _Counted(n=points.size, counts={}, sensitive=frozenset(), points=points)


def _row(group: str | None, counted: _Counted) -> Row:
    if counted.points is not None:
        return Row(group=group, n=counted.n, score=tables.score(mean_interval(counted.points)))
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
