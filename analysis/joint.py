"""What of the whole round needs answers together, and so is no function of counts: planned by name, or not at all.

Reliability, associations and weighted means rest on at least five times the minimum group size. They are rounded more
coarsely than counts, since each of them is an equation about those who answered, and one that would tell one answer
from another, such as a perfect correlation, is hidden.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import chain
from math import prod

import numpy as np
from numpy.typing import NDArray

from analysis import counts, scales, tables
from analysis.associations import (
    rank_correlation,
    rank_correlation_bounds,
    standardized_difference,
    standardized_difference_bounds,
)
from analysis.designs import calibrated_mean, survey_mean
from analysis.errors import NoStatistic, TooFewValues
from analysis.grouping import Grouping, grouping
from analysis.plan import Association, Plan, PlannedStatistic, Policy, Reliability, UnprotectedPlan, WeightedMean
from analysis.reliability import SMALLEST_ITEMS_OF_A_FACTOR, alpha_interval, cronbach_alpha, mcdonald_omega
from analysis.responses import Responses
from analysis.tables import SafeStatistic, SafeTable
from analysis.weighting import kish_design_effect, rake, trim_weights
from analysis.whole_round import SPREAD_GROUP_SIZES
from questionnaires.model import Item, Questionnaire, Scale

LARGEST_WEIGHT = 5.0  # of the mean weight; what lies above is cut off and shared out
COEFFICIENTS = {"alpha", "omega", "rank-correlation"}  # of which 1 lets one answer tell another
CONFIDENCE = 0.95
FEWEST_FREE_COUNTS = 2  # crossed counts that several margins leave open, so that no figure settles them

Values = NDArray[np.float64]
Mask = NDArray[np.bool_]


def check(questionnaire: Questionnaire, plan: Plan) -> None:
    """Raises UnprotectedPlan for a statistic that the questionnaire does not carry, or the cuts do not cover."""
    for planned in plan.statistics:
        if not is_carried(questionnaire, planned):
            raise UnprotectedPlan(f"no statistic of the whole round can be made of {', '.join(named(planned))}")
        if isinstance(planned, WeightedMean) and not planned.population.keys() <= _cut_by(plan, planned.figure):
            raise UnprotectedPlan(f"{planned.figure} is weighted by what it is not cut by")


def named(planned: PlannedStatistic) -> tuple[str, ...]:
    """The ids of the figures that go in."""
    return planned.figures if isinstance(planned, Association) else (planned.figure,)


def is_carried(questionnaire: Questionnaire, planned: PlannedStatistic) -> bool:
    """Whether the questionnaire has what goes in, of the right kind."""
    first, *others = (_figure(questionnaire, name) for name in named(planned))
    if isinstance(planned, Reliability):
        return isinstance(first, Scale) and first.kind == "score" and len(first.items) > 1
    if isinstance(planned, WeightedMean):
        return (
            isinstance(first, Scale)
            and bool(planned.population)
            and all(_groups(questionnaire, name) == set(sizes) for name, sizes in planned.population.items())
        )
    if first is None or first in others or not all(_is_ordered(one) for one in others):
        return False
    if planned.options:
        codes = {option.code for option in first.options if not option.missing} if isinstance(first, Item) else set()
        return set(planned.options) < codes and isinstance(first, Item) and first.kind == "single"
    return _is_ordered(first) or _is_prevalence(first)


def statistics(
    responses: Responses,
    plan: Plan,
    policy: Policy,
    seen: Collection[str],
    released: Sequence[SafeTable],
    *,
    first_minimum: int,
) -> Iterator[SafeStatistic]:
    """What was planned, each shown or hidden.

    Args:
        responses: of the whole round.
        plan: checked.
        policy: the minimum group size in force.
        seen: ids of the figures of the whole round that show; a statistic of any other one does not.
        released: the tables that go out; weights rest on groups that show in them.
        first_minimum: the minimum group size of the round's first release, by which numbers of people are rounded. By
            another one in each release they would be told more and more closely.

    Yields: in the order of the plan, of a scale alpha before omega.

    """
    joint = _Joint(responses, plan, policy, released, first_minimum)
    for planned in plan.statistics:
        found: list[SafeStatistic] = []
        if set(named(planned)) <= set(seen):
            try:
                found = list(joint.found(planned))
            except NoStatistic:  # nothing can be said of these answers, and why is nothing to be said either
                found = []
        shown = {one.kind: one for one in found if not is_perfect(one)}
        for kind in joint.kinds(planned):
            yield shown.get(kind) or SafeStatistic(
                kind=kind,
                figures=named(planned),
                options=planned.options if isinstance(planned, Association) else (),
                margins=tuple(planned.population) if isinstance(planned, WeightedMean) else (),
            )


def is_perfect(one: SafeStatistic) -> bool:
    """Whether it tells one answer from another."""
    return one.kind in COEFFICIENTS and one.estimate is not None and abs(one.estimate) >= 1


class _Joint:
    """One round's answers, as statistics take them."""

    def __init__(
        self, responses: Responses, plan: Plan, policy: Policy, released: Sequence[SafeTable], first_minimum: int
    ) -> None:
        self._responses, self._plan, self._policy = responses, plan, policy
        self._first_minimum = first_minimum
        self._released = {(table.figure, table.dimensions): table for table in released}

    def kinds(self, planned: PlannedStatistic) -> tuple[str, ...]:
        if isinstance(planned, WeightedMean):
            return ("weighted-mean",)
        if isinstance(planned, Association):
            return ("standardized-difference" if self._compares(planned) else "rank-correlation",)
        return ("alpha", "omega") if len(self._items(planned.figure)) >= SMALLEST_ITEMS_OF_A_FACTOR else ("alpha",)

    def found(self, planned: PlannedStatistic) -> Iterator[SafeStatistic]:
        """Raises: NoStatistic."""
        match planned:
            case Reliability():
                yield from self._reliability(planned)
            case Association():
                yield self._association(planned)
            case WeightedMean():
                yield self._weighted_mean(planned)

    def _reliability(self, planned: Reliability) -> Iterator[SafeStatistic]:
        items = np.column_stack([scales.points(self._responses, item) for item in self._items(planned.figure)])
        answered = (~np.isnan(items)).astype(np.int64)
        both = int((answered.T @ answered).min())  # who answered the two items that fewest answered both
        self._check_enough(both)
        n = self._rounded_down(both)
        alpha = cronbach_alpha(items)
        yield tables.coefficient(
            "alpha", (planned.figure,), n, alpha, alpha_interval(alpha, n, items.shape[1], confidence=CONFIDENCE)
        )
        if items.shape[1] >= SMALLEST_ITEMS_OF_A_FACTOR:
            yield tables.coefficient("omega", (planned.figure,), n, mcdonald_omega(items))

    def _association(self, planned: Association) -> SafeStatistic:
        first, second = (_figure(self._responses.questionnaire, name) for name in planned.figures)
        values = self._points(second)
        if not self._compares(planned):
            found = rank_correlation(self._points(first), values)
            self._check_enough(found.n)
            n = self._rounded_down(found.n)
            interval = rank_correlation_bounds(found.rho, n, CONFIDENCE) if abs(found.rho) < 1 else None
            return tables.coefficient("rank-correlation", planned.figures, n, found.rho, interval)
        member = self._membership(first, planned.options)
        apart = standardized_difference(values, member)
        self._check_enough(apart.n1 + apart.n2)
        if min(apart.n1, apart.n2) < self._policy.minimum_group_size:
            raise TooFewValues("a group", found=min(apart.n1, apart.n2), needed=self._policy.minimum_group_size)
        n1, n2 = self._rounded_down(apart.n1), self._rounded_down(apart.n2)
        interval = standardized_difference_bounds(apart.d, n1, n2, CONFIDENCE)
        return tables.coefficient(
            "standardized-difference", planned.figures, n1 + n2, apart.d, interval, options=planned.options
        )

    def _check_enough(self, n: int) -> None:
        """Raises: TooFewValues."""
        needed = SPREAD_GROUP_SIZES * self._policy.minimum_group_size
        if n < needed:
            raise TooFewValues("a statistic of the whole round", found=n, needed=needed, of="people")

    def _rounded_down(self, n: int) -> int:
        """To whole minimum group sizes.

        Beside the number of answers to each of two questions, how many answered both would tell how many answered one
        of them alone: a group that may be small.
        """
        return n - n % self._first_minimum

    def _weighted_mean(self, planned: WeightedMean) -> SafeStatistic:
        figure = _figure(self._responses.questionnaire, planned.figure)
        values = self._membership(figure, ()) if _is_prevalence(figure) else self._points(figure)
        counted = ~np.isnan(values)
        self._check_enough(int(counted.sum()))
        margins = {
            name: margin
            for name, population in planned.population.items()
            if len((margin := self._margin(planned.figure, name, population, counted))[1]) > 1
        }
        if not margins or not self._is_open([place for place, _ in margins.values()]):
            raise TooFewValues("weights", found=len(margins), needed=1, of="margins whose groups show")
        groups = {name: place for name, (place, _) in margins.items()}
        population = {name: sizes for name, (_, sizes) in margins.items()}
        weights = rake(groups, population)
        largest = LARGEST_WEIGHT * float(weights.mean())
        if weights.max() > largest:
            trimmed = trim_weights(weights, largest=largest)
            mean, effect = survey_mean(values[counted], trimmed), kish_design_effect(trimmed)
        else:
            mean, effect = calibrated_mean(values[counted], groups, population), kish_design_effect(weights)
        return tables.weighted_mean(planned.figure, tuple(margins), mean, effect, is_share=_is_prevalence(figure))

    def _margin(
        self, figure: str, dimension: str, population: Mapping[str, int], counted: Mask
    ) -> tuple[NDArray[np.intp], dict[int, float]]:
        """The class of each of those counted, and what the classes weigh together.

        Classes are the smallest groups that show of the figure, and what is left of a group that shows without those
        of its parts that do: everyone can compute them. Whoever is in none keeps the weight they have.
        """
        item = self._responses.questionnaire.item(dimension)
        if item is None:
            raise LookupError(dimension)
        found = grouping(self._responses, item, self._plan.parents.get(dimension, {}))
        place = np.zeros(int(counted.sum()), dtype=np.intp)
        people: dict[int, int] = {}
        for leaves in _classes(found, self._shown(figure, found)):
            members = np.isin(found.labels[counted], [found.leaves.index(leaf) for leaf in leaves])
            if 0 < members.sum() < self._policy.minimum_group_size:
                raise TooFewValues(
                    "a class of weights", found=int(members.sum()), needed=self._policy.minimum_group_size
                )
            headcount = sum(population[leaf] for leaf in leaves)
            if members.any() and headcount > 0:
                people[len(people) + 1] = headcount
                place[members] = len(people)
        in_a_class = int((place > 0).sum())
        sizes = {number: in_a_class * headcount / sum(people.values()) for number, headcount in people.items()}
        if in_a_class < place.size:
            sizes[0] = float(place.size - in_a_class)
        return place, sizes

    def _shown(self, figure: str, found: Grouping) -> set[str]:
        """The codes of the groups that show whole."""
        table = self._released.get((figure, (found.item,)))
        return {
            found.stands_for(row.groups[0])
            for row in (table.rows if table is not None else ())
            if row.n is not None and all(cell.count is not None for cell in row.cells)
        }

    def _is_open(self, places: Sequence[NDArray[np.intp]]) -> bool:
        """Whether several margins leave open how they cross, or all that they cross to are groups that may be known."""
        if len(places) == 1:
            return True
        sizes = [np.unique(place).size for place in places]
        crossed = np.unique(np.column_stack(places), axis=0, return_counts=True)[1]
        free = prod(sizes) - 1 - sum(size - 1 for size in sizes)
        return free >= FEWEST_FREE_COUNTS or bool((crossed >= self._policy.minimum_group_size).all())

    def _compares(self, planned: Association) -> bool:
        """Whether the first figure makes two groups."""
        return bool(planned.options) or _is_prevalence(_figure(self._responses.questionnaire, planned.figures[0]))

    def _items(self, scale_id: str) -> list[Item]:
        return [
            item
            for scale in self._responses.questionnaire.scales
            for item in self._responses.questionnaire.items
            if scale.id == scale_id and item.id in scale.items
        ]

    def _points(self, figure: Item | Scale | None) -> Values:
        """Shape (respondents,), NaN = no valid answer."""
        if isinstance(figure, Scale):
            return scales.scores_of(self._responses, figure)
        if figure is None:
            raise LookupError("a figure that the questionnaire does not have")
        return scales.points(self._responses, figure)

    def _membership(self, figure: Item | Scale | None, options: Sequence[str]) -> Values:
        """1 = affected, or chose one of the options; 0 = not; NaN = no valid answer."""
        if figure is None:
            raise LookupError("a figure that the questionnaire does not have")
        one = counts.count(self._responses, figure)
        chosen = options or ("any",)
        member = np.any([category.members for category in one.categories if category.code in chosen], axis=0)
        return np.where(one.valid, member.astype(np.float64), np.nan)


def _classes(found: Grouping, shown: Collection[str]) -> Iterator[frozenset[str]]:
    """Sets of options that share nobody: of each group that shows the smallest parts that do, and what they leave."""

    def within(code: str) -> Iterator[frozenset[str]]:
        parts = [part for part in found.below.get(code, ()) if part in shown]
        yield from chain.from_iterable(map(within, parts))
        if left := found.leaves_of(code).difference(*map(found.leaves_of, parts)):
            yield left

    return chain.from_iterable(within(code) for code in found.top if code in shown)


def _groups(questionnaire: Questionnaire, name: str) -> set[str] | None:
    """The options of a single choice that are answers."""
    item = questionnaire.item(name)
    if item is None or item.kind != "single":
        return None
    return {option.code for option in item.options if not option.missing}


def _cut_by(plan: Plan, figure: str) -> set[str]:
    return {name for cut in plan.cuts if figure in cut.figures or not cut.figures for name in cut.dimensions}


def _figure(questionnaire: Questionnaire, name: str) -> Item | Scale | None:
    return next((scale for scale in questionnaire.scales if scale.id == name), None) or questionnaire.item(name)


def _is_prevalence(figure: Item | Scale | None) -> bool:
    return isinstance(figure, Scale) and figure.kind == "prevalence"


def _is_ordered(figure: Item | Scale | None) -> bool:
    """Whether its values can be ranked: scores, and answers that carry points."""
    if isinstance(figure, Scale):
        return figure.kind == "score"
    if figure is None or figure.kind != "single":
        return False
    values = [option.value for option in figure.options if not option.missing]
    return len(set(values)) > 1 and None not in values
