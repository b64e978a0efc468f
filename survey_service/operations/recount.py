"""The ballot box as anyone may see it after the close, and the recount of it."""

import asyncio
import re

import msgspec
from msgspec import UNSET, Struct, UnsetType

from survey_service.domain import ballot_box, encodings
from survey_service.domain.blind_signatures import load_public_key
from survey_service.domain.messages import Credential, Terms
from survey_service.domain.participation import BallotBoxNotReady
from survey_service.domain.rounds import Round
from survey_service.errors import Refusal, WrongState
from survey_service.operations.installation import Installation
from survey_service.operations.submit_response import is_valid
from survey_service.store import participation
from survey_service.store import rounds as store
from survey_service.store.database import AnyConnection, Database

_RECEIPT = re.compile(r"[0-9a-f]{64}")


class BallotBox(Struct, frozen=True, kw_only=True):
    """What `GET …/ballot-box` serves. invalid: only after the unsealing; analysed + invalid = count."""

    credentials_issued: int
    count: int
    root: str
    receipts: tuple[str, ...]
    invalid: int | UnsetType = UNSET


class ServedCredential(Struct, frozen=True, kw_only=True):
    """What `GET …/ballot-box/credentials` serves of each counted response. receipt in hex, the rest in base64url."""

    receipt: str
    serial: str
    randomizer: str
    signature: str


class Recount(Struct, frozen=True, kw_only=True):
    """sound: every check of the protocol holds. faults: those that do not."""

    round_id: str
    credentials_issued: int
    count: int
    root: str
    invalid: int | None
    sound: bool
    faults: tuple[str, ...]


class NotAReceipt(Refusal):
    def __init__(self) -> None:
        super().__init__("This is no receipt.", remedy="A receipt has 64 characters: 0 to 9 and a to f.")


async def read_ballot_box(database: Database, round_id: str) -> BallotBox:
    """Raises: UnknownRound, BallotBoxNotReady."""
    async with database.session("reporting") as connection:
        found = await _frozen(connection, round_id)
        receipts = await store.receipts(connection, found.round_id)
    return BallotBox(
        credentials_issued=found.credentials_issued or 0,
        count=found.ballots or 0,
        root=(found.ballot_box_root or b"").hex(),
        receipts=tuple(receipt.hex() for receipt in receipts),
        invalid=UNSET if found.invalid is None or found.state == "closed" else found.invalid,
    )


async def read_credentials(database: Database, round_id: str) -> list[ServedCredential]:
    """In the order of the receipts. Raises: UnknownRound, BallotBoxNotReady."""
    async with database.session("reporting") as connection:
        found = await _frozen(connection, round_id)
        spent = await participation.credentials(connection, found.round_id)
    return [
        ServedCredential(
            receipt=credential.receipt.hex(),
            serial=encodings.encode(credential.serial),
            randomizer=encodings.encode(credential.randomizer),
            signature=encodings.encode(credential.signature),
        )
        for credential in spent
    ]


async def recount(installation: Installation, round_id: str) -> Recount:
    """Counts again what the ballot box claims. Raises: UnknownRound, WrongState before the close."""
    database = installation.database
    async with database.session("reporting") as connection:
        found = await store.select_round(connection, round_id)
    try:
        box = await read_ballot_box(database, round_id)
        credentials = await read_credentials(database, round_id)
    except BallotBoxNotReady:
        raise WrongState(round_id, found.state, "closed") from None
    faults = await asyncio.to_thread(lambda: tuple(_faults(found, box, credentials)))
    return Recount(
        round_id=round_id,
        credentials_issued=box.credentials_issued,
        count=box.count,
        root=box.root,
        invalid=None if box.invalid is UNSET else box.invalid,
        sound=not faults,
        faults=faults,
    )


async def holds_receipt(installation: Installation, round_id: str, receipt: str) -> bool:
    """Whether the ballot box holds this receipt. Raises: UnknownRound, WrongState, NotAReceipt."""
    if not _RECEIPT.fullmatch(receipt.strip().lower()):
        raise NotAReceipt
    try:
        box = await read_ballot_box(installation.database, round_id)
    except BallotBoxNotReady:
        raise WrongState(round_id, "not closed yet", "closed") from None
    return receipt.strip().lower() in box.receipts


async def _frozen(connection: AnyConnection, round_id: str) -> Round:
    found = await store.select_round(connection, round_id)
    if found.ballot_box_root is None:
        raise BallotBoxNotReady
    return found


def _faults(found: Round, box: BallotBox, credentials: list[ServedCredential]) -> list[str]:
    faults = []
    terms = msgspec.json.decode(found.terms, type=Terms)
    public_key = load_public_key(encodings.decode(terms.credential_key))
    if ballot_box.root(bytes.fromhex(receipt) for receipt in box.receipts).hex() != box.root:
        faults.append("the root is not that of the receipts")
    if not len(box.receipts) == box.count <= box.credentials_issued <= terms.roster_size:
        faults.append("there are more responses than credentials, or more credentials than persons on the roster")
    if [credential.receipt for credential in credentials] != list(box.receipts):
        faults.append("the credentials are not those of the receipts")
    if len({credential.serial for credential in credentials}) < len(credentials):
        faults.append("a serial stands twice")
    for credential in credentials:
        decoded = Credential(
            serial=encodings.decode(credential.serial),
            randomizer=encodings.decode(credential.randomizer),
            signature=encodings.decode(credential.signature),
        )
        if not is_valid(public_key, found.round_id, decoded):
            faults.append("a credential does not verify")
            break
    return faults
