"""Blind RSA signatures: the service signs a credential without seeing it. RFC 9474.

The protocol uses RSABSSA-SHA384-PSS-Randomized: SHA-384, MGF1 with SHA-384, a salt of 48 bytes and a random prefix.
The client prepares, blinds and finalizes; the service signs; anyone verifies.
"""

import hashlib
import secrets
from collections.abc import Callable

import gmpy2
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
    load_der_public_key,
)
from msgspec import Struct

from survey_service.errors import Refusal

MODULUS_BITS = 3072  # BSI TR-02102-1 asks for 3000 or more
PUBLIC_EXPONENT = 65537
SALT_LENGTH = 48  # bytes; RFC 9474 section 5, the PSS variants
HASH_LENGTH = 48  # bytes; SHA-384

_TRAILER = b"\xbc"  # RFC 8017 section 9.1.1

RandomBelow = Callable[[int], int]
"""n -> uniform integer in 0…n-1, cryptographically secure."""


class ValueOutOfRange(Refusal):
    """A blinded message or blind signature that is no number in 2…n-2 of exactly the modulus's length.

    length, expected: bytes.
    """

    def __init__(self, *, length: int, expected: int) -> None:
        super().__init__(f"{length} bytes are no number in 2…n-2 written in {expected} bytes.")
        self.length = length
        self.expected = expected


class NotInvertible(Refusal):
    """The message or the blinding factor shares a divisor with the modulus: the key is no honest RSA key."""

    def __init__(self) -> None:
        super().__init__("The credential key is no honest RSA key.", remedy="Do not take part under these terms.")


class InvalidBlindSignature(Refusal):
    """The unblinded signature does not verify: the answer was damaged or signed with another key."""

    def __init__(self) -> None:
        super().__init__("The blind signature does not fit the credential key.", remedy="Ask for it again.")


class NotACredentialKey(Refusal):
    """Not DER of an RSA key as the protocol wants it: rsaEncryption with NULL, 3072 bits, e = 65537."""

    def __init__(self) -> None:
        super().__init__(
            f"This is no rsaEncryption key in DER with exactly {MODULUS_BITS} bits and e = {PUBLIC_EXPONENT}."
        )


class SigningFault(Exception):
    """The private operation gave a wrong result, which is withheld: one would suffice to factor the modulus."""

    def __init__(self) -> None:
        super().__init__(
            "A signature failed its check and was withheld: examine the machine's memory and the key file."
        )


class Blinded(Struct, frozen=True, kw_only=True):
    """A blinded message to be sent, and the secret to unblind its signature with.

    blinded_message: bytes, as long as the modulus.
    inverse: of the blinding factor, modulo n.
    """

    blinded_message: bytes
    inverse: int


def generate_key_pair() -> rsa.RSAPrivateKey:
    """A fresh RSA-3072 key with e = 65537. Takes up to a second."""
    return rsa.generate_private_key(public_exponent=PUBLIC_EXPONENT, key_size=MODULUS_BITS)


def private_key_der(key: rsa.RSAPrivateKey) -> bytes:
    """Unencrypted PKCS#8 DER, for the key directory only."""
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def public_key_der(key: rsa.RSAPublicKey) -> bytes:
    """DER SubjectPublicKeyInfo, rsaEncryption with NULL parameters, as in the terms."""
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def load_public_key(der: bytes) -> rsa.RSAPublicKey:
    """The credential key of somebody's terms. Raises NotACredentialKey."""
    try:
        key = load_der_public_key(der)
    except (ValueError, UnsupportedAlgorithm):
        raise NotACredentialKey from None
    # Writing it again refuses what the library reads over: another algorithm identifier, other parameters.
    if not isinstance(key, rsa.RSAPublicKey) or public_key_der(key) != der or not _is_credential_key(key):
        raise NotACredentialKey
    return key


def _is_credential_key(key: rsa.RSAPublicKey) -> bool:
    return key.key_size == MODULUS_BITS and key.public_numbers().e == PUBLIC_EXPONENT


def prepare(message: bytes, randomizer: bytes) -> bytes:
    """The message as it is signed: `randomizer` (32 random bytes) in front. RFC 9474 section 4.1."""
    return randomizer + message


def blind(
    public_key: rsa.RSAPublicKey,
    prepared_message: bytes,
    *,
    salt: bytes | None = None,
    blinding_factor: int | None = None,
) -> Blinded:
    """Hides the message from the signer. RFC 9474 section 4.2.

    salt: 48 random bytes if not given; other lengths only for the RFC's other variants.
    blinding_factor: r, uniform in 1…n-1 if not given. Never derive it from anything another person knows.
    Raises NotInvertible.
    """
    numbers = public_key.public_numbers()
    modulus, exponent = numbers.n, numbers.e
    salt = secrets.token_bytes(SALT_LENGTH) if salt is None else salt
    factor = secrets.randbelow(modulus - 1) + 1 if blinding_factor is None else blinding_factor
    message = int.from_bytes(_emsa_pss_encode(prepared_message, salt, modulus.bit_length() - 1), "big")
    if gmpy2.gcd(message, modulus) != 1 or gmpy2.gcd(factor, modulus) != 1:
        raise NotInvertible
    blinded = message * pow(factor, exponent, modulus) % modulus
    return Blinded(
        blinded_message=blinded.to_bytes(_modulus_length(public_key), "big"),
        inverse=int(gmpy2.invert(factor, modulus)),
    )


def blinded_value(public_key: rsa.RSAPublicKey, blinded_message: bytes) -> int:
    """The number a blinded message stands for, in 2…n-2.

    0, 1 and n-1 are their own signatures whatever the key: whoever sends them wants no credential.
    Raises ValueOutOfRange.
    """
    return _value_in_range(blinded_message, public_key.public_numbers().n)


class BlindSigner:
    """Signs blinded messages with a round's private key. Threads may share it; it frees the GIL while it signs.

    random_below: the source of the base blinding.
    """

    __slots__ = ("_exponent", "_exponents", "_inverse_of_q", "_modulus", "_primes", "_random_below", "public_key")

    def __init__(self, private_key: rsa.RSAPrivateKey, *, random_below: RandomBelow = secrets.randbelow) -> None:
        numbers = private_key.private_numbers()
        self.public_key = private_key.public_key()
        self._modulus = gmpy2.mpz(numbers.public_numbers.n)
        self._exponent = gmpy2.mpz(numbers.public_numbers.e)
        self._primes = gmpy2.mpz(numbers.p), gmpy2.mpz(numbers.q)
        self._exponents = gmpy2.mpz(numbers.dmp1), gmpy2.mpz(numbers.dmq1)
        self._inverse_of_q = gmpy2.mpz(numbers.iqmp)
        self._random_below = random_below

    @classmethod
    def from_der(cls, private_key: bytes) -> "BlindSigner":
        """From unencrypted PKCS#8 DER. Raises NotACredentialKey."""
        try:
            key = load_der_private_key(private_key, password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise NotACredentialKey from None
        if not isinstance(key, rsa.RSAPrivateKey) or not _is_credential_key(key.public_key()):
            raise NotACredentialKey
        return cls(key)

    def sign(self, blinded_message: bytes) -> bytes:
        """The blind signature, as long as the modulus; the same message always gives the same. RFC 9474 section 4.3.

        Raises ValueOutOfRange, SigningFault.
        """
        n, e = self._modulus, self._exponent
        message = _value_in_range(blinded_message, n)
        # The switch belongs to the running thread's context, so that nobody can set it once for all.
        gmpy2.get_context().allow_release_gil = True
        # A fresh factor each time: how long the private operation takes says nothing about a chosen message.
        factor = gmpy2.mpz(self._random_below(int(n) - 1) + 1)
        hidden = message * gmpy2.powmod(factor, e, n) % n
        signature = self._private_operation(hidden) * gmpy2.invert(factor, n) % n
        # One wrong half of the Chinese remainder would reveal a prime factor (Boneh, DeMillo and Lipton 1997).
        if gmpy2.powmod(signature, e, n) != message:
            raise SigningFault
        return int(signature).to_bytes(len(blinded_message), "big")

    def _private_operation(self, value: gmpy2.mpz) -> gmpy2.mpz:
        """RSASP1 by Chinese remainders, in time that does not depend on the exponents. RFC 8017 section 5.2.1."""
        (p, q), (d_p, d_q) = self._primes, self._exponents
        from_p = gmpy2.powmod_sec(value % p, d_p, p)
        from_q = gmpy2.powmod_sec(value % q, d_q, q)
        return from_q + q * ((from_p - from_q) * self._inverse_of_q % p)


def finalize(
    public_key: rsa.RSAPublicKey,
    prepared_message: bytes,
    blind_signature: bytes,
    inverse: int,
    *,
    salt_length: int = SALT_LENGTH,
) -> bytes:
    """The signature of the prepared message, verified, as long as the modulus. RFC 9474 section 4.4.

    inverse: of the blinding factor, from `blind`.
    Raises InvalidBlindSignature.
    """
    length = _modulus_length(public_key)
    value = int.from_bytes(blind_signature, "big")
    signature = (value * inverse % public_key.public_numbers().n).to_bytes(length, "big")
    if len(blind_signature) != length or not verify(public_key, prepared_message, signature, salt_length=salt_length):
        raise InvalidBlindSignature
    return signature


def verify(
    public_key: rsa.RSAPublicKey, prepared_message: bytes, signature: bytes, *, salt_length: int = SALT_LENGTH
) -> bool:
    """Whether `signature` is an RSASSA-PSS signature of the prepared message. RFC 9474 section 4.5."""
    scheme = padding.PSS(mgf=padding.MGF1(hashes.SHA384()), salt_length=salt_length)
    try:
        public_key.verify(signature, prepared_message, scheme, hashes.SHA384())
    except InvalidSignature:
        return False
    return True


def _modulus_length(public_key: rsa.RSAPublicKey) -> int:
    return (public_key.key_size + 7) // 8


def _value_in_range(blinded_message: bytes, modulus: int) -> int:
    expected = (modulus.bit_length() + 7) // 8
    value = int.from_bytes(blinded_message, "big")
    if len(blinded_message) != expected or not 1 < value < modulus - 1:
        raise ValueOutOfRange(length=len(blinded_message), expected=expected)
    return value


def _emsa_pss_encode(message: bytes, salt: bytes, bits: int) -> bytes:
    """EMSA-PSS-ENCODE with SHA-384, RFC 8017 section 9.1.1: `bits` bits in whole bytes. `cryptography` only signs."""
    length = (bits + 7) // 8
    digest = _sha384(bytes(8) + _sha384(message) + salt)
    block = (b"\x01" + salt).rjust(length - HASH_LENGTH - len(_TRAILER), b"\0")
    masked = int.from_bytes(block, "big") ^ int.from_bytes(_mgf1(digest, len(block)), "big")
    masked &= (1 << (bits - 8 * (length - len(block)))) - 1
    return masked.to_bytes(len(block), "big") + digest + _TRAILER


def _mgf1(seed: bytes, length: int) -> bytes:
    """MGF1 with SHA-384, RFC 8017 appendix B.2.1."""
    blocks = range(-(-length // HASH_LENGTH))
    return b"".join(_sha384(seed + block.to_bytes(4, "big")) for block in blocks)[:length]


def _sha384(value: bytes) -> bytes:
    return hashlib.sha384(value).digest()
