"""Offices approve exactly one set of bytes of a survey; what waited for them opens then."""

from collections.abc import Sequence

from msgspec import Struct

from survey_service.domain.accounts import Email
from survey_service.domain.rounds import Round
from survey_service.domain.surveys import Office
from survey_service.errors import Refusal
from survey_service.operations.clear_round import clear_rounds
from survey_service.operations.installation import Installation
from survey_service.store import approvals, audit_log, team
from survey_service.store import rounds as store
from survey_service.store.approvals import Approval


class SpeaksForNoOffice(Refusal):
    def __init__(self, email: Email) -> None:
        super().__init__(
            f"{email} speaks for no office, and cannot approve.",
            remedy="The operator sets the account up anew: `survey-service team add EMAIL --role auditor --office …`.",
        )


class AnotherSurvey(Refusal):
    def __init__(self, survey_id: str) -> None:
        super().__init__(
            f"The hash of survey {survey_id!r} is another one.",
            remedy="Approve what you have read: `survey-service survey show` prints it with its hash.",
        )


class SurveyApprovals(Struct, frozen=True, kw_only=True):
    """A survey, who must approve it before a round opens, and who has."""

    stored: store.StoredSurvey
    approvals: tuple[Approval, ...]

    @property
    def missing(self) -> tuple[Office, ...]:
        given = {approval.office for approval in self.approvals}
        return tuple(office for office in self.stored.survey.approvals if office not in given)


async def read_approvals(installation: Installation, survey_id: str) -> SurveyApprovals:
    """Raises: UnknownSurvey."""
    async with installation.database.session("reporting") as connection:
        stored = await store.select_survey(connection, survey_id)
        given = await approvals.select_approvals(connection, stored.survey.survey_id, bytes.fromhex(stored.sha256))
    return SurveyApprovals(stored=stored, approvals=tuple(given))


async def office_of(installation: Installation, email: Email) -> Office | None:
    """Whom this account may approve for."""
    async with installation.database.session("team") as connection:
        return await team.select_office(connection, email)


async def approve_survey(
    installation: Installation, survey_id: str, *, sha256: str, email: Email
) -> tuple[SurveyApprovals, Sequence[Round]]:
    """Approves for the account's office. sha256: of what was read, hex. Also the rounds that waited, as they stand now.

    The caller has made sure that it is really this account. A second approval of an office changes nothing.

    Raises: UnknownSurvey, SpeaksForNoOffice, AnotherSurvey.
    """
    office = await office_of(installation, email)
    if office is None:
        raise SpeaksForNoOffice(email)
    read = await read_approvals(installation, survey_id)
    if read.stored.sha256 != sha256:
        raise AnotherSurvey(survey_id)
    known = read.stored.survey.survey_id
    async with installation.database.session("team") as connection, connection.transaction():
        if await approvals.insert_approval(connection, known, bytes.fromhex(sha256), office, email):
            await audit_log.append(connection, email, "survey-approved", survey_id=known, sha256=sha256, office=office)
    async with installation.database.session("operation") as connection:
        waited = await clear_rounds(connection, known)
    return await read_approvals(installation, survey_id), waited
