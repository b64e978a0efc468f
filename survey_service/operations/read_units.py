"""A city's units from a CSV file: read line by line, every fault named with its line."""

import csv
import io
import re
from collections.abc import Sequence
from typing import Any

from survey_service.domain.survey_faults import SurveyFault
from survey_service.domain.surveys import Unit
from survey_service.domain.units import LONGEST_UNIT_ID

_UNIT_ID = re.compile(rf"[a-z0-9][a-z0-9-]{{0,{LONGEST_UNIT_ID - 1}}}")
_NUMBER = re.compile(r"[0-9]{1,7}")  # persons
_COLUMNS = {"id", "parent", "headcount", "headcount_leadership", "headcount_contact", "predecessor"}
_COUNTS = ("headcount", "headcount_leadership", "headcount_contact")


def read_units(content: bytes, name: str, languages: Sequence[str], faults: list[SurveyFault]) -> tuple[Unit, ...]:
    """The units that can be read; what cannot is added to `faults`. name: of the file, for them."""
    try:
        text = content.decode("utf-8-sig")
        # Spreadsheets in German write semicolons, since the comma is in their numbers.
        delimiter = ";" if ";" in text.partition("\n")[0] else ","
        reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        columns = set(reader.fieldnames or ())
        wanted = {"id", "headcount", *(f"name_{language}" for language in languages)}
        unknown = {column for column in columns - _COLUMNS if not column.startswith("name_")}
        faults.extend(
            SurveyFault(place=name, name="column_missing", facts={"column": column})
            for column in sorted(wanted - columns)
        )
        faults.extend(
            SurveyFault(place=name, name="column_unknown", facts={"column": column}) for column in sorted(unknown)
        )
        if wanted - columns:
            return ()
        return tuple(
            unit
            for row in reader
            if (unit := _unit(row, languages, f"{name}, line {reader.line_num}", faults)) is not None
        )
    except (UnicodeDecodeError, csv.Error) as error:
        faults.append(SurveyFault(place=name, name="units_no_text", facts={"reason": str(error)}))
    return ()


def _unit(row: dict[str, Any], languages: Sequence[str], place: str, faults: list[SurveyFault]) -> Unit | None:
    if None in row or None in row.values():
        faults.append(SurveyFault(place=place, name="fields"))
        return None
    given = {name: value.strip() for name, value in row.items() if value.strip()}
    before = len(faults)
    counts: dict[str, int] = {}
    for column in _COUNTS:
        if column in given and not _NUMBER.fullmatch(given[column]):
            faults.append(SurveyFault(place=place, name="no_number", facts={"column": column}))
        elif column in given:
            counts[column] = int(given[column])
    faults.extend(
        SurveyFault(place=place, name="empty", facts={"column": column})
        for column in ("id", "headcount", *(f"name_{language}" for language in languages))
        if column not in given
    )
    if "id" in given and not _UNIT_ID.fullmatch(given["id"]):
        faults.append(SurveyFault(place=place, name="unit_id", facts={"most": LONGEST_UNIT_ID}))
    if len(faults) > before:
        return None
    return Unit(
        id=given["id"],
        name={language: given[f"name_{language}"] for language in languages},
        parent=given.get("parent"),
        predecessor=given.get("predecessor"),
        headcount=counts["headcount"],
        headcount_leadership=counts.get("headcount_leadership"),
        headcount_contact=counts.get("headcount_contact"),
    )
