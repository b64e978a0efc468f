"""Setting up a survey over HTTP: steps, faults said at once, units, the publication plan, two people at once, creating."""

import re
from collections.abc import AsyncIterator
from html import unescape
from pathlib import Path

import httpx
import pytest

from survey_service.domain.accounts import Email
from survey_service.domain.drafts import STEPS, SurveyDraft
from survey_service.domain.survey_faults import WORDS
from survey_service.operations.create_survey import create_survey, read_survey
from survey_service.operations.draft_survey import discard_draft, list_drafts, read_draft
from survey_service.operations.installation import Installation
from survey_service.operations.read_audit_log import read_audit_log
from survey_service.store import rounds as store_rounds
from survey_service.store import team as store
from survey_service.web.team.draft_frame import GROUPS
from survey_service.web.team.wording import wording
from tests.operations.test_setting_up import survey_file
from tests.team.conftest import EMAIL, OWN, csrf_of, sign_in

SEEN = re.compile(r'name="seen" value="([0-9a-f]{16})"')
HASH = re.compile(r'name="sha256" value="([0-9a-f]{64})"')
UNITS = """id;parent;name_de;name_en;headcount;headcount_leadership
town;;Stadt;Town;60;7
culture;town;Kultur;Culture;25;3
press;town;Presse;Press;4;1
order;town;Ordnung;Public order;31;3
"""


@pytest.fixture
async def draft(client: httpx.AsyncClient, installation: Installation) -> AsyncIterator[str]:
    """The address of a draft that was just begun, in the hands of somebody who is signed in."""
    await sign_in(client)
    answer = await client.post("/team/surveys/new", data={"csrf": await csrf_of(client)}, headers=OWN)
    assert answer.status_code == 303
    yield str(answer.headers["location"])
    for each in await list_drafts(installation):
        await discard_draft(installation, each.draft_id)


async def seen(client: httpx.AsyncClient, page: str) -> str:
    found = SEEN.search((await client.get(page)).text)
    assert found, page
    return found[1]


async def take(client: httpx.AsyncClient, page: str, *, to: str = "", **fields: str) -> httpx.Response:
    """Fills in the form of a page and sends it."""
    form = {"csrf": await csrf_of(client), "seen": await seen(client, page)} | fields
    return await client.post(to or page, data=form, headers=OWN)


async def upload(client: httpx.AsyncClient, draft: str, content: bytes) -> httpx.Response:
    form = {"csrf": await csrf_of(client), "seen": await seen(client, f"{draft}/units")}
    return await client.post(
        f"{draft}/units/file", data=form, files={"file": ("units.csv", content, "text/csv")}, headers=OWN
    )


async def held(installation: Installation, draft: str) -> SurveyDraft:
    return (await read_draft(installation, draft.rpartition("/")[2])).draft


async def begun(client: httpx.AsyncClient, draft: str, name: str) -> None:
    """The first three questions answered, and the units read."""
    await take(client, f"{draft}/questionnaire", questionnaire="core")
    await take(client, f"{draft}/languages", **{"language-de": "on", "language-en": "on"})
    await take(client, f"{draft}/title", **{"title-de": f"Rückhalt {name}", "title-en": f"Backing {name}"})
    assert (await upload(client, draft, UNITS.encode())).status_code == 303


async def test_each_step_leads_to_the_next_and_the_last_to_what_is_to_be_checked(
    client: httpx.AsyncClient, draft: str
) -> None:
    answer = await take(client, f"{draft}/questionnaire", questionnaire="core")
    assert answer.headers["location"] == f"{draft}/languages"
    answer = await take(client, f"{draft}/retention", retention="60")
    assert answer.headers["location"] == f"{draft}/approvals"
    await begun(client, draft, "2027")
    for step in ("schedule", "minimum", "publication", "custody", "approvals", "contacts"):
        fields = {"schedule": {"when": "by_hand", "days": "14"}, "minimum": {"minimum": "10"}}.get(step, {})
        answer = await take(client, f"{draft}/{step}", **fields)
    answer = await take(client, f"{draft}/units")
    assert answer.headers["location"] == f"{draft}/check"


async def test_what_is_wrong_is_said_above_with_a_link_to_its_field_and_nothing_is_kept(
    client: httpx.AsyncClient, installation: Installation, draft: str
) -> None:
    await take(client, f"{draft}/questionnaire", questionnaire="core")
    for step, fields, field, told in (
        ("minimum", {"minimum": "4"}, "minimum", "Die Mindestgruppengröße ist nie kleiner als 5."),
        ("minimum", {"minimum": "zehn"}, "minimum", "Schreiben Sie eine ganze Zahl"),
        ("retention", {"retention": "400"}, "retention", "Die Löschfrist liegt zwischen 1 und 365 Tagen."),
        (
            "custody",
            {"custody": "trustees", "threshold": "4", "trustees": "3"},
            "custody",
            "mindestens 2 von höchstens 7",
        ),
        (
            "schedule",
            {"when": "recurring", "every": "6", "period": "months", "days": "14"},
            "schedule",
            "Tag und Uhrzeit",
        ),
        ("schedule", {"when": "by_hand", "days": "400"}, "schedule", "zwischen 1 und 92 Tagen"),
        ("languages", {}, "languages", "Wählen Sie mindestens eine Sprache."),
        ("title", {"title-de": "Rückhalt"}, "title-en", "Der Titel auf Englisch fehlt."),
        ("title", {"title-de": "A", "title-en": "A", "id": "A B"}, "id", "Der Kurzname besteht aus"),
        ("questionnaire", {}, "questionnaire", "Wählen Sie etwas aus."),
    ):
        before = await held(installation, draft)
        answer = await take(client, f"{draft}/{step}", **fields)
        shown = unescape(answer.text)
        assert (step, answer.status_code, told in shown) == (step, 422, True)
        assert f'<a href="#{field}">' in shown, step
        assert f'id="{field}"' in shown, step
        assert await held(installation, draft) == before
    english = (await client.get(f"{draft}/check?lang=en")).text
    assert "The title in English is missing." in english


async def test_faults_of_a_table_are_told_by_line_and_nothing_of_it_is_kept(
    client: httpx.AsyncClient, installation: Installation, draft: str
) -> None:
    await take(client, f"{draft}/questionnaire", questionnaire="core")
    wrong = UNITS.replace("culture;town;Kultur;Culture;25", "Kultur 1;town;Kultur;;viele").replace(
        "order;town", "order;moon"
    )
    answer = await upload(client, draft, wrong.encode())
    shown = unescape(answer.text)
    assert answer.status_code == 422
    for told in (
        "Zeile 3: In der Spalte headcount steht keine ganze Zahl.",
        "Zeile 3: Die Spalte name_en ist leer.",
        "Zeile 3: Die id besteht aus a bis z",
    ):
        assert told in shown, told
    answer = await upload(client, draft, UNITS.replace("order;town", "order;moon").encode())
    assert "Die Einheit moon, der „Ordnung“ unterstellt ist, steht nicht in der Tabelle." in unescape(answer.text)
    for content, told in (
        (b"\xff\xfe\x00", "Das ist keine CSV-Datei in UTF-8."),
        (b"id,headcount\n", "In der Tabelle fehlt die Spalte name_de."),
        (b"", "Wählen Sie zuerst eine Datei."),
    ):
        answer = await upload(client, draft, content)
        assert (answer.status_code, told in unescape(answer.text)) == (422, True)
    assert (await held(installation, draft)).units == ()


async def test_units_that_are_too_small_are_kept_and_merged_on_the_page(
    client: httpx.AsyncClient, installation: Installation, draft: str
) -> None:
    await begun(client, draft, "2027")
    page = unescape((await client.get(f"{draft}/units")).text)
    assert "Einheiten unter 10 Personen" in page
    assert "Presse + Kultur" in page
    assert "„Presse“ hat 4 Beschäftigte" in unescape((await client.get(f"{draft}/check")).text)
    refused = await take(client, f"{draft}/units", to=f"{draft}/units/merge", **{"unit-0": "press", "unit-1": "town"})
    assert (refused.status_code, "So lässt sich nichts zusammenlegen." in refused.text) == (422, True)
    merged = await take(client, f"{draft}/units", to=f"{draft}/units/merge", **{"unit-0": "press", "unit-1": "culture"})
    assert merged.headers["location"] == f"{draft}/units"
    units = {unit.id: unit for unit in (await held(installation, draft)).units}
    assert list(units) == ["town", "culture-press", "order"]
    whole = units["culture-press"]
    assert (whole.headcount, whole.headcount_leadership, whole.parent) == (29, 4, "town")
    assert whole.name == {"de": "Kultur / Presse", "en": "Culture / Press"}
    renamed = await take(
        client, f"{draft}/units/culture-press", **{"name-de": "Kultur und Presse", "name-en": "Culture"}
    )
    assert renamed.headers["location"] == f"{draft}/units"
    nameless = await take(client, f"{draft}/units/culture-press", **{"name-de": "Kultur"})
    assert (nameless.status_code, "hat keinen Namen auf Englisch" in nameless.text) == (422, True)
    assert "Kultur und Presse" in (await client.get(f"{draft}/units")).text


async def test_the_units_of_a_draft_are_downloaded_as_they_can_be_read_again(
    client: httpx.AsyncClient, installation: Installation, draft: str
) -> None:
    await take(client, f"{draft}/questionnaire", questionnaire="core")
    example = await client.get(f"{draft}/units.csv")
    assert (await upload(client, draft, example.content)).status_code == 303
    assert (await upload(client, draft, UNITS.encode())).status_code == 303
    kept = (await held(installation, draft)).units
    written = await client.get(f"{draft}/units.csv")
    assert written.headers["content-type"].startswith("text/csv")
    assert (await upload(client, draft, written.content)).status_code == 303
    assert (await held(installation, draft)).units == kept


async def test_the_plan_says_what_each_cut_can_show_and_the_picture_what_will(
    client: httpx.AsyncClient, installation: Installation, draft: str
) -> None:
    await begun(client, draft, "2027")
    page = f"{draft}/publication"
    assert "fehlt die Spalte headcount_contact" in unescape((await client.get(page)).text)
    await take(client, page, add="unit")
    await take(client, page, add="unit,leadership-role")
    await take(client, page, add="reliability")
    assert (await take(client, page, add="insult")).status_code == 404
    planned = await held(installation, draft)
    assert [cut.dimensions for cut in planned.publication] == [("unit",), ("unit", "leadership-role")]
    assert "superior-support" in planned.publication[0].items
    assert "insult" not in planned.publication[0].items
    assert [each.kind for each in planned.statistics] == ["reliability"]
    shown = unescape((await client.get(page)).text)
    for told in (
        "Nach Organisationseinheit",
        "Bei 40\N{NO-BREAK SPACE}%: ",
        "verdeckt, um eine andere Einheit zu schützen",
        "nie",
    ):
        assert told in shown, told
    chosen = await take(client, f"{page}/0", **{"figure-superior-support": "on", "figure-insult": "on"})
    assert chosen.headers["location"] == page
    assert (await held(installation, draft)).publication[0].items == ("superior-support", "insult")
    assert (await take(client, f"{page}/0")).status_code == 422
    await take(client, page, remove="unit")
    await take(client, page, remove="statistic-0")
    planned = await held(installation, draft)
    assert ([cut.dimensions for cut in planned.publication], planned.statistics) == ([("unit", "leadership-role")], ())


async def test_the_calendar_shows_the_coming_rounds_before_anything_is_kept(
    client: httpx.AsyncClient, installation: Installation, draft: str
) -> None:
    fields = {
        "when": "recurring",
        "first": "2098-03-03",
        "hour": "08:00",
        "every": "6",
        "period": "months",
        "rounds": "4",
        "days": "14",
        "reminder": "7",
        "holidays": "BW",
    }
    answer = await take(client, f"{draft}/schedule", show="1", **fields)
    shown = unescape(answer.text)
    assert "Alle sechs Monate, zum ersten Mal am Montag, 3. März 2098, 08:00 Uhr." in shown
    assert shown.count("schließt ") == 4
    assert (await held(installation, draft)).schedule.starts is None
    await take(client, f"{draft}/schedule", **fields)
    schedule = (await held(installation, draft)).schedule
    assert (schedule.rule, f"{schedule.starts:%Y-%m-%d %H:%M}") == (
        "FREQ=MONTHLY;INTERVAL=6;COUNT=4",
        "2098-03-03 08:00",
    )
    assert 'value="2098-03-03"' in (await client.get(f"{draft}/schedule")).text


async def test_whoever_saves_what_somebody_else_has_changed_meanwhile_is_told_and_loses_nothing(
    client: httpx.AsyncClient, installation: Installation, draft: str
) -> None:
    page = f"{draft}/retention"
    before = await seen(client, page)
    await take(client, page, retention="30")
    form = {"csrf": await csrf_of(client), "seen": before, "retention": "60"}
    answer = await client.post(page, data=form, headers=OWN)
    shown = unescape(answer.text)
    assert answer.status_code == 409
    assert f"{EMAIL} hat diese Seite inzwischen geändert" in shown
    assert "Antworten gelöscht 30 Tage nach der Entsiegelung" in shown
    assert 'value="60"' in shown
    assert (await held(installation, draft)).retention_days == 30
    again = SEEN.search(answer.text)
    assert again
    await client.post(page, data=form | {"seen": again[1]}, headers=OWN)
    assert (await held(installation, draft)).retention_days == 60


async def test_what_is_created_is_the_hash_that_was_read_and_what_a_file_would_have_made(
    client: httpx.AsyncClient, installation: Installation, draft: str, tmp_path: Path
) -> None:
    await begun(client, draft, "von der Seite")
    await take(client, f"{draft}/units", to=f"{draft}/units/merge", **{"unit-0": "press", "unit-1": "culture"})
    await take(client, f"{draft}/publication", add="unit")
    page = f"{draft}/check"
    read = HASH.search((await client.get(page)).text)
    assert read
    await take(client, f"{draft}/retention", retention="30")
    csrf = await csrf_of(client)
    stale = await client.post(page, data={"csrf": csrf, "sha256": read[1]}, headers=OWN)
    assert (stale.status_code, "hat den Entwurf geändert, seit Sie ihn gelesen haben" in stale.text) == (409, True)
    now = HASH.search(stale.text)
    assert now
    created = await client.post(page, data={"csrf": csrf, "sha256": now[1]}, headers=OWN)
    assert created.headers["location"] == "/team/surveys/rueckhalt-von-der-seite"
    assert now[1] in (await client.get("/team/surveys/rueckhalt-von-der-seite")).text
    async with installation.database.session("reporting") as connection:
        stored = await store_rounds.select_survey(connection, "rueckhalt-von-der-seite")
    assert stored.sha256 == now[1]
    scales = ", ".join(f'"{name}"' for name in stored.survey.publication[0].items)
    same = read_survey(
        survey_file(
            tmp_path,
            "rueckhalt-von-der-seite",
            UNITS_MERGED,
            'id = "{survey_id}"\n'
            'title = {{ de = "Rückhalt von der Seite", en = "Backing von der Seite" }}\nquestionnaire = "core"\n'
            'languages = ["de", "en"]\nunits = "units.csv"\nretention_days = 30\ncustody = "2 of 3 trustees"\n'
            f'approvals = ["staff-council", "data-protection"]\n[[publication]]\ndimensions = ["unit"]\nitems = [{scales}]\n',
        )
    )
    assert same.sha256 == stored.sha256
    log = (await read_audit_log(installation)).entries
    assert [each.who for each in log if each.facts.get("sha256") == now[1]] == [EMAIL]
    assert (await client.get(draft)).status_code == 404


UNITS_MERGED = """id,parent,name_de,name_en,headcount,headcount_leadership
town,,Stadt,Town,60,7
culture-press,town,Kultur / Presse,Culture / Press,29,4
order,town,Ordnung,Public order,31,3
"""


async def test_a_survey_is_a_template_that_stays_as_it_is(
    client: httpx.AsyncClient, installation: Installation, tmp_path: Path, draft: str
) -> None:
    del draft  # somebody is signed in
    stored = await create_survey(installation, survey_file(tmp_path, "pattern"))
    csrf = await csrf_of(client)
    answer = await client.post("/team/surveys/new", data={"csrf": csrf, "template": "pattern"}, headers=OWN)
    page = str(answer.headers["location"])
    assert (await held(installation, page)).units == stored.survey.units
    taken = await take(client, f"{page}/title", id="pattern", **{"title-de": "Neu", "title-en": "New"})
    assert (taken.status_code, "schon eine Befragung mit dem Kurznamen" in taken.text) == (422, True)
    missing = await client.post("/team/surveys/new", data={"csrf": csrf, "template": "nowhere"}, headers=OWN)
    assert missing.status_code == 404


async def test_a_draft_is_thrown_away_after_a_question(
    client: httpx.AsyncClient, installation: Installation, draft: str
) -> None:
    assert "lässt sich nicht zurückholen" in (await client.get(f"{draft}/discard")).text
    assert draft.rpartition("/")[2] in {each.draft_id for each in await list_drafts(installation)}
    await client.post(f"{draft}/discard", data={"csrf": await csrf_of(client)}, headers=OWN)
    gone = await client.get(draft)
    assert (gone.status_code, "Diesen Entwurf gibt es nicht mehr" in gone.text) == (404, True)


async def test_others_read_a_draft_and_find_nothing_to_press(
    client: httpx.AsyncClient, installation: Installation, draft: str, password_hash: str
) -> None:
    await begun(client, draft, "2027")
    async with installation.database.session("team") as connection:
        await store.add_account(connection, Email("rat@example.org"), "auditor", password_hash, "staff-council")
    await sign_in(client, email="rat@example.org")
    for page in (draft, f"{draft}/check", f"{draft}/preview", f"{draft}/preview/phone"):
        answer = await client.get(page)
        assert answer.status_code == 200
        assert f'action="{draft}' not in answer.text
        assert f'href="{draft}/title"' not in answer.text
    assert "Befragung anlegen</a>" not in (await client.get("/team/")).text


async def test_a_preview_may_be_framed_by_our_own_pages_and_speaks_to_nobody(
    client: httpx.AsyncClient, draft: str
) -> None:
    await begun(client, draft, "2027")
    framing = await client.get(f"{draft}/preview")
    assert f'src="{draft}/preview/phone"' in unescape(framing.text)
    assert "frame-src 'self'" in framing.headers["content-security-policy"]
    framed = await client.get(f"{draft}/preview/phone")
    policy = framed.headers["content-security-policy"]
    assert "frame-ancestors 'self'" in policy
    assert "connect-src 'none'" in policy
    assert "Kultur" in framed.text
    for page in ("/team/questionnaires/pulse", "/team/questionnaires/pulse/phone"):
        assert (await client.get(page)).status_code == 200
    assert (await client.get("/team/questionnaires/..%2Fcore")).status_code == 404
    assert "frame-ancestors 'none'" in (await client.get(draft)).headers["content-security-policy"]


async def test_a_file_from_another_page_or_without_the_token_is_refused(
    client: httpx.AsyncClient, installation: Installation, draft: str
) -> None:
    await take(client, f"{draft}/questionnaire", questionnaire="core")
    file = {"file": ("units.csv", UNITS.encode(), "text/csv")}
    form = {"csrf": await csrf_of(client), "seen": await seen(client, f"{draft}/units")}
    elsewhere = {"sec-fetch-site": "cross-site"}
    for data, headers in ((form, elsewhere), (form | {"csrf": "0" * 64}, OWN)):
        answer = await client.post(f"{draft}/units/file", data=data, files=file, headers=headers)
        assert answer.status_code == 403
    large = {"file": ("units.csv", b"x" * 300_000, "text/csv")}
    assert (await client.post(f"{draft}/units/file", data=form, files=large, headers=OWN)).status_code == 413
    assert (await held(installation, draft)).units == ()


@pytest.mark.parametrize("language", ["de", "en"])
async def test_every_step_and_every_fault_has_its_words(language: str) -> None:
    words = wording(language)
    assert [step for _, steps in GROUPS for step in steps] == list(STEPS)
    for step in STEPS:
        assert words(f"draft.step.{step}")
        assert words.several(f"draft.{step}.explained")
    for name, text in WORDS.items():
        facts = dict.fromkeys(re.findall(r"\{(\w+)\}", text), "7")
        assert words(f"draft.fault.{name}", **facts), name
