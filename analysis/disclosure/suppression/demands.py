"""What every primary cell needs so that nobody can compute it too closely."""

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from analysis.disclosure.linked_tables import LinkedTables, Status

Numbers = NDArray[np.float64]

ROUNDING = 1e-6  # of a cell's unit; a linear program's answer may be off by this
LEAST_SHARE = 1e-3  # of a value; the narrowest interval of a cell with decimals that counts as not disclosed


class Demands(Struct, frozen=True, kw_only=True, eq=False):
    """How far the primary cells must be able to move, never further than the bounds of the cell alone allow.

    up, down: from the value, shape (cells,). width: up and down together, shape (cells,); 0 where nothing is asked.
    least: the smallest movement that leaves a cell undisclosed, shape (cells,).
    integral: whether only whole numbers count.
    """

    up: Numbers
    down: Numbers
    width: Numbers
    least: Numbers
    integral: bool

    def reach(self, amounts: Numbers) -> Numbers:
        """Of movements, what counts: in count tables whole numbers only, as everybody rounds inward."""
        return np.floor(amounts + ROUNDING) if self.integral else amounts + ROUNDING


def demands_of(tables: LinkedTables) -> Demands:
    integral = bool((tables.values % 1 == 0).all() and (tables.relations.data % 1 == 0).all())
    primary = tables.statuses == Status.PRIMARY
    room_up, room_down = tables.upper - tables.values, tables.values - tables.lower
    up, down, width = tables.upper_protection, tables.lower_protection, tables.sliding_protection
    least = np.maximum(1.0, np.abs(tables.values)) * LEAST_SHARE
    if integral:
        room_up, room_down = np.floor(room_up), np.floor(room_down)
        up, down, width = np.ceil(up), np.ceil(down), np.ceil(width)
        least = np.ones(tables.size)
    return Demands(
        up=np.where(primary, np.minimum(up, room_up), 0),
        down=np.where(primary, np.minimum(down, room_down), 0),
        width=np.where(primary, np.minimum(np.maximum(width, least), room_up + room_down), 0),
        least=least,
        integral=integral,
    )
