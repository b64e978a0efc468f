"""The overview of a published round, for everyone who took part: the same bytes for everyone, without an account.

It says what the team's page says of the whole round, from the same released tables. Groups stay with the team.
"""

from time import monotonic
from typing import Any

from litestar import Request, Response, get
from litestar.datastructures import State
from litestar.params import FromPath

from survey_service.operations.installation import Installation
from survey_service.operations.read_results import Results
from survey_service.operations.show_to_staff import read_for_staff
from survey_service.results.page import results_page
from survey_service.results.wording import HIDDEN, Language, Wording, words
from survey_service.web.appearance import Appearance
from survey_service.web.participant.pages import PAGE_SECONDS
from survey_service.web.public_answer import public_answer
from survey_service.web.rendering import CONTENT_SECURITY_POLICY, html

KEEP_SECONDS = 5.0  # for which a page is kept, so that a whole city may look at once
LARGEST_CACHE = 64  # pages


class Overviews:
    """The overviews of one installation, as bytes."""

    def __init__(self, installation: Installation, site: Appearance) -> None:
        self._installation = installation
        self._site = site
        self._kept: dict[tuple[str, Language], tuple[float, bytes]] = {}

    async def page(self, round_id: str, language: Language) -> bytes:
        """Raises: UnknownRound, NothingForStaff."""
        made_at, page = self._kept.get((round_id, language), (0.0, b""))
        if not made_at or monotonic() - made_at > KEEP_SECONDS:
            page = self._render(await read_for_staff(self._installation, round_id), language)
            if len(self._kept) >= LARGEST_CACHE:
                self._kept.clear()
            self._kept[round_id, language] = monotonic(), page
        return page

    def _render(self, read: Results, language: Language) -> bytes:
        if read.release is None:
            raise LookupError(read.round.round_id)
        wording = Wording(language, words(language))
        return html(
            "participant/results.html",
            site=self._site,
            lang=language,
            languages=(language,),
            other_language="en" if language == "de" else "de",
            own_tabs=False,
            t=wording,
            hidden_sign=HIDDEN,
            round=read.round,
            release=read.release,
            results=results_page(read.release, read.questionnaire, wording, read.history, with_groups=False),
        )


@get("/results/{round_id:str}", include_in_schema=False)
async def german(round_id: FromPath[str], request: Request[Any, Any, State]) -> Response[bytes]:
    return await _answer(request, round_id, "de")


@get("/results/{round_id:str}/en", include_in_schema=False)
async def english(round_id: FromPath[str], request: Request[Any, Any, State]) -> Response[bytes]:
    return await _answer(request, round_id, "en")


HANDLERS = (german, english)


async def _answer(request: Request[Any, Any, State], round_id: str, language: Language) -> Response[bytes]:
    overviews = request.app.state["overviews"]
    if not isinstance(overviews, Overviews):
        raise TypeError(type(overviews))
    return public_answer(
        request,
        await overviews.page(round_id, language),
        "text/html",
        f"public, max-age={PAGE_SECONDS}",
        {"content-security-policy": CONTENT_SECURITY_POLICY},
    )
