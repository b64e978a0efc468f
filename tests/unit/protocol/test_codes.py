import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey_service.domain import codes
from survey_service.domain.codes import NotACode
from survey_service.domain.encodings import CROCKFORD

all_codes = st.integers(0, 2**80 - 1).map(lambda bits: codes.new_code(lambda _count: bits))


def test_a_code_holds_eighty_random_bits() -> None:
    asked: list[int] = []

    def all_ones(bits: int) -> int:
        asked.append(bits)
        return (1 << bits) - 1

    assert codes.new_code(all_ones) == "Z" * 16
    assert asked == [80]


def test_two_codes_differ() -> None:
    assert codes.new_code() != codes.new_code()


@given(all_codes)
def test_a_code_survives_print_and_typing(code: codes.InvitationCode) -> None:
    printed = codes.grouped(code)

    assert [len(group) for group in printed.split("-")] == [4, 4, 4, 4]
    assert codes.normalise(printed) == codes.normalise(printed.lower()) == codes.normalise(code) == code


@given(all_codes, st.data())
def test_look_alikes_are_read_as_the_digits_they_look_like(code: codes.InvitationCode, data: st.DataObject) -> None:
    typed = "".join(data.draw(st.sampled_from({"0": "0oO", "1": "1iIlL"}.get(letter, letter))) for letter in code)

    assert codes.normalise(typed) == code


@pytest.mark.parametrize(
    "separator", [" ", "-", "\N{NO-BREAK SPACE}", "\N{EN DASH}", "\N{NON-BREAKING HYPHEN}", "\n", " - "]
)
def test_separators_that_word_processors_make_are_forgiven(separator: str) -> None:
    assert codes.normalise(separator.join(("0123", "4567", "89AB", "CDEF"))) == "0123456789ABCDEF"


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "0123456789ABCDE",
        "0123456789ABCDEF0",
        "U123456789ABCDEF",
        "0123_4567_89AB_CDEF",
        "\N{LATIN SMALL LETTER DOTLESS I}123456789ABCDEF",
    ],
)
def test_what_is_no_code_is_refused_without_repeating_it(typed: str) -> None:
    with pytest.raises(NotACode) as refusal:
        codes.normalise(typed)

    assert not typed or typed not in str(refusal.value)
    assert refusal.value.length == len(typed)


@given(st.text(max_size=40))
def test_whatever_is_accepted_is_in_normal_form(typed: str) -> None:
    try:
        code = codes.normalise(typed)
    except NotACode:
        return
    assert len(code) == 16
    assert set(code) <= set(CROCKFORD)


def test_the_stored_hash_is_bound_to_the_round() -> None:
    code = codes.normalise("0123-4567-89ab-cdef")
    expected = hashlib.sha256(b"survey/v1/invitation\x00r-1\x000123456789ABCDEF").digest()

    assert codes.code_hash("r-1", code) == expected
    assert codes.code_hash("r-2", code) != expected
