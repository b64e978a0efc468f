"""The first page: what waits for whoever reads it, then for others."""

from pathlib import Path

import httpx

from survey_service.domain.accounts import Email
from survey_service.operations.close_round import close_round
from survey_service.operations.draft_survey import discard_draft, start_draft
from survey_service.operations.installation import Installation
from survey_service.operations.release_tables import propose_release
from survey_service.operations.unseal_round import unseal_round
from survey_service.store import team as store
from tests.conftest import new_round
from tests.operations.participants import GitHub, take_part
from tests.team.conftest import OWN, csrf_of, sign_in
from tests.team.test_moving import unescaped


async def test_what_waits_for_others_says_for_whom_and_what_waits_for_oneself_leads_there(
    client: httpx.AsyncClient, installation: Installation, tmp_path: Path, password_hash: str
) -> None:
    async with installation.database.session("team") as connection:
        await store.add_account(connection, Email("it@example.org"), "operator", password_hash)
    found = await new_round(installation, tmp_path)
    await take_part(installation, found, [GitHub] * 12)
    await close_round(installation, found.round_id)
    await unseal_round(installation, found.round_id)
    await propose_release(installation, found.round_id)
    await sign_in(client)
    own, others = parts(await client.get("/team/"))
    assert f'href="/team/rounds/{found.round_id}/review"' in own
    assert "Entwurf durchsehen und veröffentlichen" in own
    await client.post("/team/sign-out", data={"csrf": await csrf_of(client)}, headers=OWN)
    await sign_in(client, email="it@example.org")
    own, others = parts(await client.get("/team/"))
    assert f"/team/rounds/{found.round_id}/review" not in own + others
    assert "Entwurf durchsehen und veröffentlichen" in others
    assert "Wartet auf: kim@example.org" in others


async def test_what_no_account_may_do_says_so(
    client: httpx.AsyncClient, installation: Installation, tmp_path: Path
) -> None:
    await new_round(installation, tmp_path)  # without a code drawn, which operators do, and there is none
    await sign_in(client)
    _, others = parts(await client.get("/team/"))
    assert "Einladungscodes ziehen" in others
    assert "Wartet auf niemanden: Kein Konto darf das." in others


async def test_a_survey_that_somebody_has_begun_waits_for_all_who_set_surveys_up(
    client: httpx.AsyncClient, installation: Installation, password_hash: str
) -> None:
    async with installation.database.session("team") as connection:
        await store.add_account(connection, Email("it@example.org"), "operator", password_hash)
    draft_id = await start_draft(installation.acting_for("ada@example.org"))
    await sign_in(client)
    own, others = parts(await client.get("/team/"))
    assert f'href="/team/surveys/new/{draft_id}"' in own
    assert "Ein Entwurf, 0 von 11 Fragen beantwortet, zuletzt geändert von ada@example.org" in own
    await client.post("/team/sign-out", data={"csrf": await csrf_of(client)}, headers=OWN)
    await sign_in(client, email="it@example.org")
    own, others = parts(await client.get("/team/"))
    assert "Befragung fertig einrichten" not in own
    assert "Befragung fertig einrichten" in others
    await discard_draft(installation, draft_id)


def parts(answer: httpx.Response) -> tuple[str, str]:
    """The tasks of one's own, and of others."""
    assert answer.status_code == 200
    page = unescaped(answer)
    own, rest = page[page.index('id="own"') :].split("</section>", 1)
    return own, rest[: rest.index('id="all"')]
