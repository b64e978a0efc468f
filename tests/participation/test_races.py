"""Many requests at once: each code and each credential counts once, and nobody who repeats a request is sent away."""

import asyncio
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from survey_service.domain.blind_signatures import BlindSigner
from survey_service.domain.rounds import RoundId
from survey_service.operations.redeem_invitation import Signers
from tests.participation.requests import Participants, outcome

AT_ONCE = 40


async def test_of_forty_people_with_one_code_one_gets_a_credential(participants: Participants) -> None:
    [code] = await participants.codes(1)
    requests = [participants.credential_request(code) for _ in range(AT_ONCE)]

    answers = await asyncio.gather(*(participants.post("credentials", request) for request in requests))

    outcomes = [outcome(answer) for answer in answers]
    assert Counter(outcomes) == {200: 1, "already_redeemed": AT_ONCE - 1}
    again = await participants.post("credentials", requests[outcomes.index(200)])
    assert again.content == answers[outcomes.index(200)].content


async def test_forty_repetitions_of_one_redemption_get_one_signature(participants: Participants) -> None:
    [code] = await participants.codes(1)
    blinding = participants.outside.blinding()

    signatures = await asyncio.gather(*(participants.outside.redeem(code, blinding) for _ in range(AT_ONCE)))

    assert len(set(signatures)) == 1


async def test_of_forty_responses_with_one_credential_one_is_taken(participants: Participants) -> None:
    [code] = await participants.codes(1)
    first = await participants.response_request(code)
    requests = [first, participants.sealed_again(first)] * (AT_ONCE // 2)

    answers = await asyncio.gather(*(participants.post("responses", request) for request in requests))

    outcomes = [outcome(answer) for answer in answers]
    assert Counter(outcomes) == {201: 1, 200: AT_ONCE // 2 - 1, "serial_already_used": AT_ONCE // 2}
    taken = outcomes.index(201) % 2
    assert all((outcomes[place] in {200, 201}) == (place % 2 == taken) for place in range(AT_ONCE))
    assert len({answer.content for answer in answers[taken::2]}) == 1


async def test_forty_people_taking_part_at_once_are_all_counted(participants: Participants) -> None:
    codes = await participants.codes(AT_ONCE)

    ballots = await asyncio.gather(*(participants.outside.take_part(code, {"experienced": ["none"]}) for code in codes))

    assert len({ballot.receipt for ballot in ballots}) == AT_ONCE
    again = await asyncio.gather(*(participants.post("responses", dict(ballot.body)) for ballot in ballots))
    assert [outcome(answer) for answer in again] == [200] * AT_ONCE


async def test_the_first_forty_after_a_start_wait_for_one_reading_of_the_key(
    participants: Participants, monkeypatch: pytest.MonkeyPatch
) -> None:
    readings = []
    from_der = BlindSigner.from_der

    def counted(key: bytes) -> BlindSigner:
        readings.append(len(key))
        return from_der(key)

    monkeypatch.setattr(BlindSigner, "from_der", counted)
    with ThreadPoolExecutor(2) as threads:
        signers = Signers(participants.installation.keys, threads)
        round_id = RoundId(participants.round_id)

        signatures = await asyncio.gather(*(signers.sign(round_id, b"\x01" * 384) for _ in range(AT_ONCE)))

    assert len(readings) == 1
    assert len(set(signatures)) == 1
