"""Geometry: bars from zero, intervals around values, nothing outside of the picture."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey_service.results.charts import LABEL_CHARACTERS, PLOT_WIDTH, WIDTH, Measured, chart

shares = st.floats(0, 1)


def measured(
    value: float | None = 0.5, low: float | None = 0.4, high: float | None = 0.6, label: str = "Ja"
) -> Measured:
    return Measured(label=label, n="n = 40", value=value, low=low, high=high, text="50,0 %")


def test_a_bar_begins_at_zero_and_is_as_long_as_its_share() -> None:
    (row,) = chart("bar", "title", [measured()], "100 %").rows
    assert (row.end, row.low, row.high) == pytest.approx((PLOT_WIDTH * 0.5, PLOT_WIDTH * 0.4, PLOT_WIDTH * 0.6))


def test_the_number_stands_beyond_the_interval_it_belongs_to() -> None:
    (row,) = chart("bar", "title", [measured()], "100 %").rows
    assert row.text_x > (row.high or 0)


def test_a_hidden_row_has_no_length_that_could_be_measured() -> None:
    hidden = [measured(value=None, low=None, high=None) for _ in range(2)]
    drawn = chart("bar", "title", [measured(), *hidden], "100 %")
    assert drawn.has_hidden
    assert [(row.end, row.low, row.high, row.text_x) for row in drawn.rows[1:]] == [
        (None, None, None, drawn.rows[1].text_x)
    ] * 2


def test_long_labels_break_into_lines_and_keep_clear_of_their_bar() -> None:
    (row,) = chart("bar", "title", [measured(label="Wort " * 30)], "100 %").rows
    assert len(row.lines) > 2
    assert all(len(line.text) <= LABEL_CHARACTERS for line in row.lines)
    assert row.lines[-1].y < row.top


def test_whoever_does_not_see_the_chart_is_told_every_value() -> None:
    drawn = chart("bar", "title", [measured(label="Ja"), measured(label="Nein")], "100 %")
    assert drawn.description == "Ja: 50,0 %, n = 40; Nein: 50,0 %, n = 40"


def test_the_axis_begins_with_zero_and_names_its_end() -> None:
    ticks = chart("bar", "title", [measured()], "100 %").ticks
    assert (ticks[0].x, ticks[0].text, ticks[-1].x, ticks[-1].text) == (0, "0", PLOT_WIDTH, "100 %")


@pytest.mark.parametrize("value", [-0.01, 1.01])
def test_a_value_outside_of_the_axis_is_a_fault(value: float) -> None:
    with pytest.raises(ValueError, match="outside"):
        chart("bar", "title", [measured(value=value)], "100 %")


@given(st.lists(st.tuples(shares, shares, shares), min_size=1, max_size=12))
def test_nothing_is_drawn_outside_of_the_picture_or_over_another_row(values: list[tuple[float, float, float]]) -> None:
    rows = [measured(middle, low, high) for low, middle, high in map(sorted, values)]
    drawn = chart("bar", "title", rows, "100 %")
    assert all(0 <= (x or 0) <= WIDTH for row in drawn.rows for x in (row.end, row.low, row.high, row.text_x))
    assert all(
        one.top + drawn.bar_height < other.lines[0].y for one, other in zip(drawn.rows, drawn.rows[1:], strict=False)
    )
    assert drawn.rows[-1].top + drawn.bar_height < drawn.height
