"""The figures of the whole round, each by its own primary rules; nothing below it is large enough to stand alone."""

from collections.abc import Collection, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from analysis import counts, tables
from analysis.counts import Counted, Figure
from analysis.disclosure.primary import tells_of_members
from analysis.estimates import mean_interval
from analysis.plan import Policy
from analysis.responses import Responses
from analysis.tables import SafeTable, Unanswered
from questionnaires.model import Item

SPREAD_GROUP_SIZES = 5  # minimum group sizes that a figure which is not linear in counts takes


def seen(responses: Responses, counted: Mapping[str, Counted], policy: Policy, grouping: Collection[str]) -> set[str]:
    """The ids of the figures of the whole round that may be seen. grouping: ids of the items that group people."""
    questionnaire = responses.questionnaire
    found: set[str] = set()
    asked: list[NDArray[np.bool_]] = []
    for figure in counts.figures(questionnaire):
        one = counted[figure.id]
        # A figure tells of the items that open it and of those it sums up: it shows only where they do.
        needed = counts.opening(questionnaire, figure) | (counts.asked_in(figure) - {figure.id})
        if (
            one.valid.sum() >= policy.minimum_group_size
            and not _tells_of_members(one)
            and not any(0 < size < policy.minimum_group_size for size in _group_sizes(one))
            and needed <= found
        ):
            if isinstance(figure, Item) and counts.opening(questionnaire, figure) & set(grouping):
                shown = responses.shown(figure)
                if _fewest_told_apart([*asked, shown]) < policy.minimum_group_size:
                    continue
                asked.append(shown)
            found.add(figure.id)
    return found


def table(responses: Responses, one: Counted, policy: Policy, *, is_seen: bool) -> SafeTable:
    row, unanswered = tables.hidden(), None
    if is_seen:
        n = int(one.valid.sum())
        if one.points is not None:
            with_spread = n >= SPREAD_GROUP_SIZES * policy.minimum_group_size
            row = tables.Row(n=n, score=tables.score(mean_interval(one.points), with_spread=with_spread))
        else:
            cells = tuple(tables.cell(c.code, int(c.members.sum()), n) for c in one.categories)
            row = tables.Row(n=n, cells=cells)
        unanswered = _unanswered(responses, one.figure)
    return SafeTable(figure=one.figure.id, kind=counts.kind(one), rows=(row,), unanswered=unanswered)


def _fewest_told_apart(asked: Sequence[NDArray[np.bool_]]) -> int:
    """The size of the smallest group that items for some groups only tell apart: each says how many were asked."""
    return int(np.unique(np.array(asked), axis=1, return_counts=True)[1].min())


def _tells_of_members(one: Counted) -> bool:
    sensitive = np.array([[c.members.sum()] for c in one.categories if c.is_sensitive], dtype=np.float64)
    return bool(tells_of_members(np.array([float(one.valid.sum())]), sensitive.reshape(-1, 1)).any())


def _group_sizes(one: Counted) -> list[int]:
    """The counts of an item that offers the units are the sizes of groups: bases, to which the minimum applies."""
    if not isinstance(one.figure, Item) or one.figure.options_from is None:
        return []
    return [*(int(c.members.sum()) for c in one.categories), int((~one.valid).sum())]


def _unanswered(responses: Responses, figure: Figure) -> Unanswered | None:
    if not isinstance(figure, Item):
        return None
    shown = responses.shown(figure)
    return Unanswered(
        missing={o.code: int(responses.chose(figure, o.code).sum()) for o in figure.options if o.missing},
        skipped=int((shown & ~responses.answered(figure)).sum()),
        not_asked=int((~shown).sum()),
    )
