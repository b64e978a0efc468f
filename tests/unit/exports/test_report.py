"""The report: tagged so that it can be read aloud, marked where answers are invented, silent where groups are hidden."""

import io
from collections.abc import Iterator
from datetime import UTC, date, datetime

import msgspec
import pytest
from pypdf import PdfReader
from pypdf.generic import ArrayObject, DictionaryObject

from analysis import Row, SafeTable
from analysis.tables import hidden
from survey_service.domain.programme import ProgrammeMeasure
from survey_service.domain.releases import ReleaseDocument
from survey_service.exports import report
from survey_service.exports.wording import wording
from survey_service.results.charts import Chart
from survey_service.results.page import results_page
from survey_service.results.wording import Language
from tests.unit.analysis.invented import SMALL
from tests.unit.results import invented_rounds


def reported(document: ReleaseDocument) -> report.Reported:
    return report.Reported(
        document=document,
        questionnaire=SMALL,
        opens_at=datetime(2026, 9, 1, 6, tzinfo=UTC),
        closes_at=datetime(2026, 9, 15, 16, tzinfo=UTC),
    )


def rendered(document: ReleaseDocument, language: Language = "en") -> PdfReader:
    return PdfReader(io.BytesIO(report.render(reported(document), wording(language))))


@pytest.fixture(scope="module")
def pdf(document: ReleaseDocument) -> PdfReader:
    return rendered(document)


def text(pdf: PdfReader) -> str:
    return " ".join(" ".join(page.extract_text().split()) for page in pdf.pages)


def elements(node: object) -> Iterator[DictionaryObject]:
    """The structure that a screen reader walks through."""
    found = node.get_object() if hasattr(node, "get_object") else node
    if isinstance(found, ArrayObject):
        for each in found:
            yield from elements(each)
    elif isinstance(found, DictionaryObject):
        yield found
        yield from elements(found.get("/K"))


def test_the_report_is_tagged_and_says_its_title_and_language(pdf: PdfReader) -> None:
    root = pdf.root_object
    assert root["/MarkInfo"]["/Marked"].value is True
    assert str(root["/Lang"]).startswith("en")
    assert root["/ViewerPreferences"]["/DisplayDocTitle"].value is True
    assert pdf.metadata is not None
    assert "=1+1" in str(pdf.metadata.title)
    assert b"pdfuaid" in root["/Metadata"].get_object().get_data()


def test_every_picture_has_its_values_in_words(document: ReleaseDocument, pdf: PdfReader) -> None:
    tree = list(elements(pdf.root_object["/StructTreeRoot"]))
    spoken = [str(element["/Alt"]) for element in tree if element.get("/S") == "/Figure"]

    page = results_page(document, SMALL, wording("en"))
    charts: list[Chart] = [card.chart for part in page.parts for card in part.cards if card.chart is not None]
    assert charts
    for chart in charts:
        assert f"{chart.title}. {chart.description}" in spoken


def test_tables_have_headings_that_are_read_with_their_cells(pdf: PdfReader) -> None:
    kinds = [element.get("/S") for element in elements(pdf.root_object["/StructTreeRoot"])]
    assert kinds.count("/Table") >= 1
    assert kinds.count("/TH") >= kinds.count("/Table")
    assert "/H1" in kinds
    assert "/TOC" in kinds


def test_each_finding_and_every_chapter_is_there(document: ReleaseDocument, pdf: PdfReader) -> None:
    said = text(pdf)
    page = results_page(document, SMALL, wording("en"))
    assert page.findings
    for sentence in page.findings:
        assert " ".join(sentence.split()) in said
    for chapter in ("report.findings", "report.results", "report.glossary"):
        assert wording("en")(chapter) in said


def test_a_rehearsal_is_marked_on_every_page(pdf: PdfReader) -> None:
    mark = wording("en")("report.rehearsal")
    assert [page.page_number for page in pdf.pages if mark not in page.extract_text()] == []


def test_groups_that_are_all_hidden_are_one_sentence_and_no_table(document: ReleaseDocument) -> None:
    whole = next(t for t in document.tables if t.figure == "strength" and not t.dimensions)
    secret = SafeTable(figure="strength", kind="score", dimensions=("lead",), rows=(hidden(("yes",)), hidden(("no",))))
    shown = SafeTable(
        figure="strength",
        kind="score",
        dimensions=("lead",),
        rows=tuple(Row(groups=(code,), n=whole.rows[0].n, score=whole.rows[0].score) for code in ("yes", "no")),
    )

    def tables(of_groups: SafeTable) -> int:
        made = rendered(msgspec.structs.replace(document, tables=(whole, of_groups)))
        return [element.get("/S") for element in elements(made.root_object["/StructTreeRoot"])].count("/Table")

    assert tables(secret) == tables(shown) - 1


def test_what_has_changed_and_what_the_programme_did_stand_in_the_report_with_their_pictures_in_words() -> None:
    changed = report.Reported(
        document=invented_rounds.document(
            invented_rounds.mean(70.0),
            invented_rounds.means_by_unit(("office", 80.0, 60), ("culture", 50.0, 40), gone=("order",)),
        ),
        questionnaire=invented_rounds.CORE,
        opens_at=datetime(2026, 11, 28, 6, tzinfo=UTC),
        closes_at=datetime(2026, 12, 12, 16, tzinfo=UTC),
        history=msgspec.structs.replace(
            invented_rounds.history((date(2026, 5, 30), invented_rounds.released(invented_rounds.mean(60.0)))),
            measures=(
                ProgrammeMeasure(measure_id="a", day=date(2026, 8, 1), name={"de": "Schulung", "en": "Training"}),
            ),
        ),
    )
    made = PdfReader(io.BytesIO(report.render(changed, wording("en"))))
    said = text(made)
    assert "What has changed" in said
    assert "Training (1 August 2026)" in said
    assert "Rows not shown because they are hidden: 1." in said
    tree = list(elements(made.root_object["/StructTreeRoot"]))
    spoken = [str(element["/Alt"]) for element in tree if element.get("/S") == "/Figure"]
    page = results_page(changed.document, changed.questionnaire, wording("en"), changed.history)
    assert page.change is not None
    assert page.change.overview is not None
    pictures = [card.picture for card in (page.change.overview, *page.change.courses) if card.picture is not None]
    assert len(pictures) == 2
    for picture in pictures:
        assert f"{picture.title}. {picture.description}" in spoken


@pytest.mark.parametrize("language", ["de", "en"])
def test_the_same_release_gives_the_same_report(document: ReleaseDocument, language: Language) -> None:
    first = report.render(reported(document), wording(language))
    assert report.render(reported(document), wording(language)) == first
