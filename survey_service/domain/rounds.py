"""A round: one opening of a survey, and the states it goes through."""

from datetime import datetime, timedelta
from typing import Literal, NewType

from msgspec import Struct

from survey_service.domain.surveys import SurveyId

RoundId = NewType("RoundId", str)

State = Literal["scheduled", "open", "closed", "unsealed", "released", "erased", "lost"]
Stage = Literal["prepared", "planned", "closed", "opened", "unsealed", "released", "erased", "lost"]

GRACE = timedelta(minutes=10)  # after closes_at, for responses whose credential was issued before (protocol, 5)
PLAINTEXT_SIZE = 4096  # bytes; every sealed response of a round has this length before sealing (protocol, 4)


class NewRound(Struct, frozen=True, kw_only=True):
    """Everything of a round that never changes, and its first times."""

    round_id: RoundId
    survey_id: SurveyId
    definition: bytes
    questionnaire: bytes
    terms: bytes
    fingerprint: str
    rehearsal: bool
    roster_size: int
    minimum_group_size: int
    plaintext_size: int
    custody: str
    opens_at: datetime
    closes_at: datetime


class Round(NewRound, frozen=True, kw_only=True):
    """A round as it stands; the counts and the root are None until the ballot box is frozen."""

    stage: Stage
    state: State
    erase_at: datetime | None
    lost_because: str | None
    credentials_issued: int | None
    ballots: int | None
    ballot_box_root: bytes | None
    analysed: int | None
    invalid: int | None
