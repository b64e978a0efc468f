"""Taking part in a real browser, from the link to the table."""

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Route, expect

from survey_service.domain.invitations import Invitation
from survey_service.domain.rounds import Round
from survey_service.errors import WrongState
from survey_service.operations.close_round import close_round
from survey_service.operations.installation import Installation
from survey_service.operations.release_tables import read_release, release_tables
from survey_service.operations.unseal_round import unseal_round
from tests.conftest import set_times
from tests.operations.participants import take_part
from tests.pages.conftest import Service
from tests.pages.participant import TITLE, Participant, open_round

OTHERS = 20
FIRST_PAGE_BYTES = 60_000
FIRST_PAGE_REQUESTS = 5


@pytest.fixture(scope="module")
def opened(service: Service, tmp_path_factory: pytest.TempPathFactory) -> tuple[Round, list[Invitation]]:
    return service.run(open_round(tmp_path_factory.mktemp("tea"), 30))


@pytest.fixture(scope="module")
def link(opened: tuple[Round, list[Invitation]]) -> Callable[[], str]:
    """A link that nobody has used."""
    unused = iter(opened[1])
    return lambda: next(unused).link


@pytest.fixture
def person(context: BrowserContext) -> Participant:
    return Participant(context)


def responses(service: Service, round_id: str) -> int:
    async def count(installation: Installation) -> int:
        async with installation.database.owner() as connection:
            return int(await connection.fetchval("SELECT count(*) FROM sealed_response WHERE round_id = $1", round_id))

    return service.run(count)


def test_an_answer_stands_in_the_table_and_its_receipt_in_the_ballot_box(
    service: Service, person: Participant, tmp_path: Path
) -> None:
    found, (invitation,) = service.run(open_round(tmp_path, 1))
    person.open(invitation.link)
    person.answer_all()
    receipt = person.send()
    with person.page.expect_download() as saved:
        person.press("Als Datei speichern")

    async def finish(installation: Installation) -> None:
        given = [{"quarrel": ("never",)}] * (OTHERS // 2) + [{"quarrel": ("often",)}] * (OTHERS // 2)
        await take_part(installation, found, [{"quarrel": answer["quarrel"][0]} for answer in given])
        await close_round(installation, found.round_id)
        with suppress(WrongState):  # the service itself may have been first
            await unseal_round(installation, found.round_id)
        await release_tables(installation, found.round_id)

    service.run(finish)
    released = service.run(lambda installation: read_release(installation, found.round_id))
    (row,) = next(table for table in released.tables if table.figure == "quarrel").rows
    person.open_list(f"{service.url}/receipt", "Quittung prüfen", found.round_id)
    person.page.get_by_label("Runde").select_option(found.round_id)
    expect(person.page.get_by_label("Runde").locator("option:checked")).to_have_text(
        re.compile(r"^\d{1,2}\. \w+ \d{4}: \w.*$")
    )
    person.page.get_by_label("Quittung", exact=True).fill(receipt)
    person.press("In der Urne suchen")

    assert receipt in saved.value.path().read_text("utf-8")
    assert next(cell.count for cell in row.cells if cell.option == "often") == OTHERS // 2 + 1
    expect(person.page.locator("#outcome")).to_contain_text("Ihre Antwort liegt in der Urne")
    person.page.get_by_label("Quittung", exact=True).fill("0" * 64)
    person.press("In der Urne suchen")
    expect(person.page.locator("#outcome")).to_contain_text("Diese Quittung ist nicht in der Urne")
    person.open(f"{service.url}/recount/{found.round_id}", "Urne nachzählen")
    person.press("Urne nachzählen")
    expect(person.page.locator("#outcome")).to_contain_text("Die Urne stimmt")
    assert person.faults == []


def test_the_code_leaves_the_address_and_nothing_stays_on_the_device(
    service: Service, context: BrowserContext, person: Participant, link: Callable[[], str]
) -> None:
    address = link()
    person.open(address)
    person.answer_all()
    person.send()
    kept = person.page.evaluate(
        "async () => [localStorage.length, sessionStorage.length, (await indexedDB.databases()).length, document.cookie]"
    )

    assert person.page.url == address.split("#")[0]
    assert (kept, context.cookies()) == ([0, 0, 0, ""], [])
    assert {url.split("/")[2] for url in person.requests if not url.startswith(("data:", "blob:"))} == {
        service.url.split("/")[2]
    }
    assert person.faults == []


def test_the_first_page_is_light(context: BrowserContext, link: Callable[[], str]) -> None:
    page = context.new_page()
    answers = []
    page.on("requestfinished", lambda request: answers.append(request.sizes()))
    page.goto(link())
    expect(page.locator("h1")).to_have_text(TITLE)
    page.wait_for_load_state("networkidle")

    assert len(answers) <= FIRST_PAGE_REQUESTS
    assert sum(size["responseBodySize"] + size["responseHeadersSize"] for size in answers) <= FIRST_PAGE_BYTES


def test_a_code_can_be_typed(service: Service, person: Participant, link: Callable[[], str]) -> None:
    address, code = link().split("#")
    round_id = address.rpartition("/")[2]
    person.open_list(f"{service.url}/", "Zur Befragung", round_id)
    expect(person.page.get_by_text("Antworten geht nur mit JavaScript", exact=False)).to_be_hidden()
    if person.page.locator("select#round").count():
        person.page.locator("#round").select_option(round_id)
    person.page.get_by_label("Einladungscode").fill(f"{code[:8].lower()} {code[8:]}")
    person.press("Weiter")
    person.sees(TITLE)
    assert person.page.url == address
    expect(person.page.get_by_text("Ihr Einladungscode ist eingetragen.")).to_be_visible()

    person.page.reload()  # what was only in memory is gone
    person.press("Befragung beginnen")
    expect(person.page.get_by_role("alert")).to_contain_text("Geben Sie Ihren Einladungscode ein.")
    person.page.get_by_label("Einladungscode").fill(code[:15])
    person.press("Befragung beginnen")
    expect(person.page.get_by_role("alert")).to_contain_text("Dieser Code kann nicht stimmen.")
    person.page.get_by_label("Einladungscode").fill(code)
    person.answer_all()
    person.send()


def test_a_used_or_unknown_code_can_be_replaced_without_losing_the_answers(
    person: Participant, link: Callable[[], str]
) -> None:
    used, fresh = link(), link()
    person.open(used)
    person.answer_all()
    person.send()
    person.page.goto("about:blank")
    person.open(used)
    person.answer_all()
    person.press("Antworten absenden")
    person.sees("Dieser Code ist schon benutzt")
    person.page.get_by_label("Einladungscode").fill("0000-0000-0000-0000")
    person.press("Mit diesem Code absenden")
    person.sees("Diesen Code kennt die Runde nicht")
    person.page.get_by_label("Einladungscode").fill(fresh.split("#")[1])
    person.press("Mit diesem Code absenden")
    person.sees("Danke. Ihre Antwort liegt in der Urne.")


@pytest.mark.parametrize(
    ("opens", "closes", "heading"),
    [
        (timedelta(days=1), timedelta(days=2), "Diese Runde hat noch nicht begonnen"),
        (timedelta(days=-1), timedelta(minutes=-1), "Diese Runde ist beendet"),
    ],
    ids=["scheduled", "over"],
)
def test_a_round_that_takes_no_answers_says_when_it_does(
    service: Service, person: Participant, tmp_path: Path, opens: timedelta, closes: timedelta, heading: str
) -> None:
    found, (invitation,) = service.run(open_round(tmp_path, 1))
    service.run(lambda installation: set_times(installation, found.round_id, opens=opens, closes=closes))
    person.open(invitation.link, heading)


def test_a_round_that_closes_meanwhile_says_so(service: Service, person: Participant, tmp_path: Path) -> None:
    found, (invitation,) = service.run(open_round(tmp_path, 1))
    person.open(invitation.link)
    person.answer_all()
    service.run(
        lambda installation: set_times(
            installation, found.round_id, opens=timedelta(days=-1), closes=timedelta(minutes=-1)
        )
    )
    person.press("Antworten absenden")
    person.sees("Die Runde ist nicht mehr offen")


def test_a_lost_network_loses_nothing_and_counts_nothing_twice(
    service: Service,
    context: BrowserContext,
    person: Participant,
    link: Callable[[], str],
    opened: tuple[Round, list[Invitation]],
) -> None:
    before = responses(service, opened[0].round_id)
    person.open(link())
    person.answer_all()

    def cut_after_arrival(route: Route) -> None:
        route.fetch()  # the response is in the ballot box; the person does not hear of it
        context.set_offline(True)
        route.abort()

    person.page.route("**/responses", cut_after_arrival, times=1)
    person.press("Antworten absenden")
    expect(person.page.get_by_role("status")).to_contain_text("Keine Verbindung")
    context.set_offline(False)
    person.sees("Danke. Ihre Antwort liegt in der Urne.")

    assert responses(service, opened[0].round_id) == before + 1


def test_a_change_of_language_keeps_the_answers(person: Participant, link: Callable[[], str]) -> None:
    person.open(link())
    person.begin()
    person.choose("Jemand hat mit mir gestritten.", "Oft")
    person.page.get_by_label("Sprache").select_option("en")
    person.sees("In the tea kitchen")

    expect(person.page.get_by_role("group", name="Somebody quarrelled").get_by_label("Often")).to_be_checked()
    assert person.page.evaluate("[document.documentElement.lang, document.documentElement.dir]") == ["en", "ltr"]
    assert not any("en" in re.split(r"\W", url.split("/", 3)[3]) for url in person.requests)


def test_questions_appear_only_where_their_condition_holds(person: Participant, link: Callable[[], str]) -> None:
    person.open(link())
    person.begin()
    expect(person.page.get_by_text("Teil 1 von 2")).to_be_visible()
    person.choose("Jemand hat mich angeschrien.", "Manchmal")
    person.press("Weiter")
    expect(person.page.get_by_text("Teil 2 von 3")).to_be_visible()
    milk = person.page.get_by_role("group", name="Wessen Milch war es?")
    expect(milk).to_be_hidden()
    person.choose("Worum ging es?", "Um die Milch", "Um das Geschirr")
    expect(milk).to_be_visible()
    person.choose("Worum ging es?", "Das weiß ich nicht")
    expect(milk).to_be_hidden()
    expect(person.page.get_by_label("Um die Milch")).not_to_be_checked()

    person.press("Zurück")
    person.press("Auswahl löschen: Jemand hat mich angeschrien.")
    person.press("Weiter")
    person.sees("Tassen")


def test_the_way_back_loses_nothing(person: Participant, link: Callable[[], str]) -> None:
    person.open(link())
    person.answer_all()
    person.page.get_by_role("button", name="Ändern: In der Teeküche").click()
    expect(person.page.get_by_role("group", name="mit mir gestritten").get_by_label("Oft")).to_be_checked()
    person.choose("Jemand hat mich angeschrien.", "Möchte ich nicht sagen")
    person.press("Zurück zur Übersicht")
    person.sees("Ihre Antworten prüfen")
    expect(person.page.get_by_text("Möchte ich nicht sagen")).to_be_visible()
    person.page.go_back()
    person.page.go_back()
    person.page.go_back()
    person.sees("Tassen")
    expect(person.page.get_by_label("Wie viele Tassen am Tag?")).to_have_value("3")


def test_a_part_with_a_content_note_can_be_skipped_whole(person: Participant, link: Callable[[], str]) -> None:
    person.open(link())
    person.press("Befragung beginnen")
    person.press("Diesen Teil überspringen")
    person.sees("Tassen")
    person.press("Weiter")
    expect(person.page.get_by_text("Diesen Teil haben Sie nicht beantwortet.").first).to_be_visible()
    person.send()


def test_what_cannot_be_sent_is_named_with_a_link_to_it(person: Participant, link: Callable[[], str]) -> None:
    person.open(link())
    person.press("Befragung beginnen")
    person.press("Diesen Teil überspringen")
    person.page.get_by_label("Wie viele Tassen am Tag?").fill("21")
    person.page.get_by_label("Was möchten Sie noch sagen?").fill("🍵" * 101)
    person.press("Weiter")
    summary = person.page.get_by_role("alert")
    expect(summary).to_be_focused()
    summary.get_by_role("link", name="Eine ganze Zahl von 0 bis 20.").click()
    expect(person.page.get_by_label("Wie viele Tassen am Tag?")).to_be_focused()
    person.page.get_by_label("Wie viele Tassen am Tag?").fill("20")
    person.page.get_by_label("Was möchten Sie noch sagen?").fill("🍵" * 100)
    person.press("Weiter")
    person.sees("Ihre Antworten prüfen")


def test_the_quick_exit_replaces_the_page_and_forgets(person: Participant, link: Callable[[], str]) -> None:
    person.page.route("https://www.dwd.de/**", lambda route: route.fulfill(body="Wetter", content_type="text/html"))
    person.open(link())
    person.begin()
    person.choose("Jemand hat mit mir gestritten.", "Oft")
    person.page.get_by_role("link", name="Verlassen").click()
    person.page.wait_for_url("https://www.dwd.de/**")

    person.page.go_back()
    assert "Teeküche" not in (person.page.text_content("body") or "")


def test_leaving_asks_first_once_something_is_answered(person: Participant, link: Callable[[], str]) -> None:
    asked = []
    person.page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    person.open(link())
    person.begin()
    person.page.reload()
    assert asked == []
    person.sees(TITLE)
    person.page.get_by_label("Einladungscode").fill("0000000000000000")
    person.begin()
    person.choose("Jemand hat mit mir gestritten.", "Oft")
    person.page.reload()
    person.sees(TITLE)
    assert asked == ["beforeunload"]
