"""The ballot box as anyone may see it after the close, and the recount of it."""

import re
from collections.abc import Iterator

import msgspec
from msgspec import UNSET, Struct, UnsetType

from survey_service.domain import encodings
from survey_service.domain.messages import Terms
from survey_service.domain.participation import BallotBoxNotReady
from survey_service.domain.rounds import Round
from survey_service.errors import Refusal, WrongState
from survey_service.operations.installation import Installation
from survey_service.operations.tally_ballots import Tally, tally_ballots
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
    """Counts again what the ballot box claims, a batch at a time. Raises: UnknownRound, WrongState before the close."""
    async with installation.database.session("reporting") as connection:
        found = await _closed(connection, round_id)
        terms = msgspec.json.decode(found.terms, type=Terms)
        tally = await tally_ballots(connection, found, terms)
        is_doubled = await participation.has_doubled_serials(connection, found.round_id)
    faults = tuple(_faults(found, terms, tally, is_doubled=is_doubled))
    return Recount(
        round_id=round_id,
        credentials_issued=found.credentials_issued or 0,
        count=found.ballots or 0,
        root=(found.ballot_box_root or b"").hex(),
        invalid=None if found.state == "closed" else found.invalid,
        sound=not faults,
        faults=faults,
    )


async def holds_receipt(installation: Installation, round_id: str, receipt: str) -> bool:
    """Whether the ballot box holds this receipt. Raises: UnknownRound, WrongState, NotAReceipt."""
    if not _RECEIPT.fullmatch(receipt.strip().lower()):
        raise NotAReceipt
    async with installation.database.session("reporting") as connection:
        found = await _closed(connection, round_id)
        return await participation.holds_receipt(connection, found.round_id, bytes.fromhex(receipt.strip()))


async def _closed(connection: AnyConnection, round_id: str) -> Round:
    try:
        return await _frozen(connection, round_id)
    except BallotBoxNotReady:
        raise WrongState(round_id, "not closed yet", "closed") from None


async def _frozen(connection: AnyConnection, round_id: str) -> Round:
    found = await store.select_round(connection, round_id)
    if found.ballot_box_root is None:
        raise BallotBoxNotReady
    return found


def _faults(found: Round, terms: Terms, tally: Tally, *, is_doubled: bool) -> Iterator[str]:
    if tally.root != found.ballot_box_root:
        yield "the root is not that of the receipts"
    ballots, issued = found.ballots or 0, found.credentials_issued or 0
    if not tally.count == ballots <= issued <= terms.roster_size:
        yield "there are more responses than credentials, or more credentials than persons on the roster"
    if is_doubled:
        yield "a serial stands twice"
    if not tally.all_valid:
        yield "a credential does not verify"
