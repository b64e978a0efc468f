"""Cities beside one another, from files that are read once."""

import html

import httpx
import msgspec
import pytest

from survey_service.web.team.municipalities import LARGEST_UPLOAD, PAGE
from tests.team.conftest import OWN, csrf_of, sign_in
from tests.unit.results.test_benchmark import affected, file, municipality, other_version

CITIES = tuple(
    file(municipality(name, affected(count, 1000))) for name, count in (("Adorf", 500), ("Bdorf", 490), ("Cdorf", 200))
)


@pytest.fixture(autouse=True)
async def signed_in(client: httpx.AsyncClient) -> None:
    await sign_in(client)


async def sent(client: httpx.AsyncClient, *files: tuple[str, bytes]) -> httpx.Response:
    return await client.post(
        PAGE,
        data={"csrf": await csrf_of(client)},
        files=[("files", (name, content, "application/json")) for name, content in files],
        headers=OWN,
    )


def text_of(answer: httpx.Response) -> str:
    return html.unescape(answer.text)


async def test_the_empty_page_says_where_a_file_comes_from(client: httpx.AsyncClient) -> None:
    answer = await client.get(PAGE)
    assert answer.status_code == 200
    assert "survey-service export R --format json" in text_of(answer)


async def test_cities_stand_beside_one_another_with_centre_interval_and_place(client: httpx.AsyncClient) -> None:
    answer = await sent(client, *((each.name, each.content) for each in CITIES))
    assert answer.status_code == 200
    shown = text_of(answer)
    assert "Verglichen werden Adorf, Bdorf und Cdorf." in shown
    assert "Mitte der Städte: " in shown
    assert "<td>1 bis 2</td>" in shown
    assert 'id="benchmark-hostility-any' in shown


async def test_what_was_sent_is_not_there_the_next_time(client: httpx.AsyncClient) -> None:
    await sent(client, *((each.name, each.content) for each in CITIES))
    assert "Adorf" not in text_of(await client.get(PAGE))


async def test_every_file_at_fault_is_named(client: httpx.AsyncClient) -> None:
    answer = await sent(client, ("gut.json", CITIES[0].content), ("a<b>.json", b"{"), ("kaputt.json", b"\xff"))
    assert answer.status_code == 422
    assert "a&lt;b&gt;.json" in answer.text
    assert "<title>Problem: Städte nebeneinander" in answer.text
    shown = text_of(answer)
    assert "a<b>.json ist keine exportierte Veröffentlichung" in shown
    assert "kaputt.json ist keine exportierte Veröffentlichung" in shown
    assert "gut.json" not in shown


async def test_another_questionnaire_and_the_same_city_twice_are_named_at_once(client: httpx.AsyncClient) -> None:
    other = msgspec.json.encode(other_version())
    first = CITIES[0].content
    shown = text_of(await sent(client, ("a.json", first), ("b.json", other), ("c.json", first)))
    assert "b.json hat core 9.0.0 gefragt, a.json core" in shown
    assert "a.json und c.json sind beide von Adorf" in shown


@pytest.mark.parametrize("count", [0, 1])
async def test_one_city_is_no_comparison(client: httpx.AsyncClient, count: int) -> None:
    # A browser sends a part without a name where no file was chosen.
    files = [(each.name, each.content) for each in CITIES[:count]] or [("", b"")]
    answer = await sent(client, *files)
    assert answer.status_code == 422
    assert f"Zu wenige Dateien: {count}." in text_of(answer)


async def test_more_than_the_page_takes_is_refused_with_the_limit(client: httpx.AsyncClient) -> None:
    answer = await sent(client, ("gross.json", b" " * LARGEST_UPLOAD), ("a.json", CITIES[0].content))
    assert answer.status_code == 413
    assert "zusammen mehr als 20 Megabyte" in text_of(answer)


async def test_a_form_of_another_site_compares_nothing(client: httpx.AsyncClient) -> None:
    files = [("files", (each.name, each.content, "application/json")) for each in CITIES]
    answer = await client.post(PAGE, data={"csrf": "0" * 64}, files=files, headers=OWN)
    assert answer.status_code == 403
    assert "Adorf" not in text_of(answer)
