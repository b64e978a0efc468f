"""The files that pages load: each at an address with the hash of its content, checked by the browser."""

import base64
import hashlib
from functools import cache
from importlib import resources
from typing import Any

from litestar import Request, Response, get
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from msgspec import Struct

from survey_service.web.public_answer import public_answer

MEDIA_TYPES = {
    "css": "text/css",
    "js": "text/javascript",
    "json": "application/json",
    "svg": "image/svg+xml",
    "woff2": "font/woff2",
}
_YEAR = 31_536_000  # seconds; a file's address changes with its content


class Asset(Struct, frozen=True, kw_only=True):
    """address: with the content's hash in it. integrity: for the page's `integrity` attribute."""

    name: str
    address: str
    integrity: str
    content: bytes
    media_type: str


def asset_of(name: str, content: bytes) -> Asset:
    sha = hashlib.sha384(content).digest()
    return Asset(
        name=name,
        address=f"/static/{sha.hex()[:16]}/{name}",
        integrity=f"sha384-{base64.b64encode(sha).decode()}",
        content=content,
        media_type=MEDIA_TYPES[name.rpartition(".")[2]],
    )


@cache
def assets() -> dict[str, Asset]:
    """The files of ``web/static`` by name."""
    found = {}
    for file in resources.files("survey_service.web").joinpath("static").iterdir():
        if file.name.rpartition(".")[2] in MEDIA_TYPES:
            found[file.name] = asset_of(file.name, file.read_bytes())
    return found


@get("/static/{version:str}/{name:str}", include_in_schema=False)
async def static_file(
    version: FromPath[str], name: FromPath[str], request: Request[Any, Any, State]
) -> Response[bytes]:
    asset = request.app.state["site"].assets.get(name) or assets().get(name)
    if asset is None or asset.address != f"/static/{version}/{name}":
        raise NotFoundException
    return public_answer(request, asset.content, asset.media_type, f"public, max-age={_YEAR}, immutable")
