"""The browser's protocol, module by module: published vectors, and the same cases as the service's own code."""

import hashlib
import json
import secrets
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from playwright.sync_api import Browser

from questionnaires.answers import _UNFIT
from survey_service.domain import ballot_box, blind_signatures, codes, encodings
from survey_service.domain.blind_signatures import BlindSigner
from survey_service.domain.messages import SEALING_SUITE, Answers, credential_message, pad, response_info, unpad
from tests.pages.client_modules import Modules, modules
from tests.pages.conftest import Service

VECTORS = Path(__file__).parents[1] / "unit" / "protocol"
RFC_9474: dict[str, Any] = json.loads((VECTORS / "rfc9474_appendix_a.json").read_text())
RFC_9180: dict[str, Any] = json.loads((VECTORS / "rfc9180_p256_aes256gcm.json").read_text())


@pytest.fixture(scope="module")
def client(browser: Browser, service: Service) -> Iterator[Modules]:
    context = browser.new_context()
    with modules(context, service.url) as loaded:
        yield loaded
    context.close()


@pytest.fixture(scope="module")
def signer() -> BlindSigner:
    return BlindSigner(blind_signatures.generate_key_pair())


def spki(key: rsa.RSAPublicKey) -> str:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo).hex()


@pytest.mark.parametrize("vector", RFC_9474["vectors"], ids=lambda vector: vector["name"])
def test_the_vectors_of_rfc_9474_are_reproduced(client: Modules, vector: dict[str, str]) -> None:
    modulus = int(RFC_9474["p"], 16) * int(RFC_9474["q"], 16)
    given = {
        **vector,
        "msg": RFC_9474["msg"],
        "modulus": f"{modulus:x}",
        "factor": f"{pow(int(vector['inv'], 16), -1, modulus):x}",
        "spki": spki(rsa.RSAPublicNumbers(int(RFC_9474["e"], 16), modulus).public_key()),
    }
    found = client.call(
        "blind_rsa.js",
        """
        const modulus = BigInt("0x" + given.modulus);
        const key = { modulus, length: 512, verifyKey: await m.importVerifyKey(bytes(given.spki)) };
        const prepared = bytes(given.msg_prefix + given.msg);
        const salt = bytes(given.salt);
        const { blindedMessage, inverse } = await m.blind(key, prepared, { salt, factor: BigInt("0x" + given.factor) });
        const signature = await m.finalize(key, prepared, bytes(given.blind_sig), inverse, salt.length);
        return { blinded_msg: hex(blindedMessage), inv: inverse.toString(16), sig: hex(signature) };
        """,
        given,
    )
    assert found == {
        "blinded_msg": vector["blinded_msg"],
        "inv": vector["inv"].lstrip("0"),
        "sig": vector["sig"],
    }


def test_what_the_browser_blinds_the_service_signs_and_both_verify(client: Modules, signer: BlindSigner) -> None:
    prepared = secrets.token_bytes(32) + credential_message("trial", secrets.token_bytes(32))
    given = {"spki": spki(signer.public_key), "prepared": prepared.hex()}
    blinded = client.call(
        "blind_rsa.js",
        """
        window.key = await m.importCredentialKey(bytes(given.spki));
        window.blinded = await m.blind(key, bytes(given.prepared));
        return hex(blinded.blindedMessage);
        """,
        given,
    )
    given["signed"] = signer.sign(bytes.fromhex(blinded)).hex()
    signature = client.call(
        "blind_rsa.js",
        "return hex(await m.finalize(key, bytes(given.prepared), bytes(given.signed), blinded.inverse));",
        given,
    )
    assert blind_signatures.verify(signer.public_key, prepared, bytes.fromhex(signature))
    for damaged in ("", "00" * 384, "ff" * 384, "00" + given["signed"], given["signed"][:-2], given["signed"][::-1]):
        refused = client.call(
            "blind_rsa.js",
            """
            try {
              return hex(await m.finalize(key, bytes(given.prepared), bytes(given.damaged), blinded.inverse));
            } catch (problem) {
              return problem.code;
            }
            """,
            {**given, "damaged": damaged},
        )
        assert refused == "invalid_blind_signature"


def test_blinding_the_same_message_twice_shows_the_signer_two_unrelated_values(
    client: Modules, signer: BlindSigner
) -> None:
    blinded = client.call(
        "blind_rsa.js",
        """
        const key = await m.importCredentialKey(bytes(given));
        const all = await Promise.all([1, 2, 3, 4].map(() => m.blind(key, bytes("00"))));
        return all.flatMap(({ blindedMessage, inverse }) => [hex(blindedMessage), inverse.toString(16)]);
        """,
        spki(signer.public_key),
    )
    assert len(set(blinded)) == 8


def test_a_factor_that_shares_a_divisor_with_the_modulus_is_refused(client: Modules) -> None:
    private_key = blind_signatures.generate_key_pair()
    refused = client.call(
        "blind_rsa.js",
        """
        const key = await m.importCredentialKey(bytes(given.spki));
        return m.blind(key, bytes("00"), { factor: BigInt(given.factor) }).catch((problem) => problem.code);
        """,
        {"spki": spki(private_key.public_key()), "factor": str(private_key.private_numbers().p)},
    )
    assert refused == "unusable_terms"


def test_only_keys_of_the_protocol_are_credential_keys_here_as_in_the_service(
    client: Modules, signer: BlindSigner
) -> None:
    n = signer.public_key.public_numbers().n
    right = bytes.fromhex(spki(signer.public_key))
    keys = {
        "right": right,
        "exponent 3": bytes.fromhex(spki(rsa.RSAPublicNumbers(3, n).public_key())),
        "3071 bits": bytes.fromhex(spki(rsa.RSAPublicNumbers(65537, n >> 1 | 1).public_key())),
        "3073 bits": bytes.fromhex(spki(rsa.RSAPublicNumbers(65537, n << 1 | 1).public_key())),
        "2048 bits": bytes.fromhex(spki(rsa.RSAPublicNumbers(65537, n >> 1024 | 1).public_key())),
        "top bit clear": right[:33] + bytes([right[33] & 0x7F]) + right[34:],
        "RSASSA-PSS": right[:4] + bytes.fromhex("300b06092a864886f70d01010a") + right[19:],
        "trailing bytes": right + b"\0",
        "truncated": right[:-1],
        "empty": b"",
    }
    accepted = {}
    for name, der in keys.items():
        try:
            accepted[name] = blind_signatures.load_public_key(der) is not None
        except blind_signatures.NotACredentialKey:
            accepted[name] = False
    found = client.call(
        "blind_rsa.js",
        """
        const accepts = (der) => m.importCredentialKey(bytes(der)).then(() => true, () => false);
        const pairs = Object.entries(given).map(async ([name, der]) => [name, await accepts(der)]);
        return Object.fromEntries(await Promise.all(pairs));
        """,
        {name: der.hex() for name, der in keys.items()},
    )
    assert found == accepted == {name: name == "right" for name in keys}


def test_the_vector_of_rfc_9180_opens_with_the_suite_the_client_seals_with(client: Modules) -> None:
    first = RFC_9180["encryptions"][0]
    given = {**{name: RFC_9180[name] for name in ("info", "skRm", "pkRm", "enc")}, **first}
    opened = client.call(
        "sealing.js",
        """
        const suite = m.suite();
        const privateKey = await suite.DeserializePrivateKey(bytes(given.skRm), true);
        const publicKey = await suite.DeserializePublicKey(bytes(given.pkRm));
        const options = { info: bytes(given.info), aad: bytes(given.aad) };
        const keys = { privateKey, publicKey };
        return hex(await suite.Open(keys, bytes(given.enc), bytes(given.ct), options));
        """,
        given,
    )
    assert opened == first["pt"]


QUESTIONNAIRE = {
    "items": [
        {"id": "unit", "kind": "single", "options": [{"code": "u1"}, {"code": "u2"}]},
        {
            "id": "channels",
            "kind": "multiple",
            "options": [{"code": "mail"}, {"code": "phone"}, {"code": "post"}, {"code": "none", "exclusive": True}],
        },
        {"id": "2", "kind": "number", "minimum": -5, "maximum": 40},
        {"id": "1", "kind": "text", "max_length": 12},
    ]
}
HASH = hashlib.sha256(b"questionnaire").hexdigest()


@pytest.mark.parametrize("size", [1024, 4096])
def test_what_the_browser_seals_the_service_opens_byte_by_byte(client: Modules, size: int) -> None:
    private_key = ec.generate_private_key(ec.SECP256R1())
    point = private_key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    serial = secrets.token_bytes(32)
    terms = {"round_id": "trial-1", "sealing_key": encodings.encode(point), "plaintext_size": size}
    text = 'Grüße\n"/😀\u2028'
    clicked = {"1": text, "channels": ["post", "mail", "post"], "unit": "u2", "2": "-5"}
    ordered: dict[str, str | tuple[str, ...]] = {
        "unit": "u2",
        "channels": ("mail", "post"),
        "2": "-5",
        "1": text,
    }
    expected = msgspec.json.encode(Answers(questionnaire=HASH, answers=ordered))
    json_text = client.call(
        "answers.js",
        "return m.answersJson(given.hash, given.questionnaire, given.answers);",
        {"hash": HASH, "questionnaire": QUESTIONNAIRE, "answers": clicked},
    )
    sealed = bytes.fromhex(
        client.call(
            "sealing.js",
            "return hex(await m.seal(given.terms, bytes(given.serial), given.json));",
            {"terms": terms, "serial": serial.hex(), "json": json_text},
        )
    )
    assert len(sealed) == size + 81
    plaintext = SEALING_SUITE.decrypt(sealed, private_key, info=response_info("trial-1", serial))
    assert plaintext == pad(expected, size)
    assert unpad(plaintext).decode() == json_text


def test_answers_fit_up_to_the_last_byte_of_the_plaintext(client: Modules) -> None:
    lengths = client.call(
        "sealing.js",
        """
        return [0, 60, 61].map((length) => {
          try {
            return hex(m.pad(new Uint8Array(length).fill(1), 64));
          } catch (problem) {
            return problem.code;
          }
        });
        """,
    )
    assert lengths == [pad(b"", 64).hex(), pad(b"\x01" * 60, 64).hex(), "answer_too_long"]


@pytest.mark.parametrize(
    "answers",
    [
        {"unit": "u3"},
        {"unit": ["u1"]},
        {"channels": "mail"},
        {"channels": ["mail", "pigeon"]},
        {"channels": ["mail", "none"]},
        {"2": "41"},
        {"2": "-6"},
        {"2": "07"},
        {"2": "1e1"},
        {"2": " 7"},
        {"1": "x" * 13},
        {"age": "40"},
        {"__proto__x": "40"},
    ],
    ids=str,
)
def test_an_answer_that_would_make_the_response_invalid_is_refused_before_it_is_sealed(
    client: Modules, answers: dict[str, Any]
) -> None:
    refused = client.call(
        "answers.js",
        """
        try {
          return m.answersJson(given.hash, given.questionnaire, given.answers);
        } catch (problem) {
          return [problem.code, problem.item];
        }
        """,
        {"hash": HASH, "questionnaire": QUESTIONNAIRE, "answers": answers},
    )
    assert refused == ["unknown_answer", next(iter(answers))]


def test_empty_answers_are_left_out(client: Modules) -> None:
    sealed = client.call(
        "answers.js",
        "return m.answersJson(given.hash, given.questionnaire, given.answers);",
        {"hash": HASH, "questionnaire": QUESTIONNAIRE, "answers": {"unit": "", "channels": [], "2": "", "1": "\t"}},
    )
    assert json.loads(sealed)["answers"] == {"1": " "}


def test_whatever_is_pasted_into_a_text_becomes_a_text_the_service_takes(client: Modules) -> None:
    pasted = ["a\tb\r\nc\rd", "\x00\x0b\x1b\x7f\x85\x9f", "😀 é"]
    broken = "return [m.fittingText('\\ud800x\\udc00😀'), ...given.map(m.fittingText)];"
    fitting = client.call("answers.js", broken, pasted)
    assert fitting == ["\ufffdx\ufffd😀", "a b\nc\nd", "", "😀 é"]
    assert not any(_UNFIT.search(text) for text in fitting)


TEXTS = [
    *("", "Zg", "Zm8", "Zm9v", "Zm9vYg", "Zm9vYmE", "Zm9vYmFy", "-_-_", "____"),
    *("AA==", "A", "AB", "AAB", "A+_A", "A/AA", "AA AA", "AAAA\n", "AA=A", "é", "\u0663\u0663\u0663\u0663", "AAAAA"),
]


def test_the_same_texts_are_base64url_here_as_in_the_service(client: Modules) -> None:
    def decoded(text: str) -> str | None:
        try:
            return encodings.decode(text).hex()
        except encodings.NotBase64Url:
            return None

    found = client.call(
        "encodings.js",
        "return given.map((text) => { const value = m.fromBase64Url(text); return value && hex(value); });",
        TEXTS,
    )
    assert found == [decoded(text) for text in TEXTS]
    lengths = "return [32, 31, undefined].map((n) => m.fromBase64Url(given, n) !== null);"
    assert client.call("encodings.js", lengths, "A" * 43) == [True, False, True]


def test_bytes_of_every_length_become_the_same_text_and_come_back(client: Modules) -> None:
    values = [secrets.token_bytes(length).hex() for length in (*range(70), 384, 4177)]
    found = client.call(
        "encodings.js",
        """
        return given.map((value) => {
          const text = m.toBase64Url(bytes(value));
          return [text, hex(m.fromBase64Url(text)), m.toHex(m.fromHex(value))];
        });
        """,
        values,
    )
    assert found == [[encodings.encode(bytes.fromhex(value)), value, value] for value in values]


CODE = "0123456789ABCDEF"
EVERY_BLANK_OR_DASH = sorted(
    {chr(point) for point in range(0x3100) if chr(point).isspace() or unicodedata.category(chr(point)) == "Pd"}
    | set("\ufeff\u200b\u200d\u2060\u180e\u00ad\u2212\u2043\ufe58\ufe63\uff0d_.,/")
)
TYPED = [
    *("", CODE, CODE.lower(), "0123-4567-89AB-CDEF", " 0123 4567 - 89ab cdef\n", CODE[:-1], CODE + "0"),
    *("oO1iIlL000000000", "U123456789ABCDEF", "u123456789ABCDEF", "0123_4567_89AB_CDEF"),
    *("\N{LATIN SMALL LETTER DOTLESS I}123456789ABCDEF", "\N{KELVIN SIGN}123456789ABCDEF", "ß23456789ABCDEF"),
    *("\N{FULLWIDTH DIGIT ZERO}123456789ABCDEF", "\N{LATIN SMALL LETTER LONG S}123456789ABCDEF", "😀3456789ABCDEF"),
    *(blank.join(("0123", "4567", "89AB", "CDEF")) for blank in EVERY_BLANK_OR_DASH),
]


def test_the_same_texts_are_codes_here_as_in_the_service(client: Modules) -> None:
    def normal(text: str) -> str | None:
        try:
            return codes.normalise(text)
        except codes.NotACode:
            return None

    found = client.call("encodings.js", "return given.map(m.normaliseCode);", TYPED)
    differing = [typed for typed, code in zip(TYPED, found, strict=True) if code != normal(typed)]
    assert differing == []
    assert found.count(CODE) > 20


def test_fingerprints_are_those_of_the_service(client: Modules) -> None:
    served = ["", "00", *(secrets.token_hex(length) for length in (1, 32, 1000))]
    found = client.call(
        "encodings.js", "return Promise.all(given.map((value) => m.fingerprint(bytes(value))));", served
    )
    assert found == [encodings.fingerprint(bytes.fromhex(value)) for value in served]


def test_the_root_of_any_number_of_receipts_is_that_of_the_service(client: Modules) -> None:
    receipts = sorted(secrets.token_bytes(32) for _ in range(1025))
    sizes = [*range(34), 63, 64, 65, 127, 128, 129, 1000, 1023, 1024, 1025]
    roots = client.call(
        "ballot_box.js",
        """
        const leaves = given.receipts.map(bytes);
        const root = async (size) => hex(await m.merkleTreeHead(leaves.slice(0, size)));
        return Promise.all(given.sizes.map(root));
        """,
        {"receipts": [receipt.hex() for receipt in receipts], "sizes": sizes},
    )
    assert roots == [ballot_box.root(receipts[:size]).hex() for size in sizes]
