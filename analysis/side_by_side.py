"""What tables that passed on their own tell side by side: which of a cut have to go, whole, for the others to stay.

A table goes whole, because what it would tell of one group can be computed for the sum of any of its groups.
"""

from collections.abc import Iterator, Mapping
from itertools import combinations

import numpy as np
from msgspec import Struct

from analysis import scales
from analysis.counts import Counted, asked_in
from analysis.cutting import Cutting, Dimensions
from analysis.disclosure.linked_tables import Mask, Numbers
from analysis.grouping import Partition, remainders
from analysis.plan import Policy
from analysis.responses import Responses
from analysis.subtraction import Derivation
from questionnaires.model import Scale

Tabulated = tuple[str, Dimensions]
"""A figure and the dimensions it is cut by."""


class SideBySide(Struct, frozen=True, kw_only=True, eq=False):
    """visible: by figure and dimensions, whether each cell of the partition shows its base."""

    responses: Responses
    cutting: Cutting
    counted: Mapping[str, Counted]
    policy: Policy
    visible: Mapping[Tabulated, Mask]

    def untenable(self) -> set[Tabulated]:
        """The tables that must not show beside those planned before them, with the crossings they are margins of."""
        found = {*self._by_subtraction(), *self._by_margins()}
        return {
            (figure, dimensions)
            for dimensions, figures in self.cutting.figures.items()
            for figure in figures
            if any(figure == gone and set(margin) <= set(dimensions) for gone, margin in found)
        }

    def _by_subtraction(self) -> Iterator[Tabulated]:
        for dimensions, partition in self.cutting.partitions.items():
            figures = [id_ for id_ in self.cutting.figures[dimensions] if id_ in self.counted]
            derived = list(Derivation(self.responses, [self.counted[id_].figure for id_ in figures]).tables())
            shown: set[str] = set()
            for figure in figures:
                counting = _Groups(partition, self.visible[figure, dimensions])
                told = [table for table in derived if table.is_read_with(figure, shown)]
                if (
                    any(self._tells(counting, table.base, table.part, table.sensitive) for table in told)
                    or self._tells_of_incomplete_scores(counting, figure, shown)
                    or self._tells_of_other_scores(counting, figure, shown)
                ):
                    yield figure, dimensions
                else:
                    shown.add(figure)

    def _tells(self, counting: "_Groups", base: Mask, part: Mask, sensitive: bool) -> bool:  # noqa: FBT001 - a fact
        of, those = counting.count(base), counting.count(part)
        small = (of > 0) & (of < self.policy.minimum_group_size)
        if not sensitive:
            return bool(small.any())
        least = self.policy.minimum_sensitive_count
        few = ((those > 0) & (those < least)) | ((of - those > 0) & (of - those < least))
        return bool((small | ((of > 0) & ((those >= of - 1) | few))).any())

    def _tells_of_incomplete_scores(self, counting: "_Groups", figure: str, shown: set[str]) -> bool:
        """A score's sum and its items' sums tell what those said who answered only some of them."""
        for name in {figure} | shown:
            scale = self.counted[name].figure
            if isinstance(scale, Scale) and scale.kind == "score" and figure in {name, *scale.items}:
                if not asked_in(scale) & (shown | {figure}):
                    continue
                partial = counting.count(scales.partly_answered(self.responses, scale))
                if ((partial > 0) & (partial < self.policy.minimum_group_size)).any():
                    return True
        return False

    def _tells_of_other_scores(self, counting: "_Groups", figure: str, shown: set[str]) -> bool:
        """Two scores with an item in common tell by their sums what those said who have one of the two alone."""
        one = self.counted[figure]
        for other in (self.counted[name] for name in shown):
            if one.points is None or other.points is None or not asked_in(one.figure) & asked_in(other.figure):
                continue
            for alone in (one.valid & ~other.valid, other.valid & ~one.valid):
                people = counting.count(alone)
                if ((people > 0) & (people < self.policy.minimum_group_size)).any():
                    return True
        return False

    def _by_margins(self) -> Iterator[Tabulated]:
        """Of two dimensions that are not crossed, what their margins say of the crossing.

        Of an option chosen by c people, a of them in one group and b in another, at least max(0, a + b - c) and at most
        min(a, b) are in both.

        Source: Fréchet, M. (1951). Sur les tableaux de corrélation dont les marges sont données. Annales de l'Université de
        Lyon, section A, 14, 53-77.
        """
        singles = [dimensions for dimensions in self.cutting.figures if len(dimensions) == 1]
        crossed = {frozenset(dimensions) for dimensions in self.cutting.figures if len(dimensions) > 1}
        for first, second in combinations(singles, 2):
            for figure in self.cutting.figures[second]:
                if figure not in self.counted or figure not in self.cutting.figures[first]:
                    continue
                is_crossed = frozenset((*first, *second)) in crossed and any(
                    set(partition.dimensions) == {*first, *second} for partition in self.cutting.partitions_of(figure)
                )
                if not is_crossed and self._crossing_tells(figure, first, second):
                    yield figure, second

    def _crossing_tells(self, figure: str, first: Dimensions, second: Dimensions) -> bool:
        one = self.counted[figure]
        if not one.categories:
            return False
        a, b = (self._shown_counts(one, (figure, dimensions)) for dimensions in (first, second))
        members = [one.valid, *(category.members for category in one.categories)]
        whole = np.array([people.sum() for people in members], dtype=np.float64)[:, None, None]
        most = np.minimum(a[:, :, None], b[:, None, :])
        least = np.maximum(0.0, a[:, :, None] + b[:, None, :] - whole)
        if one.is_partition:
            size_most, size_least = most[1:].sum(axis=0), np.maximum(least[1:].sum(axis=0), least[0])
        else:
            others = np.minimum((a[:1] - a[1:])[:, :, None], (b[:1] - b[1:])[:, None, :])
            size_most, size_least = (most[1:] + others).min(axis=0), least[0]
        exactly_small = (size_most == size_least) & (size_most > 0) & (size_most < self.policy.minimum_group_size)
        sensitive = np.array([category.is_sensitive for category in one.categories])
        tells = sensitive[:, None, None] & (least[1:] > 0) & (least[1:] >= size_most - 1)
        return bool(exactly_small.any() or tells.any())

    def _shown_counts(self, one: Counted, tabulated: Tabulated) -> Numbers:
        """Base and categories of the groups that show, and of what is left: shape (1 + categories, groups)."""
        counting = _Groups(self.cutting.partitions[tabulated[1]], self.visible[tabulated])
        return np.array([counting.count(people) for people in (one.valid, *(c.members for c in one.categories))])


class _Groups:
    """The groups of a table that show, and the sums of those that do not, which subtraction reveals."""

    def __init__(self, partition: Partition, visible: Mask) -> None:
        self._partition = partition
        position = {cell: number for number, cell in enumerate(partition.cells)}
        left = []
        for groups in sorted(remainders(partition, visible), key=sorted):
            together = np.zeros(len(partition.cells))
            together[[position[group] for group in groups]] = 1.0
            left.append(together)
        self._sums = np.vstack([np.eye(len(partition.cells))[visible], *left])

    def count(self, members: Mask) -> Numbers:
        return np.asarray(self._sums @ self._partition.count(members))
