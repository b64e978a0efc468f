"""Everything that waits for somebody, over all surveys and rounds."""

import hashlib
from datetime import datetime, timedelta

import msgspec
from msgspec import Struct

from questionnaires import definitions
from survey_service.custody import gift
from survey_service.domain.accounts import Account, may
from survey_service.domain.key_shares import parse_custody
from survey_service.domain.rounds import Round
from survey_service.domain.surveys import Survey
from survey_service.domain.tasks import Task
from survey_service.domain.timetable import warnings_before
from survey_service.errors import Refusal
from survey_service.operations.clear_round import missing_to_open
from survey_service.operations.installation import Installation
from survey_service.operations.prepare_round import enrolled
from survey_service.operations.prepare_rounds import lacks_trustees
from survey_service.operations.review_comments import read_comments
from survey_service.store import approvals, participation, releases, team, trustees
from survey_service.store import rounds as store
from survey_service.store.trustees import Preparation


class WhatIsNext(Struct, frozen=True, kw_only=True):
    """tasks: survey by survey, the latest round first. accounts: of the team, those that are disabled too."""

    tasks: tuple[Task, ...]
    accounts: tuple[Account, ...]


async def what_is_next(installation: Installation) -> WhatIsNext:
    """What waits now, for anybody."""
    async with installation.database.session("team") as connection:
        accounts = await team.list_accounts(connection)
    async with installation.database.session("reporting") as connection:
        surveys = await store.list_surveys(connection)
        now = await store.read_clock(connection)
        entries = [entry for entry in await store.list_rounds(connection) if entry.state not in ("erased", "lost")]
        rounds = [await store.select_round(connection, entry.round_id) for entry in entries]
        waiting = await trustees.list_preparations(connection)
    found: list[Task] = []
    for survey, planned in surveys:
        found += await _approvals(installation, survey)
        prepared = [each for each in waiting if each.survey_id == survey.survey_id]
        for preparation in prepared:
            found += _passphrases(installation, preparation)
        for each in rounds:
            if each.survey_id == survey.survey_id:
                found += [*_before_erasure(each, now), *await _of_round(installation, each, accounts)]
        found += await _planning(installation, survey, is_planned=bool(planned or prepared))
    return WhatIsNext(tasks=tuple(found), accounts=tuple(accounts))


async def _planning(installation: Installation, survey: Survey, *, is_planned: bool) -> list[Task]:
    if survey.schedule.starts is None:
        return [] if is_planned else [Task(name="plan", survey_id=survey.survey_id, deed="run-rounds")]
    if await lacks_trustees(installation, survey):
        return [Task(name="name-trustees", survey_id=survey.survey_id, deed="run-rounds")]
    return []  # its rounds come by themselves


def _before_erasure(found: Round, now: datetime) -> list[Task]:
    """From the first warning on, whether or not something is published: later nothing can be computed any more."""
    if found.erase_at is None or found.stage not in ("unsealed", "released"):
        return []
    retention = timedelta(days=msgspec.json.decode(found.definition, type=Survey).retention_days)
    first_warning, *_ = warnings_before(found.erase_at - retention, found.erase_at)
    if now < first_warning:
        return []
    return [
        Task(
            name="before-erasure",
            survey_id=found.survey_id,
            round_id=found.round_id,
            deed="publish",
            until=found.erase_at,
        )
    ]


async def _approvals(installation: Installation, survey: Survey) -> list[Task]:
    if not survey.approvals:
        return []
    async with installation.database.session("reporting") as connection:
        stored = await store.select_survey(connection, survey.survey_id)
        given = await approvals.select_approvals(
            connection, survey.survey_id, hashlib.sha256(stored.definition).digest()
        )
    offices = {approval.office for approval in given}
    return [
        Task(name="approve", survey_id=survey.survey_id, deed="approve", office=office)
        for office in survey.approvals
        if office not in offices
    ]


def _passphrases(installation: Installation, preparation: Preparation) -> list[Task]:
    done = enrolled(installation, preparation)
    # Where all are set and the round is not there yet, any of them repeats theirs to finish it.
    missing = tuple(email for email in preparation.trustees if email not in done) or preparation.trustees
    return [
        Task(
            name="set-passphrase",
            survey_id=preparation.survey_id,
            round_id=preparation.round_id,
            deed="hold-share",
            people=missing,
        )
    ]


async def _of_round(installation: Installation, found: Round, accounts: list[Account]) -> list[Task]:
    if found.state in ("scheduled", "open"):
        return await _before_its_end(installation, found)
    if found.state == "closed":
        return await _unsealing(installation, found)
    if found.state == "released":
        return []
    return await _publication(installation, found, accounts)


async def _before_its_end(installation: Installation, found: Round) -> list[Task]:
    tasks = []
    missing = await missing_to_open(installation, found)
    if missing is not None and missing.proofs:
        tasks.append(
            Task(
                name="prove-share",
                survey_id=found.survey_id,
                round_id=found.round_id,
                deed="hold-share",
                people=missing.proofs,
            )
        )
    if missing is not None and missing.is_over:
        tasks.append(Task(name="extend", survey_id=found.survey_id, round_id=found.round_id, deed="run-rounds"))
    async with installation.database.session("operation") as connection:
        codes = await participation.count_invitations(connection, found.round_id)
    if not codes:
        tasks.append(Task(name="invite", survey_id=found.survey_id, round_id=found.round_id, deed="invite"))
    return tasks


async def _unsealing(installation: Installation, found: Round) -> list[Task]:
    custody = parse_custody(found.custody)
    if custody is None or found.stage == "opened":
        return [Task(name="unseal", survey_id=found.survey_id, round_id=found.round_id, deed="unseal")]
    async with installation.database.session("reporting") as connection:
        named = await trustees.select_trustees(connection, found.round_id)
    absent = tuple(one.email for one in named if not installation.keys.has(found.round_id, gift(one.place)))
    return [
        Task(
            name="give-share",
            survey_id=found.survey_id,
            round_id=found.round_id,
            deed="hold-share",
            people=absent,
            of=custody.threshold - (len(named) - len(absent)),
        )
    ]


async def _publication(installation: Installation, found: Round, accounts: list[Account]) -> list[Task]:
    async with installation.database.session("reporting") as connection:
        is_proposed = await releases.waits_for_publication(connection, found.round_id)
        is_withdrawn = bool(await releases.select_withdrawals(connection, found.round_id))
    tasks = await _comments(installation, found, accounts)
    if is_proposed or not is_withdrawn:  # what was withdrawn waits for nobody: it may stay so
        tasks.append(
            Task(
                name="publish" if is_proposed else "compute",
                survey_id=found.survey_id,
                round_id=found.round_id,
                deed="publish",
            )
        )
    return tasks


async def _comments(installation: Installation, found: Round, accounts: list[Account]) -> list[Task]:
    """Of those who review, whoever has not decided on a text that two of them have not agreed on."""
    if not any(item.kind == "text" for item in definitions.from_bytes(found.questionnaire).items):
        return []
    try:
        questions = await read_comments(installation, found.round_id)
    except Refusal:
        return []  # what keeps the responses from being read is told where the tables are computed
    left = [
        comment
        for question in questions
        for comment in question.comments
        if comment.outcome in ("undecided", "disputed")
    ]
    reviewers = [account.email for account in accounts if not account.disabled and may(account.role, "publish")]
    people = tuple(
        email
        for email in reviewers
        if any(comment.outcome == "disputed" or comment.of(email) is None for comment in left)
    )
    if not left:
        return []
    return [Task(name="comments", survey_id=found.survey_id, round_id=found.round_id, deed="publish", people=people)]
