"""What of a round never changes, kept in memory: its terms, its questionnaire, its key, its title."""

import hashlib

import msgspec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from msgspec import Struct

from survey_service.domain import encodings
from survey_service.domain.blind_signatures import load_public_key
from survey_service.domain.messages import Terms
from survey_service.domain.rounds import Round, RoundId
from survey_service.domain.surveys import Survey
from survey_service.operations.show_to_staff import list_for_staff
from survey_service.store import rounds as store
from survey_service.store.approvals import Approval, select_approvals
from survey_service.store.database import Database


class PublishedRound(Struct, frozen=True, kw_only=True):
    round_id: RoundId
    terms: bytes
    questionnaire: bytes
    credential_key: RSAPublicKey
    plaintext_size: int
    title: dict[str, str]
    minutes: int
    survey: Survey
    survey_sha256: bytes


class _Duration(Struct, frozen=True):
    """Of a questionnaire, only how long it takes."""

    minutes: int


class PublishedRounds:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._rounds: dict[str, PublishedRound] = {}

    async def get(self, round_id: str) -> PublishedRound:
        """Raises: UnknownRound, DatabaseUnavailable."""
        if round_id not in self._rounds:
            self._rounds[round_id] = _published(await self.status(round_id))
        return self._rounds[round_id]

    async def all(self) -> list[store.RoundEntry]:
        """Every round as it stands now, the latest first. Raises: DatabaseUnavailable."""
        async with self._database.session("participation") as connection:
            return await store.list_rounds(connection)

    async def for_staff(self) -> tuple[RoundId, ...]:
        """The rounds whose overview anybody may read. Raises: DatabaseUnavailable."""
        return await list_for_staff(self._database)

    async def approvals(self, published: PublishedRound) -> list[Approval]:
        """The offices that have approved what this round rests on. Raises: DatabaseUnavailable."""
        async with self._database.session("participation") as connection:
            return await select_approvals(connection, published.survey.survey_id, published.survey_sha256)

    async def status(self, round_id: str) -> Round:
        """The round as it stands now. Raises: UnknownRound, DatabaseUnavailable."""
        async with self._database.session("participation") as connection:
            return await store.select_round(connection, round_id)


def _published(found: Round) -> PublishedRound:
    terms = msgspec.json.decode(found.terms, type=Terms)
    return PublishedRound(
        round_id=found.round_id,
        terms=found.terms,
        questionnaire=found.questionnaire,
        credential_key=load_public_key(encodings.decode(terms.credential_key)),
        plaintext_size=found.plaintext_size,
        title=terms.title,
        survey=msgspec.json.decode(found.definition, type=Survey),
        survey_sha256=hashlib.sha256(found.definition).digest(),
        minutes=msgspec.json.decode(found.questionnaire, type=_Duration).minutes,
    )
