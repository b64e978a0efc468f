"""Counts a round again from what it publishes, and from nothing else: no database, no key, no account.

The documents come from the service's public addresses, or from files that somebody kept of them.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import httpx
import msgspec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from msgspec import UNSET, Struct

from survey_service.domain import ballot_box, encodings
from survey_service.domain.encodings import NotBase64Url
from survey_service.domain.messages import (
    RANDOMIZER_LENGTH,
    SERIAL_LENGTH,
    SIGNATURE_LENGTH,
    Credential,
    Malformed,
    Terms,
    parse,
)
from survey_service.domain.rounds import RoundId
from survey_service.errors import Refusal
from survey_service.operations.recount import BallotBox, ServedCredential
from survey_service.operations.submit_response import is_valid
from survey_service.sealing import UnusableTerms, load_credential_key, load_sealing_key

SECONDS = 60.0  # for each document; the credentials of 100,000 responses are 70 MB
ADDRESSES = {"status": "", "terms": "/terms", "ballot-box": "/ballot-box", "credentials": "/ballot-box/credentials"}
"""The public documents of a round, by the name of their file: where they stand below ``/api/rounds/<round>``."""

UNSEALED = ("unsealed", "released", "erased")
"""States of a round whose ballot box says how many responses were invalid."""

_ROUND_ID = re.compile(r"[a-z0-9-]{1,64}")
_HEX = re.compile(r"[0-9a-f]{64}")

T = TypeVar("T")
Progress = Callable[[int], None]


class DocumentsUnreachable(Refusal):
    """A public document cannot be had: nothing was verified."""


class NotADocument(Refusal):
    def __init__(self, name: str, fault: str) -> None:
        super().__init__(
            f"{name} is not what the protocol describes: {fault}.", remedy="Nothing was verified. Tell who invited you."
        )


class PublicDocuments(Struct, frozen=True, kw_only=True):
    """A round's documents as they were served, byte by byte."""

    status: bytes
    terms: bytes
    ballot_box: bytes
    credentials: bytes


class Status(Struct, frozen=True, kw_only=True):
    """What `GET /api/rounds/{round_id}` serves, as far as it is verified."""

    round_id: str
    state: str
    fingerprint: str


class Check(Struct, frozen=True, kw_only=True):
    """name: what was checked, in plain words."""

    name: str
    holds: bool


class Verification(Struct, frozen=True, kw_only=True):
    """What a recount found. analysed, invalid: None before the unsealing."""

    round_id: str
    state: str
    custody: str
    fingerprint: str
    root: str
    roster_size: int
    credentials_issued: int
    count: int
    analysed: int | None
    invalid: int | None
    checks: tuple[Check, ...]

    @property
    def is_sound(self) -> bool:
        return all(check.holds for check in self.checks)


def fetch_documents(base_url: str, round_id: str) -> PublicDocuments:
    """The documents as anyone is served them. Raises: DocumentsUnreachable."""
    if not _ROUND_ID.fullmatch(round_id):
        raise DocumentsUnreachable(f"{round_id!r} is no round.", remedy="Its id stands on the invitation, after /r/.")
    address = f"{base_url.rstrip('/')}/api/rounds/{round_id}"
    with httpx.Client(timeout=SECONDS, trust_env=False, follow_redirects=False) as client:
        return _documents(lambda name: _served(client, address + ADDRESSES[name]))


def read_documents(directory: Path) -> PublicDocuments:
    """The documents as somebody kept them: `status.json`, `terms.json`, `ballot-box.json`, `credentials.json`.

    Raises: DocumentsUnreachable.
    """

    def read(name: str) -> bytes:
        path = directory / f"{name}.json"
        try:
            return path.read_bytes()
        except OSError as error:
            raise DocumentsUnreachable(f"{path} cannot be read: {error.strerror}.") from error

    return _documents(read)


def keep_documents(documents: PublicDocuments, directory: Path) -> None:
    """Writes them as `read_documents` finds them. Raises: DocumentsUnreachable."""
    kept = (documents.status, documents.terms, documents.ballot_box, documents.credentials)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for name, content in zip(ADDRESSES, kept, strict=True):
            (directory / f"{name}.json").write_bytes(content)
    except OSError as error:
        raise DocumentsUnreachable(f"{directory} cannot be written: {error.strerror}.") from error


def verify_round(
    documents: PublicDocuments, *, fingerprint: str | None = None, on_progress: Progress = lambda _: None
) -> Verification:
    """Every check that public documents allow.

    fingerprint: as printed on the invitation or posted where the server has no hand; spaces and case do not matter.
    on_progress: told the number of further credentials that were verified.

    Raises: NotADocument.
    """
    status = _read(documents.status, Status, "The status")
    terms = _terms(documents.terms)
    box = _read(documents.ballot_box, BallotBox, "The ballot box")
    credentials = _read(documents.credentials, list[ServedCredential], "The list of credentials")
    if not all(_HEX.fullmatch(receipt) for receipt in box.receipts):
        raise NotADocument("The ballot box", "a receipt is no hash")
    computed = encodings.fingerprint(documents.terms)
    invalid = None if box.invalid is UNSET else box.invalid
    key, round_id = load_credential_key(terms), RoundId(terms.round_id)
    checks = [
        Check(
            name="the fingerprint is that of the terms",
            holds=computed == status.fingerprint and terms.round_id == status.round_id,
        ),
        Check(name="responses in the ballot box = count", holds=len(box.receipts) == box.count),
        Check(
            name="count <= credentials issued <= roster size",
            holds=box.count <= box.credentials_issued <= terms.roster_size,
        ),
        Check(
            name="analysed + invalid = count",
            # Left out after the unsealing, it would hide how many responses were dropped.
            holds=status.state not in UNSEALED if invalid is None else 0 <= invalid <= box.count,
        ),
        Check(
            name="receipts are sorted, and none stands twice",
            holds=all(one < other for one, other in zip(box.receipts, box.receipts[1:], strict=False)),
        ),
        Check(
            name="the root is that of the receipts",
            holds=ballot_box.root(bytes.fromhex(receipt) for receipt in box.receipts).hex() == box.root,
        ),
        Check(name="each receipt has its credential", holds=[one.receipt for one in credentials] == list(box.receipts)),
        Check(name="serials are distinct", holds=len({one.serial for one in credentials}) == len(credentials)),
        Check(
            name="every credential carries a valid signature of the round's key",
            holds=sum(_verifies(key, round_id, one, on_progress) for one in credentials) == len(credentials),
        ),
    ]
    if fingerprint is not None:
        given = re.sub(r"[\s-]", "", fingerprint).upper()
        checks.insert(1, Check(name="the fingerprint is the one you hold", holds=given == computed))
    return Verification(
        round_id=terms.round_id,
        state=status.state,
        custody=terms.custody,
        fingerprint=computed,
        root=box.root,
        roster_size=terms.roster_size,
        credentials_issued=box.credentials_issued,
        count=box.count,
        analysed=None if invalid is None else box.count - invalid,
        invalid=invalid,
        checks=tuple(checks),
    )


def _verifies(key: RSAPublicKey, round_id: RoundId, served: ServedCredential, on_progress: Progress) -> bool:
    on_progress(1)
    try:
        credential = Credential(
            serial=encodings.decode(served.serial, SERIAL_LENGTH),
            randomizer=encodings.decode(served.randomizer, RANDOMIZER_LENGTH),
            signature=encodings.decode(served.signature, SIGNATURE_LENGTH),
        )
    except NotBase64Url:
        return False
    return is_valid(key, round_id, credential)


def _terms(content: bytes) -> Terms:
    try:
        terms = parse(content, Terms)
        load_credential_key(terms)
        load_sealing_key(terms)
    except (Malformed, UnusableTerms) as refusal:
        raise NotADocument("The document of the terms", refusal.reason.rstrip(".")) from None
    return terms


def _read(content: bytes, kind: type[T], name: str) -> T:
    try:
        return msgspec.json.decode(content, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise NotADocument(name, str(error)) from None


def _documents(get: Callable[[str], bytes]) -> PublicDocuments:
    return PublicDocuments(
        status=get("status"), terms=get("terms"), ballot_box=get("ballot-box"), credentials=get("credentials")
    )


def _served(client: httpx.Client, address: str) -> bytes:
    try:
        answer = client.get(address)
    except httpx.HTTPError as error:
        raise DocumentsUnreachable(
            f"{address} does not answer ({type(error).__name__}).", remedy="Check the address, then try again."
        ) from None
    if answer.status_code == httpx.codes.CONFLICT:
        raise DocumentsUnreachable("The ballot box is not closed yet.", remedy="Verify after the end of the round.")
    if not answer.is_success:
        raise DocumentsUnreachable(f"{address} answers {answer.status_code}.", remedy="Check the round's id.")
    return answer.content
