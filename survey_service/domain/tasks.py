"""What waits for whom."""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from msgspec import Struct

from survey_service.domain.accounts import Account, Deed, Email, may
from survey_service.domain.rounds import RoundId
from survey_service.domain.surveys import Office, SurveyId

TaskName = Literal[
    "approve",
    "plan",
    "name-trustees",
    "set-passphrase",
    "prove-share",
    "invite",
    "extend",
    "unseal",
    "give-share",
    "compute",
    "comments",
    "publish",
    "before-erasure",
]


class Task(Struct, frozen=True, kw_only=True):
    """Something that a person has to do before a survey goes on.

    round_id: None where it concerns the survey. deed, office: who may do it, both where an office has to. people: those
    who have to do it in person; where none are named, anyone who may. of: how many of them it takes; 0: each of them.
    until: by when, where it cannot be done later.
    """

    name: TaskName
    survey_id: SurveyId
    round_id: RoundId | None = None
    deed: Deed
    office: Office | None = None
    people: tuple[Email, ...] = ()
    of: int = 0
    until: datetime | None = None

    def is_for(self, account: Account) -> bool:
        if account.disabled or not may(account.role, self.deed):
            return False
        if self.people:
            return account.email in self.people
        return self.office is None or account.office_today == self.office

    def whom(self, accounts: Iterable[Account]) -> tuple[Email, ...]:
        """Who can do it: those named, else whose accounts may; none: somebody has to be given one."""
        return self.people or tuple(account.email for account in accounts if self.is_for(account))
