"""Staff council and data protection officer approve exact bytes; without what a survey demands no round opens."""

from datetime import timedelta
from pathlib import Path

import pytest

from survey_service.domain.accounts import Email
from survey_service.domain.surveys import Office
from survey_service.operations.approve_survey import (
    AnotherSurvey,
    SpeaksForNoOffice,
    approve_survey,
    read_approvals,
)
from survey_service.operations.clear_round import missing_to_open
from survey_service.operations.create_round import create_round
from survey_service.operations.create_survey import create_survey
from survey_service.operations.installation import Installation
from survey_service.operations.manage_accounts import OfficeForAuditorsOnly, add_account, disable_account, list_accounts
from survey_service.operations.move_round import StillPrepared, extend_round, start_round
from survey_service.operations.password_hashing import PasswordHashing
from survey_service.operations.run_schedule import run_due
from survey_service.operations.sign_in import WrongCredentials, confirm_person
from survey_service.store import rounds as store
from tests.conftest import SURVEY, set_times

PASSWORD = "four words without sense"
OFFICES: dict[Email, Office] = {
    Email("council@office.example"): "staff-council",
    Email("privacy@office.example"): "data-protection",
}
COUNCIL, PRIVACY = OFFICES

_numbers = iter(range(1, 1000))


@pytest.fixture(autouse=True)
async def auditors(installation: Installation) -> None:
    known = {account.email for account in await list_accounts(installation)}
    for email, office in OFFICES.items():
        if email not in known:
            await add_account(installation, email, "auditor", PASSWORD, office=office)


@pytest.fixture
async def survey_id(installation: Installation, tmp_path: Path) -> str:
    """A survey that both offices have to approve."""
    survey_id = f"approved-{next(_numbers)}"
    file = tmp_path / "survey.toml"
    file.write_text(
        'approvals = ["staff-council", "data-protection"]\n' + SURVEY.format(survey_id=survey_id, roster_size=100)
    )
    await create_survey(installation, file)
    return survey_id


async def approve(installation: Installation, survey_id: str, email: Email) -> None:
    read = await read_approvals(installation, survey_id)
    await approve_survey(installation, survey_id, sha256=read.stored.sha256, email=email)


async def state(installation: Installation, round_id: str) -> str:
    async with installation.database.session("operation") as connection:
        return (await store.select_round(connection, round_id)).state


async def test_no_round_opens_without_the_approvals_that_the_survey_demands(
    installation: Installation, survey_id: str
) -> None:
    found = await create_round(installation, survey_id)
    assert found.state == "scheduled"
    missing = await missing_to_open(installation, found)
    assert missing is not None
    assert missing.as_text() == ("approval: staff-council", "approval: data-protection")
    with pytest.raises(StillPrepared):
        await start_round(installation, found.round_id)
    await approve(installation, survey_id, COUNCIL)
    await run_due(installation)
    assert await state(installation, found.round_id) == "scheduled"
    await approve(installation, survey_id, PRIVACY)
    assert await state(installation, found.round_id) == "open"


async def test_an_approval_covers_later_rounds_of_the_survey(installation: Installation, survey_id: str) -> None:
    for email in OFFICES:
        await approve(installation, survey_id, email)
    for _ in range(2):
        assert (await create_round(installation, survey_id)).state == "open"


async def test_a_rehearsal_needs_no_approval(installation: Installation, survey_id: str) -> None:
    assert (await create_round(installation, survey_id, rehearsal=True)).state == "open"


async def test_one_office_cannot_approve_for_the_other(installation: Installation, survey_id: str) -> None:
    for _ in range(2):
        await approve(installation, survey_id, COUNCIL)
    read = await read_approvals(installation, survey_id)
    assert [each.office for each in read.approvals] == ["staff-council"]
    assert read.missing == ("data-protection",)


async def test_what_is_approved_is_what_was_read(installation: Installation, survey_id: str) -> None:
    with pytest.raises(AnotherSurvey):
        await approve_survey(installation, survey_id, sha256="0" * 64, email=COUNCIL)
    assert (await read_approvals(installation, survey_id)).approvals == ()


async def test_an_approval_of_other_bytes_opens_nothing(installation: Installation, survey_id: str) -> None:
    async with installation.database.owner() as connection:
        await connection.execute(
            "INSERT INTO approval SELECT $1, sha256('other'), office, '', now()"
            " FROM unnest(ARRAY['staff-council', 'data-protection']) AS office",
            survey_id,
        )
    assert (await create_round(installation, survey_id)).state == "scheduled"


async def test_who_speaks_for_no_office_cannot_approve(installation: Installation, survey_id: str) -> None:
    email = Email(f"nobody-{survey_id}@office.example")
    await add_account(installation, email, "project-team", PASSWORD)
    with pytest.raises(SpeaksForNoOffice):
        await approve(installation, survey_id, email)
    with pytest.raises(OfficeForAuditorsOnly):
        await add_account(installation, "other@office.example", "operator", PASSWORD, office="staff-council")
    gone = Email(f"gone-{survey_id}@office.example")
    await add_account(installation, gone, "auditor", PASSWORD, office="staff-council")
    await disable_account(installation, gone)
    with pytest.raises(SpeaksForNoOffice):
        await approve(installation, survey_id, gone)


async def test_approving_at_the_command_line_takes_the_accounts_own_password(installation: Installation) -> None:
    hashing = PasswordHashing()
    assert await confirm_person(installation, hashing, COUNCIL, PASSWORD, "") == COUNCIL
    with pytest.raises(WrongCredentials):
        await confirm_person(installation, hashing, COUNCIL, "four words with some sense", "")


async def test_a_round_whose_end_passed_while_it_waited_opens_when_it_ends_later(
    installation: Installation, survey_id: str
) -> None:
    found = await create_round(installation, survey_id)
    await set_times(installation, found.round_id, opens=timedelta(days=-3), closes=timedelta(days=-1))
    for email in OFFICES:
        await approve(installation, survey_id, email)
    assert await state(installation, found.round_id) == "scheduled"
    async with installation.database.session("operation") as connection:
        later = await store.read_clock(connection) + timedelta(days=7)
    opened = await extend_round(installation, found.round_id, later)
    assert opened.state == "open"
    assert opened.opens_at > later - timedelta(days=7, minutes=1)  # since it could be answered, no earlier
