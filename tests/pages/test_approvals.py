"""An office reads a survey and approves it; participants see who approved what; the round opens then."""

import hashlib
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from survey_service.domain.accounts import Email
from survey_service.domain.rounds import Round
from survey_service.operations.approve_survey import approve_survey, read_approvals
from survey_service.operations.create_round import create_round
from survey_service.operations.create_survey import create_survey
from survey_service.operations.installation import Installation
from survey_service.operations.manage_accounts import add_account
from tests.pages.axe import violations
from tests.pages.conftest import Service
from tests.pages.team_rounds import SURVEY, UNITS

PASSWORD = "four words without sense"
COUNCIL, PRIVACY, READER = "council@office.example", "privacy@office.example", "kim@office.example"


@pytest.fixture(scope="module")
def found(service: Service, tmp_path_factory: pytest.TempPathFactory) -> Round:
    """A round that waits for the staff council; data protection has approved."""
    directory = tmp_path_factory.mktemp("approvals")
    (directory / "units.csv").write_text(UNITS, encoding="utf-8")
    demands = 'approvals = ["staff-council", "data-protection"]\ncustody = "server"\n'
    (directory / "survey.toml").write_text(demands + SURVEY, encoding="utf-8")

    async def prepare(installation: Installation) -> Round:
        stored = await create_survey(installation, directory / "survey.toml")
        await add_account(installation, COUNCIL, "auditor", PASSWORD, office="staff-council")
        await add_account(installation, PRIVACY, "auditor", PASSWORD, office="data-protection")
        await add_account(installation, READER, "project-team", PASSWORD)
        planned = await create_round(installation, "backing")
        await approve_survey(installation, "backing", sha256=stored.sha256, email=Email(PRIVACY))
        return planned

    return service.run(prepare)


def sign_in(page: Page, service: Service, email: str) -> None:
    page.goto(f"{service.url}/team/surveys/backing")
    page.get_by_label("E-Mail-Adresse").fill(email)
    page.get_by_label("Passwort").fill(PASSWORD)
    page.get_by_role("button", name="Anmelden").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Rückhalt 2026")


@pytest.mark.usefixtures("found")
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["de", "en"])
def test_axe_finds_nothing_where_a_survey_is_approved(
    service: Service, browser: Browser, pictures: Path, width: int, scheme: Any, language: str
) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 900}, locale="de-DE", color_scheme=scheme, reduced_motion="reduce"
    )
    page = context.new_page()
    sign_in(page, service, COUNCIL)
    page.goto(f"{service.url}/team/surveys/backing?lang={language}")
    page.screenshot(path=pictures / f"survey-{width}-{scheme}-{language}.png", full_page=True)
    faults = violations(page)
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    faults += violations(page)
    context.close()
    assert faults == []


@pytest.mark.usefixtures("found")
def test_who_speaks_for_no_office_sees_no_button(service: Service, browser: Browser) -> None:
    context = browser.new_context(locale="de-DE")
    page = context.new_page()
    sign_in(page, service, READER)
    expect(page.get_by_text("Personalrat: fehlt noch")).to_be_visible()
    assert page.locator('form[action$="/approval"]').count() == 0
    context.close()


def test_the_round_opens_with_the_last_approval_and_participants_see_who_approved_what(
    service: Service, found: Round, browser: Browser, pictures: Path
) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="de-DE")
    page = context.new_page()
    page.goto(f"{service.url}/r/{found.round_id}")
    expect(page.get_by_role("button", name="Befragung beginnen")).to_have_count(0)
    sign_in(page, service, COUNCIL)
    page.get_by_role("button", name="Zustimmen für: Personalrat").press("Enter")
    expect(page.get_by_text(COUNCIL).first).to_be_visible()
    expect(page.get_by_role("button", name="Zustimmen für")).to_have_count(0)

    async def read(installation: Installation) -> int:
        return len((await read_approvals(installation, "backing")).approvals)

    assert service.run(read) == 2
    page.wait_for_timeout(5_500)  # for which the service keeps the approvals of a round
    anyone = browser.new_context(viewport={"width": 390, "height": 844}, locale="de-DE").new_page()
    anyone.goto(f"{service.url}/r/{found.round_id}")
    expect(anyone.get_by_role("heading", name="Wer zugestimmt hat")).to_be_visible()
    main = anyone.get_by_role("main")
    expect(main).to_contain_text("Der Schlüssel zu den Antworten liegt beim Betreiber des Servers.")
    for told in ("der Personalrat am ", "die Stelle für Datenschutz am ", "Gruppen ab 10 Personen", "beim Betreiber"):
        expect(main).to_contain_text(told)
    expect(main).to_contain_text(hashlib.sha256(found.definition).hexdigest())
    assert COUNCIL not in anyone.content()
    anyone.screenshot(path=pictures / "approved-participant.png", full_page=True)
    assert violations(anyone) == []
    anyone.get_by_label("Sprache").select_option("en")
    expect(main).to_contain_text("the staff council on ")
    anyone.context.close()
    context.close()
