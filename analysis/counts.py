"""Figures before any rule has looked at them: who has a valid answer, and who is counted in which category."""

from collections.abc import Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from analysis import scales
from analysis.plan import UnprotectedPlan
from analysis.responses import Responses
from questionnaires.model import Item, Questionnaire, Scale

Figure = Item | Scale
Mask = NDArray[np.bool_]


class Category(Struct, frozen=True, kw_only=True, eq=False):
    """code: of the option, or "any" and "none". is_sensitive: tells of its members. members: shape (respondents,)."""

    code: str
    is_sensitive: bool
    members: Mask


class Counted(Struct, frozen=True, kw_only=True, eq=False):
    """A figure of all respondents.

    valid: who counts in the base, shape (respondents,). categories: of a score the values of sensitive items, of which
        no table shows the counts; of other scores none. is_partition: each person is in one category.
    points: scores, shape (respondents,), NaN outside `valid`; None where the figure is no score.
    is_collapsed: an item whose options count as "any" and "none" only.
    """

    figure: Figure
    valid: Mask
    categories: tuple[Category, ...]
    is_partition: bool
    points: NDArray[np.float64] | None = None
    is_collapsed: bool = False

    @property
    def is_sensitive(self) -> bool:
        return any(category.is_sensitive for category in self.categories)


def figures(questionnaire: Questionnaire, wanted: Sequence[str] = ()) -> list[Figure]:
    """The items and scales that can be counted, all or the wanted ones. Raises: UnprotectedPlan for an unknown one."""
    found: list[Figure] = [
        *(item for item in questionnaire.items if item.kind in ("single", "multiple")),
        *questionnaire.scales,
    ]
    if unknown := set(wanted) - {figure.id for figure in found}:
        raise UnprotectedPlan(f"no such item or scale: {', '.join(sorted(unknown))}")
    return [figure for figure in found if not wanted or figure.id in wanted]


def count(responses: Responses, figure: Figure) -> Counted:
    if isinstance(figure, Item):
        valid = responses.valid(figure)
        return Counted(
            figure=figure,
            valid=valid,
            categories=tuple(
                Category(
                    code=option.code,
                    is_sensitive=figure.sensitive and not option.harmless,
                    members=responses.chose(figure, option.code) & valid,
                )
                for option in figure.options
                if not option.missing
            ),
            is_partition=figure.kind == "single",
        )
    is_sensitive = any(item.sensitive for item in responses.questionnaire.items if item.id in figure.items)
    if figure.kind == "prevalence":
        valid, affected = scales.affected(responses, figure)
        return Counted(
            figure=figure,
            valid=valid,
            categories=(
                Category(code="any", is_sensitive=is_sensitive, members=affected),
                Category(code="none", is_sensitive=False, members=valid & ~affected),
            ),
            is_partition=True,
        )
    points = scales.scores_of(responses, figure)
    valid = ~np.isnan(points)
    values = np.unique(points[valid]) if is_sensitive else ()
    return Counted(
        figure=figure,
        valid=valid,
        categories=tuple(Category(code=str(value), is_sensitive=True, members=points == value) for value in values),
        is_partition=True,
        points=points,
    )


def collapsed(one: Counted) -> Counted:
    """A sensitive single choice with harmless options, as it is cut: chosen anything else, or not.

    How often somebody was insulted is for the whole round: single answers of small groups would have to be hidden, and
    most of the others with them.
    """
    figure = one.figure
    if not isinstance(figure, Item) or not one.is_partition or not one.is_sensitive:
        return one
    affected = np.any([category.members for category in one.categories if category.is_sensitive], axis=0)
    if all(category.is_sensitive for category in one.categories):
        return one
    categories = (
        Category(code="any", is_sensitive=True, members=affected),
        Category(code="none", is_sensitive=False, members=one.valid & ~affected),
    )
    return Counted(figure=figure, valid=one.valid, categories=categories, is_partition=True, is_collapsed=True)


def kind(one: Counted) -> str:
    """The kind of the figure's tables."""
    if isinstance(one.figure, Item):
        return "prevalence" if one.is_collapsed else "options"
    return one.figure.kind


def asked_in(figure: Figure) -> set[str]:
    """The ids of the items whose answers `figure` counts."""
    return {figure.id} if isinstance(figure, Item) else set(figure.items)


def opening(questionnaire: Questionnaire, figure: Figure) -> set[str]:
    """The ids of the items whose answers decide who was asked."""
    return {
        item
        for condition in questionnaire.conditions
        if isinstance(figure, Item) and condition.id in figure.show_if
        for item in condition.items
    }
