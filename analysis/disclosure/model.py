"""The linear system of a release: every count that its tables print, that sums reveal, or that links them.

Four layers of cells lie over the groups of each cut: respondents; the base of each figure, which are those with a valid
answer; its categories; and those without a valid answer, whom no table prints. Groups add up in every layer alike;
categories add up to their base; base and rest add up to the respondents. What one figure says about another (affected
in any way, at least as many as were threatened) is a relation with a slack that nobody prints.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from scipy.sparse import csr_array

from analysis.counts import Counted
from analysis.cutting import Cutting, Dimensions
from analysis.disclosure import primary
from analysis.disclosure.cells import Cells, Place
from analysis.disclosure.linked_tables import LinkedTables, Mask, Numbers, Status
from analysis.disclosure.links import let_through, links_of, nobody_is_asked, within_multiple_choice
from analysis.disclosure.primary import Standing
from analysis.grouping import NOT_ASKED, UNSTATED, Partition, sums
from analysis.plan import Groups, Plan, Policy
from questionnaires.model import Questionnaire

RESPONDENTS = "all-respondents"  # the figure whose base is everyone who said which group they are in
KNOWN_PATTERN_DISCOUNT = 0.5  # of the cost of what was hidden in the round before: patterns stay as they are
LEAST_COST = 0.5  # respondents; an empty category is still worth printing

_REST = "rest"  # those without a valid answer
_SLACK = "slack"


Remainders = Mapping[tuple[str, Dimensions], Collection[frozenset[Groups]]]
Asked = Mapping[str, int]
"""By item whose table of the whole round shows, how many were asked: it says how many were not."""


class Model(Struct, frozen=True, kw_only=True, eq=False):
    """places: the index of each printable or derivable cell. is_above_headcount: a group is larger than is known."""

    tables: LinkedTables
    places: dict[Place, int]
    is_above_headcount: bool


class ModelBuilder:
    """Lays the layers over the groups.

    barred: by figure and dimensions, the groups that other rules forbid, shape (cells of the partition,).
    remainders: by figure and dimensions, sets of hidden groups whose sum can be computed: a group like any other.
    together: sets of bases whose sum must be able to hold a whole group, which none of them can where everybody knows
        each to be small.
    hidden: places that stay hidden whatever protects them. known_hidden: places that were hidden in the round before.
    asked: what the whole round says of who was asked.
    """

    def __init__(
        self,
        questionnaire: Questionnaire,
        cutting: Cutting,
        plan: Plan,
        policy: Policy,
        *,
        barred: Mapping[tuple[str, Dimensions], Mask] = MappingProxyType({}),
        remainders: Remainders = MappingProxyType({}),
        together: Collection[frozenset[Place]] = (),
        hidden: Collection[Place] = (),
        known_hidden: Collection[Place] = (),
        asked: Asked = MappingProxyType({}),
    ) -> None:
        self._questionnaire = questionnaire
        self._cutting = cutting
        self._plan = plan
        self._policy = policy
        self._barred = barred
        self._remainders = remainders
        self._together = together
        self._hidden = hidden
        self._known_hidden = known_hidden
        self._asked = asked
        self._dimensions = {name for dimensions in cutting.partitions for name in dimensions}
        self._cells = Cells()
        self._insiders: list[tuple[int, ...]] = []
        # By respondent, for each group that has nobody else: the cells they know.
        self._alone: dict[int, dict[tuple[Dimensions, int], list[int]]] = {}
        self._is_above_headcount = False

    def build(self, respondents: int, counted: Mapping[str, Counted]) -> Model:
        """respondents: how many answered at all. counted: the figures that are cut, by id."""
        everyone = np.ones(respondents, dtype=np.bool_)
        self._lay(RESPONDENTS, everyone, ())
        for figure, one in counted.items():
            categories = [(c.code, c.is_sensitive, c.members) for c in one.categories]
            self._lay(figure, one.valid, categories)
            self._add_up(figure, one)
        self._link(counted)
        self._know_who_was_asked(counted)
        for bases in sorted(map(sorted, self._together)):
            self._add_together(bases)
        hidden = {self._cells.places[place]: Status.UNPRINTED for place in self._hidden if place in self._cells.places}
        statuses = np.concatenate(self._cells.statuses)
        settled = {index: status for index, status in hidden.items() if statuses[index] == Status.OPTIONAL}
        own = [tuple(cell for cells in groups.values() for cell in cells) for groups in self._alone.values()]
        return Model(
            tables=self._cells.tables([*own, *self._insiders], settled),
            places=self._cells.places,
            is_above_headcount=self._is_above_headcount,
        )

    def _lay(self, figure: str, valid: Mask, categories: Sequence[tuple[str, bool, Mask]]) -> None:
        """The cells of one figure in every partition, and how groups add up."""
        whole = np.array([valid.sum(), *(members.sum() for _, _, members in categories)], dtype=np.float64)
        required = np.full(whole.shape, Status.REQUIRED, dtype=np.int8)
        nothing = np.zeros(whole.shape)
        first = self._cells.add(
            whole, Standing(statuses=required, upper_protection=nothing, sliding_protection=nothing), whole
        )
        layers = ["", *(code for code, _, _ in categories)]
        for offset, category in enumerate(layers):
            self._cells.places[Place(figure=figure, category=category)] = first + offset
        for partition in self._cutting.partitions_of(figure):
            self._lay_partition(figure, partition, valid, categories)
        for partition in self._cutting.partitions_of(figure):
            for one in sums(partition):
                for category in layers:
                    columns = [self._at(figure, *group, category) for group in (one.whole, *one.parts)]
                    self._cells.relate(columns, [-1.0, *[1.0] * len(one.parts)])
        self._nest(figure, layers)

    def _lay_partition(
        self, figure: str, partition: Partition, valid: Mask, categories: Sequence[tuple[str, bool, Mask]]
    ) -> None:
        printed = set(partition.printed.values())
        printable = np.array([cell in printed for cell in partition.cells])
        base = partition.count(valid)
        upper, above = self._known_sizes(partition, base)
        upper = np.where(nobody_is_asked(self._questionnaire, figure, partition, self._dimensions), 0.0, upper)
        barred = self._barred.get((figure, partition.dimensions), np.zeros(base.shape, dtype=np.bool_)) | above
        bases = primary.judge_bases(base, printable, barred, self._policy)
        # Nobody can think of a group that more of it chose an option than of the whole round.
        firsts = [self._add(figure, partition, "", base, bases, np.minimum(upper, valid.sum()))]
        if categories:
            counts = np.array([partition.count(members) for _, _, members in categories])
            sensitive = np.array([is_sensitive for _, is_sensitive, _ in categories])
            judged = primary.judge_categories(base, counts, sensitive, bases, printable, self._policy)
            for number, (code, _, _) in enumerate(categories):
                standing = Standing(
                    statuses=judged.statuses[number],
                    upper_protection=judged.upper_protection[number],
                    sliding_protection=judged.sliding_protection[number],
                )
                known = np.minimum(upper, categories[number][2].sum())
                firsts.append(self._add(figure, partition, code, counts[number], standing, known))
            self._know_single_answers(base, counts, sensitive, firsts)
            for groups in self._remainders.get((figure, partition.dimensions), ()):
                whole = np.array([float(members.sum()) for _, _, members in categories])
                self._add_remainder(partition, groups, base, counts, sensitive, whole, firsts[1:])
        self._know_own_group(figure, partition, valid, firsts)

    def _known_sizes(self, partition: Partition, base: Numbers) -> tuple[Numbers, Mask]:
        """What everybody knows of the groups' sizes, and which groups are larger: there the bound is dropped."""
        known = self._plan.headcounts.get(partition.dimensions, {})
        listed = {partition.printed[groups]: size for groups, size in known.items() if groups in partition.printed}
        upper = np.array([float(listed.get(cell, np.inf)) for cell in partition.cells])
        above = base > upper
        self._is_above_headcount |= bool(above.any())
        return np.where(above, np.inf, upper), above

    def _add(
        self, figure: str, partition: Partition, category: str, counts: Numbers, standing: Standing, upper: Numbers
    ) -> int:
        places = [
            Place(figure=figure, dimensions=partition.dimensions, groups=cell, category=category)
            for cell in partition.cells
        ]
        known = np.array([place in self._known_hidden for place in places])
        costs = np.maximum(counts, LEAST_COST) * np.where(known, KNOWN_PATTERN_DISCOUNT, 1.0)
        if figure == RESPONDENTS:
            # What is hidden here is hidden for every figure.
            costs *= 2 * len(self._cutting.figures[partition.dimensions])
        elif not category:
            costs *= 2  # with its categories
        # Nothing can look larger than everybody knows it to be at most.
        standing = Standing(
            statuses=standing.statuses,
            upper_protection=np.minimum(standing.upper_protection, upper - counts),
            sliding_protection=np.minimum(standing.sliding_protection, upper),
        )
        first = self._cells.add(counts, standing, costs, upper)
        self._cells.places.update((place, first + offset) for offset, place in enumerate(places))
        return first

    def _add_remainder(
        self,
        partition: Partition,
        groups: frozenset[Groups],
        base: Numbers,
        counts: Numbers,
        sensitive: Mask,
        whole: Numbers,
        firsts: Sequence[int],
    ) -> None:
        """The sensitive counts of hidden groups together, which keep the rules of any group."""
        parts = np.array([number for number, cell in enumerate(partition.cells) if cell in groups])
        together = counts[:, parts].sum(axis=1)
        judged = primary.judge_remainder(float(base[parts].sum()), together, sensitive, self._policy)
        for number in np.flatnonzero(judged.statuses == Status.PRIMARY):
            one = Standing(
                statuses=judged.statuses[[number]],
                upper_protection=np.minimum(judged.upper_protection[[number]], whole[number] - together[number]),
                sliding_protection=np.minimum(judged.sliding_protection[[number]], whole[number]),
            )
            index = self._cells.add(together[[number]], one, np.zeros(1))
            self._cells.relate([index, *(firsts[int(number)] + parts)], [-1.0, *[1.0] * parts.size])

    def _add_together(self, bases: Sequence[Place]) -> None:
        """The sum of bases as a group of its own."""
        parts = [self._cells.places[place] for place in bases if place in self._cells.places]
        if len(parts) < len(bases):
            return  # of figures that are not laid here
        together = self._cells.values[parts].sum(keepdims=True)
        room = self._cells.upper_of(parts).sum(keepdims=True)
        judged = primary.judge_bases(together, np.ones(1, dtype=np.bool_), np.zeros(1, dtype=np.bool_), self._policy)
        one = Standing(
            statuses=judged.statuses,
            upper_protection=np.minimum(judged.upper_protection, room - together),
            sliding_protection=np.minimum(judged.sliding_protection, room),
        )
        index = self._cells.add(together, one, np.zeros(1))
        self._cells.relate([index, *parts], [-1.0, *[1.0] * len(parts)])

    def _know_own_group(self, figure: str, partition: Partition, members: Mask, firsts: Sequence[int]) -> None:
        """Who is the only respondent of groups knows all about them; who alone answered a figure, its counts."""
        base = partition.count(members)
        for group in np.flatnonzero(base == 1):
            known = [first + int(group) for first in firsts]  # also which options they did not choose
            (person,) = np.flatnonzero(members & partition.membership[group][partition.labels])
            if figure == RESPONDENTS:
                self._alone.setdefault(int(person), {})[partition.dimensions, int(group)] = known
            elif (partition.dimensions, int(group)) in self._alone.get(int(person), {}):
                self._alone[int(person)][partition.dimensions, int(group)].extend(known)
            else:
                self._insiders.append(tuple(known))

    def _know_single_answers(self, base: Numbers, counts: Numbers, sensitive: Mask, firsts: Sequence[int]) -> None:
        """Who is alone with a sensitive answer knows its count."""
        for category in np.flatnonzero(sensitive):
            for group in np.flatnonzero((counts[category] == 1) & (base > 1)):
                self._insiders.append((firsts[1 + int(category)] + int(group),))

    def _add_up(self, figure: str, one: Counted) -> None:
        """Categories to their base, and base and rest to the respondents, in the finest groups."""
        codes = [category.code for category in one.categories]
        for partition in self._cutting.partitions_of(figure):
            if one.is_partition and codes:
                for cell in partition.cells:
                    place = (figure, partition.dimensions, cell)
                    self._cells.relate(
                        [self._at(*place, category) for category in ("", *codes)], [-1.0, *[1.0] * len(codes)]
                    )
        for partition in self._cutting.finest_of(figure):
            atoms = [(partition.dimensions, atom) for atom in partition.atoms]
            self._bound(([(RESPONDENTS, *atom, "")] for atom in atoms), ([(figure, *atom, "")] for atom in atoms))
            if not one.is_partition:
                for smaller, larger in within_multiple_choice(one):
                    self._bound(
                        ([(figure, *atom, code) for code in larger] for atom in atoms),
                        ([(figure, *atom, code) for code in smaller] for atom in atoms),
                    )

    def _nest(self, figure: str, layers: Sequence[str]) -> None:
        """Whoever was asked for a dimension may be a group of another one: then its own groups add up to that."""
        singles = {one.dimensions[0]: one for one in self._cutting.partitions_of(figure) if len(one.dimensions) == 1}
        for dimension, partition in singles.items():
            for other, codes in self._asked_of(dimension):
                if other not in singles:
                    continue
                (inner,) = partition.groupings
                for category in layers:
                    parts = [self._at(figure, (dimension,), (code,), category) for code in (*inner.top, UNSTATED)]
                    wholes = [self._at(figure, (other,), (code,), category) for code in codes]
                    self._cells.relate([*wholes, *parts], [*[-1.0] * len(wholes), *[1.0] * len(parts)])

    def _asked_of(self, dimension: str) -> Iterator[tuple[str, tuple[str, ...]]]:
        item = self._questionnaire.item(dimension)
        for condition in self._questionnaire.conditions:
            if item is not None and item.show_if == (condition.id,) and len(condition.items) == 1:
                yield condition.items[0], condition.options

    def _know_who_was_asked(self, counted: Mapping[str, Counted]) -> None:
        """Whoever was asked an item is in a group that its condition lets through: its tables tell of that group."""
        for figure, asked in self._asked.items():
            item = self._questionnaire.item(figure)
            for dimension, through in let_through(self._questionnaire, figure, self._dimensions):
                groups = [self._at(RESPONDENTS, (dimension,), (code,), "") for code in sorted(through)]
                left = self._cells.values[groups].sum(keepdims=True) - asked
                known = self._cells.add_required(float(asked))
                is_all = item is not None and len(item.show_if) == 1 and UNSTATED not in through
                slack = [] if is_all else [self._cells.add_unprinted(left)]
                self._cells.relate([*groups, known, *slack], [*[1.0] * len(groups), -1.0, *[-1.0] * len(slack)])
        for (dimension, *others), partition in self._cutting.partitions.items():
            item = self._questionnaire.item(dimension)
            if (
                not others
                and item is not None
                and item.show_if
                and not list(let_through(self._questionnaire, dimension, self._dimensions))
            ):
                kept_away = self._at(RESPONDENTS, partition.dimensions, (NOT_ASKED,), "")
                known = self._cells.add_required(float(self._cells.values[kept_away]))
                self._cells.relate([kept_away, known], [1.0, -1.0])
        for figure in counted:
            for dimension, through in let_through(self._questionnaire, figure, self._dimensions):
                for single in self._cutting.partitions_of(figure):
                    self._bound_by_those_asked(figure, single, dimension, through)

    def _bound_by_those_asked(self, figure: str, single: Partition, dimension: str, through: frozenset[str]) -> None:
        """By one dimension, where that is crossed with the one that decides who is asked."""
        for crossed in self._cutting.partitions.values():
            if sorted(crossed.dimensions) == sorted((*single.dimensions, dimension)):
                axis = crossed.dimensions.index(dimension)
                pairs = [
                    (atom, [cell for cell in crossed.atoms if cell[1 - axis] == atom[0] and cell[axis] in through])
                    for atom in single.atoms
                ]
                self._bound(
                    ([(RESPONDENTS, crossed.dimensions, cell, "") for cell in cells] for _, cells in pairs),
                    ([(figure, single.dimensions, atom, "")] for atom, _ in pairs),
                )

    def _link(self, counted: Mapping[str, Counted]) -> None:
        """What figures of the same people say about each other."""
        for figure, one in counted.items():
            for smaller, larger in links_of(self._questionnaire, one, counted):
                for partition in self._cutting.finest_of(figure):
                    named = {name for name, _ in (*smaller, *larger)}
                    if not all(partition in self._cutting.partitions_of(name) for name in named):
                        continue
                    atoms = [(partition.dimensions, atom) for atom in partition.atoms]
                    self._bound(
                        ([(name, *atom, code) for name, code in larger] for atom in atoms),
                        ([(name, *atom, code) for name, code in smaller] for atom in atoms),
                    )

    def _bound(
        self,
        larger: Iterable[list[tuple[str, Dimensions, Groups, str]]],
        smaller: Iterable[list[tuple[str, Dimensions, Groups, str]]],
    ) -> None:
        """The one sum is at least the other, group by group: the rest is a slack of its own."""
        pairs = [
            ([self._at(*place) for place in more], [self._at(*place) for place in fewer])
            for more, fewer in zip(larger, smaller, strict=True)
        ]
        values = self._cells.values
        slack = np.array([values[more].sum() - values[fewer].sum() for more, fewer in pairs])
        first = self._cells.add_unprinted(slack)
        for offset, (more, fewer) in enumerate(pairs):
            self._cells.relate([*more, *fewer, first + offset], [*[-1.0] * len(more), *[1.0] * len(fewer), 1.0])

    def _at(self, figure: str, dimensions: Dimensions, groups: Groups, category: str) -> int:
        return self._cells.places[Place(figure=figure, dimensions=dimensions, groups=groups, category=category)]


def bases_of(model: Model) -> tuple[LinkedTables, NDArray[np.int64]]:
    """The bases alone, with the relations that name nothing else; and their indices in the whole model."""
    tables = model.tables
    cells = np.array(sorted(index for place, index in model.places.items() if not place.category), dtype=np.int64)
    is_base = np.zeros(tables.size, dtype=np.bool_)
    is_base[cells] = True
    others = np.asarray(abs(tables.relations) @ ~is_base)
    relations = tables.relations[np.flatnonzero(others == 0)][:, cells]
    position = {int(cell): number for number, cell in enumerate(cells)}
    known = (tuple(position[cell] for cell in insider if cell in position) for insider in tables.insiders)
    return LinkedTables(
        values=tables.values[cells],
        costs=tables.costs[cells],
        statuses=tables.statuses[cells],
        lower=tables.lower[cells],
        upper=tables.upper[cells],
        lower_protection=tables.lower_protection[cells],
        upper_protection=tables.upper_protection[cells],
        sliding_protection=tables.sliding_protection[cells],
        relations=csr_array(relations),
        totals=tables.totals[: relations.shape[0]],
        insiders=tuple(insider for insider in known if insider),
    ), cells
