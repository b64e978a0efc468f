"""Finds a nearly cheapest pattern of large tables: a pattern made of cuts grows until it holds, and is thinned out.

While it grows, every witness stays valid, so only what is not protected yet is looked at again. What no cut that was
learned on the way needs is then published again, all of it at once, and where too much was published it grows anew.
"""

import numpy as np
from numpy.typing import NDArray

from analysis.disclosure.suppression.attacking import Tell, attack, attack_in_bulk
from analysis.disclosure.suppression.completing import repair
from analysis.disclosure.suppression.covering import HIDDEN_DEGREE, Progress, new_master, strided
from analysis.disclosure.suppression.master import Master
from analysis.disclosure.suppression.pattern import Pattern
from analysis.disclosure.suppression.perturbations import Numbers
from analysis.disclosure.suppression.rounding import Rounding
from analysis.disclosure.suppression.search import Search

Mask = NDArray[np.bool_]

FIRST_CHOICES = 2  # of degrees, each with cuts for the next; more of them make the pattern hardly cheaper
CUTS = 500  # that one of them asks for
CUTS_AT_ONCE = 200  # by which a pattern grows; what they need protects many other cells, too
THINNED = 3000  # primary cells to which a pattern is thinned out: it takes half of the time again and saves 2 to 4 %


def grow_pattern(search: Search, tell: Progress) -> Pattern:
    """A pattern that protects everything.

    Raises:
        Unprotectable: hiding all that may be hidden is not enough.

    """
    master = new_master(search)
    order = strided(search.primary)
    pattern = search.new_pattern(search.free)
    for _ in range(FIRST_CHOICES):
        degrees = _degrees(search, master)
        pattern = pattern.with_hidden(search.free | (degrees > HIDDEN_DEGREE))
        found = attack_in_bulk(search, pattern, order, _telling(tell, "choosing cells"), CUTS)
        order = found.order
        master.add(found.cuts)
    degrees = _degrees(search, master)
    rounding = Rounding(master.cuts, search.tables.costs, search.free | (degrees > HIDDEN_DEGREE), search.free)
    rounding.keep_cuts(degrees)
    rounding.show_spare()
    pattern = pattern.with_hidden(rounding.hidden)
    grow(search, master, pattern, tell)
    if search.primary.size > THINNED:
        return pattern
    rounding = Rounding(master.cuts, search.tables.costs, pattern.hidden, search.free)
    if not rounding.show_spare().size:
        return pattern
    thinned = pattern.with_hidden(rounding.hidden)
    grow(search, master, thinned, tell)
    return min(pattern, thinned, key=lambda one: search.cost(one.hidden))


def grow(search: Search, master: Master, pattern: Pattern, tell: Progress) -> None:
    """Hides more, by what cuts say, until everything is protected.

    Raises:
        Unprotectable: hiding all that may be hidden is not enough.

    """
    order = strided(search.primary)
    look = attack_in_bulk
    while (found := look(search, pattern, order, _telling(tell, "attacking"), CUTS_AT_ONCE)).failed:
        order = found.order
        if found.is_swept:
            look = attack
        master.add(found.cuts)
        rounding = Rounding(master.cuts, search.tables.costs, pattern.hidden, search.free)
        fresh = rounding.keep_cuts(_degrees(search, master))
        pattern.hidden[fresh] = True
        if not fresh.size:
            repair(search, _degrees(search, master), pattern, found.failed, tell)
    pattern.hidden &= search.free | pattern.moved


def _degrees(search: Search, master: Master) -> Numbers:
    """How much the cuts want each cell hidden; nothing where they contradict each other, which repairing finds out."""
    choice = master.choose()
    return search.free.astype(np.float64) if choice is None else choice.degrees


def _telling(tell: Progress, step: str) -> Tell:
    return lambda done, of: tell(step, done, of)
