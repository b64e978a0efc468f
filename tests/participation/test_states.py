"""What each state of a round takes, and that whoever repeats a request gets the same answer in all of them."""

from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from survey_service.operations.close_round import close_round
from survey_service.operations.erase_round import erase_round
from survey_service.operations.installation import Installation
from survey_service.operations.release_tables import release_tables
from survey_service.operations.unseal_round import unseal_round
from tests.conftest import new_round, set_times
from tests.participation.outside_client import base64url
from tests.participation.requests import Body, Participants, outcome, participants_of, problem

SEVERAL = 12  # more than the minimum group size


@pytest.fixture
async def people(installation: Installation, client: httpx.AsyncClient, tmp_path: Path) -> Participants:
    return await participants_of(installation, client, await new_round(installation, tmp_path))


async def state_of(people: Participants) -> str:
    return str((await people.http.get(people.outside.path)).json()["state"])


async def test_a_scheduled_round_can_be_read_and_takes_nothing(
    installation: Installation, client: httpx.AsyncClient, tmp_path: Path
) -> None:
    people = await participants_of(installation, client, await new_round(installation, tmp_path, opens_in=3600))
    [code] = await people.codes(1)
    response = {
        "serial": base64url(bytes(32)),
        "randomizer": base64url(bytes(32)),
        "signature": base64url(bytes(384)),
        "sealed": base64url(bytes(4096 + 81)),
    }

    assert await state_of(people) == "scheduled"
    request = people.credential_request(code)
    assert problem(await people.post("credentials", request)) == "round_not_open"
    assert problem(await people.post("responses", response)) == "round_not_open"
    assert problem(await client.get(people.outside.path + "/ballot-box")) == "ballot_box_not_ready"
    await set_times(installation, people.round_id, opens=timedelta(seconds=-1), closes=timedelta(days=1))
    assert await state_of(people) == "open"
    assert outcome(await people.post("credentials", request)) == 200


async def test_in_the_ten_minutes_after_the_end_only_credentials_issued_before_are_taken(
    installation: Installation, people: Participants
) -> None:
    [redeemed, late] = await people.codes(2)
    response = await people.response_request(redeemed)
    await set_times(installation, people.round_id, opens=timedelta(days=-1), closes=timedelta(minutes=-9))

    assert problem(await people.post("credentials", people.credential_request(late))) == "round_not_open"
    assert outcome(await people.post("responses", response)) == 201
    assert outcome(await people.post("responses", response)) == 200
    assert problem(await people.http.get(people.outside.path + "/ballot-box")) == "ballot_box_not_ready"


async def test_when_the_ten_minutes_have_passed_nothing_more_is_taken_even_before_the_ballot_box_is_frozen(
    installation: Installation, people: Participants
) -> None:
    [redeemed] = await people.codes(1)
    response = await people.response_request(redeemed)
    await set_times(installation, people.round_id, opens=timedelta(days=-1), closes=timedelta(minutes=-10, seconds=-1))

    assert problem(await people.post("responses", response)) == "round_not_open"


async def test_identical_requests_succeed_in_every_later_state(
    installation: Installation, people: Participants
) -> None:
    codes = await people.codes(SEVERAL + 1)
    left_half_way = people.credential_request(codes[0])
    signature = (await people.post("credentials", left_half_way)).json()
    first, *others = [await people.response_request(code) for code in codes[1:]]
    receipt = (await people.post("responses", first)).json()
    assert [outcome(await people.post("responses", each)) for each in others] == [201] * len(others)

    async def repeated(state: str) -> None:
        assert await state_of(people) == state
        again = await people.post("responses", first)
        assert (again.status_code, again.json()) == (200, receipt)
        other = problem(await people.post("responses", people.sealed_again(first)))
        assert other == ("serial_already_used" if state == "open" else "round_not_open")
        if state != "erased":  # the codes' hashes are gone then
            again = await people.post("credentials", left_half_way)
            assert (again.status_code, again.json()) == (200, signature)

    await repeated("open")
    await set_times(installation, people.round_id, opens=timedelta(days=-1), closes=timedelta(minutes=-5))
    assert (await people.post("credentials", left_half_way)).json() == signature
    await close_round(installation, people.round_id)
    await repeated("closed")
    await unseal_round(installation, people.round_id)
    await repeated("unsealed")
    await release_tables(installation, people.round_id)
    await repeated("released")
    await erase_round(installation, people.round_id)
    await repeated("erased")


async def test_a_round_below_the_minimum_group_size_is_lost_and_still_repeats_its_receipts(
    installation: Installation, people: Participants
) -> None:
    [code] = await people.codes(1)
    response = await people.response_request(code)
    assert outcome(await people.post("responses", response)) == 201
    await close_round(installation, people.round_id)
    await unseal_round(installation, people.round_id)

    assert await state_of(people) == "lost"
    assert outcome(await people.post("responses", response)) == 200
    box = (await people.http.get(people.outside.path + "/ballot-box")).json()
    assert (box["count"], "invalid" in box) == (1, False)


async def test_terms_and_fingerprint_are_the_same_bytes_in_every_state(
    installation: Installation, people: Participants
) -> None:
    async def served() -> tuple[bytes, bytes, str]:
        path = people.outside.path
        status = (await people.http.get(path)).json()
        return (
            (await people.http.get(path + "/terms")).content,
            (await people.http.get(path + "/questionnaire")).content,
            status["fingerprint"],
        )

    before = await served()
    await set_times(installation, people.round_id, opens=timedelta(days=-1), closes=timedelta(minutes=-5))
    ended = await served()
    await close_round(installation, people.round_id)

    assert before == ended == await served()


async def test_a_credential_of_one_round_is_none_of_another(
    installation: Installation, people: Participants, tmp_path: Path
) -> None:
    other = await participants_of(installation, people.http, await new_round(installation, tmp_path))
    [code] = await people.codes(1)
    response: Body = await people.response_request(code)
    [unused] = await people.codes(1)

    assert problem(await other.post("responses", response)) == "invalid_signature"
    request = people.credential_request(unused, b"\x01" * 384)
    assert problem(await other.post("credentials", request)) == "unknown_invitation"
    assert outcome(await people.post("responses", response)) == 201
