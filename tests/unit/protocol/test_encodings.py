import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey_service.domain import encodings
from survey_service.domain.encodings import NotBase64Url


@given(st.binary(max_size=100))
def test_what_is_encoded_decodes_to_the_same_bytes(value: bytes) -> None:
    text = encodings.encode(value)

    assert "=" not in text
    assert encodings.decode(text) == encodings.decode(text, len(value)) == value


@given(st.text(alphabet="ABab01-_+/= \n\0é", max_size=12))
def test_no_two_texts_decode_to_the_same_bytes(text: str) -> None:
    try:
        value = encodings.decode(text)
    except NotBase64Url:
        return
    assert encodings.encode(value) == text


@pytest.mark.parametrize(
    "text",
    ["AA==", "A", "AB", "AAB", "A+_A", "A/AA", "AA AA", "AAAA\n", "AA=A", "é", "٣٣٣٣", "\ud800AAA"],
    ids=[
        "padded",
        "too short",
        "trailing bits of two characters",
        "trailing bits of three characters",
        "plus",
        "slash",
        "space",
        "line feed",
        "inner padding",
        "not ASCII",
        "other digits",
        "lone surrogate",
    ],
)
def test_lenient_forms_of_base64_are_refused(text: str) -> None:
    with pytest.raises(NotBase64Url):
        encodings.decode(text)


def test_another_length_than_expected_is_refused_without_repeating_the_text() -> None:
    with pytest.raises(NotBase64Url) as refusal:
        encodings.decode("c2VjcmV0", 32)

    assert (refusal.value.length, refusal.value.expected) == (8, 32)
    assert "c2VjcmV0" not in str(refusal.value)


def test_the_vectors_of_rfc_4648_section_10_hold_without_padding() -> None:
    vectors = {
        "": "",
        "f": "Zg",
        "fo": "Zm8",
        "foo": "Zm9v",
        "foob": "Zm9vYg",
        "fooba": "Zm9vYmE",
        "foobar": "Zm9vYmFy",
    }

    assert {plain: encodings.encode(plain.encode()) for plain in vectors} == vectors


@given(st.binary(max_size=50))
def test_a_fingerprint_is_the_first_130_bits_of_the_hash(served: bytes) -> None:
    bits = "".join(f"{byte:08b}" for byte in hashlib.sha256(served).digest())[:130]
    expected = "".join(encodings.CROCKFORD[int(bits[start : start + 5], 2)] for start in range(0, 130, 5))

    assert encodings.fingerprint(served) == expected
    assert len(expected) == encodings.FINGERPRINT_LENGTH
