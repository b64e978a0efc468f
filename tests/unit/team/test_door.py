"""Where one is let through to, and in which language."""

import pytest

from survey_service.web.team.door import preferred, safe_page


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
        "",
        None,
    ],
)
def test_signing_in_leads_to_pages_of_the_team_only(elsewhere: str | None) -> None:
    assert safe_page(elsewhere) == "/team/"


@pytest.mark.parametrize("page", ["/team/", "/team/rounds/backing-2026-1", "/team/rounds/backing-2026-1/release.csv"])
def test_a_page_of_the_team_is_kept(page: str) -> None:
    assert safe_page(page) == page


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
