"""What a policy asks of an instance, beyond the protection levels that its file gives. No method lives here.

Every primary cell of a count table must be able to hold a whole group: after rounding inward, the highest possible
value is at least the minimum group size k, and at least k values are possible.

Zeros are either published or protected. Published: every zero is printed, so everybody knows that a hidden cell holds
at least one person, and no zero can be hidden. Protected: a hidden cell may be empty. Unless the policy says, they are
published where the file has zeros and orders all of them to be published.
"""

import re
import tomllib
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import numpy as np
from msgspec import Meta, Struct
from numpy.typing import NDArray

from analysis.disclosure.jj_format import Instance, Unreadable, read_text
from analysis.disclosure.linked_tables import LinkedTables, Mask, Status
from analysis.disclosure.people import known_by_people

SMALLEST_MINIMUM_GROUP_SIZE = 5  # people; no policy goes below
LARGEST_COALITION = 3  # people who pool what they know; the cost of checking grows with every one

Zeros = Literal["published", "protected"]

_STATUSES = {"u": Status.PRIMARY, "m": Status.PRIMARY, "s": Status.OPTIONAL, "z": Status.REQUIRED}
_STATUSES |= dict.fromkeys("xw", Status.UNPRINTED)  # both stay hidden, and neither is what has to be protected


class ProtectionPolicy(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """minimum_group_size: people. zeros: None leaves it to the file. coalition: how many people may pool their cells."""

    minimum_group_size: Annotated[int, Meta(ge=SMALLEST_MINIMUM_GROUP_SIZE)]
    zeros: Zeros | None = None
    coalition: Annotated[int, Meta(ge=1, le=LARGEST_COALITION)] = 1


def read_policy(path: Path) -> ProtectionPolicy:
    """The policy in the TOML file at `path`.

    Raises:
        Unreadable: no TOML, an unknown key, or a value out of its range.
        OSError: the file cannot be opened.

    """
    text = read_text(path)
    try:
        return msgspec.convert(tomllib.loads(text), ProtectionPolicy)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line (\d+)", str(error))
        raise Unreadable(path, int(found[1]) if found else 1, f"no TOML: {error}") from None
    except msgspec.ValidationError as error:
        raise Unreadable(path, _line_of_fault(text, str(error)), str(error)) from None


def linked_tables(instance: Instance, policy: ProtectionPolicy | None) -> LinkedTables:
    """The instance as everybody who reads the published tables knows it, with what its primary cells need.

    Who is counted alone knows their cells. Without a policy only the file's protection levels count.
    """
    values = instance.values
    statuses = np.array([_STATUSES[letter] for letter in instance.statuses.tolist()], dtype=np.int8)
    lower = instance.lower.copy()
    primary = statuses == Status.PRIMARY
    if zeros_are(instance, policy) == "published":
        printed = instance.statuses != "w"
        statuses[(values == 0) & printed & ~primary] = Status.REQUIRED
        lower[(values >= 1) & printed] = np.maximum(lower[(values >= 1) & printed], 1)
    ones = (values == 1) & (statuses != Status.REQUIRED) if is_integral(instance) else np.zeros(values.size, np.bool_)
    tables = LinkedTables(
        values=values,
        costs=instance.costs,
        statuses=statuses,
        lower=lower,
        upper=instance.upper,
        lower_protection=np.where(primary, instance.lower_protection, 0),
        upper_protection=np.where(primary, instance.upper_protection, 0),
        sliding_protection=np.where(primary, instance.sliding_protection, 0),
        relations=instance.relations,
        totals=instance.totals,
        insiders=known_by_people(
            values, instance.relations, instance.totals, ((cell,) for cell in np.flatnonzero(ones).tolist())
        ),
    )
    return tables if policy is None else with_primary(tables, primary, policy.minimum_group_size)


def levels_beyond_bounds(instance: Instance) -> NDArray[np.int64]:
    """The primary cells that the file asks more room for than lb and ub leave; they are held to lb and ub."""
    down, up = instance.values - instance.lower, instance.upper - instance.values
    beyond = (instance.lower_protection > down) | (instance.upper_protection > up)
    beyond |= instance.sliding_protection > down + up
    return np.flatnonzero(beyond & np.isin(instance.statuses, ["u", "m"]))


def with_primary(tables: LinkedTables, chosen: Mask, minimum_group_size: int) -> LinkedTables:
    """The same tables, in which these cells, shape (cells,), must be able to hold a whole group."""
    upper = np.maximum(tables.upper_protection, minimum_group_size - tables.values)
    sliding = np.maximum(tables.sliding_protection, minimum_group_size - 1)
    return msgspec.structs.replace(
        tables,
        statuses=np.where(chosen, Status.PRIMARY, tables.statuses).astype(np.int8),
        upper_protection=np.where(chosen, upper, tables.upper_protection),
        sliding_protection=np.where(chosen, sliding, tables.sliding_protection),
    )


def zeros_are(instance: Instance, policy: ProtectionPolicy | None) -> Zeros:
    if policy is not None and policy.zeros is not None:
        return policy.zeros
    letters = instance.statuses[instance.values == 0]
    return "published" if letters.size and bool((letters == "z").all()) else "protected"


def is_integral(tables: Instance | LinkedTables) -> bool:
    """Whether only whole numbers can stand in the cells, as far as the values and relations show."""
    return bool((tables.values % 1 == 0).all() and (tables.relations.data % 1 == 0).all())


def _line_of_fault(text: str, fault: str) -> int:
    keys = re.findall(r"`\$?\.?(\w+)`", fault)
    for number, line in enumerate(text.splitlines(), 1):
        if any(re.match(rf"\s*\[*\s*\"?{re.escape(key)}\"?\s*[]=]", line) for key in keys):
            return number
    return 1
