"""What waits for whom, from a survey without a round to its release."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from survey_service.domain.accounts import Account, AccountRole, Email
from survey_service.domain.surveys import Office, SurveyId
from survey_service.domain.tasks import Task, TaskName
from survey_service.operations.approve_survey import approve_survey, read_approvals
from survey_service.operations.close_round import close_round
from survey_service.operations.create_round import create_round
from survey_service.operations.hold_share import prove_share
from survey_service.operations.installation import Installation
from survey_service.operations.manage_accounts import add_account, disable_account
from survey_service.operations.prepare_round import add_trustee, prepare_round
from survey_service.operations.release_tables import propose_release, publish_proposal, withdraw_release
from survey_service.operations.review_comments import Decision, decide
from survey_service.operations.what_is_next import what_is_next
from tests.conftest import new_round, set_times
from tests.operations.commented_rounds import remarks, unsealed_with_remarks
from tests.operations.participants import GitHub, take_part
from tests.operations.test_trustees import TRUSTEES, give, survey_with

PEOPLE: dict[str, tuple[AccountRole, Office | None]] = {
    "kim@next.example": ("project-team", None),
    "ada@next.example": ("project-team", None),
    "council@next.example": ("auditor", "staff-council"),
    "privacy@next.example": ("auditor", "data-protection"),
    "it@next.example": ("operator", None),
}

SURVEY_ID = SurveyId("any")


@pytest.fixture(autouse=True)
async def people(installation: Installation) -> AsyncIterator[None]:
    for email, (role, office) in PEOPLE.items():
        await add_account(installation, email, role, "four words without sense", office=office)
    yield
    for email in PEOPLE:
        await disable_account(installation, email)


async def waiting(installation: Installation, survey_id: str) -> dict[TaskName, tuple[str, ...]]:
    """Who of the people above, and of the trustees, each task of a survey waits for."""
    found = await what_is_next(installation)
    known = {*PEOPLE, *TRUSTEES}
    return {
        task.name: tuple(sorted(set(task.whom(found.accounts)) & known))
        for task in found.tasks
        if task.survey_id == survey_id
    }


async def test_a_round_with_trustees_and_approvals_waits_for_one_after_the_other(
    installation: Installation, tmp_path: Path
) -> None:
    survey_id = await survey_with(
        installation, tmp_path, 'custody = "2 of 3 trustees"', 'approvals = ["staff-council", "data-protection"]'
    )
    found = (await what_is_next(installation)).tasks
    assert [(task.name, task.office) for task in found if task.survey_id == survey_id] == [
        ("approve", "staff-council"),
        ("approve", "data-protection"),
        ("plan", None),
    ]
    sha256 = (await read_approvals(installation, survey_id)).stored.sha256
    await approve_survey(installation, survey_id, sha256=sha256, email=Email("council@next.example"))
    assert (await waiting(installation, survey_id))["approve"] == ("privacy@next.example",)
    await approve_survey(installation, survey_id, sha256=sha256, email=Email("privacy@next.example"))
    assert await waiting(installation, survey_id) == {
        "plan": ("ada@next.example", "it@next.example", "kim@next.example")
    }

    planned = await prepare_round(installation, survey_id, tuple(TRUSTEES))
    first, second, third = TRUSTEES
    await add_trustee(installation, planned.round_id, first, TRUSTEES[first])
    assert await waiting(installation, survey_id) == {"set-passphrase": tuple(sorted((second, third)))}
    for email in (second, third):
        await add_trustee(installation, planned.round_id, email, TRUSTEES[email])
    assert await waiting(installation, survey_id) == {
        "prove-share": tuple(sorted(TRUSTEES)),
        "invite": ("it@next.example",),
    }
    for email in TRUSTEES:
        found_round = await prove_share(installation, planned.round_id, email, TRUSTEES[email])
    await take_part(installation, found_round, [GitHub] * 12)
    assert await waiting(installation, survey_id) == {}
    closed = await close_round(installation, planned.round_id)
    (task,) = [each for each in (await what_is_next(installation)).tasks if each.survey_id == survey_id]
    assert (task.name, task.of) == ("give-share", 2)
    await give(installation, closed, first)
    (task,) = [each for each in (await what_is_next(installation)).tasks if each.survey_id == survey_id]
    assert (task.people, task.of) == ((second, third), 1)
    await give(installation, closed, third)
    project_team = ("ada@next.example", "kim@next.example")
    assert await waiting(installation, survey_id) == {"compute": project_team}
    proposal = await propose_release(installation, planned.round_id)
    assert await waiting(installation, survey_id) == {"publish": project_team}
    await publish_proposal(installation, planned.round_id, proposal.sha256)
    assert await waiting(installation, survey_id) == {}
    await withdraw_release(installation, planned.round_id, "Zu früh.")
    assert await waiting(installation, survey_id) == {}


async def test_an_end_that_passed_before_the_round_could_open_waits_to_be_extended(
    installation: Installation, tmp_path: Path
) -> None:
    survey_id = await survey_with(installation, tmp_path, 'approvals = ["staff-council"]')
    found = await create_round(installation, survey_id)
    await set_times(installation, found.round_id, opens=timedelta(days=-9), closes=timedelta(days=-1))
    assert "kim@next.example" in (await waiting(installation, survey_id))["extend"]


async def test_a_ballot_box_that_the_server_could_not_open_waits_for_those_who_may_unseal(
    installation: Installation, tmp_path: Path
) -> None:
    found = await new_round(installation, tmp_path)
    await take_part(installation, found, [GitHub] * 12)
    await close_round(installation, found.round_id)
    whom = (await waiting(installation, found.survey_id))["unseal"]
    assert whom == ("ada@next.example", "it@next.example", "kim@next.example")


async def test_free_texts_wait_for_whoever_has_not_decided(installation: Installation, tmp_path: Path) -> None:
    found = await unsealed_with_remarks(installation, tmp_path, remarks(12))
    kim, ada = Email("kim@next.example"), Email("ada@next.example")
    assert (await waiting(installation, found.survey_id))["comments"] == (ada, kim)
    everything = [Decision(item_id="remark", place=place, accepted=True) for place in range(12)]
    await decide(installation, found.round_id, kim, everything)
    assert (await waiting(installation, found.survey_id))["comments"] == (ada,)
    await decide(installation, found.round_id, ada, everything)
    assert (await waiting(installation, found.survey_id)).keys() == {"compute"}


async def test_a_task_is_for_those_named_or_else_for_whoever_may() -> None:
    def account(email: str, role: AccountRole, office: Office | None = None, *, disabled: bool = False) -> Account:
        return Account(email=Email(email), role=role, office=office, office_today=office, disabled=disabled)

    named = Task(name="give-share", survey_id=SURVEY_ID, deed="hold-share", people=(Email("a@x.de"),))
    assert named.is_for(account("a@x.de", "trustee"))
    assert not named.is_for(account("b@x.de", "trustee"))
    assert not named.is_for(account("a@x.de", "operator"))  # the role lost the right meanwhile
    council = Task(name="approve", survey_id=SURVEY_ID, deed="approve", office="staff-council")
    assert council.is_for(account("c@x.de", "auditor", "staff-council"))
    assert not council.is_for(account("c@x.de", "auditor", "staff-council", disabled=True))
    assert not council.is_for(account("d@x.de", "auditor", "data-protection"))
    assert not council.is_for(account("e@x.de", "project-team"))
