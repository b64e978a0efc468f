"""Planning the next round of a survey: when it opens and closes, and who holds its key."""

from datetime import datetime
from typing import Any

from litestar import Response, Router, get, post
from litestar.params import FromPath

from survey_service.domain.accounts import Email, NotAnEmail, may
from survey_service.domain.key_shares import SharedCustody, parse_custody
from survey_service.operations.approve_survey import read_approvals
from survey_service.operations.create_round import TrusteesDemanded, UnusableTimes, create_round
from survey_service.operations.installation import Installation
from survey_service.operations.manage_accounts import list_accounts
from survey_service.operations.prepare_round import UnusableTrustees, prepare_round
from survey_service.operations.read_results import read_overview
from survey_service.results.rhythm import duration_in_words
from survey_service.web.team import frame
from survey_service.web.team.door import HOME, LARGEST_FORM, guard, session_form, signed_in, team_of
from survey_service.web.team.frame import AnyRequest
from survey_service.web.team.moves import NoTime, typed_time
from survey_service.web.team.wording import wording

_DEED: dict[str, Any] = {"deed": "run-rounds"}
_TRUSTEE = "trustee-"
_MOST_FIELDS = 64

REFUSED: tuple[tuple[type[Exception], str], ...] = (
    (NoTime, "no_time"),
    (UnusableTimes, "times"),
    (TrusteesDemanded, "trustees"),
    (UnusableTrustees, "trustees"),
    (NotAnEmail, "trustees"),
)
"""What keeps a round from being planned, by the wording under [plan.refused] that explains it."""


@get("/team/surveys/{survey_id:str}/plan", opt=_DEED, guards=[guard])
async def ask(survey_id: FromPath[str], request: AnyRequest) -> Response[bytes]:
    return await _page(request, survey_id)


@post("/team/surveys/{survey_id:str}/plan", opt=_DEED, guards=[guard])
async def plan(survey_id: FromPath[str], request: AnyRequest) -> Response[Any]:
    form = await session_form(request, most=_MOST_FIELDS)
    installation = team_of(request).installation.acting_for(signed_in(request).email)
    try:
        address = await _planned(installation, survey_id, form)
    except tuple(kind for kind, _ in REFUSED) as refusal:
        name = next(name for kind, name in REFUSED if isinstance(refusal, kind))
        return await _page(request, survey_id, form=form, refused=name)
    return frame.redirect(address)


async def _planned(installation: Installation, survey_id: str, form: dict[str, str]) -> str:
    """Plans it; where one goes then: its page, or the first one where it waits for passphrases."""
    rehearsal = form.get("kind") != "round"  # a form that does not say is no reason to invite people
    opens, closes = _time(form, "opens"), _time(form, "closes")
    custody = parse_custody((await read_approvals(installation, survey_id)).stored.survey.custody)
    if custody is None or (rehearsal and not _trustees(form)):
        found = await create_round(installation, survey_id, opens_at=opens, closes_at=closes, rehearsal=rehearsal)
        return f"/team/rounds/{found.round_id}"
    await prepare_round(installation, survey_id, _trustees(form), opens_at=opens, closes_at=closes, rehearsal=rehearsal)
    return HOME


def _time(form: dict[str, str], name: str) -> datetime | None:
    """None where nothing was typed. Raises: NoTime."""
    text = form.get(name, "").strip()
    return typed_time(text) if text else None


def _trustees(form: dict[str, str]) -> tuple[str, ...]:
    return tuple(value for name, value in form.items() if name.startswith(_TRUSTEE))


async def _page(
    request: AnyRequest, survey_id: str, *, form: dict[str, str] | None = None, refused: str | None = None
) -> Response[bytes]:
    installation = team_of(request).installation
    read = await read_approvals(installation, survey_id)
    survey = read.stored.survey
    custody: SharedCustody | None = parse_custody(survey.custody)
    holders: list[Email] = [
        account.email
        for account in await list_accounts(installation)
        if not account.disabled and may(account.role, "hold-share")
    ]
    return frame.page(
        request,
        "team/plan.html",
        status_code=200 if refused is None else 422,
        overview=await read_overview(installation),
        current=f"survey {survey_id}",
        survey=survey,
        open_for=duration_in_words(survey.schedule.open_for, wording(signed_in(request).language)),
        missing=read.missing,
        custody=custody,
        holders=holders,
        ticked=() if form is None else _trustees(form),
        kind="round" if form is None else form.get("kind", "rehearsal"),
        opens="" if form is None else form.get("opens", ""),
        closes="" if form is None else form.get("closes", ""),
        refused=refused,
    )


router = Router(
    path="/",
    route_handlers=[ask, plan],
    request_max_body_size=LARGEST_FORM,
    include_in_schema=False,
    exception_handlers=frame.REFUSALS,
)
