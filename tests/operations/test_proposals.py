"""Tables are proposed, reviewed and then released, or not; what anybody has seen counts as out."""

from pathlib import Path

import msgspec
import pytest

from survey_service.domain.accounts import Email
from survey_service.domain.audit_log import AuditedDeed
from survey_service.domain.rounds import Round
from survey_service.errors import WrongState
from survey_service.operations.close_round import close_round
from survey_service.operations.erase_round import erase_round
from survey_service.operations.installation import Installation
from survey_service.operations.release_tables import (
    NothingProposed,
    NothingReleased,
    UnusableReason,
    propose_release,
    publish_proposal,
    read_ledger,
    read_proposal,
    read_release,
    read_withdrawals,
    release_tables,
    withdraw_release,
)
from survey_service.operations.tabulate import MinimumOnlyRises
from survey_service.operations.unseal_round import unseal_round
from tests.conftest import new_round
from tests.operations.participants import GitHub, take_part

PEOPLE = 24


@pytest.fixture
async def unsealed(installation: Installation, tmp_path: Path) -> Round:
    found = await new_round(installation, tmp_path)
    await take_part(installation, found, [GitHub] * PEOPLE)
    await close_round(installation, found.round_id)
    return await unseal_round(installation, found.round_id)


async def test_a_proposal_is_no_release_and_becomes_one_unchanged(installation: Installation, unsealed: Round) -> None:
    proposal = await propose_release(installation, unsealed.round_id)
    with pytest.raises(NothingReleased):
        await read_release(installation, unsealed.round_id)
    assert unsealed.round_id not in {entry.round_id for entry in (await read_ledger(installation)).entries}
    released = await publish_proposal(installation, unsealed.round_id, proposal.sha256)
    assert await read_release(installation, unsealed.round_id) == released
    assert msgspec.structs.replace(released, previous_head="") == proposal.document
    with pytest.raises(NothingProposed):
        await read_proposal(installation, unsealed.round_id)


async def test_only_what_was_reviewed_is_published(installation: Installation, unsealed: Round) -> None:
    reviewed = await propose_release(installation, unsealed.round_id)
    meanwhile = await propose_release(installation, unsealed.round_id, minimum_group_size=12)
    with pytest.raises(NothingProposed):
        await publish_proposal(installation, unsealed.round_id, reviewed.sha256)
    published = await publish_proposal(installation, unsealed.round_id, meanwhile.sha256)
    assert published.minimum_group_size == 12
    with pytest.raises(NothingProposed):
        await publish_proposal(installation, unsealed.round_id, meanwhile.sha256)


async def test_what_a_reviewer_saw_hidden_stays_hidden_in_every_later_proposal_and_release(
    installation: Installation, unsealed: Round
) -> None:
    seen = await propose_release(installation, unsealed.round_id, minimum_group_size=14)
    with pytest.raises(MinimumOnlyRises):
        await propose_release(installation, unsealed.round_id, minimum_group_size=13)
    hidden = {(t.figure, t.dimensions, r.groups) for t in seen.document.tables for r in t.rows if r.n is None}
    released = await release_tables(installation, unsealed.round_id)
    shown = {(t.figure, t.dimensions, r.groups) for t in released.tables for r in t.rows if r.n is not None}
    assert released.minimum_group_size == 14
    assert not hidden & shown


async def test_a_round_that_is_not_unsealed_has_no_proposal(installation: Installation, tmp_path: Path) -> None:
    found = await new_round(installation, tmp_path)
    with pytest.raises(WrongState):
        await propose_release(installation, found.round_id)


async def test_a_proposal_of_an_erased_round_can_no_longer_be_published(
    installation: Installation, unsealed: Round
) -> None:
    proposal = await propose_release(installation, unsealed.round_id)
    await erase_round(installation, unsealed.round_id)
    with pytest.raises(WrongState):
        await publish_proposal(installation, unsealed.round_id, proposal.sha256)


async def test_a_release_is_withdrawn_with_a_reason_that_the_ledger_and_every_reader_gets(
    installation: Installation, unsealed: Round
) -> None:
    await release_tables(installation, unsealed.round_id)
    for useless in (" ", "x" * 501):
        with pytest.raises(UnusableReason):
            await withdraw_release(installation, unsealed.round_id, useless)
    await withdraw_release(installation, unsealed.round_id, " Ein Amt ist\nfalsch benannt. ")
    with pytest.raises(NothingReleased, match="is withdrawn: Ein Amt ist falsch benannt"):
        await read_release(installation, unsealed.round_id)
    (withdrawal,) = await read_withdrawals(installation, unsealed.round_id)
    assert (withdrawal.number, withdrawal.because) == (1, "Ein Amt ist falsch benannt.")
    entry = (await read_ledger(installation)).entries[-1]
    assert (entry.withdrawn, entry.withdrawn_because) == (True, "Ein Amt ist falsch benannt.")
    proposal = await propose_release(installation, unsealed.round_id)
    await publish_proposal(installation, unsealed.round_id, proposal.sha256)
    assert (await read_ledger(installation)).broken_at is None


async def test_each_of_these_deeds_stands_in_the_audit_log_with_who_did_it(
    installation: Installation, unsealed: Round
) -> None:
    kim = installation.acting_for(Email("kim@example.org"))
    proposal = await propose_release(kim, unsealed.round_id)
    await publish_proposal(kim, unsealed.round_id, proposal.sha256)
    await withdraw_release(kim, unsealed.round_id, "Zu früh.")
    assert (await deeds(installation, unsealed.round_id))[-5:] == [
        ("command line", "round-closed"),
        ("command line", "round-unsealed"),
        ("kim@example.org", "release-proposed"),
        ("kim@example.org", "release-published"),
        ("kim@example.org", "release-withdrawn"),
    ]


async def deeds(installation: Installation, round_id: str) -> list[tuple[str, AuditedDeed]]:
    async with installation.database.session("reporting") as connection:
        rows = await connection.fetch("SELECT entry FROM audit_entry ORDER BY position")
    entries = [msgspec.json.decode(row["entry"]) for row in rows]
    return [(entry["who"], entry["deed"]) for entry in entries if entry["facts"].get("round_id") == round_id]
