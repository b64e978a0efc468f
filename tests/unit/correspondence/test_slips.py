"""Slips: every code once, in an order by chance, with nothing that counts them; tagged, so that they can be read aloud."""

import io
import re
import time
from datetime import UTC, datetime

import pytest
from pypdf import PdfReader
from pypdf.generic import DictionaryObject

from survey_service.correspondence import slips
from survey_service.domain.codes import new_code
from survey_service.domain.invitations import Invitation, invitation
from survey_service.domain.rounds import RoundId
from survey_service.results.wording import Language

BASE_URL = "https://survey.city.example"
CODE = re.compile(r"(?:[0-9A-Z]{4}-){3}[0-9A-Z]{4}")
SHEET = slips.SlipSheet(
    title={"de": "Rückhalt", "en": "Backing"},
    organisation={"de": "Stadt Beispiel", "en": "City of Example"},
    address="survey.city.example",
    fingerprint="N0Y4H3CT27VPB8MHC0SPR3SZKG",
    closes_at=datetime(2026, 12, 12, 17, tzinfo=UTC),
    rehearsal=False,
)


def drawn(count: int) -> list[Invitation]:
    return [invitation(BASE_URL, RoundId("backing-2026-1"), new_code()) for _ in range(count)]


def printed(
    invitations: list[Invitation], *languages: Language, sheet: slips.SlipSheet = SHEET
) -> tuple[PdfReader, str]:
    pdf = PdfReader(io.BytesIO(slips.render(sheet, invitations, languages or ("de",))))
    return pdf, " ".join(" ".join(page.extract_text().split()) for page in pdf.pages)


def test_every_code_stands_on_one_slip_in_an_order_by_chance() -> None:
    invitations = drawn(40)
    _, text = printed(invitations)
    codes = CODE.findall(text)
    assert sorted(codes) == sorted(each.code for each in invitations)
    assert codes != [each.code for each in invitations]
    assert codes != CODE.findall(printed(invitations)[1])


@pytest.mark.parametrize(("languages", "a_page"), [(("de",), 10), (("de", "en"), 8)])
def test_a_slip_says_where_to_type_the_code_until_when_and_with_which_fingerprint(
    languages: tuple[Language, ...], a_page: int
) -> None:
    pdf, text = printed(drawn(a_page + 1), *languages)
    assert len(pdf.pages) == 2
    for told in ("survey.city.example", " 2026, 18:00", "N0Y4 H3CT 27VP B8MH C0SP R3SZ KG"):
        assert text.count(told) in (a_page + 1, (a_page + 1) * len(languages))
    assert ("type in the code" in text) == ("en" in languages)
    assert "https" not in text


def test_nothing_on_a_slip_counts() -> None:
    """Without their codes, all slips say the same: no number, no page."""
    pdf, _ = printed(drawn(20))
    pages = [CODE.sub("", " ".join(page.extract_text().split())) for page in pdf.pages]
    assert pages[0] == pages[1]


def test_slips_are_tagged_and_their_qr_codes_have_a_name() -> None:
    pdf, _ = printed(drawn(3), "en")
    assert pdf.root_object["/MarkInfo"]["/Marked"].value is True
    assert str(pdf.root_object["/Lang"]).startswith("en")
    assert b"pdfuaid" in pdf.root_object["/Metadata"].get_data()
    figures = [
        found
        for number in range(1, len(pdf.xref[0]) + 1)
        if isinstance(found := pdf.get_object(number), DictionaryObject) and found.get("/S") == "/Figure"
    ]
    assert [str(figure["/Alt"]) for figure in figures] == ["QR code with the link to the survey"] * 3


def test_a_rehearsals_slips_say_so() -> None:
    rehearsal = slips.SlipSheet(
        **{name: getattr(SHEET, name) for name in SHEET.__struct_fields__ if name != "rehearsal"}, rehearsal=True
    )
    assert "Probelauf" in printed(drawn(1), sheet=rehearsal)[1]
    assert "Probelauf" not in printed(drawn(1))[1]


def test_five_thousand_slips_are_drawn_up_while_somebody_waits() -> None:
    invitations = drawn(5_000)
    started = time.monotonic()
    assert slips.render(SHEET, invitations, ("de",)).startswith(b"%PDF")
    assert time.monotonic() - started < 60  # seconds; about seven on two cores with nobody else on them
