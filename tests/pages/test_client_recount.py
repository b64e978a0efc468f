"""Whoever counts a ballot box again in the browser finds what somebody changed."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Route

from survey_service.domain.rounds import Round
from survey_service.operations.close_round import close_round
from survey_service.operations.installation import Installation
from tests.conftest import new_round
from tests.operations.participants import take_part
from tests.pages.client_modules import RoundInBrowser, modules
from tests.pages.conftest import Service


@pytest.fixture(scope="module")
def counted_round(service: Service, tmp_path_factory: pytest.TempPathFactory) -> Round:
    """A closed round with three responses."""

    async def count(installation: Installation) -> Round:
        found = await new_round(installation, tmp_path_factory.mktemp("counted"))
        await take_part(installation, found, [{"population": "github"}] * 3)
        await close_round(installation, found.round_id)
        return found

    return service.run(count)


@pytest.fixture
def three_counted(service: Service, counted_round: Round, context: BrowserContext) -> Iterator[RoundInBrowser]:
    with modules(context, service.url) as client:
        yield RoundInBrowser(service, counted_round, client)


def a_second_time(credentials: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [credentials[0], {**credentials[0], "receipt": credentials[1]["receipt"]}, *credentials[2:]]


def another_randomizer(credentials: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**credentials[0], "randomizer": credentials[1]["randomizer"]}, *credentials[1:]]


@pytest.mark.parametrize(
    ("path", "forge", "faults"),
    [
        ("/ballot-box", lambda box: {**box, "receipts": box["receipts"][1:]}, ["counts_differ", "root_differs"]),
        ("/ballot-box", lambda box: {**box, "receipts": box["receipts"][::-1]}, ["receipts_unordered", "root_differs"]),
        ("/ballot-box", lambda box: {**box, "root": "0" * 64}, ["root_differs"]),
        ("/ballot-box", lambda box: {**box, "credentials_issued": 2}, ["counts_differ"]),
        ("/ballot-box", lambda box: {**box, "credentials_issued": 501}, ["counts_differ"]),
        ("/ballot-box", lambda box: {**box, "invalid": 4}, ["counts_differ"]),
        ("/ballot-box/credentials", lambda all_: all_[::-1], ["credentials_differ"]),
        ("/ballot-box/credentials", lambda all_: all_[1:], ["credentials_differ"]),
        ("/ballot-box/credentials", a_second_time, ["serial_twice"]),
        ("/ballot-box/credentials", another_randomizer, ["credential_invalid"]),
        ("", lambda status: {**status, "state": "unsealed"}, ["counts_differ"]),
        ("", lambda status: {**status, "fingerprint": "0" * 26}, ["fingerprint_differs"]),
    ],
    ids=[
        "a response left out",
        "another order",
        "another root",
        "fewer credentials than responses",
        "more credentials than people",
        "more invalid than counted",
        "credentials in another order",
        "a credential left out",
        "a credential used twice",
        "a credential that does not verify",
        "nothing said of invalid ones after the unsealing",
        "another fingerprint",
    ],
)
def test_a_ballot_box_somebody_changed_is_found_out_by_counting_again(
    three_counted: RoundInBrowser,
    context: BrowserContext,
    path: str,
    forge: Callable[[Any], Any],
    faults: list[str],
) -> None:
    def lie(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json=forge(answer.json()))

    context.route(f"**/api/rounds/{three_counted.round_id}{path}", lie)
    found = three_counted.call("return (await m.recount(given.round)).faults;")
    if "credentials_differ" not in faults:
        found = [fault for fault in found if fault != "credentials_differ"]
    assert found == faults
