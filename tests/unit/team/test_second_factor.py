"""Codes of an authenticator and codes on paper."""

from urllib.parse import parse_qs, unquote, urlsplit

import pyotp
import pytest

from survey_service.domain.accounts import Email
from survey_service.domain.second_factor import (
    Secret,
    address,
    grouped,
    new_secret,
    new_written_code,
    spelled,
    step_of,
    written_code,
    written_code_sha256,
)

KIM = Email("kim@example.org")
RFC_SECRET = Secret("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")  # RFC 6238 appendix B: "12345678901234567890", for SHA-1


@pytest.mark.parametrize(
    ("at", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_codes_are_those_of_the_rfc(at: int, code: str) -> None:
    """RFC 6238 appendix B prints eight digits; the last six are those of a six-digit code."""
    assert step_of(RFC_SECRET, code, at=at) == at // 30
    assert step_of(RFC_SECRET, f"{code[:3]} {code[3:]}", at=at) == at // 30


def test_a_code_holds_one_step_before_and_after_and_tells_its_own_step() -> None:
    code = pyotp.TOTP(RFC_SECRET).at(3000)
    assert [step_of(RFC_SECRET, code, at=at) for at in (2940, 2970, 3029, 3059, 3060)] == [None, 100, 100, 100, None]


def test_an_app_reads_account_issuer_and_secret_from_the_picture() -> None:
    secret = new_secret()
    found = urlsplit(address(secret, email=KIM, issuer="Stadt: Muster"))
    assert (found.scheme, found.netloc, unquote(found.path)) == ("otpauth", "totp", "/Stadt  Muster:kim@example.org")
    assert parse_qs(found.query)["secret"] == [secret]
    assert parse_qs(found.query)["issuer"] == ["Stadt  Muster"]
    assert spelled(secret).replace(" ", "") == secret


def test_secrets_and_written_codes_are_long_enough_to_be_guessed_by_nobody() -> None:
    assert len({new_secret() for _ in range(100)}) == 100
    assert len(new_secret()) * 5 == 160  # bits; RFC 4226 section 4
    assert len(new_written_code()) * 5 >= 112  # bits; OWASP ASVS 5.0, 6.5.2


def test_a_written_code_is_read_however_it_is_typed() -> None:
    code = new_written_code(lambda bits: (1 << bits) - 1)
    assert grouped(code) == "ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ"
    assert written_code(" zzzz zzzz\u2013zzzz-zzzz zzzz zzzz\n") == code
    assert written_code("O" * 8 + "I" * 8 + "l" * 8) == "0" * 8 + "1" * 16
    assert [written_code(text) for text in ("", "Z" * 23, "Z" * 25, "U" * 24, "\u0131" * 24, "123456")] == [None] * 6


def test_a_written_code_is_stored_bound_to_its_account() -> None:
    code = new_written_code()
    assert written_code_sha256(KIM, code) != written_code_sha256(Email("ada@example.org"), code)
