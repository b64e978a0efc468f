"""Real browser, real service in a process of its own, real database."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from survey_service.operations.installation import Installation, opened
from survey_service.settings import Settings
from survey_service.store.migrate import migrate
from tests.operations.running_service import own_settings, serving
from tests.pages.browsers import FLAGS, chromium

T = TypeVar("T")
Operation = Callable[[Installation], Awaitable[T]]


class Service:
    """A running service, and a way to carry out operations on its installation beside it."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @property
    def url(self) -> str:
        return self.settings.base_url

    def run(self, operation: Operation[T]) -> T:
        """Carries out an operation in a thread of its own: the browser's own loop occupies this one."""

        async def within() -> T:
            async with opened(self.settings) as installation:
                return await operation(installation)

        with ThreadPoolExecutor(1) as thread:
            return thread.submit(lambda: asyncio.run(within())).result()


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    settings = own_settings(tmp_path_factory.mktemp("pages"))
    service = Service(settings)

    async def prepare(installation: Installation) -> None:
        async with installation.database.owner() as connection:
            await migrate(connection)

    service.run(prepare)
    with serving(settings):
        yield service


@pytest.fixture(scope="module")  # no longer: its loop occupies the thread, and other tests bring their own
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS))
        yield launched
        launched.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser nobody has used, at the width of a phone, in German."""
    fresh = browser.new_context(viewport={"width": 390, "height": 844}, locale="de-DE")
    yield fresh
    fresh.close()


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pictures")
