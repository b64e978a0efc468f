import json
import secrets
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import gmpy2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from survey_service.domain import blind_signatures
from survey_service.domain.blind_signatures import (
    BlindSigner,
    InvalidBlindSignature,
    NotACredentialKey,
    NotInvertible,
    SigningFault,
    ValueOutOfRange,
    blind,
    finalize,
    prepare,
    verify,
)

APPENDIX_A: dict[str, Any] = json.loads((Path(__file__).parent / "rfc9474_appendix_a.json").read_text())


@pytest.fixture(scope="module")
def appendix_signer() -> BlindSigner:
    """The RSA-4096 key of RFC 9474 appendix A."""
    p, q, e = (int(APPENDIX_A[member], 16) for member in "pqe")
    d = pow(e, -1, (p - 1) * (q - 1))
    numbers = rsa.RSAPrivateNumbers(p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p), rsa.RSAPublicNumbers(e, p * q))
    # The check of the primes takes a second and is not what these tests are about.
    return BlindSigner(numbers.private_key(unsafe_skip_rsa_key_validation=True))


@pytest.mark.parametrize("vector", APPENDIX_A["vectors"], ids=lambda vector: vector["name"])
def test_the_vectors_of_rfc_9474_are_reproduced(appendix_signer: BlindSigner, vector: dict[str, str]) -> None:
    key = appendix_signer.public_key
    salt = bytes.fromhex(vector["salt"])
    inverse = int(vector["inv"], 16)
    factor = pow(inverse, -1, key.public_numbers().n)
    prepared = prepare(bytes.fromhex(APPENDIX_A["msg"]), bytes.fromhex(vector["msg_prefix"]))

    blinded = blind(key, prepared, salt=salt, blinding_factor=factor)
    blind_signature = appendix_signer.sign(blinded.blinded_message)
    signature = finalize(key, prepared, blind_signature, blinded.inverse, salt_length=len(salt))

    assert blinded.blinded_message.hex() == vector["blinded_msg"]
    assert blinded.inverse == inverse
    assert blind_signature.hex() == vector["blind_sig"]
    assert signature.hex() == vector["sig"]
    assert verify(key, prepared, signature, salt_length=len(salt))


@settings(max_examples=10, deadline=None)
@given(message=st.binary(max_size=200), randomizer=st.binary(min_size=32, max_size=32))
def test_a_finalized_signature_verifies_and_was_never_seen_by_the_signer(
    signer: BlindSigner, message: bytes, randomizer: bytes
) -> None:
    prepared = prepare(message, randomizer)
    blinded = blind(signer.public_key, prepared)
    blind_signature = signer.sign(blinded.blinded_message)
    signature = finalize(signer.public_key, prepared, blind_signature, blinded.inverse)

    assert verify(signer.public_key, prepared, signature)
    assert signature != blind_signature
    assert not verify(signer.public_key, prepared + b"!", signature)
    assert not verify(signer.public_key, prepare(message, bytes(32)), signature) or randomizer == bytes(32)


def test_blinding_the_same_message_twice_shows_the_signer_two_unrelated_values(signer: BlindSigner) -> None:
    first, second = (blind(signer.public_key, b"message") for _ in range(2))

    assert first.blinded_message != second.blinded_message
    assert first.inverse != second.inverse


def test_the_same_blinded_message_gives_the_same_blind_signature(private_key: rsa.RSAPrivateKey) -> None:
    drawn: list[int] = []

    def record(bound: int) -> int:
        drawn.append(secrets.randbelow(bound))
        return drawn[-1]

    signer = BlindSigner(private_key, random_below=record)
    blinded = blind(signer.public_key, b"message").blinded_message

    assert signer.sign(blinded) == signer.sign(blinded)
    assert len(set(drawn)) == 2, "every signature hides its base anew"


def test_threads_share_a_signer(signer: BlindSigner) -> None:
    blinded = [blind(signer.public_key, bytes([number])) for number in range(8)]
    with ThreadPoolExecutor(2) as threads:
        signatures = list(threads.map(signer.sign, (each.blinded_message for each in blinded)))

    for number, (each, signature) in enumerate(zip(blinded, signatures, strict=True)):
        assert finalize(signer.public_key, bytes([number]), signature, each.inverse)


@pytest.mark.parametrize("half", [0, 1])
def test_a_faulty_half_of_the_key_raises_instead_of_leaking_a_prime(private_key: rsa.RSAPrivateKey, half: int) -> None:
    signer = BlindSigner(private_key)
    exponents = list(signer._exponents)
    exponents[half] ^= 1 << 100
    signer._exponents = tuple(exponents)

    with pytest.raises(SigningFault):
        signer.sign(blind(signer.public_key, b"message").blinded_message)


def test_the_withheld_result_of_a_fault_would_have_factored_the_modulus(private_key: rsa.RSAPrivateKey) -> None:
    signer = BlindSigner(private_key)
    signer._exponents = (signer._exponents[0] ^ 2, signer._exponents[1])
    numbers = signer.public_key.public_numbers()
    value = gmpy2.mpz(secrets.randbelow(numbers.n))
    leaked = gmpy2.powmod(signer._private_operation(value), numbers.e, numbers.n) - value

    assert gmpy2.gcd(leaked, numbers.n) == signer._primes[1]


def test_values_that_are_their_own_signatures_are_out_of_range(signer: BlindSigner) -> None:
    n = signer.public_key.public_numbers().n
    for value in (0, 1, n - 1, n, n + 2, 2**3072 - 1):
        with pytest.raises(ValueOutOfRange):
            signer.sign(value.to_bytes(384, "big"))
        with pytest.raises(ValueOutOfRange):
            blind_signatures.blinded_value(signer.public_key, value.to_bytes(384, "big"))
    for value in (2, n - 2):
        blinded = value.to_bytes(384, "big")
        assert blind_signatures.blinded_value(signer.public_key, blinded) == value
        assert pow(int.from_bytes(signer.sign(blinded), "big"), 65537, n) == value


@pytest.mark.parametrize("length", [0, 1, 383, 385])
def test_a_blinded_message_of_another_length_is_out_of_range(signer: BlindSigner, length: int) -> None:
    with pytest.raises(ValueOutOfRange) as refusal:
        signer.sign(b"\x02".rjust(length, b"\0")[:length])

    assert (refusal.value.length, refusal.value.expected) == (length, 384)


@pytest.mark.parametrize("damaged", [b"", bytes(384), b"\x01" * 384, b"\xff" * 384, b"\x01" * 385])
def test_a_damaged_blind_signature_is_not_finalized(signer: BlindSigner, damaged: bytes) -> None:
    blinded = blind(signer.public_key, b"message")

    with pytest.raises(InvalidBlindSignature):
        finalize(signer.public_key, b"message", damaged, blinded.inverse)


def test_a_blind_signature_with_a_leading_zero_byte_too_much_is_not_finalized(signer: BlindSigner) -> None:
    blinded = blind(signer.public_key, b"message")
    blind_signature = signer.sign(blinded.blinded_message)

    with pytest.raises(InvalidBlindSignature):
        finalize(signer.public_key, b"message", b"\0" + blind_signature, blinded.inverse)


def test_a_signature_verifies_in_one_form_only(signer: BlindSigner) -> None:
    blinded = blind(signer.public_key, b"message")
    signature = finalize(signer.public_key, b"message", signer.sign(blinded.blinded_message), blinded.inverse)
    shifted = int.from_bytes(signature, "big") + signer.public_key.public_numbers().n

    assert not verify(signer.public_key, b"message", b"\0" + signature)
    assert not verify(signer.public_key, b"message", shifted.to_bytes(385, "big"))
    assert not verify(signer.public_key, b"message", signature, salt_length=0)


def test_a_factor_without_inverse_is_refused(signer: BlindSigner, private_key: rsa.RSAPrivateKey) -> None:
    with pytest.raises(NotInvertible):
        blind(signer.public_key, b"message", blinding_factor=private_key.private_numbers().p)


def test_a_signer_survives_the_key_file(private_key: rsa.RSAPrivateKey, signer: BlindSigner) -> None:
    read = BlindSigner.from_der(blind_signatures.private_key_der(private_key))
    blinded = blind(signer.public_key, b"message").blinded_message

    assert read.sign(blinded) == signer.sign(blinded)


def test_a_signer_shows_no_number_of_its_key(signer: BlindSigner) -> None:
    assert str(signer.public_key.public_numbers().n)[:20] not in f"{signer!r} {signer}"


def test_a_key_file_with_another_key_is_refused() -> None:
    other = ed25519.Ed25519PrivateKey.generate()
    small = rsa.generate_private_key(65537, 1024)
    for key in (other, small):
        der = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        with pytest.raises(NotACredentialKey):
            BlindSigner.from_der(der)
    with pytest.raises(NotACredentialKey):
        BlindSigner.from_der(b"no key")


def spki(key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


RSA_ENCRYPTION_AND_NULL = bytes.fromhex("300d06092a864886f70d0101010500")
RSA_PSS = bytes.fromhex("300b06092a864886f70d01010a")


def test_the_public_key_of_the_terms_is_rsa_encryption_with_null(signer: BlindSigner) -> None:
    der = blind_signatures.public_key_der(signer.public_key)

    assert der[4:19] == RSA_ENCRYPTION_AND_NULL
    assert blind_signatures.load_public_key(der).public_numbers() == signer.public_key.public_numbers()


def test_a_public_key_that_is_not_of_the_protocol_is_refused(signer: BlindSigner) -> None:
    n = signer.public_key.public_numbers().n
    der = spki(signer.public_key)
    body = der[19:]
    wrong = {
        "exponent 3": spki(rsa.RSAPublicNumbers(3, n).public_key()),
        "3071 bits": spki(rsa.RSAPublicNumbers(65537, n >> 1 | 1).public_key()),
        "3073 bits": spki(rsa.RSAPublicNumbers(65537, n << 1 | 1).public_key()),
        "a curve": spki(ec.generate_private_key(ec.SECP256R1()).public_key()),
        "RSASSA-PSS": der[:2] + (len(body) + len(RSA_PSS)).to_bytes(2, "big") + RSA_PSS + body,
        "no parameters": der[:2]
        + (len(body) + 13).to_bytes(2, "big")
        + b"\x30\x0b"
        + RSA_ENCRYPTION_AND_NULL[2:13]
        + body,
        "trailing bytes": der + b"\0",
        "truncated": der[:-1],
        "PEM": signer.public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        "empty": b"",
    }
    accepted = []
    for name, encoded in wrong.items():
        try:
            blind_signatures.load_public_key(encoded)
        except NotACredentialKey:
            continue
        accepted.append(name)
    assert accepted == []
