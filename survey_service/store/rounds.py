"""Rounds and surveys: rows to Structs. Transactions belong to the operations."""

import hashlib
import re
from collections.abc import Collection
from datetime import datetime

import msgspec
from msgspec import Struct

from survey_service.domain import ballot_box
from survey_service.domain.rounds import NewRound, Round, RoundId, Stage, State
from survey_service.domain.surveys import Survey, SurveyId
from survey_service.errors import UnknownRound, UnknownSurvey
from survey_service.store.database import AnyConnection
from survey_service.store.statements import statement

RECEIPTS_AT_ONCE = 10_000  # of 32 bytes

_ROUND_ID = re.compile(r"[a-z0-9-]{1,64}")


class RoundEntry(Struct, frozen=True, kw_only=True):
    """A line of the list of rounds."""

    round_id: RoundId
    survey_id: SurveyId
    rehearsal: bool
    opens_at: datetime
    closes_at: datetime
    state: State
    ballots: int | None
    roster_size: int


class StoredSurvey(Struct, frozen=True, kw_only=True):
    """definition: the bytes whose hash is approved. questionnaire: the bytes participants are served."""

    survey: Survey
    definition: bytes
    questionnaire: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.definition).hexdigest()


async def insert_survey(connection: AnyConnection, stored: StoredSurvey) -> bool:
    """Whether the survey is new."""
    row = await connection.fetchval(
        statement("insert_survey"), stored.survey.survey_id, stored.definition, stored.questionnaire
    )
    return row is not None


async def select_survey(connection: AnyConnection, survey_id: str) -> StoredSurvey:
    """Raises: UnknownSurvey."""
    row = await connection.fetchrow(statement("select_survey"), survey_id)
    if row is None:
        raise UnknownSurvey(survey_id)
    return StoredSurvey(
        survey=msgspec.json.decode(row["definition"], type=Survey),
        definition=row["definition"],
        questionnaire=row["questionnaire"],
    )


async def list_surveys(connection: AnyConnection) -> list[tuple[Survey, int]]:
    """All surveys, each with the number of its rounds."""
    rows = await connection.fetch(statement("list_surveys"))
    return [(msgspec.json.decode(row["definition"], type=Survey), row["rounds"]) for row in rows]


async def count_rounds(connection: AnyConnection, survey_id: SurveyId) -> int:
    return _whole(await connection.fetchval(statement("count_rounds"), survey_id))


async def insert_round(connection: AnyConnection, planned: NewRound) -> None:
    """Plans a round and makes its ballot box; both or neither, in the caller's transaction."""
    await connection.execute(statement("insert_round"), *msgspec.structs.astuple(planned))
    await connection.execute(statement("prepare_ballot_box"), planned.round_id)


async def select_round(connection: AnyConnection, round_id: str) -> Round:
    """Raises: UnknownRound, also for what cannot be a round's id."""
    row = None
    if _ROUND_ID.fullmatch(round_id):
        row = await connection.fetchrow(statement("select_round"), round_id)
    if row is None:
        raise UnknownRound(round_id)
    return Round(**dict(row))


async def list_rounds(connection: AnyConnection) -> list[RoundEntry]:
    return [RoundEntry(**dict(row)) for row in await connection.fetch(statement("list_rounds"))]


async def list_participation(connection: AnyConnection) -> dict[RoundId, int]:
    """How many have taken part, in tens of per cent of the roster, by round; finer is never read."""
    return {row["round_id"]: row["per_cent"] for row in await connection.fetch(statement("list_participation"))}


async def stages(connection: AnyConnection, round_ids: Collection[str]) -> dict[RoundId, Stage]:
    """How far some rounds are, by id; those that nobody planned here are left out."""
    found = await connection.fetch(statement("stages_of_rounds"), sorted(round_ids))
    return {row["round_id"]: row["stage"] for row in found}


async def changed(connection: AnyConnection, name: str, round_id: RoundId, *arguments: object) -> bool:
    """Runs a statement that changes one round; whether it found the round as it has to be."""
    return await connection.fetchval(statement(name), round_id, *arguments) is not None


async def read_clock(connection: AnyConnection) -> datetime:
    now = await connection.fetchval(statement("read_clock"))
    if not isinstance(now, datetime):
        raise TypeError(type(now))
    return now


async def receipts(connection: AnyConnection, round_id: RoundId) -> list[bytes]:
    """The receipts of a round, sorted, 32 bytes each."""
    return [row["receipt"] for row in await connection.fetch(statement("select_receipts"), round_id)]


async def count_and_root(connection: AnyConnection, round_id: RoundId) -> tuple[int, bytes]:
    """How many ballots a round has, and the root over their receipts, which are never all in memory.

    To be read in a transaction.
    """
    tree = ballot_box.MerkleTree()
    found = await connection.cursor(statement("select_receipts"), round_id)
    while rows := await found.fetch(RECEIPTS_AT_ONCE):
        for row in rows:
            tree.add(row["receipt"])
    return tree.size, tree.head()


async def due(connection: AnyConnection, name: str, *arguments: object) -> list[str]:
    """The ids of the rounds that a statement finds due."""
    return [row["round_id"] for row in await connection.fetch(statement(name), *arguments)]


async def run(connection: AnyConnection, name: str, *arguments: object) -> None:
    """Runs a statement that returns nothing."""
    await connection.execute(statement(name), *arguments)


def _whole(value: object) -> int:
    if not isinstance(value, int):
        raise TypeError(type(value))
    return value
