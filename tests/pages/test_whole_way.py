"""The whole way, as a city goes it: from the first account to the report, in a browser, with sixty people in between."""

import asyncio
import csv
import io
import os
import random
import re
import subprocess
import sys
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any, cast

import httpx
from playwright.sync_api import Browser, Page, expect
from pypdf import PdfReader

from survey_service.domain.accounts import Email, account_id
from survey_service.operations.installation import DEMONSTRATION, Installation
from survey_service.operations.participate import Client
from survey_service.operations.plausible_answers import plausible_answers
from survey_service.operations.run_schedule import run_due
from tests.conftest import set_times
from tests.pages.axe import violations
from tests.pages.conftest import Service
from tests.pages.drafting import give_title, set_up_survey
from tests.pages.team_rounds import UNITS
from tests.second_factors import code_of

PASSWORD = "vier worte ohne sinn"
ADA, KIM, COUNCIL, PRIVACY = (f"{name}@stadt.example" for name in ("ada", "kim", "rat", "datenschutz"))
SURVEY_ID = "rueckhalt-2026"
PEOPLE = 60
CODES = 75
AT_ONCE = 8  # participants


def command(service: Service, *arguments: str | Path, typed: str = "") -> str:
    """What an operator does at the command line, in a process of its own."""
    environment = os.environ | {
        "SURVEY_DATA_DIR": str(service.settings.data_dir),
        "SURVEY_PORT": str(service.settings.port),
    }
    program = Path(sys.executable).with_name("survey-service")
    done = subprocess.run(
        [program, *arguments], env=environment, input=typed, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def own_browser(browser: Browser) -> Page:
    return browser.new_context(viewport={"width": 1280, "height": 900}, locale="de-DE").new_page()


def first_signed_in(service: Service, browser: Browser) -> Page:
    """The first account is the one that the command line makes."""
    (service.settings.data_dir / DEMONSTRATION).unlink()  # so that everybody needs a second factor
    command(service, "team", "add", ADA, "--role", "operator", "--password-stdin", typed=f"{PASSWORD}\n")
    page = own_browser(browser)
    page.goto(f"{service.url}/team/")
    page.get_by_label("E-Mail-Adresse").fill(ADA)
    page.get_by_label("Passwort").fill(PASSWORD)
    page.get_by_role("button", name="Anmelden").click()
    second_factor_set_up(page)
    return page


def second_factor_set_up(page: Page) -> None:
    page.get_by_text("Schlüssel abtippen").click()
    page.get_by_label("Code aus der App").fill(code_of(page.locator("p.mono").inner_text().replace(" ", "")))
    page.get_by_role("button", name="Einrichten").click()
    page.get_by_role("link", name="Ich habe sie").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Was ansteht")


def prepared(service: Service, ada: Page, email: str, role: str) -> str:
    """The code that Ada reads on her page and passes on."""
    ada.goto(f"{service.url}/team/accounts")
    ada.get_by_role("link", name="Konto vorbereiten").click()
    ada.get_by_label("E-Mail-Adresse").fill(email)
    ada.get_by_label(role).check()
    ada.get_by_role("button", name="Einrichtungscode erzeugen").click()
    return ada.locator("#code").inner_text()


def come_in(service: Service, browser: Browser, email: str, code: str) -> Page:
    """A browser of their own, in which they choose their password and set up their second factor."""
    page = own_browser(browser)
    page.goto(f"{service.url}/team/set-up")
    page.get_by_label("E-Mail-Adresse").fill(email)
    page.get_by_label("Einrichtungscode").fill(code)
    page.get_by_label("Passwort", exact=True).fill(PASSWORD)
    page.get_by_label("Passwort, noch einmal").fill(PASSWORD)
    page.get_by_role("button", name="Konto einrichten").click()
    second_factor_set_up(page)
    return page


async def everybody_takes_part(service: Service, round_id: str, codes: list[str]) -> list[str]:
    """Over HTTP, as their browsers would; the receipts."""
    async with Client(service.url, round_id) as client:
        terms = await client.terms()
        questionnaire = await client.questionnaire(terms)
    invented = plausible_answers(questionnaire, {"culture": 150, "order": 250, "works": 200}, 0, random.Random(7))
    todo = iter(list(zip(codes, islice(invented, len(codes)), strict=True)))
    receipts: list[str] = []

    async def one_after_another() -> None:
        async with Client(service.url, round_id) as client:
            for code, answers in todo:
                receipts.append(await client.participate(terms, questionnaire, code, answers))

    await asyncio.gather(*(one_after_another() for _ in range(AT_ONCE)))
    return receipts


async def two_weeks_pass(installation: Installation, round_id: str) -> None:
    await set_times(installation, round_id, opens=timedelta(days=-14), closes=timedelta(minutes=-11))
    await run_due(installation)


def test_a_city_goes_the_whole_way(service: Service, browser: Browser, tmp_path: Path, pictures: Path) -> None:
    ada = first_signed_in(service, browser)
    kim, council, privacy = (
        come_in(service, browser, email, prepared(service, ada, email, role))
        for email, role in (
            (KIM, "Projektteam"),
            (COUNCIL, "Prüfung für den Personalrat"),
            (PRIVACY, "Prüfung für den Datenschutz"),
        )
    )
    assert faults_of_accounts(service, ada, pictures) == {}
    set_up(kim, tmp_path)
    round_id = planned_and_approved(service, kim, (council, privacy))
    receipts = invited_and_answered(service, kim, round_id, tmp_path)
    staff = browser.new_context(viewport={"width": 390, "height": 844}, locale="de-DE").new_page()
    unsealed_and_published(service, kim, staff, round_id)
    kim.screenshot(path=pictures / "whole-way-results.png", full_page=True)
    read_by_the_council(kim)
    read_by_the_staff(service, staff)
    staff.screenshot(path=pictures / "whole-way-staff.png", full_page=True)
    assert service.run(lambda _: ballot_box(service, round_id)) == sorted(receipts)
    told_in_one_chain(service, council)


def faults_of_accounts(service: Service, ada: Page, pictures: Path) -> dict[str, list[str]]:
    """What axe finds on the pages of accounts, by page and appearance, on a phone and on a wide screen."""
    prepared(service, ada, "neue.person.mit.langem.namen@verwaltung.der.stadt.example", "Schlüsselhalter:in")
    kim = f"/team/accounts/{account_id(Email(KIM))}"
    pages = {"accounts": "/team/accounts", "prepare": "/team/accounts/new", "one": kim, "move": f"{kim}/disabling"}
    found: dict[str, list[str]] = {}

    def look(name: str) -> None:
        ada.screenshot(path=pictures / f"accounts-{name}.png", full_page=True)
        if faults := violations(ada):
            found[name] = faults

    look("code")
    for width, scheme, language in ((390, "dark", "en"), (1280, "light", "de")):
        ada.set_viewport_size({"width": width, "height": 900})
        ada.emulate_media(color_scheme=cast("Any", scheme))
        for name, address in {**pages, "set-up": "/team/set-up"}.items():
            ada.goto(f"{service.url}{address}?lang={language}")
            look(f"{name}-{width}-{scheme}")
    return found


def set_up(kim: Page, directory: Path) -> None:
    """The project team sets the survey up: rounds as they plan them, the server holds the key, two offices approve."""
    (directory / "units.csv").write_text(UNITS, encoding="utf-8")

    def units() -> None:
        kim.get_by_label("CSV-Datei").set_input_files(directory / "units.csv")
        kim.get_by_role("button", name="Einlesen").click()
        expect(kim.get_by_role("row", name="Bauen und Betriebe")).to_be_visible()

    def approvals() -> None:
        for office in ("Personalrat", "Datenschutz"):
            kim.get_by_label(office, exact=True).check()

    set_up_survey(
        kim,
        {
            "Titel": lambda: give_title(kim, "Rückhalt 2026", "Backing 2026"),
            "Organisationseinheiten": units,
            "Zeitplan": lambda: kim.get_by_label("Ohne Zeitplan").check(),
            "Veröffentlichung": lambda: kim.get_by_role(
                "button", name=re.compile("Aufnehmen.*Nach Organisationseinheit$")
            ).click(),
            "Schlüssel zu den Antworten": lambda: kim.get_by_label("Der Betrieb des Servers allein").check(),
            "Zustimmungen": approvals,
        },
    )


def planned_and_approved(service: Service, kim: Page, offices: tuple[Page, ...]) -> str:
    """The project team plans a round; it waits for both offices, and opens with the second of them."""
    kim.goto(f"{service.url}/team/surveys/{SURVEY_ID}")
    kim.get_by_role("link", name="Nächste Runde planen").click()
    kim.get_by_label("Eine Runde für die Beschäftigten").check()
    kim.get_by_role("button", name="Runde planen").click()
    kim.wait_for_url("**/team/rounds/*")
    for page in offices:
        expect(kim.get_by_text("Offen bis")).to_have_count(0)
        page.goto(f"{service.url}/team/surveys/{SURVEY_ID}")
        page.get_by_role("button", name="Zustimmen für").click()
        expect(page.get_by_role("button", name="Zustimmen für")).to_have_count(0)
        kim.reload()
    expect(kim.get_by_text("Offen bis").first).to_be_visible()
    return kim.url.rpartition("/")[2]


def invited_and_answered(service: Service, kim: Page, round_id: str, directory: Path) -> list[str]:
    """Codes leave by the operator, people take part, and the round ends by its schedule. Returns the receipts."""
    command(service, "invite", round_id, "--count", str(CODES), "--out", directory / "codes.csv")
    with (directory / "codes.csv").open(encoding="utf-8-sig", newline="") as file:
        codes = [line["code"] for line in csv.DictReader(file)]
    receipts = service.run(lambda _: everybody_takes_part(service, round_id, codes[:PEOPLE]))
    assert len(set(receipts)) == PEOPLE
    kim.reload()
    assert not re.search(rf"\b{PEOPLE}\b", kim.get_by_role("main").inner_text())  # while it is open, nothing but a band
    service.run(lambda installation: two_weeks_pass(installation, round_id))
    return receipts


def unsealed_and_published(service: Service, kim: Page, staff: Page, round_id: str) -> None:
    """The server, which holds the key alone, has unsealed it; tables are computed, reviewed and published."""
    here = f"{service.url}/team/rounds/{round_id}"
    kim.goto(f"{here}/unsealing")
    expect(kim.get_by_text("erledigt")).to_have_count(4)
    kim.goto(f"{here}/review")
    kim.get_by_role("button", name="Tabellen rechnen").click()
    expect(kim.get_by_text("Bestanden: Ein unabhängiges Programm")).to_be_visible(timeout=60_000)
    kim.get_by_role("link", name="Entwurf der Ergebnisse lesen").click()
    expect(kim.get_by_text("Entwurf: noch nicht veröffentlicht").first).to_be_visible()
    expect(kim.get_by_text(f"{PEOPLE} Antworten sind ausgewertet")).to_be_visible()
    answer = staff.goto(f"{service.url}/results/{round_id}")
    assert answer is not None
    assert answer.status == 404
    kim.goto(f"{here}/publication")
    kim.get_by_label("Den Überblick auch den Beschäftigten zeigen").check()
    assert violations(kim) == []
    kim.get_by_role("button", name="Ja, veröffentlichen").click()
    kim.get_by_role("link", name="Zu den Ergebnissen").click()
    expect(kim.get_by_role("heading", name="Was auffällt")).to_be_visible()


def read_by_the_council(kim: Page) -> None:
    """The city council gets the report."""
    with kim.expect_download() as saved:
        kim.get_by_role("link", name="Bericht (PDF)").click()
    report = PdfReader(io.BytesIO(saved.value.path().read_bytes()))
    said = " ".join(" ".join(page.extract_text().split()) for page in report.pages)
    assert f"{PEOPLE} Antworten sind ausgewertet" in said
    assert "Was sich verändert hat" in said


def read_by_the_staff(service: Service, staff: Page) -> None:
    """Whoever took part finds the overview from the first page, without an account."""
    link = staff.get_by_role("link", name="Rückhalt 2026")
    for _ in range(20):  # the service keeps its list of rounds for some seconds
        staff.goto(service.url)
        if link.count():
            break
        staff.wait_for_timeout(500)
    link.click()
    expect(staff.get_by_role("heading", level=1)).to_have_text("Was die Befragung ergeben hat")
    expect(staff.get_by_text(f"{PEOPLE} Antworten sind ausgewertet")).to_be_visible()
    assert staff.context.cookies() == []
    assert violations(staff) == []


def told_in_one_chain(service: Service, council: Page) -> None:
    """The staff council finds every deed in the audit log."""
    council.goto(f"{service.url}/team/audit-log")
    expect(council.get_by_text("Die Kette ist vollständig")).to_be_visible()
    told = council.get_by_role("main").locator(".audit__entry").all_inner_texts()
    for deed in (
        "Konto vorbereitet",
        "Befragung angelegt",
        "Befragung zugestimmt",
        "Urne entsiegelt",
        "Tabellen veröffentlicht",
    ):
        assert any(deed in entry for entry in told), deed


async def ballot_box(service: Service, round_id: str) -> list[str]:
    """The receipts that anybody can read."""
    async with httpx.AsyncClient(trust_env=False) as client:
        found = (await client.get(f"{service.url}/api/rounds/{round_id}/ballot-box")).json()
    return [str(receipt) for receipt in found["receipts"]]
