"""A unit beside the whole: only one that shows, no rank, and a likely value between its own and that of its level."""

from datetime import date

import pytest

from survey_service.results.unit_page import UnitPage, unit_page
from survey_service.results.wording import HIDDEN
from survey_service.web.team.wording import wording
from tests.unit.results.invented_rounds import (
    CORE,
    affected,
    document,
    history,
    mean,
    means_by_unit,
    prevalence,
    released,
    sizes,
)

TABLES = (
    mean(60.0),
    means_by_unit(("office", 58.0, 60), ("culture", 45.0, 40), ("order", 70.0, 20)),
    prevalence(affected(100, 400)),
    prevalence(affected(15, 60, "office"), affected(30, 40, "culture"), affected(1, 20, "order"), dimension="unit"),
    sizes(("office", 62), ("culture", 41), ("order", 21)),
)


def made(unit: str, language: str = "de") -> UnitPage | None:
    return unit_page(document(*TABLES), CORE, wording(language), history(), unit)


def test_a_unit_stands_beside_the_whole_with_what_chance_alone_would_do() -> None:
    page = made("culture")
    assert page is not None
    assert page.beside is not None
    assert page.beside.title == "2 von 2 Zahlen liegen weiter vom Ganzen weg, als der Zufall erklärt"
    score = next(row for row in page.beside.table.rows if "Rückhalt" in row[0])
    # 60 ± 3.09 · 20 / √40 (Spiegelhalter 2005).
    assert score[1:5] == ("40", "45,0", "60,0", "50,2 bis 69,8")
    assert page.beside.picture is not None
    assert [dot.style for dot in page.beside.picture.dots] == ["dot", "dot"]


def test_the_likely_value_lies_between_the_unit_and_its_level() -> None:
    page = made("order", language="en")
    assert page is not None
    assert page.beside is not None
    score = next(row for row in page.beside.table.rows if "superior" in row[0].lower() or "Backing" in row[0])
    assert 57.5 < float(score[5].split(" ")[0]) < 70.0


def test_where_there_is_nobody_to_compare_with_no_likely_value_is_made_up() -> None:
    page = made("office")  # the only unit of its level
    assert page is not None
    assert page.beside is not None
    assert {row[5] for row in page.beside.table.rows} == {HIDDEN}


@pytest.mark.parametrize("unit", ["nobody", "town"])
def test_a_unit_that_is_hidden_and_one_that_does_not_exist_look_the_same(unit: str) -> None:
    assert made(unit) is None


def test_the_change_of_a_unit_is_judged_with_those_of_all_others() -> None:
    before = released(mean(60.0), means_by_unit(("office", 58.0, 60), ("culture", 70.0, 40)))
    page = unit_page(document(*TABLES), CORE, wording("de"), history((date(2026, 5, 30), before)), "culture")
    assert page is not None
    assert page.change is not None
    assert page.change.title == "Sicher verändert seit der letzten Runde: 1 von 1"
    assert page.change.table.rows[0][3] == "\N{MINUS SIGN}25,0"
