"""A city's site as its pages show it: texts, the style sheet in its colour, its logo as a file."""

from msgspec import Struct

from survey_service.domain.contrast import lightened
from survey_service.domain.site import Contact, Text
from survey_service.operations.read_site import ReadSite
from survey_service.web.assets import Asset, asset_of, assets


class Appearance(Struct, frozen=True, kw_only=True):
    """What templates know as `site`."""

    name: Text
    exit: str
    purpose: Text
    notice: Text
    contacts: tuple[Contact, ...]
    imprint: Text
    privacy: Text
    accessibility: Text
    stylesheet: Asset
    logo: Asset | None

    @property
    def assets(self) -> dict[str, Asset]:
        """The files of this site, by name."""
        return {asset.name: asset for asset in (self.stylesheet, self.logo) if asset is not None}


def appearance(read: ReadSite) -> Appearance:
    site = read.site
    return Appearance(
        name=site.name,
        exit=site.exit,
        purpose=site.purpose,
        notice=site.notice,
        contacts=site.contacts,
        imprint=site.imprint,
        privacy=site.privacy,
        accessibility=site.accessibility,
        stylesheet=asset_of("site.css", assets()["pages.css"].content + _colours(site.accent).encode()),
        logo=None if read.logo is None else asset_of("logo.svg", read.logo),
    )


def _colours(accent: str) -> str:
    """The city's colour after the common rules, in the same file: one request less on the first page."""
    return (
        f":root{{--kern-color-action-default:{accent}}}"
        f"@media (prefers-color-scheme:dark){{:root{{--kern-color-action-default:{lightened(accent)}}}}}"
    )
