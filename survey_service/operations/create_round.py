"""Plans a round: makes its keys, then its terms, which never change again."""

import asyncio
from datetime import datetime

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from msgspec import Struct

from survey_service.domain import blind_signatures, encodings
from survey_service.domain.messages import QuestionnaireReference, Terms, parse
from survey_service.domain.rounds import PLAINTEXT_SIZE, NewRound, Round, RoundId
from survey_service.domain.schedules import closes_after
from survey_service.domain.surveys import Survey, SurveyId
from survey_service.errors import Refusal
from survey_service.operations.clear_round import clear_round
from survey_service.operations.installation import Installation
from survey_service.store import audit_log, schedule, trustees
from survey_service.store import rounds as store
from survey_service.store.database import AnyConnection


class UnusableTimes(Refusal):
    """A round that would end before it begins."""


class TrusteesDemanded(Refusal):
    def __init__(self, survey_id: str, custody: str) -> None:
        super().__init__(
            f"Survey {survey_id!r} was set up for custody by {custody}.",
            remedy="Plan its rounds with `--custody trustees` and a `--trustee` for each of them; "
            "only a rehearsal may go without.",
        )


class PlannedAlready(Refusal):
    def __init__(self, survey_id: str, planned_for: datetime) -> None:
        super().__init__(
            f"The round of survey {survey_id!r} for {planned_for:%Y-%m-%d} is planned already.",
            remedy="`survey-service round list` shows it.",
        )


async def create_round(
    installation: Installation,
    survey_id: str,
    *,
    opens_at: datetime | None = None,
    closes_at: datetime | None = None,
    rehearsal: bool = False,
    planned_for: datetime | None = None,
) -> Round:
    """Plans the next round of a survey in custody of the server; without times it opens now, for as long as the survey says.

    It waits where the survey demands approvals that are missing. planned_for: the time of the survey's schedule that becomes
    this round; None: somebody plans it.

    Raises: UnknownSurvey, TrusteesDemanded, UnusableTimes, PlannedAlready, KeyDirectoryFailed.
    """
    async with installation.database.session("operation") as connection, connection.transaction():
        stored = await store.select_survey(connection, survey_id)
        if stored.survey.custody != "server" and not rehearsal:
            raise TrusteesDemanded(survey_id, stored.survey.custody)
        await store.run(connection, "hold_survey", survey_id)
        opens, closes = await agreed_times(connection, stored.survey, opens_at, closes_at)
        round_id = await free_round_id(installation, connection, stored.survey, opens, rehearsal=rehearsal)
        await take_planned_time(connection, survey_id, planned_for, round_id)
        planned, sealing_key = await plan_round(stored, round_id, opens, closes, rehearsal=rehearsal, custody="server")
        # The keys are on the disk before the round exists: a crash in between leaves keys without a round, never the reverse.
        installation.keys.create(round_id, "credential", planned.credential_key)
        installation.keys.create(round_id, "sealing", sealing_key)
        await store.insert_round(connection, planned.round)
        found = await clear_round(connection, round_id)
        await audit_log.append(connection, installation.actor, "round-planned", round_id=round_id, rehearsal=rehearsal)
        return found


async def take_planned_time(
    connection: AnyConnection, survey_id: str, planned_for: datetime | None, round_id: RoundId | None
) -> None:
    """A time of the schedule becomes this round, or is left out. Raises: PlannedAlready."""
    if planned_for is not None and not await schedule.take_planned_time(
        connection, SurveyId(survey_id), planned_for, round_id
    ):
        raise PlannedAlready(survey_id, planned_for)


async def agreed_times(
    connection: AnyConnection, survey: Survey, opens_at: datetime | None, closes_at: datetime | None
) -> tuple[datetime, datetime]:
    """When a round opens and closes that is asked for now. Raises: UnusableTimes."""
    now = await store.read_clock(connection)
    opens = opens_at or now
    closes = closes_at or closes_after(survey.schedule, opens)
    if closes <= max(opens, now):
        raise UnusableTimes(
            f"The round would open {opens:%Y-%m-%d %H:%M} and close {closes:%Y-%m-%d %H:%M} UTC.",
            remedy="Let it close after it opens, and in the future.",
        )
    return opens, closes


async def free_round_id(
    installation: Installation, connection: AnyConnection, survey: Survey, opens: datetime, *, rehearsal: bool
) -> RoundId:
    """The next id of a survey's rounds that nobody has, while the survey is held."""
    number = 1 + await store.count_rounds(connection, survey.survey_id)
    taken = {entry.round_id for entry in await store.list_rounds(connection)}
    taken |= {entry.round_id for entry in await trustees.list_preparations(connection)}
    # Keys without a round are what a crash left, or another installation's: they are passed over, never touched.
    while (round_id := _round_id(survey, opens, number, rehearsal=rehearsal)) in taken or installation.keys.has_any(
        round_id
    ):
        number += 1
    return round_id


class PlannedRound(Struct, frozen=True, kw_only=True):
    """credential_key: private, DER."""

    round: NewRound
    credential_key: bytes


def _round_id(survey: Survey, opens: datetime, number: int, *, rehearsal: bool) -> RoundId:
    # The year helps people tell rounds apart; the number alone makes the id unique.
    return RoundId(f"{survey.survey_id}-{opens:%Y}-{number}{'-rehearsal' if rehearsal else ''}")


async def plan_round(
    stored: store.StoredSurvey, round_id: RoundId, opens: datetime, closes: datetime, *, rehearsal: bool, custody: str
) -> tuple[PlannedRound, bytes]:
    """A round with its terms, and its sealing key (private, DER), which is nowhere else yet."""
    survey = stored.survey
    credential_key = await asyncio.to_thread(blind_signatures.generate_key_pair)
    sealing_key = ec.generate_private_key(ec.SECP256R1())
    terms = msgspec.json.encode(
        Terms(
            round_id=round_id,
            title=survey.title,
            languages=survey.languages,
            questionnaire=QuestionnaireReference(
                id=survey.questionnaire.id,
                version=survey.questionnaire.version,
                sha256=survey.questionnaire.sha256,
            ),
            survey_sha256=stored.sha256,
            minimum_group_size=survey.minimum_group_size,
            roster_size=survey.roster_size,
            custody=custody,
            credential_key=encodings.encode(blind_signatures.public_key_der(credential_key.public_key())),
            sealing_key=encodings.encode(
                sealing_key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
            ),
            plaintext_size=PLAINTEXT_SIZE,
        )
    )
    parse(terms, Terms)  # what is served must be what any client accepts
    planned = NewRound(
        round_id=round_id,
        survey_id=survey.survey_id,
        definition=stored.definition,
        questionnaire=stored.questionnaire,
        terms=terms,
        fingerprint=encodings.fingerprint(terms),
        rehearsal=rehearsal,
        roster_size=survey.roster_size,
        minimum_group_size=survey.minimum_group_size,
        plaintext_size=PLAINTEXT_SIZE,
        custody=custody,
        opens_at=opens,
        closes_at=closes,
    )
    return (
        PlannedRound(round=planned, credential_key=blind_signatures.private_key_der(credential_key)),
        sealing_key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
    )
