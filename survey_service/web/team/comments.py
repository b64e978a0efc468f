"""Free texts, one a page: what of it must not go out, and whether the rest may. For those who publish, nobody else."""

from typing import Any

from litestar import Response, Router, get, post
from litestar.params import FromPath

from survey_service.custody import MissingKey
from survey_service.errors import WrongState
from survey_service.operations.read_results import read_overview
from survey_service.operations.review_comments import (
    Comment,
    Decision,
    Question,
    UnknownComment,
    decide,
    read_comments,
)
from survey_service.operations.watch_round import watch_round
from survey_service.web.team import frame
from survey_service.web.team.door import LARGEST_FORM, guard, session_form, signed_in, team_of
from survey_service.web.team.frame import AnyRequest
from survey_service.web.team.states import named, round_context
from survey_service.web.team.wording import wording

_DEED: dict[str, Any] = {"deed": "publish"}
_MOST_WORDS = 1100  # of a form: as many as LARGEST_FORM holds
_WORD = "word-"
_LONGEST_NUMBER = 9  # digits of a place


@get("/team/rounds/{round_id:str}/comments", opt=_DEED, guards=[guard])
async def show_comments(round_id: FromPath[str], request: AnyRequest) -> Response[bytes]:
    return await _list(request, round_id)


@get("/team/rounds/{round_id:str}/comments/{item_id:str}/{place:str}", opt=_DEED, guards=[guard])
async def show_comment(
    round_id: FromPath[str], item_id: FromPath[str], place: FromPath[str], request: AnyRequest
) -> Response[bytes]:
    return await _one(request, round_id, item_id, _number(place))


@post("/team/rounds/{round_id:str}/comments/{item_id:str}/{place:str}", opt=_DEED, guards=[guard])
async def decide_comment(
    round_id: FromPath[str], item_id: FromPath[str], place: FromPath[str], request: AnyRequest
) -> Response[Any]:
    form = await session_form(request, most=_MOST_WORDS)
    number = _number(place)
    said = form.get("verdict")
    if said not in ("accept", "reject"):
        return await _one(request, round_id, item_id, number, refused="none")
    email = signed_in(request).email
    decision = Decision(item_id=item_id, place=number, accepted=said == "accept", blackened=_words(form))
    try:
        questions = await decide(team_of(request).installation.acting_for(email), round_id, email, [decision])
    except (UnknownComment, WrongState, MissingKey):
        return await _list(request, round_id, refused="unknown")
    following = _following(questions, email, item_id, number)
    address = f"/team/rounds/{round_id}/comments"
    return frame.redirect(address if following is None else f"{address}/{following[0]}/{following[1]}")


def _number(place: str) -> int:
    """-1 where it is none."""
    return int(place) if place.isascii() and place.isdecimal() and len(place) <= _LONGEST_NUMBER else -1


def _words(form: dict[str, str]) -> tuple[int, ...]:
    """The places of the words that were ticked; what is no place is none."""
    places = (_number(name.removeprefix(_WORD)) for name in form if name.startswith(_WORD))
    return tuple(place for place in places if place >= 0)


def _following(questions: tuple[Question, ...], email: str, item_id: str, place: int) -> tuple[str, int] | None:
    """The next text that this reviewer has not decided, after the one just decided and then from the beginning."""
    left = [
        (question.item_id, comment.place)
        for question in questions
        for comment in question.comments
        if all(verdict.reviewer != email for verdict in comment.verdicts)
    ]
    return next((each for each in left if each > (item_id, place)), left[0] if left else None)


async def _list(request: AnyRequest, round_id: str, *, refused: str | None = None) -> Response[bytes]:
    installation, session = team_of(request).installation, signed_in(request)
    seen = await watch_round(installation, round_id)
    words = wording(session.language)
    try:
        questions = await read_comments(installation, round_id)
    except (WrongState, MissingKey):
        questions, refused = (), "closed"
    return frame.page(
        request,
        "team/comments.html",
        status_code=200 if refused is None else 422,
        **round_context(await read_overview(installation), seen.round.round_id, words),
        round=seen.round,
        comments=questions,
        named=named(seen.round, words),
        own=[
            f"{question.item_id} {comment.place}"
            for question in questions
            for comment in question.comments
            if comment.of(session.email) is not None
        ],
        following=_following(questions, session.email, "", -1),
        refused=refused,
    )


async def _one(
    request: AnyRequest, round_id: str, item_id: str, place: int, *, refused: str | None = None
) -> Response[bytes]:
    installation, session = team_of(request).installation, signed_in(request)
    seen = await watch_round(installation, round_id)
    words = wording(session.language)
    try:
        questions = await read_comments(installation, round_id)
    except (WrongState, MissingKey):
        return await _list(request, round_id, refused="closed")
    found = _found(questions, item_id, place)
    if found is None:
        return await _list(request, round_id, refused="unknown")
    own = found.of(session.email)
    others = [verdict for verdict in found.verdicts if verdict.reviewer != session.email]
    return frame.page(
        request,
        "team/comment.html",
        status_code=200 if refused is None else 422,
        **round_context(await read_overview(installation), seen.round.round_id, words),
        round=seen.round,
        question=named(seen.round, words)[item_id],
        item_id=item_id,
        comment=found,
        own=own,
        others=others,
        # Whoever comes second begins with what the first has blacked out, and says yes or no to it.
        ticked=own.blackened if own is not None else tuple(sorted(found.blackened)),
        refused=refused,
    )


def _found(questions: tuple[Question, ...], item_id: str, place: int) -> Comment | None:
    question = next((each for each in questions if each.item_id == item_id), None)
    if question is None or not 0 <= place < len(question.comments):
        return None
    return question.comments[place]


router = Router(
    path="/",
    route_handlers=[show_comments, show_comment, decide_comment],
    request_max_body_size=LARGEST_FORM,
    include_in_schema=False,
    exception_handlers=frame.REFUSALS,
)
