"""What the programme did: a list on one page, with a form for one more, and a page for each to change or remove it."""

from typing import Any

from litestar import Response, Router, get, post
from litestar.params import FromPath

from survey_service.domain.programme import LONGEST_NAME, UnknownMeasure, UnusableMeasure
from survey_service.operations.read_results import read_overview
from survey_service.operations.record_measures import read_measure, read_measures, record_measure, remove_measure
from survey_service.web.team import frame
from survey_service.web.team.door import LARGEST_FORM, acting, guard, session_form, team_of
from survey_service.web.team.frame import AnyRequest

PAGE = "/team/measures"
_READ: dict[str, Any] = {"deed": "read-results"}
_EMPTY = {"day": "", "german": "", "english": ""}
_WRITE: dict[str, Any] = {"deed": "set-up-surveys"}


@get(PAGE, opt=_READ, guards=[guard])
async def show(request: AnyRequest) -> Response[bytes]:
    return await _list(request)


@post(PAGE, opt=_WRITE, guards=[guard])
async def add(request: AnyRequest) -> Response[Any]:
    form = await session_form(request)
    try:
        await record_measure(acting(request), *_typed(form))
    except UnusableMeasure as refusal:
        return await _list(request, form=form, refused=refusal.field)
    return frame.redirect(PAGE)


@get("/team/measures/{measure_id:str}", opt=_WRITE, guards=[guard])
async def show_one(measure_id: FromPath[str], request: AnyRequest) -> Response[bytes]:
    return await _one(request, measure_id)


@post("/team/measures/{measure_id:str}", opt=_WRITE, guards=[guard])
async def change(measure_id: FromPath[str], request: AnyRequest) -> Response[Any]:
    form = await session_form(request)
    try:
        await record_measure(acting(request), *_typed(form), measure_id=measure_id)
    except UnusableMeasure as refusal:
        return await _one(request, measure_id, form=form, refused=refusal.field)
    return frame.redirect(PAGE)


@post("/team/measures/{measure_id:str}/removal", opt=_WRITE, guards=[guard])
async def remove(measure_id: FromPath[str], request: AnyRequest) -> Response[Any]:
    await session_form(request)
    await remove_measure(acting(request), measure_id)
    return frame.redirect(PAGE)


def _typed(form: dict[str, str]) -> tuple[str, str, str]:
    return form.get("day", ""), form.get("german", ""), form.get("english", "")


async def _list(
    request: AnyRequest, *, form: dict[str, str] | None = None, refused: str | None = None
) -> Response[bytes]:
    installation = team_of(request).installation
    return frame.page(
        request,
        "team/measures.html",
        status_code=200 if refused is None else 422,
        overview=await read_overview(installation),
        current="measures",
        measures=await read_measures(installation),
        may_write=frame.may_do(request, "set-up-surveys"),
        longest=LONGEST_NAME,
        typed=_EMPTY | (form or {}),
        refused=refused,
    )


async def _one(
    request: AnyRequest, measure_id: str, *, form: dict[str, str] | None = None, refused: str | None = None
) -> Response[bytes]:
    installation = team_of(request).installation
    measure = await read_measure(installation, measure_id)
    kept = {
        "day": measure.day.isoformat(),
        "german": measure.name["de"],
        "english": measure.name.get("en", ""),
    }
    return frame.page(
        request,
        "team/measure.html",
        status_code=200 if refused is None else 422,
        overview=await read_overview(installation),
        current="measures",
        measure=measure,
        longest=LONGEST_NAME,
        typed=kept | (form or {}),
        refused=refused,
    )


def _answer_unknown(request: AnyRequest, _: Exception) -> Response[bytes]:
    return frame.page(request, "team/refused.html", status_code=404, refused="unknown_measure")


router = Router(
    path="/",
    route_handlers=[show, add, show_one, change, remove],
    request_max_body_size=LARGEST_FORM,
    include_in_schema=False,
    exception_handlers=frame.REFUSALS | {UnknownMeasure: _answer_unknown},
)
