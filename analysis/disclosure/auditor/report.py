"""What an audit found."""

from enum import StrEnum

from msgspec import Struct


class Requirement(StrEnum):
    """What a primary cell's feasibility interval must do."""

    HIDDEN = "is hidden"
    NOT_DETERMINED = "is not determined by the relations"
    BELOW = "reaches down to the value less its lower protection"
    ABOVE = "reaches up to the value plus its upper protection"
    WIDE = "is as wide as its sliding protection"
    GROUP_ABOVE = "reaches up to the minimum group size"
    GROUP_WIDE = "is as wide as the minimum group size less one"


class Failure(Struct, frozen=True, kw_only=True):
    """A primary cell that keeps not all it must.

    lower, upper: its interval as far as it was searched; whole-number tables only where `by_whole_tables`.
    """

    cell: int
    requirements: tuple[Requirement, ...]
    lower: float
    upper: float
    by_whole_tables: bool = False


class Interval(Struct, frozen=True, kw_only=True):
    """Between which values everybody must place a cell; ends may be infinite."""

    cell: int
    lower: float
    upper: float


class Remainder(Struct, frozen=True, kw_only=True):
    """Hidden cells whose total everybody can derive."""

    cells: tuple[int, ...]
    total: float


class Discovery(Struct, frozen=True, kw_only=True):
    """Which primary cells insiders can compute who know the cells `known`."""

    known: tuple[int, ...]
    disclosed: tuple[int, ...]


class AuditReport(Struct, frozen=True, kw_only=True):
    """Whether a release may go out, and what speaks against it. Cells are indices of the tables.

    hidden, primary: how many cells are not printed; how many of them must be protected.
    exactly_disclosed: hidden cells that relations or bounds leave one value, in ascending order.
    narrowest: the primary cells with the narrowest intervals, narrowest first; where the search could end early, the
        interval that was seen.
    intervals: of every hidden cell in ascending order, where all were asked for.
    failures: primary cells whose requirements do not hold.
    remainders: derivable groups of hidden cells below the minimum group size; at least one where there is any.
    discoveries: what insiders could compute of primary cells.
    unproven: what could not be proven, in words; never empty in silence.
    passed: no failure, no finding, nothing unproven.
    """

    hidden: int
    primary: int
    exactly_disclosed: tuple[int, ...]
    narrowest: tuple[Interval, ...]
    intervals: tuple[Interval, ...]
    failures: tuple[Failure, ...]
    remainders: tuple[Remainder, ...]
    discoveries: tuple[Discovery, ...]
    unproven: tuple[str, ...]

    @property
    def passed(self) -> bool:
        return not (self.failures or self.remainders or self.discoveries or self.unproven)
