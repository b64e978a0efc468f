"""Where one is let through to, and in which language."""

from pathlib import Path

import pytest

from survey_service.web.app import create_app
from survey_service.web.team.door import TeamPages, preferred
from tests.conftest import settings_in


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> TeamPages:
    directory: Path = tmp_path_factory.mktemp("door")
    return TeamPages(create_app(settings_in(directory)).routes)


@pytest.mark.parametrize(
    "elsewhere",
    [
        "//evil",
        "https://evil.example/team/",
        "/team//evil",
        "\\\\evil",
        "/team/..//evil",
        "/team/\nx",
        "/team/\n",
        "javascript:0",
        "/r/x",
        "/team/sign-in",
        "/team/sign-out",
        "/team/nothing-here",
        "/team/rounds/..",
        "/team/rounds/x/..",
        "/team/rounds/%2e%2e",
        "/team/surveys/backing/approval",
        "",
        None,
    ],
)
def test_signing_in_leads_to_pages_of_the_team_only(pages: TeamPages, elsewhere: str | None) -> None:
    assert pages.safe(elsewhere) == "/team/"


@pytest.mark.parametrize(
    "page",
    [
        "/team/",
        "/team/hidden",
        "/team/trustee/backing-2026-1",
        "/team/surveys/backing",
        "/team/rounds/backing-2026-1",
        "/team/rounds/backing-2026-1/results",
        "/team/rounds/backing-2026-1/release.csv",
    ],
)
def test_every_page_behind_the_door_is_kept(pages: TeamPages, page: str) -> None:
    assert pages.safe(page) == page


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "de"),
        ("fr", "de"),
        ("en-GB", "en"),
        ("fr, en;q=0.8, de;q=0.5", "en"),
        ("de;q=0.2, en;q=0.9", "en"),
        ("en;q=0, de;q=0.1", "de"),
        ("en;q=nonsense", "en"),
    ],
)
def test_the_browser_says_which_language_it_prefers(header: str, language: str) -> None:
    assert preferred(header) == language
