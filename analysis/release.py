"""Responses and a publication plan become a release: safe tables, and nothing else.

Every figure of the whole round shows by its own primary rules. Below it the tables of all planned cuts are one linear
system: what must not be published is hidden, further cells are hidden so that nobody computes it, an auditor that knows
nothing of how attacks what is left, and without its consent there is no release. `docs/disclosure-control.md` states
the rules one by one.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import product

import msgspec
import numpy as np
from msgspec import Struct

from analysis import counts, joint, tables, whole_round
from analysis.counts import Counted
from analysis.cutting import Dimensions, cutting, grouping_items
from analysis.disclosure.auditor import audit_tables
from analysis.disclosure.cells import Place
from analysis.disclosure.linked_tables import Mask, Numbers, Status
from analysis.disclosure.links import linked_figures
from analysis.disclosure.model import RESPONDENTS, Model, ModelBuilder, bases_of
from analysis.disclosure.primary import tells_of_members
from analysis.disclosure.suppression import Unprotectable, protect
from analysis.grouping import Partition, remainders
from analysis.hidden_places import all_hidden, hidden_places
from analysis.plan import SMALLEST_MINIMUM_GROUP_SIZE, Groups, Plan, Policy, UnsafePolicy
from analysis.responses import Responses
from analysis.side_by_side import SideBySide, Tabulated
from analysis.tables import Cell, Row, SafeStatistic, SafeTable

MENDINGS = 5  # times that groups the auditor has found are protected, too, before something else is tried


class Release(Struct, frozen=True, kw_only=True):
    """What leaves the analysis.

    minimum_group_size: the one in force. tables: what may be read.
    statistics: of the whole round, in the order of the plan; what the tables hold is not among them.
    is_above_headcount: some group has more people than everybody knows it to have.
    """

    minimum_group_size: int
    tables: tuple[SafeTable, ...]
    statistics: tuple[SafeStatistic, ...] = ()
    is_above_headcount: bool = False


class UnprovenRelease(Exception):
    """The auditor does not consent: nothing is released."""


def release(
    responses: Responses,
    plan: Plan,
    policy: Policy,
    *,
    earlier: Sequence[Release] = (),
    round_before: Release | None = None,
) -> Release:
    """The tables of a round that `plan` asks for and `policy` lets out.

    The same multiset of responses gives the same release, whatever their order.

    Args:
        responses: coded answers, one row a respondent.
        plan: what is tabulated beside the whole round; empty: the whole round alone.
        policy: minimum group size, at least 5 valid answers, and minimum sensitive count, at least 1 answer.
        earlier: releases of the same responses that are out, withdrawn ones too: what they hide stays hidden.
        round_before: the last round's release; what it hides is hidden again where that costs little more.

    Returns:
        Every choice item and scale for the whole round, then the planned tables; what is hidden has one marker. Beside
        them the planned statistics of the whole round.

    Raises:
        UnsafePolicy: a minimum group size below 5, or fewer respondents than it asks for.
        UnprotectedPlan: a plan that cannot be modelled: three dimensions, crossings without a dimension in common, a
            dimension planned twice, an unknown figure, a dimension that does not group people, or a statistic of
            figures that do not carry it.
        UnprovenRelease: the auditor found something, or could not finish.

    Source of the terms: Hundepool, A., et al. (2012). Statistical disclosure control. Wiley.

    """
    if policy.minimum_group_size < SMALLEST_MINIMUM_GROUP_SIZE or policy.minimum_sensitive_count < 1:
        raise UnsafePolicy(f"no group below {SMALLEST_MINIMUM_GROUP_SIZE} is ever published")
    if responses.size < policy.minimum_group_size:
        raise UnsafePolicy("the round has fewer respondents than its minimum group size")
    joint.check(responses.questionnaire, plan)
    below = _BelowTheWhole(responses, plan, policy, earlier, round_before)
    whole = tuple(
        whole_round.table(responses, one, policy, is_seen=figure in below.seen)
        for figure, one in below.counted.items()
        if figure not in below.grouped  # the sizes of groups have tables of their own
    )
    found = below.release(whole)
    if earlier:
        _audit_union(responses, plan, policy, (*earlier, found))
    first_minimum = min(one.minimum_group_size for one in (*earlier, found))
    statistics = tuple(joint.statistics(responses, plan, policy, below.seen, found.tables, first_minimum=first_minimum))
    return msgspec.structs.replace(found, statistics=statistics)


def _audit_union(responses: Responses, plan: Plan, policy: Policy, releases: Sequence[Release]) -> None:
    """Raises UnprovenRelease where all releases together tell what the limit in force at the first must not."""
    loosest = min(one.minimum_group_size for one in releases)
    below = _BelowTheWhole(responses, plan, msgspec.structs.replace(policy, minimum_group_size=loosest), (), None)
    known = {(figure, dimensions) for dimensions, figures in below.cuts.figures.items() for figure in figures}
    if any(
        table.dimensions and (table.figure, table.dimensions) not in known for one in releases for table in one.tables
    ):
        raise UnprovenRelease("an earlier release of this round holds tables that are not planned any more")
    below.audit(set.intersection(*(all_hidden(one.tables, below.cuts, below.codes) for one in releases)))


class _BelowTheWhole:
    """The planned cuts of one round."""

    def __init__(
        self,
        responses: Responses,
        plan: Plan,
        policy: Policy,
        earlier: Sequence[Release],
        round_before: Release | None,
    ) -> None:
        self._responses, self._plan, self._policy = responses, plan, policy
        questionnaire = responses.questionnaire
        self.counted = {figure.id: counts.count(responses, figure) for figure in counts.figures(questionnaire)}
        self.seen = whole_round.seen(responses, self.counted, policy, grouping_items(questionnaire, plan))
        # Of a score of sensitive items a group's mean and n can tell single answers: it is never cut.
        may_be_cut = {
            figure: counts.collapsed(one)
            for figure, one in self.counted.items()
            if figure in self.seen and not (one.points is not None and one.is_sensitive)
        }
        self.cuts = cutting(responses, plan, may_be_cut, RESPONDENTS)
        self.grouped = {dimension for dimensions in self.cuts.partitions for dimension in dimensions}
        self._cut = {figure: one for figure, one in may_be_cut.items() if self.cuts.partitions_of(figure)}
        self._asked = {
            item.id: int(responses.shown(item).sum())
            for item in questionnaire.items
            if item.show_if and item.id in self.seen and item.id not in self.grouped
        }
        self._hidden_earlier = {place for one in earlier for place in hidden_places(one.tables, self.cuts)}
        self._remainders: dict[tuple[str, Dimensions], set[frozenset[Groups]]] = {}
        self._together: set[frozenset[Place]] = set()
        self._hidden_before = frozenset(hidden_places(round_before.tables, self.cuts)) if round_before else frozenset()

    def release(self, whole: tuple[SafeTable, ...]) -> Release:
        if not self.cuts.partitions:
            return Release(minimum_group_size=self._policy.minimum_group_size, tables=whole)
        model, hidden = self._protected_and_audited()
        printed = tuple(
            self._table(model, hidden, figure, dimensions)
            for dimensions, figures in self.cuts.figures.items()
            for figure in figures
        )
        return Release(
            minimum_group_size=self._policy.minimum_group_size,
            tables=(*whole, *printed),
            is_above_headcount=model.is_above_headcount,
        )

    def audit(self, never_shown: Collection[Place]) -> None:
        """Raises UnprovenRelease where what is left of the planned tables tells too much."""
        model = self._model(self._cut, set())
        hidden = model.tables.statuses != Status.REQUIRED
        for dimensions, partition in self.cuts.partitions.items():
            for figure in self.cuts.figures[dimensions]:
                for cell, code in product(partition.printed.values(), ("", *self.codes(figure))):
                    place = Place(figure=figure, dimensions=dimensions, groups=cell, category=code)
                    hidden[model.places[place]] = place in never_shown
        if hidden[model.tables.statuses != Status.REQUIRED].all():
            return  # nothing below the whole round is out, and nothing more could be hidden
        if self._findings(model, self._whole_rows(model, hidden)) is not None:
            raise UnprovenRelease("the auditor does not let these tables out beside those that are out already")

    def _protected_and_audited(self) -> tuple[Model, Mask]:
        """What the auditor consents to, all figures hidden below the whole round where it consents to nothing else."""
        for protected in (self._linked_figures, self._all_at_once):
            for _ in range(MENDINGS):
                model, hidden = protected()
                findings = self._findings(model, hidden)
                if findings is None:
                    return model, hidden
                if findings <= self._together:
                    break
                self._together |= findings
        return model, np.asarray(model.tables.statuses != Status.REQUIRED)

    def _linked_figures(self) -> tuple[Model, Mask]:
        """Figures that relations link are protected together, one set after the other, which is quick."""
        model = self._model(self._cut, self._all_protected())
        hidden = (model.tables.statuses == Status.PRIMARY) | (model.tables.statuses == Status.UNPRINTED)
        return model, self._without_untenable(model, self._whole_rows(model, hidden))

    def _all_at_once(self) -> tuple[Model, Mask]:
        """Sets of figures that no relation links may still tell something together: all at once, which takes longer."""
        already, hidden = self._linked_figures()
        model = self._model(self._cut, {place for place, index in already.places.items() if hidden[index]})
        try:
            hidden = protect(model.tables, coalition=self._policy.coalition).hidden
        except Unprotectable:
            hidden = np.asarray(model.tables.statuses != Status.REQUIRED)
        return model, self._without_untenable(model, self._whole_rows(model, hidden))

    def _findings(self, model: Model, hidden: Mask) -> set[frozenset[Place]] | None:
        """Small groups that the auditor has derived from the bases; None where it consents to everything.

        The bases are judged by the minimum size as well, for their sums are groups. A finding of any other kind is not
        among the groups: the set may be empty.
        """
        coalition = self._policy.coalition
        passed = audit_tables(model.tables, hidden, coalition=coalition).passed
        bases, of_bases = bases_of(model)
        minimum = self._policy.minimum_group_size
        report = audit_tables(bases, hidden[of_bases], minimum_group_size=minimum, coalition=coalition)
        if passed and report.passed:
            return None
        places = {index: place for place, index in model.places.items()}
        return {frozenset(places[int(of_bases[cell])] for cell in one.cells) for one in report.remainders}

    def _model(self, counted: Mapping[str, Counted], hidden: set[Place]) -> Model:
        builder = ModelBuilder(
            self._responses.questionnaire,
            self.cuts,
            self._plan,
            self._policy,
            barred={tabulated: mask for tabulated, mask in self._barred() if tabulated[0] in counted},
            remainders=self._remainders,
            together=self._together,
            hidden=hidden,
            known_hidden=self._hidden_before,
            asked=self._asked,
        )
        return builder.build(self._responses.size, counted)

    def _protected(self, counted: Mapping[str, Counted], hidden: set[Place]) -> set[Place]:
        """What stays hidden of these figures, with what is hidden already."""
        while True:
            model = self._model(counted, hidden)
            try:
                found = protect(model.tables, coalition=self._policy.coalition).hidden
            except Unprotectable:
                # The whole round tells too much of the parts of so small a round: nothing of these figures is cut.
                return hidden | {place for place in model.places if place.dimensions}
            hidden = hidden | {place for place, index in model.places.items() if found[index]}
            if not self._finds_remainders(counted, hidden):
                return hidden

    def _finds_remainders(self, counted: Mapping[str, Counted], hidden: set[Place]) -> bool:
        """Whether groups are hidden whose sum is a new group, with sensitive counts of its own."""
        known = sum(map(len, self._remainders.values()))
        for figure, one in counted.items():
            if one.is_sensitive:
                for partition in self.cuts.partitions_of(figure):
                    dimensions = partition.dimensions
                    visible = np.array(
                        [
                            Place(figure=figure, dimensions=dimensions, groups=cell) not in hidden
                            for cell in partition.cells
                        ]
                    )
                    found = self._remainders.setdefault((figure, dimensions), set())
                    base = dict(zip(partition.cells, partition.count(one.valid), strict=True))
                    found |= {
                        groups
                        for groups in remainders(partition, visible)
                        if sum(base[group] for group in groups) >= self._policy.minimum_group_size
                    }
        return sum(map(len, self._remainders.values())) > known

    def _all_protected(self) -> set[Place]:
        """What stays hidden of all figures.

        Figures that no relation links have only the sizes of groups in common. What is hidden of these is hidden for
        all figures alike, since the base of one figure would all but determine that of another; figures that say
        something of each other are protected together.
        """
        places = set(self._hidden_earlier)
        while True:
            places |= self._protected({}, places)
            groups = {(place.dimensions, place.groups) for place in places if place.figure == RESPONDENTS}
            places |= self._of_all_figures(groups)
            for together in linked_figures(self._responses.questionnaire, self._cut):
                places |= self._protected({figure: self._cut[figure] for figure in together}, places)
            if all((place.dimensions, place.groups) in groups for place in places if place.figure == RESPONDENTS):
                return places

    def _of_all_figures(self, groups: set[tuple[Dimensions, Groups]]) -> set[Place]:
        return {
            Place(figure=figure, dimensions=dimensions, groups=cell, category=category)
            for dimensions, figures in self.cuts.figures.items()
            for figure in figures
            for category in ("", *self.codes(figure))
            for cell in self.cuts.partitions[dimensions].cells
            if (dimensions, cell) in groups
        }

    def codes(self, figure: str) -> list[str]:
        return [category.code for category in self._cut[figure].categories] if figure in self._cut else []

    def _barred(self) -> Iterator[tuple[Tabulated, Mask]]:
        """Where an item that opens a figure, or is summed up beside others of its scale, may not be seen itself."""
        for dimensions, figures in self.cuts.figures.items():
            partition = self.cuts.partitions[dimensions]
            for figure in figures:
                if figure not in self._cut:
                    continue
                one = self._cut[figure].figure
                needed = counts.opening(self._responses.questionnaire, one)
                summed_up = counts.asked_in(one) - {figure}
                if summed_up & set(figures):
                    needed |= summed_up
                masks = [
                    self._may_not_be_seen(counts.count(self._responses, item), partition)
                    for item in self._responses.questionnaire.items
                    if item.id in needed
                ]
                if masks:
                    yield (figure, dimensions), np.any(masks, axis=0)

    def _may_not_be_seen(self, one: Counted, partition: Partition) -> Mask:
        base = partition.count(one.valid)
        sensitive = np.array([partition.count(c.members) for c in one.categories if c.is_sensitive])
        sensitive = sensitive.reshape(-1, base.size)
        few = (sensitive > 0) & (sensitive < self._policy.minimum_sensitive_count)
        return np.asarray(
            (base < self._policy.minimum_group_size) | tells_of_members(base, sensitive) | few.any(axis=0)
        )

    def _whole_rows(self, model: Model, hidden: Mask) -> Mask:
        """Hides the categories of a hidden base. Hiding more never tells more."""
        hidden = hidden.copy()
        for figure, _, _, base, categories in self._rows(model):
            if figure in self._cut and hidden[base]:
                hidden[categories] = True
        return hidden

    def _without_untenable(self, model: Model, hidden: Mask) -> Mask:
        visible = {
            (figure, dimensions): np.array(
                [
                    not hidden[model.places[Place(figure=figure, dimensions=dimensions, groups=cell)]]
                    for cell in self.cuts.partitions[dimensions].cells
                ]
            )
            for dimensions, figures in self.cuts.figures.items()
            for figure in figures
        }
        side_by_side = SideBySide(
            responses=self._responses,
            cutting=self.cuts,
            counted=self._cut,
            policy=self._policy,
            visible=visible,
        )
        gone = side_by_side.untenable()
        hidden = hidden.copy()
        for figure, dimensions, _, base, categories in self._rows(model):
            if (figure, dimensions) in gone:
                hidden[[base, *categories]] = True
        return hidden

    def _rows(self, model: Model) -> Iterator[tuple[str, Dimensions, Groups, int, list[int]]]:
        for dimensions, figures in self.cuts.figures.items():
            for figure in figures:
                for cell in self.cuts.partitions[dimensions].cells:
                    base, *categories = (
                        model.places[Place(figure=figure, dimensions=dimensions, groups=cell, category=code)]
                        for code in ("", *self.codes(figure))
                    )
                    yield figure, dimensions, cell, base, categories

    def _table(self, model: Model, hidden: Mask, figure: str, dimensions: Dimensions) -> SafeTable:
        partition = self.cuts.partitions[dimensions]
        sums: Numbers | None = None
        kind = "respondents"
        if figure in self._cut:
            one = self._cut[figure]
            kind = counts.kind(one)
            sums = None if one.points is None else partition.count(one.valid, one.points)
        position = {cell: number for number, cell in enumerate(partition.cells)}
        rows = []
        for groups, cell in partition.printed.items():
            places = [
                Place(figure=figure, dimensions=dimensions, groups=cell, category=code)
                for code in ("", *self.codes(figure))
            ]
            base, *categories = (model.places[place] for place in places)
            if hidden[base]:
                rows.append(tables.hidden(groups))
                continue
            n = int(model.tables.values[base])
            score = None if sums is None else tables.score_without_spread(float(sums[position[cell]]) / n)
            rows.append(
                Row(
                    groups=groups,
                    n=n,
                    score=score,
                    cells=tuple(
                        Cell(option=place.category)
                        if hidden[index]
                        else tables.cell(place.category, int(model.tables.values[index]), n)
                        for place, index in zip(places[1:], categories, strict=True)
                    ),
                )
            )
        return SafeTable(figure=figure, kind=kind, dimensions=dimensions, rows=tuple(rows))
