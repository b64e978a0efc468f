"""Invitation codes as slips to print, cut apart and draw from a box: PDF, tagged, with nothing on them that counts.

No slip has a number, a page or a place that says when its code was drawn: codes come in an order by chance.
"""

import io
import json
import secrets
from collections.abc import Callable, Sequence
from datetime import datetime
from importlib import resources
from typing import Any, Final

import segno
import typst
from msgspec import Struct

from survey_service.correspondence.wording import wording
from survey_service.domain.invitations import Invitation
from survey_service.domain.rounds import Round
from survey_service.domain.surveys import Text
from survey_service.results.wording import Language

STANDARD: Final = "ua-1"  # PDF/UA-1, ISO 14289-1
_WORDS = ("title", "how", "once", "fingerprint", "rehearsal")
_MASK = 3  # of the QR code: choosing the prettiest of eight takes ten times as long, and any of them is read
_GROUP = 4  # characters of a fingerprint that stand together


class SlipSheet(Struct, frozen=True, kw_only=True):
    """What stands on every slip of a round. address: where a code can be typed in."""

    title: Text
    organisation: Text
    address: str
    fingerprint: str
    closes_at: datetime
    rehearsal: bool


def sheet(found: Round, *, title: Text, organisation: Text, base_url: str) -> SlipSheet:
    return SlipSheet(
        title=title,
        organisation=organisation,
        address=base_url.removeprefix("https://"),
        fingerprint=found.fingerprint,
        closes_at=found.closes_at,
        rehearsal=found.rehearsal,
    )


def render(
    printed: SlipSheet,
    invitations: Sequence[Invitation],
    languages: Sequence[Language],
    *,
    on_progress: Callable[[int], object] | None = None,
) -> bytes:
    """All slips as one PDF, A4; as many languages on a slip as are named.

    on_progress: called with the number of slips whose QR code is drawn meanwhile.
    """
    mixed = list(invitations)
    secrets.SystemRandom().shuffle(mixed)
    slips = []
    for each in mixed:
        slips.append({"code": each.code, "picture": _qr_code(each.link)})
        if on_progress is not None:
            on_progress(1)
    template = resources.files("survey_service.correspondence").joinpath("slips.typ").read_bytes()
    content = {"languages": [_words(printed, language) for language in languages], "slips": slips}
    return typst.compile(
        template,
        sys_inputs={"sheet": json.dumps(content, ensure_ascii=False)},
        format="pdf",
        pdf_standards=STANDARD,
        ignore_system_fonts=True,
        timestamp=int(printed.closes_at.timestamp()),  # never when they were drawn
    )


def _words(printed: SlipSheet, language: Language) -> dict[str, Any]:
    words = wording(language)
    facts = {
        "title": words.of(printed.title),
        "organisation": words.of(printed.organisation),
        "address": printed.address,
        "closes": words.date(printed.closes_at),
        "fingerprint": _grouped(printed.fingerprint),
    }
    said = {name: words(f"slip.{name}", **facts) for name in _WORDS if name != "rehearsal"}
    return said | {
        "lang": language,
        "document": words("slip.document", **facts),
        "picture": words("slip.picture"),
        "organisation": facts["organisation"],
        "fingerprint_value": facts["fingerprint"],
        "address": printed.address,
        "code": words("slip.code"),
        "mark": words("slip.rehearsal") if printed.rehearsal else None,
    }


def _grouped(fingerprint: str) -> str:
    return " ".join(fingerprint[start : start + _GROUP] for start in range(0, len(fingerprint), _GROUP))


def _qr_code(link: str) -> str:
    """An SVG of the link, without the quiet zone: the slip leaves it free."""
    written = io.BytesIO()
    code = segno.make_qr(link, error="m", mask=_MASK, boost_error=False)
    code.save(written, kind="svg", border=0, xmldecl=False, svgns=True, nl=False)
    return written.getvalue().decode()
