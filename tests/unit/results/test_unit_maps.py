"""Units beside the whole: every cell with its number, hidden ones alike, and what is beyond chance by the funnel."""

import pytest

from survey_service.results.heat_map import HeatCell, HeatRow, heat_map
from survey_service.results.pictures import Picture
from survey_service.results.readings import group_readings, whole_reading
from survey_service.results.unit_maps import chance_limits, shown_units, unit_maps
from survey_service.results.wording import HIDDEN
from survey_service.web.team.wording import wording
from tests.unit.results.invented_rounds import affected, mean, means_by_unit, prevalence, released, sizes

FOUND = released(
    mean(60.0, n=400),
    mean(50.0, n=400, scale="safety"),
    means_by_unit(("office", 59.0, 60), ("culture", 45.0, 40), ("order", 66.0, 20)),
    means_by_unit(("office", 51.0, 60), ("culture", 49.0, 40), gone=("order",), scale="safety"),
    prevalence(affected(100, 400)),
    prevalence(affected(15, 60, "office"), affected(30, 40, "culture"), affected(5, 20, "order"), dimension="unit"),
    sizes(("office", 62), ("culture", 41), ("order", 21)),
)


def test_each_kind_of_figure_has_a_map_whose_cells_carry_their_numbers() -> None:
    scores, shares = unit_maps(FOUND, wording("de"))
    assert scores.picture is not None
    assert shares.picture is not None
    numbers = [label.text for label in scores.picture.labels if label.style in ("on-light", "on-dark")]
    assert numbers == ["60,0", "50,0", "59,0", "51,0", "45,0", "49,0", "66,0", HIDDEN]
    assert scores.picture.description.startswith(
        "Alle: Rückhalt durch die Führungskraft 60,0, Sicherheit und Stärke 50,0;"
    )
    assert "Ordnung (n = 21): Rückhalt durch die Führungskraft 66,0, Sicherheit und Stärke verdeckt" in (
        scores.picture.description.replace("\N{NO-BREAK SPACE}", " ")
    )


def test_hidden_cells_are_hatched_and_carry_one_sign() -> None:
    scores, _ = unit_maps(FOUND, wording("de"))
    assert scores.picture is not None
    assert [box.style for box in scores.picture.boxes].count("hidden") == 1
    assert scores.table.rows[-1] == ("\N{EN DASH} Ordnung", "66,0 (n = 20)", HIDDEN)


def test_only_what_chance_does_not_explain_is_framed_and_the_title_counts_it() -> None:
    # The limits of Spiegelhalter (2005) at 99.8 %: for a mean 60 ± 3.09 · 20 / √40, which 45 lies below.
    readings = group_readings(FOUND, FOUND.scales("score")[0], ("unit",))
    limits = chance_limits(whole_reading(FOUND, FOUND.scales("score")[0]), list(readings.values()))
    assert limits[1] == pytest.approx((60 - 9.772, 60 + 9.772), abs=0.001)
    scores, shares = unit_maps(FOUND, wording("en"))
    for card in (scores, shares):
        assert card.picture is not None
        assert [box.style for box in card.picture.boxes].count("frame") == 1
    assert scores.title == "Views: 1 of 5 figures lie further from the whole than chance explains"


def test_where_the_spread_of_the_whole_is_not_released_nothing_is_framed() -> None:
    found = released(mean(60.0), means_by_unit(("office", 10.0, 60)))
    assert chance_limits(None, list(group_readings(found, found.scales("score")[0], ("unit",)).values())) == [None]


def test_units_keep_the_order_of_the_survey_and_those_without_a_figure_are_only_in_the_table() -> None:
    found = released(mean(60.0), means_by_unit(("office", 59.0, 60), ("order", 66.0, 20), gone=("culture",)))
    assert [unit.id for unit in shown_units(found, wording("de"))] == ["office", "order"]
    (card,) = unit_maps(found, wording("de"))
    assert card.base == "Ganz verdeckte Einheiten: 1. Sie stehen nur in der Tabelle."
    assert [row[0] for row in card.table.rows][-1].endswith("Kultur")


def test_a_release_without_units_has_no_map() -> None:
    assert unit_maps(released(mean(60.0)), wording("de")) == ()


def test_nothing_is_drawn_outside_of_the_picture() -> None:
    rows = tuple(
        HeatRow(
            label="Donaudampfschifffahrtsgesellschaft und Amt für Verkehrsüberwachung",
            note="n = 12",
            depth=depth,
            cells=tuple(HeatCell(text="50,0", step=step) for step in (0, 1, 2, 3, 4, None)),
        )
        for depth in range(4)
    )
    columns = tuple("Eine Einschätzung mit einem langen Namen" for _ in range(6))
    drawn = heat_map("Titel", columns, rows, ("a", "b", "c", "d", "e"), "verdeckt")
    assert_inside(drawn)
    lines = [label.text for label in drawn.labels if label.style == "label"]
    assert "".join(text.removesuffix("-") for text in lines if "Do" in text or text.endswith("-")).startswith("Donau")


def assert_inside(drawn: Picture) -> None:
    for box in drawn.boxes:
        assert 0 <= box.x <= box.x + box.width <= drawn.width
        assert 0 <= box.y <= box.y + box.height <= drawn.height
    for label in drawn.labels:
        assert 0 <= label.x <= drawn.width
        assert 0 <= label.y <= drawn.height
