"""Signing in with a second factor in a real browser: set up, given, lost; read by a camera as it stands on the page."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import segno
from playwright.sync_api import Browser, BrowserContext, Page, expect

from survey_service.operations.installation import DEMONSTRATION, Installation
from survey_service.operations.manage_accounts import add_account, reset_second_factor
from tests.pages.axe import violations
from tests.pages.conftest import Service
from tests.second_factors import code_of

EMAIL = "kim@example.org"
PASSWORD = "vier worte ohne sinn"


@pytest.fixture(scope="module", autouse=True)
def account(service: Service) -> None:
    (service.settings.data_dir / DEMONSTRATION).unlink()

    async def prepare(installation: Installation) -> None:
        for email in (EMAIL, "ada@example.org"):  # who could stand in
            await add_account(installation, email, "operator", PASSWORD)

    service.run(prepare)


@pytest.fixture(params=["light", "dark"])
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="de-DE", color_scheme=request.param)
    yield context.new_page()
    context.close()


def test_one_sets_the_second_factor_up_signs_in_with_it_and_without_the_phone(
    service: Service, page: Page, pictures: Path
) -> None:
    found: dict[str, list[str]] = {}
    colours = "dark" if page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches") else "light"

    def looked_at(name: str) -> None:
        for width in (390, 1280):
            page.set_viewport_size({"width": width, "height": 844})
            page.screenshot(path=pictures / f"{name}-{colours}-{width}.png", full_page=True)
        found[name] = violations(page)

    give_password(page, service)
    if page.get_by_role("heading", level=1).inner_text() == "Zweiter Faktor":
        service.run(_reset)  # by the test in the other colours
        give_password(page, service)
    expect(page.get_by_role("heading", level=1)).to_have_text("Zweiten Faktor einrichten")
    page.get_by_text("Schlüssel abtippen").click()
    looked_at("set-up")
    secret = page.locator("p.mono").inner_text().replace(" ", "")
    assert page.get_by_role("img", name="QR-Code").bounding_box() is not None
    page.get_by_label("Code aus der App").fill(code_of(secret, ahead=30))
    page.get_by_role("button", name="Einrichten").click()
    expect(page.get_by_role("alert")).to_contain_text("Dieser Code stimmt nicht")
    page.get_by_label("Code aus der App").fill(code_of(secret))
    page.get_by_role("button", name="Einrichten").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ihre Wiederherstellungscodes")
    looked_at("recovery")
    codes = page.locator("ol.codes li").all_inner_texts()
    assert len(codes) == 10
    page.get_by_role("link", name="Ich habe sie").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Was ansteht")
    page.get_by_role("button", name="Abmelden").click()
    give_password(page, service)
    expect(page.get_by_role("heading", level=1)).to_have_text("Zweiter Faktor")
    looked_at("code")
    page.get_by_label("Code aus der App").fill(code_of(secret, ahead=1))
    page.get_by_role("button", name="Weiter").click()
    page.goto(f"{service.url}/team/account")
    looked_at("account")
    page.get_by_role("button", name="Abmelden").click()
    give_password(page, service)
    page.get_by_label("Code aus der App").fill(codes[0])
    page.get_by_role("button", name="Weiter").click()
    page.goto(f"{service.url}/team/account")
    expect(page.locator("main")).to_contain_text("Wiederherstellungscodes: 9")
    assert found == {name: [] for name in found}


def test_the_picture_says_what_an_app_needs(service: Service, context: BrowserContext) -> None:
    """Not by a camera, but module by module: the path drawn is the code of the link below it."""
    service.run(_reset)
    page = context.new_page()
    give_password(page, service)
    link = page.get_by_role("link", name="Auf diesem Gerät").get_attribute("href") or ""
    drawn = page.locator("svg.qr path").get_attribute("d") or ""
    modules = {
        (row, column)
        for row, line in enumerate(segno.make(link, error="m", micro=False).matrix_iter(border=4))
        for column, is_dark in enumerate(line)
        if is_dark
    }
    assert {(int(row), int(column)) for column, row in re.findall(r"M(\d+) (\d+)h1v1h-1z", drawn)} == modules


def give_password(page: Page, service: Service) -> None:
    page.goto(f"{service.url}/team/sign-in")
    page.get_by_label("E-Mail-Adresse").fill(EMAIL)
    page.get_by_label("Passwort").fill(PASSWORD)
    page.get_by_role("button", name="Anmelden").click()


async def _reset(installation: Installation) -> None:
    await reset_second_factor(installation, EMAIL)
