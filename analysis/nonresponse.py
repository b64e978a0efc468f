"""Who did not answer: response rates of a round, and how an item was left without a valid answer."""

import math
from collections.abc import Mapping

import numpy as np
from msgspec import Struct
from numpy.typing import ArrayLike

from analysis.errors import NoStatistic, TooFewValues
from analysis.given import statistic


class ResponseRates(Struct, frozen=True, kw_only=True):
    """Shares from 0 to 1.

    rr1: complete responses of the codes issued. rr2: complete and partial ones. completion: complete ones of those
    begun and handed in; None where nobody did.
    """

    rr1: float
    rr2: float
    completion: float | None


class ItemNonresponse(Struct, frozen=True, kw_only=True):
    """An item's answers that are none.

    asked: people the item was shown to: the denominator of all rates. valid: of them, with a valid answer.
    counts, rates: by name of the missing code, and "skipped".
    """

    asked: int
    valid: int
    counts: dict[str, int]
    rates: dict[str, float]


@statistic
def response_rates(*, issued: int, complete: int, partial: int) -> ResponseRates:
    """AAPOR's response rates 1 and 2 against the codes that were issued.

    Every code went to a member of the roster, so that nobody is of unknown eligibility, and refusals cannot be told
    from absences: the denominator of both rates is `issued`.

    Args:
        issued: codes given out, at least 1.
        complete: responses with as many valid answers as the survey calls complete.
        partial: the other responses.

    Raises:
        NoStatistic: more responses than codes, or fewer than none.

    Source: The American Association for Public Opinion Research (2023). Standard definitions: final dispositions of
    case codes and outcome rates for surveys, 10th edition.

    """
    if not (1 <= issued < math.inf and min(complete, partial) >= 0 and complete + partial <= issued):
        raise NoStatistic(f"no response rate: {complete} complete and {partial} partial responses to {issued} codes")
    returned = complete + partial
    return ResponseRates(
        rr1=complete / issued, rr2=returned / issued, completion=complete / returned if returned else None
    )


@statistic
def item_nonresponse(
    codes: ArrayLike, missing: Mapping[str, int], *, skipped: int = 0, asked: ArrayLike | None = None
) -> ItemNonresponse:
    """How often an item was skipped, and how often each missing code was chosen.

    Args:
        codes: whole numbers, shape (respondents,).
        missing: the codes that are no valid answer, by name, such as "prefer not to say" and "does not apply".
        skipped: the code of an item left out.
        asked: whether the item was shown to the respondent; bool, shape (respondents,). None: to everyone.

    Raises:
        NoStatistic: codes that are not whole numbers, other shapes, or a code with two meanings.
        TooFewValues: nobody was asked.

    Source: the denominators follow AAPOR's item nonresponse rates (see `response_rates`).

    """
    answers = np.asarray(codes)
    meanings = {**missing, "skipped": skipped}
    base = np.ones(answers.shape, dtype=np.bool_) if asked is None else np.asarray(asked, dtype=np.bool_)
    if answers.ndim != 1 or base.shape != answers.shape or answers.dtype.kind not in "iu":
        raise NoStatistic("codes are whole numbers, one for each respondent, and so is asked")
    if len(set(meanings.values())) < len(missing) + 1:
        raise NoStatistic("every missing code, and the skipped one, has a number of its own")
    n = int(base.sum())
    if n == 0:
        raise TooFewValues("a rate of missing answers", found=0, needed=1, of="people who were asked")
    counts = {name: int((base & (answers == code)).sum()) for name, code in meanings.items()}
    return ItemNonresponse(
        asked=n,
        valid=n - sum(counts.values()),
        counts=counts,
        rates={name: count / n for name, count in counts.items()},
    )
