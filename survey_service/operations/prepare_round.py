"""Plans a round in custody of trustees: its keys are made, and its terms fixed, when the last passphrase is set."""

import asyncio
from datetime import datetime

import msgspec

from survey_service.custody import enrolment
from survey_service.domain.accounts import Email, normalise_email
from survey_service.domain.key_shares import (
    MOST_TRUSTEES,
    SMALLEST_THRESHOLD,
    Enrolment,
    SharedCustody,
    accepted_passphrase,
    enrol,
    parse_custody,
    share_out,
)
from survey_service.domain.rounds import Round
from survey_service.errors import Refusal
from survey_service.operations.clear_round import clear_round
from survey_service.operations.create_round import agreed_times, free_round_id, plan_round, take_planned_time
from survey_service.operations.installation import Installation
from survey_service.store import audit_log, team
from survey_service.store import rounds as store
from survey_service.store import trustees as store_trustees
from survey_service.store.database import AnyConnection
from survey_service.store.trustees import Preparation


class UnusableTrustees(Refusal):
    """Trustees that cannot hold a key together, or not as the survey was approved."""


class UnknownPreparation(Refusal):
    def __init__(self, round_id: str) -> None:
        super().__init__(
            f"No round {round_id!r} waits for passphrases.",
            remedy="`survey-service round list` shows all rounds. One whose key is made takes no new trustee.",
        )


class NotATrustee(Refusal):
    def __init__(self, round_id: str, email: str) -> None:
        super().__init__(
            f"{email!r} is no trustee of round {round_id!r}.",
            remedy="Trustees are named when a round is planned: `survey-service round create --trustee EMAIL`.",
        )


class AlreadyEnrolled(Refusal):
    def __init__(self, round_id: str, email: str) -> None:
        super().__init__(
            f"{email} has a passphrase for round {round_id!r} already.",
            remedy="If it is forgotten before the key is made: give the preparation up with `survey-service round erase` "
            "and plan the round anew.",
        )


async def prepare_round(
    installation: Installation,
    survey_id: str,
    trustees: tuple[str, ...],
    *,
    threshold: int | None = None,
    opens_at: datetime | None = None,
    closes_at: datetime | None = None,
    rehearsal: bool = False,
    planned_for: datetime | None = None,
) -> Preparation:
    """Names the trustees of the survey's next round. threshold: as the survey demands, if not given.

    planned_for: the time of the survey's schedule that becomes this round; None: somebody plans it.

    Raises: UnknownSurvey, UnusableTrustees, NotAnEmail, UnusableTimes, PlannedAlready.
    """
    named = tuple(normalise_email(email) for email in trustees)
    await _refuse_operators(installation, named)
    async with installation.database.session("operation") as connection, connection.transaction():
        stored = await store.select_survey(connection, survey_id)
        demanded = parse_custody(stored.survey.custody)
        custody = _custody(named, threshold, demanded)
        await store.run(connection, "hold_survey", survey_id)
        opens, _ = await agreed_times(connection, stored.survey, opens_at, closes_at)
        preparation = Preparation(
            round_id=await free_round_id(installation, connection, stored.survey, opens, rehearsal=rehearsal),
            survey_id=stored.survey.survey_id,
            rehearsal=rehearsal,
            threshold=custody.threshold,
            trustees=named,
            opens_at=opens_at,
            closes_at=closes_at,
        )
        await take_planned_time(connection, survey_id, planned_for, preparation.round_id)
        await store_trustees.insert_preparation(connection, preparation)
        await audit_log.append(
            connection,
            installation.actor,
            "round-prepared",
            round_id=preparation.round_id,
            rehearsal=rehearsal,
            threshold=preparation.threshold,
            count=len(named),
        )
    return preparation


async def add_trustee(installation: Installation, round_id: str, email: str, passphrase: str) -> Round | Preparation:
    """Sets a trustee's passphrase; the last one makes the keys and fixes the terms, and the round is returned.

    Where a crash came after the last passphrase and before the keys, any trustee who repeats theirs finishes it.

    Raises: UnknownPreparation, NotATrustee, UnusableTrustees, AlreadyEnrolled, WeakPassphrase, WeakPassword, UnusableTimes.
    """
    address = normalise_email(email)
    async with installation.database.session("operation") as connection:
        preparation = await _waiting(connection, round_id)
    place = _place(preparation, address)
    await _refuse_operators(installation, (address,))  # somebody may have become one since they were named
    _refuse_second(installation, preparation, place)
    made = await asyncio.to_thread(enrol, address, accepted_passphrase(passphrase, address))
    async with installation.database.session("operation") as connection, connection.transaction():
        await store.run(connection, "hold_survey", preparation.survey_id)
        await _waiting(connection, round_id)
        _refuse_second(installation, preparation, place)
        if not installation.keys.has(preparation.round_id, enrolment(place)):
            installation.keys.create(preparation.round_id, enrolment(place), msgspec.json.encode(made))
            await audit_log.append(
                connection, installation.actor, "passphrase-set", round_id=preparation.round_id, email=address
            )
        if enrolled(installation, preparation) != preparation.trustees:
            return preparation
        found = await _make(installation, connection, preparation)
    for name in installation.keys.waiting(preparation.round_id):
        installation.keys.destroy(preparation.round_id, name)  # the key file holds what they held
    return found


def _refuse_second(installation: Installation, preparation: Preparation, place: int) -> None:
    done = enrolled(installation, preparation)
    if preparation.trustees[place] in done and done != preparation.trustees:
        raise AlreadyEnrolled(preparation.round_id, preparation.trustees[place])


def enrolled(installation: Installation, preparation: Preparation) -> tuple[Email, ...]:
    """The trustees who have set their passphrase."""
    return tuple(
        email
        for place, email in enumerate(preparation.trustees)
        if installation.keys.has(preparation.round_id, enrolment(place))
    )


async def give_up_preparation(installation: Installation, round_id: str) -> bool:
    """Whether there was one. A round that waits for passphrases has no key yet: nothing of it is kept."""
    async with installation.database.session("operation") as connection, connection.transaction():
        preparation = await store_trustees.select_preparation(connection, round_id)
        if preparation is None:
            return False
        await store.run(connection, "hold_survey", preparation.survey_id)
        await store.changed(connection, "delete_preparation", preparation.round_id)
        await audit_log.append(connection, installation.actor, "round-given-up", round_id=preparation.round_id)
    for name in installation.keys.waiting(preparation.round_id):
        installation.keys.destroy(preparation.round_id, name)
    return True


async def _make(installation: Installation, connection: AnyConnection, preparation: Preparation) -> Round:
    """Makes the keys and the round; in one transaction with the end of its preparation."""
    stored = await store.select_survey(connection, preparation.survey_id)
    opens, closes = await agreed_times(connection, stored.survey, preparation.opens_at, preparation.closes_at)
    custody = SharedCustody(threshold=preparation.threshold, trustees=len(preparation.trustees))
    round_id = preparation.round_id
    installation.keys.destroy(round_id, "sealing")  # a crash in this very place left it: no round has terms with it
    installation.keys.destroy(round_id, "credential")
    planned, sealing_key = await plan_round(
        stored, round_id, opens, closes, rehearsal=preparation.rehearsal, custody=str(custody)
    )
    enrolments = tuple(
        msgspec.json.decode(installation.keys.read(round_id, enrolment(place)), type=Enrolment)
        for place in range(len(preparation.trustees))
    )
    shared = await asyncio.to_thread(share_out, round_id, preparation.threshold, enrolments, sealing_key)
    installation.keys.create(round_id, "credential", planned.credential_key)
    installation.keys.create(round_id, "sealing", msgspec.json.encode(shared))
    await store.insert_round(connection, planned.round)
    await store_trustees.insert_trustees(connection, round_id, preparation.trustees)
    await store.changed(connection, "delete_preparation", round_id)
    found = await clear_round(connection, round_id)
    await audit_log.append(
        connection, installation.actor, "round-planned", round_id=round_id, rehearsal=preparation.rehearsal
    )
    return found


async def _waiting(connection: AnyConnection, round_id: str) -> Preparation:
    preparation = await store_trustees.select_preparation(connection, round_id)
    if preparation is None:
        raise UnknownPreparation(round_id)
    return preparation


def _place(preparation: Preparation, email: Email) -> int:
    if email not in preparation.trustees:
        raise NotATrustee(preparation.round_id, email)
    return preparation.trustees.index(email)


def _custody(named: tuple[Email, ...], threshold: int | None, demanded: SharedCustody | None) -> SharedCustody:
    wanted = threshold if threshold is not None or demanded is None else demanded.threshold
    if wanted is None:
        raise UnusableTrustees("How many trustees does it take?", remedy="Say it with `--threshold K`.")
    custody = SharedCustody(threshold=wanted, trustees=len(named))
    if len(set(named)) < len(named):
        raise UnusableTrustees("A trustee is named twice.", remedy="Name each of them once.")
    if not custody.is_possible:
        raise UnusableTrustees(
            f"{custody} cannot hold a key.",
            remedy=f"Name at most {MOST_TRUSTEES} trustees, and a threshold from {SMALLEST_THRESHOLD} to their number.",
        )
    if demanded is not None and custody != demanded:
        raise UnusableTrustees(
            f"The survey was set up for {demanded}, not for {custody}.", remedy="Name as many as it demands."
        )
    return custody


async def _refuse_operators(installation: Installation, named: tuple[Email, ...]) -> None:
    async with installation.database.session("team") as connection:
        operators = {account.email for account in await team.list_accounts(connection) if account.role == "operator"}
    if operators & set(named):
        raise UnusableTrustees(
            f"{', '.join(sorted(operators & set(named)))} runs the service.",
            remedy="Name somebody who has no access to the key directory: that is what trustees are for.",
        )
