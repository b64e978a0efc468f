"""Why values do not determine a statistic. All are `ValueError`s; none is answered by a silent NaN."""


class NoStatistic(ValueError):
    """What was given does not determine the statistic; the message says what would."""


class TooFewValues(NoStatistic):
    """Fewer values than the statistic takes."""

    def __init__(self, statistic: str, *, found: int, needed: int, of: str = "values that are not missing") -> None:
        super().__init__(f"{statistic} needs at least {needed} {of}; there are {found}")
        self.found = found
        self.needed = needed


class NoSpread(NoStatistic):
    """Values that are all alike, where the statistic divides by how they differ."""


class NotConverged(NoStatistic):
    """An iteration that did not come to rest."""

    def __init__(self, what: str, *, iterations: int, gap: float) -> None:
        super().__init__(f"{what} did not converge in {iterations} iterations; the largest gap is {gap:.3g}")
        self.iterations = iterations
        self.gap = gap


class UnknownGroup(NoStatistic):
    """Groups of people and groups of the population that do not match."""


class SingleUnit(NoStatistic):
    """A stratum with one sampled unit: its variance cannot be estimated."""

    def __init__(self, stratum: object) -> None:
        super().__init__(f"stratum {stratum!r} has one sampled unit: merge it with a similar stratum")
        self.stratum = stratum
