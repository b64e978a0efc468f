"""Every page and step: no violation that axe finds, by keyboard alone, and legible without scripts."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from survey_service.domain.invitations import Invitation
from survey_service.domain.rounds import Round
from survey_service.operations.close_round import close_round
from tests.pages.conftest import Service
from tests.pages.participant import TITLE, Participant, open_round

WIDTHS = (390, 1280)
SCHEMES = ("light", "dark")
NARROWEST, WIDEST = 360, 1920

RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}

PAGES = ("", "help", "privacy", "accessibility", "imprint", "receipt", "nothing-here")


@pytest.fixture(scope="module")
def opened(service: Service, tmp_path_factory: pytest.TempPathFactory) -> tuple[Round, list[Invitation]]:
    return service.run(open_round(tmp_path_factory.mktemp("tea"), 10))


@pytest.fixture(scope="module")
def links(opened: tuple[Round, list[Invitation]]) -> list[str]:
    return [invitation.link for invitation in opened[1]]


def faults_of(page: Page) -> list[str]:
    """What axe finds, in every colour scheme and width, and whatever is wider than the screen."""
    found = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            violations = Axe().run(page, options=RULES).response["violations"]
            found += [
                f"{page.url} {width} {scheme}: {violation['id']} at {node['target']}"
                for violation in violations
                for node in violation["nodes"]
            ]
    for width in (NARROWEST, WIDEST):
        page.set_viewport_size({"width": width, "height": 900})
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            found.append(f"{page.url} {width}: something is wider than the screen")
    return found


def test_every_step_is_accessible(context: BrowserContext, links: list[str]) -> None:
    person = Participant(context)
    page = person.page
    found = []
    person.open(links[0].split("#")[0])
    person.press("Befragung beginnen")  # without a code
    found += faults_of(page)
    page.get_by_label("Einladungscode").fill(links[0].split("#")[1])
    person.press("Befragung beginnen")
    person.sees("In der Teeküche")
    found += faults_of(page)
    person.press("Weiter zu den Fragen")
    person.choose("Jemand hat mit mir gestritten.", "Oft")
    person.choose("Jemand hat mich angeschrien.", "Möchte ich nicht sagen")
    found += faults_of(page)
    person.press("Weiter")
    person.choose("Worum ging es?", "Um die Milch")
    found += faults_of(page)
    person.press("Weiter")
    page.get_by_label("Wie viele Tassen am Tag?").fill("many")
    person.press("Weiter")
    page.locator("summary").click()
    found += faults_of(page)
    page.get_by_label("Wie viele Tassen am Tag?").fill("2")
    person.press("Weiter")
    person.sees("Ihre Antworten prüfen")
    found += faults_of(page)
    page.route("**/credentials", lambda route: route.abort())
    person.press("Antworten absenden")
    person.sees("Ihre Antworten werden abgegeben")
    found += faults_of(page)
    assert "\n".join(found) == ""


def test_the_receipt_and_a_refused_code_are_accessible(context: BrowserContext, links: list[str]) -> None:
    found = []
    for heading in ("Danke. Ihre Antwort liegt in der Urne.", "Dieser Code ist schon benutzt"):
        person = Participant(context)
        person.open(links[1])
        person.answer_all()
        person.press("Antworten absenden")
        person.sees(heading)
        found += faults_of(person.page)
    assert "\n".join(found) == ""


def test_every_other_page_is_accessible(service: Service, context: BrowserContext, tmp_path: Path) -> None:
    frozen, _ = service.run(open_round(tmp_path, 0))
    service.run(lambda installation: close_round(installation, frozen.round_id))
    page = context.new_page()
    found = []
    for name in (*PAGES, f"recount/{frozen.round_id}"):
        page.goto(f"{service.url}/{name}")
        expect(page.locator("h1:visible")).to_be_visible()
        found += faults_of(page)
    page.get_by_role("button", name="Urne nachzählen").click()
    expect(page.locator("#outcome .alert")).to_be_visible()
    found += faults_of(page)
    assert "\n".join(found) == ""


def test_the_keyboard_alone_is_enough(context: BrowserContext, links: list[str]) -> None:
    person = Participant(context)
    page = person.page
    keys = page.keyboard

    def go_to(name: str) -> None:
        for _ in range(60):
            keys.press("Tab")
            if page.evaluate("document.activeElement.innerText || document.activeElement.value").strip() == name:
                return
        raise AssertionError(f"The keyboard does not reach {name}")

    person.open(links[2])
    keys.press("Tab")
    go_to("Befragung beginnen")
    keys.press("Enter")
    person.sees("In der Teeküche")
    expect(page.locator("h1")).to_be_focused()
    go_to("Weiter zu den Fragen")
    keys.press("Enter")
    go_to("never")
    keys.press("Space")
    keys.press("ArrowDown")
    keys.press("ArrowDown")
    expect(page.get_by_role("group", name="mit mir gestritten").get_by_label("Oft")).to_be_checked()
    go_to("Löschen")
    keys.press("Enter")
    expect(page.get_by_role("group", name="mit mir gestritten").get_by_label("Oft")).not_to_be_checked()
    expect(page.get_by_role("group", name="mit mir gestritten").get_by_label("Oft")).to_be_focused()
    for heading in ("Tassen", "Ihre Antworten prüfen"):
        go_to("Weiter")
        keys.press("Enter")
        person.sees(heading)
    go_to("Antworten absenden")
    keys.press("Enter")
    person.sees("Danke. Ihre Antwort liegt in der Urne.")
    expect(page.locator("h1")).to_be_focused()


def test_rows_are_easy_to_hit_and_letters_large(context: BrowserContext, links: list[str]) -> None:
    person = Participant(context)
    person.open(links[3])
    person.begin()
    rows = person.page.locator(".choice, .kern-btn, .text-button, .clear, .exit, summary")
    heights = rows.evaluate_all("rows => rows.map((row) => row.getBoundingClientRect().height)")
    sizes = person.page.locator(".choices:not(.choices--apart) .choice").evaluate_all(
        "rows => rows.map((row) => getComputedStyle(row).fontSize)"
    )
    assert min(heights) >= 44
    assert min(person.page.locator(".choice").evaluate_all("all => all.map((one) => one.offsetHeight)")) >= 48
    assert set(sizes) == {"18px"}


def test_without_scripts_the_page_says_why_and_shows_who_helps(
    service: Service, browser: Browser, links: list[str]
) -> None:
    context = browser.new_context(java_script_enabled=False, locale="de-DE")
    page = context.new_page()
    page.goto(links[4])
    expect(page.get_by_text("Ihre Antworten werden auf Ihrem Gerät verschlüsselt")).to_be_visible()
    expect(page.get_by_text("your answers are encrypted on your device")).to_be_visible()
    expect(page.get_by_role("link", name="110").first).to_be_visible()
    page.goto(f"{service.url}/help")
    expect(page.get_by_role("link", name="110").first).to_be_visible()
    context.close()


def test_pages_are_the_same_for_everyone(context: BrowserContext, links: list[str]) -> None:
    address = links[0].split("#")[0]
    answers = [
        context.request.get(address, headers={"accept-language": language, "accept": "text/html"})
        for language in ("de", "en", "tr")
    ]
    assert len({answer.body() for answer in answers}) == 1
    assert len({answer.headers["etag"] for answer in answers}) == 1
    for answer in answers:
        assert "set-cookie" not in answer.headers
        assert "'unsafe-inline'" not in answer.headers["content-security-policy"]
        assert "require-trusted-types-for 'script'" in answer.headers["content-security-policy"]
    assert TITLE in answers[0].text()
