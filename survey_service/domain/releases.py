"""A release: everything of a round that was let out."""

from msgspec import Struct

from analysis import SafeStatistic, SafeTable
from survey_service.domain.rounds import RoundId


class ReleasedUnit(Struct, frozen=True, kw_only=True):
    """What a unit in a release's tables is called, and which one it is part of."""

    id: str
    parent: str | None
    name: dict[str, str]


class ReleasedComments(Struct, frozen=True, kw_only=True):
    """The answers to a question with free text that two reviewers let out, sorted by their words, which says nothing.

    Of the whole round only: no unit, no other answer, no place among the responses.
    """

    item: str
    texts: tuple[str, ...]


class ReleaseDocument(Struct, frozen=True, kw_only=True):
    """A release as it is stored, shown and exported.

    organisation: the city that asked. questionnaire, questionnaire_version: its id and version; the hash covers the
    units of this city, too.
    issued: credentials issued. count: sealed responses; analysed + invalid = count.
    is_above_headcount: some group has more people than its headcount; which one is not said.
    previous_head: of the release ledger, before this release; hex.
    comments: free texts that two reviewers let out; mostly none.
    statistics: of the whole round, planned with all that goes in, and not linear in counts; mostly none.
    """

    round_id: RoundId
    title: dict[str, str]
    rehearsal: bool
    questionnaire: str
    questionnaire_sha256: str
    minimum_group_size: int
    roster_size: int
    issued: int
    count: int
    analysed: int
    invalid: int
    units: tuple[ReleasedUnit, ...]
    tables: tuple[SafeTable, ...]
    is_above_headcount: bool
    previous_head: str = ""
    comments: tuple[ReleasedComments, ...] = ()
    organisation: dict[str, str] = {}
    questionnaire_version: str = ""
    statistics: tuple[SafeStatistic, ...] = ()


class Proposal(Struct, frozen=True, kw_only=True):
    """What the project team sees of a round before its release. sha256: of the stored document, hex."""

    number: int
    sha256: str
    document: ReleaseDocument


class Withdrawal(Struct, frozen=True, kw_only=True):
    """A release that was taken back. because: none where it was withdrawn before reasons were kept."""

    number: int
    because: str | None
