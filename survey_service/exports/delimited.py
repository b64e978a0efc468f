"""A release as one CSV table, a line a value; ``hidden`` stands for every hidden value, whatever the reason.

Numbers have a decimal point, in every language. Every other field is an id or a code, which begins with a letter or a
digit by its syntax, so no field is read as a formula.
"""

import csv
import io
from collections.abc import Iterator
from typing import Protocol

from analysis import SafeTable

HIDDEN = "hidden"
COLUMNS = (
    "figure",
    "kind",
    "dimension",
    "group",
    "n",
    "option",
    "count",
    "share",
    "mean",
    "low",
    "high",
    "standard_deviation",
)


class Released(Protocol):
    @property
    def tables(self) -> tuple[SafeTable, ...]: ...


def render(document: Released) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for table in document.tables:
        writer.writerows(_lines(table))
    # The mark tells spreadsheets that umlauts are UTF-8.
    return text.getvalue().encode("utf-8-sig")


def _lines(table: SafeTable) -> Iterator[tuple[object, ...]]:
    for row in table.rows:
        place = (table.figure, table.kind, table.dimension or "", row.group or "")
        if row.n is None:
            yield (*place, HIDDEN, "", *(HIDDEN for _ in COLUMNS[6:]))
        elif row.score is not None:
            spread = (row.score.low, row.score.high, row.score.standard_deviation)
            yield (*place, row.n, "", "", "", row.score.mean, *(HIDDEN if s is None else s for s in spread))
        for cell in row.cells:
            yield (*place, row.n, cell.option, cell.count, cell.share, "", cell.low, cell.high, "")
