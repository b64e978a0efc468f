"""What goes wrong under `/team` is told on a page of the team's, in the team's words."""

import httpx
import pytest

from survey_service.domain.accounts import Email
from survey_service.operations import what_is_next
from tests.team.conftest import sign_in

PAGE = {"accept": "text/html"}


async def fail(*_: object) -> None:
    raise LookupError(Email("kim@example.org"))


async def test_a_fault_is_told_on_a_page_of_the_teams_that_quotes_nothing(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sign_in(client)
    monkeypatch.setattr(what_is_next.store, "list_rounds", fail)

    answer = await client.get("/team/", headers=PAGE)

    assert answer.status_code == 500
    assert "Das war ein Fehler des Dienstes" in answer.text
    assert "Pause" not in answer.text
    assert "LookupError" not in answer.text
    assert 'action="/team/sign-out"' in answer.text
    assert answer.headers["cache-control"] == "no-store"


async def test_an_address_that_is_none_is_told_on_a_page_of_the_teams(client: httpx.AsyncClient) -> None:
    answer = await client.get("/team/nothing", headers=PAGE | {"accept-language": "en"})

    assert answer.status_code == 404
    assert "There is nothing at this address." in answer.text
    assert "invitation" not in answer.text


async def test_programs_get_a_problem_document_all_the_same(client: httpx.AsyncClient) -> None:
    answer = await client.get("/team/nothing")

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
