"""Reads the site file: what a city says of itself. Every fault is named with its remedy before anything is served."""

import tomllib
from importlib import resources
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from survey_service.domain.contrast import LEAST_CONTRAST, LIGHT_SURFACE, NotAColour, contrast
from survey_service.domain.site import LANGUAGES, Contact, Site, Text
from survey_service.errors import Refusal

LARGEST_LOGO = 50_000  # bytes; it stands on every page
_WEB = ("https://", "http://")


class UnusableSite(Refusal):
    """A site file with faults; all of them, one a line."""

    def __init__(self, path: Path, faults: list[str]) -> None:
        lines = "\n".join(f"  {fault}" for fault in faults)
        super().__init__(f"{path} cannot be used:\n{lines}\n", remedy="Mend these; docs/site-file.md has an example.")
        self.faults = faults


class ReadSite(Struct, frozen=True, kw_only=True):
    """logo: the bytes of the SVG file, for it is served and never written into a page."""

    site: Site
    logo: bytes | None = None


def read_site(path: Path | None) -> ReadSite:
    """The site of the file at `path`; None: an invented city with example contacts. Raises: UnusableSite."""
    if path is None:
        example = resources.files("survey_service.operations").joinpath("example_site.toml").read_text("utf-8")
        return ReadSite(site=msgspec.convert(tomllib.loads(example), Site))
    site = _parsed(path)
    faults = [*_text_faults(site), *_address_faults(site), *_colour_faults(site.accent)]
    logo = _logo(path, site.logo, faults)
    if faults:
        raise UnusableSite(path, faults)
    return ReadSite(site=site, logo=logo)


def _parsed(path: Path) -> Site:
    try:
        raw: dict[str, Any] = tomllib.loads(path.read_text("utf-8"))
        return msgspec.convert(raw, Site)
    except OSError as error:
        raise UnusableSite(path, [f"It cannot be read: {error.strerror}."]) from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise UnusableSite(path, [f"{error}."]) from error


def _text_faults(site: Site) -> list[str]:
    named: list[tuple[str, Text, bool]] = [("name", site.name, True)]
    named += [
        (name, getattr(site, name), False)
        for name in ("purpose", "notice", "mail_note", "mail_signature", "imprint", "privacy", "accessibility")
    ]
    for place, contact in enumerate(site.contacts):
        named += [(f"contacts[{place}].name", contact.name, True), (f"contacts[{place}].note", contact.note, False)]
    return [
        f"{name}: it has no wording for `{language}`. Add one."
        for name, text, is_needed in named
        if text or is_needed
        for language in LANGUAGES
        if not text.get(language, "").strip()
    ]


def _address_faults(site: Site) -> list[str]:
    faults = [] if site.exit.startswith(_WEB) else ["exit: begin it with https://."]
    for place, contact in enumerate(site.contacts):
        if contact.web is not None and not contact.web.startswith(_WEB):
            faults.append(f"contacts[{place}].web: begin it with https://.")
        if not _is_reachable(contact):
            faults.append(f"contacts[{place}]: give a phone number or a web address.")
    return faults


def _is_reachable(contact: Contact) -> bool:
    return bool(contact.phone or contact.web)


def _colour_faults(accent: str) -> list[str]:
    try:
        ratio = contrast(accent, LIGHT_SURFACE)
    except NotAColour:
        return [f"accent: {accent!r} is no colour. Write it as #rrggbb."]
    if ratio >= LEAST_CONTRAST:
        return []
    return [f"accent: {accent} has a contrast of {ratio:.1f}:1 on light pages. Take a darker one, at least 4.5:1."]


def _logo(site_file: Path, name: str | None, faults: list[str]) -> bytes | None:
    if name is None:
        return None
    path = site_file.parent / name
    if path.suffix != ".svg" or path.parent.resolve() != site_file.parent.resolve():
        faults.append("logo: name an SVG file that lies beside the site file.")
        return None
    try:
        logo = path.read_bytes()
    except OSError as error:
        faults.append(f"logo: {path} cannot be read: {error.strerror}.")
        return None
    if b"<svg" not in logo or len(logo) > LARGEST_LOGO:
        faults.append(f"logo: {name} is no SVG, or larger than {LARGEST_LOGO // 1000} kB.")
    return logo
