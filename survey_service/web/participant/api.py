"""The participant protocol over HTTP: parse, call one operation, answer."""

from datetime import UTC, datetime
from typing import Any

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.datastructures import State
from litestar.exceptions import InternalServerException
from litestar.params import FromPath
from msgspec import Struct

from survey_service.domain.blind_signatures import ValueOutOfRange, blinded_value
from survey_service.domain.codes import NotACode
from survey_service.domain.encodings import NotBase64Url
from survey_service.domain.failed_codes import FailedCodes
from survey_service.domain.messages import (
    SEALING_OVERHEAD,
    CredentialAnswer,
    CredentialRequest,
    Malformed,
    ResponseAnswer,
    ResponseRequest,
    parse,
)
from survey_service.domain.participation import AlreadyRedeemed, MalformedRequest, RateLimited, UnknownInvitation
from survey_service.operations.recount import read_ballot_box, read_credentials
from survey_service.operations.redeem_invitation import Signers, is_known_code, redeem_invitation
from survey_service.operations.submit_response import submit_response
from survey_service.store.database import Database
from survey_service.web.participant.published_rounds import PublishedRounds
from survey_service.web.public_answer import public_answer

LARGEST_REQUEST = 64 * 1024  # bytes; a response takes about 7 kB at 4 KiB of plaintext
STATUS_SECONDS = 30  # for which a status may be kept
IMMUTABLE_SECONDS = 300  # for which terms, questionnaire and a frozen ballot box may be kept


class Participants:
    """What the handlers share, wired in `web.app`."""

    def __init__(self, database: Database, signers: Signers, failed_codes: FailedCodes) -> None:
        self.database = database
        self.signers = signers
        self.failed_codes = failed_codes
        self.rounds = PublishedRounds(database)


class Status(Struct, frozen=True, kw_only=True):
    round_id: str
    state: str
    opens_at: str
    closes_at: str
    fingerprint: str


@get("/terms", summary="The round's immutable terms")
async def terms(round_id: FromPath[str], request: Request[Any, Any, State]) -> Response[bytes]:
    published = await _participants(request).rounds.get(round_id)
    return _cached(request, published.terms, IMMUTABLE_SECONDS)


@get("/questionnaire", summary="What is asked, in every language")
async def questionnaire(round_id: FromPath[str], request: Request[Any, Any, State]) -> Response[bytes]:
    published = await _participants(request).rounds.get(round_id)
    return _cached(request, published.questionnaire, IMMUTABLE_SECONDS)


@get("/", summary="The round's state and times")
async def status(round_id: FromPath[str], request: Request[Any, Any, State]) -> Response[bytes]:
    found = await _participants(request).rounds.status(round_id)
    body = Status(
        round_id=found.round_id,
        state=found.state,
        opens_at=_utc(found.opens_at),
        closes_at=_utc(found.closes_at),
        fingerprint=found.fingerprint,
    )
    return _cached(request, msgspec.json.encode(body), STATUS_SECONDS)


@post("/credentials", summary="Exchange an invitation code for a blind signature", status_code=200)
async def credentials(round_id: FromPath[str], request: Request[Any, Any, State]) -> Response[bytes]:
    body = await _body(request)
    try:
        asked = parse(body, CredentialRequest)
        code, blinded_message = asked.code(), asked.decoded_message()
    except (Malformed, NotACode, NotBase64Url):
        raise MalformedRequest from None
    if int.from_bytes(blinded_message) <= 1:  # malformed whatever the round's key, so before the round is looked for
        raise MalformedRequest
    shared = _participants(request)
    published = await shared.rounds.get(round_id)
    try:
        blinded_value(published.credential_key, blinded_message)
    except ValueOutOfRange:
        raise MalformedRequest from None
    # Valid codes pass however many wrong ones are being tried; wrong ones then cost us no signature.
    if shared.failed_codes.is_exhausted and not await is_known_code(shared.database, published.round_id, code):
        raise RateLimited
    try:
        signature = await redeem_invitation(shared.database, shared.signers, published.round_id, code, blinded_message)
    except (UnknownInvitation, AlreadyRedeemed):
        shared.failed_codes.count()
        raise
    return _uncached(CredentialAnswer.encoded(signature), 200)


@post("/responses", summary="Hand in a sealed response with its credential")
async def responses(round_id: FromPath[str], request: Request[Any, Any, State]) -> Response[bytes]:
    body = await _body(request)
    try:
        handed_in = parse(body, ResponseRequest)
        credential, sealed = handed_in.credential(), handed_in.decoded_sealed()
    except (Malformed, NotBase64Url):
        raise MalformedRequest from None
    shared = _participants(request)
    published = await shared.rounds.get(round_id)
    if len(sealed) != published.plaintext_size + SEALING_OVERHEAD:  # the one length only the round knows
        raise MalformedRequest
    receipt, is_new = await submit_response(
        shared.database, published.credential_key, published.round_id, credential, sealed
    )
    return _uncached(ResponseAnswer(receipt=receipt.hex()), 201 if is_new else 200)


@get("/ballot-box", summary="Counts, root and receipts of a closed round")
async def ballot_box(round_id: FromPath[str], request: Request[Any, Any, State]) -> Response[bytes]:
    box = await read_ballot_box(_participants(request).database, round_id)
    return _cached(request, msgspec.json.encode(box), STATUS_SECONDS)


@get("/ballot-box/credentials", summary="The credentials of a closed round, in the order of its receipts")
async def ballot_box_credentials(round_id: FromPath[str], request: Request[Any, Any, State]) -> Response[bytes]:
    spent = await read_credentials(_participants(request).database, round_id)
    return _cached(request, msgspec.json.encode(spent), IMMUTABLE_SECONDS)


router = Router(
    path="/api/rounds/{round_id:str}",
    route_handlers=[terms, questionnaire, status, credentials, responses, ballot_box, ballot_box_credentials],
    request_max_body_size=LARGEST_REQUEST,
    tags=["participation"],
)


def _participants(request: Request[Any, Any, State]) -> Participants:
    participants = request.app.state["participants"]
    if not isinstance(participants, Participants):
        raise TypeError(type(participants))
    return participants


async def _body(request: Request[Any, Any, State]) -> bytes:
    try:
        return await request.body()
    except InternalServerException:
        # Whoever left half-way reads no answer; a line in the log would only say when somebody was here.
        raise MalformedRequest from None


def _cached(request: Request[Any, Any, State], body: bytes, seconds: int) -> Response[bytes]:
    return public_answer(request, body, "application/json", f"public, max-age={seconds}")


def _uncached(body: Struct, status_code: int) -> Response[bytes]:
    return Response(
        msgspec.json.encode(body),
        status_code=status_code,
        headers={"cache-control": "no-store"},
        media_type="application/json",
    )


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
