"""What the schedule erases is gone from every file that is left, and from every backup written afterwards; the log says so."""

import asyncio
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

from survey_service.attack.evidence import backed_up, files_below, superuser
from survey_service.domain.audit_log import SCHEDULE
from survey_service.domain.rounds import RoundId
from survey_service.operations.installation import Installation
from survey_service.operations.invite_by_mail import let_invitations_go, prepare_invitations
from survey_service.operations.mail_round import send_waiting
from survey_service.operations.read_audit_log import read_audit_log
from tests.conftest import migrated, new_round, settings_in
from tests.mail.conftest import MailBox, addresses, mail_settings
from tests.operations.participants import GitHub, take_part
from tests.operations.time_machine import TimeMachine

PEOPLE = addresses(6)
RESPONDENTS = 12
DAY = timedelta(days=1)


async def test_addresses_go_at_the_close_sealed_copies_at_the_unsealing_and_responses_at_the_deadline(
    tmp_path: Path, smtp_url: str, box: MailBox
) -> None:
    settings = mail_settings(settings_in(tmp_path), smtp_url, tmp_path / "spool")
    written = [address.encode() for address in PEOPLE]
    async with migrated(settings) as today:
        found = await new_round(today, tmp_path, rehearsal=False)
        await prepare_invitations(today, found.round_id, PEOPLE)
        await let_invitations_go(today, found.round_id)
        await send_waiting(today, RoundId(found.round_id), "invitation")
        codes = [code.encode() for _, code in box.codes()]
        await take_part(today, found, [GitHub] * RESPONDENTS)
        sealed = await column(today, "SELECT substr(sealed, 100, 64) FROM sealed_response")
        before = await left(today, tmp_path, "open", [*written, *sealed, *codes])
        assert before == {*written, *sealed}  # the search finds what is there; a code that was sent stands nowhere
        in_database = await left(today, settings.data_dir, "database", [*written, *sealed])
        assert in_database == set(sealed)

        time = TimeMachine(settings)
        ended = found.closes_at + timedelta(hours=1)
        assert await look(time, ended) == ["opened", "closed", "unsealed"]
        assert await left(today, tmp_path, "unsealed", [*written, *sealed, *codes]) == set()
        storage_key = today.keys.read(RoundId(found.round_id), "storage")[-32:]
        assert await left(today, tmp_path, "with its key", [storage_key]) == {storage_key}

        erased_at = ended + 91 * DAY
        assert await look(time, erased_at - 13 * DAY) == ["warned of its erasure"]
        assert await look(time, erased_at - 3 * DAY) == ["warned of its erasure"]
        assert await look(time, erased_at) == ["erased"]  # released or not
        assert await left(today, tmp_path, "erased", [storage_key, *written, *sealed, *codes]) == set()
        assert await column(today, "SELECT encrypted FROM response_block") == []

        entries = (await read_audit_log(today)).entries
        told = [entry.deed for entry in entries if entry.who == SCHEDULE]
        assert told == [
            "round-opened",
            "round-closed",
            "recipients-erased",
            "round-unsealed",
            "retention-warned",
            "retention-warned",
            "round-erased",
        ]


async def look(time: TimeMachine, moment: datetime) -> list[str]:
    return [sentence.split(" ", 1)[1] for sentence in await time.look(moment)]


async def column(installation: Installation, query: str) -> list[bytes]:
    async with installation.database.owner() as connection:
        return [row[0] for row in await connection.fetch(query)]


async def left(installation: Installation, below: Path, name: str, needles: Iterable[bytes]) -> set[bytes]:
    """Which of these stand in a file below, but the write-ahead log, or in a backup that is written now."""
    async with superuser(installation.settings) as connection:
        await connection.execute("CHECKPOINT")
    backup = installation.settings.data_dir.with_name(f"backup {name}")
    parts = await backed_up(installation, backup)
    backup.unlink()
    files = await asyncio.to_thread(files_below, below, "home")
    contents = [content for path, content in files.items() if "pg_wal" not in path] + list(parts.values())
    return {needle for needle in needles if any(needle in content for content in contents)}
