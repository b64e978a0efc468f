"""Methods and paths nobody's browser asks for, and conditional requests."""

import hashlib

import httpx
import pytest

from tests.participation.requests import UNKNOWN_ROUND, Participants, outcome, problem

READ = ("", "/terms", "/questionnaire")
WRITE = ("/credentials", "/responses")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "BREW"])
@pytest.mark.parametrize("path", [*READ, *WRITE])
async def test_another_method_is_refused_and_the_right_one_named(
    participants: Participants, method: str, path: str
) -> None:
    answer = await participants.http.request(method, participants.outside.path + path)

    assert answer.status_code == 405
    assert ("POST" if path in WRITE else "GET, HEAD") in answer.headers["allow"]
    assert problem(answer) == "method_not_allowed"


@pytest.mark.parametrize("address", ["/", "/help", "/privacy", "/receipt", "/health/live", "/team/sign-in", "/nothing"])
async def test_head_tells_what_get_would_without_its_body(participants: Participants, address: str) -> None:
    for path in (address, *(participants.outside.path + suffix for suffix in READ)):
        whole = await participants.http.get(path)
        head = await participants.http.head(path)

        assert (head.status_code, head.content) == (whole.status_code, b"")
        assert dict(head.headers) == dict(whole.headers)


@pytest.mark.parametrize("path", WRITE)
async def test_head_is_refused_where_only_post_answers(participants: Participants, path: str) -> None:
    answer = await participants.http.head(participants.outside.path + path)

    assert (answer.status_code, answer.content) == (405, b"")
    assert set(answer.headers["allow"].split(", ")) == {"POST", "OPTIONS"}


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"])
async def test_no_method_but_post_redeems(participants: Participants, method: str) -> None:
    [code] = await participants.codes(1)
    request = participants.credential_request(code)
    path = participants.outside.path + "/credentials"

    answer = await participants.http.request(method, path, json=request, params=request)

    assert answer.status_code in {204, 405}
    assert outcome(await participants.post("credentials", participants.credential_request(code))) == 200


@pytest.mark.parametrize("path", [*READ, *WRITE])
async def test_options_names_methods_and_nothing_more(participants: Participants, path: str) -> None:
    answer = await participants.http.options(participants.outside.path + path)

    assert (answer.status_code, answer.content) == (204, b"")
    assert set(answer.headers["allow"].split(", ")) == {"OPTIONS", *(["POST"] if path in WRITE else ["GET", "HEAD"])}
    assert "set-cookie" not in answer.headers
    assert not any(name.startswith("access-control-") for name in answer.headers)


ROUND_IDS = {
    "NUL": "%00",
    "a NUL inside": "a%00b",
    "a line feed": "%0A",
    "invalid UTF-8": "%FF",
    "a surrogate": "%ED%A0%80",
    "half an escape": "%2",
    "an umlaut": "r%C3%BCckhalt",
    "a pictograph": "%F0%9F%92%A9",
    "capitals": "TRIAL",
    "a quotation mark": "'%20OR%20'1'='1",
    "a template": "%7B%7B7*7%7D%7D",
    "65 letters": "a" * 65,
    "8000 letters": "a" * 8000,
    "blanks": "%20",
    "an encoded dot": "%2E",
}
SUFFIXES = {"terms": "/terms", "status": "", "ballot box": "/ballot-box"}


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("round_id", ROUND_IDS)
async def test_a_name_that_no_round_can_have_is_an_unknown_round(
    participants: Participants, round_id: str, suffix: str
) -> None:
    answer = await participants.http.get(f"/api/rounds/{ROUND_IDS[round_id]}{SUFFIXES[suffix]}")

    assert problem(answer) in {"unknown_round", "not_found"}


@pytest.mark.parametrize("round_id", ROUND_IDS)
@pytest.mark.parametrize("address", ["credentials", "responses"])
async def test_nothing_is_taken_for_a_name_that_no_round_can_have(
    participants: Participants, round_id: str, address: str
) -> None:
    [code] = await participants.codes(1)
    request = (
        participants.credential_request(code) if address == "credentials" else await participants.response_request(code)
    )

    assert problem(await participants.post(address, request, round_id=ROUND_IDS[round_id])) == "unknown_round"


@pytest.mark.parametrize(
    "path",
    [
        "/api",
        "/api/rounds",
        "/api/rounds/",
        "/api/rounds/../../etc/passwd",
        "/api/rounds/%2e%2e/%2e%2e/etc/passwd",
        "/api/rounds/..%2f..%2fetc%2fpasswd",
        "/api/rounds/a/b/c/d/e/f",
        "/api/rounds/a/ballot-box/credentials/more",
        "/schema/elements",
        "/schema/nothing",
        "/static/app.py",
        "/favicon.ico",
        "/" + "a" * 8000,
        "/" + "a/" * 2000,
        "/%00",
        "/%F0%9F%92%A9",
        "/r/%00?code=0000",
    ],
)
async def test_what_is_no_address_is_not_found(participants: Participants, path: str) -> None:
    assert problem(await participants.http.get(path)) in {"not_found", "unknown_round"}


@pytest.mark.parametrize("query", ["?", "?language=de", "?round_id=other", "?" + "a=1&" * 2000, "?%00=%FF"])
async def test_a_query_changes_nothing(participants: Participants, query: str) -> None:
    plain = await participants.http.get(participants.outside.path + "/terms")

    assert (await participants.http.get(participants.outside.path + "/terms" + query)).content == plain.content


@pytest.mark.parametrize("path", READ)
async def test_a_slash_at_the_end_changes_nothing(participants: Participants, path: str) -> None:
    plain = await participants.http.get(participants.outside.path + path)

    assert (await participants.http.get(participants.outside.path + path + "/")).content == plain.content


@pytest.mark.parametrize("path", READ)
async def test_the_tag_is_the_hash_of_the_body(participants: Participants, path: str) -> None:
    answer = await participants.http.get(participants.outside.path + path)

    assert answer.headers["etag"] == f'"{hashlib.sha256(answer.content).hexdigest()}"'
    assert "set-cookie" not in answer.headers


async def test_the_status_is_kept_for_a_minute_at_most(participants: Participants) -> None:
    answer = await participants.http.get(participants.outside.path)

    directives = dict(part.strip().partition("=")[::2] for part in answer.headers["cache-control"].split(","))
    assert 0 <= int(directives["max-age"]) <= 60


MATCHING = {
    "the tag": lambda tag: [tag],
    "the weak tag": lambda tag: ["W/" + tag],
    "a list": lambda tag: [f'"other", {tag}'],
    "a list without blanks": lambda tag: [f'"other",W/{tag},"another"'],
    "several lines": lambda tag: ['"other"', tag],
    "a star": lambda _: ["*"],
}
OTHERS = {
    "another tag": lambda _: ['"other"'],
    "the tag without its quotation marks": lambda tag: [tag.strip('"')],
    "a part of the tag": lambda tag: [tag[:-2] + '"'],
    "nothing": lambda _: [""],
    "a comma": lambda _: [","],
    "rubbish": lambda _: ['W/"'],
}


async def conditional(participants: Participants, path: str, lines: list[str]) -> httpx.Response:
    return await participants.http.get(
        participants.outside.path + path, headers=[("if-none-match", line) for line in lines]
    )


@pytest.mark.parametrize("path", READ)
@pytest.mark.parametrize("condition", MATCHING)
async def test_what_the_browser_has_already_is_not_sent_again_for(
    participants: Participants, path: str, condition: str
) -> None:
    full = await participants.http.get(participants.outside.path + path)

    answer = await conditional(participants, path, MATCHING[condition](full.headers["etag"]))

    assert (answer.status_code, answer.content) == (304, b"")
    assert "content-length" not in answer.headers
    assert (answer.headers["etag"], answer.headers["cache-control"]) == (
        full.headers["etag"],
        full.headers["cache-control"],
    )


@pytest.mark.parametrize("path", READ)
@pytest.mark.parametrize("condition", OTHERS)
async def test_the_body_is_sent_for(participants: Participants, path: str, condition: str) -> None:
    full = await participants.http.get(participants.outside.path + path)

    answer = await conditional(participants, path, OTHERS[condition](full.headers["etag"]))

    assert (answer.status_code, answer.content) == (200, full.content)


async def test_a_star_matches_nothing_where_there_is_no_round(participants: Participants) -> None:
    answer = await participants.http.get(f"/api/rounds/{UNKNOWN_ROUND}/terms", headers={"if-none-match": "*"})

    assert problem(answer) == "unknown_round"
