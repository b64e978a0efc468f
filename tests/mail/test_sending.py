"""Addressed invitations: each address gets one valid code, whatever breaks on the way."""

import secrets
from pathlib import Path
from typing import Any

import httpx
import pytest

from survey_service.correspondence.smtp import MailServerUnavailable
from survey_service.domain import encodings
from survey_service.domain.codes import InvitationCode, code_hash
from survey_service.domain.rounds import Round, RoundId
from survey_service.errors import WrongState
from survey_service.operations import mail_round
from survey_service.operations.close_round import close_round, end_redemption
from survey_service.operations.installation import Installation
from survey_service.operations.invite import BeyondRoster, invite
from survey_service.operations.invite_by_mail import (
    AlreadyInvited,
    NothingToSend,
    StillSending,
    let_invitations_go,
    prepare_invitations,
    read_mail_status,
)
from survey_service.operations.mail_round import MOST_ATTEMPTS, MOST_REFUSED, Sent, send_waiting
from survey_service.operations.run_mail import send_due
from tests.conftest import new_round
from tests.mail.conftest import MailBox, addresses, with_mail


async def test_everyone_gets_one_mail_with_one_valid_code_over_one_connection(
    posting: Installation, box: MailBox, tmp_path: Path
) -> None:
    found = await new_round(posting, tmp_path)
    people = addresses(60)
    assert await prepare_invitations(posting, found.round_id, people) == 60
    sent = await send(posting, found)
    assert sent == Sent(accepted=60, refused=0, unclear=0, waiting=0)
    assert sorted(address for address, _ in box.messages) == sorted(people)
    assert len({code for _, code in box.codes()}) == 60
    assert await known(posting, found) == {hashed(found, code) for _, code in box.codes()}
    assert box.connections == 1
    status = await read_mail_status(posting, found.round_id)
    assert (status.issued, status.void, status.reserve, status.on_list, status.waits) == (60, 0, 440, 60, False)


async def test_mails_go_in_an_order_that_is_neither_that_of_the_list_nor_that_of_the_codes(
    posting: Installation, box: MailBox, tmp_path: Path
) -> None:
    found = await new_round(posting, tmp_path)
    people = addresses(80)
    await prepare_invitations(posting, found.round_id, people)
    await send(posting, found)
    order = [people.index(address) for address, _ in box.codes()]
    stored = [code_hash(found.round_id, InvitationCode(code)) for _, code in box.codes()]
    by_code = [sorted(stored).index(each) for each in stored]
    # Without a relation the correlation of 80 ranks is about normal with standard deviation 1/sqrt(79): 4.5 of them.
    assert abs(correlation(order, list(range(80)))) < 0.51
    assert abs(correlation(by_code, list(range(80)))) < 0.51
    assert abs(correlation(by_code, order)) < 0.51


async def test_nothing_goes_before_somebody_lets_it_go(posting: Installation, box: MailBox, tmp_path: Path) -> None:
    found = await new_round(posting, tmp_path)
    with pytest.raises(NothingToSend):
        await let_invitations_go(posting, found.round_id)
    await prepare_invitations(posting, found.round_id, addresses(3))
    await send_due(posting, {})
    assert box.messages == []
    await let_invitations_go(posting, found.round_id)
    await send_due(posting, {})
    assert len(box.messages) == 3
    await send_due(posting, {})
    assert len(box.messages) == 3


async def test_invitations_for_the_opening_wait_for_it(posting: Installation, box: MailBox, tmp_path: Path) -> None:
    found = await new_round(posting, tmp_path, opens_in=3600)
    await prepare_invitations(posting, found.round_id, addresses(2))
    await let_invitations_go(posting, found.round_id, "opening")
    await send_due(posting, {})
    assert box.messages == []
    async with posting.database.owner() as connection:
        await connection.execute("UPDATE round SET opens_at = now() WHERE round_id = $1", found.round_id)
    await send_due(posting, {})
    assert len(box.messages) == 2


async def test_refused_addresses_are_counted_and_give_their_codes_back(
    posting: Installation, box: MailBox, tmp_path: Path
) -> None:
    found = await new_round(posting, tmp_path, roster_size=30)
    people = addresses(30)
    box.refuses = set(people[:4])
    await prepare_invitations(posting, found.round_id, people)
    assert await send(posting, found) == Sent(accepted=26, refused=4, unclear=0, waiting=0)
    assert await known(posting, found) == {hashed(found, code) for _, code in box.codes()}
    status = await read_mail_status(posting, found.round_id)
    assert (status.issued, status.reserve) == (26, 4)
    assert len(await invite(posting, found.round_id, 4)) == 4  # on slips, for those whom no mail reaches


@pytest.mark.parametrize("arrived", [True, False])
async def test_after_an_unclear_outcome_that_code_is_void_and_another_one_goes(
    posting: Installation, box: MailBox, tmp_path: Path, *, arrived: bool
) -> None:
    found = await new_round(posting, tmp_path, roster_size=40)
    people = addresses(40)
    lost = people[7]
    (box.cuts_after if arrived else box.cuts_before).add(lost)
    await prepare_invitations(posting, found.round_id, people)
    before = await known(posting, found)
    assert await send(posting, found) == Sent(accepted=40, refused=0, unclear=1, waiting=0)
    assert box.connections == 2
    assert sorted({address for address, _ in box.codes()}) == sorted(people)
    assert len(box.messages) == 40 + arrived
    latest = dict(box.codes())
    assert await known(posting, found) == {hashed(found, code) for code in latest.values()}
    assert (await read_mail_status(posting, found.round_id)).void == 1
    # Every code that had not left was drawn anew: the moment points at no single address.
    fresh = {address for address, code in latest.items() if hashed(found, code) not in before}
    assert lost in fresh
    assert len(fresh) == 41 - box_index(box, lost, arrived=arrived)
    if arrived:
        ids = [message["Message-ID"] for address, message in box.messages if address == lost]
        assert len(set(ids)) == 2


async def test_whoever_types_a_voided_code_is_told_that_a_newer_one_is_on_its_way(
    client: httpx.AsyncClient, posting: Installation, box: MailBox, tmp_path: Path
) -> None:
    found = await new_round(posting, tmp_path)
    box.cuts_after = {addresses(4)[2]}
    await prepare_invitations(posting, found.round_id, addresses(4))
    await send(posting, found)
    lost, replaced = [code for address, code in box.codes() if address == addresses(4)[2]]
    told = []
    for code in (lost, replaced):
        asked = {"invitation": code, "blinded_message": encodings.encode(bytes([0]) * 8 + secrets.token_bytes(376))}
        answer = (await client.post(f"/api/rounds/{found.round_id}/credentials", json=asked)).json()
        told.append((answer.get("code"), answer.get("reason"), "blind_signature" in answer))
    assert told == [("unknown_invitation", "void", False), (None, None, True)]


async def test_whoever_used_the_code_of_an_unclear_mail_gets_no_second_one(
    posting: Installation, box: MailBox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = await new_round(posting, tmp_path)
    people = addresses(5)
    box.cuts_after = {people[2]}
    settle = mail_round._settle_unclear

    async def settle_after_redemption(*arguments: Any) -> None:
        """Between the mail that was cut off and the next connection, its code is used."""
        arrived = dict(box.codes()).get(people[2])
        if arrived:
            await spend(posting, found, arrived)
        await settle(*arguments)

    monkeypatch.setattr(mail_round, "_settle_unclear", settle_after_redemption)
    await prepare_invitations(posting, found.round_id, people)
    assert await send(posting, found) == Sent(accepted=5, refused=0, unclear=1, waiting=0)
    assert sorted(address for address, _ in box.messages) == people
    assert (await read_mail_status(posting, found.round_id)).void == 0
    assert await known(posting, found) == {hashed(found, code) for _, code in box.codes()}


async def test_later_is_tried_again_in_later_runs_and_given_up_after_some(
    posting: Installation, box: MailBox, tmp_path: Path
) -> None:
    found = await new_round(posting, tmp_path)
    people = addresses(6)
    box.says_later = set(people[:2])
    await prepare_invitations(posting, found.round_id, people)
    assert await send(posting, found) == Sent(accepted=4, refused=0, unclear=0, waiting=2)
    box.says_later = {people[0]}
    for _ in range(MOST_ATTEMPTS - 2):
        assert (await send(posting, found)).waiting == 1
    assert await send(posting, found) == Sent(accepted=5, refused=1, unclear=0, waiting=0)


async def test_a_server_that_refuses_everyone_is_not_believed(
    posting: Installation, box: MailBox, tmp_path: Path
) -> None:
    found = await new_round(posting, tmp_path)
    people = addresses(60)
    box.refuses = set(people)
    await prepare_invitations(posting, found.round_id, people)
    with pytest.raises(MailServerUnavailable, match=f"refused {MOST_REFUSED} mails in a row"):
        await send(posting, found)
    box.refuses = set()
    assert (await send(posting, found)).accepted == 60 - MOST_REFUSED


async def test_a_server_that_cannot_be_reached_loses_nothing(
    installation: Installation, box: MailBox, posting: Installation, tmp_path: Path
) -> None:
    found = await new_round(posting, tmp_path)
    await prepare_invitations(posting, found.round_id, addresses(3))
    away = with_mail(installation, "smtp://127.0.0.1:9", posting.spool.directory)
    with pytest.raises(MailServerUnavailable):
        await send_waiting(away, RoundId(found.round_id), "invitation")
    assert (await send(posting, found)).accepted == 3
    assert len(box.messages) == 3


async def test_never_more_codes_than_the_roster_has_persons_and_nobody_twice(
    posting: Installation, box: MailBox, tmp_path: Path
) -> None:
    found = await new_round(posting, tmp_path, roster_size=20)
    with pytest.raises(BeyondRoster):
        await prepare_invitations(posting, found.round_id, addresses(21))
    assert posting.spool.rounds() == []
    await prepare_invitations(posting, found.round_id, addresses(10))
    with pytest.raises(StillSending):
        await prepare_invitations(posting, found.round_id, ["new@city.example"])
    await send(posting, found)
    with pytest.raises(AlreadyInvited):
        await prepare_invitations(posting, found.round_id, ["new@city.example", "Person-3@city.example"])
    await prepare_invitations(posting, found.round_id, ["new@city.example"])
    await send(posting, found)
    assert len(box.messages) == 11
    status = await read_mail_status(posting, found.round_id)
    assert [(each.number, each.accepted, each.done) for each in status.mailings] == [(1, 10, True), (2, 1, True)]


async def test_nothing_goes_once_the_round_has_ended(posting: Installation, box: MailBox, tmp_path: Path) -> None:
    found = await new_round(posting, tmp_path)
    await prepare_invitations(posting, found.round_id, addresses(3))
    await let_invitations_go(posting, found.round_id)
    await end_redemption(posting, found.round_id)
    with pytest.raises(WrongState):
        await send(posting, found)
    await send_due(posting, {})
    assert (box.messages, posting.spool.rounds()) == ([], [])


async def test_at_the_close_no_address_is_left(posting: Installation, tmp_path: Path) -> None:
    found = await new_round(posting, tmp_path)
    await prepare_invitations(posting, found.round_id, addresses(3))
    await send(posting, found)
    assert posting.spool.rounds() == [found.round_id]
    await close_round(posting, found.round_id)
    assert posting.spool.rounds() == []


async def send(installation: Installation, found: Round) -> Sent:
    sent = await send_waiting(installation, RoundId(found.round_id), "invitation")
    assert sent is not None
    return sent


def hashed(found: Round, code: str) -> bytes:
    return code_hash(found.round_id, InvitationCode(code))


async def spend(installation: Installation, found: Round, code: str) -> None:
    async with installation.database.owner() as connection:
        await connection.execute(
            "UPDATE invitation SET blinded_hash = sha256('\\x01'), blind_signature = decode(repeat('00', 384), 'hex')"
            " WHERE round_id = $1 AND code_hash = $2",
            found.round_id,
            hashed(found, code),
        )


async def known(installation: Installation, found: Round) -> set[bytes]:
    async with installation.database.owner() as connection:
        rows = await connection.fetch(
            "SELECT code_hash FROM invitation WHERE round_id = $1 AND NOT void", found.round_id
        )
    return {row["code_hash"] for row in rows}


def box_index(box: MailBox, lost: str, *, arrived: bool) -> int:
    """The place among all mails at which the connection broke, from 1."""
    order = [address for address, _ in box.messages]
    if arrived:
        return order.index(lost) + 1
    return 1 + sum(1 for address in order if address in box.before_the_cut)


def correlation(left: list[int], right: list[int]) -> float:
    n = len(left)
    mean = (n - 1) / 2
    spread = sum((value - mean) ** 2 for value in range(n))
    return sum((a - mean) * (b - mean) for a, b in zip(left, right, strict=True)) / spread
