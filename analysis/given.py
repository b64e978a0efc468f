"""What a statistic is given: the one door at which faults of what comes from outside get a name."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import numpy as np

from analysis.errors import NoStatistic

Given = ParamSpec("Given")
Result = TypeVar("Result")


def statistic(function: Callable[Given, Result]) -> Callable[Given, Result]:
    """Makes `function` refuse by name what it cannot compute with.

    Text, ragged lists and numbers beyond what floating point holds become `NoStatistic`; nothing warns and goes on.
    numpy's scalars become Python's first: an int8 count of 100 doubles to -56.
    """

    @wraps(function)
    def named(*positional: Given.args, **by_name: Given.kwargs) -> Result:
        try:
            with np.errstate(over="raise", divide="raise", invalid="raise"):
                return function(*map(_plain, positional), **{name: _plain(value) for name, value in by_name.items()})
        except NoStatistic:
            raise
        except (FloatingPointError, OverflowError, ZeroDivisionError) as fault:
            raise NoStatistic(f"numbers too large, or too close to 0, to compute with: {fault}") from fault
        except (TypeError, ValueError) as fault:
            if isinstance(fault, TypeError) and fault.__traceback__ is not None and fault.__traceback__.tb_next is None:
                raise  # the call itself: an argument too many, or one missing
            raise NoStatistic(f"plain arrays of numbers, NaN = missing, are asked for: {fault}") from fault

    return named


def named_values(given: Any) -> Mapping[Any, Any] | None:
    """Values by name, of a mapping or of a labelled column such as pandas has; None of anything else."""
    if isinstance(given, Mapping):
        return given
    return {name: given[name] for name in given.keys()} if hasattr(given, "keys") else None  # noqa: SIM118 - no mapping


def _plain(given: Any) -> Any:
    if isinstance(given, np.ma.MaskedArray):
        raise NoStatistic("a masked array hides what is missing: give NaN in its place, as `filled` does")
    return given.item() if isinstance(given, np.generic) else given
