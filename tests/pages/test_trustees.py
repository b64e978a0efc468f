"""Three trustees, each in a browser of their own: passphrase, rehearsal, ballot box, share."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from survey_service.domain.accounts import AccountRole
from survey_service.domain.rounds import Round
from survey_service.operations.close_round import close_round
from survey_service.operations.create_survey import create_survey
from survey_service.operations.hold_share import prove_share
from survey_service.operations.installation import Installation
from survey_service.operations.manage_accounts import add_account
from survey_service.operations.prepare_round import add_trustee, prepare_round
from survey_service.store import rounds as store
from tests.conftest import SURVEY
from tests.operations.participants import GitHub, take_part
from tests.pages.axe import violations
from tests.pages.conftest import Service

PASSWORD = "vier worte ohne sinn"
ACCOUNTS: dict[str, AccountRole] = {
    "council@example.org": "auditor",
    "privacy@example.org": "trustee",
    "project@example.org": "project-team",
}
PASSPHRASES = {email: f"{email[0]} fünf worte die keiner rät" for email in ACCOUNTS}
RESPONDENTS = 12

_numbers = iter(range(1, 100))


@pytest.fixture(scope="module", autouse=True)
def accounts(service: Service) -> None:
    async def add(installation: Installation) -> None:
        for email, role in ACCOUNTS.items():
            await add_account(installation, email, role, PASSWORD)

    service.run(add)


@pytest.fixture
def waiting(service: Service, tmp_path: Path) -> str:
    """The id of a round that waits for passphrases."""
    survey_id = f"pages-{next(_numbers)}"
    file = tmp_path / "survey.toml"
    file.write_text('custody = "2 of 3 trustees"\n' + SURVEY.format(survey_id=survey_id, roster_size=100))

    async def prepare(installation: Installation) -> str:
        await create_survey(installation, file)
        return (await prepare_round(installation, survey_id, tuple(ACCOUNTS))).round_id

    return service.run(prepare)


def close_with_answers(service: Service, round_id: str) -> None:
    async def close(installation: Installation) -> None:
        async with installation.database.session("operation") as connection:
            found = await store.select_round(connection, round_id)
        await take_part(installation, found, [GitHub] * RESPONDENTS)
        await close_round(installation, round_id)

    service.run(close)


@pytest.fixture
def people(service: Service, browser: Browser) -> Iterator[dict[str, Page]]:
    """A page for each trustee, signed in."""
    contexts = {
        email: browser.new_context(viewport={"width": 390, "height": 844}, locale="de-DE") for email in ACCOUNTS
    }
    pages = {}
    for email, context in contexts.items():
        pages[email] = context.new_page()
        sign_in(pages[email], service.url, email)
    yield pages
    for context in contexts.values():
        context.close()


def sign_in(page: Page, url: str, email: str) -> None:
    page.goto(f"{url}/team/trustee")
    page.get_by_label("E-Mail-Adresse").fill(email)
    page.get_by_label("Passwort").fill(PASSWORD)
    page.get_by_role("button", name="Anmelden").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ihre Schlüsselanteile")


def heading(page: Page, text: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(text)


def test_three_trustees_set_up_prove_and_two_of_them_unseal(
    service: Service, people: dict[str, Page], waiting: str
) -> None:
    address = f"{service.url}/team/trustee/{waiting}"
    for email, page in people.items():
        page.goto(f"{service.url}/team/trustee")
        page.get_by_role("link", name=waiting).click()
        heading(page, "Setzen Sie Ihre Passphrase")
        expect(page.get_by_text("Höchstens 1 von 3 Passphrasen verloren")).to_be_visible()
        page.get_by_label("Neue Passphrase").fill(PASSPHRASES[email])
        page.get_by_label("Noch einmal").fill(PASSPHRASES[email])
        page.keyboard.press("Enter")
        heading(
            page, "Probieren Sie Ihre Passphrase" if email == "project@example.org" else "Ihre Passphrase ist gesetzt"
        )
    for email, page in people.items():
        page.goto(address)
        page.get_by_label("Ihre Passphrase").fill(PASSPHRASES[email])
        page.get_by_role("button", name="Probieren, ob sie passt").click()
        heading(page, "Die Runde läuft" if email == "project@example.org" else "Ihre Passphrase passt")
    participant = people["project@example.org"]
    participant.goto(f"{service.url}/r/{waiting}")
    expect(participant.get_by_text("Nur 2 von ihnen zusammen können die Urne entsiegeln")).to_be_visible()
    close_with_answers(service, waiting)

    first, second = people["council@example.org"], people["project@example.org"]
    first.goto(address)
    heading(first, "Sehen Sie sich die Urne an, dann geben Sie Ihren Anteil")
    for shown in (f"Versiegelte Antworten{RESPONDENTS}", "alle Prüfungen stimmen", "nein, jede versiegelte Antwort"):
        expect(first.get_by_role("main")).to_contain_text(shown)
    root = first.locator("#root").inner_text()
    assert len(root) == 64
    first.get_by_label("Ihre Passphrase").fill(PASSPHRASES["council@example.org"])
    first.get_by_role("button", name="Anteil geben").click()
    heading(first, "Ihr Anteil ist gegeben")
    second.goto(address)
    expect(second.locator("#root")).to_have_text(root)
    second.get_by_label("Ihre Passphrase").fill(PASSPHRASES["project@example.org"])
    second.get_by_role("button", name="Anteil geben").click()
    heading(second, "Die Runde ist entsiegelt")
    expect(second.get_by_text("Nur wer heimlich eine Kopie der Schlüsseldatei behalten hat")).to_be_visible()


def test_what_is_refused_is_explained_and_changes_nothing(
    service: Service, people: dict[str, Page], waiting: str
) -> None:
    page = people["council@example.org"]
    page.goto(f"{service.url}/team/trustee/{waiting}")
    for passphrase, again, told in (
        ("fünf worte die keiner rät", "andere worte die keiner rät", "Die beiden Eingaben sind verschieden"),
        ("zwölf Zeichen", "zwölf Zeichen", "Diese Passphrase ließe sich erraten"),
    ):
        page.get_by_label("Neue Passphrase").fill(passphrase)
        page.get_by_label("Noch einmal").fill(again)
        page.get_by_role("button", name="Passphrase setzen").click()
        expect(page.get_by_role("alert")).to_contain_text(told)
        heading(page, "Setzen Sie Ihre Passphrase")
    assert page.title().startswith("Problem: ")


def test_a_round_is_shown_to_its_trustees_only(service: Service, people: dict[str, Page], tmp_path: Path) -> None:
    file = tmp_path / "survey.toml"
    survey_id = f"pages-{next(_numbers)}"
    file.write_text(SURVEY.format(survey_id=survey_id, roster_size=100))

    async def prepare(installation: Installation) -> str:
        await create_survey(installation, file)
        others = ("one@example.org", "two@example.org")
        return (await prepare_round(installation, survey_id, others, threshold=2)).round_id

    round_id = service.run(prepare)
    page = people["council@example.org"]
    answer = page.goto(f"{service.url}/team/trustee/{round_id}")
    assert answer is not None
    assert answer.status == 404


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["de", "en"])
def test_axe_finds_nothing_on_a_trustees_pages(
    service: Service,
    browser: Browser,
    pictures: Path,
    waiting: str,
    width: int,
    scheme: Any,
    language: str,
) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 900}, locale="de-DE", color_scheme=scheme, reduced_motion="reduce"
    )
    page = context.new_page()
    sign_in(page, service.url, "council@example.org")
    found: dict[str, list[str]] = {}

    def look(name: str, address: str) -> None:
        page.goto(f"{service.url}{address}?lang={language}")
        page.screenshot(path=pictures / f"trustee-{name}-{width}-{scheme}-{language}.png", full_page=True)
        found[name] = violations(page)

    async def make(installation: Installation) -> Round | None:
        made = None
        for email, passphrase in PASSPHRASES.items():
            made = await add_trustee(installation, waiting, email, passphrase)
        return made if isinstance(made, Round) else None

    async def prove(installation: Installation) -> None:
        for email, passphrase in PASSPHRASES.items():
            await prove_share(installation, waiting, email, passphrase)

    look("all", "/team/trustee")
    look("passphrase", f"/team/trustee/{waiting}")
    assert service.run(make) is not None
    look("proof", f"/team/trustee/{waiting}")
    service.run(prove)
    close_with_answers(service, waiting)
    look("share", f"/team/trustee/{waiting}")
    context.close()
    assert {name: faults for name, faults in found.items() if faults} == {}
