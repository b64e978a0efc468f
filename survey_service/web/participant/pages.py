"""Participants' pages: the same bytes for everyone, rendered once and kept. What differs happens in the browser."""

from collections.abc import Callable
from time import monotonic
from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.datastructures import State
from litestar.params import FromPath
from msgspec import Struct

from survey_service.domain.key_shares import parse_custody
from survey_service.domain.site import LANGUAGES, TIME_ZONE, Text
from survey_service.domain.surveys import Survey
from survey_service.store.approvals import Approval
from survey_service.store.rounds import RoundEntry
from survey_service.web.appearance import Appearance
from survey_service.web.participant.published_rounds import PublishedRound, PublishedRounds
from survey_service.web.public_answer import public_answer
from survey_service.web.rendering import CONTENT_SECURITY_POLICY, day_in_words, html, wordings

PAGE_SECONDS = 30  # for which a browser may keep a page
LIST_SECONDS = 5  # for which we keep the list of rounds
LARGEST_CACHE = 256  # rounds; what exceeds it is rendered again


class ShownRound(Struct, frozen=True, kw_only=True):
    """A round in a list."""

    round_id: str
    title: Text


class Pages:
    """The pages of one installation, as bytes."""

    def __init__(self, site: Appearance, rounds: PublishedRounds) -> None:
        self._site = site
        self._rounds = rounds
        self._kept: dict[str, bytes] = {}
        self._approved: dict[str, tuple[float, list[Approval]]] = {}
        self._entries: tuple[float, list[RoundEntry]] = (0.0, [])
        self._for_staff: tuple[float, frozenset[str]] = (0.0, frozenset())

    def text(self, name: str) -> bytes:
        """A page that needs no round."""
        return self._page(name, lambda: self._html(name, name=name))

    async def home(self) -> bytes:
        shown = await self._listed(lambda entry: entry.state == "open")
        published = await self._published()
        return self._page(
            f"home {shown} {published}",
            lambda: self._html("home", name="home", rounds=shown, published=published),
        )

    async def receipt(self) -> bytes:
        shown = await self._listed(_is_frozen)
        published = await self._published()
        listed = [{"id": each.round_id, "title": each.title} for each in shown]
        return self._page(
            f"receipt {shown} {published}",
            lambda: self._html(
                "receipt", frozen=shown, published=published, rounds_json=msgspec.json.encode(listed).decode()
            ),
        )

    async def recount(self, round_id: str) -> bytes:
        """Raises: UnknownRound."""
        found = await self._rounds.get(round_id)
        return self._page(f"recount {round_id}", lambda: self._html("recount", round_id=round_id, title=found.title))

    async def round(self, round_id: str) -> bytes:
        """Raises: UnknownRound."""
        found = await self._rounds.get(round_id)
        languages = tuple(language for language in LANGUAGES if language in found.title) or LANGUAGES
        approvals = approved(found.survey, await self._approvals(found))
        return self._page(
            f"round {round_id} {approvals}",
            lambda: self._html(
                "round",
                languages=languages,
                title=found.title,
                minutes=found.minutes,
                own_tabs=True,
                approvals=[{tag: each[tag] for tag in languages} for each in approvals],
            ),
        )

    async def _approvals(self, found: PublishedRound) -> list[Approval]:
        read_at, approvals = self._approved.get(found.round_id, (0.0, []))
        if not read_at or monotonic() - read_at > LIST_SECONDS:
            approvals = await self._rounds.approvals(found)
            self._approved[found.round_id] = (monotonic(), approvals)
        return approvals

    async def _published(self) -> list[ShownRound]:
        """The rounds whose overview anybody may read."""
        read_at, for_staff = self._for_staff
        if not read_at or monotonic() - read_at > LIST_SECONDS:
            for_staff = frozenset(await self._rounds.for_staff())
            self._for_staff = (monotonic(), for_staff)
        return await self._listed(lambda entry: entry.round_id in for_staff)

    async def _listed(self, is_shown: Callable[[RoundEntry], bool]) -> list[ShownRound]:
        read_at, entries = self._entries
        if not read_at or monotonic() - read_at > LIST_SECONDS:
            entries = await self._rounds.all()
            self._entries = (monotonic(), entries)
        return [
            ShownRound(round_id=entry.round_id, title=_dated((await self._rounds.get(entry.round_id)).title, entry))
            for entry in entries
            if is_shown(entry)
        ]

    def _page(self, key: str, render: Callable[[], bytes]) -> bytes:
        if key not in self._kept:
            if len(self._kept) >= LARGEST_CACHE:
                self._kept.clear()
            self._kept[key] = render()
        return self._kept[key]

    def _html(self, template: str, *, languages: tuple[str, ...] = LANGUAGES, **context: Any) -> bytes:
        context = {"own_tabs": False} | context
        return html(f"participant/{template}.html", site=self._site, lang=languages[0], languages=languages, **context)


def _dated(title: Text, entry: RoundEntry) -> Text:
    """The rounds of a survey share its title: the day they opened, in front, tells them apart on a phone too."""
    opened_on = day_in_words(entry.opens_at.astimezone(TIME_ZONE).date())
    return {language: f"{opened_on.get(language, opened_on[LANGUAGES[0]])}: {text}" for language, text in title.items()}


def approved(survey: Survey, approvals: list[Approval]) -> list[Text]:
    """Who approved, and what it covers; nothing where nobody has. Offices, no names."""
    if not approvals:
        return []
    custody = parse_custody(survey.custody)
    who: Text = {}
    what: Text = {}
    for language in LANGUAGES:
        words = wordings()[language]
        offices = words["approvals.and"].join(
            words[f"approvals.{each.office}"].format(day=day_in_words(each.approved_on)[language]) for each in approvals
        )
        who[language] = words["approvals.who"].format(offices=offices)
        what[language] = words["approvals.what"].format(
            minimum=survey.minimum_group_size,
            days=survey.retention_days,
            custody=words["approvals.custody_server"]
            if custody is None
            else words["approvals.custody_trustees"].format(threshold=custody.threshold, trustees=custody.trustees),
        )
    return [who, what]


def _is_frozen(entry: RoundEntry) -> bool:
    return entry.ballots is not None and entry.state not in ("scheduled", "open")


@get("/", include_in_schema=False)
async def home(request: Request[Any, Any, State]) -> Response[bytes]:
    return _answer(request, await _pages(request).home())


@get("/r/{round_id:str}", include_in_schema=False)
async def participate(round_id: FromPath[str], request: Request[Any, Any, State]) -> Response[bytes]:
    return _answer(request, await _pages(request).round(round_id))


@get("/receipt", include_in_schema=False)
async def receipt(request: Request[Any, Any, State]) -> Response[bytes]:
    return _answer(request, await _pages(request).receipt())


@get("/recount/{round_id:str}", include_in_schema=False)
async def recount(round_id: FromPath[str], request: Request[Any, Any, State]) -> Response[bytes]:
    return _answer(request, await _pages(request).recount(round_id))


@get(["/help", "/privacy", "/accessibility", "/imprint"], include_in_schema=False)
async def text(request: Request[Any, Any, State]) -> Response[bytes]:
    return _answer(request, _pages(request).text(request.url.path.strip("/")))


HANDLERS = (home, participate, receipt, recount, text)


def _pages(request: Request[Any, Any, State]) -> Pages:
    pages = request.app.state["pages"]
    if not isinstance(pages, Pages):
        raise TypeError(type(pages))
    return pages


def _answer(request: Request[Any, Any, State], content: bytes) -> Response[bytes]:
    return public_answer(
        request,
        content,
        "text/html",
        f"public, max-age={PAGE_SECONDS}",
        {"content-security-policy": CONTENT_SECURITY_POLICY},
    )
