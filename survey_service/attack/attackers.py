"""Attackers who try to say which answers are whose.

Each looks for answers first, wherever they may lie; then each method gives every person a score for every row of
answers found, higher where the row is more likely theirs. The judge alone knows whose row it is (`scoring.py`).
"""

import base64
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec
import numpy as np
import scipy
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from msgspec import Struct
from numpy.typing import NDArray

from analysis.responses import coded_items
from questionnaires.answers import Answers
from questionnaires.model import Questionnaire
from survey_service import blocks
from survey_service.attack.evidence import Evidence, StoredRow, find_all, json_at
from survey_service.attack.trial import Person, Trial
from survey_service.domain import encodings
from survey_service.domain.codes import grouped, normalise
from survey_service.domain.messages import SEALING_SUITE, response_info, unpad
from survey_service.domain.responses import Block

Scores = NDArray[np.float64]

NEAR = 512  # bytes; a name this close to an answer is beside it

# A P-256 key as PKCS #8 begins like this, whatever its number is (RFC 5208, RFC 5915).
_PKCS8_P256 = bytes.fromhex("308187020100301306072a8648ce3d020106082a8648ce3d030107046d306b0201010420")


class FoundAnswers(Struct, frozen=True, kw_only=True):
    """A row of answers that an attacker can read.

    xid: of the transaction that wrote it, where that is known. place: its number in the order in which the rows lie.
    beside: names standing with it: codes, code hashes, serials, receipts.
    """

    answers: Answers
    xid: int | None
    place: int
    beside: frozenset[bytes]


class Readable(Struct, frozen=True, kw_only=True):
    """What a search of all evidence brought to light, by where it lies: JSON that looks like answers, key files.

    answers: each with what stands before and after, in the order in which they lie. scalars: of P-256 private keys.
    """

    answers: dict[str, list[tuple[Any, bytes, bytes]]]
    scalars: frozenset[bytes]


def search(evidence: Evidence, questionnaire: Questionnaire) -> Readable:
    """Reads everything once, without any key."""
    beginnings = [f'{{"{item.id}":{mark}'.encode() for item in questionnaire.items for mark in ("[", '"')]
    beginnings += [beginning.replace(b":", b": ") for beginning in beginnings]
    keys = [form[:-2] if form.isalnum() else form for form in forms(_PKCS8_P256)]
    answers: dict[str, list[tuple[Any, bytes, bytes]]] = {}
    scalars: set[bytes] = set()
    for name, haystack in evidence.haystacks().items():
        for position, needle in sorted(find_all(haystack, [*beginnings, *keys])):
            if needle in keys:
                scalars |= _scalars(haystack[position : position + NEAR], needle)
            elif (read := json_at(haystack, position)) is not None:
                before, after = haystack[max(0, position - NEAR) : position], haystack[position : position + NEAR]
                answers.setdefault(name, []).append((read, before, after))
    return Readable(answers=answers, scalars=frozenset(scalars))


def find_answers(evidence: Evidence, readable: Readable, trial: Trial) -> dict[str, list[FoundAnswers]]:
    """All answers of this trial's people that can be read without being given a key, by where they were found."""
    known = {canonical(person.answers) for person in trial.people}
    everyone = [name for person in trial.people for name in names(person)]
    found: dict[str, list[FoundAnswers]] = {}
    for place, pieces in readable.answers.items():
        for answers, before, after in pieces:
            if canonical(answers) in known:
                rows = found.setdefault(f"bytes of {place}", [])
                beside = _nearest(everyone, before, after)
                rows.append(FoundAnswers(answers=answers, xid=None, place=len(rows), beside=beside))
    for row in sorted(evidence.rows, key=lambda row: (row.table, row.place)):
        values = [_as_bytes(value) for value in row.values.values() if isinstance(value, str | bytes)]
        for value in values:
            read = json_at(value, 0) if value.startswith(b"{") else None
            if read is not None and canonical(read) in known:
                rows = found.setdefault(f"table {row.table}", [])
                beside = frozenset(values)
                rows.append(FoundAnswers(answers=read, xid=row.xid, place=len(rows), beside=beside))
    for scalar in readable.scalars:
        if _opens(scalar, trial):
            found["older sealed copies"] = open_older_copies(trial, scalar)
    return found


def with_storage_key(evidence: Evidence, trial: Trial) -> list[FoundAnswers]:
    """The released round's rows, as whoever holds the storage key reads them: in the order of the blocks."""
    stored = [row for row in evidence.table("response_block") if row.values["round_id"] == trial.round.round_id]
    read = blocks.decrypt_responses(
        trial.storage_key,
        trial.round.round_id,
        trial.questionnaire,
        (
            Block(content=row.values["content"], number=row.values["block"], encrypted=row.values["encrypted"])
            for row in sorted(stored, key=lambda row: row.values["block"])
        ),
    )
    xid = stored[0].xid
    answers: list[Answers] = [{} for _ in range(read.size)]
    for item in coded_items(trial.questionnaire):
        for option in item.options:
            for row in np.flatnonzero(read.chose(item, option.code)):
                if item.kind == "single":
                    answers[row][item.id] = option.code
                else:
                    chosen = answers[row].setdefault(item.id, [])
                    if isinstance(chosen, list):
                        chosen.append(option.code)
    return [
        FoundAnswers(answers=given, xid=xid, place=place, beside=frozenset()) for place, given in enumerate(answers)
    ]


def _scalars(text: bytes, beginning: bytes) -> set[bytes]:
    """The numbers in what may be a key file, raw, in hex or in base64."""
    if text.startswith(_PKCS8_P256):
        return {text[len(_PKCS8_P256) :][:32]}
    read = []
    if (found := re.match(rb"[0-9a-fA-F]+", text)) and len(found[0]) >= len(beginning):
        read.append(bytes.fromhex(found[0][: len(found[0]) // 2 * 2].decode()))
    if (found := re.match(rb"[A-Za-z0-9+/_\n-]+", text)) and len(found[0]) >= len(beginning):
        read.append(base64.urlsafe_b64decode(_whole(found[0])))
    return {der[len(_PKCS8_P256) :][:32] for der in read if der.startswith(_PKCS8_P256)}


def _whole(text: bytes) -> bytes:
    text = text.replace(b"\n", b"").replace(b"+", b"-").replace(b"/", b"_")
    return text[: len(text) // 4 * 4]


def _opens(scalar: bytes, trial: Trial) -> bool:
    """Whether this number is the round's sealing key."""
    try:
        key = ec.derive_private_key(int.from_bytes(scalar), ec.SECP256R1())
    except ValueError:
        return False
    point = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return point == encodings.decode(trial.terms.sealing_key)


def guessed_keys(evidence: Evidence, trial: Trial) -> tuple[int, list[bytes]]:
    """Everything of a key's length in the rows, and the storage key, tried as the sealing key: how many, which fit."""
    values = {value for row in evidence.rows for value in row.values.values() if isinstance(value, bytes)}
    candidates = {value for value in values if len(value) == len(trial.storage_key)} | {trial.storage_key}
    return len(candidates), [value for value in candidates if _opens(value, trial)]


def open_older_copies(trial: Trial, scalar: bytes) -> list[FoundAnswers]:
    """What stood in the database before the close, opened with the sealing key, each beside its serial."""
    key = ec.derive_private_key(int.from_bytes(scalar), ec.SECP256R1())
    found = []
    copies = [row for row in trial.older_rows if row.table.startswith("sealed_response")]
    for place, row in enumerate(sorted(copies, key=lambda row: row.place)):
        serial, sealed = row.values["serial"], row.values["sealed"]
        plaintext = SEALING_SUITE.decrypt(sealed, key, info=response_info(trial.round.round_id, serial))
        answers = msgspec.json.decode(unpad(plaintext))["answers"]
        beside = frozenset([serial])
        found.append(FoundAnswers(answers=answers, xid=row.xid, place=place, beside=beside))
    return found


def _nearest(wanted: Iterable[bytes], before: bytes, after: bytes) -> frozenset[bytes]:
    distances = {name: len(before) - before.rfind(name) for name in wanted if name in before}
    distances |= {name: min(after.find(name), distances.get(name, NEAR)) for name in wanted if name in after}
    return frozenset(name for name, distance in distances.items() if distance == min(distances.values()))


def canonical(answers: object) -> bytes:
    """One form for the same answers, in whatever order they were written."""
    return msgspec.json.encode(answers, order="sorted")


def names(person: Person) -> set[bytes]:
    """Everything that stands for a person, in every form in which it may have been written."""
    spelled = {person.code.encode(), person.code.replace("-", "").encode(), person.code.lower().encode()}
    return spelled | forms(person.code_hash) | forms(person.serial) | forms(bytes.fromhex(person.receipt))


def spellings(code: str) -> set[bytes]:
    """A code as anybody may have written it."""
    plain = normalise(code)
    return {
        text.encode(encoding)
        for text in (plain, plain.lower(), grouped(plain), grouped(plain).lower())
        for encoding in ("utf-8", "utf-16-le")
    }


def forms(secret: bytes) -> set[bytes]:
    """The ways in which programs write bytes: raw, backwards, hex, and base64 at each of its three alignments."""
    written = {secret, secret[::-1], secret.hex().encode(), secret.hex().upper().encode()}
    for before in range(3):
        # Only the characters that do not depend on the bytes before and after.
        encoded = base64.b64encode(bytes(before) + secret)
        text = encoded[-(-before * 8 // 6) : (before + len(secret)) * 8 // 6]
        written |= {text, text.replace(b"+", b"-").replace(b"/", b"_")}
    return written


def by_transaction(evidence: Evidence, trial: Trial, rows: Sequence[FoundAnswers]) -> Scores:
    """The answer was written in the transaction that redeemed the code."""
    redeemed = _redemptions(evidence, trial)
    return np.array([[float(row.xid == redeemed[person.code_hash].xid) for row in rows] for person in trial.people])


def by_transaction_order(evidence: Evidence, trial: Trial, rows: Sequence[FoundAnswers]) -> Scores:
    """Answers were written in the order in which codes were redeemed."""
    redeemed = _redemptions(evidence, trial)
    return closeness([redeemed[p.code_hash].xid for p in trial.people], [row.xid or 0 for row in rows])


def by_place(evidence: Evidence, trial: Trial, rows: Sequence[FoundAnswers]) -> Scores:
    """Answers lie in the order in which redeemed codes lie."""
    redeemed = _redemptions(evidence, trial)
    places = [redeemed[person.code_hash].place for person in trial.people]
    return closeness([page << 16 | line for page, line in places], [row.place for row in rows])


def by_order_of_taking_part(_: Evidence, trial: Trial, rows: Sequence[FoundAnswers]) -> Scores:
    """Answers lie in the order in which somebody at the door saw people take part."""
    return closeness(range(len(trial.people)), [row.place for row in rows])


def by_order_of_codes(_: Evidence, trial: Trial, rows: Sequence[FoundAnswers]) -> Scores:
    """Answers lie in the order of the code hashes, as the index has them."""
    return closeness(_positions([person.code_hash for person in trial.people]), [row.place for row in rows])


def by_order_of_serials(evidence: Evidence, trial: Trial, rows: Sequence[FoundAnswers]) -> Scores:
    """Answers lie in the order of the serials, as the ballots' index has them."""
    serials = _serials_in_order(evidence, trial)
    return closeness(_positions(serials), [row.place for row in rows])


def by_order_of_receipts(evidence: Evidence, trial: Trial, rows: Sequence[FoundAnswers]) -> Scores:
    """Answers lie in the order of the receipts, as the ballot box publishes them."""
    receipts = _receipts(evidence)
    in_order = [receipts[serial] for serial in _serials_in_order(evidence, trial)]
    return closeness(_positions(in_order), [row.place for row in rows])


def by_commit_time(evidence: Evidence, trial: Trial, rows: Sequence[FoundAnswers]) -> Scores:
    """The answer was committed when the person took part, by the WAL's times; rows of one commit in their order."""
    times = [evidence.committed_at[row.xid].timestamp() if row.xid in evidence.committed_at else 0.0 for row in rows]
    when = np.array([person.at.timestamp() for person in trial.people])
    scores: Scores = -np.abs(when[:, None] - np.array(times)[None, :]) - 1e-9 * np.arange(len(rows))
    return scores


def by_length(evidence: Evidence, trial: Trial, rows: Sequence[FoundAnswers]) -> Scores:
    """The longer the answers, the longer their sealed copy in an older backup, met with its person by order."""
    lengths = {row.values["serial"]: _sealed_length(row) for row in trial.older_rows if "sealed" in row.values}
    ordered = [lengths[serial] for serial in _serials_in_order(evidence, trial)]
    return closeness(ordered, [len(canonical(row.answers)) for row in rows])


def by_name(evidence: Evidence, trial: Trial, rows: Sequence[FoundAnswers]) -> Scores:
    """A code, its hash, a serial or a receipt stands beside the answer."""
    serials = _serials_in_order(evidence, trial)
    receipts = _receipts(evidence)
    scores = np.zeros((len(trial.people), len(rows)))
    for person, (someone, serial) in enumerate(zip(trial.people, serials, strict=True)):
        # The serial is not the judge's but the one that came in as the same in number.
        theirs = {someone.code.encode(), someone.code.replace("-", "").encode()}
        theirs |= forms(someone.code_hash) | forms(serial) | forms(receipts[serial])
        for place, row in enumerate(rows):
            scores[person, place] = float(not theirs.isdisjoint(row.beside))
    return scores


ATTACKERS: dict[str, Callable[[Evidence, Trial, Sequence[FoundAnswers]], Scores]] = {
    attacker.__name__: attacker
    for attacker in (
        by_transaction,
        by_transaction_order,
        by_place,
        by_order_of_taking_part,
        by_order_of_codes,
        by_order_of_serials,
        by_order_of_receipts,
        by_commit_time,
        by_length,
        by_name,
    )
}


def _redemptions(evidence: Evidence, trial: Trial) -> dict[bytes, StoredRow]:
    stored = {row.values["code_hash"]: row for row in evidence.table("invitation")}
    return {person.code_hash: stored[person.code_hash] for person in trial.people}


def _serials_in_order(evidence: Evidence, trial: Trial) -> list[bytes]:
    """The round's serials as they came in: the k-th belongs to the k-th who took part, to anyone who sees both."""
    cast = [row for row in evidence.table("ballot") if row.values["round_id"] == trial.round.round_id]
    return [row.values["serial"] for row in sorted(cast, key=lambda row: row.xid)]


def _receipts(evidence: Evidence) -> dict[bytes, bytes]:
    """By serial."""
    return {row.values["serial"]: row.values["receipt"] for row in evidence.table("ballot")}


def _positions(values: Sequence[bytes]) -> list[int]:
    """The place of each value among all of them, sorted."""
    places = {value: place for place, value in enumerate(sorted(values))}
    return [places[value] for value in values]


def _sealed_length(row: StoredRow) -> int:
    return len(row.values["sealed"])


def closeness(people: Iterable[float], rows: Iterable[float]) -> Scores:
    """How near a person's rank is to a row's."""
    of_people, of_rows = scipy.stats.rankdata(list(people)), scipy.stats.rankdata(list(rows))
    return -np.abs(of_people[:, None] / len(of_people) - of_rows[None, :] / len(of_rows))


def _as_bytes(value: str | bytes) -> bytes:
    return value.encode() if isinstance(value, str) else value
