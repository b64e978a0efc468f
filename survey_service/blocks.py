"""Opened responses as encrypted blocks of columns, and back. AES-256-GCM under the round's storage key.

A block holds its respondents column by column, so no row, and no row's length, stands in it.
"""

import secrets
from collections.abc import Iterable, Iterator

import msgspec
import numpy as np
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec import Struct

from analysis.responses import Responses, coded_items, dtype, shape
from questionnaires.model import Questionnaire
from survey_service.domain.responses import Block
from survey_service.domain.rounds import RoundId
from survey_service.errors import Refusal

RESPONDENTS = 4096  # in a block, at most
STORAGE_KEY_BITS = 256
CHOICES = "choices"
_TEXT = "text:"
_NONCE_LENGTH = 12  # bytes; NIST SP 800-38D


class UnreadableBlocks(Refusal):
    def __init__(self, round_id: str) -> None:
        super().__init__(
            f"The responses of round {round_id!r} cannot be decrypted with its storage key.",
            remedy="Restore the key directory that belongs to this database. Nothing was changed.",
        )


class _Columns(Struct, frozen=True, kw_only=True):
    size: int
    columns: dict[str, bytes]


def new_storage_key() -> bytes:
    return AESGCM.generate_key(STORAGE_KEY_BITS)


def encrypt(
    storage_key: bytes, round_id: RoundId, responses: Responses, texts: dict[str, tuple[str, ...]]
) -> Iterator[Block]:
    """The blocks of a round."""
    items = coded_items(responses.questionnaire)
    for number, start in enumerate(range(0, responses.size, RESPONDENTS)):
        part = slice(start, min(start + RESPONDENTS, responses.size))
        columns = {item.id: responses.columns[item.id][part].astype(dtype(item)).tobytes() for item in items}
        plaintext = msgspec.msgpack.encode(_Columns(size=part.stop - part.start, columns=columns))
        yield _sealed(storage_key, round_id, CHOICES, number, plaintext)
    for item_id, written in texts.items():
        for number, start in enumerate(range(0, len(written), RESPONDENTS)):
            plaintext = msgspec.msgpack.encode(written[start : start + RESPONDENTS])
            yield _sealed(storage_key, round_id, _TEXT + item_id, number, plaintext)


def decrypt_responses(
    storage_key: bytes, round_id: RoundId, questionnaire: Questionnaire, blocks: Iterable[Block]
) -> Responses:
    """The coded responses, in memory only.

    A block that was left out cannot be noticed here: the caller compares the size with how many were opened.

    Raises: UnreadableBlocks.
    """
    parts = [
        msgspec.msgpack.decode(_opened(storage_key, round_id, block), type=_Columns)
        for block in blocks
        if block.content == CHOICES
    ]
    columns = {}
    for item in coded_items(questionnaire):
        arrays = [
            np.frombuffer(part.columns[item.id], dtype=dtype(item)).reshape(shape(item, part.size)) for part in parts
        ]
        columns[item.id] = np.concatenate(arrays) if arrays else np.zeros(shape(item, 0), dtype=dtype(item))
    return Responses(questionnaire, sum(part.size for part in parts), columns)


def decrypt_texts(storage_key: bytes, round_id: RoundId, blocks: Iterable[Block]) -> dict[str, tuple[str, ...]]:
    """The free texts by item, in the order they were shuffled to, in memory only. Raises: UnreadableBlocks."""
    texts: dict[str, tuple[str, ...]] = {}
    for block in blocks:
        if block.content.startswith(_TEXT):
            item_id = block.content.removeprefix(_TEXT)
            written = msgspec.msgpack.decode(_opened(storage_key, round_id, block), type=tuple[str, ...])
            texts[item_id] = texts.get(item_id, ()) + written
    return texts


def _sealed(storage_key: bytes, round_id: RoundId, content: str, number: int, plaintext: bytes) -> Block:
    nonce = secrets.token_bytes(_NONCE_LENGTH)
    label = _label(round_id, content, number)
    return Block(content=content, number=number, encrypted=nonce + AESGCM(storage_key).encrypt(nonce, plaintext, label))


def _opened(storage_key: bytes, round_id: RoundId, block: Block) -> bytes:
    nonce, ciphertext = block.encrypted[:_NONCE_LENGTH], block.encrypted[_NONCE_LENGTH:]
    try:
        return AESGCM(storage_key).decrypt(nonce, ciphertext, _label(round_id, block.content, block.number))
    except (InvalidTag, ValueError):
        raise UnreadableBlocks(round_id) from None


def _label(round_id: RoundId, content: str, number: int) -> bytes:
    """Ties a block to its place: blocks exchanged between rounds or places do not decrypt."""
    return b"\0".join((b"survey/v1/block", round_id.encode(), content.encode(), str(number).encode()))
