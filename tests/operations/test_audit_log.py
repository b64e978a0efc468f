"""The audit log finds what somebody did to it, in a database of its own; and every deed leaves its entry."""

import asyncio
import hashlib
import json
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest

from survey_service.domain.accounts import Email
from survey_service.domain.audit_log import COMMAND_LINE, SCHEDULE, AuditEntry, UnknownFact
from survey_service.exports.audit_log import as_csv, as_json
from survey_service.operations.approve_survey import approve_survey
from survey_service.operations.close_round import close_round
from survey_service.operations.create_round import create_round
from survey_service.operations.create_survey import create_survey
from survey_service.operations.erase_round import erase_round
from survey_service.operations.installation import Installation
from survey_service.operations.invite import invite
from survey_service.operations.manage_accounts import add_account, disable_account
from survey_service.operations.read_audit_log import NoHead, picked, read_audit_log, verify_audit_log
from survey_service.operations.release_tables import release_tables, withdraw_release
from survey_service.operations.run_schedule import run_due
from survey_service.operations.unseal_round import unseal_round
from survey_service.store import audit_log as store
from tests.conftest import SURVEY, migrated, set_times, settings_in
from tests.operations.participants import GitHub, take_part

KIM = Email("kim@example.org")
PASSWORD = "four words without sense"


@pytest.fixture
async def own(tmp_path: Path) -> AsyncIterator[Installation]:
    async with migrated(settings_in(tmp_path)) as installation:
        yield installation


@pytest.fixture
async def logged(own: Installation) -> Installation:
    """With five entries."""
    async with own.database.session("team") as connection:
        for number in range(5):
            await store.append(connection, COMMAND_LINE, "codes-drawn", round_id=f"r-{number}", count=number)
    return own


async def test_the_chain_of_an_untouched_log_holds_and_names_its_head(logged: Installation) -> None:
    found = await verify_audit_log(logged)
    assert (found.entries, found.broken_at, found.is_sound) == (5, None, True)
    assert (await verify_audit_log(logged, found.head.upper() + " ")).is_head_found


@pytest.mark.parametrize(
    ("tampering", "broken_at"),
    [
        (
            "UPDATE audit_entry SET entry = replace(convert_from(entry, 'UTF8'), 'r-2', 'r-9')::bytea WHERE position = 3",
            3,
        ),
        ("UPDATE audit_entry SET entry = convert_to('no json', 'UTF8') WHERE position = 2", 2),
        ("UPDATE audit_entry SET head = sha256(head) WHERE position = 4", 4),
        ("DELETE FROM audit_entry WHERE position = 1", 1),
        ("DELETE FROM audit_entry WHERE position = 3", 3),
        ("DELETE FROM audit_entry WHERE position = 3; UPDATE audit_entry SET position = 3 WHERE position = 4", 3),
        (
            "INSERT INTO audit_entry SELECT 6, entry, sha256(head) FROM audit_entry WHERE position = 5",
            6,
        ),
    ],
)
async def test_a_changed_removed_or_added_entry_is_found(logged: Installation, tampering: str, broken_at: int) -> None:
    async with logged.database.owner() as connection:
        await connection.execute(tampering)
    found = await verify_audit_log(logged)
    assert (found.broken_at, found.is_sound) == (broken_at, False)


async def test_an_end_that_was_cut_off_or_written_anew_is_found_by_the_head_that_somebody_kept(
    logged: Installation,
) -> None:
    kept = (await verify_audit_log(logged)).head
    async with logged.database.owner() as connection:
        await connection.execute("DELETE FROM audit_entry WHERE position = 5")
    found = await verify_audit_log(logged, kept)
    assert (found.broken_at, found.is_head_found, found.is_sound) == (None, False, False)
    async with logged.database.session("team") as connection:  # a lie in its place, properly chained
        await store.append(connection, COMMAND_LINE, "codes-drawn", round_id="r-other", count=4)
    assert not (await verify_audit_log(logged, kept)).is_sound
    with pytest.raises(NoHead):
        await verify_audit_log(logged, "not a head")


async def test_no_role_of_the_service_changes_or_removes_an_entry(logged: Installation) -> None:
    for role in ("participation", "operation", "opening", "tabulation", "reporting", "team"):
        async with logged.database.session(role) as connection:
            for statement in (
                "UPDATE audit_entry SET entry = entry",
                "DELETE FROM audit_entry",
                "TRUNCATE audit_entry",
                "INSERT INTO audit_entry VALUES (9, '', sha256(''))",
            ):
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await connection.execute(statement)


async def test_an_entry_whose_deed_fails_is_not_there(logged: Installation) -> None:
    async with logged.database.session("team") as connection:
        transaction = connection.transaction()
        await transaction.start()
        await store.append(connection, COMMAND_LINE, "account-added", email=KIM)
        await transaction.rollback()
    assert len((await read_audit_log(logged)).entries) == 5


async def test_racing_deeds_stand_in_one_chain(logged: Installation) -> None:
    async def draw(number: int) -> None:
        async with logged.database.session("operation") as connection:
            await store.append(connection, COMMAND_LINE, "codes-drawn", round_id="r", count=number)

    await asyncio.gather(*map(draw, range(20)))
    found = await verify_audit_log(logged)
    assert (found.entries, found.is_sound) == (25, True)


async def test_a_fact_that_nobody_has_thought_about_is_refused(logged: Installation) -> None:
    async with logged.database.session("team") as connection:
        for facts in ({"code": "ABCD"}, {"address": "10.0.0.1"}, {"because": "x" * 501}):
            with pytest.raises(UnknownFact):
                await store.append(connection, COMMAND_LINE, "account-added", **facts)


async def test_every_deed_from_the_account_to_the_erasure_has_its_entry_in_the_name_of_who_did_it(
    own: Installation, tmp_path: Path
) -> None:
    await add_account(own, KIM, "auditor", PASSWORD, office="staff-council")
    file = tmp_path / "survey.toml"
    demands = 'approvals = ["staff-council"]\n'
    await asyncio.to_thread(file.write_text, demands + SURVEY.format(survey_id="trial", roster_size=100))
    stored = await create_survey(own, file)
    await approve_survey(own.acting_for(KIM), "trial", sha256=stored.sha256, email=KIM)
    await approve_survey(own.acting_for(KIM), "trial", sha256=stored.sha256, email=KIM)  # changes nothing
    found = await create_round(own, "trial")
    await take_part(own, found, [GitHub] * 12)
    await set_times(own, found.round_id, opens=timedelta(days=-2), closes=timedelta(minutes=-11))
    await run_due(own)
    await release_tables(own.acting_for(KIM), found.round_id)
    await withdraw_release(own.acting_for(KIM), found.round_id, "a typing error")
    await erase_round(own, found.round_id)
    await disable_account(own, KIM)

    log = await read_audit_log(own)
    assert log.broken_at is None
    told = [(entry.who, entry.deed) for entry in log.entries]
    assert told == [
        (COMMAND_LINE, "account-added"),
        (COMMAND_LINE, "survey-created"),
        (KIM, "survey-approved"),
        (COMMAND_LINE, "round-planned"),
        (COMMAND_LINE, "codes-drawn"),
        (SCHEDULE, "round-opened"),
        (SCHEDULE, "round-closed"),
        (SCHEDULE, "round-unsealed"),
        (KIM, "release-published"),
        (KIM, "release-withdrawn"),
        (COMMAND_LINE, "round-erased"),
        (COMMAND_LINE, "account-disabled"),
    ]
    withdrawn = picked(log, who=KIM, deed="release-withdrawn")
    assert [entry.facts for entry in withdrawn] == [{"round_id": found.round_id, "because": "a typing error"}]
    assert [entry.deed for entry in picked(log, who=SCHEDULE)] == [
        "round-unsealed",
        "round-closed",
        "round-opened",
    ]


async def test_the_files_hold_the_whole_log_and_its_hashes_can_be_computed_from_the_json(
    logged: Installation,
) -> None:
    async with logged.database.session("team") as connection:
        await store.append(connection, '=cmd|"x"!A1@example.org', "account-added", email="=1@example.org")
    log = await read_audit_log(logged)
    document = json.loads(as_json(log))
    head = bytes(32)
    for entry in document["entries"]:
        head = hashlib.sha256(head + hashlib.sha256(entry["entry"].encode()).digest()).digest()
        assert head.hex() == entry["head"]
    assert document["head"] == log.head
    lines = as_csv(log).decode().splitlines()
    assert len(lines) == 7
    assert not re.search(r'(^|,)"?=', lines[-1])


async def test_an_entry_that_nobody_can_read_any_more_is_shown_by_its_place(logged: Installation) -> None:
    async with logged.database.owner() as connection:
        await connection.execute("UPDATE audit_entry SET entry = '\\xff00' WHERE position = 2")
    entry: AuditEntry = (await read_audit_log(logged)).entries[1]
    assert (entry.position, entry.at, entry.who, entry.deed) == (2, None, "", "")


async def test_unsealing_and_closing_by_hand_are_told_of_whoever_does_it(own: Installation, tmp_path: Path) -> None:
    file = tmp_path / "survey.toml"
    await asyncio.to_thread(file.write_text, SURVEY.format(survey_id="hand", roster_size=100))
    await create_survey(own, file)
    found = await create_round(own, "hand", rehearsal=True)
    await invite(own, found.round_id, 1)
    hands = own.acting_for(KIM)
    await close_round(hands, found.round_id)
    await close_round(hands, found.round_id)
    await unseal_round(hands, found.round_id)
    told = [entry.deed for entry in (await read_audit_log(own)).entries if entry.who == KIM]
    assert told == ["round-closed", "round-lost"]  # nobody took part
