"""Somebody new sets up their first survey in the browser; every page they meet is accessible in each width, scheme and language."""

import re
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from survey_service.domain.drafts import STEPS
from survey_service.operations.approve_survey import read_approvals
from survey_service.operations.create_survey import create_survey
from survey_service.operations.draft_survey import start_draft
from survey_service.operations.installation import Installation
from survey_service.operations.manage_accounts import add_account
from tests.pages.axe import violations
from tests.pages.conftest import Service
from tests.pages.drafting import give_title, set_up_survey
from tests.pages.team_rounds import SURVEY
from tests.pages.team_rounds import UNITS as TEMPLATE_UNITS

PASSWORD = "four words without sense"
KIM = "kim@office.example"
UNITS = """id;parent;name_de;name_en;headcount
town;;Stadt;Town;600
culture;town;Kultur und Bildung;Culture and education;141
press;town;Presse;Press;9
order;town;Ordnung und Bürgerdienste;Public order and citizens' services;450
"""
READING = 60 / 184  # seconds a word, read aloud, mean of 17 languages; Trauzettel-Klosinski and Dietz 2012
FIRST_SURVEY = 20 * 60  # seconds in which it has to be set up


@pytest.fixture(scope="module", autouse=True)
def account(service: Service, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Of somebody new; and a survey that may be a template."""
    directory = tmp_path_factory.mktemp("template")
    (directory / "units.csv").write_text(TEMPLATE_UNITS, encoding="utf-8")
    (directory / "survey.toml").write_text(SURVEY, encoding="utf-8")

    async def prepare(installation: Installation) -> None:
        await add_account(installation, KIM, "project-team", PASSWORD)
        await create_survey(installation, directory / "survey.toml")

    service.run(prepare)


def sign_in(page: Page, service: Service, address: str = "/team/") -> None:
    page.goto(f"{service.url}{address}")
    page.get_by_label("E-Mail-Adresse").fill(KIM)
    page.get_by_label("Passwort").fill(PASSWORD)
    page.get_by_role("button", name="Anmelden").click()


def test_somebody_new_sets_up_a_first_survey_within_twenty_minutes_without_scripts(
    service: Service, browser: Browser, tmp_path: Path, pictures: Path
) -> None:
    (tmp_path / "units.csv").write_text(UNITS, encoding="utf-8")
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="de-DE", java_script_enabled=False)
    page = context.new_page()
    words: list[int] = []

    def count_words(loaded: Page) -> None:
        words.append(len(loaded.locator("main").inner_text().split()))

    page.on("domcontentloaded", count_words)
    began = monotonic()
    sign_in(page, service)

    def units() -> None:
        page.get_by_label("CSV-Datei").set_input_files(tmp_path / "units.csv")
        page.get_by_role("button", name="Einlesen").click()
        page.get_by_role("button", name=re.compile("Zusammenlegen.*Presse, Kultur und Bildung")).click()
        expect(page.get_by_role("row", name="Kultur und Bildung / Presse")).to_be_visible()
        page.screenshot(path=pictures / "draft-units.png", full_page=True)

    def schedule() -> None:
        page.get_by_label("Tag", exact=True).fill("2027-03-01")
        page.get_by_role("button", name="Termine zeigen").click()
        expect(page.get_by_text("öffnet Mittwoch, 1. September 2027, 08:00 Uhr")).to_be_visible()
        page.screenshot(path=pictures / "draft-schedule.png", full_page=True)

    def publication() -> None:
        page.get_by_role("button", name=re.compile("Aufnehmen.*Nach Organisationseinheit$")).click()
        page.screenshot(path=pictures / "draft-publication.png", full_page=True)

    def check() -> None:
        page.screenshot(path=pictures / "draft-check.png", full_page=True)
        page.remove_listener("domcontentloaded", count_words)  # the page after the last one shows what was set up

    read = set_up_survey(
        page,
        {
            "Titel": lambda: give_title(page, "Rückhalt 2027", "Backing 2027"),
            "Organisationseinheiten": units,
            "Zeitplan": schedule,
            "Veröffentlichung": publication,
            "Alles prüfen und anlegen": check,
        },
    )
    expect(page.get_by_role("heading", level=1)).to_have_text("Rückhalt 2027")
    clicking = monotonic() - began

    async def stored(installation: Installation) -> str:
        return (await read_approvals(installation, "rueckhalt-2027")).stored.sha256

    assert service.run(stored) == read
    # Every word of every page, read once. What people think and look up is not in it: this shows how much there is to
    # read, and nothing of people.
    assert clicking + READING * sum(words) < FIRST_SURVEY, (clicking, words)
    context.close()


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize(("scheme", "language"), [("light", "de"), ("dark", "en")])
def test_axe_finds_nothing_on_any_page_of_a_draft(
    service: Service, browser: Browser, tmp_path: Path, pictures: Path, width: int, scheme: Any, language: str
) -> None:
    (tmp_path / "wrong.csv").write_text("id;headcount\nA B;many\n", encoding="utf-8")

    async def begin(installation: Installation) -> tuple[str, str]:
        kim = installation.acting_for(KIM)
        return await start_draft(kim), await start_draft(kim, template="backing")

    empty, full = service.run(begin)
    context = browser.new_context(
        viewport={"width": width, "height": 900}, locale="de-DE", color_scheme=scheme, reduced_motion="reduce"
    )
    page = context.new_page()
    sign_in(page, service, "/team/surveys/new")
    page.goto(f"{service.url}/team/surveys/new?lang={language}")
    faults: dict[str, list[str]] = {}

    def look(name: str) -> None:
        page.screenshot(path=pictures / f"draft-{name}-{width}-{scheme}-{language}.png", full_page=True)
        if found := violations(page):
            faults[name] = found

    look("new")
    for name, address in {
        "begun": empty,
        "begun-check": f"{empty}/check",
        "tasks": full,
        **{step: f"{full}/{step}" for step in STEPS},
        "unit": f"{full}/units/order",
        "figures": f"{full}/publication/0",
        "check": f"{full}/check",
        "discard": f"{full}/discard",
        "preview": f"{full}/preview",
    }.items():
        page.goto(f"{service.url}/team/surveys/new/{address}")
        look(name)
    page.goto(f"{service.url}/team/surveys/new/{full}/units")
    page.locator("#file").set_input_files(tmp_path / "wrong.csv")
    page.locator("form[enctype] button").click()
    expect(page.get_by_role("alert")).to_be_visible()
    look("units-faults")
    context.close()
    assert faults == {}


def test_the_preview_asks_as_a_round_does_and_sends_nothing(service: Service, browser: Browser, pictures: Path) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="de-DE")
    page = context.new_page()
    sign_in(page, service)
    page.goto(f"{service.url}/team/questionnaires/pulse")
    phone = page.frame_locator("iframe.phone")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url))
    phone.get_by_role("button", name="Befragung beginnen").click()
    phone.get_by_label("Sprache").select_option("en")
    while not phone.get_by_role("heading", name="Check your answers").is_visible():
        if (answer := phone.get_by_role("radio").first).is_visible():
            answer.check()
        phone.locator(".actions .kern-btn--primary").last.click()
    page.screenshot(path=pictures / "preview-review.png")
    phone.locator(".kern-btn--primary").last.click()
    expect(phone.get_by_role("heading", level=1)).to_have_text("Here the answers would be sealed and handed in")
    assert sent == []
    context.close()
