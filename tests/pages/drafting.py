"""Somebody sets a survey up in the browser: every step once, in the order in which the pages ask."""

from collections.abc import Callable, Mapping

from playwright.sync_api import Page, expect

HEADINGS = (
    "Sprachen",
    "Titel",
    "Organisationseinheiten",
    "Zeitplan",
    "Mindestgruppengröße",
    "Veröffentlichung",
    "Schlüssel zu den Antworten",
    "Löschfrist",
    "Zustimmungen",
    "Hilfsangebote",
    "Alles prüfen und anlegen",
)
"""Of the pages after the questionnaire."""


def set_up_survey(page: Page, answers: Mapping[str, Callable[[], object]]) -> str:
    """From the first page of the team's to the page of the survey; the hash that was read before.

    answers: what is done on the page of a heading; where nothing is, what stands there as proposed is kept.
    """
    page.get_by_role("link", name="Befragung anlegen").click()
    page.get_by_role("button", name="Neu beginnen").click()
    page.get_by_role("link", name="Weiter", exact=True).click()
    page.get_by_label("Anfeindungen und Rückhalt bei der Arbeit").check()
    for heading in HEADINGS:
        page.get_by_role("button", name="Speichern und weiter").click()
        expect(page.get_by_role("heading", level=1)).to_have_text(heading)
        if heading in answers:
            answers[heading]()
    read = page.locator("p.mono").inner_text()
    page.get_by_role("button", name="Befragung anlegen").click()
    return read


def give_title(page: Page, german: str, english: str) -> None:
    page.get_by_label("Titel auf Deutsch").fill(german)
    page.get_by_label("Titel auf Englisch").fill(english)
