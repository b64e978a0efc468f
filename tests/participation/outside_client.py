"""A participant's client, written from the published participant protocol alone.

It shares no code with the service: where both misread the page in the same way, no test of the service alone would
tell. Sources: participant protocol, version 1; RFC 9474 (blind RSA), RFC 8017 (PSS), RFC 9180 (HPKE), RFC 9162 (Merkle
tree head).
"""

import base64
import hashlib
import json
import math
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

Answers = Mapping[str, str | Sequence[str]]

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
MODULUS_BYTES = 384  # RSA-3072
SALT_BYTES = 48  # RSABSSA-SHA384-PSS-Randomized
PUBLIC_EXPONENT = 65537
SEALING_OVERHEAD = 81  # 65 bytes of enc, 16 of the AES-GCM tag
# SubjectPublicKeyInfo of every 3072-bit key with exponent 65537 and NULL parameters, around the modulus' 384 bytes.
SPKI_BEFORE = bytes.fromhex("308201a2300d06092a864886f70d01010105000382018f003082018a0282018100")
SPKI_AFTER = bytes.fromhex("0203010001")


class Distrust(Exception):
    """The service said something that does not agree with what it committed to."""


class Refused(Exception):
    """The service refused, with a problem document."""

    def __init__(self, response: httpx.Response) -> None:
        self.status = response.status_code
        self.code = json.loads(response.content)["code"]
        super().__init__(f"{self.status} {self.code}")


# --- Notation -------------------------------------------------------------------------------------------------------


def base64url(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).decode().rstrip("=")


def from_base64url(text: str, length: int) -> bytes:
    octets = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if base64url(octets) != text or len(octets) != length:
        raise Distrust(f"not {length} bytes in canonical base64url")
    return octets


def labelled(*parts: str | bytes) -> bytes:
    return b"\x00".join(part.encode() if isinstance(part, str) else part for part in parts)


def fingerprint(terms: bytes) -> str:
    """Give the first 130 bits of SHA-256 of the served bytes, five bits a character."""
    bits = int.from_bytes(hashlib.sha256(terms).digest()) >> (256 - 130)
    return "".join(CROCKFORD[bits >> shift & 31] for shift in range(125, -1, -5))


def normal_code(typed: str) -> str:
    return typed.upper().replace(" ", "").replace("-", "").translate(str.maketrans("OIL", "011"))


def read_link(link: str) -> tuple[str, str]:
    """Give round and code of `{base_url}/r/{round_id}#{code}`."""
    parts = urlsplit(link)
    return parts.path.rpartition("/r/")[2], normal_code(parts.fragment)


def tree_head(leaves: Sequence[bytes]) -> bytes:
    """Give the Merkle tree head, recursively as in RFC 9162, section 2.1.1."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\x01" + tree_head(leaves[:split]) + tree_head(leaves[split:])).digest()


# --- Blind RSA (RFC 9474) -------------------------------------------------------------------------------------------


def modulus_of(credential_key: bytes) -> int:
    octets = credential_key.removeprefix(SPKI_BEFORE).removesuffix(SPKI_AFTER)
    modulus = int.from_bytes(octets)
    if credential_key != SPKI_BEFORE + octets + SPKI_AFTER or modulus.bit_length() != 8 * MODULUS_BYTES:
        raise Distrust("the credential key is not RSA-3072 with exponent 65537")
    return modulus


def mgf1(seed: bytes, length: int) -> bytes:
    blocks = (hashlib.sha384(seed + counter.to_bytes(4)).digest() for counter in range(-(-length // 48)))
    return b"".join(blocks)[:length]


def xor(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))


def pss_encoding(message: bytes, salt: bytes) -> int:
    """EMSA-PSS-ENCODE (RFC 8017, section 9.1.1) for emBits = 3071."""
    digest = hashlib.sha384(bytes(8) + hashlib.sha384(message).digest() + salt).digest()
    block = (b"\x01" + salt).rjust(MODULUS_BYTES - len(digest) - 1, b"\x00")
    masked = xor(block, mgf1(digest, len(block)))
    return int.from_bytes(bytes([masked[0] & 0x7F]) + masked[1:] + digest + b"\xbc")


def pss_verifies(message: bytes, signature: bytes, modulus: int) -> bool:
    """RSASSA-PSS-VERIFY: recover the salt, encode again, compare."""
    signed = int.from_bytes(signature)
    if len(signature) != MODULUS_BYTES or signed >= modulus:
        return False
    encoded = pow(signed, PUBLIC_EXPONENT, modulus)
    octets = encoded.to_bytes(MODULUS_BYTES)
    masked, digest = octets[:-49], octets[-49:-1]
    salt = xor(masked, mgf1(digest, len(masked)))[-SALT_BYTES:]
    return pss_encoding(message, salt) == encoded


@dataclass(frozen=True, kw_only=True)
class Blinding:
    """One participant's secret half of the credential."""

    round_id: str
    modulus: int
    serial: bytes
    randomizer: bytes
    unblinder: int
    blinded_message: bytes

    @classmethod
    def of(cls, round_id: str, modulus: int) -> "Blinding":
        serial, randomizer = secrets.token_bytes(32), secrets.token_bytes(32)
        encoded = pss_encoding(credential_message(round_id, serial, randomizer), secrets.token_bytes(SALT_BYTES))
        blind = secrets.randbelow(modulus - 1) + 1
        if math.gcd(encoded, modulus) != 1:
            raise Distrust("the encoded message shares a factor with the modulus")
        blinded = encoded * pow(blind, PUBLIC_EXPONENT, modulus) % modulus
        return cls(
            round_id=round_id,
            modulus=modulus,
            serial=serial,
            randomizer=randomizer,
            unblinder=pow(blind, -1, modulus),
            blinded_message=blinded.to_bytes(MODULUS_BYTES),
        )

    def finalize(self, blind_signature: bytes) -> bytes:
        signature = (int.from_bytes(blind_signature) * self.unblinder % self.modulus).to_bytes(MODULUS_BYTES)
        if not pss_verifies(credential_message(self.round_id, self.serial, self.randomizer), signature, self.modulus):
            raise Distrust("the blind signature does not verify")
        return signature


def credential_message(round_id: str, serial: bytes, randomizer: bytes) -> bytes:
    return randomizer + labelled("survey/v1/credential", round_id, serial)


# --- Sealing (RFC 9180) ---------------------------------------------------------------------------------------------


def seal(terms: Mapping[str, Any], serial: bytes, answers: Answers) -> bytes:
    text = json.dumps({"questionnaire": terms["questionnaire"]["sha256"], "answers": answers}, ensure_ascii=False)
    return seal_octets(terms, serial, text.encode())


def seal_octets(terms: Mapping[str, Any], serial: bytes, text: bytes) -> bytes:
    plaintext = (len(text).to_bytes(4) + text).ljust(terms["plaintext_size"], b"\x00")
    if len(plaintext) != terms["plaintext_size"]:
        raise Distrust("the answer is longer than the terms allow")
    point = from_base64url(terms["sealing_key"], 65)
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    info = labelled("survey/v1/response", terms["round_id"], hashlib.sha256(serial).digest())
    sealed: bytes = Suite(KEM.P256, KDF.HKDF_SHA256, AEAD.AES_256_GCM).encrypt(plaintext, key, info)
    if len(sealed) != terms["plaintext_size"] + SEALING_OVERHEAD:
        raise Distrust("the sealed response has an unexpected length")
    return sealed


# --- The way ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Ballot:
    """What a participant keeps, to prove that their response lies in the ballot box."""

    serial: bytes
    receipt: str
    body: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class BallotBox:
    credentials_issued: int
    receipts: Sequence[str]
    root: str
    invalid: int | None


class OutsideClient:
    """One round, as a browser that keeps to the published page meets it."""

    def __init__(self, http: httpx.AsyncClient, round_id: str) -> None:
        self.http = http
        self.round_id = round_id
        self.path = f"/api/rounds/{round_id}"
        self.terms: dict[str, Any] = {}
        self.questionnaire = b""
        self.modulus = 0

    async def read_terms(self, printed_fingerprint: str) -> None:
        """Read terms, status and questionnaire, and hold them against the fingerprint on the invitation."""
        served = (await self._get("/terms")).content
        status = (await self._get("")).json()
        questionnaire = (await self._get("/questionnaire")).content
        terms = json.loads(served)
        if fingerprint(served) != printed_fingerprint or status["fingerprint"] != printed_fingerprint:
            raise Distrust("these are not the terms of the invitation")
        if terms["protocol"] != "1" or {terms["round_id"], status["round_id"]} != {self.round_id}:
            raise Distrust("these are the terms of something else")
        if hashlib.sha256(questionnaire).hexdigest() != terms["questionnaire"]["sha256"]:
            raise Distrust("this is not the questionnaire of the terms")
        self.modulus = modulus_of(from_base64url(terms["credential_key"], len(SPKI_BEFORE + SPKI_AFTER) + 384))
        self.terms, self.questionnaire = terms, questionnaire

    async def take_part(self, code: str, answers: Answers) -> Ballot:
        """Seal first, then ask for the credential, then send."""
        blinding = self.blinding()
        sealed = seal(self.terms, blinding.serial, answers)
        signature = await self.redeem(code, blinding)
        return await self.submit(blinding, signature, sealed)

    def blinding(self) -> Blinding:
        return Blinding.of(self.round_id, self.modulus)

    async def redeem(self, code: str, blinding: Blinding) -> bytes:
        body = {"invitation": normal_code(code), "blinded_message": base64url(blinding.blinded_message)}
        answer = await self._post("/credentials", body, {200})
        return blinding.finalize(from_base64url(answer.json()["blind_signature"], MODULUS_BYTES))

    async def submit(self, blinding: Blinding, signature: bytes, sealed: bytes) -> Ballot:
        body = {
            "serial": base64url(blinding.serial),
            "randomizer": base64url(blinding.randomizer),
            "signature": base64url(signature),
            "sealed": base64url(sealed),
        }
        answer = await self._post("/responses", body, {200, 201})
        receipt = hashlib.sha256(sealed).hexdigest()
        if answer.json() != {"receipt": receipt}:
            raise Distrust("the receipt is not the hash of what was sent")
        return Ballot(serial=blinding.serial, receipt=receipt, body=body)

    async def verify_ballot_box(self, own: Sequence[Ballot]) -> BallotBox:
        """Recompute root, order, counts and every credential, and look for the own receipts."""
        box = (await self._get("/ballot-box")).json()
        credentials = (await self._get("/ballot-box/credentials")).json()
        receipts = box["receipts"]
        if receipts != sorted(set(receipts)) or len(receipts) != box["count"]:
            raise Distrust("receipts are out of order, doubled or miscounted")
        if tree_head([bytes.fromhex(receipt) for receipt in receipts]).hex() != box["root"]:
            raise Distrust("the root is not that of the receipts")
        if not box["count"] <= box["credentials_issued"] <= self.terms["roster_size"]:
            raise Distrust("more responses than credentials, or more credentials than invited people")
        if not 0 <= box.get("invalid", 0) <= box["count"]:
            raise Distrust("more invalid responses than responses")
        if [credential["receipt"] for credential in credentials] != receipts:
            raise Distrust("the credentials are not those of the receipts")
        if not all(self._is_valid(credential) for credential in credentials):
            raise Distrust("a counted response carries no valid credential")
        serial_of = {credential["receipt"]: credential["serial"] for credential in credentials}
        if len(set(serial_of.values())) != len(receipts):
            raise Distrust("a credential was counted twice")
        if any(serial_of.get(ballot.receipt) != base64url(ballot.serial) for ballot in own):
            raise Distrust("an own response is missing")
        return BallotBox(
            credentials_issued=box["credentials_issued"],
            receipts=receipts,
            root=box["root"],
            invalid=box.get("invalid"),
        )

    def _is_valid(self, credential: Mapping[str, str]) -> bool:
        serial, randomizer = from_base64url(credential["serial"], 32), from_base64url(credential["randomizer"], 32)
        signature = from_base64url(credential["signature"], MODULUS_BYTES)
        return pss_verifies(credential_message(self.round_id, serial, randomizer), signature, self.modulus)

    async def _get(self, path: str) -> httpx.Response:
        return _accepted(await self.http.get(self.path + path), {200})

    async def _post(self, path: str, body: Mapping[str, str], expected: set[int]) -> httpx.Response:
        return _accepted(await self.http.post(self.path + path, json=body), expected)


def _accepted(response: httpx.Response, expected: set[int]) -> httpx.Response:
    if response.status_code not in expected:
        raise Refused(response)
    if "set-cookie" in response.headers:
        raise Distrust("the service wants to recognise this browser")
    return response
