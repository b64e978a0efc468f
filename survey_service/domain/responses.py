"""Responses as they are stored: sealed while the round runs, in encrypted blocks afterwards."""

from msgspec import Struct


class SealedResponse(Struct, frozen=True, kw_only=True):
    """serial: 32 bytes. sealed: encapsulated key and ciphertext."""

    serial: bytes
    sealed: bytes


class Block(Struct, frozen=True, kw_only=True):
    """content: "choices", or "text:" and an item id. number: from 0 within its content."""

    content: str
    number: int
    encrypted: bytes
