"""Pages from templates, and the files they load: each file by the hash of its content, checked by the browser."""

import base64
import hashlib
from functools import cache
from importlib import resources
from typing import Any

from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from minijinja import Environment
from msgspec import Struct

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
MEDIA_TYPES = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "json": "application/json",
    "svg": "image/svg+xml",
    "woff2": "font/woff2",
}
_YEAR = 31_536_000  # seconds; a file's address changes with its content


class Asset(Struct, frozen=True, kw_only=True):
    """address: with the content's hash in it. integrity: for the page's `integrity` attribute."""

    address: str
    integrity: str
    content: bytes
    media_type: str


@cache
def assets() -> dict[str, Asset]:
    """The files of ``web/static`` by name."""
    found = {}
    for file in resources.files("survey_service.web").joinpath("static").iterdir():
        suffix = file.name.rpartition(".")[2]
        if suffix in MEDIA_TYPES:
            content = file.read_bytes()
            sha = hashlib.sha384(content).digest()
            found[file.name] = Asset(
                address=f"/static/{sha.hex()[:16]}/{file.name}",
                integrity=f"sha384-{base64.b64encode(sha).decode()}",
                content=content,
                media_type=MEDIA_TYPES[suffix],
            )
    return found


@get("/static/{version:str}/{name:str}", include_in_schema=False)
async def static_file(version: FromPath[str], name: FromPath[str]) -> Response[bytes]:
    asset = assets().get(name)
    if asset is None or asset.address != f"/static/{version}/{name}":
        raise NotFoundException
    return Response(
        asset.content,
        media_type=asset.media_type,
        headers={"cache-control": f"public, max-age={_YEAR}, immutable"},
    )


@cache
def _environment() -> Environment:
    # Every template is HTML: escaping is on for all of them, whatever their file is called.
    return Environment(
        loader=_template,
        undefined_behavior="strict",
        auto_escape_callback=lambda _: "html",
        trim_blocks=True,
        globals={"asset": lambda name: assets()[name]},
    )


def _template(name: str) -> str:
    return resources.files("survey_service.web").joinpath("templates", *name.split("/")).read_text(encoding="utf-8")


def html(template: str, **context: Any) -> bytes:
    """The template as bytes of HTML; a name it does not know raises."""
    return _environment().render_template(template, **context).encode()


def page(
    template: str, *, status_code: int = 200, headers: dict[str, str] | None = None, **context: Any
) -> Response[bytes]:
    """The template as an answer that nobody keeps."""
    return Response(
        html(template, **context),
        status_code=status_code,
        media_type="text/html; charset=utf-8",
        headers={
            "content-security-policy": CONTENT_SECURITY_POLICY,
            "cache-control": "no-store",
            **(headers or {}),
        },
    )
