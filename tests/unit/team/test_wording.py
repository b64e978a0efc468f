"""Numbers, dates and sentences of the team's pages, in both languages."""

import re
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from survey_service.domain.drafts import STEPS
from survey_service.domain.rounds import State
from survey_service.web.team.wording import wording

TEMPLATES = Path(__file__).parents[3] / "survey_service" / "web" / "templates"
FOLDER = TEMPLATES / "team" / "wordings"
RESULTS = Path(__file__).parents[3] / "survey_service" / "results"
EXPORTS = Path(__file__).parents[3] / "survey_service" / "exports"
OPENS = datetime(2026, 11, 28, 7, 0, tzinfo=UTC)
CLOSES = datetime(2026, 12, 12, 17, 0, tzinfo=UTC)
NOW = CLOSES - timedelta(days=3)


def test_a_share_is_written_as_its_language_writes_it() -> None:
    assert wording("de").per_cent(0.125) == "12,5\N{NO-BREAK SPACE}%"
    assert wording("en").per_cent(0.125) == "12.5%"
    assert wording("de").interval(0.1014, 0.1526) == "10,1 bis 15,3\N{NO-BREAK SPACE}%"
    assert wording("en").interval(0.1014, 0.1526) == "10.1% to 15.3%"


@pytest.mark.parametrize(("share", "written"), [(0.0005, "0,1"), (0.1815, "18,2"), (0.0, "0,0"), (1.0, "100,0")])
def test_halves_are_rounded_up_as_people_expect(share: float, written: str) -> None:
    assert wording("de").per_cent(share) == f"{written}\N{NO-BREAK SPACE}%"


def test_thousands_and_means_follow_the_language() -> None:
    assert (wording("de").whole(12480), wording("en").whole(12480)) == ("12.480", "12,480")
    assert (wording("de").decimal(71.25), wording("en").decimal(71.25)) == ("71,3", "71.3")


def test_lists_end_with_and() -> None:
    assert wording("de").listed(["A", "B", "C"]) == "A, B und C"
    assert wording("en").listed(["A"]) == "A"


def test_a_date_is_told_by_the_clock_in_germany_in_summer_and_winter() -> None:
    assert wording("de").date(CLOSES) == "Samstag, 12. Dezember 2026, 18:00 Uhr"
    assert wording("en").date(CLOSES) == "Saturday 12 December 2026, 18:00"
    assert wording("de").date(datetime(2026, 7, 1, 22, 30, tzinfo=UTC)) == "Donnerstag, 2. Juli 2026, 00:30 Uhr"


def state(name: State, *, per_cent: int | None = 40, now: datetime = NOW, language: str = "de") -> str:
    sentence = wording(language).state(name, opens_at=OPENS, closes_at=CLOSES, now=now, per_cent=per_cent)
    return sentence.replace("\N{NO-BREAK SPACE}", " ")


def test_the_state_of_an_open_round_is_a_sentence_with_its_end_and_a_band() -> None:
    assert state("open") == "Offen bis Samstag, 12. Dezember 2026, 18:00 Uhr; rund 40 % haben teilgenommen."
    assert state("open", language="en") == "Open until Saturday 12 December 2026, 18:00; about 40% have taken part."


def test_a_round_whose_time_has_come_and_that_is_not_open_says_what_it_waits_for() -> None:
    assert state("scheduled").startswith("Öffnet, sobald die verlangten Zustimmungen da sind")
    assert state("scheduled", now=OPENS - timedelta(days=1)).startswith("Öffnet am Samstag, 28. November 2026")


def test_hardly_anyone_is_told_as_less_than_five_per_cent() -> None:
    assert "weniger als 5 % haben teilgenommen" in state("open", per_cent=0)


def test_where_a_tenth_is_a_small_group_nothing_is_said_of_participation() -> None:
    assert state("open", per_cent=None) == "Offen bis Samstag, 12. Dezember 2026, 18:00 Uhr."


def test_participation_finer_than_tens_is_a_fault() -> None:
    with pytest.raises(ValueError, match="tens of per cent"):
        wording("de").participation(43)


def test_after_its_end_an_open_round_says_that_it_closes() -> None:
    assert state("open", now=CLOSES).startswith("Am Samstag, 12. Dezember 2026, 18:00 Uhr zu Ende gegangen")


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("name", ["scheduled", "open", "closed", "unsealed", "released", "erased", "lost"])
@pytest.mark.parametrize("per_cent", [None, 0, 100])
def test_every_state_is_a_sentence(language: str, name: State, per_cent: int | None) -> None:
    sentence = state(name, per_cent=per_cent, language=language)
    assert sentence.endswith(".")
    assert "{" not in sentence


def test_both_languages_have_the_same_wordings_with_the_same_facts() -> None:
    german, english = words("de"), words("en")
    assert german.keys() == english.keys()
    assert [name for name in german if facts(german[name]) != facts(english[name])] == []


def test_every_wording_is_used() -> None:
    handlers = FOLDER.parents[2] / "team"
    code = "".join(
        path.read_text("utf-8")
        for folder in ("team", "results", "participant")
        for path in (TEMPLATES / folder).rglob("*.html")
    )
    code += "".join(path.read_text("utf-8") for folder in (handlers, RESULTS, EXPORTS) for path in folder.glob("*.py"))
    composed = (
        "calendar.",
        "hidden.",
        "roles.",
        "state.",
        "next.",
        "refused.",
        "measures.",
        "draft.step.",
        "draft.state.",
        "draft.group.",
        "draft.fault.",
        "draft.schedule.",
        "draft.publication.means.",
        "draft.publication.mark.",
        *(f"draft.{step}.explained" for step in STEPS),
        "move.",
        "plan.",
        "task.",
        "unsealing.step.",
        "unsealing.progress.",
        "unsealing.refused.",
        "review.refused.",
        "comments.outcome.",
        "comments.refused.",
        "sign_in.",
        "confirm.",
        "factor.refused.",
        "account.done.",
        "account.refused.",
        "accounts.choice.",
        "accounts.does.",
        "accounts.move.",
        "accounts.refused.",
        "audit.deed.",
        "audit.fact.",
        "column.",
        "results.message_",
        "rhythm.",
        "units.message_",
        "units.shown_",
        "finding.",
        "trustee.task.",
        "trustee.refused.",
        "survey.office.",
        "municipalities.fault.",
        "survey.statistic.",
        "statistics.",
        "export.kind.",
        "export.sheets.",
        "export.prevalence.",
        "report.",
    )
    assert [
        name
        for name in words("de")
        if not name.startswith(composed) and not re.search(f"[\"']{re.escape(name)}[\"']", code)
    ] == []


def words(language: str) -> dict[str, Any]:
    return {
        name: text
        for file in (
            *(FOLDER / language).iterdir(),
            *(part / "wordings" / f"{language}.toml" for part in (RESULTS, EXPORTS)),
        )
        for name, text in flat(tomllib.loads(file.read_text("utf-8"))).items()
    }


def flat(table: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in table.items():
        found |= flat(value, f"{prefix}{name}.") if isinstance(value, dict) else {prefix + name: value}
    return found


def facts(text: object) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", str(text)))
