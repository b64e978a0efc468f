import csv
import io
import json
import re
from typing import get_type_hints

import msgspec
import pytest

from analysis import Release, SafeStatistic, SafeTable
from questionnaires.rules import NAME
from survey_service.domain.releases import ReleasedComments, ReleaseDocument, ReleasedUnit
from survey_service.exports import delimited, json_document
from tests.unit.analysis.invented import answers
from tests.unit.exports.conftest import PEOPLE, released_of
from tests.unit.exports.write_schema import SCHEMA, written


def lines(released: Release) -> list[dict[str, str]]:
    text = delimited.render(released).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def test_a_csv_says_that_it_is_utf_8_and_ends_its_lines_as_rfc_4180_does(released: Release) -> None:
    found = delimited.render(released)

    assert found.startswith(b"\xef\xbb\xbf")
    assert found.count(b"\r\n") == found.count(b"\n")


def test_every_csv_line_has_every_column(released: Release) -> None:
    assert {len(line) for line in csv.reader(io.StringIO(delimited.render(released).decode()))} == {
        len(delimited.COLUMNS)
    }


def test_no_csv_field_is_read_as_a_formula(released: Release) -> None:
    """OWASP, CSV injection: a field is a formula where it begins with = + - @, a tab or a line break."""
    for line in lines(released):
        for field in line.values():
            assert re.fullmatch(r"[a-z0-9][a-z0-9.-]*|", field), field


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@sum", "\tx", "\rx", "a\n=1", "", "a;b", 'a"b'])
def test_an_id_that_could_be_a_formula_is_no_id(name: str) -> None:
    assert not NAME.fullmatch(name)


def test_csv_figures_are_those_of_the_tables(released: Release) -> None:
    found = lines(released)
    cells = [(t, r, c) for t in released.tables for r in t.rows for c in r.cells]
    printed = [line for line in found if line["count"] not in ("", delimited.HIDDEN)]

    assert len(printed) == len(cells)
    for line, (table, row, cell) in zip(printed, cells, strict=True):
        assert (line["figure"], line["dimensions"], line["groups"]) == (
            table.figure,
            " ".join(table.dimensions),
            " ".join(row.groups),
        )
        assert (int(line["n"]), line["option"], int(line["count"])) == (row.n, cell.option, cell.count)
        assert [float(line[column]) for column in ("share", "low", "high")] == [cell.share, cell.low, cell.high]


def test_every_hidden_value_has_one_mark_in_csv(released: Release) -> None:
    hidden = [line for line in lines(released) if line["n"] == delimited.HIDDEN]

    assert hidden
    assert (
        len({tuple(value for column, value in line.items() if column not in ("figure", "kind")) for line in hidden})
        == 1
    )


def test_a_mean_without_its_spread_shows_the_same_mark(released: Release) -> None:
    by_lead = [line for line in lines(released) if (line["figure"], line["dimensions"]) == ("strength", "lead")]

    assert len(by_lead) == 2
    for line in by_lead:
        assert float(line["mean"]) >= 0
        assert [line[column] for column in ("low", "high", "standard_deviation")] == [delimited.HIDDEN] * 3


def test_json_has_null_for_everything_hidden_and_no_number_that_is_none(released: Release) -> None:
    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    found = json.loads(json_document.render(released), parse_constant=refuse)

    hidden = [row for table in found["tables"] for row in table["rows"] if row["n"] is None]
    assert hidden
    assert all(row == {"groups": [], "n": None, "cells": [], "score": None} for row in hidden)
    assert msgspec.json.decode(json_document.render(released), type=Release) == released


def test_the_same_release_gives_the_same_files(released: Release) -> None:
    again = released_of(answers(PEOPLE)[::-1])

    assert delimited.render(again) == delimited.render(released)
    assert json_document.render(again) == json_document.render(released)


def test_what_is_exported_has_safe_tables_and_round_totals_only() -> None:
    hints = get_type_hints(ReleaseDocument)

    assert hints["tables"] == tuple[SafeTable, ...]
    assert {hint for name, hint in hints.items() if name != "tables"} == {
        get_type_hints(ReleaseDocument)["round_id"],
        dict[str, str],
        str,
        int,
        bool,
        tuple[ReleasedUnit, ...],
        tuple[SafeStatistic, ...],
        tuple[ReleasedComments, ...],  # two people have let out each of their words
    }


def test_the_documented_schema_is_that_of_the_release() -> None:
    assert SCHEMA.read_bytes() == written(), "write it anew: python -m tests.unit.exports.write_schema"
