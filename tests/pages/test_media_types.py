"""What the browser is told each answer is."""

import httpx
import pytest

from tests.pages.conftest import Service


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/help", "text/html; charset=utf-8"),
        ("/team/sign-in", "text/html; charset=utf-8"),
        ("/nothing", "text/html; charset=utf-8"),
        ("/health/live", "text/plain; charset=utf-8"),
    ],
)
def test_the_media_type_is_named_once(service: Service, path: str, media_type: str) -> None:
    answer = httpx.get(f"{service.url}{path}", headers={"accept": "text/html"}, trust_env=False)
    assert answer.headers["content-type"] == media_type
