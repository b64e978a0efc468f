"""Bodies nobody's browser sends. Each is refused as malformed, and none of them spends a code or a credential."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.participation.outside_client import base64url, from_base64url, normal_code
from tests.participation.requests import UNKNOWN_CODE, Body, Participants, outcome, problem

ADDRESSES = ("credentials", "responses")
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

NO_REQUESTS = {
    "nothing": b"",
    "blanks": b" \n\t",
    "no JSON": b"invitation=0000000000000000",
    "half a JSON": b'{"invitation": "0',
    "two documents": b"{}{}",
    "an empty object": b"{}",
    "an array": b"[]",
    "null": b"null",
    "a number": b"0",
    "NaN": b"NaN",
    "a text": b'"invitation"',
    "a closing bracket": b"]",
    "NUL": b"\x00",
    "NULs": bytes(1000),
    "invalid UTF-8": b'{"invitation": "\xff\xfe"}',
    "a surrogate in UTF-8": b'{"invitation": "\xed\xa0\x80"}',
    "an overlong slash": b'{"invitation": "\xc0\xaf"}',
    "deep arrays": b"[" * 30_000,
    "closed deep arrays": b"[" * 30_000 + b"]" * 30_000,
    "deep objects": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "a deep member": b'{"invitation":' + b"[" * 20_000 + b"]" * 20_000 + b"}",
    "an enormous number": b'{"invitation":' + b"9" * 60_000 + b"}",
    "an enormous exponent": b'{"invitation": 1e999999999}',
    "a tiny exponent": b'{"invitation": 1e-999999999}',
    "a compressed body": bytes.fromhex("1f8b0800000000000003abae05002b79ac1102000000"),
    "a multipart form": b'--x\r\ncontent-disposition: form-data; name="invitation"\r\n\r\n0\r\n--x--\r\n',
}


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("body", NO_REQUESTS)
async def test_what_is_no_request_is_malformed(participants: Participants, address: str, body: str) -> None:
    assert problem(await participants.post(address, NO_REQUESTS[body])) == "malformed"


def raw(request: Body) -> bytes:
    return json.dumps(request).encode()


def with_value(name: str, value: str) -> Callable[[Body], bytes]:
    """The request with one member written as the given JSON."""
    return lambda request: (
        "{" + ",".join(f'"{each}":{value if each == name else json.dumps(request[each])}' for each in request) + "}"
    ).encode()


def without(name: str) -> Callable[[Body], bytes]:
    return lambda request: raw({each: value for each, value in request.items() if each != name})


def changed(name: str, change: Callable[[str], str]) -> Callable[[Body], bytes]:
    return lambda request: raw(request | {name: change(request[name])})


def twice(name: str) -> Callable[[Body], bytes]:
    return lambda request: raw(request)[:-1] + b"," + json.dumps(name).encode() + b":" + raw(request[name]) + b"}"


def twice_escaped(name: str) -> Callable[[Body], bytes]:
    """The second time the name is written with an escape, so that it only looks like another one."""
    escaped = f'"\\u{ord(name[0]):04x}{name[1:]}"'.encode()
    return lambda request: raw(request)[:-1] + b"," + escaped + b":" + raw(request[name]) + b"}"


def of_length(length: int) -> Callable[[str], str]:
    return lambda _: base64url(b"\x01" * length)


def trailing_bit(text: str) -> str:
    """The same bytes to a lenient reader: the last character's unused bits are not zero."""
    return text[:-1] + ALPHABET[ALPHABET.index(text[-1]) + 1]


WRONG_VALUES = ("null", "0", "true", "NaN", "-Infinity", "1e400", "[]", "{}", '["a"]', '""', '"\\u0000"', '"\\ud800"')
IN_BASE64URL = {
    "padded": lambda text: text + "=",
    "padded to a multiple of four": lambda text: text + "=" * (-len(text) % 4 or 4),
    "with a line feed at its end": lambda text: text + "\n",
    "with a blank at its start": lambda text: " " + text,
    "with a line feed inside": lambda text: text[:20] + "\n" + text[20:],
    "with a foreign character": lambda text: text[:20] + "!" + text[20:],
    "with a foreign letter": lambda text: text[:-1] + "\u00c4",
    "in the standard alphabet": lambda text: "+/" + text[2:],
    "with a NUL": lambda text: text + "\x00",
    "cut by a character": lambda text: text[:-1],
    "longer by a character": lambda text: text + "A",
    "in full width": lambda text: "\uff21" + text[1:],
}
LENGTHS = {"blinded_message": 384, "serial": 32, "randomizer": 32, "signature": 384, "sealed": 4096 + 81}
MEMBERS = {"credentials": ("invitation", "blinded_message"), "responses": tuple(LENGTHS)[1:]}


def spoiled(address: str) -> dict[str, Callable[[Body], bytes]]:
    spoils: dict[str, Callable[[Body], bytes]] = {
        "a byte order mark": lambda request: b"\xef\xbb\xbf" + raw(request),
        "UTF-16": lambda request: json.dumps(request).encode("utf-16"),
        "a comma at the end": lambda request: raw(request)[:-1] + b",}",
        "a comment": lambda request: raw(request) + b"// comment",
        "a NUL at the end": lambda request: raw(request) + b"\x00",
        "an unknown member": lambda request: raw(request | {"language": "de"}),
        "an unknown empty member": lambda request: raw(request | {"": ""}),
        "an unknown deep member": lambda request: raw(request)[:-1] + b',"a":' + b"[" * 5000 + b"]" * 5000 + b"}",
        "an unknown number": lambda request: raw(request)[:-1] + b',"a":' + b"9" * 5000 + b"}",
        "an unknown NaN": lambda request: raw(request)[:-1] + b',"a":NaN}',
        "an array around": lambda request: b"[" + raw(request) + b"]",
        "members in capitals": lambda request: raw({name.upper(): value for name, value in request.items()}),
        "JSON inside of JSON": lambda request: json.dumps(json.dumps(request)).encode(),
    }
    for name in MEMBERS[address]:
        spoils[f"no {name}"] = without(name)
        spoils[f"{name} twice"] = twice(name)
        spoils[f"{name} twice, escaped"] = twice_escaped(name)
        spoils |= {f"{name} is {value}": with_value(name, value) for value in WRONG_VALUES}
        if name in LENGTHS:
            spoils |= {f"{name} {how}": changed(name, change) for how, change in IN_BASE64URL.items()}
            spoils[f"{name} one byte short"] = changed(name, of_length(LENGTHS[name] - 1))
            spoils[f"{name} one byte long"] = changed(name, of_length(LENGTHS[name] + 1))
        if name in LENGTHS and LENGTHS[name] % 3:
            spoils[f"{name} with a trailing bit"] = changed(name, trailing_bit)
    return spoils


SPOILED = {address: spoiled(address) for address in ADDRESSES}


@pytest.fixture(scope="module")
async def fresh(participants: Participants) -> dict[str, Body]:
    """A redemption and a response that would be taken."""
    [code, redeemed] = await participants.codes(2)
    return {
        "credentials": participants.credential_request(code),
        "responses": await participants.response_request(redeemed),
    }


@pytest.mark.parametrize(("address", "how"), [(address, how) for address in ADDRESSES for how in SPOILED[address]])
async def test_a_request_is_malformed_with(
    participants: Participants, fresh: dict[str, Body], address: str, how: str
) -> None:
    assert problem(await participants.post(address, SPOILED[address][how](fresh[address]))) == "malformed"


CODES_THAT_ARE_NONE = {
    "a letter short": "000000000000000",
    "a letter long": "00000000000000000",
    "with the letter U": "U000000000000000",
    "with a NUL": "000000000000000\x00",
    "with a NUL more": "0000000000000000\x00",
    "with a dotless i": "\u0131000000000000000",
    "with a long s": "\u017f000000000000000",
    "in full width": "\uff10" * 16,
    "in Arabic digits": "\u0660" * 16,
    "with an invisible mark": "\u200b0000000000000000",
    "with sixty thousand digits": "0" * 60_000,
    "with a surrogate pair": "\U0001f4a9000000000000000",
}


@pytest.mark.parametrize("code", CODES_THAT_ARE_NONE)
async def test_a_code_is_malformed(participants: Participants, fresh: dict[str, Body], code: str) -> None:
    request = fresh["credentials"] | {"invitation": CODES_THAT_ARE_NONE[code]}

    assert problem(await participants.post("credentials", request)) == "malformed"


@pytest.mark.parametrize("offset", ["0", "1", "n-1", "n", "n+1", "largest"])
async def test_a_blinded_value_outside_of_its_range_is_malformed(participants: Participants, offset: str) -> None:
    [code] = await participants.codes(1)
    n = participants.modulus
    value = {"0": 0, "1": 1, "n-1": n - 1, "n": n, "n+1": n + 1, "largest": 2**3072 - 1}[offset]
    request = participants.credential_request(code, value.to_bytes(384))

    assert problem(await participants.post("credentials", request)) == "malformed"
    assert outcome(await participants.post("credentials", participants.credential_request(code))) == 200


@pytest.mark.parametrize("is_lowest", [True, False])
async def test_the_ends_of_the_range_are_signed(participants: Participants, is_lowest: bool) -> None:  # noqa: FBT001
    [code] = await participants.codes(1)
    value = 2 if is_lowest else participants.modulus - 2

    answer = await participants.post("credentials", participants.credential_request(code, value.to_bytes(384)))

    signature = int.from_bytes(from_base64url(answer.json()["blind_signature"], 384))
    assert pow(signature, 65537, participants.modulus) == value


@pytest.mark.parametrize("value", ["0", "1", "n-1", "n", "n+1", "largest"])
async def test_a_signature_that_is_no_number_below_the_modulus_is_invalid(
    participants: Participants, fresh: dict[str, Body], value: str
) -> None:
    n = participants.modulus
    signature = {"0": 0, "1": 1, "n-1": n - 1, "n": n, "n+1": n + 1, "largest": 2**3072 - 1}[value]
    request = fresh["responses"] | {"signature": base64url(signature.to_bytes(384))}

    assert problem(await participants.post("responses", request)) == "invalid_signature"


HEADERS = {
    "no content type": {"content-type": ""},
    "a form": {"content-type": "application/x-www-form-urlencoded"},
    "a multipart form without its border": {"content-type": "multipart/form-data"},
    "another character set": {"content-type": "application/json; charset=utf-16"},
    "no media type": {"content-type": ";;;\x7f=/"},
    "a coding": {"content-encoding": "gzip"},
    "an unknown coding": {"content-encoding": "no-such-coding"},
    "an expectation": {"expect": "no-such-thing"},
    "only pages wanted": {"accept": "text/html"},
    "cookies": {"cookie": "session=1; =; \x7f;;"},
    "an origin": {"origin": "https://elsewhere.test"},
    "ranges": {"range": "bytes=0-1"},
    "an impossible condition": {"if-match": '"nothing"'},
    "a much-forwarded request": {"x-forwarded-for": ", ".join(["10.0.0.1"] * 500)},
    "another method in a header": {"x-http-method-override": "DELETE"},
}


@pytest.mark.parametrize("headers", HEADERS)
async def test_a_body_is_read_as_json_whatever_its_headers_say(participants: Participants, headers: str) -> None:
    [code] = await participants.codes(1)
    address = f"/api/rounds/{participants.round_id}/credentials"

    refused = await participants.http.post(address, content=b"\x1f\x8b", headers=HEADERS[headers])
    taken = await participants.http.post(
        address, content=raw(participants.credential_request(code)), headers=HEADERS[headers]
    )

    assert problem(refused) == "malformed"
    assert outcome(taken) == 200


@pytest.mark.parametrize("length", ["-1", "abc", "1.5", "\xb2", "9" * 400])
async def test_a_length_that_is_none_is_refused(participants: Participants, length: str) -> None:
    address = f"/api/rounds/{participants.round_id}/responses"

    answer = await participants.http.post(address, content=b"{}", headers={b"content-length": length.encode("latin-1")})

    assert problem(answer) in {"malformed", "too_large"}


# --- What nobody thought of -----------------------------------------------------------------------------------------

FORGED = base64url((2).to_bytes(384))
TRIES = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@TRIES
@given(address=st.sampled_from(ADDRESSES), body=st.binary(max_size=2000))
async def test_any_bytes_are_malformed(participants: Participants, address: str, body: bytes) -> None:
    assert problem(await participants.post(address, body)) == "malformed"


@TRIES
@given(member=st.sampled_from([(address, name) for address in ADDRESSES for name in MEMBERS[address]]), value=VALUES)
async def test_any_value_in_the_place_of_a_member_is_malformed(
    participants: Participants, fresh: dict[str, Body], member: tuple[str, str], value: Any
) -> None:
    address, name = member

    assert problem(await participants.post(address, fresh[address] | {name: value})) == "malformed"


@TRIES
@given(
    address=st.sampled_from(ADDRESSES),
    where=st.floats(0, 1, exclude_max=True),
    put_in=st.binary(max_size=4),
    left_out=st.integers(0, 4),
)
async def test_bytes_changed_in_a_wrong_request_never_make_it_a_right_one(
    participants: Participants, fresh: dict[str, Body], address: str, where: float, put_in: bytes, left_out: int
) -> None:
    wrong = {"invitation": normal_code(UNKNOWN_CODE)} if address == "credentials" else {"signature": FORGED}
    body = raw(fresh[address] | wrong)
    start = int(where * len(body))

    answer = await participants.post(address, body[:start] + put_in + body[start + left_out :])

    assert problem(answer) in {"malformed", "unknown_invitation" if address == "credentials" else "invalid_signature"}


async def test_after_all_that_the_code_and_the_credential_are_unspent(participants: Participants) -> None:
    [code, redeemed] = await participants.codes(2)
    requests = {
        "credentials": participants.credential_request(code),
        "responses": await participants.response_request(redeemed),
    }
    for address in ADDRESSES:
        for spoil in SPOILED[address].values():
            await participants.post(address, spoil(requests[address]))

    assert outcome(await participants.post("credentials", participants.credential_request(code))) == 200
    assert outcome(await participants.post("responses", requests["responses"])) == 201
