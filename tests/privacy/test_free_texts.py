"""Whoever reads the stored free texts cannot tell from their order who wrote which."""

import asyncio
from pathlib import Path

import pytest

from survey_service import blocks, unsealing
from survey_service.attack.attackers import closeness
from survey_service.attack.scoring import Verdict, judge, ranked
from survey_service.domain.rounds import Round
from survey_service.operations.installation import Installation
from survey_service.store import responses as store_responses
from tests.operations.commented_rounds import remarks, unsealed_with_remarks

WRITERS = 60


async def test_the_order_of_free_texts_is_not_that_in_which_people_came(
    installation: Installation, tmp_path: Path
) -> None:
    found = await unsealed_with_remarks(installation, tmp_path, remarks(WRITERS))
    assert not (await attacked(installation, found)).is_caught


async def test_free_texts_that_are_not_shuffled_are_caught(
    installation: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unsealing, "shuffle", lambda _: None)
    found = await unsealed_with_remarks(installation, tmp_path, remarks(WRITERS))
    verdict = await attacked(installation, found)
    assert verdict.is_caught
    assert verdict.matches == WRITERS


async def attacked(installation: Installation, found: Round) -> Verdict:
    """By somebody with the storage key who saw people come: each wrote the text of their own number."""
    storage_key = await asyncio.to_thread(installation.keys.read, found.round_id, "storage")
    async with installation.database.session("tabulation") as connection:
        stored = await store_responses.select_blocks(connection, found.round_id)
    (texts,) = blocks.decrypt_texts(storage_key, found.round_id, stored).values()
    assert sorted(texts) == sorted(remarks(WRITERS))
    return judge([ranked(closeness(range(WRITERS), range(WRITERS)), [texts.index(text) for text in remarks(WRITERS)])])
