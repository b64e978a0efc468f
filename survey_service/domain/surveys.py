"""What a city sets up once: a survey with its units, its plan of publication, its schedule and its rules."""

from typing import Literal, NewType, get_args

from msgspec import Struct

from survey_service.domain.schedules import Schedule

SurveyId = NewType("SurveyId", str)
Text = dict[str, str]

MINIMUM_GROUP_SIZE = 10  # valid answers; the default of the disclosure rules
SMALLEST_MINIMUM_GROUP_SIZE = 5  # valid answers; no survey goes below
RETENTION_DAYS = 90  # whole days from the unsealing to the erasure, unless the survey says less or more
LONGEST_RETENTION_DAYS = 365
HEADCOUNTS_BY_ITEM = {"leadership-role": "headcount_leadership", "citizen-contact": "headcount_contact"}
# The items that may be crossed with the unit, each with the column of the units file that says how many answer "yes".


Office = Literal["staff-council", "data-protection"]
OFFICES: tuple[Office, ...] = get_args(Office)


class Unit(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """An organisational unit; headcounts are persons on the roster."""

    id: str
    name: Text
    headcount: int
    parent: str | None = None
    headcount_leadership: int | None = None
    headcount_contact: int | None = None
    predecessor: str | None = None


class QuestionnaireReference(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which questionnaire, by the hash of the bytes that participants are served."""

    id: str
    version: str
    sha256: str


class Cut(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A predeclared cut: tables of `items` (items or scales; empty: all) by `dimensions`, items that group people.

    One dimension, or the unit crossed with one more, which includes the tables by each of the two.
    """

    dimensions: tuple[str, ...]
    items: tuple[str, ...] = ()


StatisticKind = Literal["reliability", "association", "weighted-mean"]


class Statistic(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What of the whole round needs answers together, declared with all that goes in.

    items: ids of scales, one statistic each; of an association two items or scales. options: answers to the first of
    the two, whose choosers are compared with the others. by: the items by whose headcounts a mean is weighted.
    """

    kind: StatisticKind
    items: tuple[str, ...]
    options: tuple[str, ...] = ()
    by: tuple[str, ...] = ()


class GivenSurvey(Struct, frozen=True, kw_only=True):
    """What somebody asks a survey to be, in a file or on the pages, before it is checked; its units stand beside it.

    questionnaire: an id of the library, or a path that ends in .toml. roster_size: None: everyone in the units.
    """

    id: str
    title: Text
    questionnaire: str
    languages: tuple[str, ...]
    roster_size: int | None = None
    minimum_group_size: int = MINIMUM_GROUP_SIZE
    custody: str = "server"
    retention_days: int = RETENTION_DAYS
    schedule: Schedule = Schedule()
    publication: tuple[Cut, ...] = ()
    statistics: tuple[Statistic, ...] = ()
    approvals: tuple[Office, ...] = ()


class Survey(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is approved by hash: everything that decides what is asked, of whom, and what may be published.

    custody: `server`, or as in `2 of 3 trustees`, and then no round but a rehearsal goes without them.
    approvals: the offices that must have approved before any round but a rehearsal opens.
    """

    survey_id: SurveyId
    title: Text
    languages: tuple[str, ...]
    questionnaire: QuestionnaireReference
    units: tuple[Unit, ...]
    roster_size: int
    minimum_group_size: int
    publication: tuple[Cut, ...]
    custody: str
    retention_days: int
    schedule: Schedule
    approvals: tuple[Office, ...] = ()
    statistics: tuple[Statistic, ...] = ()


def leaves(units: tuple[Unit, ...]) -> tuple[Unit, ...]:
    """The units people choose from: those with none below them."""
    parents = {unit.parent for unit in units}
    return tuple(unit for unit in units if unit.id not in parents)
