"""Mails to participants and to the team: plain text and HTML, in all languages at once, with nothing from elsewhere.

Everyone gets every language of the survey in one mail, so that nothing has to know which language somebody reads.
"""

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from functools import cache
from importlib import resources

from minijinja import Environment
from msgspec import Struct

from survey_service.correspondence.wording import LANGUAGES, wording
from survey_service.domain.invitations import Invitation
from survey_service.domain.notices import Occasion
from survey_service.domain.surveys import Text
from survey_service.results.wording import Language, Wording


class Letter(Struct, frozen=True, kw_only=True):
    """What every mail of a round says. purpose, note, signature: the city's own words, where it has any."""

    title: Text
    organisation: Text
    address: str
    fingerprint: str
    opens_at: datetime
    closes_at: datetime
    rehearsal: bool
    languages: tuple[Language, ...]
    purpose: Text = {}
    note: Text = {}
    signature: Text = {}


class Part(Struct, frozen=True, kw_only=True):
    """A mail in one language, as paragraphs. link, code: none in a reminder and in what the team gets."""

    lang: Language
    subject: str
    above: tuple[str, ...]
    below: tuple[str, ...]
    link: str | None = None
    link_text: str = ""
    code_text: str = ""
    code: str | None = None
    signature: str = ""


class Mail(Struct, frozen=True, kw_only=True):
    """A mail without its addressee; the same words for everyone but for link and code."""

    subject: str
    parts: tuple[Part, ...]

    @property
    def text(self) -> str:
        return "\n\n----\n\n".join(_plain(part) for part in self.parts) + "\n"

    @property
    def html(self) -> str:
        return _environment().render_template("mail.html", subject=self.subject, parts=self.parts)


def invitation_mail(letter: Letter, invited: Invitation) -> Mail:
    parts = []
    for language in letter.languages:
        words, facts = _facts(letter, language)
        own = words.of(letter.purpose) if letter.purpose else ""
        parts.append(
            Part(
                lang=language,
                subject=words("mail.invitation.subject", **facts),
                above=_filled(*_rehearsal(letter, words), words("mail.invitation.greeting", **facts), own),
                link=invited.link,
                link_text=words("mail.invitation.link"),
                code_text=words("mail.invitation.code", **facts),
                code=invited.code,
                below=_filled(*words.several("mail.invitation.below", **facts), _own(letter.note, words)),
                signature=_own(letter.signature, words),
            )
        )
    return _mail(parts)


def reminder_mail(letter: Letter) -> Mail:
    """The same to all: no code, no link of anybody's, and no word on whether somebody has taken part."""
    parts = []
    for language in letter.languages:
        words, facts = _facts(letter, language)
        parts.append(
            Part(
                lang=language,
                subject=words("mail.invitation.subject", **facts),
                above=_filled(*_rehearsal(letter, words), *words.several("mail.reminder.above", **facts)),
                below=_filled(_own(letter.note, words)),
                signature=_own(letter.signature, words),
            )
        )
    found = _mail(parts)
    return Mail(subject=f"Re: {found.subject}", parts=found.parts)


def team_mail(organisation: Text, entries: Sequence[tuple[Occasion, str, str]], *, home: str) -> Mail:
    """What waits for one of the team, in both languages of their pages. entries: occasion, what it is about, its page."""
    parts = []
    for language in LANGUAGES:
        words = wording(language)
        told = tuple(
            f"{words(f'mail.team.{occasion}', about=about)}\n{address}" for occasion, about, address in entries
        )
        parts.append(
            Part(
                lang=language,
                subject=words("mail.team.subject", organisation=words.of(organisation)),
                above=(words("mail.team.greeting"), *told),
                below=(words("mail.team.closing", home=home),),
            )
        )
    return _mail(parts)


def account_mail(organisation: Text, *, code: str, address: str, holds_until: datetime) -> Mail:
    """The code with which somebody sets up their account, in both languages of the team's pages."""
    parts = []
    for language in LANGUAGES:
        words = wording(language)
        facts = {"organisation": words.of(organisation), "until": words.date(holds_until)}
        parts.append(
            Part(
                lang=language,
                subject=words("mail.account.subject", **facts),
                above=(words("mail.account.greeting", **facts),),
                link=address,
                link_text=words("mail.account.link"),
                code_text=words("mail.account.code"),
                code=code,
                below=words.several("mail.account.below", **facts),
            )
        )
    return _mail(parts)


def message(
    mail: Mail, *, sender: str, recipient: str, message_id: str, references: Sequence[str] = ()
) -> EmailMessage:
    """The mail to one address. references: of earlier mails that it follows, the latest last."""
    made = EmailMessage()
    name, address = parseaddr(sender)
    made["From"] = Address(display_name=name, addr_spec=address)
    made["To"] = Address(addr_spec=recipient)
    made["Subject"] = mail.subject
    made["Date"] = format_datetime(datetime.now(UTC))
    made["Message-ID"] = message_id
    if references:
        made["In-Reply-To"] = references[-1]
        made["References"] = " ".join(references)
    made["Auto-Submitted"] = "auto-generated"  # RFC 3834: no answers from machines
    made["X-Auto-Response-Suppress"] = "All"
    made["Content-Language"] = ", ".join(part.lang for part in mail.parts)
    made.set_content(mail.text, cte="quoted-printable")
    made.add_alternative(mail.html, subtype="html", cte="quoted-printable")
    made.set_boundary(secrets.token_hex(16))
    return made


def new_message_id(domain: str) -> str:
    """By chance: nothing in it tells of a code, an address or a time."""
    return f"<{secrets.token_hex(16)}@{domain}>"


def _facts(letter: Letter, language: Language) -> tuple[Wording, dict[str, str]]:
    words = wording(language)
    fingerprint = letter.fingerprint
    return words, {
        "title": words.of(letter.title),
        "organisation": words.of(letter.organisation),
        "address": letter.address,
        "fingerprint": " ".join(fingerprint[start : start + 4] for start in range(0, len(fingerprint), 4)),
        "opens": words.date(letter.opens_at),
        "closes": words.date(letter.closes_at),
    }


def _rehearsal(letter: Letter, words: Wording) -> tuple[str, ...]:
    return (words("mail.rehearsal"),) if letter.rehearsal else ()


def _own(text: Text, words: Wording) -> str:
    return words.of(text) if text else ""


def _filled(*paragraphs: str) -> tuple[str, ...]:
    return tuple(paragraph for paragraph in paragraphs if paragraph)


def _mail(parts: Sequence[Part]) -> Mail:
    subjects = dict.fromkeys(part.subject for part in parts)
    return Mail(subject=" / ".join(subjects), parts=tuple(parts))


def _plain(part: Part) -> str:
    paragraphs = [*part.above]
    if part.link is not None:
        paragraphs += [f"{part.link_text}\n{part.link}", f"{part.code_text}\n{part.code}"]
    paragraphs += part.below
    if part.signature:
        paragraphs.append(part.signature)
    return "\n\n".join(paragraphs)


@cache
def _environment() -> Environment:
    return Environment(
        loader=lambda name: resources.files("survey_service.correspondence").joinpath(name).read_text("utf-8"),
        undefined_behavior="strict",
        auto_escape_callback=lambda _: "html",
        trim_blocks=True,
        lstrip_blocks=True,
    )
