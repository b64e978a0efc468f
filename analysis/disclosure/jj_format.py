"""Linked tables as files: instances in the JJ format, and which of their cells a pattern hides.

The JJ format is shared by τ-ARGUS, sdcTable and the solvers of Fischetti and Salazar. Its statuses: `u` primary, `m`
primary by hand, `s` may be hidden, `z` is published; from sdcTable, `x` is hidden by an earlier protection and `w` is
in no printed table. R prints 100000 as 1e+05, also where it is an index.

Source: sdcTable, createJJFormat and writeJJFormat; τ-ARGUS manual.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from scipy.sparse import csr_array

Numbers = NDArray[np.float64]
Mask = NDArray[np.bool_]
Line = tuple[int, str]
"""Number, from 1, and text without blanks around it; no line is empty."""

STATUSES = frozenset("umszxw")
FIELDS = ("index", "value", "cost", "status", "lb", "ub", "lpl", "upl", "spl")
TOLERANCE = 1e-6  # of the sum of a relation's terms, for files with decimals

_STATUS = FIELDS.index("status")
_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_RELATION = re.compile(rf"({_NUMBER})\s+({_NUMBER})\s*:((?:\s*{_NUMBER}\s*\(\s*{_NUMBER}\s*\))*+)")
_BRACKETS = str.maketrans("()", "  ")


class Unreadable(ValueError):
    """A file that is not what it should be, with the line where this shows."""

    def __init__(self, path: Path, line: int, fault: str) -> None:
        super().__init__(f"{path}, line {line}: {fault}")
        self.path = path
        self.line = line


class Instance(Struct, frozen=True, kw_only=True, eq=False):
    """A JJ file, checked.

    values, costs, lower, upper, lower_protection, upper_protection, sliding_protection: shape (cells,); the protection
        levels are distances from the value, at least 0. lower and upper may be infinite.
    statuses: letters, shape (cells,).
    relations: shape (relations, cells); `relations @ values == totals`.
    """

    values: Numbers
    costs: Numbers
    statuses: NDArray[np.str_]
    lower: Numbers
    upper: Numbers
    lower_protection: Numbers
    upper_protection: Numbers
    sliding_protection: Numbers
    relations: csr_array
    totals: Numbers


def read_instance(path: Path) -> Instance:
    """The instance at `path`.

    Raises:
        Unreadable: what the file says is not the format, not complete or not consistent.
        OSError: the file cannot be opened.

    """
    lines = _lines(path)
    if lines[0][1] not in {"0", "0.0"}:
        raise Unreadable(path, lines[0][0], f"the first line of a JJ file is 0, not {lines[0][1]!r}")
    cell_count = _count(path, lines, 1, "cells")
    cell_lines = lines[2 : 2 + cell_count]
    columns = _cells(path, cell_lines)
    if len(cell_lines) < cell_count:
        raise Unreadable(path, lines[-1][0], f"the file ends after {len(cell_lines)} of {cell_count} cells")
    relation_count = _count(path, lines, 2 + cell_count, "relations")
    relation_lines = lines[3 + cell_count : 3 + cell_count + relation_count]
    if len(relation_lines) < relation_count:
        raise Unreadable(path, lines[-1][0], f"the file ends after {len(relation_lines)} of {relation_count} relations")
    beyond = lines[3 + cell_count + relation_count :]
    if beyond:
        raise Unreadable(path, beyond[0][0], "text after the last relation; does the file hold two instances?")
    relations, totals = _relations(path, relation_lines, cell_count)
    _check_sums(path, relation_lines, relations, totals, columns["value"])
    return Instance(
        values=columns["value"],
        costs=columns["cost"],
        statuses=columns["status"],
        lower=columns["lb"],
        upper=columns["ub"],
        lower_protection=columns["lpl"],
        upper_protection=columns["upl"],
        sliding_protection=columns["spl"],
        relations=relations,
        totals=totals,
    )


def write_pattern(path: Path, hidden: Mask, primary: Mask) -> None:
    """hidden, primary: shape (cells,). One row a cell: published, primary or complementary."""
    names = np.where(primary, "primary", np.where(hidden, "complementary", "published"))
    rows = [f"{index},{status}\n" for index, status in enumerate(names.tolist())]
    path.write_text("".join(["index,status\n", *rows]), encoding="utf-8", newline="\n")


def read_pattern(path: Path, size: int) -> Mask:
    """Which cells a pattern hides; shape (size,).

    Raises:
        Unreadable: a row that is not `index,status`, a cell that is missing, unknown or named twice.
        OSError: the file cannot be opened.

    """
    lines = _lines(path)
    if lines[0][1].replace(" ", "") != "index,status":
        raise Unreadable(path, lines[0][0], "a pattern starts with the line index,status")
    hidden = np.zeros(size, dtype=np.bool_)
    seen = np.zeros(size, dtype=np.bool_)
    for number, text in lines[1:]:
        index_text, _, status = (part.strip() for part in text.partition(","))
        index = _whole(index_text)
        if status not in {"published", "primary", "complementary"}:
            raise Unreadable(path, number, f"{status!r} is no status: published, primary or complementary")
        if index is None or not 0 <= index < size:
            raise Unreadable(path, number, f"{index_text!r} is no cell of the instance: 0 to {size - 1}")
        if seen[index]:
            raise Unreadable(path, number, f"cell {index} is named twice")
        seen[index] = True
        hidden[index] = status != "published"
    if not seen.all():
        raise Unreadable(path, lines[-1][0], f"cell {int(np.argmin(seen))} is missing")
    return hidden


def write_intervals(path: Path, hidden: Mask, lowest: Numbers, highest: Numbers) -> None:
    """What a reader can find out about each hidden cell; all shape (cells,)."""
    rows = [
        f"{index},{_shortest(float(lowest[index]))},{_shortest(float(highest[index]))}\n"
        for index in np.flatnonzero(hidden).tolist()
    ]
    path.write_text("".join(["index,lo,hi\n", *rows]), encoding="utf-8", newline="\n")


def read_text(path: Path) -> str:
    """The text of a file.

    Raises:
        Unreadable: bytes that are no text.
        OSError: the file cannot be opened.

    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise Unreadable(path, line, "not UTF-8") from None


def _lines(path: Path) -> list[Line]:
    text = read_text(path)
    lines = [(number, stripped) for number, line in enumerate(text.split("\n"), 1) if (stripped := line.strip())]
    if not lines:
        raise Unreadable(path, 1, "the file is empty")
    return lines


def _count(path: Path, lines: Sequence[Line], place: int, what: str) -> int:
    if place >= len(lines):
        raise Unreadable(path, lines[-1][0], f"the file ends before the number of {what}")
    number, text = lines[place]
    count = _whole(text)
    if count is None or count < 0:
        raise Unreadable(path, number, f"the number of {what} is expected here, not {text!r}")
    return count


def _cells(path: Path, lines: Sequence[Line]) -> dict[str, NDArray[Any]]:
    rows = [text.split() for _, text in lines]
    for before, ((number, _), row) in enumerate(zip(lines, rows, strict=True)):
        if len(row) == 1:
            raise Unreadable(path, number, f"more cells are announced than the {before} before this line")
        if len(row) != len(FIELDS):
            raise Unreadable(path, number, f"a cell has {len(FIELDS)} fields ({' '.join(FIELDS)}), this has {len(row)}")
        if row[_STATUS] not in STATUSES:
            raise Unreadable(path, number, f"{row[_STATUS]!r} is no status: {', '.join(sorted(STATUSES))}")
    places = [place for place in range(len(FIELDS)) if place != _STATUS]
    try:
        table = np.array([[float(row[place]) for place in places] for row in rows]).reshape(-1, len(places))
    except ValueError:
        table = None
    if table is None or any("_" in text for _, text in lines):
        raise Unreadable(path, *_first_wrong_number(lines, rows))
    columns = dict(zip([FIELDS[place] for place in places], table.T.copy(), strict=True))
    columns["status"] = np.array([row[_STATUS] for row in rows], dtype=np.str_)
    for fault, wrong in _faults(columns):
        if wrong.any():
            raise Unreadable(path, lines[int(np.argmax(wrong))][0], fault)
    order = columns["index"].astype(np.int64)
    twice = np.flatnonzero(np.bincount(order)[order] > 1)
    if twice.size:
        raise Unreadable(path, lines[int(twice[1])][0], f"cell {order[twice[1]]} is given twice")
    return {name: column[np.argsort(order)] for name, column in columns.items()}


def _faults(cells: dict[str, NDArray[Any]]) -> Iterator[tuple[str, Mask]]:
    """What may not be, each with the cells that are so."""
    index, size = cells["index"], cells["index"].size
    yield f"an index is a whole number from 0 to {size - 1}", ~((index >= 0) & (index < size) & (index % 1 == 0))
    for name in ("value", "cost", "lpl", "upl", "spl"):
        yield f"{name} is not finite", ~np.isfinite(cells[name])
    for name in ("cost", "lpl", "upl", "spl"):
        yield f"{name} is below 0", cells[name] < 0
    slack = TOLERANCE * np.maximum(1, np.abs(cells["value"])) * (cells["value"] % 1 != 0)
    yield "the value is below lb", ~(cells["lb"] <= cells["value"] + slack)
    yield "the value is above ub", ~(cells["value"] - slack <= cells["ub"])


def _first_wrong_number(lines: Sequence[Line], rows: Sequence[Sequence[str]]) -> tuple[int, str]:
    for (number, _), row in zip(lines, rows, strict=True):
        for name, text in zip(FIELDS, row, strict=True):
            if name != "status" and (not _is_number(text) or "_" in text):
                return number, f"{name} is no number: {text!r}"
    return lines[0][0], "a cell is not readable"


def _relations(path: Path, lines: Sequence[Line], size: int) -> tuple[csr_array, Numbers]:
    totals = np.zeros(len(lines))
    starts = [0]
    cells: list[float] = []
    coefficients: list[float] = []
    for row, (number, text) in enumerate(lines):
        found = _RELATION.fullmatch(text)
        if found is None:
            raise Unreadable(path, number, "a relation reads: total size : index (coefficient) index (coefficient) …")
        totals[row] = float(found[1])
        terms = found[3].translate(_BRACKETS).split()
        indices = [float(term) for term in terms[::2]]
        if _whole(found[2]) != len(indices):
            raise Unreadable(path, number, f"{found[2]} cells are announced, {len(indices)} follow")
        if len(set(indices)) < len(indices):
            raise Unreadable(path, number, "a relation names a cell twice")
        wrong = [index for index in indices if not (0 <= index < size and index.is_integer())]
        if wrong:
            raise Unreadable(path, number, f"{_shortest(wrong[0])} is no cell of the instance: 0 to {size - 1}")
        factors = [float(term) for term in terms[1::2]]
        if not np.isfinite(factors).all():
            raise Unreadable(path, number, "a coefficient is not finite")
        cells += indices
        coefficients += factors
        starts.append(len(cells))
    matrix = csr_array(
        (np.array(coefficients), np.array(cells, dtype=np.int32), np.array(starts, dtype=np.int32)),
        shape=(len(lines), size),
    )
    return matrix, totals


def _check_sums(path: Path, lines: Sequence[Line], relations: csr_array, totals: Numbers, values: Numbers) -> None:
    sums = relations @ values
    allowed = TOLERANCE * np.maximum(1, abs(relations) @ np.abs(values))
    wrong = np.abs(sums - totals) > allowed
    if wrong.any():
        first = int(np.argmax(wrong))
        raise Unreadable(
            path,
            lines[first][0],
            f"the values give {_shortest(float(sums[first]))}, not {_shortest(float(totals[first]))}",
        )


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _whole(text: str) -> int | None:
    if not _is_number(text) or not float(text).is_integer():
        return None
    return int(float(text))


def _shortest(number: float) -> str:
    return str(int(number)) if number.is_integer() else repr(number)
