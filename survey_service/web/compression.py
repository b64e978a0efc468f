"""gzip for what is public and the same for everyone; a page with somebody's secrets in it is never compressed."""

import gzip
from functools import lru_cache
from typing import Any

from litestar import Request, Response

LEAST_BYTES = 500  # below, the frame costs more than it saves


@lru_cache(maxsize=64)
def compressed(content: bytes) -> bytes:
    return gzip.compress(content, compresslevel=9, mtime=0)


def public_answer(
    request: Request[Any, Any, Any], content: bytes, media_type: str, headers: dict[str, str]
) -> Response[bytes]:
    """The content, compressed where the client takes it and it is worth it."""
    headers = {**headers, "vary": "accept-encoding"}
    if len(content) >= LEAST_BYTES and _takes_gzip(request):
        headers["content-encoding"] = "gzip"
        content = compressed(content)
    return Response(content, media_type=media_type, headers=headers)


def _takes_gzip(request: Request[Any, Any, Any]) -> bool:
    offers = [offer.replace(" ", "").lower() for offer in request.headers.get("accept-encoding", "").split(",")]
    return any(offer == "gzip" or (offer.startswith("gzip;q=") and offer != "gzip;q=0") for offer in offers)
