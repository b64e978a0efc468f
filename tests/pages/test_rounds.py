"""The pages of rounds in a real browser: each of them in every width and scheme, and moved without a script."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from survey_service.domain.accounts import Email
from survey_service.operations.close_round import close_round
from survey_service.operations.create_survey import create_survey
from survey_service.operations.hold_share import prove_share
from survey_service.operations.installation import Installation
from survey_service.operations.manage_accounts import add_account
from survey_service.operations.prepare_round import add_trustee, prepare_round
from survey_service.operations.release_tables import propose_release
from survey_service.operations.review_comments import Decision, decide
from tests.conftest import SURVEY
from tests.operations.commented_rounds import remarks, unsealed_with_remarks
from tests.operations.participants import GitHub, take_part
from tests.pages.axe import violations
from tests.pages.conftest import Service
from tests.pages.team_rounds import answer, counted, plan_next_round, released_rehearsal

EMAIL = "kim@example.org"
ADA = Email("ada@example.org")
PASSWORD = "vier worte ohne sinn"
TRUSTEES = (EMAIL, "council@example.org", "privacy@example.org")
PASSPHRASE = "fünf worte die keiner rät"


class Rounds(NamedTuple):
    """Ids of rounds: open with a band, in the hands of trustees, unsealed with remarks and a draft, released, withdrawn."""

    open: str
    held: str
    remarked: str
    released: str


@pytest.fixture(scope="module")
def rounds(service: Service, tmp_path_factory: pytest.TempPathFactory) -> Rounds:
    directory = tmp_path_factory.mktemp("rounds")

    async def prepare(installation: Installation) -> Rounds:
        for email in (EMAIL, ADA):
            await add_account(installation, email, "project-team", PASSWORD)
        await add_account(installation, "it@example.org", "operator", PASSWORD)
        for email in TRUSTEES[1:]:
            await add_account(installation, email, "trustee", PASSWORD)
        released = await released_rehearsal(installation, directory, people=240)
        opened = await plan_next_round(installation)
        await answer(installation, opened, people=70)
        await counted(installation, opened.round_id)
        remarked = await unsealed_with_remarks(installation, directory, remarks(12))
        said = [Decision(item_id="remark", place=place, accepted=place != 3, blackened=(1,)) for place in range(5)]
        await decide(installation, remarked.round_id, ADA, said)
        await propose_release(installation, remarked.round_id)
        return Rounds(
            open=opened.round_id,
            held=await held(installation, directory),
            remarked=remarked.round_id,
            released=released.round_id,
        )

    return service.run(prepare)


async def held(installation: Installation, directory: Path) -> str:
    """A closed round in the hands of trustees."""
    file = directory / "held.toml"
    file.write_text('custody = "2 of 3 trustees"\n' + SURVEY.format(survey_id="held", roster_size=100))
    await create_survey(installation, file)
    waiting = await prepare_round(installation, "held", TRUSTEES)
    for email in TRUSTEES:
        await add_trustee(installation, waiting.round_id, email, PASSPHRASE)
    for email in TRUSTEES:
        found = await prove_share(installation, waiting.round_id, email, PASSPHRASE)
    await take_part(installation, found, [GitHub] * 12)
    await close_round(installation, found.round_id)
    return found.round_id


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Without a script, as all of the team's pages have to work."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="de-DE", java_script_enabled=False)
    yield context.new_page()
    context.close()


def sign_in(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_label("E-Mail-Adresse").fill(EMAIL)
    page.get_by_label("Passwort").fill(PASSWORD)
    page.get_by_role("button", name="Anmelden").click()
    expect(page.get_by_role("button", name="Abmelden")).to_be_visible()


def test_a_text_is_read_blacked_out_and_let_out_by_keyboard_alone(service: Service, rounds: Rounds, page: Page) -> None:
    sign_in(page, f"{service.url}/team/rounds/{rounds.remarked}/comments")
    page.get_by_role("link", name="Nächsten Text lesen").press("Enter")
    expect(page.get_by_text("ada@example.org gibt ihn frei")).to_be_visible()
    expect(page.get_by_role("checkbox", name="Meier")).to_be_checked()
    page.get_by_role("checkbox", name="Zimmer").press("Space")
    page.get_by_role("button", name="Den Rest freigeben").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Text 2")
    page.goto(f"{service.url}/team/rounds/{rounds.remarked}/comments/remark/0")
    expect(page.get_by_text("nicht in denselben Worten")).to_be_visible()
    page.get_by_role("checkbox", name="Zimmer").press("Space")
    page.get_by_role("button", name="Den Rest freigeben").press("Enter")
    page.goto(f"{service.url}/team/rounds/{rounds.remarked}/comments/remark/0")
    expect(page.get_by_text("Zwei Personen sind sich einig")).to_be_visible()


def test_a_round_is_extended_after_its_page_has_asked(service: Service, rounds: Rounds, page: Page) -> None:
    sign_in(page, f"{service.url}/team/rounds/{rounds.open}")
    expect(page.get_by_text("rund 10 % haben teilgenommen").first).to_be_visible()
    page.get_by_role("link", name="Verlängern").click()
    field = page.get_by_label("Neues Ende")
    field.fill("2020-01-01T18:00")
    page.get_by_role("button", name="Ja, später enden lassen").click()
    expect(page.get_by_role("alert")).to_contain_text("liegt nicht nach dem alten")
    field.fill("2099-12-24T18:00")
    page.get_by_role("button", name="Ja, später enden lassen").click()
    expect(page.get_by_text("Offen bis Donnerstag, 24. Dezember 2099, 18:00 Uhr").first).to_be_visible()


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_nothing_runs_over_the_edge(
    service: Service, rounds: Rounds, browser: Browser, pictures: Path, width: int, scheme: Any
) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 900}, locale="de-DE", color_scheme=scheme, reduced_motion="reduce"
    )
    page = context.new_page()
    sign_in(page, f"{service.url}/team/")
    found = {
        name: seen(page, service, path, pictures / f"{name}-{width}-{scheme}.png")
        for name, path in {
            "home": "",
            "plan": "surveys/held/plan",
            "open": f"rounds/{rounds.open}",
            "extend": f"rounds/{rounds.open}/extend",
            "end": f"rounds/{rounds.open}/end",
            "start-refused": f"rounds/{rounds.open}/start",
            "held": f"rounds/{rounds.held}",
            "unsealing": f"rounds/{rounds.held}/unsealing",
            "unsealed": f"rounds/{rounds.remarked}",
            "review": f"rounds/{rounds.remarked}/review",
            "draft": f"rounds/{rounds.remarked}/review/results",
            "comments": f"rounds/{rounds.remarked}/comments",
            "comment": f"rounds/{rounds.remarked}/comments/remark/4",
            "publication": f"rounds/{rounds.remarked}/publication",
            "released": f"rounds/{rounds.released}",
            "withdrawal": f"rounds/{rounds.released}/withdrawal",
        }.items()
    }
    context.close()
    assert {name: faults for name, faults in found.items() if faults} == {}


def seen(page: Page, service: Service, path: str, picture: Path) -> list[str]:
    page.goto(f"{service.url}/team/{path}")
    page.screenshot(path=picture, full_page=True)
    return violations(page)


def test_what_was_withdrawn_says_why_where_it_stood(service: Service, rounds: Rounds, context: BrowserContext) -> None:
    page = context.new_page()
    sign_in(page, f"{service.url}/team/rounds/{rounds.released}/withdrawal")
    page.get_by_label("Warum?").fill("Ein Amt ist falsch benannt.")
    page.get_by_role("button", name="Ja, zurückziehen").click()
    page.goto(f"{service.url}/team/rounds/{rounds.released}/results")
    expect(page.get_by_role("heading", name="Die Veröffentlichung wurde zurückgezogen")).to_be_visible()
    expect(page.get_by_text("Grund: Ein Amt ist falsch benannt.")).to_be_visible()
    assert violations(page) == []
