"""Every problem of the protocol's section 7, and which one is told where a request has several faults."""

from datetime import timedelta
from itertools import product
from pathlib import Path

import httpx
import pytest

from survey_service.operations.close_round import close_round
from survey_service.operations.installation import Installation
from tests.conftest import new_round, set_times
from tests.participation.outside_client import base64url
from tests.participation.requests import (
    LARGEST_BODY,
    UNKNOWN_CODE,
    UNKNOWN_ROUND,
    Body,
    Participants,
    outcome,
    participants_of,
    problem,
)

FITS, IS_TOO_LARGE = b"", b" " * LARGEST_BODY
WELL_FORMED, MALFORMED = {}, {"language": "de"}


def serialised(body: Body, form: Body, blanks: bytes) -> bytes:
    members = ",".join(f'"{name}":"{value}"' for name, value in (body | form).items())
    return b"{" + members.encode() + b"}" + blanks


async def test_a_redemption_with_several_faults_is_told_the_first_of_the_protocols_order(
    installation: Installation, client: httpx.AsyncClient, tmp_path: Path
) -> None:
    open_ = await participants_of(installation, client, await new_round(installation, tmp_path))
    ended = await participants_of(installation, client, await new_round(installation, tmp_path))
    requests: dict[tuple[str, str], Body] = {}
    for name, those in (("open", open_), ("ended", ended)):
        [used, fresh] = await those.codes(2)
        requests[name, "retry"] = those.credential_request(used)
        assert outcome(await those.post("credentials", requests[name, "retry"])) == 200
        requests[name, "used"] = those.credential_request(used)
        requests[name, "unknown"] = those.credential_request(UNKNOWN_CODE)
        requests[name, "fresh"] = those.credential_request(fresh)
    for code in ("retry", "used", "unknown", "fresh"):
        requests["none", code] = requests["open", code]
    await set_times(installation, ended.round_id, opens=timedelta(days=-1), closes=timedelta(minutes=-1))
    round_ids = {"open": open_.round_id, "ended": ended.round_id, "none": UNKNOWN_ROUND}

    def expected(blanks: bytes, form: Body, of: str, code: str) -> int | str:
        in_order = (
            (blanks == IS_TOO_LARGE, "too_large"),
            (form == MALFORMED, "malformed"),
            (of == "none", "unknown_round"),
            (code == "retry", 200),
            (of == "ended", "round_not_open"),
            (code == "unknown", "unknown_invitation"),
            (code == "used", "already_redeemed"),
            (True, 200),
        )
        return next(answer for holds, answer in in_order if holds)

    for blanks, form, (of, code) in product((IS_TOO_LARGE, FITS), (MALFORMED, WELL_FORMED), requests):
        body = serialised(requests[of, code], form, blanks)
        answer = outcome(await open_.post("credentials", body, round_id=round_ids[of]))
        assert answer == expected(blanks, form, of, code), (len(blanks), form, of, code)


async def test_a_response_with_several_faults_is_told_the_first_of_the_protocols_order(
    installation: Installation, client: httpx.AsyncClient, tmp_path: Path
) -> None:
    open_ = await participants_of(installation, client, await new_round(installation, tmp_path))
    closed = await participants_of(installation, client, await new_round(installation, tmp_path))
    requests: dict[tuple[str, str], Body] = {}
    for name, those in (("open", open_), ("closed", closed)):
        [used, fresh] = await those.codes(2)
        requests[name, "retry"] = await those.response_request(used)
        assert outcome(await those.post("responses", requests[name, "retry"])) == 201
        requests[name, "used"] = those.sealed_again(requests[name, "retry"])
        requests[name, "fresh"] = await those.response_request(fresh)
    for serial in ("retry", "used", "fresh"):
        requests["none", serial] = requests["open", serial]
    await close_round(installation, closed.round_id)
    round_ids = {"open": open_.round_id, "closed": closed.round_id, "none": UNKNOWN_ROUND}

    def expected(blanks: bytes, form: Body, of: str, serial: str, signature: Body) -> int | str:
        in_order = (
            (blanks == IS_TOO_LARGE, "too_large"),
            (form == MALFORMED, "malformed"),
            (of == "none", "unknown_round"),
            (serial == "retry", 200),
            (of == "closed", "round_not_open"),
            (signature == forged, "invalid_signature"),
            (serial == "used", "serial_already_used"),
            (True, 201),
        )
        return next(answer for holds, answer in in_order if holds)

    valid, forged = {}, {"signature": base64url((2).to_bytes(384))}
    for blanks, form, (of, serial), signature in product(
        (IS_TOO_LARGE, FITS), (MALFORMED, WELL_FORMED), requests, (forged, valid)
    ):
        body = serialised(requests[of, serial] | signature, form, blanks)
        answer = outcome(await open_.post("responses", body, round_id=round_ids[of]))
        assert answer == expected(blanks, form, of, serial, signature), (len(blanks), form, of, serial, signature)


@pytest.mark.parametrize("value", [0, 1])
async def test_a_blinded_value_that_no_round_could_sign_is_malformed_before_the_round_is_unknown(
    participants: Participants, value: int
) -> None:
    request = participants.credential_request(UNKNOWN_CODE, value.to_bytes(384))

    assert problem(await participants.post("credentials", request, round_id=UNKNOWN_ROUND)) == "malformed"


async def test_a_sealed_response_that_is_no_base64url_is_malformed_before_the_round_is_unknown(
    participants: Participants,
) -> None:
    request = {
        "serial": base64url(bytes(32)),
        "randomizer": base64url(bytes(32)),
        "signature": base64url(bytes(384)),
        "sealed": "no base64url",
    }

    assert problem(await participants.post("responses", request, round_id=UNKNOWN_ROUND)) == "malformed"


@pytest.mark.parametrize("path", ["", "/terms", "/questionnaire", "/ballot-box", "/ballot-box/credentials"])
async def test_an_unknown_round_is_unknown_at_every_address(participants: Participants, path: str) -> None:
    assert problem(await participants.http.get(f"/api/rounds/{UNKNOWN_ROUND}{path}")) == "unknown_round"


@pytest.mark.parametrize("path", ["/ballot-box", "/ballot-box/credentials"])
async def test_the_ballot_box_of_an_open_round_is_not_ready(participants: Participants, path: str) -> None:
    assert problem(await participants.http.get(participants.outside.path + path)) == "ballot_box_not_ready"


async def test_a_body_of_exactly_the_limit_is_read_and_one_byte_more_is_not(participants: Participants) -> None:
    request = serialised(participants.credential_request(UNKNOWN_CODE), {}, FITS)
    largest = request.ljust(LARGEST_BODY)

    assert problem(await participants.post("credentials", largest)) == "unknown_invitation"
    assert problem(await participants.post("credentials", largest + b" ")) == "too_large"


async def test_a_refusal_repeats_nothing_of_what_was_sent(participants: Participants) -> None:
    marked = "MARK" * 4
    answers = [
        await participants.post("credentials", participants.credential_request(marked)),
        await participants.post("credentials", {"invitation": marked + marked}),
        await participants.post("responses", {marked: marked}),
        await participants.http.get(f"/api/rounds/{marked.lower()}/terms"),
        await participants.http.get(f"/{marked}?{marked}"),
    ]

    assert [problem(answer) for answer in answers] == [
        "unknown_invitation",
        "malformed",
        "malformed",
        "unknown_round",
        "not_found",
    ]
    assert not any(b"mark" in answer.content.lower() for answer in answers)
