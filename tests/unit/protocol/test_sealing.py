import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from questionnaires.model import AnswerOption, Item, Questionnaire, Section
from survey_service import sealing
from survey_service.domain import codes, encodings, messages
from survey_service.domain.blind_signatures import BlindSigner, InvalidBlindSignature, prepare, verify
from survey_service.domain.messages import (
    Answers,
    AnswerTooLong,
    Terms,
    credential_message,
    parse,
    response_info,
    unpad,
)
from survey_service.sealing import Participation, UnknownAnswer, UnusableTerms

VECTOR: dict[str, Any] = json.loads((Path(__file__).parent / "rfc9180_p256_aes256gcm.json").read_text())

KEM_SUITE = b"KEM" + (16).to_bytes(2, "big")
HPKE_SUITE = b"HPKE" + b"".join(number.to_bytes(2, "big") for number in (16, 1, 2))


def extract(suite: bytes, salt: bytes, label: bytes, key: bytes) -> bytes:
    """LabeledExtract, RFC 9180 section 4."""
    return hmac.digest(salt or bytes(32), b"HPKE-v1" + suite + label + key, "sha256")


def expand(suite: bytes, secret: bytes, label: bytes, info: bytes, length: int) -> bytes:
    """LabeledExpand of at most one block, RFC 9180 section 4."""
    labeled = length.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info
    return hmac.digest(secret, labeled + b"\x01", "sha256")[:length]


def key_and_nonce(enc: bytes, private_key: ec.EllipticCurvePrivateKey, info: bytes) -> tuple[bytes, bytes]:
    """The receiver's key schedule in base mode, written from RFC 9180 sections 4.1 and 5.1 alone."""
    sender = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), enc)
    receiver = private_key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    prk = extract(KEM_SUITE, b"", b"eae_prk", private_key.exchange(ec.ECDH(), sender))
    shared_secret = expand(KEM_SUITE, prk, b"shared_secret", enc + receiver, 32)
    hashes = extract(HPKE_SUITE, b"", b"psk_id_hash", b"") + extract(HPKE_SUITE, b"", b"info_hash", info)
    secret = extract(HPKE_SUITE, shared_secret, b"secret", b"")
    context = b"\0" + hashes
    return expand(HPKE_SUITE, secret, b"key", context, 32), expand(HPKE_SUITE, secret, b"base_nonce", context, 12)


# The public interface of `cryptography` takes no aad, and every encryption of the published vector has one. So the
# vector proves the short receiver above, and the receiver proves what `seal` writes.
def test_the_published_hpke_vector_opens() -> None:
    vector = {name: bytes.fromhex(VECTOR[name]) for name in ("info", "skRm", "pkRm", "enc", "key", "base_nonce")}
    first = {name: bytes.fromhex(value) for name, value in VECTOR["encryptions"][0].items()}
    private_key = ec.derive_private_key(int.from_bytes(vector["skRm"], "big"), ec.SECP256R1())

    key, nonce = key_and_nonce(vector["enc"], private_key, vector["info"])

    assert (key, nonce) == (vector["key"], vector["base_nonce"])
    assert AESGCM(key).decrypt(nonce, first["ct"], first["aad"]) == first["pt"]


def test_a_sealed_response_opens_for_any_hpke_receiver_with_an_empty_aad(
    terms: Terms, answers: Answers, sealing_key: ec.EllipticCurvePrivateKey
) -> None:
    sealed = sealing.seal(terms, b"s" * 32, answers)
    key, nonce = key_and_nonce(sealed[:65], sealing_key, response_info(terms.round_id, b"s" * 32))
    plaintext = AESGCM(key).decrypt(nonce, sealed[65:], b"")

    assert len(plaintext) == terms.plaintext_size
    assert parse(unpad(plaintext), Answers) == answers


def test_a_participation_ends_in_a_response_that_verifies_and_opens(
    terms: Terms, answers: Answers, signer: BlindSigner, sealing_key: ec.EllipticCurvePrivateKey
) -> None:
    participation = Participation.begin(terms, answers)
    code = codes.new_code()
    request = participation.credential_request(codes.grouped(code).lower())
    response = participation.finish(signer.sign(request.decoded_message()))
    credential = response.credential()
    info = response_info(terms.round_id, credential.serial)
    opened = messages.SEALING_SUITE.decrypt(response.decoded_sealed(terms.plaintext_size), sealing_key, info=info)

    assert request.code() == code
    prepared = prepare(credential_message(terms.round_id, credential.serial), credential.randomizer)
    assert verify(signer.public_key, prepared, credential.signature)
    assert parse(unpad(opened), Answers) == answers


def test_every_sealed_response_of_a_round_has_one_length(terms: Terms) -> None:
    lengths = {
        len(sealing.seal(terms, b"s" * 32, Answers(questionnaire="0" * 64, answers={"note": "x" * size})))
        for size in (0, 1, 100, 3000)
    }

    assert lengths == {terms.sealed_length} == {4096 + 81}


def test_answers_that_do_not_fit_are_refused_before_anything_is_sent(terms: Terms) -> None:
    with pytest.raises(AnswerTooLong):
        Participation.begin(terms, Answers(questionnaire="0" * 64, answers={"note": "ä" * 2048}))


def test_two_participations_of_the_same_answers_share_nothing(terms: Terms, answers: Answers) -> None:
    first, second = (Participation.begin(terms, answers) for _ in range(2))

    assert first.serial != second.serial
    assert first.randomizer != second.randomizer
    assert first.blinded.blinded_message != second.blinded.blinded_message
    assert first.sealed[:65] != second.sealed[:65]


def test_a_retry_sends_the_same_bytes(terms: Terms, answers: Answers, signer: BlindSigner) -> None:
    participation = Participation.begin(terms, answers)
    code = codes.new_code()
    request = participation.credential_request(code)
    blind_signature = signer.sign(request.decoded_message())

    assert participation.credential_request(code) == request
    assert participation.finish(blind_signature) == participation.finish(blind_signature)


def test_a_signature_of_another_message_is_not_accepted(terms: Terms, answers: Answers, signer: BlindSigner) -> None:
    ours, theirs = (Participation.begin(terms, answers) for _ in range(2))

    with pytest.raises(InvalidBlindSignature):
        ours.finish(signer.sign(theirs.blinded.blinded_message))


def test_a_participation_shows_none_of_its_secrets(terms: Terms, answers: Answers) -> None:
    assert repr(Participation.begin(terms, answers)) == "<Participation in rueckhalt-2026-2>"


def compressed(point: bytes) -> bytes:
    return bytes([2 + point[-1] % 2]) + point[1:33]


def hybrid(point: bytes) -> bytes:
    return bytes([6 + point[-1] % 2]) + point[1:]


def off_the_curve(point: bytes) -> bytes:
    return point[:-1] + bytes([point[-1] ^ 1])


@pytest.mark.parametrize("change", [compressed, hybrid, off_the_curve, lambda _point: bytes(65), lambda _point: b""])
def test_terms_with_another_sealing_key_are_unusable(terms: Terms, answers: Answers, change: Any) -> None:
    key = encodings.encode(change(encodings.decode(terms.sealing_key)))

    with pytest.raises(UnusableTerms) as refusal:
        Participation.begin(msgspec.structs.replace(terms, sealing_key=key), answers)
    assert refusal.value.member == "sealing_key"


@pytest.mark.parametrize("key", ["", "AAAA", "not base64url!", hashlib.sha256(b"").hexdigest()])
def test_terms_with_another_credential_key_are_unusable(terms: Terms, answers: Answers, key: str) -> None:
    with pytest.raises(UnusableTerms) as refusal:
        Participation.begin(msgspec.structs.replace(terms, credential_key=key), answers)
    assert refusal.value.member == "credential_key"


def options(*option_codes: str) -> tuple[AnswerOption, ...]:
    return tuple(AnswerOption(code=code, text={}) for code in option_codes)


QUESTIONNAIRE = Questionnaire(
    id="core",
    version="1.0.0",
    title={},
    languages=("de",),
    minutes=5,
    sections=(Section(id="s", title={}),),
    items=(
        Item(id="unit", kind="single", section="s", text={}, options=options("u1", "u2")),
        Item(id="channels", kind="multiple", section="s", text={}, options=options("mail", "phone", "post")),
        Item(id="note", kind="text", section="s", text={}),
    ),
)


def test_answers_are_sent_in_the_order_of_the_questionnaire_not_of_the_clicks() -> None:
    clicked: dict[str, str | tuple[str, ...]] = {"note": "Hi", "channels": ("post", "mail", "post"), "unit": "u2"}
    ordered = sealing.in_questionnaire_order(QUESTIONNAIRE, clicked)

    assert list(ordered.items()) == [("unit", "u2"), ("channels", ("mail", "post")), ("note", "Hi")]


@pytest.mark.parametrize(("item", "answer"), [("age", "40"), ("channels", ("mail", "pigeon"))])
def test_an_answer_the_questionnaire_does_not_have_is_refused(item: str, answer: str | tuple[str, ...]) -> None:
    with pytest.raises(UnknownAnswer) as refusal:
        sealing.in_questionnaire_order(QUESTIONNAIRE, {"unit": "u1", item: answer})
    assert refusal.value.item == item
