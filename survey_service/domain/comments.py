"""Free texts: when anybody may read them, and what of them goes out once two people agree."""

from collections.abc import Iterable, Sequence
from typing import Literal

from msgspec import Struct

from survey_service.domain.accounts import Email

FREE_TEXT_FACTOR = 5  # times the minimum group size: as many responses as the whole round's own statistics need
REVIEWERS = 2  # persons who must agree on the very same words (disclosure control, rule 9)
BLACKENED = "[…]"  # one sign however long the words were

Outcome = Literal["undecided", "disputed", "agreed", "rejected"]


class Verdict(Struct, frozen=True, kw_only=True):
    """blackened: places of the words that must not go out, from 0; nothing where the text is rejected."""

    reviewer: Email
    accepted: bool
    blackened: tuple[int, ...]


def may_be_read(*, analysed: int, texts: int, minimum_group_size: int) -> bool:
    """Whether a question's free texts may be read at all: from a large round, and from no small group of writers."""
    return analysed >= FREE_TEXT_FACTOR * minimum_group_size and texts >= minimum_group_size


def outcome(verdicts: Sequence[Verdict]) -> Outcome:
    """Of one text. One rejection keeps it in; it goes out when two have accepted it with the same words blackened."""
    if any(not verdict.accepted for verdict in verdicts):
        return "rejected"
    if len({verdict.reviewer for verdict in verdicts}) < REVIEWERS:
        return "undecided"
    return "agreed" if len({verdict.blackened for verdict in verdicts}) == 1 else "disputed"


def words(text: str) -> list[str]:
    return text.split()


def blackened(text: str, places: Iterable[int]) -> str:
    """The text without the words at `places`; neighbours become one sign."""
    hidden = set(places)
    shown: list[str] = []
    for place, word in enumerate(words(text)):
        if place not in hidden:
            shown.append(word)
        elif not shown or shown[-1] != BLACKENED:
            shown.append(BLACKENED)
    return " ".join(shown)
