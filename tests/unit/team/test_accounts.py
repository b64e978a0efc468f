"""Roles, addresses and passwords."""

import pytest

from survey_service.domain.accounts import MAY, ROLES, NotAnEmail, may, normalise_email
from survey_service.domain.passwords import COMMONEST, SHORTEST_PASSWORD, WeakPassword, accepted, prepare

EMAIL = "kim.maier@example.org"


def test_every_role_has_its_deeds_and_all_four_read_results() -> None:
    assert set(ROLES) == set(MAY) == {"project-team", "trustee", "auditor", "operator"}
    assert all(may(role, "read-results") for role in ROLES)


def test_an_address_is_found_however_it_is_typed() -> None:
    assert normalise_email("  Kim.Maier@Example.ORG ") == EMAIL


@pytest.mark.parametrize(
    "text", ["", "kim", "@example.org", "kim@", "kim maier@example.org", "a@b@c", "k\0@example.org"]
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(NotAnEmail):
        normalise_email(text)


def test_an_address_longer_than_any_address_is_refused() -> None:
    with pytest.raises(NotAnEmail):
        normalise_email("kim@" + "x" * 300)


@pytest.mark.parametrize(
    "password",
    [
        "elf Zeichen",
        "x" * 257,
        "aaaaaaaaaaaaaaaa",
        "Passwort1234",
        "QWERTZUIOPAS",
        "Willkommen!2031#",
        "2031-Sonnenschein",
        "superman1985!!",
        "jennifer12091985",
        "P@ssw0rd!P@ssw0rd!",
        "manchesterunited",
        "geheim!geheim!1985",
        "kim.maier@example.org",
        "mein kim.maier 2026",
    ],
)
def test_a_password_that_others_would_guess_is_refused_without_repeating_it(password: str) -> None:
    with pytest.raises(WeakPassword) as refused:
        accepted(password, EMAIL)
    assert password not in str(refused.value)


@pytest.mark.parametrize(
    "password", ["vier worte ohne sinn", "four words without sense", "x7Kq!pe92mnv", "Ölfarbe Kamin Zebra Ufer " * 10]
)
def test_words_and_characters_by_chance_are_taken(password: str) -> None:
    assert accepted(password, EMAIL) == password


def test_the_same_keys_give_the_same_password_whatever_the_system_makes_of_an_umlaut() -> None:
    assert prepare("Bu\u0308rgeramt") == prepare("B\u00fcrgeramt")


def test_the_list_of_common_passwords_has_none_that_is_too_short_anyway() -> None:
    assert [word for word in COMMONEST if len(word) < SHORTEST_PASSWORD or word != word.casefold()] == []
