"""A round's report as PDF: what the results page says, on paper, tagged so that it can be read aloud.

The same release gives the same file, byte for byte.
"""

from datetime import datetime
from importlib import resources
from typing import Any, Final

import msgspec
import typst
from msgspec import Struct

from questionnaires.model import Questionnaire
from survey_service.domain.releases import ReleaseDocument
from survey_service.results.cards import Card, Table
from survey_service.results.change_cards import ChangeSection
from survey_service.results.charts import PLOT_WIDTH, Chart, Row
from survey_service.results.history import History
from survey_service.results.page import Comparison, ResultsPage, results_page
from survey_service.results.pictures import Picture
from survey_service.results.wording import HIDDEN, Wording

_WORDS = ("report", "contents", "findings", "method", "results", "limits", "glossary", "tables", "tables_intro")
STANDARD: Final = (
    "ua-1"  # PDF/UA-1, ISO 14289-1: typst refuses to write what lacks a title, a language or an alternative text
)


class Reported(Struct, frozen=True, kw_only=True):
    """What a report is made from. history: None: nothing is said of what has changed."""

    document: ReleaseDocument
    questionnaire: Questionnaire
    opens_at: datetime
    closes_at: datetime
    history: History | None = None


def render(reported: Reported, words: Wording) -> bytes:
    page = results_page(reported.document, reported.questionnaire, words, reported.history)
    content = _content(reported, page, words)
    template = resources.files("survey_service.exports").joinpath("report.typ").read_bytes()
    return typst.compile(
        template,
        sys_inputs={"report": msgspec.json.encode(content).decode()},
        format="pdf",
        pdf_standards=STANDARD,
        ignore_system_fonts=True,
        timestamp=int(reported.closes_at.timestamp()),
    )


def _content(reported: Reported, page: ResultsPage, words: Wording) -> dict[str, Any]:
    document = reported.document
    return {
        "lang": words.language,
        "title": words.of(document.title),
        "organisation": words.of(document.organisation) if document.organisation else "",  # none in older releases
        "period": words("report.period", opens=words.day(reported.opens_at), closes=words.day(reported.closes_at)),
        "mark": words("report.rehearsal") if document.rehearsal else None,
        "words": {name: words(f"report.{name}") for name in _WORDS}
        | {
            "cover": words("report.cover", minimum=document.minimum_group_size),
            "profile": words("results.profile"),
            "statistics": words("statistics.title"),
            "respondents": words("results.respondents"),
            "change": words("change.title"),
            "measures": words("change.measures"),
            "measures_note": words("change.measures_note"),
            "courses": words("change.courses"),
            "courses_note": words("change.courses_note"),
            "units": words("units.title"),
            "hidden_reason": words("results.hidden_reason", minimum=document.minimum_group_size),
        },
        "answered": page.answered,
        "findings": page.findings,
        "change": None if page.change is None else _change(page.change, words),
        "maps": [_map(card, words) for card in page.maps],
        "method": (words("report.method_anonymous"), words("report.method_release"), *page.method),
        "profile": None if page.profile is None else _card(page.profile, words),
        "parts": [
            {
                "title": part.title,
                "cards": [_card(card, words) for card in part.cards],
                "comparisons": [_comparison(comparison, words) for comparison in part.comparisons],
            }
            for part in page.parts
        ],
        "statistics": [_card(card, words) for card in page.statistics],
        "respondents": [_card(card, words) for card in page.respondents],
        "limits": words.several("report.limits_all"),
        "glossary": [{"term": term, "meaning": meaning} for term, meaning in words.pairs("report.terms")],
    }


def _map(card: Card, words: Wording) -> dict[str, Any]:
    """As a table: no page of paper is as long as a map of many units."""
    return _card(msgspec.structs.replace(card, asked=card.asked[:1], base="", picture=None), words)


def _change(change: ChangeSection, words: Wording) -> dict[str, Any]:
    return {
        "notes": change.notes,
        "measures": [f"{one.name} ({one.day})" for one in change.measures],
        "overview": None if change.overview is None else _card(change.overview, words),
        "courses": [_card(card, words) for card in change.courses],
        "groups": [_card(_sure_only(card, words), words) for card in change.groups],
    }


def _sure_only(card: Card, words: Wording) -> Card:
    """Of the changes of groups those that are more than chance explains: the others fill pages and say nothing."""
    sure = words("change.is_sure")
    rows = tuple(row for row in card.table.rows if row[-1] == sure)
    return msgspec.structs.replace(card, table=Table(columns=card.table.columns, rows=rows))


def _comparison(comparison: Comparison, words: Wording) -> dict[str, Any]:
    """What no group shows is named in a sentence: pages of hidden rows tell a reader nothing."""
    shown = [card for card in comparison.cards if not _is_hidden(card)]
    return {
        "title": comparison.title,
        "cards": [_card(card, words) for card in shown],
        "hidden": [card.title for card in comparison.cards if _is_hidden(card)],
    }


def _is_hidden(card: Card) -> bool:
    """Of a cut, whose first row is the whole round."""
    return not any(_shows(row) for row in card.table.rows[1:])


def _shows(row: tuple[str, ...]) -> bool:
    return any(text != HIDDEN for text in row[1:])


def _card(card: Card, words: Wording) -> dict[str, Any]:
    shown = [row for row in card.table.rows if _shows(row)]
    hidden = len(card.table.rows) - len(shown)
    return {
        "title": card.title,
        "asked": card.asked,
        "base": card.base,
        "chart": None if card.chart is None else _chart(card.chart),
        "picture": None if card.picture is None else _picture(card.picture),
        "table": {
            "columns": card.table.columns,
            "rows": shown,
            "hidden": words("report.rows_hidden", count=hidden) if hidden else None,
        },
    }


def _chart(chart: Chart) -> dict[str, Any]:
    return {
        "kind": chart.kind,
        "description": f"{chart.title}. {chart.description}",
        "hidden": chart.has_hidden,
        "rows": [_row(row) for row in chart.rows],
    }


def _picture(picture: Picture) -> dict[str, Any]:
    return {"description": f"{picture.title}. {picture.description}", "hidden": picture.has_hidden, "drawn": picture}


def _row(row: Row) -> dict[str, Any]:
    """value, low, high: of the axis, from 0 to 1."""
    return {
        "label": " ".join(line.text for line in row.lines),
        "value": _of_axis(row.end),
        "low": _of_axis(row.low),
        "high": _of_axis(row.high),
        "text": row.text,
        "n": row.n,
        "reference": row.is_reference,
    }


def _of_axis(x: float | None) -> float | None:
    return None if x is None else x / PLOT_WIDTH
