"""The judge: how often an attacker is right, against what chance alone would bring.

Without a leak, the number of people whose answers are guessed exactly is about Poisson(1) in one trial, whatever its
size, and Poisson(n) in n trials. Mean ranks see weaker leaks: 1 where the right row always comes first, and
(rows + 1) / 2 by chance; a permutation test says how often chance alone comes as low.
"""

from collections.abc import Sequence
from functools import cache

import numpy as np
import scipy
from msgspec import Struct
from numpy.typing import NDArray

from survey_service.attack.attackers import FoundAnswers, Scores, canonical
from survey_service.attack.trial import Trial

# For each attacker and each of the two figures. Twenty-two verdicts with two figures each, several of them nearly the
# same for rows of one transaction: chance alone alarms in at most one of 230 runs.
FALSE_ALARM = 1e-4
PERMUTATIONS = 20_000
_SEED = 20170601


class Verdict(Struct, frozen=True, kw_only=True):
    """matches: people guessed exactly, of `people`. threshold: matches that chance does not bring.

    mean_rank: of the right row, 1 is best. chance_rank: what it is without a leak. p: of the mean rank.
    """

    matches: int
    threshold: int
    people: int
    mean_rank: float
    chance_rank: float
    p: float

    @property
    def is_caught(self) -> bool:
        return self.matches >= self.threshold or self.p < FALSE_ALARM

    def __str__(self) -> str:
        return (
            f"{self.matches} of {self.people} matched (alarm at {self.threshold}), "
            f"mean rank {self.mean_rank:.2f} (chance {self.chance_rank:.1f}), p = {self.p:.4f}"
        )


def ranks(trial: Trial, rows: list[FoundAnswers], scores: Scores) -> NDArray[np.float64]:
    """Rank of every row of answers for every person, as `ranked` has them."""
    where = {canonical(row.answers): place for place, row in enumerate(rows)}
    return ranked(scores, [where[canonical(person.answers)] for person in trial.people])


def ranked(scores: Scores, own: Sequence[int]) -> NDArray[np.float64]:
    """Rank of every row for every person: 1 is the attacker's first guess. Shape (people, people): own rows only.

    own: the row that is each person's. Column k is the row of person k; rows that are nobody's are left out.
    """
    # Ties are broken at random, or the order of the rows would decide what the attacker left open.
    jitter = np.random.default_rng(_SEED).random(scores.shape)
    in_order = np.array(
        [scipy.stats.rankdata(np.lexsort((line, -score)).argsort()) for score, line in zip(scores, jitter, strict=True)]
    )
    return in_order[:, list(own)]


@cache
def _orders(people: int) -> NDArray[np.intp]:
    """Random orders, shape (PERMUTATIONS, people)."""
    return np.random.default_rng(_SEED).random((PERMUTATIONS, people), dtype=np.float32).argsort(axis=1)


def judge(trials: list[NDArray[np.float64]]) -> Verdict:
    """The verdict on one attacker over several trials, from the ranks in each."""
    own = np.concatenate([np.diagonal(each) for each in trials])
    chance = np.zeros(PERMUTATIONS)
    generator = np.random.default_rng(_SEED)
    for each in trials:
        sums = each[np.arange(len(each)), _orders(len(each))].sum(axis=1)
        chance += generator.permutation(sums)  # or the same order would meet every trial
    return Verdict(
        matches=int((own == 1).sum()),
        threshold=int(scipy.stats.poisson.isf(FALSE_ALARM, len(trials))) + 1,
        people=len(own),
        mean_rank=float(own.mean()),
        chance_rank=float(chance.mean() / len(own)),
        p=float(((chance <= own.sum()).sum() + 1) / (PERMUTATIONS + 1)),
    )
