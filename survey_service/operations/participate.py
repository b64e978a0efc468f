"""Takes part over HTTP as a browser does: the reference client of the participant protocol."""

import asyncio
import hashlib
import ssl
from functools import cache
from typing import Self

import httpx
import msgspec

from questionnaires import definitions
from questionnaires.answers import Answers
from questionnaires.model import Questionnaire
from survey_service.domain.messages import Answers as SealedContent
from survey_service.domain.messages import CredentialAnswer, ResponseAnswer, Terms, parse
from survey_service.errors import Refusal
from survey_service.sealing import Participation, in_questionnaire_order

ATTEMPTS = 8  # of one request; the same bytes each time, so none of them counts twice
FIRST_PAUSE_SECONDS = 0.25  # doubled after each attempt
REQUEST_SECONDS = 30.0

_TRY_AGAIN = (429, 503)
_OK = (200, 201)


class ServiceRefused(Refusal):
    """The service answered with a problem document. code: its stable name."""

    def __init__(self, code: str) -> None:
        super().__init__(f"The service refused: {code}.")
        self.code = code


class ServiceUnreachable(Refusal):
    def __init__(self, url: str) -> None:
        super().__init__(f"Nothing answers at {url}.", remedy="Start it with `survey-service serve`, or give --url.")


class ServiceLied(Refusal):
    """What the service served does not fit together; nobody should take part."""


class Client:
    """One round, seen by a participant, over one connection. Use as an asynchronous context manager."""

    def __init__(self, base_url: str, round_id: str) -> None:
        self._base_url = base_url
        self._path = f"/api/rounds/{round_id}"
        self._http = httpx.AsyncClient(
            base_url=base_url,
            timeout=REQUEST_SECONDS,
            limits=httpx.Limits(max_connections=1),
            verify=_tls(),
            trust_env=False,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def terms(self) -> Terms:
        return parse(await self._get("/terms"), Terms)

    async def questionnaire(self, terms: Terms) -> Questionnaire:
        """The questionnaire of the terms. Raises: ServiceLied where its hash is another."""
        served = await self._get("/questionnaire")
        if hashlib.sha256(served).hexdigest() != terms.questionnaire.sha256:
            raise ServiceLied("The questionnaire is not the one of the terms.", remedy="Do not take part.")
        return definitions.from_bytes(served)

    async def participate(self, terms: Terms, questionnaire: Questionnaire, code: str, answers: Answers) -> str:
        """Seals, exchanges the code for a credential, hands in, and returns the receipt in hex.

        Raises: ServiceRefused, ServiceUnreachable, ServiceLied.
        """
        content = SealedContent(
            questionnaire=terms.questionnaire.sha256, answers=in_questionnaire_order(questionnaire, answers)
        )
        participation = await asyncio.to_thread(Participation.begin, terms, content)
        signed = parse(await self._post("/credentials", participation.credential_request(code)), CredentialAnswer)
        response = participation.finish(signed.decoded())
        receipt = parse(await self._post("/responses", response), ResponseAnswer).receipt
        if receipt != hashlib.sha256(participation.sealed).hexdigest():
            raise ServiceLied("The receipt is not that of the sealed response.")
        return receipt

    async def _get(self, path: str) -> bytes:
        return await self._request("GET", path, None)

    async def _post(self, path: str, body: msgspec.Struct) -> bytes:
        return await self._request("POST", path, msgspec.json.encode(body))

    async def _request(self, method: str, path: str, body: bytes | None) -> bytes:
        headers = {"content-type": "application/json"} if body is not None else None
        pause = FIRST_PAUSE_SECONDS
        for attempt in range(ATTEMPTS):
            try:
                answer = await self._http.request(method, self._path + path, content=body, headers=headers)
            except httpx.TransportError:
                answer = None
            if answer is not None and answer.status_code in _OK:
                return answer.content
            if answer is not None and answer.status_code not in _TRY_AGAIN:
                raise ServiceRefused(_code(answer.content))
            if attempt < ATTEMPTS - 1:
                await asyncio.sleep(pause)
                pause *= 2
        raise ServiceUnreachable(self._base_url)


@cache
def _tls() -> ssl.SSLContext:
    """Read once: the machine's certificates take longer to load than a participation."""
    return ssl.create_default_context()


def _code(body: bytes) -> str:
    try:
        return str(msgspec.json.decode(body)["code"])
    except (msgspec.DecodeError, KeyError, TypeError):
        return "no problem document"
