"""The workbook says what the release says: numbers as numbers, one sign for what is hidden, and no formula."""

import io
import zipfile
from datetime import date

import msgspec
import pytest
from openpyxl import Workbook, load_workbook

from survey_service.domain.programme import ProgrammeMeasure
from survey_service.domain.releases import ReleaseDocument
from survey_service.exports import spreadsheet
from survey_service.exports.wording import wording
from survey_service.results.wording import HIDDEN
from tests.unit.analysis.invented import SMALL
from tests.unit.results import invented_rounds

COLUMNS_AT = 4  # the line of a sheet's column names


@pytest.fixture(scope="module")
def book(document: ReleaseDocument) -> Workbook:
    return load_workbook(io.BytesIO(spreadsheet.render(document, SMALL, wording("en"))))


def lines(book: Workbook, sheet: str) -> list[dict[str, object]]:
    rows = book[sheet].iter_rows(min_row=COLUMNS_AT, values_only=True)
    names = [str(name) for name in next(rows)]
    return [dict(zip(names, row, strict=True)) for row in rows if row[2] is not None]


def test_a_sheet_for_each_table_stands_behind_one_that_lists_them(document: ReleaseDocument, book: Workbook) -> None:
    read_me, *sheets = book.sheetnames

    assert read_me == "README"
    assert len(sheets) == len(document.tables)
    listed = [cell.value for cell in book["README"]["A"] if cell.hyperlink]
    assert listed == sheets


def test_every_count_and_share_is_that_of_its_table(document: ReleaseDocument, book: Workbook) -> None:
    compared = 0
    for table, sheet in zip(document.tables, book.sheetnames[1:], strict=True):
        cells = [(row, cell) for row in table.rows for cell in row.cells]
        if table.kind not in ("options", "prevalence") or not cells:
            continue
        printed = [line for line in lines(book, sheet) if line["n"] != HIDDEN]
        for (row, cell), line in zip(cells, printed, strict=True):
            assert (line["n"], line["Count"], line["Share"]) == (row.n, cell.count, cell.share)
            assert [line["95% from"], line["95% to"]] == [cell.low, cell.high]
            compared += 1
    assert compared > 10


def test_a_mean_stands_with_its_number_of_answers_and_hidden_spread(document: ReleaseDocument, book: Workbook) -> None:
    place, table = next(
        (place, table)
        for place, table in enumerate(document.tables, 1)
        if (table.figure, table.dimensions) == ("strength", ("lead",))
    )
    for row, line in zip(table.rows, lines(book, book.sheetnames[place]), strict=True):
        assert row.score is not None
        assert (line["n"], line["Mean"]) == (row.n, row.score.mean)
        assert line["95% from"] == HIDDEN


def test_nothing_hidden_has_a_number(document: ReleaseDocument, book: Workbook) -> None:
    found = 0
    for table, sheet in zip(document.tables, book.sheetnames[1:], strict=True):
        hidden = sum(row.n is None for row in table.rows)
        printed = [line for line in lines(book, sheet) if line["n"] == HIDDEN]
        assert len(printed) == hidden
        found += hidden
        for line in printed:
            assert not [value for value in line.values() if isinstance(value, int | float)]
    assert found


def test_no_text_is_a_formula_even_where_it_looks_like_one(book: Workbook) -> None:
    assert book["README"]["A1"].value == "=1+1"
    assert {cell.data_type for sheet in book for row in sheet for cell in row} <= {"s", "n"}


def test_the_workbook_asks_for_nothing_from_elsewhere(document: ReleaseDocument) -> None:
    with zipfile.ZipFile(io.BytesIO(spreadsheet.render(document, SMALL, wording("de")))) as parts:
        assert not [name for name in parts.namelist() if "external" in name.lower() or "macro" in name.lower()]
        assert not [name for name in parts.namelist() if b'TargetMode="External"' in parts.read(name)]


@pytest.mark.parametrize("language", ["de", "en"])
def test_the_same_release_gives_the_same_workbook(document: ReleaseDocument, language: str) -> None:
    first = spreadsheet.render(document, SMALL, wording(language))
    assert spreadsheet.render(document, SMALL, wording(language)) == first


def test_every_change_has_a_line_and_every_measure_its_day() -> None:
    made = spreadsheet.render(
        invented_rounds.document(invented_rounds.mean(70.0), invented_rounds.means_by_unit(("office", 80.0, 60))),
        invented_rounds.CORE,
        wording("en"),
        msgspec.structs.replace(
            invented_rounds.history(
                (
                    date(2026, 5, 30),
                    invented_rounds.released(
                        invented_rounds.mean(60.0), invented_rounds.means_by_unit(("office", 79.0, 60))
                    ),
                )
            ),
            measures=(ProgrammeMeasure(measure_id="a", day=date(2026, 8, 1), name={"de": "=1+1"}),),
        ),
    )
    book = load_workbook(io.BytesIO(made))
    whole, office = lines(book, "Change")
    assert [whole[name] for name in ("Group", "Id", "last round", "this round", "Difference in points")] == [
        "Everyone",
        "superior-support",
        60,
        70,
        10,
    ]
    assert (whole["Verdict"], office["Verdict"]) == ("more than chance", "not sure")
    assert book["Measures"]["A5"].value == "2026-08-01"
    assert book["Measures"]["B5"].value == "=1+1"
    assert book["Measures"]["B5"].data_type == "s"


def test_without_a_round_before_and_without_measures_there_is_no_sheet_of_them(book: Workbook) -> None:
    assert not {"Change", "Measures"} & set(book.sheetnames)
