"""Guessing codes ends in a pause for whoever guesses, and for nobody else."""

import asyncio
from pathlib import Path

import httpx
import pytest

from survey_service.domain import failed_codes
from survey_service.domain.failed_codes import CAPACITY, FailedCodes
from survey_service.operations.installation import Installation
from tests.conftest import new_round
from tests.participation.outside_client import CROCKFORD
from tests.participation.requests import Participants, outcome, participants_of, problem

GUESSES_LEFT = 20


class StandingClock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
async def people(
    installation: Installation, client: httpx.AsyncClient, tmp_path: Path, clock: StandingClock
) -> Participants:
    """Those of a round where somebody has been guessing: twenty more wrong codes are looked at."""
    transport = client._transport
    assert isinstance(transport, httpx.ASGITransport)
    counted = FailedCodes(clock)
    for _ in range(CAPACITY - GUESSES_LEFT):
        counted.count()
    transport.app.state["participants"].failed_codes = counted  # type: ignore[attr-defined]
    return await participants_of(installation, client, await new_round(installation, tmp_path))


def guess(number: int) -> str:
    return CROCKFORD[number % 32] * 16


async def test_wrong_codes_end_in_a_pause_while_a_valid_code_still_passes(
    people: Participants, clock: StandingClock
) -> None:
    [code, used] = await people.codes(2)
    retried = people.credential_request(used)
    assert outcome(await people.post("credentials", retried)) == 200

    guesses = [await people.post("credentials", people.credential_request(guess(n))) for n in range(GUESSES_LEFT + 5)]

    assert [problem(answer) for answer in guesses] == ["unknown_invitation"] * GUESSES_LEFT + ["rate_limited"] * 5
    assert all(int(answer.headers["retry-after"]) >= 1 for answer in guesses[GUESSES_LEFT:])
    assert outcome(await people.post("credentials", people.credential_request(code))) == 200
    assert outcome(await people.post("credentials", retried)) == 200
    assert problem(await people.post("credentials", people.credential_request(used))) == "already_redeemed"
    clock.seconds += int(guesses[-1].headers["retry-after"])
    assert problem(await people.post("credentials", people.credential_request(guess(0)))) == "unknown_invitation"


async def test_people_with_valid_codes_are_not_counted_however_many_they_are(people: Participants) -> None:
    codes = await people.codes(3 * GUESSES_LEFT)

    ballots = await asyncio.gather(*(people.outside.take_part(code, {}) for code in codes))
    repeated = [await people.post("responses", dict(ballot.body)) for ballot in ballots]

    assert [outcome(answer) for answer in repeated] == [200] * len(codes)
    guesses = [await people.post("credentials", people.credential_request(guess(n))) for n in range(GUESSES_LEFT + 1)]
    assert [problem(answer) for answer in guesses] == ["unknown_invitation"] * GUESSES_LEFT + ["rate_limited"]


async def test_malformed_requests_and_wrong_signatures_are_no_guesses(people: Participants) -> None:
    [code] = await people.codes(1)
    response = await people.response_request(code)
    for _ in range(GUESSES_LEFT + 1):
        assert problem(await people.post("credentials", {"invitation": guess(0)})) == "malformed"
        answer = await people.post("responses", response | {"signature": "A" * 512})
        assert problem(answer) == "invalid_signature"

    assert problem(await people.post("credentials", people.credential_request(guess(0)))) == "unknown_invitation"


def test_an_office_of_2500_people_may_mistype_every_fifth_code_at_once(clock: StandingClock) -> None:
    counted = FailedCodes(clock)
    for _ in range(2500 // 5):
        assert not counted.is_exhausted
        counted.count()

    assert counted.is_exhausted
    clock.seconds += failed_codes.RETRY_AFTER
    assert not counted.is_exhausted
