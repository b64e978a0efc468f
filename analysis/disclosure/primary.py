"""Primary rules: what of a group must not be published, before anything is hidden to protect it."""

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from analysis.disclosure.linked_tables import Mask, Numbers, Status
from analysis.plan import Policy


class Standing(Struct, frozen=True, kw_only=True, eq=False):
    """What the rules say of counts; every array has the shape of the counts.

    statuses: int8, of `Status`. upper_protection, sliding_protection: of primary counts, otherwise 0.
    """

    statuses: NDArray[np.int8]
    upper_protection: Numbers
    sliding_protection: Numbers


def tells_of_members(base: Numbers, sensitive: Numbers) -> Mask:
    """Group attribute disclosure: all of a group, or all but one, are in one sensitive category.

    base: shape (groups,). sensitive: counts of the sensitive categories, shape (categories, groups).
    """
    if not sensitive.shape[0]:
        return np.zeros(base.shape, dtype=np.bool_)
    return np.asarray((sensitive.max(axis=0) >= base - 1) & (base > 0))


def judge_bases(base: Numbers, printable: Mask, barred: Mask, policy: Policy) -> Standing:
    """Bases, shape (groups,): below the minimum group size, or barred, they are primary.

    printable: some table lists the group. barred: another rule forbids the group. An empty group needs no protection,
    but it is not printed: it has to look like a small one.
    """
    k = policy.minimum_group_size
    small = (base > 0) & (base < k)
    statuses = np.where(printable, Status.OPTIONAL, Status.UNPRINTED)
    statuses = np.where(base == 0, Status.UNPRINTED, statuses)
    primary = small | (barred & (base > 0))
    return Standing(
        statuses=np.where(primary, Status.PRIMARY, statuses).astype(np.int8),
        upper_protection=np.where(small, k - base, 0.0),
        sliding_protection=np.where(primary, k - 1.0, 0.0),
    )


def judge_remainder(base: float, counts: Numbers, sensitive: Mask, policy: Policy) -> Standing:
    """The categories of hidden groups together, counts and sensitive of shape (categories,)."""
    of_base = Standing(
        statuses=np.array([Status.UNPRINTED], dtype=np.int8),
        upper_protection=np.zeros(1),
        sliding_protection=np.zeros(1),
    )
    nowhere = np.zeros(1, dtype=np.bool_)
    judged = judge_categories(np.array([base]), counts[:, None], sensitive, of_base, nowhere, policy)
    return Standing(
        statuses=judged.statuses[:, 0],
        upper_protection=judged.upper_protection[:, 0],
        sliding_protection=judged.sliding_protection[:, 0],
    )


def judge_categories(
    base: Numbers, counts: Numbers, sensitive: Mask, bases: Standing, printable: Mask, policy: Policy
) -> Standing:
    """The categories of each group, counts of shape (categories, groups), sensitive of shape (categories,).

    In a group that may show, sensitive counts below the minimum are primary, and those that all or all but one of the
    group share. Of a group that must not show no count may be known, save that nobody is where nobody at all is.
    """
    k = policy.minimum_group_size
    must_not_show = bases.statuses == Status.PRIMARY
    tells = tells_of_members(base, counts[sensitive])
    few = sensitive[:, None] & (counts > 0) & (counts < policy.minimum_sensitive_count) & ~must_not_show
    shared = sensitive[:, None] & (counts >= base - 1) & (base > 0) & ~must_not_show
    kept = must_not_show & ((counts > 0) | (~sensitive[:, None] & tells))
    statuses = np.where(printable & (base > 0), Status.OPTIONAL, Status.UNPRINTED)
    statuses = np.where(must_not_show, Status.UNPRINTED, statuses)
    primary = few | shared | kept
    return Standing(
        statuses=np.where(primary, Status.PRIMARY, statuses).astype(np.int8),
        upper_protection=np.where(few, k - counts, 0.0),
        sliding_protection=np.where(few | shared, k - 1.0, 0.0),
    )
