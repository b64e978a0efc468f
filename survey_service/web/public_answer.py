"""Answers that are public and the same for everyone: with an ETag, compressed. Nothing with secrets in it is either."""

import gzip
import hashlib
from functools import lru_cache
from typing import Any

from litestar import Request, Response

LEAST_BYTES = 500  # below, the frame costs more than it saves
MOST_BYTES = 512 * 1024  # above, as in a large round's ballot box, compressing would hold up everyone else


@lru_cache(maxsize=64)
def compressed(content: bytes) -> bytes:
    return gzip.compress(content, compresslevel=9, mtime=0)


def _etag(content: bytes) -> str:
    return f'"{hashlib.sha256(content).hexdigest()}"'  # of the content, compressed or not: protocol, section 1


def public_answer(
    request: Request[Any, Any, Any],
    content: bytes,
    media_type: str,
    cache_control: str,
    headers: dict[str, str] | None = None,
) -> Response[bytes]:
    """The content, compressed where the client takes it and it is worth it; nothing where the client has it already."""
    etag = _etag(content)
    headers = {**(headers or {}), "etag": etag, "cache-control": cache_control, "vary": "accept-encoding"}
    if _is_known(etag, request.headers.getall("if-none-match", [])):
        return Response(b"", status_code=304, headers=headers, media_type=media_type)
    if LEAST_BYTES <= len(content) <= MOST_BYTES and _takes_gzip(request):
        headers["content-encoding"] = "gzip"
        content = compressed(content)
    return Response(content, media_type=media_type, headers=headers)


def _is_known(etag: str, if_none_match: list[str]) -> bool:
    """Whether the client has this content already: weak comparison, `*` for any. RFC 9110 section 13.1.2."""
    tags = [tag.strip() for line in if_none_match for tag in line.split(",")]
    return tags == ["*"] or etag in (tag.removeprefix("W/") for tag in tags)


def _takes_gzip(request: Request[Any, Any, Any]) -> bool:
    offers = [offer.replace(" ", "").lower() for offer in request.headers.get("accept-encoding", "").split(",")]
    return any(offer == "gzip" or (offer.startswith("gzip;q=") and offer != "gzip;q=0") for offer in offers)
