"""Closing, unsealing, releasing and erasing, stopped at every step and gone on with."""

import asyncio
from pathlib import Path

import asyncpg
import pytest

from survey_service.custody import MissingKey
from survey_service.domain.rounds import Round
from survey_service.errors import WrongState
from survey_service.operations.close_round import close_round
from survey_service.operations.erase_round import erase_round
from survey_service.operations.installation import Installation
from survey_service.operations.recount import recount
from survey_service.operations.release_tables import read_ledger, read_release, release_tables, withdraw_release
from survey_service.operations.run_schedule import run_due
from survey_service.operations.unseal_round import STEPS, BallotBoxBroken, WrongSealingKey, unseal_round
from tests.conftest import new_round
from tests.operations.participants import take_part

RESPONDENTS = 20
RUDENESS, THREATS = 10, 3  # those affected are a base: at least the minimum group size, not all by the same


class PowerCut(Exception):
    pass


@pytest.fixture
async def answered(installation: Installation, tmp_path: Path) -> Round:
    """An open round with twenty responses: ten saw rudeness, three saw threats, seven saw nothing."""
    found = await new_round(installation, tmp_path)
    seen = ["rudeness"] * RUDENESS + ["threats"] * THREATS + ["none"] * (RESPONDENTS - RUDENESS - THREATS)
    await take_part(installation, found, [{"witnessed": (code,)} for code in seen])
    return found


async def witnessed(installation: Installation, found: Round) -> tuple[int, int]:
    """Rudeness witnessed, and the base, as released."""
    released = await read_release(installation, found.round_id)
    (row,) = next(t for t in released.tables if t.figure == "witnessed" and not t.dimensions).rows
    return next(cell.count for cell in row.cells if cell.option == "rudeness"), row.n or 0


async def sealed_rows(installation: Installation, found: Round) -> int:
    async with installation.database.owner() as connection:
        return int(
            await connection.fetchval("SELECT count(*) FROM sealed_response WHERE round_id = $1", found.round_id)
        )


@pytest.mark.parametrize("last_step", STEPS)
async def test_an_unsealing_that_stops_after_any_step_goes_on_to_the_same_result(
    installation: Installation, answered: Round, last_step: str
) -> None:
    def stop(step: str) -> None:
        if step == last_step:
            raise PowerCut

    await close_round(installation, answered.round_id)
    with pytest.raises(PowerCut):
        await unseal_round(installation, answered.round_id, on_step=stop)
    unsealed = await unseal_round(installation, answered.round_id)
    await release_tables(installation, answered.round_id)

    assert (unsealed.state, unsealed.analysed, unsealed.invalid) == ("unsealed", RESPONDENTS, 0)
    assert await witnessed(installation, answered) == (RUDENESS, RESPONDENTS)
    assert await sealed_rows(installation, answered) == 0
    assert not installation.keys.has(answered.round_id, "sealing")
    assert not installation.keys.has(answered.round_id, "credential")


async def test_until_the_sealing_key_is_destroyed_the_round_is_closed_to_everyone_outside(
    installation: Installation, answered: Round
) -> None:
    def stop(step: str) -> None:
        if step == "responses written":
            raise PowerCut

    await close_round(installation, answered.round_id)
    with pytest.raises(PowerCut):
        await unseal_round(installation, answered.round_id, on_step=stop)
    with pytest.raises(WrongState, match="is closed"):
        await release_tables(installation, answered.round_id)
    assert (await recount(installation, answered.round_id)).invalid is None


async def test_a_round_is_unsealed_once_however_many_try_at_once(installation: Installation, answered: Round) -> None:
    opened: list[str] = []

    def count(step: str) -> None:
        if step == "responses opened":
            opened.append(step)

    await close_round(installation, answered.round_id)
    ended = await asyncio.gather(*(unseal_round(installation, answered.round_id, on_step=count) for _ in range(3)))
    assert {(found.state, found.analysed) for found in ended} == {("unsealed", RESPONDENTS)}
    assert len(opened) == 1


async def test_a_released_round_is_not_unsealed_again(installation: Installation, answered: Round) -> None:
    await close_round(installation, answered.round_id)
    await unseal_round(installation, answered.round_id)
    await release_tables(installation, answered.round_id)
    with pytest.raises(WrongState, match="is released"):
        await unseal_round(installation, answered.round_id)


async def test_an_open_round_is_not_unsealed(installation: Installation, answered: Round) -> None:
    with pytest.raises(WrongState, match="is open"):
        await unseal_round(installation, answered.round_id)


async def test_closing_twice_changes_nothing(installation: Installation, answered: Round) -> None:
    first = await close_round(installation, answered.round_id)
    assert await close_round(installation, answered.round_id) == first


async def test_a_close_interrupted_before_the_credential_key_is_destroyed_is_finished_by_the_next(
    installation: Installation, answered: Round, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise PowerCut

    with monkeypatch.context() as patch:
        patch.setattr(installation.keys, "destroy", fail)
        with pytest.raises(PowerCut):
            await close_round(installation, answered.round_id)
    assert installation.keys.has(answered.round_id, "credential")
    await close_round(installation, answered.round_id)
    assert not installation.keys.has(answered.round_id, "credential")


async def test_a_round_with_too_few_responses_is_lost_and_its_keys_destroyed_unopened(
    installation: Installation, tmp_path: Path
) -> None:
    found = await new_round(installation, tmp_path)
    await take_part(installation, found, [{"witnessed": ("none",)}] * 9)
    await close_round(installation, found.round_id)
    lost = await unseal_round(installation, found.round_id)
    assert (lost.state, lost.lost_because) == ("lost", "fewer responses than the minimum group size")
    assert await sealed_rows(installation, found) == 0
    assert not any(installation.keys.has(found.round_id, name) for name in ("credential", "sealing", "storage"))
    assert (await recount(installation, found.round_id)).sound
    await run_due(installation)
    async with installation.database.owner() as connection:
        assert await connection.fetchval("SELECT count(*) FROM invitation WHERE round_id = $1", found.round_id) == 0
    assert f"{found.round_id} erased" not in await run_due(installation)


async def test_without_its_sealing_key_nothing_is_opened_and_nothing_lost(
    installation: Installation, answered: Round
) -> None:
    await close_round(installation, answered.round_id)
    path = installation.keys.path(answered.round_id, "sealing")
    aside = path.rename(path.with_suffix(".aside"))
    with pytest.raises(MissingKey, match="Put the second copy of the key file back"):
        await unseal_round(installation, answered.round_id)
    assert await sealed_rows(installation, answered) == RESPONDENTS
    aside.rename(path)
    assert (await unseal_round(installation, answered.round_id)).state == "unsealed"


async def test_another_rounds_sealing_key_is_refused(
    installation: Installation, answered: Round, tmp_path: Path
) -> None:
    other = await new_round(installation, tmp_path)
    await close_round(installation, answered.round_id)
    path = installation.keys.path(answered.round_id, "sealing")
    own = path.read_bytes()
    path.write_bytes(installation.keys.path(other.round_id, "sealing").read_bytes())
    with pytest.raises(WrongSealingKey):
        await unseal_round(installation, answered.round_id)
    path.write_bytes(own)
    assert (await unseal_round(installation, answered.round_id)).analysed == RESPONDENTS


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ("DELETE FROM ballot WHERE ctid = (SELECT ctid FROM ballot WHERE round_id = $1 LIMIT 1)", "count and root"),
        ("UPDATE ballot SET receipt = sha256(receipt) WHERE round_id = $1", "count and root"),
        ("UPDATE ballot SET randomizer = sha256(randomizer) WHERE round_id = $1", "does not verify"),
        ("DELETE FROM sealed_response WHERE round_id = $1", "not those of the receipts"),
        ("UPDATE sealed_response SET sealed = sealed || '\\x00' WHERE round_id = $1", "not those of the receipts"),
    ],
)
async def test_a_ballot_box_somebody_changed_is_not_opened(
    installation: Installation, answered: Round, change: str, fault: str
) -> None:
    await close_round(installation, answered.round_id)
    async with installation.database.owner() as connection:
        await connection.execute(change, answered.round_id)
    with pytest.raises(BallotBoxBroken, match=fault):
        await unseal_round(installation, answered.round_id)
    assert installation.keys.has(answered.round_id, "sealing")


async def test_a_withdrawn_release_can_no_longer_be_read_and_released_again(
    installation: Installation, answered: Round
) -> None:
    await close_round(installation, answered.round_id)
    await unseal_round(installation, answered.round_id)
    first = await release_tables(installation, answered.round_id)
    await withdraw_release(installation, answered.round_id)
    with pytest.raises(Exception, match="Nothing of round"):
        await read_release(installation, answered.round_id)
    again = await release_tables(installation, answered.round_id)
    assert again.tables == first.tables
    ledger = await read_ledger(installation)
    assert ledger.broken_at is None
    *_, one, two = ledger.entries
    assert [(e.round_id, e.number, e.withdrawn) for e in (one, two)] == [
        (answered.round_id, 1, True),
        (answered.round_id, 2, False),
    ]
    assert again.previous_head == one.head.hex()


async def test_a_release_that_is_changed_afterwards_breaks_the_ledger(
    installation: Installation, answered: Round
) -> None:
    await close_round(installation, answered.round_id)
    await unseal_round(installation, answered.round_id)
    await release_tables(installation, answered.round_id)
    await withdraw_release(installation, answered.round_id)
    await release_tables(installation, answered.round_id, minimum_group_size=12)
    first = (await read_ledger(installation)).entries[-2]
    async with installation.database.owner() as connection:
        change = "UPDATE release SET document = $2 WHERE position = $1"
        await connection.execute(change, first.position, first.document + b" ")
        assert (await read_ledger(installation)).broken_at == first.position
        await connection.execute(change, first.position, first.document)
    assert (await read_ledger(installation)).broken_at is None


async def test_a_release_at_a_higher_minimum_shows_nothing_that_was_hidden_before(
    installation: Installation, answered: Round
) -> None:
    await close_round(installation, answered.round_id)
    await unseal_round(installation, answered.round_id)
    first = await release_tables(installation, answered.round_id)
    await withdraw_release(installation, answered.round_id)
    second = await release_tables(installation, answered.round_id, minimum_group_size=14)
    hidden = {(t.figure, t.dimensions, r.groups) for t in first.tables for r in t.rows if r.n is None}
    shown = {(t.figure, t.dimensions, r.groups) for t in second.tables for r in t.rows if r.n is not None}
    assert shown
    assert not hidden & shown


async def test_the_minimum_group_size_only_rises(installation: Installation, answered: Round) -> None:
    await close_round(installation, answered.round_id)
    await unseal_round(installation, answered.round_id)
    with pytest.raises(Exception, match="cannot become 9"):
        await release_tables(installation, answered.round_id, minimum_group_size=9)
    released = await release_tables(installation, answered.round_id, minimum_group_size=12)
    assert released.minimum_group_size == 12
    async with installation.database.owner() as connection:
        with pytest.raises(asyncpg.CheckViolationError, match="only rises"):
            await connection.execute("UPDATE round SET minimum_group_size = 11 WHERE round_id = $1", answered.round_id)


async def test_terms_never_change(installation: Installation, answered: Round) -> None:
    async with installation.database.owner() as connection:
        with pytest.raises(asyncpg.CheckViolationError, match="never change"):
            await connection.execute("UPDATE round SET terms = '{}' WHERE round_id = $1", answered.round_id)


async def test_an_erased_round_keeps_its_tables_and_its_ballot_box_and_nothing_that_opens_responses(
    installation: Installation, answered: Round
) -> None:
    await close_round(installation, answered.round_id)
    await unseal_round(installation, answered.round_id)
    released = await release_tables(installation, answered.round_id)
    erased = await erase_round(installation, answered.round_id)
    assert erased.state == "erased"
    assert not installation.keys.has(answered.round_id, "storage")
    assert await read_release(installation, answered.round_id) == released
    assert (await recount(installation, answered.round_id)).sound
    async with installation.database.owner() as connection:
        for table in ("response_block", "invitation", "sealed_response"):
            left = await connection.fetchval(f"SELECT count(*) FROM {table} WHERE round_id = $1", answered.round_id)
            assert left == 0, table
    assert (await erase_round(installation, answered.round_id)).state == "erased"


async def test_a_closed_round_that_is_erased_is_given_up(installation: Installation, answered: Round) -> None:
    await close_round(installation, answered.round_id)
    given_up = await erase_round(installation, answered.round_id)
    assert (given_up.state, given_up.lost_because) == ("lost", "given up before its unsealing")
    assert not installation.keys.has(answered.round_id, "sealing")
    assert await sealed_rows(installation, answered) == 0


async def test_an_open_round_is_not_erased(installation: Installation, answered: Round) -> None:
    with pytest.raises(WrongState, match="is open"):
        await erase_round(installation, answered.round_id)


async def test_a_redeemed_code_stays_bound_to_its_message(installation: Installation, answered: Round) -> None:
    async with installation.database.session("participation") as connection:
        with pytest.raises(asyncpg.CheckViolationError, match="stays bound"):
            await connection.execute(
                "UPDATE invitation SET blinded_hash = NULL, blind_signature = NULL WHERE round_id = $1",
                answered.round_id,
            )
