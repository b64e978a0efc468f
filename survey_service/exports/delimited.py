"""A release as one CSV table, a line a value; ``hidden`` stands for every hidden value, whatever the reason.

Numbers have a decimal point, in every language. Of crossed dimensions both ids stand in one field, and both codes, with a
space between them, which no id and no code contains. Every other field is an id or a code, which begins with a letter or a
digit by its syntax, so no field is read as a formula.
"""

import csv
import io
from collections.abc import Iterator
from typing import Protocol

from analysis import SafeStatistic, SafeTable

HIDDEN = "hidden"
COLUMNS = (
    "figure",
    "kind",
    "dimensions",
    "groups",
    "n",
    "option",
    "count",
    "share",
    "mean",
    "low",
    "high",
    "standard_deviation",
    "estimate",
    "unweighted",
    "design_effect",
)
OF_TABLES = COLUMNS[:12]  # what lies behind them is of statistics


class Released(Protocol):
    @property
    def tables(self) -> tuple[SafeTable, ...]: ...

    @property
    def statistics(self) -> tuple[SafeStatistic, ...]: ...


def render(document: Released) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for table in document.tables:
        writer.writerows((*line, "", "", "") for line in _lines(table))
    writer.writerows(map(_line, document.statistics))
    # The mark tells spreadsheets that umlauts are UTF-8.
    return text.getvalue().encode("utf-8-sig")


def _lines(table: SafeTable) -> Iterator[tuple[object, ...]]:
    for row in table.rows:
        place = (table.figure, table.kind, " ".join(table.dimensions), " ".join(row.groups))
        if row.n is None:
            yield (*place, HIDDEN, "", *(HIDDEN for _ in OF_TABLES[6:]))
        elif row.score is not None:
            spread = (row.score.low, row.score.high, row.score.standard_deviation)
            yield (*place, row.n, "", "", "", row.score.mean, *(_or_hidden(value) for value in spread))
        elif table.kind == "respondents":
            yield (*place, row.n, *("" for _ in OF_TABLES[5:]))
        for cell in row.cells:
            interval = (_or_hidden(cell.low), _or_hidden(cell.high))
            yield (*place, row.n, cell.option, _or_hidden(cell.count), _or_hidden(cell.share), "", *interval, "")


def _line(one: SafeStatistic) -> tuple[object, ...]:
    place = (" ".join(one.figures), one.kind, " ".join(one.margins), "", _or_hidden(one.n), " ".join(one.options))
    of_all = (_or_hidden(one.low), _or_hidden(one.high)) if one.kind != "omega" else ("", "")
    of_weights = (one.unweighted, one.design_effect) if one.kind == "weighted-mean" else None
    return (
        *(*place, "", "", "", *of_all, "", _or_hidden(one.estimate)),
        *(("", "") if of_weights is None else map(_or_hidden, of_weights)),
    )


def _or_hidden(value: float | None) -> float | str:
    return HIDDEN if value is None else value
