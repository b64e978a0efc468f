"""A release as one CSV table, a line a value; ``hidden`` stands for every hidden value."""

import csv
import io
from collections.abc import Iterator
from typing import Protocol

from analysis import SafeTable

HIDDEN = "hidden"
COLUMNS = ("figure", "kind", "dimension", "group", "n", "option", "count", "share", "mean", "low", "high")


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
            yield (*place, HIDDEN, "", HIDDEN, HIDDEN, HIDDEN, HIDDEN, HIDDEN)
        elif row.score is not None:
            yield (*place, row.n, "", "", "", row.score.mean, row.score.low, row.score.high)
        for cell in row.cells:
            yield (*place, row.n, cell.option, cell.count, cell.share, "", cell.low, cell.high)
