"""Two people review what respondents wrote; what both let out, word for word, goes out with the release."""

from pathlib import Path

import pytest

from survey_service.domain.accounts import Email
from survey_service.domain.rounds import Round
from survey_service.errors import WrongState
from survey_service.operations.close_round import close_round
from survey_service.operations.erase_round import erase_round
from survey_service.operations.installation import Installation
from survey_service.operations.release_tables import propose_release, publish_proposal, read_release, release_tables
from survey_service.operations.review_comments import Decision, UnknownComment, decide, read_comments
from survey_service.operations.unseal_round import unseal_round
from tests.conftest import new_round
from tests.operations.commented_rounds import remarks, unsealed_with_remarks
from tests.operations.participants import GitHub, take_part

KIM = Email("kim@example.org")
ADA = Email("ada@example.org")
NAME = (1,)  # the place of "Meier"


@pytest.fixture
async def unsealed(installation: Installation, tmp_path: Path) -> Round:
    return await unsealed_with_remarks(installation, tmp_path, remarks(12))


def decision(place: int, *, accepted: bool = True, blackened: tuple[int, ...] = ()) -> Decision:
    return Decision(item_id="remark", place=place, accepted=accepted, blackened=blackened)


async def test_reviewers_read_every_text_and_none_of_its_author(installation: Installation, unsealed: Round) -> None:
    (question,) = await read_comments(installation, unsealed.round_id)
    read = [" ".join(comment.words) for comment in question.comments]
    assert sorted(read) == sorted(remarks(12))
    assert read != remarks(12)  # shuffled: one in 479 million keeps its order by chance


async def test_only_what_two_people_let_out_in_the_same_words_is_released(
    installation: Installation, unsealed: Round
) -> None:
    (question,) = await read_comments(installation, unsealed.round_id)
    wanted = [" ".join(comment.words).replace("Meier", "[…]") for comment in question.comments]
    everything = [decision(place, blackened=NAME) for place in range(5)]
    await decide(installation, unsealed.round_id, KIM, everything)
    assert (await propose_release(installation, unsealed.round_id)).document.comments == ()
    await decide(
        installation,
        unsealed.round_id,
        ADA,
        [
            decision(0, blackened=NAME),
            decision(1, blackened=NAME),
            decision(2),  # leaves the name in
            decision(3, accepted=False),
            decision(6),  # nobody else has read it
        ],
    )
    proposal = await propose_release(installation, unsealed.round_id)
    await publish_proposal(installation, unsealed.round_id, proposal.sha256)
    (released,) = (await read_release(installation, unsealed.round_id)).comments
    assert released.item == "remark"
    assert released.texts == tuple(sorted(wanted[:2]))


async def test_the_same_person_twice_is_one_person(installation: Installation, unsealed: Round) -> None:
    for _ in range(2):
        (question,) = await decide(installation, unsealed.round_id, KIM, [decision(0)])
    assert question.comments[0].outcome == "undecided"
    assert (await release_tables(installation, unsealed.round_id)).comments == ()


async def test_a_decision_on_words_or_texts_that_are_not_there_keeps_nothing_of_its_form(
    installation: Installation, unsealed: Round
) -> None:
    for wrong in (decision(12), decision(-1), decision(1, blackened=(7,)), decision(1, blackened=(-1,))):
        with pytest.raises(UnknownComment):
            await decide(installation, unsealed.round_id, KIM, [decision(0), wrong])
    (question,) = await read_comments(installation, unsealed.round_id)
    assert all(comment.verdicts == () for comment in question.comments)


async def test_where_too_few_took_part_or_wrote_nobody_reads_a_word(installation: Installation, tmp_path: Path) -> None:
    for written, people in ((12, 49), (9, 60)):
        found = await unsealed_with_remarks(installation, tmp_path, remarks(written), people=people)
        (question,) = await read_comments(installation, found.round_id)
        assert (question.is_readable, question.comments) == (False, ())
        with pytest.raises(UnknownComment):
            await decide(installation, found.round_id, KIM, [decision(0)])


async def test_a_minimum_that_was_raised_holds_for_free_texts_too(installation: Installation, unsealed: Round) -> None:
    for reviewer in (KIM, ADA):
        await decide(installation, unsealed.round_id, reviewer, [decision(0)])
    released = await release_tables(installation, unsealed.round_id, minimum_group_size=13)
    assert released.comments == ()


async def test_texts_are_read_between_the_unsealing_and_the_release_only(
    installation: Installation, unsealed: Round
) -> None:
    await release_tables(installation, unsealed.round_id)
    with pytest.raises(WrongState):
        await read_comments(installation, unsealed.round_id)
    with pytest.raises(WrongState):
        await decide(installation, unsealed.round_id, KIM, [decision(0)])


async def test_a_round_without_free_text_has_nothing_to_review(installation: Installation, tmp_path: Path) -> None:
    found = await new_round(installation, tmp_path)
    await take_part(installation, found, [GitHub] * 12)
    await close_round(installation, found.round_id)
    await unseal_round(installation, found.round_id)
    assert await read_comments(installation, found.round_id) == ()


async def test_the_database_and_its_log_never_hold_a_word_and_the_erasure_takes_the_decisions_too(
    installation: Installation, unsealed: Round
) -> None:
    await decide(installation, unsealed.round_id, KIM, [decision(0, blackened=NAME), decision(1, accepted=False)])
    async with installation.database.owner() as connection:
        kept = await connection.fetch("SELECT * FROM comment_verdict WHERE round_id = $1", unsealed.round_id)
        log = await connection.fetch("SELECT convert_from(entry, 'UTF8') AS entry FROM audit_entry")
    assert len(kept) == 2
    for text in [str(dict(row)) for row in (*kept, *log)]:
        assert "Meier" not in text
        assert "Zimmer" not in text
    await erase_round(installation, unsealed.round_id)
    async with installation.database.owner() as connection:
        assert (
            await connection.fetchval("SELECT count(*) FROM comment_verdict WHERE round_id = $1", unsealed.round_id)
            == 0
        )
