"""One's own password, changed on a page."""

import httpx
import pytest

from survey_service.operations.installation import Installation
from survey_service.operations.read_audit_log import read_audit_log
from survey_service.operations.sign_in import MOST_CONFIRMATIONS
from tests.conftest import service_on
from tests.team.conftest import EMAIL, OWN, PASSWORD, csrf_of, sign_in

NEW = "vier andere worte hier"


async def test_a_new_password_ends_all_other_sessions_and_the_old_one_signs_in_no_more(
    client: httpx.AsyncClient, installation: Installation
) -> None:
    await sign_in(client)
    async with service_on(installation.settings) as elsewhere:
        await sign_in(elsewhere)
        assert (await change(client)).headers["location"] == "/team/account?done=password"
        assert "Ihr Passwort ist geändert" in (await client.get("/team/account?done=password")).text
        assert (await elsewhere.get("/team/")).status_code == 303
        assert (await sign_in(elsewhere)).status_code == 403
        assert (await sign_in(elsewhere, NEW)).status_code == 303
    entries = (await read_audit_log(installation)).entries
    assert [(entry.who, entry.facts) for entry in entries if entry.deed == "password-changed"][-1] == (
        EMAIL,
        {"email": EMAIL},
    )


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"password": "not this one at all"}, "Das bisherige Passwort stimmt nicht"),
        ({"again": "vier andere worte da"}, "Die beiden neuen Passwörter sind verschieden"),
        ({"new": "Willkommen!2031#", "again": "Willkommen!2031#"}, "zu leicht zu erraten"),
        ({"new": "kurz", "again": "kurz"}, "zu leicht zu erraten"),
    ],
)
async def test_what_does_not_fit_changes_nothing_and_says_what_to_do(
    client: httpx.AsyncClient, form: dict[str, str], said: str
) -> None:
    await sign_in(client)
    answer = await change(client, **form)
    assert (answer.status_code, said in answer.text) == (403, True)
    assert form.get("new", NEW) not in answer.text
    assert (await sign_in(client)).status_code == 303


async def test_whoever_guesses_at_a_left_desk_is_signed_out(client: httpx.AsyncClient) -> None:
    await sign_in(client)
    csrf = await csrf_of(client)
    for _ in range(MOST_CONFIRMATIONS):
        assert (await change(client, csrf=csrf, password="not this one at all")).status_code == 403
    assert (await change(client, csrf=csrf)).headers["location"] == "/team/sign-in"
    assert (await client.get("/team/")).status_code == 303


async def change(client: httpx.AsyncClient, **form: str) -> httpx.Response:
    sent = {"password": PASSWORD, "new": NEW, "again": NEW} | form
    if "csrf" not in sent:
        sent["csrf"] = await csrf_of(client)
    return await client.post("/team/account/password", data=sent, headers=OWN)
