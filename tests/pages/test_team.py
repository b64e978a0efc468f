"""The team's pages in a real browser: signing in, reading what is released, taking it along, signing out."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, FilePayload, Page, expect

from survey_service.domain.rounds import Round
from survey_service.exports import delimited, json_document
from survey_service.operations.compare_municipalities import ReleaseFile
from survey_service.operations.installation import Installation
from survey_service.operations.manage_accounts import add_account
from survey_service.operations.release_tables import read_release
from tests.pages.axe import violations
from tests.pages.conftest import Service
from tests.pages.team_rounds import answer, counted, plan_next_round, released_rehearsal
from tests.team.test_municipalities import CITIES

EMAIL = "kim@example.org"
PASSWORD = "vier worte ohne sinn"
PEOPLE = 240


@pytest.fixture(scope="module")
def rounds(service: Service, tmp_path_factory: pytest.TempPathFactory) -> tuple[Round, Round]:
    """A released rehearsal, and a round that is open."""
    directory = tmp_path_factory.mktemp("backing")

    async def prepare(installation: Installation) -> tuple[Round, Round]:
        await add_account(installation, EMAIL, "project-team", PASSWORD)
        released = await released_rehearsal(installation, directory, people=PEOPLE)
        opened = await plan_next_round(installation)
        await answer(installation, opened, people=70)
        await counted(installation, opened.round_id)
        return released, opened

    return service.run(prepare)


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page that asks for nothing elsewhere and whose console stays empty."""
    opened = context.new_page()
    asked: list[str] = []
    said: list[str] = []
    opened.on("request", lambda request: asked.append(request.url))
    opened.on("console", lambda message: said.append(message.text))
    yield opened
    assert [url for url in asked if not url.startswith(("http://127.0.0.1:", "data:"))] == []
    # That the browser itself notes a refused sign-in is no fault of the page.
    assert [text for text in said if "status of 403" not in text] == []


def sign_in(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_label("E-Mail-Adresse").fill(EMAIL)
    page.get_by_label("Passwort").fill(PASSWORD)
    page.get_by_role("button", name="Anmelden").click()
    page.wait_for_url(lambda url: "sign-in" not in url)


def test_one_signs_in_reads_a_round_takes_its_tables_along_and_signs_out(
    service: Service, rounds: tuple[Round, Round], page: Page, context: BrowserContext
) -> None:
    released, opened = rounds
    sign_in(page, f"{service.url}/team/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Was ansteht")
    entry = page.get_by_role("listitem").filter(has_text=opened.round_id)
    expect(entry).to_contain_text("rund 10 % haben teilgenommen")
    page.get_by_role("listitem").filter(has_text=released.round_id).get_by_role("link").click()
    expect(page.get_by_text("Probelauf: erfundene Antworten").first).to_be_visible()
    page.get_by_role("link", name="Zu den Ergebnissen").click()
    expect(page.get_by_role("heading", name="Was auffällt")).to_be_visible()
    expect(page.get_by_text("240 Antworten sind ausgewertet")).to_be_visible()

    document = service.run(lambda installation: read_release(installation, released.round_id))
    assert downloaded(page, "Werte (JSON)") == json_document.render(document)
    assert downloaded(page, "Werte (CSV)") == delimited.render(document)

    assert all(cookie["httpOnly"] and cookie["sameSite"] == "Strict" for cookie in context.cookies())
    assert "team" in names(context)
    page.get_by_role("button", name="Abmelden").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Anmelden")
    assert "team" not in names(context)
    page.goto(f"{service.url}/team/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Anmelden")


def test_what_the_charts_and_their_tables_say_is_what_is_released(
    service: Service, rounds: tuple[Round, Round], page: Page
) -> None:
    sign_in(page, f"{service.url}/team/rounds/{rounds[0].round_id}/results")
    document = service.run(lambda installation: read_release(installation, rounds[0].round_id))
    (row,) = next(t for t in document.tables if t.figure == "hostility-any" and not t.dimensions).rows
    cell = next(cell for cell in row.cells if cell.option == "any")
    written = f"{cell.share * 100:.1f}\N{NO-BREAK SPACE}%".replace(".", ",")
    card = page.locator("#prevalence-hostility-any")
    expect(card.get_by_role("img", name="Mindestens eine Form von Anfeindung erlebt")).to_be_visible()
    expect(card.locator("svg .chart__value").first).to_have_text(written)
    card.get_by_text("Zahlen als Tabelle").click()
    expect(card.get_by_role("row").nth(1)).to_contain_text(f"{row.n}{cell.count}{written}")
    charts = page.locator("svg.chart, svg.picture")
    assert charts.count() > 10
    assert charts.count() == page.locator("svg[role=img] > title").count() == page.locator("svg > desc").count()
    assert charts.count() == page.locator(".card:has(svg) table").count()  # a table beside every chart


def test_the_page_is_read_in_english_for_the_rest_of_the_session(
    service: Service, rounds: tuple[Round, Round], page: Page
) -> None:
    sign_in(page, f"{service.url}/team/rounds/{rounds[0].round_id}/results")
    page.get_by_role("link", name="English").click()
    expect(page.get_by_role("heading", name="What stands out")).to_be_visible()
    page.goto(f"{service.url}/team/")
    expect(page.get_by_role("heading", level=1)).to_have_text("What is next")
    expect(page.get_by_text("about 10% have taken part")).to_be_visible()


def test_the_results_lead_to_why_figures_are_hidden_and_its_example_adds_up(
    service: Service, rounds: tuple[Round, Round], page: Page
) -> None:
    sign_in(page, f"{service.url}/team/rounds/{rounds[0].round_id}/results")
    page.get_by_role("main").get_by_role("link", name="Warum Zahlen verdeckt sind").last.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Warum Zahlen verdeckt sind")
    counted, alone, together = page.get_by_role("table").all()
    everyone, *offices = [int(text) for text in counted.locator("td").all_inner_texts()]
    assert everyone == sum(offices)
    assert alone.locator("td.is-hidden").count() == 1
    assert together.locator("td.is-hidden").count() == 2
    small = min(offices)
    expect(page.get_by_text(f"{everyone} \N{MINUS SIGN} {everyone - small} = {small}")).to_be_visible()


def test_a_wrong_password_says_what_to_do_and_keeps_the_address(service: Service, page: Page) -> None:
    page.goto(f"{service.url}/team/sign-in")
    page.get_by_label("E-Mail-Adresse").fill("nobody@example.org")
    page.get_by_label("Passwort").fill("not this one at all")
    page.get_by_role("button", name="Anmelden").click()
    expect(page.get_by_role("alert")).to_contain_text("E-Mail-Adresse oder Passwort stimmt nicht")
    expect(page.get_by_label("E-Mail-Adresse")).to_have_value("nobody@example.org")
    assert page.title().startswith("Problem: ")


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_nothing_runs_over_the_edge(
    service: Service, rounds: tuple[Round, Round], browser: Browser, pictures: Path, width: int, scheme: Any
) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 900}, locale="de-DE", color_scheme=scheme, reduced_motion="reduce"
    )
    page = context.new_page()
    addresses = [f"{service.url}/team/rounds/{found.round_id}/results" for found in rounds]
    page.goto(addresses[0])
    found = {"sign-in": violations(page)}
    sign_in(page, addresses[0])
    found["results"] = violations(page)
    page.screenshot(path=pictures / f"team-{width}-{scheme}.png", full_page=True)
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    found["every table open"] = violations(page)
    others = {
        "nothing yet": addresses[1],
        "round": f"{service.url}/team/rounds/{rounds[0].round_id}",
        "overview": f"{service.url}/team/",
        "hidden": f"{service.url}/team/hidden",
        "measures": f"{service.url}/team/measures",
        "unit": f"{service.url}/team/rounds/{rounds[0].round_id}/units/order",
        "staff": f"{service.url}/results/{rounds[0].round_id}",
        "staff in English": f"{service.url}/results/{rounds[0].round_id}/en",
    }
    for name, address in others.items():
        page.goto(address)
        found[name] = violations(page)
    page.goto(f"{service.url}/team/benchmark")
    found["no cities yet"] = violations(page)
    page.get_by_label("Veröffentlichte Dateien").set_input_files(_files(CITIES[:1]))
    page.get_by_role("button", name="Vergleichen").click()
    expect(page.get_by_role("alert")).to_contain_text("Zu wenige Dateien: 1.")
    found["too few cities"] = violations(page)
    page.screenshot(path=pictures / f"benchmark-refused-{width}-{scheme}.png", full_page=True)
    page.get_by_label("Veröffentlichte Dateien").set_input_files(_files(CITIES))
    page.get_by_role("button", name="Vergleichen").click()
    expect(page.get_by_role("status")).to_have_text("Verglichen werden Adorf, Bdorf und Cdorf.")
    found["cities"] = violations(page)
    page.screenshot(path=pictures / f"benchmark-{width}-{scheme}.png", full_page=True)
    context.close()
    assert {name: faults for name, faults in found.items() if faults} == {}


def _files(cities: Sequence[ReleaseFile]) -> list[FilePayload]:
    return [{"name": each.name, "mimeType": "application/json", "buffer": each.content} for each in cities]


def names(context: BrowserContext) -> set[str]:
    """Of the cookies; that of the session is called `team`."""
    return {cookie["name"] for cookie in context.cookies() if "name" in cookie}


def downloaded(page: Page, link: str) -> bytes:
    with page.expect_download() as saved:
        page.get_by_role("link", name=link).click()
    return saved.value.path().read_bytes()
