"""What a trustee does with their share once a round has its key: prove before it opens, look, and give after its close."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
from msgspec import Struct

from survey_service.custody import gift
from survey_service.domain.accounts import Email, normalise_email
from survey_service.domain.key_shares import SharedCustody, SharedKey, lay_down, parse_custody, unlock
from survey_service.domain.rounds import Round
from survey_service.errors import Refusal, UnknownRound, WrongState
from survey_service.operations.clear_round import clear_round
from survey_service.operations.installation import Installation
from survey_service.operations.prepare_round import NotATrustee, enrolled
from survey_service.operations.recount import recount
from survey_service.operations.sealing_key import read_shared_key, waiting_shares
from survey_service.operations.unseal_round import Step, unseal_round
from survey_service.store import audit_log
from survey_service.store import rounds as store
from survey_service.store import trustees as store_trustees
from survey_service.store.trustees import ShareHolder


class AnotherBallotBox(Refusal):
    def __init__(self, round_id: str) -> None:
        super().__init__(
            f"The ballot box of round {round_id!r} is not the one you were shown.",
            remedy="Look at it again, and ask the operator what happened. Nothing was given.",
        )


class NothingLeftToUnseal(Refusal):
    def __init__(self, round_id: str) -> None:
        super().__init__(
            f"The sealed responses of round {round_id!r} are not all there: somebody unsealed or removed them.",
            remedy="Nothing was given. Tell staff council and data protection officer.",
        )


class ShownBallotBox(Struct, frozen=True, kw_only=True):
    """What a trustee sees before giving. sealed: responses that are still there, sealed. faults: of a recount made now."""

    count: int
    credentials_issued: int
    roster_size: int
    root: str
    sealed: int
    faults: tuple[str, ...]

    @property
    def is_untouched(self) -> bool:
        """Whether it recounts, and nothing of it was ever unsealed."""
        return not self.faults and self.sealed == self.count


class Holder(Struct, frozen=True, kw_only=True):
    """A trustee, and how far they are: passphrase set, share proven, share given and waiting."""

    email: Email
    is_enrolled: bool
    has_proven: bool
    has_given: bool


class Trusteeship(Struct, frozen=True, kw_only=True):
    """A round with trustees as they see it.

    round: None while it waits for passphrases. box: only when it is closed and waits for its unsealing.
    """

    round_id: str
    custody: SharedCustody
    holders: tuple[Holder, ...]
    round: Round | None
    box: ShownBallotBox | None

    @property
    def given(self) -> int:
        return sum(holder.has_given for holder in self.holders)


class Given(Struct, frozen=True, kw_only=True):
    """given: shares so far, of `threshold`. round: as it stands; unsealed where this share was the last one needed."""

    given: int
    threshold: int
    round: Round


async def read_trusteeships(installation: Installation, email: str) -> list[Trusteeship]:
    """Every round of which somebody is a trustee, those that wait for passphrases first."""
    address = normalise_email(email)
    async with installation.database.session("reporting") as connection:
        waiting = [p.round_id for p in await store_trustees.list_preparations(connection) if address in p.trustees]
        held = await store_trustees.rounds_of_trustee(connection, address)
    return [await read_trusteeship(installation, round_id) for round_id in (*waiting, *held)]


async def read_trusteeship(installation: Installation, round_id: str) -> Trusteeship:
    """Raises: UnknownRound, also where the round is in custody of the server."""
    async with installation.database.session("reporting") as connection:
        preparation = await store_trustees.select_preparation(connection, round_id)
        if preparation is not None:
            done = enrolled(installation, preparation)
            return Trusteeship(
                round_id=round_id,
                custody=SharedCustody(threshold=preparation.threshold, trustees=len(preparation.trustees)),
                holders=tuple(
                    Holder(email=email, is_enrolled=email in done, has_proven=False, has_given=False)
                    for email in preparation.trustees
                ),
                round=None,
                box=None,
            )
        found = await store.select_round(connection, round_id)
        named = await store_trustees.select_trustees(connection, found.round_id)
    custody = parse_custody(found.custody)
    if custody is None:
        raise UnknownRound(round_id)
    waits = found.stage == "closed"
    return Trusteeship(
        round_id=round_id,
        custody=custody,
        holders=tuple(
            Holder(
                email=one.email,
                is_enrolled=True,
                has_proven=one.proven,
                has_given=waits and installation.keys.has(found.round_id, gift(one.place)),
            )
            for one in named
        ),
        round=found,
        box=await _box(installation, found) if waits else None,
    )


async def prove_share(installation: Installation, round_id: str, email: str, passphrase: str) -> Round:
    """A trustee shows, before the round opens, that their passphrase opens their share. Returns the round as it stands.

    Raises: UnknownRound, NotATrustee, WrongState after the opening, WrongPassphrase, BrokenKeyFile, MissingKey.
    """
    found, place = await _held(installation, round_id, email)
    if found.state != "scheduled":
        raise WrongState(round_id, found.state, "not open yet")
    await asyncio.to_thread(unlock, read_shared_key(installation, found.round_id), place, passphrase)
    async with installation.database.session("operation") as connection, connection.transaction():
        await store.run(connection, "mark_proven", found.round_id, place)
        cleared = await clear_round(connection, found.round_id)
        await audit_log.append(
            connection, installation.actor, "share-proven", round_id=found.round_id, email=normalise_email(email)
        )
        return cleared


async def give_share(
    installation: Installation,
    round_id: str,
    email: str,
    passphrase: str,
    *,
    root: str,
    on_step: Step = lambda _: None,
) -> Given:
    """Gives a share for the ballot box of `root` (hex). The last one needed unseals the round, and is never stored.

    Raises: UnknownRound, NotATrustee, WrongState, AnotherBallotBox, NothingLeftToUnseal, WrongPassphrase,
    BrokenKeyFile, MissingKey, BallotBoxBroken.
    """
    found, place = await _held(installation, round_id, email)
    if found.stage != "closed" or found.ballot_box_root is None:
        raise WrongState(round_id, found.state, "closed and waits for its unsealing")
    if root != found.ballot_box_root.hex():
        raise AnotherBallotBox(round_id)
    box = await _box(installation, found)
    if not box.is_untouched:
        raise NothingLeftToUnseal(round_id) if not box.faults else AnotherBallotBox(round_id)
    shared = read_shared_key(installation, found.round_id)
    share = await asyncio.to_thread(unlock, shared, place, passphrase)
    async with _one_at_a_time(installation, found):
        async with installation.database.session("operation") as connection:
            now = await store.read_clock(connection)
        # Told before it is done: a share in the key directory is never one that nobody knows of.
        async with installation.database.session("operation") as connection, connection.transaction():
            await audit_log.append(
                connection,
                installation.actor,
                "share-given",
                round_id=found.round_id,
                email=normalise_email(email),
                sha256=root,
            )
        shares = waiting_shares(installation, shared, found.ballot_box_root, now) | {place: share}
        if len(shares) < shared.threshold:
            _lay_down(
                installation,
                shared,
                place,
                msgspec.json.encode(lay_down(shared, place, share, found.ballot_box_root, now)),
            )
        else:
            found = await unseal_round(installation, round_id, on_step, given=shares)
    return Given(given=len(shares), threshold=shared.threshold, round=found)


def _lay_down(installation: Installation, shared: SharedKey, place: int, content: bytes) -> None:
    installation.keys.destroy(shared.round_id, gift(place))  # given once more: its time begins anew
    installation.keys.create(shared.round_id, gift(place), content)


async def _held(installation: Installation, round_id: str, email: str) -> tuple[Round, int]:
    """The round, and the place of this trustee in it."""
    address = normalise_email(email)
    async with installation.database.session("operation") as connection:
        found = await store.select_round(connection, round_id)
        named: list[ShareHolder] = await store_trustees.select_trustees(connection, found.round_id)
    for one in named:
        if one.email == address:
            return found, one.place
    raise NotATrustee(round_id, address)


async def _box(installation: Installation, found: Round) -> ShownBallotBox:
    counted = await recount(installation, found.round_id)
    async with installation.database.session("opening") as connection:
        sealed = await store_trustees.count_sealed(connection, found.round_id)
    return ShownBallotBox(
        count=counted.count,
        credentials_issued=counted.credentials_issued,
        roster_size=found.roster_size,
        root=counted.root,
        sealed=sealed,
        faults=counted.faults,
    )


@asynccontextmanager
async def _one_at_a_time(installation: Installation, found: Round) -> AsyncIterator[None]:
    """Of two who give at once, the second sees the first one's share, so that none of them waits for the other."""
    async with installation.database.session("operation") as guard:
        await store.run(guard, "hold_giving", found.round_id)
        try:
            yield
        finally:
            await store.run(guard, "leave_giving", found.round_id)
