"""What a city says of itself on every page: its name, colours, contacts, imprint. Read from the site file."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

Text = dict[str, str]
"""One wording by language tag."""

LANGUAGES = ("de", "en")  # the pages' own languages; every wording of a site exists in each of them
TIME_ZONE = ZoneInfo("Europe/Berlin")  # in which every page names days and hours
CONTACTS_HOLD = timedelta(days=180)  # numbers and hours change; somebody calls them twice a year


class Contact(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody who helps. last_checked: the day a person last made sure of number and hours; None: nobody has yet."""

    name: Text
    note: Text = {}
    phone: str | None = None
    web: str | None = None
    last_checked: date | None = None

    def is_due(self, today: date) -> bool:
        """Whether somebody has to check number and hours again."""
        return self.last_checked is None or today - self.last_checked > CONTACTS_HOLD


class Site(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """accent: colour of buttons and links as #rrggbb, dark enough for white text. logo: an SVG file beside this one.

    exit: the harmless page that "leave this page" goes to.
    purpose: why the city asks, in a sentence, on the first screen of a round.
    notice: a line above every page, for example that a city is invented.
    mail_note, mail_signature: a paragraph and the last lines of every invitation and reminder.
    imprint, privacy, accessibility: what the operator adds to the pages of these names; a blank line parts paragraphs.
    """

    name: Text
    accent: str = "#1a4b7a"
    logo: str | None = None
    exit: str = "https://www.dwd.de/"
    purpose: Text = {}
    notice: Text = {}
    contacts: tuple[Contact, ...] = ()
    mail_note: Text = {}
    mail_signature: Text = {}
    imprint: Text = {}
    privacy: Text = {}
    accessibility: Text = {}
