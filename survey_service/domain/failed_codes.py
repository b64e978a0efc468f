"""How many wrong codes are looked at. Counts failures only, for the whole service: no address, no person, no round."""

from collections.abc import Callable

CAPACITY = 500  # wrong codes at once: 2,500 people mistyping one code in five
REFILL_SECONDS = 0.2  # until one more is looked at
RETRY_AFTER = 1  # whole seconds; the smallest a client can be told


class FailedCodes:
    """A bucket that every wrong code takes one token from.

    clock: monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._tokens = float(CAPACITY)
        self._filled_at = clock()

    @property
    def is_exhausted(self) -> bool:
        self._refill()
        return self._tokens < 1

    def count(self) -> None:
        """Counts one wrong code."""
        self._refill()
        self._tokens = max(0.0, self._tokens - 1)

    def _refill(self) -> None:
        now = self._clock()
        self._tokens = min(CAPACITY, self._tokens + (now - self._filled_at) / REFILL_SECONDS)
        self._filled_at = now
