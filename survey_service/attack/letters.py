"""Attackers who try to say which invitation code went to which address: then they would know who has taken part.

They hold the mail server's log beside all else: whom a mail went to, when, and under which id. Not what was in it; whoever
reads the mails themselves reads the codes.
"""

from bisect import bisect_left
from collections.abc import Callable, Sequence

import numpy as np
import scipy

from survey_service.attack.attackers import NEAR, Scores, closeness, forms, spellings
from survey_service.attack.evidence import Evidence, find_all
from survey_service.attack.post_office import Delivered, Post
from survey_service.attack.scoring import Verdict, judge, ranked

Beside = dict[str, set[bytes]]
"""Hashes of the codes that stand right before or behind an address, or the id of a mail to it, wherever one stands."""


def beside(evidence: Evidence, posts: Sequence[Post]) -> tuple[Beside, set[str]]:
    """Reads everything once: what stands beside addresses, and where any of them stands."""
    whose: dict[bytes, str] = {}
    which: dict[bytes, bytes] = {}
    for letter in (letter for post in posts for letter in post.letters):
        whose |= dict.fromkeys(names_of(letter.delivered), letter.delivered.address)
        which |= dict.fromkeys(forms(letter.code_hash) | spellings(letter.code), letter.code_hash)
    found: Beside = {}
    where = set()
    for name, haystack in evidence.haystacks().items():
        hits = sorted(find_all(haystack, [*whose, *which]))
        codes = [(position, which[needle]) for position, needle in hits if needle in which]
        for position, needle in hits:
            if needle in whose:
                where.add(name)
                found.setdefault(whose[needle], set()).update(_nearest(position, codes))
    return found, where


def names_of(delivered: Delivered) -> set[bytes]:
    """What stands for the person a mail went to."""
    return {delivered.address.encode(), delivered.message_id.strip("<>").encode()}


def _nearest(position: int, codes: list[tuple[int, bytes]]) -> set[bytes]:
    """The code before and the code behind: whoever looks cannot know which side it was written on."""
    behind = bisect_left(codes, (position, b""))
    return {code for at, code in codes[max(0, behind - 1) : behind + 1] if abs(at - position) <= NEAR}


def by_order_of_mails(_: Evidence, post: Post, __: Beside) -> Scores:
    """Codes were written in the order in which the mails went."""
    return closeness(range(len(post.letters)), range(len(post.codes)))


def by_order_of_mails_and_hashes(_: Evidence, post: Post, __: Beside) -> Scores:
    """Mails went in the order of the hashes, as the index has them."""
    return closeness(range(len(post.letters)), _hashes(post))


def by_list_of_addresses(_: Evidence, post: Post, __: Beside) -> Scores:
    """Codes were written in the order of the addresses."""
    return closeness(_addresses(post), range(len(post.codes)))


def by_list_and_hashes(_: Evidence, post: Post, __: Beside) -> Scores:
    """The order of the addresses is that of the hashes."""
    return closeness(_addresses(post), _hashes(post))


def by_time_of_mail(evidence: Evidence, post: Post, _: Beside) -> Scores:
    """A code came into the database when its mail went, by the WAL's times; codes of one commit in their order."""
    times = [
        evidence.committed_at[row.xid].timestamp() if row.xid in evidence.committed_at else 0.0 for row in post.codes
    ]
    when = np.array([letter.delivered.at.timestamp() for letter in post.letters])
    scores: Scores = -np.abs(when[:, None] - np.array(times)[None, :]) - 1e-9 * np.arange(len(times))
    return scores


def by_address_beside(_: Evidence, post: Post, found: Beside) -> Scores:
    """The address, or the id of its mail, stands beside a code or its hash."""
    return np.array(
        [
            [float(row.values["code_hash"] in found.get(letter.delivered.address, set())) for row in post.codes]
            for letter in post.letters
        ]
    )


SORTERS: dict[str, Callable[[Evidence, Post, Beside], Scores]] = {
    attacker.__name__: attacker
    for attacker in (
        by_order_of_mails,
        by_order_of_mails_and_hashes,
        by_list_of_addresses,
        by_list_and_hashes,
        by_time_of_mail,
        by_address_beside,
    )
}


def attack_post(evidence: Evidence, posts: Sequence[Post], found: Beside) -> dict[str, Verdict]:
    """How often each attacker says rightly which code went to an address."""
    return {
        name: judge([ranked(attacker(evidence, post, found), _own(post)) for post in posts])
        for name, attacker in SORTERS.items()
    }


def _own(post: Post) -> list[int]:
    places = {row.values["code_hash"]: place for place, row in enumerate(post.codes)}
    return [places[letter.code_hash] for letter in post.letters]


def _addresses(post: Post) -> list[float]:
    return list(scipy.stats.rankdata([letter.delivered.address for letter in post.letters]))


def _hashes(post: Post) -> list[float]:
    return list(scipy.stats.rankdata([int.from_bytes(row.values["code_hash"][:6]) for row in post.codes]))
