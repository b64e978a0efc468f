"""A recount by the operator, batch by batch: sound where nothing was touched, and each fault by its name."""

from pathlib import Path

import pytest

from survey_service.domain.rounds import Round
from survey_service.errors import WrongState
from survey_service.operations import tally_ballots
from survey_service.operations.close_round import close_round
from survey_service.operations.installation import Installation
from survey_service.operations.recount import holds_receipt, read_ballot_box, recount
from tests.conftest import new_round
from tests.operations.participants import GitHub, take_part

PEOPLE = 12
FIRST = "serial = (SELECT serial FROM ballot WHERE round_id = $1 ORDER BY serial LIMIT 1)"


@pytest.fixture
async def closed(installation: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Round:
    monkeypatch.setattr(tally_ballots, "AT_ONCE", 5)  # three batches
    found = await new_round(installation, tmp_path)
    await take_part(installation, found, [GitHub] * PEOPLE)
    return await close_round(installation, found.round_id)


async def test_an_untouched_ballot_box_is_sound_and_holds_its_receipts(
    installation: Installation, closed: Round
) -> None:
    found = await recount(installation, closed.round_id)
    assert (found.sound, found.faults, found.count, found.invalid) == (True, (), PEOPLE, None)
    box = await read_ballot_box(installation.database, closed.round_id)
    assert found.root == box.root
    assert await holds_receipt(installation, closed.round_id, f" {box.receipts[0].upper()} ")
    assert not await holds_receipt(installation, closed.round_id, "0" * 64)


@pytest.mark.parametrize(
    ("change", "faults"),
    [
        (f"UPDATE ballot SET receipt = sha256(receipt) WHERE round_id = $1 AND {FIRST}", {"the root is not"}),
        (
            f"DELETE FROM ballot WHERE round_id = $1 AND {FIRST}",
            {"the root is not", "there are more responses than credentials"},
        ),
        (
            f"UPDATE ballot SET signature = sha256(signature) || substr(signature, 33) WHERE round_id = $1 AND {FIRST}",
            {"a credential does not verify"},
        ),
        (
            "UPDATE round SET ballots = ballots - 1 WHERE round_id = $1",
            {"there are more responses than credentials"},
        ),
    ],
    ids=["a receipt changed", "a ballot gone", "a signature changed", "a smaller count published"],
)
async def test_what_somebody_changed_is_named(
    installation: Installation, closed: Round, change: str, faults: set[str]
) -> None:
    async with installation.database.owner() as connection:
        await connection.execute(change, closed.round_id)
    found = await recount(installation, closed.round_id)
    assert not found.sound
    assert len(found.faults) == len(faults)
    assert all(any(fault.startswith(beginning) for fault in found.faults) for beginning in faults)


async def test_an_open_round_is_not_recounted(installation: Installation, tmp_path: Path) -> None:
    found = await new_round(installation, tmp_path)
    with pytest.raises(WrongState):
        await recount(installation, found.round_id)
    with pytest.raises(WrongState):
        await holds_receipt(installation, found.round_id, "0" * 64)
