"""A release as an XLSX workbook: a sheet a table behind one that says what they are. Numbers are numbers, hidden is a sign.

The same release gives the same file, byte for byte.
"""

import io
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import xlsxwriter
from msgspec import Struct

from analysis import Row, SafeTable
from questionnaires.model import Item, Questionnaire, Scale
from survey_service.domain.releases import ReleaseDocument
from survey_service.exports.change_sheets import COLUMNS, MEASURE_COLUMNS, change_lines, measure_lines
from survey_service.results.figures import Released
from survey_service.results.history import History
from survey_service.results.statistics import StatisticsCards
from survey_service.results.wording import HIDDEN, Wording

_MADE = datetime(1980, 1, 1)  # noqa: DTZ001 - a workbook's properties know no zone; the oldest a ZIP file can say
_LONGEST_SHEET_NAME = 31  # characters
_FIRST_LINE = 4  # of a table's columns, below its title and question
_WIDTHS = {"text": 44, "number": 14}  # characters

Value = str | int | float


class _Column(Struct, frozen=True, kw_only=True):
    """form: of the values below it; one of the workbook's formats."""

    name: str
    form: str


class _Sheet(Struct, frozen=True, kw_only=True):
    name: str
    title: str
    asked: str
    columns: tuple[_Column, ...]
    lines: tuple[tuple[Value, ...], ...]
    notes: tuple[str, ...]


def render(
    document: ReleaseDocument, questionnaire: Questionnaire, words: Wording, history: History | None = None
) -> bytes:
    """words: the language of labels; ids and codes stand beside them. history: None: nothing is said of what has changed."""
    file = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(file, options) as book:
        book.set_properties({"title": words.of(document.title), "created": _MADE})
        forms = {
            "text": book.add_format({"text_wrap": True, "valign": "top"}),
            "whole": book.add_format({"num_format": "#,##0", "valign": "top"}),
            "share": book.add_format({"num_format": "0.0%", "valign": "top"}),
            "coefficient": book.add_format({"num_format": "0.00", "valign": "top"}),
            "score": book.add_format({"num_format": "0.0", "valign": "top"}),
            "effect": book.add_format({"num_format": "0.000", "valign": "top"}),
            "title": book.add_format({"bold": True, "font_size": 14}),
            "column": book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"}),
            "link": book.add_format({"font_color": "#0B4A8F", "underline": 1}),
        }
        released = Released(document, questionnaire)
        sheets = [
            *_sheets(released, document, words),
            *_statistics(released, document, words),
            *_history_sheets(released, history, words),
        ]
        _write_read_me(book.add_worksheet("README"), sheets, document, questionnaire, words, forms)
        for sheet in sheets:
            _write(book.add_worksheet(sheet.name), sheet, forms)
    return file.getvalue()


def _write_read_me(
    page: Any,
    sheets: list[_Sheet],
    document: ReleaseDocument,
    questionnaire: Questionnaire,
    words: Wording,
    forms: dict[str, Any],
) -> None:
    page.set_column(0, 0, 34)
    page.set_column(1, 1, 90)
    page.write_string(0, 0, words.of(document.title), forms["title"])
    facts: list[tuple[str, str]] = [
        (words("export.round"), document.round_id + (f" ({words('export.rehearsal')})" if document.rehearsal else "")),
        (words("export.questionnaire"), f"{words.of(questionnaire.title)} {questionnaire.version}"),
        (words("export.hash"), document.questionnaire_sha256),
        (words("export.minimum"), words.whole(document.minimum_group_size)),
        (words("export.roster"), words.whole(document.roster_size)),
        (words("export.analysed"), words.whole(document.analysed)),
        (words("export.hidden", sign=HIDDEN), words("results.method_hidden", minimum=document.minimum_group_size)),
        (words("export.intervals"), words("results.method_interval")),
        (words("export.lines"), words("export.lines_explained")),
    ]
    line = 2
    for name, text in facts:
        page.write_string(line, 0, name, forms["text"])
        page.write_string(line, 1, text, forms["text"])
        line += 1
    line += 1
    page.write_string(line, 0, words("export.sheet"), forms["column"])
    page.write_string(line, 1, words("export.table"), forms["column"])
    for sheet in sheets:
        line += 1
        page.write_url(line, 0, f"internal:'{sheet.name}'!A1", forms["link"], sheet.name)
        page.write_string(line, 1, sheet.title, forms["text"])


def _write(page: Any, sheet: _Sheet, forms: dict[str, Any]) -> None:
    page.write_string(0, 0, sheet.title, forms["title"])
    page.write_string(1, 0, sheet.asked)
    for place, column in enumerate(sheet.columns):
        page.set_column(place, place, _WIDTHS["text" if column.form == "text" else "number"])
        page.write_string(_FIRST_LINE - 1, place, column.name, forms["column"])
    for number, line in enumerate(sheet.lines, _FIRST_LINE):
        for place, (column, value) in enumerate(zip(sheet.columns, line, strict=True)):
            if isinstance(value, str):
                page.write_string(number, place, value, forms["text"])
            else:
                page.write_number(number, place, value, forms[column.form])
    page.freeze_panes(_FIRST_LINE, 0)
    page.autofilter(_FIRST_LINE - 1, 0, _FIRST_LINE - 1 + len(sheet.lines), len(sheet.columns) - 1)
    for number, note in enumerate(sheet.notes, _FIRST_LINE + len(sheet.lines) + 1):
        page.write_string(number, 0, note)


def _sheets(released: Released, document: ReleaseDocument, words: Wording) -> Iterator[_Sheet]:
    figures: dict[str, Item | Scale] = {item.id: item for item in released.questionnaire.items}
    figures |= {scale.id: scale for scale in released.questionnaire.scales}
    for number, table in enumerate(document.tables, 1):
        figure = figures.get(table.figure)
        label = words("results.respondents") if figure is None else _label(figure, words)
        by = "".join(
            f" {words('export.by', question=words.quoted(words.of(item.text)))}"
            for item in released.dimensions(table.dimensions)
        )
        kind = words(f"export.kind.{table.kind}")
        yield _Sheet(
            name=re.sub(r"[\[\]:*?/\\']", "-", f"{number} {table.figure}")[:_LONGEST_SHEET_NAME].rstrip(),
            title=label + by,
            asked=kind,
            columns=_columns(released, table, words),
            lines=tuple(line for row in table.rows for line in _lines(released, table, row, figure, words)),
            notes=_notes(table, figure, words),
        )


def _statistics(released: Released, document: ReleaseDocument, words: Wording) -> Iterator[_Sheet]:
    """One sheet of all that is beyond counts; none where nothing of it was planned."""
    if not document.statistics:
        return
    cards = StatisticsCards(document.statistics, released, words)
    column, low, high = "statistics.column", words("export.low"), words("export.high")
    yield _Sheet(
        name=f"{len(document.tables) + 1} statistics",
        title=words("statistics.title"),
        asked=words("export.statistics"),
        columns=(
            _Column(name=words(f"{column}.measure"), form="text"),
            _Column(name=words(f"{column}.together"), form="text"),
            _Column(name=words("export.code"), form="text"),
            _Column(name=words(f"{column}.margins"), form="text"),
            _Column(name=words("column.n"), form="whole"),
            *(
                _Column(name=name, form="coefficient")
                for name in (
                    words(f"{column}.estimate"),
                    low,
                    high,
                    words(f"{column}.unweighted"),
                    words(f"{column}.design_effect"),
                )
            ),
        ),
        lines=tuple(
            (
                words(f"statistics.kind.{one.kind}"),
                cards.name(one),
                " ".join((*one.figures, *one.options)),
                cards.margins(one) if one.margins else "",
                _or_hidden(one.n),
                _or_hidden(one.estimate),
                *((_or_hidden(one.low), _or_hidden(one.high)) if one.kind != "omega" else ("", "")),
                *(
                    (_or_hidden(one.unweighted), _or_hidden(one.design_effect))
                    if one.kind == "weighted-mean"
                    else ("", "")
                ),
            )
            for one in document.statistics
        ),
        notes=(),
    )


def _history_sheets(released: Released, history: History | None, words: Wording) -> Iterator[_Sheet]:
    """Those that have a line."""
    if history is None:
        return
    since = "" if history.before is None else words("change.since", since=words.calendar_day(history.before.opened_on))
    for name, lines, columns, asked in (
        ("change", change_lines(released, history, words), COLUMNS, since),
        ("measures", measure_lines(history, words), MEASURE_COLUMNS, words("change.measures_note")),
    ):
        if lines:
            yield _Sheet(
                name=words(f"export.sheets.{name}"),
                title=words("change.title" if name == "change" else "change.measures"),
                asked=asked,
                columns=tuple(_Column(name=words(title), form=form) for title, form in columns),
                lines=lines,
                notes=(words("change.shown"), words("export.change_points")) if name == "change" else (),
            )


def _label(figure: Item | Scale, words: Wording) -> str:
    return words.of(figure.title) if isinstance(figure, Scale) else words.of(figure.text)


def _columns(released: Released, table: SafeTable, words: Wording) -> tuple[_Column, ...]:
    groups = tuple(
        _Column(name=name, form="text")
        for item in released.dimensions(table.dimensions)
        for name in (words.of(item.text), words("export.code"))
    )
    n = _Column(name=words("column.n"), form="whole")
    if table.kind == "respondents":
        return (*groups, n)
    low, high = words("export.low"), words("export.high")
    if table.kind == "score":
        named = (words("column.mean"), low, high, words("column.deviation"))
        return (*groups, n, *(_Column(name=name, form="score") for name in named))
    return (
        *groups,
        n,
        _Column(name=words("column.answer"), form="text"),
        _Column(name=words("export.code"), form="text"),
        _Column(name=words("column.count"), form="whole"),
        *(_Column(name=name, form="share") for name in (words("column.share"), low, high)),
    )


def _lines(
    released: Released, table: SafeTable, row: Row, figure: Item | Scale | None, words: Wording
) -> Iterator[tuple[Value, ...]]:
    groups = tuple(
        text
        for item, code in zip(released.dimensions(table.dimensions), row.groups, strict=True)
        for text in (words.of(released.group_name(item, code)), code)
    )
    place = (*groups, _or_hidden(row.n))
    if table.kind == "respondents":
        yield place
    elif table.kind == "score":
        score = row.score
        of_score = (score.mean, score.low, score.high, score.standard_deviation) if score is not None else (None,) * 4
        yield (*place, *(_or_hidden(value) for value in of_score))
    elif row.n is None:
        yield (*place, *(HIDDEN,) * 6)
    else:
        for cell in row.cells:
            values = (_or_hidden(value) for value in (cell.count, cell.share, cell.low, cell.high))
            yield (*place, _option(table, figure, cell.option, words), cell.option, *values)


def _option(table: SafeTable, figure: Item | Scale | None, code: str, words: Wording) -> str:
    if table.kind == "prevalence":
        return words(f"export.prevalence.{code}")
    option = figure.option(code) if isinstance(figure, Item) else None
    return code if option is None else words.of(option.text)


def _notes(table: SafeTable, figure: Item | Scale | None, words: Wording) -> tuple[str, ...]:
    """Who gave no valid answer, as the page says it."""
    if table.unanswered is None or not isinstance(figure, Item):
        return ()
    missing = tuple(
        f"{words.of(option.text)}: {words.whole(table.unanswered.missing.get(option.code, 0))}"
        for option in figure.options
        if option.missing
    )
    return (
        *missing,
        f"{words('column.skipped')}: {words.whole(table.unanswered.skipped)}",
        f"{words('column.not_asked')}: {words.whole(table.unanswered.not_asked)}",
    )


def _or_hidden(value: float | None) -> Value:
    return HIDDEN if value is None else value
