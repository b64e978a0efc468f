"""The browser's own modules, called one by one in a real browser under the pages' policy."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Page, Route

from survey_service.domain.rounds import Round
from survey_service.operations.close_round import close_round
from survey_service.operations.installation import Installation
from survey_service.operations.invite import invite
from survey_service.operations.recount import BallotBox, read_ballot_box
from survey_service.web.rendering import CONTENT_SECURITY_POLICY
from tests.pages.conftest import Service

WEB = Path(__file__).parents[2] / "survey_service" / "web"
SOURCES = WEB / "client"
STATIC = WEB / "static"
BUILT = "static/participation.js"
ANSWERS = {"witnessed": ["threats", "rudeness"], "population": "github"}  # to the questionnaire open-source-2017

_DECODERS = """
const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
const bytes = (hex) => Uint8Array.from(hex.match(/../g) || [], (digits) => parseInt(digits, 16));
"""
BEGIN = """
window.began = async (answers) => {
  const { terms } = await m.loadRound(given.round);
  return m.Participation.begin(terms, await m.loadQuestionnaire(terms), answers);
};
"""
SUBMIT = """
const steps = [];
const retries = [];
const onStep = (step) => steps.push(step);
const onRetry = (retry) => retries.push(retry);
const outcome = await window.person.submit(given.code, { onStep, onRetry }).catch((problem) => problem.code);
return { outcome, steps, retries, receipt: window.person.receipt };
"""


class Modules:
    """A page of the service's origin that holds nothing but what is called in it."""

    def __init__(self, page: Page, origin: str) -> None:
        self.page = page
        self.origin = origin

    def call(self, module: str, script: str, given: Any = None) -> Any:
        """Runs `script` with the module as `m` and the value as `given`; `hex` and `bytes` turn bytes into text and back.

        module: a file of `web/client`; `static/…` for a built one.
        """
        load = f"async (given) => {{ {_DECODERS} const m = await import('/modules/{module}'); {script} }}"
        return self.page.evaluate(load, given)


@contextmanager
def modules(context: BrowserContext, origin: str) -> Iterator[Modules]:
    """Serves the sources below `/modules`; everything else goes to the service."""

    def serve(route: Route) -> None:
        path = route.request.url.removeprefix(f"{origin}/modules/")
        if not path:
            policy = {"content-security-policy": CONTENT_SECURITY_POLICY}
            route.fulfill(body="<!doctype html><title>Modules</title>", content_type="text/html", headers=policy)
        else:
            file = STATIC / path.removeprefix("static/") if path.startswith("static/") else SOURCES / path
            route.fulfill(body=file.read_bytes(), content_type="text/javascript")

    context.route(f"{origin}/modules/**", serve)
    page = context.new_page()
    page.goto(f"{origin}/modules/")
    yield Modules(page, origin)
    page.close()


class RoundInBrowser:
    """A round, and a browser that has loaded the built module."""

    def __init__(self, service: Service, found: Round, client: Modules) -> None:
        self.service = service
        self.round_id = found.round_id
        self.fingerprint = found.fingerprint
        self.client = client

    def codes(self, count: int) -> list[str]:
        return [invitation.code for invitation in self.service.run(lambda on: invite(on, self.round_id, count))]

    def call(self, script: str, **given: Any) -> Any:
        return self.client.call(BUILT, script, {"round": self.round_id, **given})

    def begin(self, answers: dict[str, Any] = ANSWERS) -> None:
        self.call(f"{BEGIN} window.person = await began(given.answers);", answers=answers)

    def submit(self, code: str) -> dict[str, Any]:
        outcome: dict[str, Any] = self.call(SUBMIT, code=code)
        return outcome

    def closed(self) -> BallotBox:
        async def close(installation: Installation) -> BallotBox:
            await close_round(installation, self.round_id)
            return await read_ballot_box(installation.database, self.round_id)

        return self.service.run(close)
