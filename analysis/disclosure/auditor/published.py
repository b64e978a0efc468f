"""An attacker who has nothing but published tables and public knowledge: no responses, and no model of who hid what.

The linear system is built anew from the tables, so that a mistake in the model of the suppression is not repeated here.
"""

from collections.abc import Iterator, Sequence
from itertools import chain

import numpy as np
from msgspec import Struct
from scipy.sparse import csr_array

from analysis.disclosure.auditor.attacker import Attacker
from analysis.disclosure.auditor.exact import exactly_determined, one_value_left
from analysis.disclosure.auditor.intervals import feasibility_intervals
from analysis.disclosure.auditor.propagation import narrowed
from analysis.disclosure.auditor.remainders import remainders_below
from analysis.plan import Groups, Plan
from analysis.tables import SafeTable
from questionnaires.model import Questionnaire

NARROWEST = 10  # intervals that a report lists
_BASE = ""
REST = "?"  # those who named no group
_RESPONDENTS = "respondents"  # the kind of the tables of group sizes


Dimensions = tuple[str, ...]


class Count(Struct, frozen=True, kw_only=True, order=True):
    """A count of the tables. category: empty for the base."""

    figure: str
    dimensions: Dimensions
    groups: Groups
    category: str = _BASE


class Known(Struct, frozen=True, kw_only=True):
    """What everybody knows without any table: what is asked, of whom, and what was planned.

    respondents: how many answered; None where only the tables say so.
    """

    questionnaire: Questionnaire
    plan: Plan
    minimum_sensitive_count: int = 3
    respondents: int | None = None


class Placed(Struct, frozen=True, kw_only=True):
    """Between which values everybody must place a hidden count."""

    count: Count
    lower: float
    upper: float


class PublishedAudit(Struct, frozen=True, kw_only=True):
    """What published tables give away.

    cells: counts printed or hidden. hidden: those that are hidden.
    exactly_disclosed: hidden counts that can be computed and must not be: bases of 1 to k - 1, sensitive counts below the
        minimum, and other counts of 1 to k - 1 in a group whose base is hidden. known: other hidden counts that can be
        computed, zeros among them.
    below_minimum: hidden bases that are known to be greater than 0 and below k.
    narrowest: the narrowest intervals of hidden bases, narrowest first.
    remainders: sums of bases between 1 and k - 1 that can be computed.
    unproven: how many intervals the solver gave up on.
    """

    cells: int
    hidden: int
    exactly_disclosed: tuple[Placed, ...]
    known: tuple[Placed, ...]
    below_minimum: tuple[Placed, ...]
    narrowest: tuple[Placed, ...]
    remainders: tuple[float, ...]
    unproven: int

    @property
    def passed(self) -> bool:
        return not (self.exactly_disclosed or self.below_minimum or self.remainders or self.unproven)


class Published(Struct, frozen=True, kw_only=True):
    """What is out: a `Release`, or anything with its tables and the minimum group size in force."""

    minimum_group_size: int
    tables: tuple[SafeTable, ...]


def audit(release: Published, known: Known, *, earlier: Sequence[Published] = ()) -> PublishedAudit:
    """Attacks what is published, all of it together.

    Args:
        release: the tables.
        known: public knowledge.
        earlier: what else was released of the same round, withdrawn or not; judged by the smallest minimum of all.

    Returns:
        What can be computed, and how closely the rest is bounded.

    Raises:
        ValueError: where two releases print different values for the same count.

    Source of the terms: Hundepool, A., et al. (2012). Statistical disclosure control. Wiley.

    """
    releases = (*earlier, release)
    minimum = min(one.minimum_group_size for one in releases)
    system = _System(known, releases)
    attacker = narrowed(system.attacker())
    intervals = feasibility_intervals(attacker)
    fixed = exactly_determined(attacker) | one_value_left(intervals)
    position = {int(cell): place for place, cell in enumerate(attacker.cells)}
    placed, computed = [], []
    for count, index in system.hidden():
        place = position[index]
        one = Placed(
            count=count,
            lower=float(intervals.lower[place]),
            upper=float(intervals.upper[place]),
        )
        placed.append(one)
        if fixed[place]:
            computed.append(one)
    harmful = [one for one in computed if system.must_not_be_known(one, minimum)]
    bases = [one for one in placed if one.count.category == _BASE]
    of_bases = narrowed(system.attacker(bases_only=True))
    remainders = remainders_below(of_bases, feasibility_intervals(of_bases), minimum)
    return PublishedAudit(
        cells=system.cells,
        hidden=len(placed),
        exactly_disclosed=tuple(harmful),
        known=tuple(one for one in computed if one not in harmful),
        below_minimum=tuple(
            one for one in bases if one.lower > 0 and one.upper < min(minimum, system.headcount(one.count))
        ),
        narrowest=tuple(sorted(bases, key=lambda one: (one.upper - one.lower, one.count))[:NARROWEST]),
        remainders=tuple(found.total for found in remainders.found),
        unproven=int(intervals.unproven.sum()) + len(remainders.unproven),
    )


class _System:
    """Counts, what is known of them, and how they add up."""

    def __init__(self, known: Known, releases: Sequence[Published]) -> None:
        self._known = known
        self._index: dict[Count, int] = {}
        self._values: dict[int, float] = {}
        self._upper: dict[int, float] = {}
        self._relations: list[tuple[list[int], list[float]]] = []
        self._slacks = 0
        self._tables = {(table.figure, table.dimensions): table for one in releases for table in one.tables}
        for one in releases:
            for table in one.tables:
                self._read(table)
        for table in self._tables.values():
            if table.dimensions:
                self._add_up(table)
            else:
                self._know_who_was_asked(table)
        self.cells = len(self._index) - self._slacks

    def hidden(self) -> Iterator[tuple[Count, int]]:
        """Counts that a table has a place for and none prints."""
        printable = {(figure, dimensions) for figure, dimensions in self._tables}
        for count, index in self._index.items():
            if index not in self._values and (count.figure, count.dimensions) in printable and REST not in count.groups:
                yield count, index

    def attacker(self, *, bases_only: bool = False) -> Attacker:
        bases = {index for count, index in self._index.items() if count.category == _BASE}
        size = len(self._index)
        relations = [one for one in self._relations if not bases_only or bases.issuperset(one[0])]
        unknown = np.array(
            [i for i in range(size) if i not in self._values and (not bases_only or i in bases)],
            dtype=np.int64,
        )
        values = np.zeros(size)
        values[list(self._values)] = list(self._values.values())
        rows = np.repeat(np.arange(len(relations)), [len(columns) for columns, _ in relations])
        columns = np.fromiter(chain.from_iterable(columns for columns, _ in relations), dtype=np.int64)
        terms = np.fromiter(chain.from_iterable(terms for _, terms in relations), dtype=np.float64)
        system: csr_array = csr_array((terms, (rows, columns)), shape=(len(relations), size))
        totals = -(system @ values)
        left = csr_array(system[:, unknown])
        left.eliminate_zeros()
        used = np.diff(left.indptr) > 0
        return Attacker(
            cells=unknown,
            relations=csr_array(left[used]),
            totals=totals[used],
            lower=np.zeros(unknown.size),
            upper=np.array([self._upper.get(int(index), np.inf) for index in unknown]),
            whole=True,
        )

    def must_not_be_known(self, one: Placed, minimum: int) -> bool:
        value, base = one.lower, self._values.get(self._index[_base_of(one.count)])
        if base is None:
            return 0 < value < minimum
        few = 0 < value < self._known.minimum_sensitive_count
        return self._is_sensitive(one.count) and (few or value >= base - 1)

    def headcount(self, count: Count) -> float:
        return self._known.plan.headcounts.get(count.dimensions, {}).get(count.groups, np.inf)

    def _is_sensitive(self, count: Count) -> bool:
        asked = {item.id: item for item in self._known.questionnaire.items}
        if count.figure in asked:
            item = asked[count.figure]
            option = item.option(count.category)
            return item.sensitive and (count.category == "any" if option is None else not option.harmless)
        scales = (scale for scale in self._known.questionnaire.scales if scale.id == count.figure)
        return count.category == "any" and any(asked[item].sensitive for scale in scales for item in scale.items)

    def _read(self, table: SafeTable) -> None:
        for row in table.rows:
            self._know(table.figure, table.dimensions, row.groups, _BASE, row.n)
            for cell in row.cells:
                self._know(table.figure, table.dimensions, row.groups, cell.option, cell.count)

    def _know(
        self,
        figure: str,
        dimensions: Dimensions,
        groups: Groups,
        category: str,
        value: float | None,
    ) -> None:
        index = self._at(figure, dimensions, groups, category)
        if value is not None and self._values.setdefault(index, float(value)) != value:
            raise ValueError(f"two releases print different values for {figure} of {', '.join(groups)}")

    def _at(self, figure: str, dimensions: Dimensions, groups: Groups, category: str) -> int:
        count = Count(figure=figure, dimensions=dimensions, groups=groups, category=category)
        index = self._index.setdefault(count, len(self._index))
        if category == _BASE:
            self._upper[index] = self._known.plan.headcounts.get(dimensions, {}).get(groups, np.inf)
        return index

    def _slack(self) -> int:
        """How much more one side is than the other."""
        self._slacks += 1
        return self._at("", (), (REST,), str(self._slacks))

    def _whole(self, table: SafeTable) -> None:
        """What the whole round says in the categories of a cut."""
        if table.kind == _RESPONDENTS:
            self._know(table.figure, (), (), _BASE, self._known.respondents or self._everyone())
        item = self._known.questionnaire.item(table.figure)
        whole = self._tables.get((table.figure, ()))
        if item is not None and table.kind == "prevalence" and whole is not None and whole.rows[0].n is not None:
            (row,) = whole.rows
            harmless = sum(c.count or 0 for c in row.cells if (o := item.option(c.option)) is not None and o.harmless)
            self._know(table.figure, (), (), "none", harmless)
            self._know(table.figure, (), (), "any", (row.n or 0) - harmless)

    def _everyone(self) -> int | None:
        """The respondents: of any item those with a valid answer and those without."""
        for table in self._tables.values():
            rest, n = table.unanswered, table.rows[0].n if table.rows else None
            if rest is not None and n is not None:
                return n + sum(rest.missing.values()) + rest.skipped + rest.not_asked
        return None

    def _add_up(self, table: SafeTable) -> None:
        self._whole(table)
        listed = [row.groups for row in table.rows]
        layers = [
            _BASE,
            *dict.fromkeys(cell.option for row in table.rows for cell in row.cells),
        ]
        for category in layers:
            for whole, parts in self._sums(table.dimensions, listed):
                columns = [self._at(table.figure, *whole, category)]
                columns += [self._at(table.figure, table.dimensions, part, category) for part in parts]
                self._relations.append((columns, [-1.0, *[1.0] * len(parts)]))
        everywhere = [
            *listed,
            *{part for _, parts in self._sums(table.dimensions, listed) for part in parts},
        ]
        for groups in dict.fromkeys(everywhere):
            self._relate_layers(table, groups, layers[1:])

    def _sums(
        self, dimensions: Dimensions, listed: Sequence[Groups]
    ) -> Iterator[tuple[tuple[Dimensions, Groups], list[Groups]]]:
        """Each group and the groups it is made of; everyone, or a margin, and the groups with those who named none."""
        for axis, dimension in enumerate(dimensions):
            codes = list(dict.fromkeys(groups[axis] for groups in listed))
            others = list(dict.fromkeys((*groups[:axis], *groups[axis + 1 :]) for groups in listed))
            below: dict[str | None, list[str]] = {}
            for code in codes:
                below.setdefault(self._listed_above(dimension, code, codes), []).append(code)
            margin = (*dimensions[:axis], *dimensions[axis + 1 :])
            for other in others:

                def joined(code: str, other: Groups = other, axis: int = axis) -> Groups:
                    return (*other[:axis], code, *other[axis:])

                yield (margin, other), [joined(code) for code in (*below[None], REST)]
                for above, parts in below.items():
                    if above is not None:
                        yield (
                            (dimensions, joined(above)),
                            [joined(part) for part in parts],
                        )

    def _know_who_was_asked(self, table: SafeTable) -> None:
        """The whole round says how many were asked; where groups of one dimension were, that is their size."""
        (row, *_), rest = table.rows, table.unanswered
        item = self._known.questionnaire.item(table.figure)
        if item is None or row.n is None or rest is None or len(item.show_if) != 1:
            return
        asked = row.n + sum(rest.missing.values()) + rest.skipped
        (condition,) = (one for one in self._known.questionnaire.conditions if one.id in item.show_if)
        opening = self._known.questionnaire.item(condition.items[0])
        if opening is None or len(condition.items) > 1:
            return
        codes = {option.code for option in opening.options if not option.missing}
        sizes = next(
            (t for t in self._tables.values() if (t.kind, t.dimensions) == (_RESPONDENTS, (opening.id,))), None
        )
        if sizes is not None and set(condition.options) <= codes:
            groups = [self._at(sizes.figure, (opening.id,), (code,), _BASE) for code in condition.options]
            known = self._at(f"asked {table.figure}", (), (REST,), _BASE)
            self._slacks += 1
            self._values[known] = float(asked)
            self._relations.append(([known, *groups], [-1.0, *[1.0] * len(groups)]))

    def _listed_above(self, dimension: str, code: str, listed: Sequence[str]) -> str | None:
        parents = self._known.plan.parents.get(dimension, {})
        above = parents.get(code)
        while above is not None and above not in listed:
            above = parents.get(above)
        return above

    def _relate_layers(self, table: SafeTable, groups: Groups, categories: Sequence[str]) -> None:
        """Categories to their base, the base to the respondents, and what figures say of each other."""

        def at(category: str, figure: str = table.figure) -> int:
            return self._at(figure, table.dimensions, groups, category)

        item = self._known.questionnaire.item(table.figure)
        if categories and item is not None and item.kind == "multiple":
            alone = {option.code for option in item.options if option.exclusive} & set(categories)
            for category in categories:
                together = [at(each) for each in {category} | alone]
                self._relations.append(([at(_BASE), self._slack(), *together], [-1.0, 1.0, *[1.0] * len(together)]))
            # Nobody with a valid answer has ticked nothing at all.
            ticked = [at(category) for category in categories]
            self._relations.append(([at(_BASE), self._slack(), *ticked], [1.0, 1.0, *[-1.0] * len(ticked)]))
        elif categories:
            self._relations.append(([at(_BASE), *map(at, categories)], [-1.0, *[1.0] * len(categories)]))
        for other in self._tables.values():
            if other.kind == _RESPONDENTS and table.kind != _RESPONDENTS and other.dimensions == table.dimensions:
                self._relations.append(
                    (
                        [at(_BASE, other.figure), at(_BASE), self._slack()],
                        [-1.0, 1.0, 1.0],
                    )
                )
        scale = next(
            (scale for scale in self._known.questionnaire.scales if scale.id == table.figure),
            None,
        )
        if scale is not None and "any" in categories:
            for single in scale.items:
                found = self._tables.get((single, table.dimensions))
                if found is not None and found.kind == "prevalence":
                    self._relations.append(
                        (
                            [at("any"), at("any", single), self._slack()],
                            [-1.0, 1.0, 1.0],
                        )
                    )


def _base_of(count: Count) -> Count:
    return Count(figure=count.figure, dimensions=count.dimensions, groups=count.groups)
