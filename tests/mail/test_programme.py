"""Two years in less than a minute: five rounds by their rule, with two replicas that are restarted and interrupted all the time."""

import asyncio
import random
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from survey_service.domain.audit_log import SCHEDULE
from survey_service.domain.rounds import GRACE
from survey_service.domain.schedules import ComingRound, every_round
from survey_service.domain.site import TIME_ZONE
from survey_service.domain.timetable import warnings_before
from survey_service.operations.create_survey import create_survey
from survey_service.operations.installation import Installation
from survey_service.operations.invite_by_mail import let_invitations_go, prepare_invitations
from survey_service.operations.read_audit_log import read_audit_log
from survey_service.operations.run_mail import send_due
from survey_service.operations.run_schedule import run_due
from survey_service.store import rounds as store
from tests.conftest import migrated, settings_in
from tests.mail.conftest import MailBox, addresses, mail_settings
from tests.operations.participants import GitHub, take_part
from tests.operations.time_machine import TimeMachine

SURVEY = """
id = "programme"
title = {{ de = "Zwei Jahre", en = "Two years" }}
questionnaire = "open-source-2017"
languages = ["de", "en"]
roster_size = 60
minimum_group_size = 5
retention_days = 90

[schedule]
starts = {starts:%Y-%m-%dT%H:%M:%S}
rule = "FREQ=MONTHLY;INTERVAL=6;COUNT=5"
duration = "P14D"
reminders = ["P4D", "P9D"]
"""
PEOPLE = addresses(4)
PARTICIPANTS = 5
RETENTION = timedelta(days=90)
A_MINUTE = timedelta(minutes=1)
OF_EACH_ROUND = {
    "round-planned": 1,
    "round-opened": 1,
    "invitations-sent": 1,
    "reminder-sent": 2,
    "round-closed": 1,
    "recipients-erased": 1,
    "round-unsealed": 1,
    "retention-warned": 2,
    "round-erased": 1,
}


def moments_of(coming: ComingRound) -> Iterator[datetime]:
    """Each time at which something is due, with the minute before it, at which nothing is."""
    frozen_at = coming.closes_at + GRACE
    due = (
        coming.prepares_at,
        coming.opens_at,
        *coming.reminders,
        frozen_at,
        *warnings_before(frozen_at, frozen_at + RETENTION),
        frozen_at + RETENTION + timedelta(hours=1),
    )
    for moment in due:
        yield moment - A_MINUTE
        yield moment + A_MINUTE


@pytest.mark.parametrize("seed", [8])
async def test_a_programme_of_two_years_does_each_thing_once_across_restarts_and_two_replicas(
    tmp_path: Path, box: MailBox, smtp_url: str, seed: int
) -> None:
    chance = random.Random(seed)
    settings = mail_settings(settings_in(tmp_path), smtp_url, tmp_path / "spool")
    starts = (datetime.now(TIME_ZONE) + timedelta(days=40)).replace(day=3, hour=8, minute=0, second=0, microsecond=0)
    (tmp_path / "programme.toml").write_text(SURVEY.format(starts=starts), encoding="utf-8")
    async with migrated(settings) as today:
        survey = (await create_survey(today, tmp_path / "programme.toml")).survey
        rounds = list(every_round(survey.schedule))
        time = TimeMachine(settings)
        for moment in sorted(moment for each in rounds for moment in moments_of(each)):
            await live_through(time, moment, chance)

        audit = await read_audit_log(today)
        assert audit.broken_at is None
        async with today.database.session("operation") as connection:
            entries = sorted(await store.list_rounds(connection), key=lambda entry: entry.opens_at)
            found = [await store.select_round(connection, entry.round_id) for entry in entries]
        assert [(each.opens_at, each.closes_at) for each in found] == [
            (each.opens_at, each.closes_at) for each in rounds
        ]
        for each in found:
            deeds = Counter(entry.deed for entry in audit.entries if entry.facts.get("round_id") == each.round_id)
            assert {deed: deeds[deed] for deed in OF_EACH_ROUND} == OF_EACH_ROUND, each.round_id
            assert (each.state, each.analysed, each.invalid) == ("erased", PARTICIPANTS, 0)
            assert not today.keys.has_any(each.round_id)
        by_themselves = {"round-planned", "round-opened", "reminder-sent", "round-closed", "round-erased"}
        assert {entry.who for entry in audit.entries if entry.deed in by_themselves} == {SCHEDULE}
        assert "round-left-out" not in {entry.deed for entry in audit.entries}
    sent = Counter((address, message["Subject"].startswith("Re: ")) for address, message in box.messages)
    assert sent == {
        (address, is_reminder): len(rounds) * (1 + is_reminder) for address in PEOPLE for is_reminder in (0, 1)
    }
    assert not [path for path in settings.spool_dir.rglob("*") if path.is_file() and path.name != "lock"]


async def live_through(time: TimeMachine, moment: datetime, chance: random.Random) -> None:
    """Two replicas are started and look at once; one is interrupted somewhere; then both are started again."""
    async with time.at(moment) as one, time.at(moment) as other:
        interrupted = asyncio.create_task(run_due(one))
        running = asyncio.create_task(run_due(other))
        await asyncio.sleep(chance.uniform(0, 0.15))
        interrupted.cancel()
        await asyncio.gather(interrupted, running, return_exceptions=True)
    async with time.at(moment) as one, time.at(moment) as other:
        await asyncio.gather(run_due(one), run_due(other))
        await people_do_theirs(one)
        await send_due(one, {})
        await asyncio.gather(run_due(other), run_due(one))


async def people_do_theirs(installation: Installation) -> None:
    """Somebody hands in addresses when a round is prepared; people take part when it is open."""
    async with installation.database.session("operation") as connection:
        entries = await store.list_rounds(connection)
        now = await store.read_clock(connection)
    for entry in entries:
        if entry.round_id not in installation.spool.rounds() and entry.state == "scheduled":
            await prepare_invitations(installation, entry.round_id, PEOPLE)
            await let_invitations_go(installation, entry.round_id, "opening")
        if entry.state == "open" and now - entry.opens_at < timedelta(hours=1):
            async with installation.database.session("operation") as connection:
                found = await store.select_round(connection, entry.round_id)
            await take_part(installation, found, [GitHub] * PARTICIPANTS)
