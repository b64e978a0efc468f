"""A questionnaire as participants will see it, on the width of a phone: nothing is sealed, sent or kept."""

from collections.abc import Awaitable, Callable
from typing import Any

from litestar import Response, Router, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from msgspec import Struct

from questionnaires import definitions
from questionnaires.model import Questionnaire
from survey_service.domain.drafts import UnknownDraft
from survey_service.domain.site import LANGUAGES
from survey_service.domain.surveys import Unit, leaves
from survey_service.operations.approve_survey import read_approvals
from survey_service.operations.draft_survey import library_questionnaire, look_through, read_draft
from survey_service.operations.installation import Installation
from survey_service.operations.read_results import read_overview
from survey_service.web import rendering
from survey_service.web.team import frame
from survey_service.web.team.door import LARGEST_FORM, guard, signed_in, team_of
from survey_service.web.team.draft_frame import NEW, language_name
from survey_service.web.team.frame import AnyRequest
from survey_service.web.team.wording import wording

_READ: dict[str, Any] = {"deed": "read-results"}
# The preview may stand in a frame of our own pages; it speaks to nobody.
_FRAMED = rendering.CONTENT_SECURITY_POLICY.replace("frame-ancestors 'none'", "frame-ancestors 'self'").replace(
    "connect-src 'self'", "connect-src 'none'"
)
_FRAMING = f"{rendering.CONTENT_SECURITY_POLICY}; frame-src 'self'"


class NothingToShow(UnknownDraft):
    """A draft without a questionnaire, or a name that the library does not have."""


class Source(Struct, frozen=True, kw_only=True):
    """Where a questionnaire is read from. address: of its page, with the id as `{name}`. back: where one goes back to."""

    address: str
    back: str
    read: Callable[[Installation, str], Awaitable[Questionnaire]]


async def _of_library(installation: Installation, name: str) -> Questionnaire:
    del installation
    try:
        return library_questionnaire(name)
    except definitions.UnknownQuestionnaire:
        raise NothingToShow(name) from None


async def _of_draft(installation: Installation, name: str) -> Questionnaire:
    draft = (await read_draft(installation, name)).draft
    found = (await look_through(installation, draft)).questionnaire
    if found is None:
        raise NothingToShow(name)
    return _with_units(found, draft.units)


async def _of_survey(installation: Installation, name: str) -> Questionnaire:
    return definitions.from_bytes((await read_approvals(installation, name)).stored.questionnaire)


def _with_units(questionnaire: Questionnaire, units: tuple[Unit, ...]) -> Questionnaire:
    try:
        return definitions.with_units(questionnaire, [(unit.id, unit.name) for unit in leaves(units)])
    except definitions.DefinitionFaults:
        return questionnaire  # units that still have faults; their step says which


SOURCES = (
    Source(address="/team/questionnaires/{name:str}", back=NEW, read=_of_library),
    Source(address=f"{NEW}/{{name:str}}/preview", back=f"{NEW}/{{name}}", read=_of_draft),
    Source(address="/team/surveys/{name:str}/preview", back="/team/surveys/{name}", read=_of_survey),
)


def _pages(source: Source) -> list[HTTPRouteHandler]:
    @get(source.address, opt=_READ, guards=[guard])
    async def show(name: FromPath[str], request: AnyRequest) -> Response[bytes]:
        installation, words = team_of(request).installation, wording(signed_in(request).language)
        found = await source.read(installation, name)
        asked = request.query_params.get("show")
        language = asked if asked in found.languages else found.languages[0]
        answer = frame.page(
            request,
            "team/preview.html",
            overview=await read_overview(installation),
            current=None,
            questionnaire=found,
            framed=f"{request.url.path}/phone",
            spoken=[tag for tag in LANGUAGES if tag in found.languages],
            offered=[(tag, language_name(tag, words), tag in found.unconfirmed) for tag in found.languages],
            language=language,
            in_language=lambda text: text.get(language) or next(iter(text.values()), ""),
            back=source.back.format(name=name),
        )
        answer.headers["content-security-policy"] = _FRAMING
        return answer

    @get(f"{source.address}/phone", opt=_READ, guards=[guard])
    async def show_on_a_phone(name: FromPath[str], request: AnyRequest) -> Response[bytes]:
        found = await source.read(team_of(request).installation, name)
        languages = tuple(tag for tag in LANGUAGES if tag in found.languages) or LANGUAGES
        return rendering.page(
            "team/phone.html",
            headers={**frame.HEADERS, "content-security-policy": _FRAMED},
            site=request.app.state["site"],
            lang=languages[0],
            languages=languages,
            title={tag: found.title.get(tag) or next(iter(found.title.values())) for tag in languages},
            minutes=found.minutes,
            questionnaire=definitions.canonical_bytes(found).decode(),
        )

    return [show, show_on_a_phone]


router = Router(
    path="/",
    route_handlers=[handler for source in SOURCES for handler in _pages(source)],
    request_max_body_size=LARGEST_FORM,
    include_in_schema=False,
    exception_handlers=frame.REFUSALS,
)
