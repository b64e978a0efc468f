"""The units of a draft: from a CSV file, renamed and merged on the page, or only how many are invited."""

import csv
import io
from collections.abc import Callable
from typing import Any

from litestar import Response, Router, get, post
from litestar.params import FromPath
from msgspec import Struct
from msgspec.structs import replace

from analysis.preflight import Merge
from survey_service.domain.drafts import ChangedMeanwhile, StoredDraft, SurveyDraft, UnknownDraft
from survey_service.domain.survey_faults import FaultName, FaultySurvey, SurveyFault
from survey_service.domain.surveys import Unit
from survey_service.domain.units import NotMergeable, in_order, merged, renamed
from survey_service.operations.draft_survey import change_draft, look_through, read_draft
from survey_service.operations.foresee_groups import foresee_units
from survey_service.operations.read_units import read_units
from survey_service.web.team import draft_frame, frame
from survey_service.web.team.door import acting, guard, session_form, session_upload, signed_in, team_of
from survey_service.web.team.draft_forms import whole
from survey_service.web.team.draft_frame import NEW, Form, address_of, language_name, next_address
from survey_service.web.team.frame import AnyRequest
from survey_service.web.team.wording import wording

LARGEST_FILE = 256 * 1024  # bytes with the form around it; about 3,000 units in two languages
_DEED: dict[str, Any] = {"deed": "set-up-surveys"}
_MOST_FIELDS = 2000  # a box for each unit
_FILE = "units.csv"
MENDED_HERE: tuple[FaultName, ...] = ("unit_too_small", "roster_too_small", "unit_name")
"""What is wrong with units that may be kept: on the page they are merged and named."""


class ShownUnit(Struct, frozen=True, kw_only=True):
    """A row of the table. depth: how many units are above it. is_small: below the minimum group size."""

    unit: Unit
    depth: int
    is_small: bool
    missing: tuple[str, ...]


@get(f"{NEW}/{{draft_id:str}}/units", opt=_DEED, guards=[guard])
async def show_units(draft_id: FromPath[str], request: AnyRequest) -> Response[bytes]:
    return await _page(request, await read_draft(team_of(request).installation, draft_id))


@get(f"{NEW}/{{draft_id:str}}/units.csv", opt=_DEED, guards=[guard])
async def download(draft_id: FromPath[str], request: AnyRequest) -> Response[bytes]:
    """The units as they stand, or an example to fill in."""
    draft = (await read_draft(team_of(request).installation, draft_id)).draft
    words = wording(signed_in(request).language)
    return Response(
        _written(draft.units or _example(draft.languages, words.several("draft.units.example")), draft.languages),
        media_type="text/csv; charset=utf-8",
        headers={
            "content-disposition": 'attachment; filename="units.csv"',
            "cache-control": "no-store",
            **frame.HEADERS,
        },
    )


@post(f"{NEW}/{{draft_id:str}}/units/file", opt=_DEED, guards=[guard])
async def take_file(draft_id: FromPath[str], request: AnyRequest) -> Response[Any]:
    form, content = await session_upload(request, "file")
    stored = await read_draft(team_of(request).installation, draft_id)
    faults: list[SurveyFault] = []
    units = read_units(content, _FILE, stored.draft.languages, faults) if content else ()
    if not content:
        faults.append(SurveyFault(place="units", name="no_file"))
    if not faults:
        looked = await look_through(team_of(request).installation, replace(stored.draft, units=units, roster_size=None))
        faults = [fault for fault in looked.faults if fault.place == "units" and fault.name not in MENDED_HERE]
    if faults:
        return await _page(request, stored, draft=replace(stored.draft, units=units), faults=faults, status_code=422)
    return await _changed(
        request, draft_id, form, lambda draft: replace(draft, units=units, roster_size=None), then_on=False
    )


@post(f"{NEW}/{{draft_id:str}}/units", opt=_DEED, guards=[guard])
async def go_on(draft_id: FromPath[str], request: AnyRequest) -> Response[Any]:
    """On with the units as they stand, or without any and only with how many are invited."""
    form = await session_form(request)
    stored = await read_draft(team_of(request).installation, draft_id)
    if form.get("kind") != "roster":
        return await _changed(request, draft_id, form, lambda draft: draft, then_on=True)
    try:
        size = whole(form, "roster", "roster_size")
    except FaultySurvey as faulty:
        return await _page(request, stored, roster=form.get("roster", ""), faults=faulty.faults, status_code=422)
    return await _changed(
        request, draft_id, form, lambda draft: replace(draft, units=(), roster_size=size), then_on=True
    )


@post(f"{NEW}/{{draft_id:str}}/units/merge", opt=_DEED, guards=[guard])
async def merge(draft_id: FromPath[str], request: AnyRequest) -> Response[Any]:
    form = await session_form(request, most=_MOST_FIELDS)
    chosen = {value for name, value in form.items() if name.startswith("unit-")}
    try:
        return await _changed(
            request,
            draft_id,
            form,
            lambda draft: replace(draft, units=merged(draft.units, chosen)),
            then_on=False,
            back=form.get("back", ""),
        )
    except NotMergeable:
        stored = await read_draft(team_of(request).installation, draft_id)
        fault = SurveyFault(place="units", name="not_mergeable")
        return await _page(request, stored, chosen=chosen, faults=[fault], status_code=422)


@get(f"{NEW}/{{draft_id:str}}/units/{{unit_id:str}}", opt=_DEED, guards=[guard])
async def show_unit(draft_id: FromPath[str], unit_id: FromPath[str], request: AnyRequest) -> Response[bytes]:
    return await _unit_page(request, await read_draft(team_of(request).installation, draft_id), unit_id)


@post(f"{NEW}/{{draft_id:str}}/units/{{unit_id:str}}", opt=_DEED, guards=[guard])
async def rename(draft_id: FromPath[str], unit_id: FromPath[str], request: AnyRequest) -> Response[Any]:
    form = await session_form(request, most=_MOST_FIELDS)
    stored = await read_draft(team_of(request).installation, draft_id)
    name = {tag: " ".join(form.get(f"name-{tag}", "").split()) for tag in stored.draft.languages}
    if missing := [tag for tag, text in name.items() if not text]:
        faults = [
            SurveyFault(place="units", name="unit_name", facts={"unit": unit_id, "language": tag}) for tag in missing
        ]
        return await _unit_page(request, stored, unit_id, value=name, faults=faults, status_code=422)
    try:
        await change_draft(
            acting(request),
            draft_id,
            "units",
            seen=form.get("seen", ""),
            change=lambda draft: replace(draft, units=renamed(draft.units, unit_id, name)),
        )
    except ChangedMeanwhile as changed:
        return await _unit_page(request, changed.found, unit_id, value=name, meanwhile=True, status_code=409)
    return frame.redirect(f"{address_of(draft_id, 'units')}")


async def _changed(
    request: AnyRequest,
    draft_id: str,
    form: Form,
    change: Callable[[SurveyDraft], SurveyDraft],
    *,
    then_on: bool,
    back: str = "units",
) -> Response[Any]:
    try:
        kept = await change_draft(acting(request), draft_id, "units", seen=form.get("seen", ""), change=change)
    except ChangedMeanwhile as changed:
        return await _page(request, changed.found, meanwhile=True, status_code=409)
    if then_on:
        return frame.redirect(next_address(draft_id, kept, "units"))
    return frame.redirect(address_of(draft_id, "publication" if back == "publication" else "units"))


async def _page(
    request: AnyRequest,
    stored: StoredDraft,
    *,
    draft: SurveyDraft | None = None,
    faults: "list[SurveyFault] | tuple[SurveyFault, ...]" = (),
    meanwhile: bool = False,
    roster: str | None = None,
    chosen: set[str] | None = None,
    status_code: int = 200,
) -> Response[bytes]:
    shown, words = stored.draft, wording(signed_in(request).language)
    looked = await look_through(team_of(request).installation, shown)
    own = [fault for fault in looked.faults if fault.place in ("units", "roster_size")]
    is_tree = all(fault.name in MENDED_HERE or fault.name == "units_asked" for fault in own)
    asks_units = looked.questionnaire is None or any(
        item.options_from == "units" for item in looked.questionnaire.items
    )
    return await draft_frame.page(
        request,
        "team/draft/units.html",
        stored,
        step="units",
        draft=draft,
        faults=faults,
        meanwhile=meanwhile,
        status_code=status_code,
        rows=[
            ShownUnit(
                unit=unit,
                depth=depth,
                is_small=unit.headcount < shown.minimum_group_size,
                missing=tuple(language_name(tag, words) for tag in shown.languages if not unit.name.get(tag)),
            )
            for depth, unit in in_order(shown.units)
        ],
        merges=_merges(shown) if shown.units and is_tree else (),
        names={unit.id: words.of(unit.name) for unit in shown.units if unit.name},
        chosen=chosen or set(),
        asks_units=asks_units,
        roster=roster if roster is not None else "" if shown.roster_size is None else str(shown.roster_size),
        columns=_columns(shown.languages),
        mendable=[
            draft_frame.tell(fault, stored.draft_id, shown, looked, words)
            for fault in own
            if fault.name in ("unit_name", "roster_too_small")
        ],
    )


def _merges(draft: SurveyDraft) -> tuple[Merge, ...]:
    """What would be large enough together, where everybody takes part: below that no unit may be."""
    return foresee_units(draft.units, draft.minimum_group_size, 1.0).merges


async def _unit_page(
    request: AnyRequest,
    stored: StoredDraft,
    unit_id: str,
    *,
    value: Form | None = None,
    faults: "list[SurveyFault] | tuple[SurveyFault, ...]" = (),
    meanwhile: bool = False,
    status_code: int = 200,
) -> Response[bytes]:
    unit = next((each for each in stored.draft.units if each.id == unit_id), None)
    if unit is None:
        raise UnknownDraft(f"{stored.draft_id}/{unit_id}")
    words = wording(signed_in(request).language)
    return await draft_frame.page(
        request,
        "team/draft/unit.html",
        stored,
        step="units",
        faults=faults,
        meanwhile=meanwhile,
        status_code=status_code,
        unit=unit,
        value=lambda tag: (value or unit.name).get(tag, ""),
        offered=[(tag, language_name(tag, words)) for tag in stored.draft.languages],
    )


def _columns(languages: tuple[str, ...]) -> tuple[str, ...]:
    names = tuple(f"name_{language}" for language in languages)
    return ("id", "parent", *names, "headcount", "headcount_leadership", "headcount_contact", "predecessor")


def _written(units: tuple[Unit, ...], languages: tuple[str, ...]) -> bytes:
    """As it can be read again; with the mark by which spreadsheets know UTF-8."""
    columns = _columns(languages)
    # Columns that nobody has filled in would only be in the way.
    used = [
        column
        for column in columns
        if column in ("id", "parent", "headcount") or column.startswith("name_") or any(_cell(u, column) for u in units)
    ]
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(used)
    writer.writerows([_cell(unit, column) for column in used] for unit in units)
    return text.getvalue().encode("utf-8-sig")


def _cell(unit: Unit, column: str) -> str:
    if column.startswith("name_"):
        return unit.name.get(column.removeprefix("name_"), "")
    value = getattr(unit, column)
    return "" if value is None else str(value)


def _example(languages: tuple[str, ...], names: tuple[str, ...]) -> tuple[Unit, ...]:
    town, culture, order = (dict.fromkeys(languages, name) for name in names)
    return (
        Unit(id="town", name=town, headcount=60),
        Unit(id="culture", parent="town", name=culture, headcount=25),
        Unit(id="order", parent="town", name=order, headcount=35),
    )


router = Router(
    path="/",
    route_handlers=[show_units, download, take_file, go_on, merge, show_unit, rename],
    request_max_body_size=LARGEST_FILE,
    include_in_schema=False,
    exception_handlers=frame.REFUSALS,
)
