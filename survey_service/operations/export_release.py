"""A round's release as a file to take along. Every format says the same figures; none reads anything but the release."""

import asyncio
from typing import Literal

from msgspec import Struct

from questionnaires import definitions
from survey_service.exports import delimited, json_document, report, spreadsheet
from survey_service.exports.wording import wording
from survey_service.operations.installation import Installation
from survey_service.operations.read_results import read_history, read_round
from survey_service.operations.release_tables import read_release
from survey_service.results.wording import Language

Format = Literal["csv", "json", "pdf", "xlsx"]

MEDIA_TYPES: dict[Format, str] = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class ReleaseFile(Struct, frozen=True, kw_only=True):
    """tables: how many the release holds."""

    name: str
    media_type: str
    content: bytes
    tables: int


async def export_release(
    installation: Installation, round_id: str, form: Format, language: Language = "de"
) -> ReleaseFile:
    """language: of labels and sentences; CSV and JSON have ids and codes in place of them.

    Raises: UnknownRound, NothingReleased.
    """
    document = await read_release(installation, round_id)
    if form == "json":
        content = json_document.render(document)
    elif form == "csv":
        content = delimited.render(document)
    else:
        found = await read_round(installation, round_id)
        questionnaire, words = definitions.from_bytes(found.questionnaire), wording(language)
        history = await read_history(installation, found)
        if form == "xlsx":
            content = await asyncio.to_thread(spreadsheet.render, document, questionnaire, words, history)
        else:
            reported = report.Reported(
                document=document,
                questionnaire=questionnaire,
                opens_at=found.opens_at,
                closes_at=found.closes_at,
                history=history,
            )
            content = await asyncio.to_thread(report.render, reported, words)
    return ReleaseFile(
        name=f"{round_id}.{form}", media_type=MEDIA_TYPES[form], content=content, tables=len(document.tables)
    )
