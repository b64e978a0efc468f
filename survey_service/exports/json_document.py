"""A release as one JSON document; null stands for every hidden value."""

import msgspec
from msgspec import Struct


def render(document: Struct) -> bytes:
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"
