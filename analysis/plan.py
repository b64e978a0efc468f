"""What may be published of a round, declared before it opens, and the limits in force."""

from collections.abc import Mapping

from msgspec import Struct

SMALLEST_MINIMUM_GROUP_SIZE = 5  # valid answers; no policy goes below
MINIMUM_GROUP_SIZE = 10  # valid answers; NHS Staff Survey practice
MINIMUM_SENSITIVE_COUNT = 3  # answers; a sensitive option with 1 or 2 of a group's answers is primary
MOST_DIMENSIONS = 2  # of a cut: one, or one crossed with another

Groups = tuple[str, ...]
"""A group of people: one code for each dimension of a cut; empty: everyone."""


class Policy(Struct, frozen=True, kw_only=True):
    """minimum_group_size: valid answers of every group and of every remainder. minimum_sensitive_count: answers.

    coalition: how many people may pool what they know of themselves and still learn nothing of others.
    """

    minimum_group_size: int = MINIMUM_GROUP_SIZE
    minimum_sensitive_count: int = MINIMUM_SENSITIVE_COUNT
    coalition: int = 1


class Cut(Struct, frozen=True, kw_only=True):
    """Tables of `figures` by one dimension, or by two crossed, which includes the tables by each of them.

    dimensions: ids of items that group people.
    figures: ids of items and scales; empty: all but the items that group people.
    """

    dimensions: tuple[str, ...]
    figures: tuple[str, ...] = ()


class Reliability(Struct, frozen=True, kw_only=True, tag="reliability"):
    """Alpha of a score scale, and omega from three items on. figure: id of the scale."""

    figure: str


class Association(Struct, frozen=True, kw_only=True, tag="association"):
    """How two figures go together in the whole round.

    figures: ids of two items or scales. With `options` of the first, or where it is a prevalence: how far those who
        chose one of them lie from the others on the second; else the rank correlation of the two.
    """

    figures: tuple[str, str]
    options: tuple[str, ...] = ()


class WeightedMean(Struct, frozen=True, kw_only=True, tag="weighted-mean"):
    """A score, or a share, with respondents weighted to the roster.

    figure: id of a score or prevalence scale that is cut by each of the margins.
    population: by item that groups people, and by its options, how many people there are.
    """

    figure: str
    population: Mapping[str, Mapping[str, int]]


PlannedStatistic = Reliability | Association | WeightedMean


class Plan(Struct, frozen=True, kw_only=True):
    """What may be published beside the whole round. Of several crossings all share one dimension, say the unit.

    statistics: of the whole round, not linear in counts; each names what goes in together.
    parents: by item that groups people, and by group, the group it is part of. Groups that no option names are made of
        the groups below them.
    headcounts: by dimensions of a cut, and by group, how many people everybody knows it to have.
    """

    cuts: tuple[Cut, ...] = ()
    statistics: tuple[PlannedStatistic, ...] = ()
    parents: Mapping[str, Mapping[str, str]] = {}
    headcounts: Mapping[tuple[str, ...], Mapping[Groups, int]] = {}


class UnprotectedPlan(ValueError):
    """A plan that asks for what nothing here can protect."""


class UnsafePolicy(ValueError):
    """A policy below the floor, or a round below its policy."""
