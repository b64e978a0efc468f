"""Whoever reads the stored free texts cannot tell from their order who wrote which, by coming or by serial."""

import asyncio
from pathlib import Path

import numpy as np
import pytest

from survey_service import blocks, unsealing
from survey_service.attack.attackers import closeness
from survey_service.attack.scoring import Verdict, judge, ranked
from survey_service.domain.rounds import Round
from survey_service.operations.installation import Installation
from survey_service.store import participation
from survey_service.store import responses as store_responses
from tests.operations.commented_rounds import remarks, unsealed_with_receipts

WRITERS = 60


async def test_the_order_of_free_texts_is_not_that_in_which_people_came(
    installation: Installation, tmp_path: Path
) -> None:
    found, receipts = await unsealed_with_receipts(installation, tmp_path, remarks(WRITERS))
    assert not (await attacked(installation, found, list(range(WRITERS)))).is_caught
    assert not (await attacked(installation, found, await places(installation, found, receipts))).is_caught


async def test_free_texts_that_are_not_shuffled_are_caught(
    installation: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unsealing, "new_order", np.arange)
    found, receipts = await unsealed_with_receipts(installation, tmp_path, remarks(WRITERS))
    verdict = await attacked(installation, found, await places(installation, found, receipts))
    assert verdict.is_caught
    assert verdict.matches == WRITERS


async def places(installation: Installation, found: Round, receipts: list[str]) -> list[int]:
    """Where each person stands in the order in which the ballot box is read: that of the serials."""
    async with installation.database.session("reporting") as connection:
        spent = await participation.credentials(connection, found.round_id)
    in_order = [each.receipt.hex() for each in sorted(spent, key=lambda each: each.serial)]
    return [in_order.index(receipt) for receipt in receipts]


async def attacked(installation: Installation, found: Round, people: list[int]) -> Verdict:
    """By somebody with the storage key who knows of everyone where they stand: each wrote the text of their own number."""
    storage_key = await asyncio.to_thread(installation.keys.read, found.round_id, "storage")
    async with installation.database.session("tabulation") as connection:
        stored = await store_responses.select_blocks(connection, found.round_id)
    (texts,) = blocks.decrypt_texts(storage_key, found.round_id, stored).values()
    assert sorted(texts) == sorted(remarks(WRITERS))
    return judge([ranked(closeness(people, range(WRITERS)), [texts.index(text) for text in remarks(WRITERS)])])
