"""A client that knows only the published protocol walks the whole way, and trusts nothing it is told."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from survey_service.operations.close_round import close_round
from survey_service.operations.installation import Installation
from survey_service.operations.invite import invite
from survey_service.operations.release_tables import read_release, release_tables
from survey_service.operations.unseal_round import unseal_round
from tests.conftest import new_round
from tests.participation.outside_client import (
    Answers,
    BallotBox,
    Distrust,
    OutsideClient,
    base64url,
    fingerprint,
    normal_code,
    read_link,
    seal_octets,
)
from tests.participation.requests import Participants

GIVEN: list[Answers] = [
    {"witnessed": [happened], "experienced": [happened], "population": population}
    for happened in ("rudeness", "threats", "none")
    for population in ("github", "off-site")
    for _ in range(10)
]


async def test_answers_of_an_outside_client_stand_in_the_ballot_box_and_in_the_released_tables(
    installation: Installation, client: httpx.AsyncClient, tmp_path: Path
) -> None:
    planned = await new_round(installation, tmp_path, roster_size=len(GIVEN) + 2)
    invitations = await invite(installation, planned.round_id, len(GIVEN) + 2)
    round_id, left_half_way = read_link(invitations[-1].link)
    outside = OutsideClient(client, round_id)
    await outside.read_terms(planned.fingerprint)

    ballots = [
        await outside.take_part(read_link(invitation.link)[1], answers)
        for invitation, answers in zip(invitations[:-2], GIVEN, strict=True)
    ]
    unreadable = outside.blinding()
    signature = await outside.redeem(invitations[-2].code, unreadable)
    ballots.append(await outside.submit(unreadable, signature, seal_octets(outside.terms, unreadable.serial, b"{}")))
    await outside.redeem(left_half_way, outside.blinding())
    await close_round(installation, round_id)
    frozen = await outside.verify_ballot_box(ballots)

    await unseal_round(installation, round_id)
    await release_tables(installation, round_id)
    unsealed = await outside.verify_ballot_box(ballots)

    assert (frozen.credentials_issued, len(frozen.receipts)) == (len(GIVEN) + 2, len(GIVEN) + 1)
    assert unsealed == dataclasses.replace(frozen, invalid=1)
    document = await read_release(installation, round_id)
    assert (document.analysed, document.invalid, document.count) == (len(GIVEN), 1, len(GIVEN) + 1)
    rows = {
        (table.dimensions, row.groups): (row.n, row.cells[0].count)
        for table in document.tables
        for row in table.rows
        if table.figure == "experienced-any"
    }
    assert rows == {
        ((), ()): (60, 40),
        (("population",), ("github",)): (30, 20),
        (("population",), ("off-site",)): (30, 20),
    }


async def test_a_code_is_read_however_it_is_typed(participants: Participants) -> None:
    [code] = await participants.codes(1)
    blinding = participants.outside.blinding()
    request = participants.credential_request(code, blinding.blinded_message)
    normal = normal_code(code)
    typed = [
        code,
        normal.lower(),
        " ".join(normal),
        "-".join(normal),
        normal.replace("0", "O"),
        normal.replace("0", "o"),
        normal.replace("1", "I"),
        normal.replace("1", "l"),
        f"  {normal[:8]} - {normal[8:]} ",
    ]

    answers = [await participants.post("credentials", request | {"invitation": each}) for each in typed]

    assert [answer.status_code for answer in answers] == [200] * len(typed)
    assert len({answer.content for answer in answers}) == 1


async def test_the_terms_are_those_of_the_protocol(participants: Participants) -> None:
    served = (await participants.http.get(participants.outside.path + "/terms")).content
    terms = json.loads(served)

    assert list(terms) == [
        "protocol",
        "round_id",
        "title",
        "languages",
        "questionnaire",
        "survey_sha256",
        "minimum_group_size",
        "roster_size",
        "custody",
        "credential_key",
        "sealing_key",
        "plaintext_size",
    ]
    assert set(terms["questionnaire"]) == {"id", "version", "sha256"}
    assert len(bytes.fromhex(terms["survey_sha256"])) == 32
    assert terms["custody"] == "server"
    assert terms["plaintext_size"] == 4096
    assert len(fingerprint(served)) == 26


async def test_the_status_is_that_of_the_protocol(participants: Participants) -> None:
    status = (await participants.http.get(participants.outside.path)).json()

    assert list(status) == ["round_id", "state", "opens_at", "closes_at", "fingerprint"]
    assert status["state"] == "open"
    assert status["opens_at"] < status["closes_at"]
    assert status["opens_at"].endswith("Z")


class LyingService(httpx.AsyncBaseTransport):
    """Passes everything on, and changes the answer at one address."""

    def __init__(self, honest: httpx.AsyncClient, address: str, lie: Any) -> None:
        self.honest, self.address, self.lie = honest, address, lie

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await self.honest.request(request.method, request.url, content=await request.aread())
        content = answer.content
        if request.url.path.endswith(self.address):
            content = json.dumps(self.lie(json.loads(content))).encode()
        return httpx.Response(answer.status_code, content=content)


def swapped(values: list[Any]) -> list[Any]:
    return [values[1], values[0], *values[2:]]


def forged(credentials: list[dict[str, str]]) -> list[dict[str, str]]:
    return [credentials[0] | {"signature": credentials[1]["signature"]}, *credentials[1:]]


LIES = {
    "another root": ("/ballot-box", lambda box: box | {"root": "00" * 32}),
    "another order": ("/ballot-box", lambda box: box | {"receipts": swapped(box["receipts"])}),
    "another count": ("/ballot-box", lambda box: box | {"count": box["count"] + 1}),
    "too few credentials": ("/ballot-box", lambda box: box | {"credentials_issued": box["count"] - 1}),
    "too many credentials": ("/ballot-box", lambda box: box | {"credentials_issued": 501}),
    "a missing receipt": ("/ballot-box", lambda box: box | {"receipts": box["receipts"][1:]}),
    "more invalid than counted": ("/ballot-box", lambda box: box | {"invalid": box["count"] + 1}),
    "a forged credential": ("/ballot-box/credentials", forged),
    "credentials in another order": ("/ballot-box/credentials", swapped),
}


@pytest.fixture(scope="module")
async def counted(
    installation: Installation, standing_service: httpx.AsyncClient, tmp_path_factory: pytest.TempPathFactory
) -> tuple[OutsideClient, BallotBox]:
    planned = await new_round(installation, tmp_path_factory.mktemp("counted"))
    outside = OutsideClient(standing_service, planned.round_id)
    await outside.read_terms(planned.fingerprint)
    codes = [drawn.code for drawn in await invite(installation, planned.round_id, 12)]
    ballots = [await outside.take_part(code, {"experienced": ["none"]}) for code in codes]
    await close_round(installation, planned.round_id)
    return outside, await outside.verify_ballot_box(ballots)


@pytest.mark.parametrize("lie", LIES)
async def test_an_outside_client_notices_a_ballot_box_with(counted: tuple[OutsideClient, BallotBox], lie: str) -> None:
    honest, _ = counted
    address, change = LIES[lie]
    async with httpx.AsyncClient(
        transport=LyingService(honest.http, address, change), base_url="http://survey.test"
    ) as http:
        outside = OutsideClient(http, honest.round_id)
        outside.terms, outside.modulus = honest.terms, honest.modulus

        with pytest.raises(Distrust):
            await outside.verify_ballot_box([])


@pytest.mark.parametrize(
    ("address", "lie"),
    [
        ("/terms", lambda terms: terms | {"roster_size": 1}),
        ("/questionnaire", lambda questionnaire: questionnaire | {"title": "Another"}),
    ],
)
async def test_an_outside_client_notices_changed(participants: Participants, address: str, lie: Any) -> None:
    printed = (await participants.http.get(participants.outside.path)).json()["fingerprint"]
    async with httpx.AsyncClient(
        transport=LyingService(participants.http, address, lie), base_url="http://survey.test"
    ) as http:
        with pytest.raises(Distrust):
            await OutsideClient(http, participants.round_id).read_terms(printed)


async def test_an_outside_client_notices_a_signature_that_is_none(participants: Participants) -> None:
    [code] = await participants.codes(1)
    lie = {"blind_signature": base64url((2).to_bytes(384))}
    async with httpx.AsyncClient(
        transport=LyingService(participants.http, "/credentials", lambda _: lie), base_url="http://survey.test"
    ) as http:
        outside = OutsideClient(http, participants.round_id)
        outside.modulus = participants.modulus

        with pytest.raises(Distrust):
            await outside.redeem(code, outside.blinding())
