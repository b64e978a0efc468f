"""Whatever a notebook hands over: a result, or a refusal with a name; no warning, and no error of numpy's."""

import inspect
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct, structs

import analysis
from analysis import NoStatistic, difference_of_means, difference_of_proportions, post_stratify, survey_mean, tabulate
from analysis.weighting import rake
from tests.unit.statistics.test_documentation import FUNCTIONS, OWN_PAGE

NAN, INFINITE = float("nan"), float("inf")
KEEP_MISSING = {"scale_scores", "reverse_codes", "benjamini_hochberg"}  # NaN stays where a value is missing
ODD: tuple[Any, ...] = (
    *(None, "x", "3", NAN, INFINITE, -1, 0, 1, 2, 3.5, 1e300, 1e-300, np.int8(100), np.float32(2), True, 2 + 1j),
    *([], [[]], [1], [1, 2], [0, 1, 0, 1], [5, 6, 7, 8], [NAN] * 4, [1, [2, 3]], ["a", "b", "a", "b"], [None, 1, 2, 3]),
    *([1e300, 1e308, -1e308, 1.0], [1e-300, 2e-300, 0, 1e-320], [0, 0, 0, 0], [-1, 2, 3, 4], [1, INFINITE, 2, 3]),
    *(
        {"a": 4, "b": 6},
        {0: 4, 1: 6},
        {"a": [1, 2]},
        {1: None},
        [{0: 4, 1: 6}],
        [[4, 6], [5, 5]],
        [(1, 5), None, (2, 6)],
    ),
    np.array([100, 120, 127, -128], dtype=np.int8),
    np.array([[100, 120, 127], [90, -80, 127], [1, 2, 3], [5, 5, 5]], dtype=np.int8),
    np.array([[1, 2, None], [2, 3, 4], [3, 3, 5], [1, 1, 1]], dtype=object),
    np.full((4, 3), NAN),
    np.zeros((4, 0)),
    np.ones((4, 3)),
    np.ones((2, 2, 2)),
    np.ma.array([1.0, 2.0, 3.0, 4.0], mask=[0, 1, 0, 0]),
    np.array(["2026-01-01"] * 4, dtype="M8[D]"),
)


class Labelled:
    """A column or a frame as pandas has them, as far as anybody here asks."""

    def __init__(self, cells: dict[Any, Any], *, is_frame: bool = False) -> None:
        self._cells = cells
        self.ndim = 2 if is_frame else 1

    def keys(self) -> list[Any]:
        return list(self._cells)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._cells.values())

    def __getitem__(self, name: Any) -> Any:
        return self._cells[name]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:  # noqa: FBT001 - numpy's
        return np.array(list(self._cells.values()), dtype=dtype)


def tells_nothing(result: Any) -> bool:
    """Whether a NaN is in it."""
    if isinstance(result, Struct):
        return any(map(tells_nothing, structs.asdict(result).values()))
    if isinstance(result, dict):
        return any(map(tells_nothing, result.values()))
    if isinstance(result, tuple | list):
        return any(map(tells_nothing, result))
    return isinstance(result, float | np.ndarray) and bool(np.isnan(np.asarray(result, dtype=np.float64)).any())


@pytest.mark.parametrize("name", sorted(set(FUNCTIONS) - OWN_PAGE))
@settings(deadline=None)  # on a busy machine a single example may wait
@given(chance=st.data())
def test_nothing_odd_comes_out_of_what_is_odd(name: str, chance: st.DataObject) -> None:
    function: Callable[..., Any] = getattr(analysis, name)
    asked = [each for each in inspect.signature(function).parameters.values() if each.default is each.empty]
    arguments = {each.name: chance.draw(st.sampled_from(ODD)) for each in asked}

    try:
        result = function(**arguments)
    except NoStatistic:
        return
    assert name in KEEP_MISSING or not tells_nothing(result), (arguments, result)


@pytest.mark.parametrize(
    "column", [(1, 2), np.array([1, 2], np.int8), np.array([1, 2], object), Labelled({7: 1, 3: 2})]
)
def test_every_kind_of_column_is_the_same(column: Any) -> None:
    assert survey_mean(column) == survey_mean([1.0, 2.0])


def test_small_integers_do_not_run_over() -> None:
    small = [np.int8(count) for count in (100, 120, 90, 127)]

    assert difference_of_proportions(*small) == difference_of_proportions(100, 120, 90, 127)
    assert difference_of_means(small[0], 20, small[1], small[2], 30, small[3]) == difference_of_means(
        100, 20, 120, 90, 30, 127
    )


def test_sizes_with_labels_are_found_by_label_not_by_place() -> None:
    """The order of a pandas Series is an accident; its index is not."""
    units = Labelled({10: 0, 11: 1, 12: 1})
    sizes = Labelled({1: 6, 0: 4})

    assert post_stratify(units, sizes).tolist() == [4, 3, 3]
    assert rake(Labelled({"unit": units}, is_frame=True), {"unit": sizes}).tolist() == pytest.approx([4, 3, 3])
    assert survey_mean([1.0, 2.0, 3.0, 5.0], strata=[0, 0, 1, 1], population=sizes) == survey_mean(
        [1.0, 2.0, 3.0, 5.0], strata=[0, 0, 1, 1], population={0: 4, 1: 6}
    )


def test_a_call_with_an_argument_too_many_is_a_fault_of_the_program() -> None:
    with pytest.raises(TypeError):
        survey_mean([1.0, 2.0], whatever=3)  # type: ignore[call-arg]


def test_a_hidden_mask_is_refused() -> None:
    with pytest.raises(NoStatistic, match="mask"):
        survey_mean(np.ma.array([1.0, 2.0, 99.0], mask=[0, 0, 1]))


@pytest.mark.parametrize("labels", [["a", "a", None, "b"], [1.0, 1.0, NAN, 2.0]])
@pytest.mark.parametrize("statistic", [analysis.icc1, analysis.icc2, analysis.empirical_bayes_means])
def test_a_missing_group_is_no_group(statistic: Callable[..., Any], labels: list[Any]) -> None:
    with pytest.raises(NoStatistic, match="group"):
        statistic([1.0, 2.0, 3.0, 4.0], np.array(labels, dtype=object) if "a" in labels else labels)


def test_a_table_without_items_counts_none() -> None:
    assert tabulate([(np.zeros((3, 0), np.int8), [0, 1, 1])], groups=2, categories=3).shape == (0, 2, 3)
