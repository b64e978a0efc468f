"""What happens by itself: each deed once, whoever looks and how often; late where nothing ran, never lost, never doubled."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from survey_service.domain.accounts import Email
from survey_service.domain.rounds import GRACE, Round
from survey_service.domain.schedules import ComingRound, Schedule, every_round
from survey_service.domain.site import TIME_ZONE
from survey_service.domain.surveys import Survey
from survey_service.operations.create_round import create_round
from survey_service.operations.create_survey import create_survey
from survey_service.operations.foresee_rounds import calendar_entries, foreseen, foreseen_rounds
from survey_service.operations.installation import Installation
from survey_service.operations.read_audit_log import read_audit_log
from survey_service.operations.what_is_next import what_is_next
from survey_service.store import rounds as store
from survey_service.store import team
from survey_service.store.trustees import list_preparations
from tests.conftest import migrated, settings_in
from tests.operations.participants import GitHub, take_part
from tests.operations.time_machine import TimeMachine

SURVEY = """
id = "{survey_id}"
title = {{ de = "Probe", en = "Trial" }}
questionnaire = "open-source-2017"
languages = ["de"]
roster_size = 60
minimum_group_size = 5
retention_days = 30
custody = "{custody}"
approvals = {approvals}

[schedule]
starts = {starts:%Y-%m-%dT%H:%M:%S}
rule = "FREQ=MONTHLY;INTERVAL=2;COUNT=3"
holidays = "none"
prepare_days = 10
"""
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
TRUSTEES = tuple(Email(f"{name}@example.org") for name in ("ada", "eve", "kim"))


@pytest.fixture
async def time(tmp_path: Path) -> AsyncIterator[TimeMachine]:
    settings = settings_in(tmp_path)
    async with migrated(settings):  # keeps the database running between the looks
        yield TimeMachine(settings)


async def scheduled(
    time: TimeMachine, directory: Path, *, custody: str = "server", approvals: str = "[]", starts_in: int = 30
) -> tuple[Survey, list[ComingRound]]:
    """A survey of three rounds, and when they come."""
    day = datetime.now(TIME_ZONE) + timedelta(days=starts_in)
    starts = day.replace(day=min(day.day, 28), hour=8, minute=0, second=0, microsecond=0)
    file = directory / "scheduled.toml"
    text = SURVEY.format(survey_id="scheduled", custody=custody, approvals=approvals, starts=starts)
    file.write_text(text, encoding="utf-8")
    async with time.at(datetime.now(UTC)) as installation:
        survey = (await create_survey(installation, file)).survey
    return survey, list(every_round(survey.schedule))


async def rounds_of(installation: Installation) -> list[Round]:
    async with installation.database.session("operation") as connection:
        entries = sorted(await store.list_rounds(connection), key=lambda entry: entry.opens_at)
        return [await store.select_round(connection, entry.round_id) for entry in entries]


async def deeds(installation: Installation) -> list[str]:
    return [entry.deed for entry in (await read_audit_log(installation)).entries]


async def test_a_round_is_prepared_ahead_and_not_before(time: TimeMachine, tmp_path: Path) -> None:
    _, (first, *_) = await scheduled(time, tmp_path)
    assert await time.look(first.prepares_at - HOUR) == []
    assert await time.look(first.prepares_at + HOUR) == [f"scheduled-{first.opens_at:%Y}-1 prepared"]
    assert await time.look(first.prepares_at + HOUR) == []
    async with time.at(first.prepares_at + HOUR) as installation:
        (found,) = await rounds_of(installation)
        assert (found.opens_at, found.closes_at, found.state) == (first.opens_at, first.closes_at, "scheduled")
        assert [(each.deed, each.at, each.is_certain) for each in await foreseen(installation, found)] == [
            ("open", first.opens_at, True),
            ("remind", first.reminders[0], True),
            ("close", first.closes_at + GRACE, True),
            ("unseal", first.closes_at + GRACE, False),
            ("warn", first.closes_at + GRACE + 16 * DAY, False),
            ("warn", first.closes_at + GRACE + 27 * DAY, False),
            ("erase", first.closes_at + GRACE + 30 * DAY, False),
        ]


async def test_a_round_that_should_have_opened_while_nothing_ran_opens_late_for_as_long_as_planned(
    time: TimeMachine, tmp_path: Path
) -> None:
    _, (first, *_) = await scheduled(time, tmp_path)
    late = first.opens_at + 9 * DAY
    await time.look(late)
    async with time.at(late + timedelta(minutes=1)) as installation:
        (found,) = await rounds_of(installation)
        assert abs(found.opens_at - late) < HOUR
        assert (
            abs(found.closes_at - found.opens_at - 14 * DAY) <= HOUR
        )  # by the calendar: summer time may begin meanwhile
        assert found.state == "open"


async def test_a_round_that_would_still_be_open_when_the_next_one_opens_is_left_out_and_the_log_says_so(
    time: TimeMachine, tmp_path: Path
) -> None:
    _, (_, second, _) = await scheduled(time, tmp_path)
    late = second.prepares_at + HOUR
    assert len(await time.look(late)) == 2
    assert await time.look(late) == []
    async with time.at(late) as installation:
        assert [found.opens_at for found in await rounds_of(installation)] == [second.opens_at]
        assert "round-left-out" in await deeds(installation)


async def test_planned_times_from_before_the_survey_are_none_of_its(time: TimeMachine, tmp_path: Path) -> None:
    _, (_, second, _) = await scheduled(time, tmp_path, starts_in=-40)
    await time.look(datetime.now(UTC))
    await time.look(second.prepares_at + HOUR)
    async with time.at(second.prepares_at + HOUR) as installation:
        assert [found.opens_at for found in await rounds_of(installation)] == [second.opens_at]
        assert "round-left-out" not in await deeds(installation)


async def test_a_round_that_somebody_planned_for_the_time_stands_for_the_one_of_the_schedule(
    time: TimeMachine, tmp_path: Path
) -> None:
    _, (first, *_) = await scheduled(time, tmp_path)
    async with time.at(datetime.now(UTC)) as installation:
        by_hand = await create_round(installation, "scheduled", opens_at=first.opens_at + DAY)
        await create_round(installation, "scheduled", opens_at=first.opens_at, rehearsal=True)  # which is no round
    assert await time.look(first.prepares_at + HOUR) == [f"{by_hand.round_id} stands for {first.planned_for:%Y-%m-%d}"]
    async with time.at(first.prepares_at + HOUR) as installation:
        assert len(await rounds_of(installation)) == 2


async def test_a_round_that_lacks_an_approval_is_prepared_and_stays_closed_to_everyone(
    time: TimeMachine, tmp_path: Path
) -> None:
    _, (first, *_) = await scheduled(time, tmp_path, approvals='["staff-council"]')
    await time.look(first.prepares_at + HOUR)
    assert await time.look(first.opens_at + HOUR) == []
    async with time.at(first.opens_at + HOUR) as installation:
        (found,) = await rounds_of(installation)
        assert (found.stage, found.state) == ("prepared", "scheduled")
        assert await foreseen(installation, found) == ()


async def test_a_round_in_the_hands_of_trustees_is_planned_ahead_and_waits_for_them(
    time: TimeMachine, tmp_path: Path
) -> None:
    _, (first, *_) = await scheduled(time, tmp_path, custody="2 of 3 trustees")
    due = first.prepares_at + HOUR
    assert await time.look(due) == []  # nobody knows who they are
    async with time.at(due) as installation:
        tasks = (await what_is_next(installation)).tasks
        assert [task.name for task in tasks] == ["name-trustees"]
        async with installation.database.session("team") as connection:
            for email in TRUSTEES:
                await team.add_account(connection, email, "trustee", "$argon2id$")
    assert len(await time.look(due)) == 1
    assert await time.look(due) == []
    async with time.at(due) as installation:
        async with installation.database.session("operation") as connection:
            (waiting,) = await list_preparations(connection)
        assert (waiting.trustees, waiting.threshold) == (TRUSTEES, 2)
        assert (waiting.opens_at, waiting.closes_at) == (first.opens_at, first.closes_at)
        (task,) = (await what_is_next(installation)).tasks
        assert (task.name, task.people) == ("set-passphrase", TRUSTEES)


async def test_the_coming_rounds_of_a_survey_are_told_with_the_round_that_each_has_become(
    time: TimeMachine, tmp_path: Path
) -> None:
    survey, coming = await scheduled(time, tmp_path)
    await time.look(coming[0].prepares_at + HOUR)
    async with time.at(coming[0].prepares_at + HOUR) as installation:
        (found,) = await rounds_of(installation)
        told = await foreseen_rounds(installation, survey)
        assert [(each.coming, each.round_id) for each in told] == list(
            zip(coming, (found.round_id, None, None), strict=True)
        )
        dates = {entry.uid: entry.starts_at for entry in await calendar_entries(installation, "en")}
        assert dates[f"{found.round_id}-open"] == coming[0].opens_at
        assert dates[f"scheduled-{coming[1].planned_for:%Y%m%d%H%M}-prepare-1"] == coming[1].prepares_at
        assert sum(uid.endswith(("-open", "-open-1")) for uid in dates) == 3
    async with time.at(coming[2].opens_at + HOUR) as installation:
        assert await foreseen_rounds(installation, survey) == ()


async def test_everything_that_was_missed_while_nothing_ran_is_made_up_in_its_order(
    time: TimeMachine, tmp_path: Path
) -> None:
    _, (first, *_) = await scheduled(time, tmp_path)
    await time.look(first.prepares_at + HOUR)
    async with time.at(first.opens_at + HOUR) as installation:
        (found,) = await rounds_of(installation)
        await take_part(installation, found, [GitHub] * 5)
    back = first.closes_at + 2 * DAY
    name = found.round_id
    assert await time.look(back) == [f"{name} opened", f"{name} closed", f"{name} unsealed"]
    much_later = back + 31 * DAY
    told = await time.look(much_later)
    assert [each for each in told if name in each] == [
        f"{name} warned of its erasure",
        f"{name} warned of its erasure",
        f"{name} erased",
    ]
    async with time.at(much_later) as installation:
        assert (await deeds(installation)).count("retention-warned") == 2


async def test_before_an_erasure_the_first_page_says_until_when_to_publish(time: TimeMachine, tmp_path: Path) -> None:
    _, (first, *_) = await scheduled(time, tmp_path)
    await time.look(first.prepares_at + HOUR)
    async with time.at(first.opens_at + HOUR) as installation:
        (found,) = await rounds_of(installation)
        await take_part(installation, found, [GitHub] * 5)
    await time.look(first.closes_at + HOUR)
    erased_at = first.closes_at + HOUR + 30 * DAY
    for before, is_warned in ((15 * DAY, False), (13 * DAY, True)):
        async with time.at(erased_at - before) as installation:
            tasks = [task for task in (await what_is_next(installation)).tasks if task.round_id == found.round_id]
            assert ("before-erasure" in {task.name for task in tasks}) == is_warned


def test_a_schedule_without_a_start_leaves_every_round_to_people() -> None:
    assert list(every_round(Schedule())) == []
