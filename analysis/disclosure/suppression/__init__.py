"""Complementary suppression: which cells have to be hidden besides the primary ones, at the least loss."""

from analysis.disclosure.suppression.completing import Unprotectable
from analysis.disclosure.suppression.protection import Protection, protect

__all__ = ["Protection", "Unprotectable", "protect"]
