"""The first page: what waits for whoever is signed in, what waits for others, and all surveys and rounds."""

from litestar import Response, Router, get
from msgspec import Struct

from survey_service.domain.accounts import Account, Email, Session, may
from survey_service.domain.drafts import STEPS, StoredDraft
from survey_service.domain.rounds import RoundId
from survey_service.domain.tasks import Task, TaskName
from survey_service.operations.draft_survey import list_drafts
from survey_service.operations.read_results import Overview, read_overview
from survey_service.operations.what_is_next import what_is_next
from survey_service.web.team import frame
from survey_service.web.team.door import HOME, LARGEST_FORM, guard, signed_in, team_of
from survey_service.web.team.draft_frame import address_of, draft_title
from survey_service.web.team.frame import AnyRequest
from survey_service.web.team.states import state_of
from survey_service.web.team.wording import Wording, wording

PAGES: dict[TaskName, str] = {
    "approve": "/team/surveys/{survey_id}",
    "plan": "/team/surveys/{survey_id}/plan",
    "name-trustees": "/team/surveys/{survey_id}/plan",
    "set-passphrase": "/team/trustee/{round_id}",
    "prove-share": "/team/trustee/{round_id}",
    "invite": "/team/rounds/{round_id}",
    "extend": "/team/rounds/{round_id}/extend",
    "unseal": "/team/rounds/{round_id}/unsealing",
    "give-share": "/team/trustee/{round_id}",
    "compute": "/team/rounds/{round_id}/review",
    "comments": "/team/rounds/{round_id}/comments",
    "publish": "/team/rounds/{round_id}/review",
    "before-erasure": "/team/rounds/{round_id}",
}
"""Where a task is done."""


class Waiting(Struct, frozen=True, kw_only=True):
    """A task as the page shows it. place: the survey and round it is of, or the draft. whom: who can do it; none: nobody can."""

    title: str
    text: str
    place: str
    address: str
    is_own: bool
    whom: tuple[Email, ...]


@get(HOME, opt={"deed": "read-results"}, guards=[guard])
async def show_home(request: AnyRequest) -> Response[bytes]:
    installation, session = team_of(request).installation, signed_in(request)
    overview = await read_overview(installation)
    found = await what_is_next(installation)
    words = wording(session.language)
    own = next((account for account in found.accounts if account.email == session.email), None)
    waiting = [_shown(task, overview, found.accounts, own, words) for task in found.tasks]
    waiting += [_draft(each, found.accounts, session, words) for each in await list_drafts(installation)]
    return frame.page(
        request,
        "team/home.html",
        current="start",
        overview=overview,
        own=[each for each in waiting if each.is_own],
        others=[each for each in waiting if not each.is_own],
        states={
            entry.round_id: state_of(entry, overview, words) for survey in overview.surveys for entry in survey.rounds
        },
    )


def _shown(
    task: Task, overview: Overview, accounts: tuple[Account, ...], own: Account | None, words: Wording
) -> Waiting:
    whom = task.whom(accounts)
    return Waiting(
        title=words(f"task.{task.name}.title"),
        text=words(
            f"task.{task.name}.text",
            office="" if task.office is None else words(f"survey.office.{task.office}"),
            needed=task.of,
            until="" if task.until is None else words.date(task.until),
        ),
        place=_place(task, overview, words),
        address=PAGES[task.name].format(survey_id=task.survey_id, round_id=task.round_id),
        is_own=own is not None and task.is_for(own),
        whom=whom,
    )


def _draft(stored: StoredDraft, accounts: tuple[Account, ...], session: Session, words: Wording) -> Waiting:
    """A survey that somebody has begun: it waits for all who set surveys up, since any of them may go on with it."""
    return Waiting(
        title=words("task.draft.title"),
        text=words(
            "task.draft.text",
            done=len(stored.draft.settled),
            all=len(STEPS),
            email=stored.changed_by,
            at=words.date(stored.changed_at),
        ),
        place=draft_title(stored.draft, words),
        address=address_of(stored.draft_id),
        is_own=may(session.role, "set-up-surveys"),
        whom=tuple(each.email for each in accounts if not each.disabled and may(each.role, "set-up-surveys")),
    )


def _place(task: Task, overview: Overview, words: Wording) -> str:
    survey = next(each for each in overview.surveys if each.survey.survey_id == task.survey_id)
    title = words.of(survey.survey.title)
    if task.round_id is None:
        return title
    return f"{title}, {_round(task.round_id, [(e.round_id, words('round', day=words.day(e.opens_at))) for e in survey.rounds])}"


def _round(round_id: RoundId, named: list[tuple[RoundId, str]]) -> str:
    """By its day; one that waits for passphrases has none yet, and goes by its id."""
    return next((name for known, name in named if known == round_id), round_id)


router = Router(
    path="/",
    route_handlers=[show_home],
    request_max_body_size=LARGEST_FORM,
    include_in_schema=False,
    exception_handlers=frame.REFUSALS,
)
