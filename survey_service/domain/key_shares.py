"""A round's sealing key in the hands of several trustees: k of n passphrases and the key file open it, less does not.

The key file holds a random half, and the sealing key wrapped (AES-256-GCM) under a key made of that half and of a
secret. The secret is split anew for each group of k trustees: k random pieces whose exclusive or is the secret, so that
k - 1 of them say nothing about it, whatever is computed. Each trustee's pieces are sealed (HPKE, the suite of the
protocol) to a key that comes from their passphrase alone (Argon2id). With at most seven trustees that is at most 35
groups, and no arithmetic of our own, as Shamir's way would need.
"""

import hashlib
import re
import secrets
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from itertools import combinations

import msgspec
from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from msgspec import Struct

from survey_service.domain import passwords
from survey_service.domain.accounts import Email
from survey_service.domain.encodings import CROCKFORD
from survey_service.domain.messages import SEALING_SUITE
from survey_service.domain.rounds import RoundId
from survey_service.errors import Refusal

SMALLEST_THRESHOLD = 2  # one alone would be custody of the server under another name
MOST_TRUSTEES = 7  # persons; more lose passphrases faster than they add trust
SHORTEST_PASSPHRASE = 16  # characters: whoever steals the key file may guess for years, without anybody counting
GIFTS_REST = timedelta(days=3)  # for which a given share waits for the others

ARGON2_SECONDS_COST = 3  # passes; with the next two the second recommendation of RFC 9106 section 4
ARGON2_MEMORY = 64 * 1024  # KiB
ARGON2_LANES = 4

_KEY_LENGTH = 32  # bytes: of AES-256, of each piece, of the half in the key file
_NONCE_LENGTH = 12  # bytes
_SALT_LENGTH = 16  # bytes; RFC 9106 section 3.1
_SEED_LENGTH = 48  # bytes: 128 bits more than the order of P-256, so that the remainder is as good as uniform
_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # SP 800-186 section 3.2.1.3
_CUSTODY = re.compile(r"([1-9][0-9]*) of ([1-9][0-9]*) trustees")
_GROUP = 5  # characters between hyphens of a suggested passphrase

Share = dict[str, bytes]
"""A trustee's pieces, by the group of trustees that each is for."""


class WeakPassphrase(Refusal):
    """A passphrase that somebody with the key file would guess."""


class WrongPassphrase(Refusal):
    def __init__(self) -> None:
        super().__init__("This passphrase does not open this share.", remedy="Type it as it was when it was set.")


class BrokenKeyFile(Refusal):
    """The key file is not what was written: nothing was opened."""

    def __init__(self, round_id: str) -> None:
        super().__init__(
            f"The sealing key file of round {round_id!r} is not the one its trustees set up.",
            remedy="Put the second copy of the key file back. Nothing was changed.",
        )


class SharedCustody(Struct, frozen=True, kw_only=True):
    """threshold: how many trustees it takes, of how many. As text: `2 of 3 trustees`."""

    threshold: int
    trustees: int

    @property
    def is_possible(self) -> bool:
        return SMALLEST_THRESHOLD <= self.threshold <= self.trustees <= MOST_TRUSTEES

    @property
    def may_be_lost(self) -> int:
        """How many passphrases may be forgotten before nothing opens any more."""
        return self.trustees - self.threshold

    def __str__(self) -> str:
        return f"{self.threshold} of {self.trustees} trustees"


def parse_custody(text: str) -> SharedCustody | None:
    """The trustees of a custody as terms write it; None: of the server."""
    found = _CUSTODY.fullmatch(text)
    return SharedCustody(threshold=int(found[1]), trustees=int(found[2])) if found else None


class Enrolment(Struct, frozen=True, kw_only=True):
    """A trustee before the key is made. salt: 16 bytes. public_key: 65 bytes, an uncompressed P-256 point."""

    email: Email
    salt: bytes
    public_key: bytes


class Trustee(Enrolment, frozen=True, kw_only=True):
    """share: the trustee's pieces, sealed to their key."""

    share: bytes


class SharedKey(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The key file. half: 32 bytes. wrapped: nonce and the sealing key, encrypted."""

    round_id: RoundId
    threshold: int
    half: bytes
    wrapped: bytes
    trustees: tuple[Trustee, ...]


class Gift(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A share that was given, while it waits. share: nonce and the pieces, encrypted. root: of the ballot box it is for."""

    given_at: datetime
    root: bytes
    share: bytes


def accepted_passphrase(passphrase: str, email: str) -> str:
    """The passphrase in the one form keys are made from. Raises: WeakPassphrase, WeakPassword."""
    prepared = passwords.accepted(passphrase, email)
    if len(prepared) < SHORTEST_PASSPHRASE:
        raise WeakPassphrase(
            f"The passphrase has fewer than {SHORTEST_PASSPHRASE} characters.",
            remedy="Take five words by chance, or the suggested one.",
        )
    return prepared


def suggested_passphrase() -> str:
    """Twenty characters by chance, 100 bits, to be written down: 7K3QF-…"""
    drawn = "".join(secrets.choice(CROCKFORD) for _ in range(4 * _GROUP))
    return "-".join(drawn[start : start + _GROUP] for start in range(0, len(drawn), _GROUP))


def enrol(email: Email, passphrase: str) -> Enrolment:
    """Takes a tenth of a second. passphrase: as `accepted_passphrase` gives it."""
    salt = secrets.token_bytes(_SALT_LENGTH)
    point = _own_key(passphrase, salt).public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return Enrolment(email=email, salt=salt, public_key=point)


def share_out(round_id: RoundId, threshold: int, enrolments: tuple[Enrolment, ...], sealing_key: bytes) -> SharedKey:
    """The key file of a new round. sealing_key: private, DER; only its wrapped form is in what is returned."""
    half, secret = secrets.token_bytes(_KEY_LENGTH), secrets.token_bytes(_KEY_LENGTH)
    nonce = secrets.token_bytes(_NONCE_LENGTH)
    wrapped = nonce + AESGCM(_wrapping_key(round_id, half, secret)).encrypt(nonce, sealing_key, _about(round_id))
    shares: list[Share] = [{} for _ in enrolments]
    for group in combinations(range(len(enrolments)), threshold):
        for place, piece in zip(group, _pieces(secret, threshold), strict=True):
            shares[place][_name(group)] = piece
    return SharedKey(
        round_id=round_id,
        threshold=threshold,
        half=half,
        wrapped=wrapped,
        trustees=tuple(
            Trustee(
                email=enrolment.email,
                salt=enrolment.salt,
                public_key=enrolment.public_key,
                share=SEALING_SUITE.encrypt(
                    msgspec.json.encode(share),
                    ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), enrolment.public_key),
                    info=_share_info(round_id, place, wrapped),
                ),
            )
            for place, (enrolment, share) in enumerate(zip(enrolments, shares, strict=True))
        ),
    )


def unlock(shared: SharedKey, place: int, passphrase: str) -> Share:
    """The trustee's pieces. Takes a tenth of a second. Raises: WrongPassphrase, BrokenKeyFile."""
    trustee = shared.trustees[place]
    key = _own_key(passwords.prepare(passphrase), trustee.salt)
    if key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint) != trustee.public_key:
        raise WrongPassphrase
    try:
        opened = SEALING_SUITE.decrypt(trustee.share, key, info=_share_info(shared.round_id, place, shared.wrapped))
        return msgspec.json.decode(opened, type=Share)
    except (InvalidTag, ValueError, msgspec.DecodeError):
        raise BrokenKeyFile(shared.round_id) from None


def rebuild(shared: SharedKey, shares: Mapping[int, Share]) -> bytes:
    """The sealing key, DER, from the shares of at least `threshold` trustees, by place. Raises: BrokenKeyFile."""
    group = tuple(sorted(shares))[: shared.threshold]
    try:
        secret = _joined(shares[place][_name(group)] for place in group)
        nonce, encrypted = shared.wrapped[:_NONCE_LENGTH], shared.wrapped[_NONCE_LENGTH:]
        unwrapping = AESGCM(_wrapping_key(shared.round_id, shared.half, secret))
        return unwrapping.decrypt(nonce, encrypted, _about(shared.round_id))
    except (InvalidTag, KeyError, ValueError):
        raise BrokenKeyFile(shared.round_id) from None


def lay_down(shared: SharedKey, place: int, share: Share, root: bytes, now: datetime) -> Gift:
    """A share to wait for the others: readable only with the key file, and for this ballot box only."""
    nonce = secrets.token_bytes(_NONCE_LENGTH)
    encrypted = AESGCM(_waiting_key(shared, place, root)).encrypt(nonce, msgspec.json.encode(share), None)
    return Gift(given_at=now, root=root, share=nonce + encrypted)


def take_up(shared: SharedKey, place: int, gift: Gift, root: bytes, now: datetime) -> Share | None:
    """The share of a gift; None where it has waited too long or is for another ballot box."""
    if gift.root != root or not now - GIFTS_REST < gift.given_at <= now:
        return None
    nonce, encrypted = gift.share[:_NONCE_LENGTH], gift.share[_NONCE_LENGTH:]
    try:
        return msgspec.json.decode(
            AESGCM(_waiting_key(shared, place, root)).decrypt(nonce, encrypted, None), type=Share
        )
    except (InvalidTag, ValueError, msgspec.DecodeError):
        return None


def _pieces(secret: bytes, count: int) -> Iterator[bytes]:
    """`count` pieces whose exclusive or is the secret; fewer of them are random numbers."""
    drawn = [secrets.token_bytes(len(secret)) for _ in range(count - 1)]
    yield from drawn
    yield _joined([secret, *drawn])


def _joined(pieces: "Iterator[bytes] | list[bytes]") -> bytes:
    joined = 0
    for piece in pieces:
        if len(piece) != _KEY_LENGTH:
            raise ValueError("a piece of another length")
        joined ^= int.from_bytes(piece)
    return joined.to_bytes(_KEY_LENGTH)


def _name(group: tuple[int, ...]) -> str:
    return "-".join(map(str, group))


def _own_key(passphrase: str, salt: bytes) -> ec.EllipticCurvePrivateKey:
    """The key that is a trustee's passphrase."""
    seed = hash_secret_raw(
        passphrase.encode(), salt, ARGON2_SECONDS_COST, ARGON2_MEMORY, ARGON2_LANES, _SEED_LENGTH, Type.ID
    )
    return ec.derive_private_key(1 + int.from_bytes(seed) % (_P256_ORDER - 1), ec.SECP256R1())


def _wrapping_key(round_id: RoundId, half: bytes, secret: bytes) -> bytes:
    return _derived(half + secret, b"survey/v1/wrapping\0" + round_id.encode())


def _waiting_key(shared: SharedKey, place: int, root: bytes) -> bytes:
    return _derived(shared.half, b"survey/v1/waiting\0" + shared.round_id.encode() + b"\0" + bytes([place]) + root)


def _derived(material: bytes, info: bytes) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=_KEY_LENGTH, salt=None, info=info).derive(material)


def _about(round_id: RoundId) -> bytes:
    return b"survey/v1/sealing-key\0" + round_id.encode()


def _share_info(round_id: RoundId, place: int, wrapped: bytes) -> bytes:
    # Bound to the wrapped key: a share that opens belongs to the very key that is in the file.
    digest = hashlib.sha256(wrapped).digest()
    return b"survey/v1/share\0" + round_id.encode() + b"\0" + bytes([place]) + digest
