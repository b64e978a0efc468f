"""The parts that decide how fast a participation and an unsealing can be."""

import os
import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from questionnaires import definitions
from survey_service.domain import ballot_box, blind_signatures, encodings
from survey_service.domain.messages import Answers, QuestionnaireReference, Terms
from survey_service.domain.responses import SealedResponse
from survey_service.domain.rounds import RoundId
from survey_service.sealing import Participation
from survey_service.unsealing import Opener
from tests.bench.figures import Figure, rate

ROUND = RoundId("bench-2026-1")


def measure() -> Iterator[Figure]:
    credential_key = blind_signatures.generate_key_pair()
    sealing_key = ec.generate_private_key(ec.SECP256R1())
    questionnaire = definitions.load(definitions.find("open-source-2017"))
    terms = terms_with(credential_key.public_key(), sealing_key.public_key(), definitions.content_hash(questionnaire))
    answers = Answers(questionnaire=terms.questionnaire.sha256, answers={"witnessed": ("rudeness",)})
    signer = blind_signatures.BlindSigner(credential_key)
    person = Participation.begin(terms, answers)
    request = person.credential_request("0000-0000-0000-0000").decoded_message()
    signed = signer.sign(request)
    response = person.finish(signed)
    opener = Opener(
        sealing_key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
        encodings.decode(terms.sealing_key),
        ROUND,
        questionnaire,
        terms.questionnaire.sha256,
    )
    sealed = SealedResponse(serial=response.credential().serial, sealed=person.sealed)
    receipts = [secrets.token_bytes(32) for _ in range(10_000)]

    yield rate("blind signatures, one thread", lambda: signer.sign(request))
    with ThreadPoolExecutor() as pool:
        cores = os.cpu_count() or 1
        yield rate(
            f"blind signatures, {cores} threads",
            lambda: list(pool.map(signer.sign, [request] * 8 * cores)),
            8 * cores,
        )
    yield rate("participant: seal and blind", lambda: Participation.begin(terms, answers))
    yield rate("participant: unblind and verify", lambda: person.finish(signed))
    yield rate("unsealing: open and check a response", lambda: opener.open(sealed))
    yield rate("ballot box: receipts under a root", lambda: ballot_box.root(receipts), len(receipts))


def terms_with(
    credential_key: blind_signatures.rsa.RSAPublicKey, sealing_key: ec.EllipticCurvePublicKey, sha256: str
) -> Terms:
    return msgspec.convert(
        {
            "protocol": "1",
            "round_id": ROUND,
            "title": {"en": "Bench"},
            "languages": ["en"],
            "questionnaire": msgspec.to_builtins(QuestionnaireReference(id="bench", version="1.0.0", sha256=sha256)),
            "survey_sha256": sha256,
            "minimum_group_size": 10,
            "roster_size": 100,
            "custody": "server",
            "credential_key": encodings.encode(blind_signatures.public_key_der(credential_key)),
            "sealing_key": encodings.encode(sealing_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)),
            "plaintext_size": 4096,
        },
        Terms,
    )
