"""Backup and restore: a round trip, and what happened after the backup made true before anyone is served."""

import shutil
import stat
import zipfile
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from survey_service.domain import encodings
from survey_service.domain.backups import PARTS, UndecidedTable
from survey_service.domain.blind_signatures import load_public_key
from survey_service.domain.codes import InvitationCode, normalise
from survey_service.domain.messages import Answers, Terms
from survey_service.domain.participation import AlreadyRedeemed
from survey_service.domain.rounds import Round
from survey_service.operations.back_up import BackupBesideTheKeys, BackupNotWritten, back_up
from survey_service.operations.backup_file import UnusableBackup
from survey_service.operations.close_round import close_round
from survey_service.operations.erase_round import erase_round
from survey_service.operations.installation import Installation
from survey_service.operations.invite import invite
from survey_service.operations.manage_accounts import add_account, list_accounts
from survey_service.operations.read_audit_log import read_audit_log, verify_audit_log
from survey_service.operations.recount import read_ballot_box, recount
from survey_service.operations.redeem_invitation import Signers, redeem_invitation
from survey_service.operations.release_tables import read_ledger, read_release, release_tables
from survey_service.operations.restore import (
    DatabaseInUse,
    KeysMissing,
    OtherVersion,
    ServiceIsRunning,
    Wishes,
    check_backup,
    restore,
)
from survey_service.operations.submit_response import submit_response
from survey_service.operations.unseal_round import unseal_round
from survey_service.sealing import Participation
from survey_service.spool import Label, Pending
from survey_service.store import embedded, mail
from survey_service.store import rounds as store
from survey_service.store.migrate import migrations
from tests.conftest import migrated, new_round, settings_in
from tests.operations.participants import take_part

RESPONDENTS = 10

Another = Callable[[str], AbstractAsyncContextManager[Installation]]


@pytest.fixture
async def own(tmp_path: Path) -> AsyncIterator[Installation]:
    """An installation that has one account and nothing else."""
    async with migrated(settings_in(tmp_path / "own")) as installation:
        await add_account(installation, "kim@example.org", "project-team", "four words without sense")
        yield installation


@pytest.fixture
def another(own: Installation, tmp_path: Path) -> Another:
    """A new machine: an empty database, and the keys as they are now."""

    @asynccontextmanager
    async def made(name: str) -> AsyncIterator[Installation]:
        settings = settings_in(tmp_path / name)
        shutil.copytree(own.settings.key_dir, settings.key_dir)
        async with migrated(settings) as installation:
            yield installation

    return made


async def answered_round(installation: Installation, directory: Path) -> Round:
    found = await new_round(installation, directory)
    seen = ["rudeness", "none"] * (RESPONDENTS // 2)
    await take_part(installation, found, [{"witnessed": (code,)} for code in seen])
    return found


async def unseal(installation: Installation, found: Round) -> None:
    await close_round(installation, found.round_id)
    assert (await unseal_round(installation, found.round_id)).analysed == RESPONDENTS


def names(directory: Path, pattern: str) -> list[str]:
    return [path.name for path in directory.glob(pattern)]


async def stage_of(installation: Installation, found: Round) -> str:
    async with installation.database.session("operation") as connection:
        return (await store.select_round(connection, found.round_id)).stage


async def count(installation: Installation, table: str, found: Round) -> int:
    async with installation.database.owner() as connection:
        return int(await connection.fetchval(f"SELECT count(*) FROM {table} WHERE round_id = $1", found.round_id))


async def test_what_was_backed_up_is_there_again_on_a_new_machine_and_goes_on(
    own: Installation, another: Another, tmp_path: Path
) -> None:
    released, closed = [await answered_round(own, tmp_path) for _ in range(2)]
    await unseal(own, released)
    await release_tables(own, released.round_id)
    await close_round(own, closed.round_id)
    box = await read_ballot_box(own.database, closed.round_id)
    written = await back_up(own, tmp_path / "copy")

    async with another("new") as new:
        done = await restore(new, tmp_path / "copy", Wishes())

        assert (done.sha256, done.rounds, done.fates, done.unknown_keys) == (written.sha256, 2, {}, ())
        assert await list_accounts(new) == await list_accounts(own)
        assert await read_release(new, released.round_id) == await read_release(own, released.round_id)
        assert (await read_ledger(new)).broken_at is None
        assert await read_ballot_box(new.database, closed.round_id) == box
        assert (await recount(new, closed.round_id)).sound
        assert (await verify_audit_log(new)).is_sound
        assert (await read_audit_log(new)).entries[-1].deed == "backup-restored"
        assert (await unseal_round(new, closed.round_id)).analysed == RESPONDENTS
        assert await release_tables(new, closed.round_id)
        again = await new_round(new, tmp_path)  # numbers and partitions go on where they were
        await take_part(new, again, [{"witnessed": ("none",)}])


async def test_mails_that_still_waited_go_nowhere_after_a_restore(own: Installation, tmp_path: Path) -> None:
    found = await new_round(own, tmp_path)
    async with own.database.session("operation") as connection:
        assert await mail.begin_mailing(connection, found.round_id, "invitation", 1, 1)
    await back_up(own, tmp_path / "copy")
    waiting = Pending(address="ada@example.org", message_id="<1@example.org>", code=InvitationCode("0" * 16))
    with own.spool.held(found.round_id) as here:
        here.lay("invitation", Label(kind="invitation", number=1, go="now"), [waiting])
    await own.database.close()

    await restore(own, tmp_path / "copy", Wishes(replace=True))

    assert own.spool.rounds() == []
    async with own.database.session("operation") as connection:
        (mailing,) = await mail.list_mailings(connection, found.round_id)
    assert mailing.done


async def test_a_backup_is_readable_to_its_owner_alone_and_replaces_nothing(own: Installation, tmp_path: Path) -> None:
    path = tmp_path / "copy"
    await back_up(own, path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.read_bytes()
    with pytest.raises(BackupNotWritten, match="there is a file of this name"):
        await back_up(own, path)
    assert path.read_bytes() == before
    with pytest.raises(BackupNotWritten, match="Name a new file"):
        await back_up(own, tmp_path / "nowhere" / "copy")
    for place in (own.settings.key_dir, own.settings.data_dir):
        with pytest.raises(BackupBesideTheKeys):
            await back_up(own, place / "copy")
    assert names(tmp_path, "*.unfinished") == []


async def test_codes_of_a_round_that_was_open_are_void_and_each_person_counts_once(
    own: Installation, another: Another, tmp_path: Path
) -> None:
    found = await answered_round(own, tmp_path)
    [early, late] = await invite(own, found.round_id, 2)
    terms = msgspec.json.decode(found.terms, type=Terms)
    with ThreadPoolExecutor(1) as signing:
        await back_up(own, tmp_path / "copy")
        # Somebody takes part after the backup: the restored database has never heard of it.
        signers = Signers(own.keys, signing)
        answers = Answers(questionnaire=terms.questionnaire.sha256, answers={"witnessed": ("none",)})
        person = Participation.begin(terms, answers)
        request = person.credential_request(late.code).decoded_message()
        response = person.finish(
            await redeem_invitation(own.database, signers, found.round_id, normalise(late.code), request)
        )
        public_key = load_public_key(encodings.decode(terms.credential_key))
        ballot = (public_key, found.round_id, response.credential(), person.sealed)
        await submit_response(own.database, *ballot)

        async with another("new") as new:
            done = await restore(new, tmp_path / "copy", Wishes())
            assert done.fates == {found.round_id: "void"}
            signers = Signers(new.keys, signing)
            for code in (early.code, late.code):
                fresh = Participation.begin(terms, answers).credential_request(code).decoded_message()
                with pytest.raises(AlreadyRedeemed):
                    await redeem_invitation(new.database, signers, found.round_id, normalise(code), fresh)
            # Their browser may still repeat what was acknowledged: it is taken, once.
            receipts = {(await submit_response(new.database, *ballot))[0] for _ in range(2)}
            assert len(receipts) == 1
            await close_round(new, found.round_id)
            box = await read_ballot_box(new.database, found.round_id)
            assert (box.count, box.credentials_issued) == (RESPONDENTS + 1, RESPONDENTS + 2)
            assert (await recount(new, found.round_id)).sound


async def test_codes_of_a_round_that_is_to_open_later_stay_good_only_where_somebody_vouches_for_it(
    own: Installation, another: Another, tmp_path: Path
) -> None:
    found = await new_round(own, tmp_path, opens_in=3600)
    await invite(own, found.round_id, 3)
    await back_up(own, tmp_path / "copy")
    for never_opened, spent in (((), 3), ((found.round_id,), 0)):
        async with another(f"new-{spent}") as new:
            await restore(new, tmp_path / "copy", Wishes(never_opened=never_opened))
            async with new.database.owner() as connection:
                bound = await connection.fetchval(
                    "SELECT count(*) FROM survey.invitation WHERE blinded_hash IS NOT NULL"
                )
            assert bound == spent


async def test_a_retention_that_ended_after_the_backup_is_carried_out_before_anything_is_served(
    own: Installation, another: Another, tmp_path: Path
) -> None:
    found = await answered_round(own, tmp_path)
    await unseal(own, found)
    await release_tables(own, found.round_id)
    async with own.database.owner() as connection:
        await connection.execute("UPDATE survey.round SET erase_at = now() + interval '1 second'")
    await back_up(own, tmp_path / "copy")
    async with another("new") as new:
        async with new.database.owner() as connection:
            await connection.execute("SELECT pg_sleep(1.1)")
        done = await restore(new, tmp_path / "copy", Wishes())
        assert done.fates == {found.round_id: "erased"}
        assert await stage_of(new, found) == "erased"
        assert [await count(new, table, found) for table in ("response_block", "invitation")] == [0, 0]
        assert not new.keys.has(found.round_id, "storage")
        assert await read_release(new, found.round_id)  # what was published stays
        assert (await read_audit_log(new)).entries[-2].deed == "round-erased"


async def test_an_erasure_by_hand_after_the_backup_is_not_undone_by_the_restore(
    own: Installation, another: Another, tmp_path: Path
) -> None:
    found = await answered_round(own, tmp_path)
    await unseal(own, found)
    await back_up(own, tmp_path / "copy")
    await erase_round(own, found.round_id)
    async with another("new") as new:
        with pytest.raises(KeysMissing, match=rf"{found.round_id} \(storage\).*--keys-gone"):
            await restore(new, tmp_path / "copy", Wishes())
        assert await list_accounts(new) == []  # nothing was changed
        await new.database.close()
        await restore(new, tmp_path / "copy", Wishes(keys_gone=True))
        assert await stage_of(new, found) == "erased"
        assert await count(new, "response_block", found) == 0


async def test_a_code_that_another_one_has_replaced_before_the_backup_stays_so(
    own: Installation, another: Another, tmp_path: Path
) -> None:
    found = await answered_round(own, tmp_path)
    await invite(own, found.round_id, 2)
    async with own.database.owner() as connection:
        await connection.execute(
            "UPDATE invitation SET void = true WHERE ctid = (SELECT ctid FROM invitation WHERE round_id = $1"
            " AND blinded_hash IS NULL LIMIT 1)",
            found.round_id,
        )
    await back_up(own, tmp_path / "copy")
    async with another("new") as new:
        await restore(new, tmp_path / "copy", Wishes())
        async with new.database.owner() as connection:
            left = await connection.fetch(
                "SELECT void, blinded_hash IS NULL AS free, count(*) FROM invitation WHERE round_id = $1"
                " GROUP BY void, free ORDER BY void",
                found.round_id,
            )
        assert [tuple(row) for row in left] == [(False, False, RESPONDENTS + 1), (True, True, 1)]


async def test_rounds_that_ended_after_the_backup_end_again(
    own: Installation, another: Another, tmp_path: Path
) -> None:
    closed, unsealed, given_up, prepared_keys = [await answered_round(own, tmp_path) for _ in range(4)]
    await close_round(own, given_up.round_id)
    await back_up(own, tmp_path / "copy")
    await close_round(own, closed.round_id)
    await unseal(own, unsealed)
    await erase_round(own, given_up.round_id)
    async with another("new") as new:
        done = await restore(new, tmp_path / "copy", Wishes(keys_gone=True))
        assert done.fates == {
            closed.round_id: "closed",
            unsealed.round_id: "lost",
            given_up.round_id: "lost",
            prepared_keys.round_id: "void",
        }
        assert await stage_of(new, closed) == "closed"
        assert (await unseal_round(new, closed.round_id)).analysed == RESPONDENTS
        for found in (unsealed, given_up):
            assert await stage_of(new, found) == "lost"
            assert await count(new, "sealed_response", found) == 0
            assert not new.keys.has_any(found.round_id)


async def test_a_restore_needs_an_empty_database_and_a_stopped_service(own: Installation, tmp_path: Path) -> None:
    found = await new_round(own, tmp_path)
    await back_up(own, tmp_path / "copy")
    async with own.database.session("operation"):
        with pytest.raises(ServiceIsRunning, match="Stop every replica"):
            await restore(own, tmp_path / "copy", Wishes(replace=True))
    await own.database.close()
    with pytest.raises(DatabaseInUse, match="--replace"):
        await restore(own, tmp_path / "copy", Wishes())
    assert await stage_of(own, found) == "planned"
    await own.database.close()
    await new_round(own, tmp_path)
    await own.database.close()
    done = await restore(own, tmp_path / "copy", Wishes(replace=True))
    assert done.rounds == 1
    assert len(done.unknown_keys) == 1


@pytest.mark.parametrize(
    "harm",
    [
        lambda content: content[: len(content) // 2],
        lambda content: content[:200] + bytes([content[200] ^ 1]) + content[201:],
        lambda _: b"no archive at all",
        lambda _: b"",
    ],
    ids=["cut off", "one bit turned", "something else", "empty"],
)
async def test_a_damaged_backup_is_refused_before_anything_is_touched(
    own: Installation, tmp_path: Path, harm: Callable[[bytes], bytes]
) -> None:
    await back_up(own, tmp_path / "copy")
    (tmp_path / "copy").write_bytes(harm((tmp_path / "copy").read_bytes()))
    with pytest.raises(UnusableBackup, match="earlier one"):
        check_backup(tmp_path / "copy")
    await own.database.close()
    with pytest.raises(UnusableBackup):
        await restore(own, tmp_path / "copy", Wishes(replace=True))
    assert len(await list_accounts(own)) == 1


async def test_a_backup_of_a_later_version_is_refused(own: Installation, tmp_path: Path) -> None:
    async with own.database.owner() as connection:
        await connection.execute(
            "INSERT INTO public.survey_migration VALUES ($1, '9999_later.sql', $2)", len(migrations()) + 1, b"\0" * 32
        )
    await back_up(own, tmp_path / "copy")
    with pytest.raises(OtherVersion, match=r"does not know 9999_later\.sql"):
        check_backup(tmp_path / "copy")


async def test_a_table_nobody_has_decided_about_stops_the_backup(own: Installation, tmp_path: Path) -> None:
    async with own.database.owner() as connection:
        assert {row["name"] for row in await connection.fetch(store.statement("list_tables"))} <= set(PARTS)
        await connection.execute("CREATE TABLE survey.new_thing (id int PRIMARY KEY)")
    with pytest.raises(UndecidedTable, match="new_thing"):
        await back_up(own, tmp_path / "copy")
    assert names(tmp_path, "copy*") == []


async def test_the_site_file_and_its_logo_come_back_where_nothing_stands(tmp_path: Path) -> None:
    site = tmp_path / "site"
    site.mkdir()
    (site / "site.toml").write_text(
        'logo = "logo.svg"\naccent = "#1a4a71"\n[name]\nde = "Stadt"\nen = "City"\n', encoding="utf-8"
    )
    (site / "logo.svg").write_text("<svg/>", encoding="utf-8")
    settings = msgspec.structs.replace(settings_in(tmp_path / "own"), site_file=site / "site.toml")
    async with migrated(settings) as installation:
        await back_up(installation, tmp_path / "copy")
        await installation.database.close()
        (site / "site.toml").unlink()
        (site / "logo.svg").write_text("<svg>another</svg>", encoding="utf-8")
        done = await restore(installation, tmp_path / "copy", Wishes(replace=True))
    assert (done.site_files, done.site_files_in_the_way) == (("site.toml",), ("logo.svg",))
    assert (site / "site.toml").read_text(encoding="utf-8").startswith("logo")
    assert (site / "logo.svg").read_text(encoding="utf-8") == "<svg>another</svg>"


async def test_a_database_of_ones_own_is_backed_up_and_restored_like_the_embedded_one(
    own: Installation, tmp_path: Path
) -> None:
    found = await answered_round(own, tmp_path)
    await close_round(own, found.round_id)
    await back_up(own, tmp_path / "copy")
    with embedded.running(tmp_path / "server") as server:
        url = f"postgresql://{server.user}:{server.password}@/{server.database}?host={server.host}&port={server.port}"
        settings = msgspec.structs.replace(own.settings, database_url=url, data_dir=tmp_path / "unused")
        async with migrated(settings) as new:
            await restore(new, tmp_path / "copy", Wishes())
            assert (await recount(new, found.round_id)).sound
            await back_up(new, tmp_path / "copy of the copy")
            assert (await unseal_round(new, found.round_id)).analysed == RESPONDENTS
    with zipfile.ZipFile(tmp_path / "copy") as one, zipfile.ZipFile(tmp_path / "copy of the copy") as other:
        ballots = f"tables/ballot/{found.round_id}"
        assert one.read(ballots) == other.read(ballots)
