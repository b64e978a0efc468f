"""A round in the hands of trustees: set up, proven, given; and everything that must not open it."""

import asyncio
import shutil
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from survey_service.attack.attackers import forms
from survey_service.attack.evidence import superuser
from survey_service.custody import MissingKey, gift
from survey_service.domain import key_shares
from survey_service.domain.accounts import Email
from survey_service.domain.key_shares import SharedKey, WeakPassphrase, WrongPassphrase
from survey_service.domain.messages import Terms
from survey_service.domain.passwords import WeakPassword
from survey_service.domain.rounds import Round
from survey_service.errors import WrongState
from survey_service.operations.close_round import close_round
from survey_service.operations.create_round import TrusteesDemanded, create_round
from survey_service.operations.create_survey import UnusableSurvey, create_survey, read_survey
from survey_service.operations.erase_round import erase_round
from survey_service.operations.hold_share import (
    AnotherBallotBox,
    NothingLeftToUnseal,
    give_share,
    prove_share,
    read_trusteeship,
    read_trusteeships,
)
from survey_service.operations.installation import Installation, opened
from survey_service.operations.invite import invite
from survey_service.operations.manage_accounts import add_account
from survey_service.operations.move_round import StillPrepared, start_round
from survey_service.operations.prepare_round import (
    AlreadyEnrolled,
    NotATrustee,
    UnknownPreparation,
    UnusableTrustees,
    add_trustee,
    give_up_preparation,
    prepare_round,
)
from survey_service.operations.run_schedule import run_due
from survey_service.operations.sealing_key import TooFewShares
from survey_service.operations.unseal_round import unseal_round
from survey_service.store import rounds as store
from tests.conftest import SURVEY
from tests.operations.participants import GitHub, take_part

TRUSTEES = {
    Email("council@example.org"): "five words nobody would guess",
    Email("privacy@example.org"): "8K3QF-PZ0VW-41MNB-7TCXA",
    Email("project@example.org"): "correct horse battery staple",
}
COUNCIL, PRIVACY, PROJECT = TRUSTEES
RESPONDENTS = 12

_numbers = iter(range(1, 1000))


async def survey_with(installation: Installation, directory: Path, *lines: str) -> str:
    survey_id = f"shared-{next(_numbers)}"
    text = SURVEY.format(survey_id=survey_id, roster_size=100)
    await asyncio.to_thread(
        (directory / f"{survey_id}.toml").write_text, "\n".join([*lines, text.strip()]), encoding="utf-8"
    )
    await create_survey(installation, directory / f"{survey_id}.toml")
    return survey_id


async def set_up(installation: Installation, directory: Path) -> Round:
    """A round whose key is made, and whose trustees have proven nothing yet."""
    survey_id = await survey_with(installation, directory, 'custody = "2 of 3 trustees"')
    waiting = await prepare_round(installation, survey_id, tuple(TRUSTEES))
    for email, passphrase in TRUSTEES.items():
        made = await add_trustee(installation, waiting.round_id, email, passphrase)
    assert isinstance(made, Round)
    return made


async def proven(installation: Installation, directory: Path) -> Round:
    """An open round."""
    found = await set_up(installation, directory)
    for email, passphrase in TRUSTEES.items():
        found = await prove_share(installation, found.round_id, email, passphrase)
    return found


@pytest.fixture
async def closed(installation: Installation, tmp_path: Path) -> Round:
    found = await proven(installation, tmp_path)
    await take_part(installation, found, [GitHub] * RESPONDENTS)
    return await close_round(installation, found.round_id)


async def give(installation: Installation, found: Round, email: Email, root: str | None = None) -> Round:
    assert found.ballot_box_root is not None
    root = found.ballot_box_root.hex() if root is None else root
    return (await give_share(installation, found.round_id, email, TRUSTEES[email], root=root)).round


async def test_a_round_has_terms_only_when_every_trustee_has_set_a_passphrase(
    installation: Installation, tmp_path: Path
) -> None:
    survey_id = await survey_with(installation, tmp_path, 'custody = "2 of 3 trustees"')
    waiting = await prepare_round(installation, survey_id, tuple(TRUSTEES))
    for email in (COUNCIL, PRIVACY):
        assert await add_trustee(installation, waiting.round_id, email, TRUSTEES[email]) == waiting
        with pytest.raises(AlreadyEnrolled):
            await add_trustee(installation, waiting.round_id, email, TRUSTEES[email])
    assert not installation.keys.has(waiting.round_id, "sealing")
    made = await add_trustee(installation, waiting.round_id, PROJECT, TRUSTEES[PROJECT])
    assert isinstance(made, Round)
    assert msgspec.json.decode(made.terms, type=Terms).custody == "2 of 3 trustees"
    assert (made.stage, made.state) == ("prepared", "scheduled")
    assert installation.keys.waiting(made.round_id) == []
    with pytest.raises(UnknownPreparation):
        await add_trustee(installation, waiting.round_id, PROJECT, TRUSTEES[PROJECT])


async def test_a_set_up_that_was_interrupted_before_the_key_was_made_is_finished_by_any_trustee(
    installation: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class PowerCut(Exception):
        pass

    def fail(*_: object) -> None:
        raise PowerCut

    survey_id = await survey_with(installation, tmp_path, 'custody = "2 of 3 trustees"')
    waiting = await prepare_round(installation, survey_id, tuple(TRUSTEES))
    for email in (COUNCIL, PRIVACY):
        await add_trustee(installation, waiting.round_id, email, TRUSTEES[email])
    with monkeypatch.context() as patch:
        patch.setattr(store, "insert_round", fail)  # the keys are on the disk, the round is not
        with pytest.raises(PowerCut):
            await add_trustee(installation, waiting.round_id, PROJECT, TRUSTEES[PROJECT])
    made = await add_trustee(installation, waiting.round_id, COUNCIL, TRUSTEES[COUNCIL])
    assert isinstance(made, Round)
    for email, passphrase in TRUSTEES.items():
        made = await prove_share(installation, made.round_id, email, passphrase)
    assert made.state == "open"


async def test_two_trustees_who_set_their_passphrases_at_once_make_one_round(
    installation: Installation, tmp_path: Path
) -> None:
    survey_id = await survey_with(installation, tmp_path, 'custody = "2 of 3 trustees"')
    waiting = await prepare_round(installation, survey_id, tuple(TRUSTEES))
    done = await asyncio.gather(*(add_trustee(installation, waiting.round_id, *each) for each in TRUSTEES.items()))
    assert sorted(isinstance(each, Round) for each in done) == [False, False, True]


async def test_no_round_opens_before_every_trustee_has_proven_that_they_can(
    installation: Installation, tmp_path: Path
) -> None:
    found = await set_up(installation, tmp_path)
    codes = [invitation.code for invitation in await invite(installation, found.round_id, 1)]
    assert len(codes) == 1  # slips may be printed meanwhile
    with pytest.raises(StillPrepared):
        await start_round(installation, found.round_id)
    with pytest.raises(WrongPassphrase):
        await prove_share(installation, found.round_id, COUNCIL, TRUSTEES[PRIVACY])
    for email in (COUNCIL, PRIVACY):
        assert (await prove_share(installation, found.round_id, email, TRUSTEES[email])).state == "scheduled"
    assert (await prove_share(installation, found.round_id, PROJECT, TRUSTEES[PROJECT])).state == "open"
    with pytest.raises(WrongState, match="is open"):
        await prove_share(installation, found.round_id, PROJECT, TRUSTEES[PROJECT])


async def test_two_of_three_unseal_and_the_third_is_not_needed(installation: Installation, closed: Round) -> None:
    assert (await give(installation, closed, PROJECT)).stage == "closed"
    unsealed = await give(installation, closed, COUNCIL)
    assert (unsealed.state, unsealed.analysed, unsealed.invalid) == ("unsealed", RESPONDENTS, 0)
    assert not installation.keys.has(closed.round_id, "sealing")
    assert installation.keys.waiting(closed.round_id) == []
    with pytest.raises(WrongState, match="is unsealed"):
        await give(installation, closed, PRIVACY)


async def test_two_who_give_at_once_unseal(installation: Installation, closed: Round) -> None:
    ended = await asyncio.gather(give(installation, closed, PROJECT), give(installation, closed, COUNCIL))
    assert sorted(each.state for each in ended) == ["closed", "unsealed"]


async def test_giving_twice_is_still_one_share(installation: Installation, closed: Round) -> None:
    for _ in range(2):
        assert (await give(installation, closed, COUNCIL)).stage == "closed"
    assert installation.keys.waiting(closed.round_id) == [gift(0)]


async def test_before_giving_a_trustee_sees_the_ballot_box_and_that_it_is_untouched(
    installation: Installation, closed: Round
) -> None:
    assert closed.ballot_box_root is not None
    box = (await read_trusteeship(installation, closed.round_id)).box
    assert box is not None
    assert (box.count, box.credentials_issued, box.sealed, box.faults) == (RESPONDENTS, RESPONDENTS, RESPONDENTS, ())
    assert box.root == closed.ballot_box_root.hex()
    assert box.is_untouched


async def test_a_share_is_given_for_the_ballot_box_that_was_shown_and_no_other(
    installation: Installation, closed: Round
) -> None:
    with pytest.raises(AnotherBallotBox):
        await give(installation, closed, COUNCIL, root="0" * 64)
    assert installation.keys.waiting(closed.round_id) == []


async def test_nobody_gives_a_share_while_the_round_is_open(installation: Installation, tmp_path: Path) -> None:
    found = await proven(installation, tmp_path)
    with pytest.raises(WrongState, match="is open"):
        await give_share(installation, found.round_id, COUNCIL, TRUSTEES[COUNCIL], root="0" * 64)


async def test_a_ballot_box_that_somebody_emptied_gets_no_share(installation: Installation, closed: Round) -> None:
    async with installation.database.owner() as connection:
        await connection.execute("DELETE FROM sealed_response WHERE round_id = $1", closed.round_id)
    with pytest.raises(NothingLeftToUnseal):
        await give(installation, closed, COUNCIL)


async def test_neither_the_operator_nor_the_schedule_unseals_what_trustees_hold(
    installation: Installation, closed: Round
) -> None:
    await give(installation, closed, COUNCIL)
    await run_due(installation)
    with pytest.raises(TooFewShares, match="1 of 2 shares are given"):
        await unseal_round(installation, closed.round_id)
    async with installation.database.session("operation") as connection:
        assert (await store.select_round(connection, closed.round_id)).stage == "closed"


async def test_an_unsealing_that_stopped_before_the_key_was_destroyed_is_finished_by_the_schedule(
    installation: Installation, closed: Round
) -> None:
    class PowerCut(Exception):
        pass

    def stop(step: str) -> None:
        if step == "responses written":
            raise PowerCut

    await give(installation, closed, COUNCIL)
    root = closed.ballot_box_root.hex() if closed.ballot_box_root else ""
    with pytest.raises(PowerCut):
        await give_share(installation, closed.round_id, PROJECT, TRUSTEES[PROJECT], root=root, on_step=stop)
    assert f"{closed.round_id} unsealed" in await run_due(installation)
    assert not installation.keys.has(closed.round_id, "sealing")
    assert installation.keys.waiting(closed.round_id) == []


async def test_a_share_that_waited_too_long_is_destroyed(installation: Installation, closed: Round) -> None:
    await give(installation, closed, COUNCIL)
    later = key_shares.GIFTS_REST + timedelta(minutes=1)
    async with opened(installation.settings, clock_offset=later) as in_three_days:
        await run_due(in_three_days)
    assert installation.keys.waiting(closed.round_id) == []
    assert (await give(installation, closed, PROJECT)).stage == "closed"


async def test_with_all_but_one_of_the_needed_trustees_the_key_file_and_a_full_backup_nothing_opens(
    installation: Installation, closed: Round
) -> None:
    await give(installation, closed, COUNCIL)  # what waits is among what is stolen
    shared = msgspec.json.decode(installation.keys.read(closed.round_id, "sealing"), type=SharedKey)
    root = closed.ballot_box_root or b""
    waiting = msgspec.json.decode(installation.keys.read(closed.round_id, gift(0)), type=key_shares.Gift)
    taken_up = key_shares.take_up(shared, 0, waiting, root, waiting.given_at)
    own = key_shares.unlock(shared, 0, TRUSTEES[COUNCIL])
    assert taken_up == own
    for place in (1, 2):
        with pytest.raises(WrongPassphrase):
            key_shares.unlock(shared, place, TRUSTEES[COUNCIL])
    with pytest.raises(key_shares.BrokenKeyFile):
        key_shares.rebuild(shared, {0: own})
    for one in (0, 1, 2):
        for another in {0, 1, 2} - {one}:
            # The own pieces in the places of others, and alone with a threshold that was lowered in the file.
            with pytest.raises(key_shares.BrokenKeyFile):
                key_shares.rebuild(shared, {one: own, another: own})
    for threshold in (0, 1):
        lowered = msgspec.structs.replace(shared, threshold=threshold)
        with pytest.raises(key_shares.BrokenKeyFile):
            key_shares.rebuild(lowered, {0: own})
    stolen = b"".join(
        path.read_bytes()
        for directory in (installation.settings.key_dir, installation.settings.data_dir)
        for path in directory.rglob("*")
        if path.is_file()
    )
    both = {place: key_shares.unlock(shared, place, TRUSTEES[email]) for place, email in enumerate(TRUSTEES)}
    scalar = key_shares.rebuild(shared, both)[36:68]  # of PKCS #8, whose frame stands before
    assert [form for form in forms(scalar) if form in stolen] == []


async def test_any_two_trustees_rebuild_the_same_key_and_two_passphrases_without_the_file_nothing(
    installation: Installation, tmp_path: Path
) -> None:
    found = await set_up(installation, tmp_path)
    shared = msgspec.json.decode(installation.keys.read(found.round_id, "sealing"), type=SharedKey)
    shares = {place: key_shares.unlock(shared, place, TRUSTEES[email]) for place, email in enumerate(TRUSTEES)}
    keys = {
        key_shares.rebuild(shared, {one: shares[one], other: shares[other]}) for one, other in ((0, 1), (0, 2), (1, 2))
    }
    assert len(keys) == 1
    another_half = msgspec.structs.replace(shared, half=bytes(32))
    with pytest.raises(key_shares.BrokenKeyFile):
        key_shares.rebuild(another_half, shares)


async def test_after_the_unsealing_only_a_kept_copy_of_the_key_file_opens_what_an_older_backup_holds(
    installation: Installation, closed: Round, tmp_path: Path
) -> None:
    directory = installation.keys.path(closed.round_id, "sealing").parent
    kept = shutil.copytree(directory, tmp_path / "kept")
    await give(installation, closed, COUNCIL)
    await give(installation, closed, PRIVACY)
    left = {path.name for path in directory.iterdir()}
    assert left == {"storage.key"}
    with pytest.raises(MissingKey):
        installation.keys.read(closed.round_id, "sealing")
    # The limit that the page names: with a copy, passphrases open still.
    shared = msgspec.json.decode((kept / "sealing.key").read_bytes(), type=SharedKey)
    shares = {place: key_shares.unlock(shared, place, TRUSTEES[email]) for place, email in enumerate(TRUSTEES)}
    assert key_shares.rebuild(shared, shares)


async def test_without_the_key_file_nothing_is_opened_and_nothing_lost(
    installation: Installation, closed: Round
) -> None:
    path = installation.keys.path(closed.round_id, "sealing")
    aside = path.rename(path.with_suffix(".aside"))
    with pytest.raises(MissingKey, match="second copy"):
        await give(installation, closed, COUNCIL)
    aside.rename(path)
    await give(installation, closed, COUNCIL)
    assert (await give(installation, closed, PRIVACY)).state == "unsealed"


async def test_nothing_of_a_passphrase_or_a_share_enters_the_database(
    installation: Installation, closed: Round
) -> None:
    await give(installation, closed, COUNCIL)
    shared = msgspec.json.decode(installation.keys.read(closed.round_id, "sealing"), type=SharedKey)
    async with superuser(installation.settings) as connection:
        await connection.execute("CHECKPOINT")
    secrets = [passphrase.encode() for passphrase in TRUSTEES.values()]
    secrets += [form for value in (shared.half, shared.wrapped[:64]) for form in forms(value)]
    secrets += [form for one in shared.trustees for value in (one.salt, one.share[:64]) for form in forms(value)]
    found = [
        path.name
        for path in installation.settings.data_dir.rglob("*")
        if path.is_file() and any(secret in path.read_bytes() for secret in secrets)
    ]
    assert found == []


async def test_a_round_with_too_few_responses_is_lost_unopened_by_its_trustees(
    installation: Installation, tmp_path: Path
) -> None:
    found = await proven(installation, tmp_path)
    await take_part(installation, found, [GitHub] * 3)
    closed = await close_round(installation, found.round_id)
    await give(installation, closed, COUNCIL)
    lost = await give(installation, closed, PRIVACY)
    assert lost.state == "lost"
    assert not installation.keys.path(found.round_id, "sealing").parent.exists()


async def test_a_survey_that_demands_trustees_has_no_round_without_them_but_a_rehearsal(
    installation: Installation, tmp_path: Path
) -> None:
    survey_id = await survey_with(installation, tmp_path, 'custody = "2 of 3 trustees"')
    with pytest.raises(TrusteesDemanded, match="2 of 3 trustees"):
        await create_round(installation, survey_id)
    assert (await create_round(installation, survey_id, rehearsal=True)).custody == "server"
    with pytest.raises(UnusableTrustees, match="not for 3 of 3"):
        await prepare_round(installation, survey_id, tuple(TRUSTEES), threshold=3)


async def test_trustees_that_could_not_hold_a_key_are_refused(installation: Installation, tmp_path: Path) -> None:
    survey_id = await survey_with(installation, tmp_path)
    with pytest.raises(UnusableTrustees, match="threshold"):
        await prepare_round(installation, survey_id, tuple(TRUSTEES))
    for threshold in (1, 4):
        with pytest.raises(UnusableTrustees, match="cannot hold"):
            await prepare_round(installation, survey_id, tuple(TRUSTEES), threshold=threshold)
    with pytest.raises(UnusableTrustees, match="twice"):
        await prepare_round(installation, survey_id, (COUNCIL, "Council@example.org "), threshold=2)
    await add_account(installation, "runs-it@example.org", "operator", "four words without sense")
    with pytest.raises(UnusableTrustees, match="runs the service"):
        await prepare_round(installation, survey_id, (COUNCIL, "runs-it@example.org"), threshold=2)
    (tmp_path / "faulty.toml").write_text(
        'custody = "1 of 3 trustees"\n' + SURVEY.format(survey_id="x", roster_size=50)
    )
    with pytest.raises(UnusableSurvey, match="custody: write"):
        read_survey(tmp_path / "faulty.toml")


async def test_a_trustee_who_came_to_run_the_service_sets_no_passphrase(
    installation: Installation, tmp_path: Path
) -> None:
    survey_id = await survey_with(installation, tmp_path)
    waiting = await prepare_round(installation, survey_id, (COUNCIL, PRIVACY, "promoted@example.org"), threshold=2)
    await add_account(installation, "promoted@example.org", "operator", "four words without sense")
    with pytest.raises(UnusableTrustees, match="runs the service"):
        await add_trustee(installation, waiting.round_id, "promoted@example.org", "five words nobody would guess")
    assert await give_up_preparation(installation, waiting.round_id)


async def test_a_weak_passphrase_is_refused(installation: Installation, tmp_path: Path) -> None:
    survey_id = await survey_with(installation, tmp_path)
    waiting = await prepare_round(installation, survey_id, tuple(TRUSTEES), threshold=2)
    with pytest.raises(WeakPassphrase):
        await add_trustee(installation, waiting.round_id, COUNCIL, "k7Qx!pe92mnv")
    with pytest.raises(WeakPassword):
        await add_trustee(installation, waiting.round_id, COUNCIL, "council@example.org 1")
    with pytest.raises(NotATrustee):
        await add_trustee(installation, waiting.round_id, "somebody@example.org", TRUSTEES[COUNCIL])


async def test_a_preparation_that_is_given_up_leaves_nothing(installation: Installation, tmp_path: Path) -> None:
    survey_id = await survey_with(installation, tmp_path)
    waiting = await prepare_round(installation, survey_id, tuple(TRUSTEES), threshold=2)
    await add_trustee(installation, waiting.round_id, COUNCIL, TRUSTEES[COUNCIL])
    assert await give_up_preparation(installation, waiting.round_id)
    assert not installation.keys.has_any(waiting.round_id)
    assert not await give_up_preparation(installation, waiting.round_id)


async def test_a_round_that_still_waits_to_open_can_be_given_up(installation: Installation, tmp_path: Path) -> None:
    found = await set_up(installation, tmp_path)
    given_up = await erase_round(installation, found.round_id)
    assert (given_up.state, given_up.lost_because, given_up.ballots) == ("lost", "given up before it opened", 0)
    assert not installation.keys.has_any(found.round_id)


async def test_a_trustee_finds_every_round_they_hold_a_share_of(installation: Installation, tmp_path: Path) -> None:
    survey_id = await survey_with(installation, tmp_path)
    somebody = "only-here@example.org"
    waiting = await prepare_round(installation, survey_id, (somebody, PRIVACY), threshold=2)
    (found,) = await read_trusteeships(installation, somebody)
    assert (found.round_id, found.round, found.custody.may_be_lost) == (waiting.round_id, None, 0)
