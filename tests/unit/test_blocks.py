from datetime import UTC, datetime

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import Responses
from questionnaires import definitions
from questionnaires.model import Questionnaire
from survey_service import blocks
from survey_service.blocks import RESPONDENTS, UnreadableBlocks
from survey_service.domain.responses import Block
from survey_service.domain.rounds import Round, RoundId
from survey_service.domain.schedules import Schedule
from survey_service.domain.surveys import QuestionnaireReference, Survey, SurveyId
from survey_service.operations import tabulate
from survey_service.operations.tabulate import MissingResponses

TEXT = {"en": "x"}
ROUND = RoundId("r-1")
NOTHING_OUT = tabulate._Already(earlier=(), round_before=None)
KEY = blocks.new_storage_key()
ASKED = msgspec.convert(
    {
        "id": "q",
        "version": "1.0.0",
        "title": TEXT,
        "languages": ["en"],
        "minutes": 1,
        "sections": [{"id": "s", "title": TEXT}],
        "items": [
            {
                "id": "trust",
                "kind": "single",
                "section": "s",
                "text": TEXT,
                "options": [{"code": f"c{number}", "text": TEXT} for number in range(300)],
            },
            {
                "id": "seen",
                "kind": "multiple",
                "section": "s",
                "text": TEXT,
                "options": [{"code": code, "text": TEXT} for code in "abc"],
            },
            {"id": "years", "kind": "number", "section": "s", "text": TEXT, "minimum": -(10**15), "maximum": 10**15},
            {"id": "closing", "kind": "text", "section": "s", "text": TEXT, "max_length": 100},
        ],
    },
    Questionnaire,
)

around_blocks = st.sampled_from(
    (0, 1, RESPONDENTS - 1, RESPONDENTS, RESPONDENTS + 1, 2 * RESPONDENTS, 2 * RESPONDENTS + 1)
)


def responses(size: int, seed: int = 0) -> Responses:
    draw = np.random.default_rng(seed)
    years = draw.integers(-(10**15) + 1, 10**15, size).astype("<f8")
    years[draw.random(size) < 0.3] = np.nan
    columns = {
        "trust": draw.integers(0, 301, size).astype("<i2"),
        "seen": draw.integers(0, 2, (size, 3)).astype("|u1"),
        "years": years,
    }
    return Responses(ASKED, size, columns)


def encrypted(size: int, texts: dict[str, tuple[str, ...]] | None = None, round_id: RoundId = ROUND) -> list[Block]:
    return list(blocks.encrypt(KEY, round_id, responses(size), texts or {}))


def decrypted(found: list[Block], key: bytes = KEY) -> Responses:
    return blocks.decrypt_responses(key, ROUND, ASKED, found)


@given(size=around_blocks | st.integers(0, 50), seed=st.integers(0, 2**32))
@settings(max_examples=40, deadline=None)
def test_what_is_encrypted_comes_back_unchanged(size: int, seed: int) -> None:
    original = responses(size, seed)

    found = decrypted(list(blocks.encrypt(KEY, ROUND, original, {})))

    assert found.size == size
    for item_id, column in original.columns.items():
        assert found.columns[item_id].dtype == column.dtype
        assert np.array_equal(found.columns[item_id], column, equal_nan=item_id == "years")


@pytest.mark.parametrize(("size", "number"), [(0, 0), (1, 1), (4095, 1), (4096, 1), (4097, 2), (8192, 2), (8193, 3)])
def test_a_block_holds_4096_respondents_at_most(size: int, number: int) -> None:
    assert [(block.content, block.number) for block in encrypted(size)] == [("choices", n) for n in range(number)]


@given(written=st.lists(st.text(max_size=100), max_size=20))
@settings(max_examples=30, deadline=None)
def test_texts_come_back_unchanged_from_blocks_of_their_own(written: list[str]) -> None:
    found = encrypted(0, {"closing": tuple(written)})

    assert {block.content for block in found} <= {"text:closing"}
    opened = [msgspec.msgpack.decode(blocks._opened(KEY, ROUND, block), type=list[str]) for block in found]
    assert [text for part in opened for text in part] == written


def test_more_texts_than_a_block_holds_go_into_the_next_one() -> None:
    written = tuple(str(number) for number in range(RESPONDENTS + 1))

    opened = [msgspec.msgpack.decode(blocks._opened(KEY, ROUND, b)) for b in encrypted(0, {"closing": written})]

    assert [len(part) for part in opened] == [RESPONDENTS, 1]


def test_blocks_of_texts_are_not_read_as_responses() -> None:
    assert decrypted(encrypted(3, {"closing": ("Danke",)})).size == 3


@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_a_changed_byte_is_refused(data: st.DataObject) -> None:
    (block,) = encrypted(20)
    place = data.draw(st.integers(0, len(block.encrypted) - 1))
    changed = bytearray(block.encrypted)
    changed[place] ^= data.draw(st.integers(1, 255))

    with pytest.raises(UnreadableBlocks):
        decrypted([msgspec.structs.replace(block, encrypted=bytes(changed))])


@given(length=st.integers(0, 60))
def test_a_block_cut_short_is_refused(length: int) -> None:
    (block,) = encrypted(20)

    with pytest.raises(UnreadableBlocks):
        decrypted([msgspec.structs.replace(block, encrypted=block.encrypted[:length])])


def test_blocks_exchanged_within_the_round_are_refused() -> None:
    first, second = encrypted(RESPONDENTS + 1)

    with pytest.raises(UnreadableBlocks):
        decrypted([msgspec.structs.replace(first, number=1), msgspec.structs.replace(second, number=0)])


def test_a_block_of_another_round_is_refused() -> None:
    with pytest.raises(UnreadableBlocks):
        decrypted(encrypted(20, round_id=RoundId("r-2")))


def test_a_block_of_texts_cannot_pass_for_one_of_responses() -> None:
    (block,) = encrypted(0, {"closing": ("Danke",)})

    with pytest.raises(UnreadableBlocks):
        decrypted([msgspec.structs.replace(block, content="choices")])


def test_another_storage_key_opens_nothing() -> None:
    with pytest.raises(UnreadableBlocks):
        decrypted(encrypted(20), key=blocks.new_storage_key())


def test_the_same_responses_never_look_the_same() -> None:
    assert encrypted(20)[0].encrypted[:12] != encrypted(20)[0].encrypted[:12]


def test_a_refused_block_names_its_round_and_no_answer() -> None:
    with pytest.raises(UnreadableBlocks, match="'r-1' cannot be decrypted with its storage key"):
        decrypted([Block(content="choices", number=0, encrypted=b"")])


def unsealed(analysed: int) -> Round:
    survey = Survey(
        survey_id=SurveyId("s-1"),
        title=TEXT,
        languages=("en",),
        questionnaire=QuestionnaireReference(id="q", version="1.0.0", sha256="00" * 32),
        units=(),
        roster_size=9000,
        minimum_group_size=10,
        publication=(),
        custody="server",
        retention_days=90,
        schedule=Schedule(),
    )
    return Round(
        round_id=ROUND,
        survey_id=survey.survey_id,
        definition=msgspec.json.encode(survey),
        questionnaire=definitions.canonical_bytes(ASKED),
        terms=b"",
        fingerprint="",
        rehearsal=True,
        roster_size=survey.roster_size,
        minimum_group_size=survey.minimum_group_size,
        plaintext_size=4096,
        custody="server",
        opens_at=datetime(2026, 1, 1, tzinfo=UTC),
        closes_at=datetime(2026, 1, 15, tzinfo=UTC),
        stage="unsealed",
        state="unsealed",
        erase_at=None,
        lost_because=None,
        credentials_issued=analysed,
        ballots=analysed,
        ballot_box_root=b"",
        analysed=analysed,
        invalid=0,
    )


@pytest.mark.parametrize("kept", [[0], [1], [], [0, 1, 1]])
def test_a_round_with_a_block_too_few_or_too_many_is_not_released(kept: list[int]) -> None:
    """Each block alone is sound; only their number of respondents tells."""
    stored = encrypted(RESPONDENTS + 100)

    with pytest.raises(MissingResponses, match=r"and 4196 were opened"):
        tabulate._tabulate(unsealed(RESPONDENTS + 100), TEXT, 10, KEY, [stored[number] for number in kept], NOTHING_OUT)


def test_a_round_with_all_its_blocks_is_released() -> None:
    document = tabulate._tabulate(unsealed(RESPONDENTS + 100), TEXT, 10, KEY, encrypted(RESPONDENTS + 100), NOTHING_OUT)

    assert document.analysed == RESPONDENTS + 100
    assert {table.figure for table in document.tables} == {"trust", "seen"}
