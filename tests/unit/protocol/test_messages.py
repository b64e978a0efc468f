import hashlib
import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey_service.domain import encodings, messages
from survey_service.domain.encodings import NotBase64Url
from survey_service.domain.messages import (
    Answers,
    AnswerTooLong,
    Credential,
    CredentialAnswer,
    CredentialRequest,
    Malformed,
    ResponseAnswer,
    ResponseRequest,
    Terms,
    WrongPadding,
    parse,
)

HASH = "0f" * 32


def test_the_credential_message_is_label_round_and_serial() -> None:
    assert messages.credential_message("r-1", b"s" * 32) == b"survey/v1/credential\x00r-1\x00" + b"s" * 32


def test_the_response_info_is_label_round_and_hash_of_the_serial() -> None:
    expected = b"survey/v1/response\x00r-1\x00" + hashlib.sha256(b"s" * 32).digest()

    assert messages.response_info("r-1", b"s" * 32) == expected


def test_the_served_terms_have_the_protocols_members_in_its_order(terms: Terms) -> None:
    served = msgspec.json.encode(terms)

    assert list(json.loads(served)) == [
        "protocol",
        "round_id",
        "title",
        "languages",
        "questionnaire",
        "survey_sha256",
        "minimum_group_size",
        "roster_size",
        "custody",
        "credential_key",
        "sealing_key",
        "plaintext_size",
    ]
    assert list(json.loads(served)["questionnaire"]) == ["id", "version", "sha256"]
    assert served.startswith(b'{"protocol":"1","round_id":"rueckhalt-2026-2","title":{"de":"R\xc3\xbcckhalt"')
    assert parse(served, Terms) == terms


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("protocol", "2"),
        ("round_id", "Round"),
        ("round_id", "r\n"),
        ("round_id", "r" * 65),
        ("round_id", ""),
        ("survey_sha256", HASH.upper()),
        ("survey_sha256", HASH + "\n"),
        ("custody", "somebody"),
        ("custody", "server\n"),
        ("minimum_group_size", 0),
        ("roster_size", "2480"),
        ("roster_size", 2480.5),
        ("plaintext_size", 4),
        ("languages", None),
    ],
)
def test_terms_out_of_shape_are_malformed(terms: Terms, member: str, value: object) -> None:
    changed = {**msgspec.to_builtins(terms), member: value}

    with pytest.raises(Malformed):
        parse(msgspec.json.encode(changed), Terms)


REQUEST = b'{"invitation": "c", "blinded_message": "m"}'


def test_a_request_is_read_whatever_its_spaces_and_order() -> None:
    expected = CredentialRequest(invitation="c", blinded_message="m")

    assert parse(REQUEST, CredentialRequest) == expected
    assert parse(b' {"blinded_message":"m",\n"invitation":"c"} ', CredentialRequest) == expected


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'["c", "m"]',
        b'{"invitation": "c"}',
        REQUEST.replace(b'"m"', b"1"),
        REQUEST.replace(b'"m"', b"null"),
        REQUEST.replace(b'"m"', b"NaN"),
        REQUEST.replace(b'"m"', b"Infinity"),
        REQUEST.replace(b'"m"', b"[" * 100_000),
        REQUEST.replace(b'"m"', b"'m'"),
        REQUEST.replace(b'"m"', b'"\xff"'),
        REQUEST.replace(b'"m"', b'"\xed\xa0\x80"'),
        REQUEST.replace(b'"m"', b'"\\ud800"'),
        REQUEST.replace(b'"m"', b'"\x01"'),
        REQUEST.replace(b"}", b', "language": "de"}'),
        REQUEST.replace(b"}", b', "invitation": "c"}'),
        REQUEST.replace(b"}", b', "invitatio\\u006e": "d"}'),
        REQUEST.replace(b"}", b",}"),
        REQUEST + b"{}",
        REQUEST + b"\0",
        b"\xef\xbb\xbf" + REQUEST,
        REQUEST.decode().encode("utf-16"),
        REQUEST.decode().encode("utf-32-le"),
    ],
    ids=[
        "empty",
        "null",
        "array",
        "members without names",
        "missing member",
        "number for text",
        "null for text",
        "NaN",
        "Infinity",
        "deep nesting",
        "single quotes",
        "not UTF-8",
        "surrogate in UTF-8",
        "lone surrogate escaped",
        "control character",
        "unknown member",
        "duplicate member",
        "duplicate member, escaped",
        "trailing comma",
        "second document",
        "trailing zero byte",
        "byte order mark",
        "UTF-16",
        "UTF-32",
    ],
)
def test_a_body_that_two_readers_could_read_differently_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        parse(body, CredentialRequest)


def test_a_deeply_nested_answer_is_malformed() -> None:
    nested = b'{"questionnaire": "%s", "answers": {"q": %s' % (HASH.encode(), b"[" * 100_000)

    with pytest.raises(Malformed):
        parse(nested, Answers)


def test_an_item_answered_twice_is_malformed() -> None:
    with pytest.raises(Malformed, match="twice"):
        parse(b'{"questionnaire": "%s", "answers": {"q": "1", "q": "2"}}' % HASH.encode(), Answers)


@given(st.binary(max_size=60) | st.text(alphabet='{}[]":,\\ud80Naeinvtol_b', max_size=60).map(str.encode))
def test_any_other_body_is_malformed_and_nothing_else(body: bytes) -> None:
    with pytest.raises(Malformed):
        parse(body, CredentialRequest)


@pytest.mark.parametrize(
    "body", [b'{"invitation": "%s"}', b'{"%s": 1}', b'{"invitation": "%s', b'{"invitation": "%s", "invitation": "x"}']
)
def test_a_malformed_body_leaves_no_trace_in_the_error(body: bytes) -> None:
    with pytest.raises(Malformed) as refusal:
        parse(body % b"0123456789ABCDEF", CredentialRequest)

    assert "0123" not in f"{refusal.value} {refusal.value.__cause__}"
    assert refusal.value.__context__ is None or refusal.value.__suppress_context__


def test_requests_and_answers_decode_to_the_bytes_they_were_made_of() -> None:
    credential = Credential(serial=b"s" * 32, randomizer=b"r" * 32, signature=b"g" * 384)
    request = ResponseRequest.encoded(credential, b"x" * 181)
    read = parse(msgspec.json.encode(request), ResponseRequest)

    assert read.credential() == credential
    assert read.decoded_sealed(plaintext_size=100) == b"x" * 181
    assert CredentialAnswer.encoded(b"b" * 384).decoded() == b"b" * 384
    assert list(json.loads(msgspec.json.encode(request))) == ["serial", "randomizer", "signature", "sealed"]


def test_members_of_another_length_are_refused() -> None:
    request = ResponseRequest(serial="AA", randomizer="AA", signature="AA", sealed="AA")

    with pytest.raises(NotBase64Url):
        request.credential()
    with pytest.raises(NotBase64Url):
        request.decoded_sealed(plaintext_size=4096)
    with pytest.raises(NotBase64Url):
        CredentialRequest(invitation="", blinded_message=encodings.encode(bytes(383))).decoded_message()
    with pytest.raises(NotBase64Url):
        CredentialAnswer(blind_signature=encodings.encode(bytes(385))).decoded()


def test_a_receipt_is_64_hex_digits_in_lower_case() -> None:
    assert parse(b'{"receipt":"%s"}' % HASH.encode(), ResponseAnswer).receipt == HASH
    with pytest.raises(Malformed):
        parse(b'{"receipt":"%s"}' % HASH.upper().encode(), ResponseAnswer)


def test_answers_are_compact_utf8_in_the_order_given() -> None:
    answers = Answers(questionnaire=HASH, answers={"z": "ä", "a": ("2", "1")})

    assert msgspec.json.encode(answers).decode() == f'{{"questionnaire":"{HASH}","answers":{{"z":"ä","a":["2","1"]}}}}'
    assert parse(msgspec.json.encode(answers), Answers) == answers


@given(st.binary(max_size=60), st.integers(0, 20))
def test_padding_is_undone(json_bytes: bytes, spare: int) -> None:
    size = 4 + len(json_bytes) + spare
    plaintext = messages.pad(json_bytes, size)

    assert len(plaintext) == size
    assert messages.unpad(plaintext) == json_bytes


@given(st.binary(max_size=60))
def test_no_two_plaintexts_hold_the_same_answer(plaintext: bytes) -> None:
    try:
        json_bytes = messages.unpad(plaintext)
    except WrongPadding:
        return
    assert messages.pad(json_bytes, len(plaintext)) == plaintext


def test_an_answer_that_does_not_fit_is_refused_with_its_length() -> None:
    assert len(messages.pad(bytes(96), 100)) == 100
    with pytest.raises(AnswerTooLong) as refusal:
        messages.pad(bytes(97), 100)
    assert (refusal.value.length, refusal.value.limit) == (97, 96)


@pytest.mark.parametrize(
    "plaintext",
    [
        b"",
        b"\0\0\0",
        b"\0\0\0\x01",
        b"\0\0\0\x02a",
        b"\xff\xff\xff\xff" + bytes(100),
        b"\0\0\0\x01a\0\x01",
        b"\0\0\0\0 ",
    ],
)
def test_wrong_padding_is_refused(plaintext: bytes) -> None:
    with pytest.raises(WrongPadding):
        messages.unpad(plaintext)
