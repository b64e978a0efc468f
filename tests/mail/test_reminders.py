"""Reminders that know nothing: the same words to all, as a reply to their invitation, once."""

import asyncio
from pathlib import Path

import pytest

from survey_service.correspondence.smtp import MailNotSet
from survey_service.domain.rounds import Round, RoundId
from survey_service.errors import WrongState
from survey_service.operations.close_round import close_round
from survey_service.operations.installation import Installation
from survey_service.operations.invite import invite
from survey_service.operations.invite_by_mail import StillSending, prepare_invitations
from survey_service.operations.mail_round import Sent, send_waiting
from survey_service.operations.remind import (
    RecipientsElsewhere,
    RemindedToday,
    forget_all_over,
    forget_recipients,
    remind_round,
)
from survey_service.operations.run_mail import send_due
from tests.conftest import new_round
from tests.mail.conftest import MailBox, addresses, text_of, with_mail

PEOPLE = addresses(12)


@pytest.fixture
async def invited(posting: Installation, box: MailBox, tmp_path: Path) -> Round:
    found = await new_round(posting, tmp_path)
    await prepare_invitations(posting, found.round_id, PEOPLE)
    await send_waiting(posting, RoundId(found.round_id), "invitation")
    assert len(box.messages) == len(PEOPLE)
    return found


async def test_a_reminder_is_the_same_to_all_and_replies_to_the_invitation(
    posting: Installation, box: MailBox, invited: Round
) -> None:
    first = dict(box.messages)
    box.messages.clear()
    await remind_round(posting, invited.round_id, number=1)
    await send_due(posting, {})
    assert sorted(address for address, _ in box.messages) == sorted(PEOPLE)
    assert len({text_of(message) for _, message in box.messages}) == 1
    assert len({text_of(message, "html") for _, message in box.messages}) == 1
    for address, message in box.messages:
        assert message["In-Reply-To"] == message["References"] == first[address]["Message-ID"]
        assert message["Subject"] == f"Re: {first[address]['Subject']}"
        assert "#" not in text_of(message)


async def test_a_reminder_goes_to_whoever_has_taken_part_as_well(
    posting: Installation, box: MailBox, invited: Round
) -> None:
    async with posting.database.owner() as connection:
        await connection.execute(
            "UPDATE invitation SET blinded_hash = sha256('\\x01'), blind_signature = decode(repeat('00', 384), 'hex')"
            " WHERE round_id = $1",
            invited.round_id,
        )
    box.messages.clear()
    await remind_round(posting, invited.round_id)
    await send_due(posting, {})
    assert len(box.messages) == len(PEOPLE)


async def test_a_schedule_that_asks_again_reminds_once(posting: Installation, box: MailBox, invited: Round) -> None:
    box.messages.clear()
    for _ in range(3):
        begun = await remind_round(posting, invited.round_id, number=1)
        assert begun is not None
        await send_due(posting, {})
    assert len(box.messages) == len(PEOPLE)
    with pytest.raises(RemindedToday):
        await remind_round(posting, invited.round_id, number=2)
    await a_day_passes(posting, invited)
    await remind_round(posting, invited.round_id, number=2)
    await send_due(posting, {})
    assert len(box.messages) == 2 * len(PEOPLE)


async def test_a_reminder_by_hand_takes_the_place_of_none_of_the_schedule(
    posting: Installation, box: MailBox, invited: Round
) -> None:
    box.messages.clear()
    await remind_round(posting, invited.round_id)
    await send_due(posting, {})
    await a_day_passes(posting, invited)
    await remind_round(posting, invited.round_id, number=1)
    await send_due(posting, {})
    assert len(box.messages) == 2 * len(PEOPLE)


async def a_day_passes(posting: Installation, invited: Round) -> None:
    async with posting.database.owner() as connection:
        await connection.execute("UPDATE mailing SET begun_on = begun_on - 1 WHERE round_id = $1", invited.round_id)


async def test_by_hand_once_a_day_is_enough(posting: Installation, box: MailBox, invited: Round) -> None:
    box.messages.clear()
    await remind_round(posting, invited.round_id)
    with pytest.raises(StillSending):
        await remind_round(posting, invited.round_id)
    await send_due(posting, {})
    with pytest.raises(RemindedToday):
        await remind_round(posting, invited.round_id)
    await a_day_passes(posting, invited)
    assert await remind_round(posting, invited.round_id) is not None
    await send_due(posting, {})
    assert len(box.messages) == 2 * len(PEOPLE)


async def test_a_reminder_of_unclear_outcome_is_left_as_it_is(
    posting: Installation, box: MailBox, invited: Round
) -> None:
    box.messages.clear()
    box.cuts_after = {PEOPLE[3]}
    await remind_round(posting, invited.round_id)
    sent = await send_waiting(posting, RoundId(invited.round_id), "reminder")
    assert sent == Sent(accepted=len(PEOPLE) - 1, refused=0, unclear=1, waiting=0)
    assert sorted(address for address, _ in box.messages) == sorted(PEOPLE)


async def test_a_crash_before_a_reminder_is_counted_neither_loses_nor_doubles_it(
    posting: Installation, box: MailBox, invited: Round, monkeypatch: pytest.MonkeyPatch
) -> None:
    box.messages.clear()
    with monkeypatch.context() as patch:
        patch.setattr(posting.database, "session", _dead_after(posting, 1))
        with pytest.raises(asyncio.CancelledError):
            await remind_round(posting, invited.round_id, number=1)
    await send_due(posting, {})
    assert box.messages == []
    await remind_round(posting, invited.round_id, number=1)
    await send_due(posting, {})
    assert len(box.messages) == len(PEOPLE)


async def test_without_invitations_by_mail_there_is_nobody_to_remind(posting: Installation, tmp_path: Path) -> None:
    found = await new_round(posting, tmp_path)
    await invite(posting, found.round_id, 3)
    assert await remind_round(posting, found.round_id, number=1) is None


async def test_on_another_machine_the_schedule_is_told_to_come_back(
    installation: Installation, posting: Installation, smtp_url: str, invited: Round, tmp_path: Path
) -> None:
    elsewhere = with_mail(installation, smtp_url, tmp_path / "another")
    with pytest.raises(RecipientsElsewhere):
        await remind_round(elsewhere, invited.round_id, number=1)
    assert await remind_round(posting, invited.round_id, number=1) is not None


async def test_a_closed_round_reminds_nobody_and_its_addresses_are_overwritten(
    posting: Installation, invited: Round
) -> None:
    kept = (posting.spool.directory / invited.round_id / "recipients").open("rb")
    with kept:
        assert PEOPLE[0].encode() in kept.read()
        await close_round(posting, invited.round_id)
        kept.seek(0)
        assert kept.read().strip(b"\0") == b""
    with pytest.raises(WrongState):
        await remind_round(posting, invited.round_id)
    assert await forget_recipients(posting, invited.round_id) is False
    async with posting.database.session("reporting") as connection:
        entries = await connection.fetch("SELECT entry FROM audit_entry")
    told = [row["entry"] for row in entries if b"recipients-erased" in row["entry"]]
    assert len([each for each in told if invited.round_id.encode() in each]) == 1


async def test_addresses_of_a_round_whose_time_has_run_out_go_by_themselves(
    posting: Installation, invited: Round
) -> None:
    assert await forget_all_over(posting) == []
    async with posting.database.owner() as connection:
        await connection.execute(
            "UPDATE round SET opens_at = now() - interval '2 days', closes_at = now() - interval '1 second'"
            " WHERE round_id = $1",
            invited.round_id,
        )
    assert await forget_all_over(posting) == [invited.round_id]
    assert posting.spool.rounds() == []


async def test_without_a_mail_server_nothing_is_begun(
    installation: Installation, posting: Installation, invited: Round
) -> None:
    assert installation.settings.smtp_url is None
    with pytest.raises(MailNotSet):
        await remind_round(installation, invited.round_id)
    assert await remind_round(posting, invited.round_id) is not None


def _dead_after(installation: Installation, sessions: int) -> object:
    """As the process would die: the database is asked so often, then never again."""
    real, count = installation.database.session, 0

    def session(role: str) -> object:
        nonlocal count
        count += 1
        if count > sessions:
            raise asyncio.CancelledError
        return real(role)  # type: ignore[arg-type]

    return session
