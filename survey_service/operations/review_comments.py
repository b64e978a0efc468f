"""Two people review the free texts of a round; only what both let out, word for word, becomes part of its release."""

from collections.abc import Mapping, Sequence

from msgspec import Struct, structs

from survey_service import blocks
from survey_service.domain.accounts import Email
from survey_service.domain.comments import Outcome, Verdict, blackened, may_be_read, outcome, words
from survey_service.domain.releases import ReleasedComments
from survey_service.domain.rounds import Round
from survey_service.errors import Refusal, WrongState
from survey_service.operations.installation import Installation
from survey_service.store import audit_log
from survey_service.store import comments as store_comments
from survey_service.store import responses as store_responses
from survey_service.store import rounds as store
from survey_service.store.comments import Place
from survey_service.store.database import AnyConnection


class UnknownComment(Refusal):
    def __init__(self, round_id: str) -> None:
        super().__init__(
            f"Round {round_id!r} has no such free text to review.", remedy="Load the page of the free texts again."
        )


class Comment(Struct, frozen=True, kw_only=True):
    """A free text as reviewers see it. place: among the shuffled ones. words: as it was written."""

    place: int
    words: tuple[str, ...]
    verdicts: tuple[Verdict, ...]

    @property
    def outcome(self) -> Outcome:
        return outcome(self.verdicts)

    def of(self, reviewer: Email) -> Verdict | None:
        return next((verdict for verdict in self.verdicts if verdict.reviewer == reviewer), None)

    @property
    def blackened(self) -> frozenset[int]:
        """What anybody wants blackened."""
        return frozenset(place for verdict in self.verdicts for place in verdict.blackened)


class Question(Struct, frozen=True, kw_only=True):
    """A question with free texts. comments: none where too few took part, or wrote, for anybody to read them."""

    item_id: str
    is_readable: bool
    comments: tuple[Comment, ...]

    def count(self, of: Outcome) -> int:
        return sum(comment.outcome == of for comment in self.comments)


class Decision(Struct, frozen=True, kw_only=True):
    """What a reviewer says of one text."""

    item_id: str
    place: int
    accepted: bool
    blackened: tuple[int, ...] = ()


async def read_comments(installation: Installation, round_id: str) -> tuple[Question, ...]:
    """The free texts of an unsealed round, question by question.

    Raises: UnknownRound, WrongState, MissingKey, UnreadableBlocks.
    """
    async with installation.database.session("tabulation") as connection:
        found = await store.select_round(connection, round_id)
        if found.state != "unsealed":
            raise WrongState(round_id, found.state, "unsealed")
        return await _questions(installation, connection, found)


async def decide(
    installation: Installation, round_id: str, reviewer: Email, decisions: Sequence[Decision]
) -> tuple[Question, ...]:
    """Keeps what a reviewer says. Raises: as `read_comments`; UnknownComment, and then nothing is kept."""
    async with installation.database.session("tabulation") as connection:
        found = await store.select_round(connection, round_id)
        if found.state != "unsealed":
            raise WrongState(round_id, found.state, "unsealed")
        questions = {question.item_id: question for question in await _questions(installation, connection, found)}
        async with connection.transaction():
            for decision in decisions:
                question = questions.get(decision.item_id)
                if question is None or not 0 <= decision.place < len(question.comments):
                    raise UnknownComment(round_id)
                length = len(question.comments[decision.place].words)
                if any(not 0 <= place < length for place in decision.blackened):
                    raise UnknownComment(round_id)
                await store_comments.set_verdict(
                    connection,
                    found.round_id,
                    Place(item_id=decision.item_id, place=decision.place),
                    Verdict(
                        reviewer=reviewer,
                        accepted=decision.accepted,
                        blackened=tuple(sorted(set(decision.blackened))) if decision.accepted else (),
                    ),
                )
            # How many, not which: the log tells who reviewed, nothing of what anybody wrote.
            await audit_log.append(
                connection, installation.actor, "comments-reviewed", round_id=found.round_id, count=len(decisions)
            )
        return await _questions(installation, connection, found)


async def agreed_comments(
    installation: Installation, connection: AnyConnection, found: Round, minimum_group_size: int
) -> tuple[ReleasedComments, ...]:
    """What two reviewers have let out, sorted by its words. Nothing is decrypted where nobody has decided anything.

    minimum_group_size: of the release that they go out with.
    """
    if not await store_comments.select_verdicts(connection, found.round_id):
        return ()
    judged = structs.replace(found, minimum_group_size=minimum_group_size)
    released = []
    for question in await _questions(installation, connection, judged):
        texts = sorted(
            blackened(" ".join(comment.words), comment.blackened)
            for comment in question.comments
            if comment.outcome == "agreed"
        )
        if texts:
            released.append(ReleasedComments(item=question.item_id, texts=tuple(texts)))
    return tuple(released)


async def _questions(installation: Installation, connection: AnyConnection, found: Round) -> tuple[Question, ...]:
    encrypted = await store_responses.select_blocks(connection, found.round_id)
    if not any(block.content.startswith("text:") for block in encrypted):
        return ()
    texts = blocks.decrypt_texts(installation.keys.read(found.round_id, "storage"), found.round_id, encrypted)
    verdicts = await store_comments.select_verdicts(connection, found.round_id)
    return tuple(_question(found, item_id, written, verdicts) for item_id, written in sorted(texts.items()))


def _question(
    found: Round, item_id: str, written: tuple[str, ...], verdicts: Mapping[Place, Sequence[Verdict]]
) -> Question:
    is_readable = may_be_read(
        analysed=found.analysed or 0, texts=len(written), minimum_group_size=found.minimum_group_size
    )
    return Question(
        item_id=item_id,
        is_readable=is_readable,
        comments=tuple(
            Comment(
                place=place,
                words=tuple(words(text)),
                verdicts=tuple(verdicts.get(Place(item_id=item_id, place=place), ())),
            )
            for place, text in enumerate(written)
        )
        if is_readable
        else (),
    )
