"""What a release says beyond counts is the same in every format, and hidden in every format alike."""

import csv
import io
from datetime import UTC, datetime

import pytest
from openpyxl import load_workbook
from pypdf import PdfReader

from analysis import Association, Cut, Plan, Policy, Reliability, Responses, SafeStatistic, WeightedMean, release
from survey_service.domain.releases import ReleaseDocument
from survey_service.domain.rounds import RoundId
from survey_service.exports import delimited, report, spreadsheet
from survey_service.exports.wording import wording
from survey_service.results.cards import Card
from survey_service.results.page import results_page
from survey_service.results.wording import HIDDEN, Language
from tests.unit.analysis.test_joint import ASKED, HEADCOUNTS, people

PLANNED = (
    Reliability(figure="support"),
    Association(figures=("hostility", "support")),
    Association(figures=("trained", "strength"), options=("yes",)),
    Association(figures=("original", "copy")),  # perfect, so hidden
    WeightedMean(figure="hostility", population={"unit": HEADCOUNTS}),
    WeightedMean(figure="support", population={"unit": HEADCOUNTS}),
)


@pytest.fixture(scope="module")
def document() -> ReleaseDocument:
    plan = Plan(cuts=(Cut(dimensions=("unit",), figures=("hostility", "support")),), statistics=PLANNED)
    released = release(Responses.from_answers(ASKED, people(300)), plan, Policy(minimum_group_size=10))
    return ReleaseDocument(
        round_id=RoundId("backing-2026-1"),
        title={"en": "Backing"},
        rehearsal=False,
        questionnaire="q",
        questionnaire_sha256="0" * 64,
        minimum_group_size=10,
        roster_size=411,
        issued=300,
        count=300,
        analysed=300,
        invalid=0,
        units=(),
        tables=released.tables,
        statistics=released.statistics,
        is_above_headcount=False,
        organisation={"en": "City"},
    )


def one(document: ReleaseDocument, kind: str, *figures: str) -> SafeStatistic:
    return next(each for each in document.statistics if (each.kind, each.figures) == (kind, figures))


def cards(document: ReleaseDocument, language: Language = "en") -> dict[str, Card]:
    page = results_page(document, ASKED, wording(language))
    return {card.id.removeprefix("statistics-"): card for card in page.statistics}


def test_a_csv_has_a_line_for_each_with_its_own_columns(document: ReleaseDocument) -> None:
    text = delimited.render(document).decode("utf-8-sig")
    lines = [line for line in csv.DictReader(io.StringIO(text, newline=""), strict=True) if line["estimate"]]

    assert [(line["figure"], line["kind"]) for line in lines] == [
        (" ".join(each.figures), each.kind) for each in document.statistics
    ]
    for line, each in zip(lines, document.statistics, strict=True):
        if each.n is None:
            assert {line[name] for name in ("n", "low", "high", "estimate")} == {delimited.HIDDEN}
        else:
            assert (int(line["n"]), float(line["estimate"])) == (each.n, each.estimate)
        assert line["option"] == " ".join(each.options)
        assert line["dimensions"] == " ".join(each.margins)
        assert bool(line["design_effect"]) is (each.kind == "weighted-mean")


def test_a_workbook_has_one_sheet_of_them_behind_the_tables(document: ReleaseDocument) -> None:
    book = load_workbook(io.BytesIO(spreadsheet.render(document, ASKED, wording("en"))))
    sheet = book[book.sheetnames[-1]]
    rows = list(sheet.iter_rows(min_row=5, max_row=4 + len(document.statistics), values_only=True))

    assert book.sheetnames[-1].endswith("statistics")
    assert [row[5] for row in rows] == [
        HIDDEN if each.estimate is None else each.estimate for each in document.statistics
    ]
    assert [row[4] for row in rows] == [HIDDEN if each.n is None else each.n for each in document.statistics]


@pytest.mark.parametrize("language", ["de", "en"])
def test_the_page_and_the_report_say_them_in_words(document: ReleaseDocument, language: Language) -> None:
    words = wording(language)
    reported = report.Reported(
        document=document,
        questionnaire=ASKED,
        opens_at=datetime(2026, 9, 1, 6, tzinfo=UTC),
        closes_at=datetime(2026, 9, 15, 16, tzinfo=UTC),
    )
    printed = PdfReader(io.BytesIO(report.render(reported, words)))
    text = " ".join(" ".join(page.extract_text().split()) for page in printed.pages)
    made = cards(document, language)

    assert list(made) == ["reliability", "associations", "weighted"]
    for card in made.values():
        assert " ".join(card.title.split()) in text
    alpha = one(document, "alpha", "support").estimate
    assert alpha is not None
    assert made["reliability"].table.rows[0][1] == words.two_decimals(alpha)


def test_an_association_is_read_with_its_direction_and_without_a_cause(document: ReleaseDocument) -> None:
    rows = cards(document)["associations"].table.rows

    assert [row[1] for row in rows] == ["lower than the others", "higher than the others", HIDDEN]
    assert rows[2][1:] == (HIDDEN, "Rank correlation", HIDDEN, HIDDEN, HIDDEN)


def test_a_weighted_figure_stands_beside_the_unweighted_one(document: ReleaseDocument) -> None:
    share, score = cards(document)["weighted"].table.rows
    of_share, of_score = one(document, "weighted-mean", "hostility"), one(document, "weighted-mean", "support")

    assert of_share.unweighted is not None
    assert of_score.unweighted is not None
    assert share[1] == f"{of_share.unweighted:.0%}"
    assert score[1] == f"{of_score.unweighted:.0f}"


def test_a_release_without_any_has_no_place_for_them(document: ReleaseDocument) -> None:
    bare = ReleaseDocument(
        **{name: getattr(document, name) for name in ReleaseDocument.__struct_fields__} | {"statistics": ()}
    )

    assert cards(bare) == {}
    assert (
        not load_workbook(io.BytesIO(spreadsheet.render(bare, ASKED, wording("en"))))
        .sheetnames[-1]
        .endswith("statistics")
    )
