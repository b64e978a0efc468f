"""What a city says of itself on every page: its name, colours, contacts, imprint. Read from the site file."""

from datetime import date

from msgspec import Struct

Text = dict[str, str]


class Contact(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody who helps. last_checked: the day a person last made sure that number and hours are right."""

    name: Text
    note: Text = {}
    phone: str | None = None
    web: str | None = None
    last_checked: date


class Site(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """accent: colour of buttons and links as #rrggbb, dark enough for white text. logo: an SVG file beside this one.

    imprint, privacy, accessibility: what the operator adds to the pages of these names, by language.
    """

    name: Text
    accent: str = "#1a4b7a"
    logo: str | None = None
    contacts: tuple[Contact, ...] = ()
    imprint: Text = {}
    privacy: Text = {}
    accessibility: Text = {}
