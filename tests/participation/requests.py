"""Well-formed requests to spoil, and what every refusal looks like: a problem document, whatever was sent."""

import json
from collections.abc import Mapping
from typing import Any

import httpx

from survey_service.domain.rounds import Round
from survey_service.operations.installation import Installation
from survey_service.operations.invite import invite
from tests.participation.outside_client import OutsideClient, base64url, normal_code, seal

LARGEST_BODY = 64 * 1024  # bytes
UNKNOWN_ROUND = "no-such-round"
UNKNOWN_CODE = "ZZZZ-ZZZZ-ZZZZ-ZZZZ"
STATUS = {
    "too_large": 413,
    "malformed": 400,
    "unknown_round": 404,
    "round_not_open": 409,
    "unknown_invitation": 404,
    "already_redeemed": 409,
    "invalid_signature": 403,
    "serial_already_used": 409,
    "rate_limited": 429,
    "unavailable": 503,
    "ballot_box_not_ready": 409,
    # Outside of the protocol: what is no address or no method of it.
    "not_found": 404,
    "method_not_allowed": 405,
}
"""Protocol, section 7."""

Body = dict[str, str]


def problem(response: httpx.Response) -> str:
    """The stable code of a refusal, after everything else about it was checked."""
    assert response.headers["content-type"] == "application/problem+json"
    assert "set-cookie" not in response.headers
    assert "etag" not in response.headers
    assert response.headers["cache-control"] == "no-store"
    document = json.loads(response.content)
    assert set(document) == {"type", "title", "status", "detail", "code"}
    assert all(document[member] for member in document)
    assert document["status"] == response.status_code == STATUS[document["code"]]
    assert ("retry-after" in response.headers) == (document["code"] in {"rate_limited", "unavailable"})
    return str(document["code"])


def outcome(response: httpx.Response) -> int | str:
    """The status of a success, the code of a refusal."""
    if response.status_code in {200, 201}:
        assert response.headers["content-type"] == "application/json"
        assert "set-cookie" not in response.headers
        return response.status_code
    return problem(response)


class Participants:
    """Whoever takes part in one round, step by step, with the requests in their hands."""

    def __init__(self, installation: Installation, outside: OutsideClient) -> None:
        self.installation = installation
        self.outside = outside
        self.http = outside.http
        self.round_id = outside.round_id
        self.modulus = outside.modulus

    async def codes(self, count: int) -> list[str]:
        return [drawn.code for drawn in await invite(self.installation, self.round_id, count)]

    def credential_request(self, code: str, blinded_message: bytes | None = None) -> Body:
        message = self.outside.blinding().blinded_message if blinded_message is None else blinded_message
        return {"invitation": normal_code(code), "blinded_message": base64url(message)}

    async def response_request(self, code: str) -> Body:
        """A response that would be taken: its credential is issued."""
        blinding = self.outside.blinding()
        signature = await self.outside.redeem(code, blinding)
        return {
            "serial": base64url(blinding.serial),
            "randomizer": base64url(blinding.randomizer),
            "signature": base64url(signature),
            "sealed": base64url(seal(self.outside.terms, blinding.serial, {"experienced": ["none"]})),
        }

    def sealed_again(self, request: Body) -> Body:
        """The same credential with other bytes, which nobody could open."""
        return request | {"sealed": base64url(bytes(self.outside.terms["plaintext_size"] + 81))}

    async def post(self, path: str, body: Mapping[str, Any] | bytes, *, round_id: str | None = None) -> httpx.Response:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"content-type": "application/json"}
        return await self.http.post(f"/api/rounds/{round_id or self.round_id}/{path}", content=content, headers=headers)


async def participants_of(installation: Installation, client: httpx.AsyncClient, planned: Round) -> Participants:
    outside = OutsideClient(client, planned.round_id)
    await outside.read_terms(planned.fingerprint)
    return Participants(installation, outside)
