"""Looks which primary cells a pattern does not protect, in two lanes at once.

The lanes are the same however many cores a machine has, neither sees what the other finds, and what they find is put
together in their order: so the same tables give the same pattern. HiGHS lets other threads run while it solves.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from msgspec import Struct

from analysis.disclosure.suppression.master import Cut
from analysis.disclosure.suppression.neighbourhoods import Neighbourhoods
from analysis.disclosure.suppression.pattern import Pattern
from analysis.disclosure.suppression.perturbations import Movement
from analysis.disclosure.suppression.search import Search
from analysis.disclosure.suppression.sweeps import LANES, sweep

FEW = 50  # cells that are looked at in one lane
SAMPLE = 200  # cells that are looked at before it is decided whether sweeps pay
MANY = 800  # cells, from which on they might
LARGEST_FAILURE = 0.35  # share of the sample without protection up to which they do

Tell = Callable[[int, int], None]
"""Is told how much is done, and of how much."""


class Attack(Struct, frozen=True, kw_only=True):
    """failed: cells that the pattern does not protect. cuts: what it violates. order: where to look first next time.

    is_swept: whether sweeps came first.
    """

    failed: list[int]
    cuts: list[Cut]
    order: list[int]
    is_swept: bool = False


class _Finding(Struct, frozen=True, kw_only=True):
    """What a lane found. tried: how many of its cells it looked at."""

    failed: list[int]
    cuts: list[Cut]
    movements: list[Movement]
    tried: int


def attack_in_bulk(search: Search, pattern: Pattern, order: Sequence[int], tell: Tell, most_cuts: int) -> Attack:
    """As `attack`; where most of a sample is protected, sweeps come first."""
    exposed = _exposed(search, pattern, order)
    if len(exposed) < MANY:
        return attack(search, pattern, exposed, tell, most_cuts)
    first = attack(search, pattern, exposed[:SAMPLE], tell, most_cuts)
    is_swept = len(first.failed) <= LARGEST_FAILURE * SAMPLE
    if is_swept:
        sweep(search, pattern)
    rest = attack(search, pattern, exposed[SAMPLE:], tell, most_cuts)
    return Attack(
        failed=first.failed + rest.failed,
        cuts=first.cuts + rest.cuts,
        order=rest.order + first.order,
        is_swept=is_swept,
    )


def attack(search: Search, pattern: Pattern, order: Sequence[int], tell: Tell, most_cuts: int) -> Attack:
    """Adds witnesses to the pattern for what it protects of `order`, and says what it does not, by cells near by.

    most_cuts: about how many end the search; the rest is left for the next time.
    """
    exposed = _exposed(search, pattern, order)
    lanes = LANES if len(exposed) > FEW else 1
    shares = [exposed[lane::lanes] for lane in range(lanes)]
    most = most_cuts // lanes
    if lanes == 1:
        findings = [_look(search, pattern.branch(), shares[0], tell, most)]
    else:
        with ThreadPoolExecutor(lanes - 1) as pool:
            others = [pool.submit(_look, search, pattern.branch(), share, _tell_nobody, most) for share in shares[1:]]
            findings = [_look(search, pattern.branch(), shares[0], tell, most), *(other.result() for other in others)]
    for found in findings:
        for movement in found.movements:
            pattern.add(movement)
    looked_at = {cell for share, found in zip(shares, findings, strict=True) for cell in share[: found.tried]}
    failed = [cell for found in findings for cell in found.failed]
    return Attack(
        failed=failed,
        cuts=[cut for found in findings for cut in found.cuts],
        order=[*(cell for cell in order if cell not in looked_at), *(cell for cell in order if cell in looked_at)],
    )


def _exposed(search: Search, pattern: Pattern, cells: Sequence[int]) -> list[int]:
    return [cell for cell in cells if not search.is_kept(pattern, cell)]


def _look(search: Search, pattern: Pattern, cells: list[int], tell: Tell, most_cuts: int) -> _Finding:
    near = Neighbourhoods(search, pattern.hidden, search.free)
    failed: list[int] = []
    cuts: list[Cut] = []
    tried = 0
    for cell in cells:
        tell(tried, len(cells))
        tried += 1
        missing = near.missing(pattern, cell)
        if missing is not None:
            failed.append(cell)
            cuts += missing
        if len(cuts) >= most_cuts:
            break
    return _Finding(failed=failed, cuts=cuts, movements=pattern.fresh, tried=tried)


def _tell_nobody(_done: int, _of: int) -> None:
    pass
