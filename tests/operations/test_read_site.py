"""The site file: everything wrong with it is said before a page is served."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import msgspec
import pytest

from survey_service.domain.contrast import DARK_SURFACE, LEAST_CONTRAST, contrast, lightened
from survey_service.domain.site import CONTACTS_HOLD
from survey_service.operations.examine import examine
from survey_service.operations.installation import Installation
from survey_service.operations.read_site import UnusableSite, read_site
from survey_service.settings import Settings
from tests.conftest import service_on

NAME = '[name]\nde = "Stadt Beispiel"\nen = "City of Example"\n'
LOGO = '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>'

CONTACT = """
[[contacts]]
phone = "110"
last_checked = {day}
[contacts.name]
de = "Notruf"
en = "Emergency call"
"""


@pytest.fixture
def site_file(tmp_path: Path) -> Path:
    return tmp_path / "site.toml"


def write(file: Path, content: str) -> None:
    file.write_text(content)


def faults(site_file: Path, content: str) -> str:
    write(site_file, content)
    with pytest.raises(UnusableSite) as refused:
        read_site(site_file)
    return "\n".join(refused.value.faults)


def test_without_a_site_file_the_city_is_an_example_that_says_so() -> None:
    site = read_site(None).site
    assert "Beispiel" in site.notice["de"]
    assert all(contact.last_checked is None for contact in site.contacts)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "name"),
        ("name = {", "Invalid"),
        ('colour = "red"\n' + NAME, "colour"),
        ('[name]\nde = "Stadt"', "name: it has no wording for `en`"),
        ('accent = "#ffcc00"\n' + NAME, "at least 4.5:1"),
        ('accent = "blue"\n' + NAME, "Write it as #rrggbb"),
        ('exit = "javascript:alert(1)"\n' + NAME, "exit: begin it with https://"),
        ('logo = "../logo.svg"\n' + NAME, "beside the site file"),
        ('logo = "missing.svg"\n' + NAME, "cannot be read"),
        (NAME + '[[contacts]]\nname = { de = "Rat", en = "Advice" }', "a phone number or a web address"),
        (NAME + '[[contacts]]\nphone = "1"\nname = { de = "Rat" }', "contacts[0].name: it has no wording for `en`"),
    ],
)
def test_a_fault_is_named_with_its_remedy(site_file: Path, content: str, said: str) -> None:
    assert said in faults(site_file, content)


def test_all_faults_are_named_at_once(site_file: Path) -> None:
    found = faults(site_file, 'accent = "blue"\nexit = "x"\n[name]\nde = "Stadt"')
    assert found.count("\n") == 2


# WCAG 2.2's own example of the least grey on white, and the two ends.
@pytest.mark.parametrize(("colour", "ratio"), [("#767676", 4.54), ("#ffffff", 1.0), ("#000000", 21.0)])
def test_contrast_is_that_of_the_guidelines(colour: str, ratio: float) -> None:
    assert contrast(colour, "#ffffff") == pytest.approx(ratio, abs=0.005)


@pytest.mark.parametrize("accent", ["#000000", "#1a4b7a", "#7a0019", "#004d1a", "#4b0082"])
def test_the_shade_for_dark_pages_is_legible_on_them(accent: str) -> None:
    assert contrast(lightened(accent), DARK_SURFACE) >= LEAST_CONTRAST


async def test_name_colour_and_logo_reach_the_pages(
    installation: Installation, site_file: Path, tmp_path: Path
) -> None:
    write(tmp_path / "logo.svg", LOGO)
    write(site_file, 'accent = "#7a0019"\nlogo = "logo.svg"\n' + NAME)
    settings = msgspec.structs.replace(installation.settings, site_file=site_file)
    async with service_on(settings) as client:
        page = (await client.get("/help", headers={"accept": "text/html"})).text.replace("&#x2f;", "/")
        files = {name: await client.get(address_of(page, name)) for name in ("site.css", "logo.svg")}

    assert "Stadt Beispiel" in page
    assert "City of Example" in page
    assert "#7a0019" in files["site.css"].text
    assert files["logo.svg"].headers["content-type"].startswith("image/svg+xml")
    assert LOGO not in page


def address_of(page: str, name: str) -> str:
    return next(part for part in page.split('"') if part.endswith(f"/{name}"))


async def test_pages_and_files_travel_compressed_to_those_who_take_it(client: httpx.AsyncClient) -> None:
    for path in ("/help", "/privacy"):
        small = await client.get(path, headers={"accept-encoding": "gzip"})
        large = await client.get(path, headers={"accept-encoding": "gzip;q=0"})
        assert (small.headers["content-encoding"], "content-encoding" in large.headers) == ("gzip", False)
        assert (small.content, small.headers["etag"]) == (large.content, large.headers["etag"])
        known = await client.get(path, headers={"if-none-match": small.headers["etag"]})
        assert (known.status_code, known.content) == (304, b"")


async def test_what_is_not_there_is_a_page_for_people_and_a_problem_for_programs(client: httpx.AsyncClient) -> None:
    for path in ("/nothing", "/r/nothing", "/recount/nothing"):
        page = await client.get(path, headers={"accept": "text/html"})
        document = await client.get(path)
        assert (page.status_code, document.status_code) == (404, 404)
        assert "Diese Seite gibt es nicht" in page.text
        assert document.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("accept", ["text/html", "application/json"])
@pytest.mark.parametrize("address", ["/nothing-here", "/api/rounds/nothing-here/terms"])
async def test_what_is_missing_sends_no_referrer_and_is_taken_for_nothing_else(
    client: httpx.AsyncClient, address: str, accept: str
) -> None:
    answer = await client.get(address, headers={"accept": accept})

    assert answer.status_code == httpx.codes.NOT_FOUND
    assert answer.headers.get_list("referrer-policy") == ["no-referrer"]
    assert answer.headers.get_list("x-content-type-options") == ["nosniff"]
    assert "default-src 'none'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize(("age", "is_ok"), [(timedelta(days=3), True), (CONTACTS_HOLD + timedelta(days=1), False)])
async def test_the_doctor_warns_of_contacts_nobody_has_checked(
    installation: Installation, site_file: Path, age: timedelta, *, is_ok: bool
) -> None:
    write(site_file, NAME + CONTACT.format(day=(datetime.now(UTC) - age).date()))
    seen = Installation(with_site(installation.settings, site_file), installation.database)
    (finding,) = (found for found in await examine(seen) if found.name == "contacts")
    assert finding.is_ok is is_ok
    assert is_ok or "Notruf" in finding.detail


def with_site(settings: Settings, site_file: Path) -> Settings:
    return msgspec.structs.replace(settings, site_file=site_file)
