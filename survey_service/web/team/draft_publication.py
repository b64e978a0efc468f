"""What a draft lets be released: cuts in plain words, and the pre-flight, which groups will show at which response rate."""

import asyncio
import math
from collections.abc import Iterable
from typing import Any

from litestar import Response, Router, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from msgspec import Struct
from msgspec.structs import replace

from analysis.cutting import groups_people
from analysis.preflight import Preflight
from questionnaires.model import Questionnaire
from survey_service.domain.drafts import ChangedMeanwhile, StoredDraft, SurveyDraft
from survey_service.domain.survey_faults import SurveyFault
from survey_service.domain.surveys import HEADCOUNTS_BY_ITEM, Cut, Statistic, Unit
from survey_service.domain.units import in_order
from survey_service.operations.draft_survey import Looked, change_draft, look_through, read_draft
from survey_service.operations.foresee_groups import LIKELY_RATE, foresee_units
from survey_service.web.team import draft_frame, frame
from survey_service.web.team.door import acting, guard, session_form, signed_in, team_of
from survey_service.web.team.draft_frame import NEW, address_of, cut_name, figure_name, next_address, statistic_in_words
from survey_service.web.team.draft_units import MENDED_HERE
from survey_service.web.team.frame import AnyRequest
from survey_service.web.team.wording import Wording, wording

RATES = (0.2, 0.3, LIKELY_RATE, 0.5, 0.6, 0.8)
"""The response rates that the picture shows."""

_RELIABILITY = "reliability"  # how well the questions of each scale measure together; the one statistic offered here
_DEED: dict[str, Any] = {"deed": "set-up-surveys"}
_MOST_FIELDS = 400  # a box for each figure of a questionnaire
_LARGEST_FORM = 64 * 1024  # bytes


class ShownCut(Struct, frozen=True, kw_only=True):
    """A cut in plain words. meaning: what it can show. figures: by name; none: all."""

    key: str
    name: str
    meaning: str
    figures: tuple[str, ...] = ()


class ForeseenUnit(Struct, frozen=True, kw_only=True):
    """A row of the pre-flight. marks: by response rate, "shows", "small" or "protects". needed: in words."""

    unit: Unit
    depth: int
    marks: tuple[str, ...]
    needed: str


@get(f"{NEW}/{{draft_id:str}}/publication", opt=_DEED, guards=[guard])
async def show_publication(draft_id: FromPath[str], request: AnyRequest) -> Response[bytes]:
    return await _page(request, await read_draft(team_of(request).installation, draft_id))


@post(f"{NEW}/{{draft_id:str}}/publication", opt=_DEED, guards=[guard])
async def change_publication(draft_id: FromPath[str], request: AnyRequest) -> Response[Any]:
    """Adds a cut or a statistic of the whole round, takes one out, or goes on with the plan as it stands."""
    form = await session_form(request)
    stored = await read_draft(team_of(request).installation, draft_id)
    added, removed = form.get("add", ""), form.get("remove", "")
    if added and added not in {each.key for each in await _addable(request, stored)}:
        raise NotFoundException
    found = await _questionnaire(request, stored) if added else None

    def change(draft: SurveyDraft) -> SurveyDraft:
        return _without(draft, removed) if found is None else _with(draft, added, found)

    try:
        kept = await change_draft(acting(request), draft_id, "publication", seen=form.get("seen", ""), change=change)
    except ChangedMeanwhile as changed:
        return await _page(request, changed.found, meanwhile=True, status_code=409)
    if added or removed:
        return frame.redirect(address_of(draft_id, "publication"))
    return frame.redirect(next_address(draft_id, kept, "publication"))


@get(f"{NEW}/{{draft_id:str}}/publication/{{number:str}}", opt=_DEED, guards=[guard])
async def show_figures(draft_id: FromPath[str], number: FromPath[str], request: AnyRequest) -> Response[bytes]:
    return await _figures_page(request, await read_draft(team_of(request).installation, draft_id), number)


@post(f"{NEW}/{{draft_id:str}}/publication/{{number:str}}", opt=_DEED, guards=[guard])
async def choose_figures(draft_id: FromPath[str], number: FromPath[str], request: AnyRequest) -> Response[Any]:
    form = await session_form(request, most=_MOST_FIELDS)
    stored = await read_draft(team_of(request).installation, draft_id)
    cut, found = _cut(stored.draft, number), await _questionnaire(request, stored)
    chosen = tuple(name for name in _figures(found) if form.get(f"figure-{name}"))
    if not chosen and form.get("all") is None:
        fault = SurveyFault(place="publication", name="none_chosen")
        return await _figures_page(request, stored, number, faults=(fault,), status_code=422)
    changed_cut = replace(cut, items=() if form.get("all") else chosen)

    def change(draft: SurveyDraft) -> SurveyDraft:
        return replace(
            draft,
            publication=tuple(changed_cut if _key(each) == _key(cut) else each for each in draft.publication),
        )

    try:
        await change_draft(acting(request), draft_id, "publication", seen=form.get("seen", ""), change=change)
    except ChangedMeanwhile as changed:
        return await _page(request, changed.found, meanwhile=True, status_code=409)
    return frame.redirect(address_of(draft_id, "publication"))


def _without(draft: SurveyDraft, removed: str) -> SurveyDraft:
    return replace(
        draft,
        publication=tuple(cut for cut in draft.publication if _key(cut) != removed),
        statistics=tuple(one for place, one in enumerate(draft.statistics) if f"statistic-{place}" != removed),
    )


def _with(draft: SurveyDraft, added: str, questionnaire: Questionnaire) -> SurveyDraft:
    if added == _RELIABILITY:
        measured = tuple(scale.id for scale in questionnaire.scales if scale.kind == "score" and len(scale.items) > 1)
        return replace(draft, statistics=(*draft.statistics, Statistic(kind="reliability", items=measured)))
    # Proposed: scores and prevalences rather than the items they sum up, so that fewer figures tell of a few people.
    cut = Cut(dimensions=tuple(added.split(",")), items=tuple(scale.id for scale in questionnaire.scales))
    return replace(_without(draft, added), publication=(*draft.publication, cut))


def _key(cut: Cut) -> str:
    return ",".join(cut.dimensions)


def _cut(draft: SurveyDraft, number: str) -> Cut:
    found = next((cut for place, cut in enumerate(draft.publication) if str(place) == number), None)
    if found is None:
        raise NotFoundException
    return found


def _figures(questionnaire: Questionnaire) -> tuple[str, ...]:
    """Everything a cut may show, scales first: side by side with their items they often tell of a few people."""
    return (
        *(scale.id for scale in questionnaire.scales),
        *(item.id for item in questionnaire.items if item.kind in ("single", "multiple", "number")),
    )


async def _questionnaire(request: AnyRequest, stored: StoredDraft) -> Questionnaire:
    found = (await look_through(team_of(request).installation, stored.draft)).questionnaire
    if found is None:
        raise NotFoundException
    return found


async def _addable(request: AnyRequest, stored: StoredDraft) -> list[ShownCut]:
    looked = await look_through(team_of(request).installation, stored.draft)
    return [each for _, each in _offers(stored.draft, looked, wording(signed_in(request).language))]


def _offers(draft: SurveyDraft, looked: Looked, words: Wording) -> Iterable[tuple[bool, ShownCut]]:
    """The cuts that are not in the plan yet, each with whether it is one of the usual: by unit, role, contact, crossings."""
    found = looked.questionnaire
    if found is None:
        return
    planned = {_key(cut) for cut in draft.publication}
    scored = {item for scale in found.scales for item in scale.items}
    by_unit = [item.id for item in found.items if item.options_from == "units"]
    for item in found.items:
        if not groups_people(found, item) or item.id in planned or (item.options_from == "units" and not draft.units):
            continue
        is_usual = item.options_from == "units" or item.id in HEADCOUNTS_BY_ITEM
        if is_usual or item.id not in scored:
            yield is_usual, _shown(found, Cut(dimensions=(item.id,)), words)
    for unit in by_unit:
        for other, column in HEADCOUNTS_BY_ITEM.items():
            key = f"{unit},{other}"
            known = draft.units and all(getattr(each, column) is not None for each in draft.units)
            if known and found.item(other) is not None and key not in planned:
                yield True, _shown(found, Cut(dimensions=(unit, other)), words)
    measured = any(scale.kind == "score" and len(scale.items) > 1 for scale in found.scales)
    if measured and not any(each.kind == "reliability" for each in draft.statistics):
        yield (
            True,
            ShownCut(
                key=_RELIABILITY,
                name=words("draft.publication.reliability"),
                meaning=words("draft.publication.means.reliability"),
            ),
        )


def _shown(questionnaire: Questionnaire, cut: Cut, words: Wording) -> ShownCut:
    first = questionnaire.item(cut.dimensions[0])
    kind = "crossing" if len(cut.dimensions) > 1 else "units" if first and first.options_from == "units" else "answers"
    options = [words.of(option.text) for option in first.options if not option.missing] if first else []
    return ShownCut(
        key=_key(cut),
        name=cut_name(questionnaire, cut, words),
        meaning=words(f"draft.publication.means.{kind}", options=words.listed(options) if options else ""),
        figures=tuple(figure_name(questionnaire, name, words) for name in cut.items),
    )


async def _page(
    request: AnyRequest, stored: StoredDraft, *, meanwhile: bool = False, status_code: int = 200
) -> Response[bytes]:
    draft, words = stored.draft, wording(signed_in(request).language)
    looked = await look_through(team_of(request).installation, draft)
    offers = list(_offers(draft, looked, words))
    own = [fault for fault in looked.faults if fault.place.startswith(("publication", "statistics"))]
    foreseen = await _foreseen(draft, looked)
    rows = _rows(draft, foreseen, words)
    likely = next((each for each in foreseen if each.response_rate == LIKELY_RATE), None)
    return await draft_frame.page(
        request,
        "team/draft/publication.html",
        stored,
        step="publication",
        faults=own,
        meanwhile=meanwhile,
        status_code=status_code,
        cuts=[_shown(looked.questionnaire, cut, words) for cut in draft.publication] if looked.questionnaire else [],
        statistics=[statistic_in_words(each, looked.questionnaire, words) for each in draft.statistics]
        if looked.questionnaire
        else [],
        usual=[each for is_usual, each in offers if is_usual],
        further=[each for is_usual, each in offers if not is_usual],
        without_columns=_without_columns(draft, looked, words),
        rates=[words.whole_per_cent(rate) for rate in RATES],
        foreseen=rows,
        shown=[
            words(
                "draft.publication.shown",
                rate=words.whole_per_cent(each.response_rate),
                shown=sum(row.marks[place] == "shows" for row in rows),
            )
            for place, each in enumerate(foreseen)
        ],
        likely=words.whole_per_cent(LIKELY_RATE),
        merges=likely.merges if likely else (),
        names={unit.id: words.of(unit.name) for unit in draft.units if unit.name},
        units_seen=draft.seen("units"),
    )


async def _figures_page(
    request: AnyRequest,
    stored: StoredDraft,
    number: str,
    *,
    faults: tuple[SurveyFault, ...] = (),
    status_code: int = 200,
) -> Response[bytes]:
    words = wording(signed_in(request).language)
    cut, found = _cut(stored.draft, number), await _questionnaire(request, stored)
    return await draft_frame.page(
        request,
        "team/draft/figures.html",
        stored,
        step="publication",
        faults=faults,
        status_code=status_code,
        number=number,
        cut=_shown(found, cut, words),
        chosen=cut.items,
        scales=[(scale.id, words.of(scale.title)) for scale in found.scales],
        items=[(item.id, words.of(item.text)) for item in found.items if item.kind in ("single", "multiple", "number")],
    )


def _without_columns(draft: SurveyDraft, looked: Looked, words: Wording) -> list[str]:
    """The crossings that would need a column that the units do not have, in words."""
    if looked.questionnaire is None or not draft.units:
        return []
    return [
        words(
            "draft.publication.without_column",
            item=words.quoted(figure_name(looked.questionnaire, other, words)),
            column=column,
        )
        for other, column in HEADCOUNTS_BY_ITEM.items()
        if looked.questionnaire.item(other) is not None and any(getattr(u, column) is None for u in draft.units)
    ]


async def _foreseen(draft: SurveyDraft, looked: Looked) -> list[Preflight]:
    """By response rate; none where the units are no sound tree yet."""
    unsound = [f for f in looked.faults if f.place == "units" and f.name not in MENDED_HERE]
    if not draft.units or unsound:
        return []
    return await asyncio.to_thread(
        lambda: [foresee_units(draft.units, draft.minimum_group_size, rate) for rate in RATES]
    )


def _rows(draft: SurveyDraft, foreseen: list[Preflight], words: Wording) -> list[ForeseenUnit]:
    if not foreseen:
        return []
    groups = [{group.group: group for group in each.groups} for each in foreseen]
    rows = []
    for depth, unit in in_order(draft.units):
        # Left out of the tables is what is everybody, and shows as the whole round does, and whom nobody is expected of.
        found = [each.get(unit.id) for each in groups]
        rate = draft.minimum_group_size / unit.headcount if unit.headcount else float("inf")
        rows.append(
            ForeseenUnit(
                unit=unit,
                depth=depth,
                marks=tuple(
                    "shows"
                    if (unit.headcount * at >= draft.minimum_group_size if each is None else each.shows)
                    else "small"
                    if each is None or each.is_too_small
                    else "protects"
                    for at, each in zip(RATES, found, strict=True)
                ),
                needed=words("draft.publication.never")
                if rate > 1
                else words.whole_per_cent(math.ceil(rate * 100) / 100),
            )
        )
    return rows


router = Router(
    path="/",
    route_handlers=[show_publication, change_publication, show_figures, choose_figures],
    request_max_body_size=_LARGEST_FORM,
    include_in_schema=False,
    exception_handlers=frame.REFUSALS,
)
