import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from survey_service.domain import blind_signatures, encodings
from survey_service.domain.blind_signatures import BlindSigner
from survey_service.domain.messages import Answers, QuestionnaireReference, Terms

QUESTIONNAIRE_HASH = hashlib.sha256(b"questionnaire").hexdigest()


@pytest.fixture(scope="session")
def private_key() -> rsa.RSAPrivateKey:
    """Made once: finding two primes of 1536 bits takes longer than all the tests that use them."""
    return blind_signatures.generate_key_pair()


@pytest.fixture(scope="session")
def signer(private_key: rsa.RSAPrivateKey) -> BlindSigner:
    return BlindSigner(private_key)


@pytest.fixture(scope="session")
def sealing_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@pytest.fixture(scope="session")
def terms(signer: BlindSigner, sealing_key: ec.EllipticCurvePrivateKey) -> Terms:
    point = sealing_key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return Terms(
        round_id="rueckhalt-2026-2",
        title={"de": "Rückhalt", "en": "Support"},
        languages=("de", "en"),
        questionnaire=QuestionnaireReference(id="core", version="1.0.0", sha256=QUESTIONNAIRE_HASH),
        survey_sha256=hashlib.sha256(b"survey").hexdigest(),
        minimum_group_size=10,
        roster_size=2480,
        custody="2 of 3 trustees",
        credential_key=encodings.encode(blind_signatures.public_key_der(signer.public_key)),
        sealing_key=encodings.encode(point),
        plaintext_size=4096,
    )


@pytest.fixture
def answers() -> Answers:
    return Answers(
        questionnaire=QUESTIONNAIRE_HASH, answers={"unit": "u1", "channels": ("mail", "post"), "note": "Grüße"}
    )
