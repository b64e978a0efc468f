"""What the team is told: what waits for whom, once, not too often, and nothing of participants."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import get_args

import pytest

from survey_service.domain.accounts import Email
from survey_service.domain.notices import DEED_OF, OCCASION_OF, OCCASIONS, roles_of
from survey_service.domain.tasks import TaskName
from survey_service.operations.create_survey import create_survey
from survey_service.operations.installation import Installation
from survey_service.operations.manage_accounts import add_account
from survey_service.operations.notify_team import notify_team, send_notices
from survey_service.operations.tell_what_waits import tell_what_waits
from survey_service.store import team as store
from tests.conftest import SURVEY
from tests.mail.conftest import MailBox, text_of

PROJECT, OPERATOR, COUNCIL = (Email(f"{name}@team.example") for name in ("project", "operator", "council"))


@pytest.fixture(autouse=True)
async def accounts(installation: Installation) -> AsyncIterator[None]:
    async with installation.database.session("team") as connection:
        for email, role in ((PROJECT, "project-team"), (OPERATOR, "operator"), (COUNCIL, "auditor")):
            await store.add_account(connection, email, role, "$argon2id$unused")  # type: ignore[arg-type]
    yield
    async with installation.database.owner() as connection:
        await connection.execute("DELETE FROM team_notice")
        await connection.execute("DELETE FROM account WHERE email LIKE '%@team.example'")


async def test_everyone_whose_role_answers_is_told_once_in_both_languages(posting: Installation, box: MailBox) -> None:
    assert await notify_team(posting, "publish", about="backing-2026-1") == 1
    assert await notify_team(posting, "publish", about="backing-2026-1") == 0
    assert await send_notices(posting) == 1
    assert await send_notices(posting) == 0
    ((address, message),) = box.messages
    assert address == PROJECT
    for told in (
        "warten auf die Veröffentlichung",
        "wait for publication",
        "http://survey.test/team/rounds/backing-2026-1",
    ):
        assert told in text_of(message)
        assert told in text_of(message, "html").replace("&#x2f;", "/")


async def test_all_that_waits_comes_in_one_mail_and_the_next_one_an_hour_later(
    posting: Installation, box: MailBox
) -> None:
    await notify_team(posting, "unseal", about="a-1")
    await notify_team(posting, "review", about="b-1", to=[PROJECT])
    assert await send_notices(posting) == 2  # project team and operator
    assert sorted(address for address, _ in box.messages) == [OPERATOR, PROJECT]
    (both,) = [text_of(message) for address, message in box.messages if address == PROJECT]
    assert "a-1" in both
    assert "b-1" in both
    await notify_team(posting, "publish", about="b-1")
    assert await send_notices(posting) == 0
    async with posting.database.owner() as connection:
        await connection.execute("UPDATE team_notice SET mailed_at = mailed_at - interval '61 minutes'")
    assert await send_notices(posting) == 1


async def test_what_waits_is_told_once_to_those_who_can_do_it(
    own_posting: Installation, box: MailBox, tmp_path: Path
) -> None:
    await add_account(own_posting, COUNCIL, "auditor", "four words without sense", office="staff-council")
    await add_account(own_posting, "no-office@team.example", "auditor", "four words without sense")
    await add_account(own_posting, OPERATOR, "operator", "four words without sense")
    written = SURVEY.format(survey_id="waits", roster_size=40).replace(
        "languages", 'approvals = ["staff-council"]\nlanguages'
    )
    (tmp_path / "waits.toml").write_text(written, encoding="utf-8")
    await create_survey(own_posting, tmp_path / "waits.toml")

    assert await tell_what_waits(own_posting) == 2
    assert await tell_what_waits(own_posting) == 0
    assert await send_notices(own_posting) == 2

    told = {address: text_of(message) for address, message in box.messages}
    assert set(told) == {COUNCIL, OPERATOR}
    assert "http://survey.test/team/surveys/waits" in told[COUNCIL].split()
    assert "http://survey.test/team/surveys/waits/plan" in told[OPERATOR].split()


async def test_the_second_of_two_warnings_is_another_one(posting: Installation) -> None:
    assert await notify_team(posting, "retention-warning", about="a-1", number=1) == 1
    assert await notify_team(posting, "retention-warning", about="a-1", number=2) == 1
    assert await notify_team(posting, "retention-warning", about="a-1", number=2) == 0


async def test_nobody_without_an_active_account_is_told(posting: Installation, box: MailBox) -> None:
    assert await notify_team(posting, "give-share", about="a-1", to=[Email("nobody@team.example")]) == 0
    await notify_team(posting, "approve", about="backing", to=[COUNCIL])
    async with posting.database.session("team") as connection:
        await store.disable_account(connection, COUNCIL)
    assert await send_notices(posting) == 0
    assert box.messages == []


async def test_later_is_tried_again_and_refused_is_not(posting: Installation, box: MailBox) -> None:
    box.says_later = {PROJECT}
    await notify_team(posting, "publish", about="a-1")
    assert await send_notices(posting) == 0
    box.says_later, box.refuses = set(), {PROJECT}
    assert await send_notices(posting) == 0
    box.refuses = set()
    assert await send_notices(posting) == 0
    assert box.messages == []


async def test_every_task_is_told_and_every_occasion_has_somebody_whom_it_concerns() -> None:
    assert set(OCCASION_OF) == set(get_args(TaskName)) - {"before-erasure"}  # the two warnings tell of that
    assert set(DEED_OF) == set(OCCASIONS)
    for occasion in OCCASIONS:
        assert roles_of(occasion)
