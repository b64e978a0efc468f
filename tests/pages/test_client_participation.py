"""The built module against the running service: from the link to the counted response, through every mishap between."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import BrowserContext, Route

from survey_service.operations.unseal_round import unseal_round
from tests.conftest import new_round
from tests.pages.client_modules import RoundInBrowser, modules
from tests.pages.conftest import Service

RESPONDENTS = 10  # the minimum group size


@pytest.fixture
def open_round(service: Service, context: BrowserContext, tmp_path: Path) -> Iterator[RoundInBrowser]:
    found = service.run(lambda installation: new_round(installation, tmp_path))
    with modules(context, service.url) as client:
        yield RoundInBrowser(service, found, client)


def bodies_of(context: BrowserContext, path: str, meanwhile: Callable[[Route, int], None]) -> list[bytes]:
    """What is posted to `path`, growing; `meanwhile` decides over each request by its number, from 1."""
    bodies: list[bytes] = []

    def watch(route: Route) -> None:
        bodies.append(route.request.post_data_buffer or b"")
        meanwhile(route, len(bodies))

    context.route(f"**{path}", watch)
    return bodies


def test_ten_people_take_part_in_the_browser_and_all_are_counted(open_round: RoundInBrowser) -> None:
    receipts = []
    for code in open_round.codes(RESPONDENTS):
        open_round.begin()
        submitted = open_round.submit(code.lower())
        assert submitted["steps"] == ["redeem", "verify", "respond", "done"]
        assert submitted["outcome"] == submitted["receipt"]
        receipts.append(submitted["outcome"])

    box = open_round.closed()
    assert list(box.receipts) == sorted(receipts)
    unsealed = open_round.service.run(lambda installation: unseal_round(installation, open_round.round_id))
    assert (unsealed.state, unsealed.analysed, unsealed.invalid) == ("unsealed", RESPONDENTS, 0)

    counted = open_round.call(
        """
        const progress = [];
        const counted = await m.recount(given.round, { onProgress: (reached) => progress.push(reached) });
        return { ...counted, progress };
        """
    )
    assert counted["faults"] == []
    assert counted["fingerprint"] == open_round.fingerprint
    assert (counted["box"]["count"], counted["box"]["receipts"]) == (RESPONDENTS, sorted(receipts))
    assert counted["progress"][-1] == {"checked": RESPONDENTS, "total": RESPONDENTS}


def test_a_round_is_loaded_with_the_fingerprint_that_the_invitation_bears(open_round: RoundInBrowser) -> None:
    loaded = open_round.call(
        """
        const { terms, termsBytes, fingerprint } = await m.loadRound(given.round);
        const questionnaire = await m.loadQuestionnaire(terms);
        const { state } = await m.loadStatus(given.round);
        return { fingerprint, size: termsBytes.length, items: questionnaire.items.length, state };
        """
    )
    served = httpx.get(f"{open_round.service.url}/api/rounds/{open_round.round_id}/terms", trust_env=False).content
    assert (loaded["fingerprint"], loaded["size"], loaded["state"]) == (open_round.fingerprint, len(served), "open")
    assert loaded["items"] > 10


@pytest.mark.parametrize("path", ["/credentials", "/responses"])
def test_an_answer_lost_on_the_way_is_asked_for_again_with_identical_bytes_and_counts_once(
    open_round: RoundInBrowser, context: BrowserContext, path: str
) -> None:
    def lose_the_first_two(route: Route, number: int) -> None:
        if number == 1:
            route.fetch()  # it arrives at the service, and its answer gets lost
            route.abort("connectionreset")
        elif number == 2:
            route.abort("internetdisconnected")
        else:
            route.continue_()

    bodies = bodies_of(context, path, lose_the_first_two)
    (code,) = open_round.codes(1)
    open_round.begin()
    submitted = open_round.submit(code)

    assert submitted["outcome"] == submitted["receipt"]
    assert [retry["attempt"] for retry in submitted["retries"]] == [1, 2]
    assert {retry["code"] for retry in submitted["retries"]} == {"unreachable"}
    assert (len(bodies), len(set(bodies))) == (3, 1)
    box = open_round.closed()
    assert (box.count, box.credentials_issued, box.receipts) == (1, 1, (submitted["receipt"],))


def test_whoever_gave_up_without_network_submits_again_and_counts_once(
    open_round: RoundInBrowser, context: BrowserContext
) -> None:
    bodies = bodies_of(context, "/responses", lambda route, _: route.continue_())
    (code,) = open_round.codes(1)
    open_round.begin()
    context.set_offline(True)
    given_up = open_round.call(
        """
        const giveUp = new AbortController();
        const onRetry = ({ attempt }) => attempt === 2 && giveUp.abort();
        return window.person.submit(given.code, { onRetry, signal: giveUp.signal }).catch(({ name }) => name);
        """,
        code=code,
    )
    context.set_offline(False)
    first, second = open_round.submit(code), open_round.submit(code)

    assert given_up == "AbortError"
    assert first["steps"] == ["redeem", "verify", "respond", "done"]
    assert second["steps"] == ["respond", "done"]
    assert first["outcome"] == second["outcome"] == first["receipt"]
    assert (len(bodies), len(set(bodies))) == (2, 1)
    assert open_round.closed().count == 1


def test_an_overloaded_service_is_given_the_time_it_asks_for(
    open_round: RoundInBrowser, context: BrowserContext
) -> None:
    problem = json.dumps({"code": "rate_limited"})

    def overloaded_once(route: Route, number: int) -> None:
        if number == 1:
            route.fulfill(
                status=429, body=problem, content_type="application/problem+json", headers={"retry-after": "2"}
            )
        else:
            route.continue_()

    bodies_of(context, "/credentials", overloaded_once)
    (code,) = open_round.codes(1)
    open_round.begin()
    submitted = open_round.submit(code)
    assert submitted["outcome"] == submitted["receipt"]
    assert submitted["retries"] == [{"attempt": 1, "attempts": 8, "seconds": 2, "code": "rate_limited"}]


def test_a_used_code_an_unknown_one_and_none_at_all_are_told_apart_and_the_right_one_may_follow(
    open_round: RoundInBrowser,
) -> None:
    used, unused = open_round.codes(2)
    open_round.begin()
    assert open_round.submit(used)["steps"][-1] == "done"
    open_round.begin()
    assert open_round.submit(used)["outcome"] == "already_redeemed"
    assert open_round.submit("0" * 16)["outcome"] == "unknown_invitation"
    assert open_round.submit("U" * 16) == {**open_round.submit(""), "outcome": "not_a_code", "steps": []}
    assert open_round.submit(unused)["steps"][-1] == "done"
    assert open_round.closed().count == 2


def test_a_closed_round_says_so(open_round: RoundInBrowser) -> None:
    (code,) = open_round.codes(1)
    open_round.begin()
    not_yet = open_round.call("return m.recount(given.round).catch((problem) => problem.code);")
    open_round.closed()
    assert not_yet == "ballot_box_not_ready"
    assert open_round.submit(code)["outcome"] == "round_not_open"


@pytest.mark.parametrize(
    ("path", "forge", "refused"),
    [
        (
            "/credentials",
            lambda answer: {"blind_signature": answer["blind_signature"][::-1]},
            "invalid_blind_signature",
        ),
        ("/credentials", lambda answer: {"blind_signature": answer["blind_signature"][:-4]}, "unexpected_answer"),
        ("/credentials", lambda _: [], "unexpected_answer"),
        ("/responses", lambda _: {"receipt": "0" * 64}, "receipt_differs"),
    ],
    ids=["another signature", "a short signature", "no signature", "another receipt"],
)
def test_a_service_that_answers_with_something_else_is_caught(
    open_round: RoundInBrowser, context: BrowserContext, path: str, forge: Callable[[Any], Any], refused: str
) -> None:
    def lie(route: Route, _: int) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json=forge(answer.json()))

    (code,) = open_round.codes(1)
    open_round.begin()
    bodies_of(context, path, lie)
    assert open_round.submit(code)["outcome"] == refused
    context.unroute(f"**{path}")
    submitted = open_round.submit(code)
    assert submitted["outcome"] == submitted["receipt"]


@pytest.mark.parametrize(
    "member",
    [
        {"protocol": "2"},
        {"round_id": "another"},
        {"credential_key": "AAAA"},
        {"sealing_key": "BAAA"},
        {"sealing_key": "B" + "A" * 86},
        {"plaintext_size": "4096"},
        {"custody": "nobody"},
        {"languages": []},
    ],
    ids=str,
)
def test_terms_that_are_not_of_the_protocol_are_refused(
    open_round: RoundInBrowser, context: BrowserContext, member: dict[str, Any]
) -> None:
    def forge(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json=answer.json() | member)

    context.route("**/terms", forge)
    refused = open_round.call("return m.loadRound(given.round).catch(({ code, member }) => [code, member]);")
    assert refused == ["unusable_terms", next(iter(member))]


def test_another_questionnaire_than_that_of_the_terms_is_refused(
    open_round: RoundInBrowser, context: BrowserContext
) -> None:
    def forge(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=answer.body() + b" ")

    context.route("**/questionnaire", forge)
    script = (
        "return m.loadRound(given.round).then(({ terms }) => m.loadQuestionnaire(terms)).catch(({ code }) => code);"
    )
    assert open_round.call(script) == "questionnaire_differs"
