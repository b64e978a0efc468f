"""No way leads from a code to an answer, and the attackers who find none are ones who would.

Ten rounds go their whole way on a real server; then everything on the machine is the attackers'. The same
attackers meet installations in which a leak was planted, and must catch each of them.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_der_private_key
from msgspec import Struct

from survey_service import unsealing
from survey_service.domain.responses import SealedResponse
from survey_service.operations.installation import Installation
from survey_service.store import participation
from survey_service.unsealing import Opener
from tests.conftest import migrated, service_on, settings_in
from tests.privacy import trial as trials
from tests.privacy.attackers import ATTACKERS, FoundAnswers, canonical, find_answers, forms, search, with_storage_key
from tests.privacy.evidence import Evidence, StoredRow, files_below, find_all, gather
from tests.privacy.scoring import Verdict, judge, ranks
from tests.privacy.trial import Ballots, Person, Trial

ROUNDS = 10
PEOPLE = 60
PEOPLE_OF_A_LEAK = 40


class Seized(Struct, frozen=True, kw_only=True):
    evidence: Evidence
    trials: tuple[Trial, ...]


@pytest.fixture(scope="module")
async def seized(tmp_path_factory: pytest.TempPathFactory) -> Seized:
    """Rounds that went their whole way, and all that is left of them."""
    directory = tmp_path_factory.mktemp("seized")
    settings = settings_in(directory)
    done: list[Trial] = []
    older_copy: dict[str, bytes] = {}
    with trials.everything_logged() as lines:
        async with migrated(settings) as installation, service_on(settings) as client:
            for number in range(ROUNDS):
                ballots = await trials.prepare(installation, directory, PEOPLE)
                people = await trials.take_part(client, ballots)
                if number == ROUNDS - 1:
                    older_copy = await asyncio.to_thread(files_below, settings.data_dir, "older copy")
                done.append(await trials.finish(installation, ballots, people))
            evidence = await gather(settings, older_copy, output="\n".join(lines).encode())
    return Seized(evidence=evidence, trials=tuple(done))


async def test_no_answer_can_be_read_anywhere_without_a_key(seized: Seized) -> None:
    readable = search(seized.evidence, seized.trials[0].questionnaire)
    assert readable.scalars == frozenset()
    for each in seized.trials:
        assert find_answers(seized.evidence, readable, each) == {}


async def test_no_code_stands_anywhere(seized: Seized) -> None:
    codes = [form for each in seized.trials for person in each.people for form in spellings(person.code)]
    assert places(seized.evidence, codes) == set()


async def test_no_serial_or_receipt_or_code_hash_is_logged(seized: Seized) -> None:
    secrets = [
        secret
        for each in seized.trials
        for person in each.people
        for secret in (person.serial, bytes.fromhex(person.receipt), person.code_hash)
    ]
    needles = [form for secret in secrets for form in forms(secret)]
    logs = [text for name, text in seized.evidence.files.items() if name.endswith("postgres/log")]
    assert len(logs) == 3  # now, before the last checkpoint, and in the older copy
    assert [position for text in (*logs, seized.evidence.output) for position, _ in find_all(text, needles)] == []


async def test_no_piece_of_a_sealed_response_is_kept_in_the_statistics(seized: Seized) -> None:
    sealed = [row.values["sealed"] for each in seized.trials for row in each.older_rows if "sealed" in row.values]
    statistics = b"\n".join(
        line
        for line in seized.evidence.dump.splitlines()
        if line.startswith((b"pg_statistic ", b"pg_toast.pg_toast_2619 "))
    )
    pieces = [value[start : start + 32].hex().encode() for value in sealed for start in (0, 65, 2048)]
    serials = [person.serial.hex().encode() for each in seized.trials for person in each.people]
    assert next(find_all(statistics, serials), None) is not None  # samples were taken: the ballot box has these too
    assert list(find_all(statistics, pieces)) == []


async def test_truncated_sealed_responses_are_gone_from_the_servers_files(seized: Seized) -> None:
    sealed = [row.values["sealed"] for each in seized.trials for row in each.older_rows if "sealed" in row.values]
    assert len(sealed) == ROUNDS * PEOPLE
    pieces = [value[100:132] for value in sealed]
    left = {name for name, text in seized.evidence.files.items() if next(find_all(text, pieces), None)}
    assert {name for name in left if name.startswith("now/postgres/cluster/base")} == set()
    assert any(name.startswith("older copy/") for name in left)  # which no key opens any more


async def test_no_private_key_stands_anywhere_but_in_the_key_directory(seized: Seized) -> None:
    secrets = []
    for each in seized.trials:
        credential_key = load_der_private_key(each.credential_der, password=None)
        assert isinstance(credential_key, RSAPrivateKey)
        credential = credential_key.private_numbers()
        secrets += [each.sealing_scalar, each.storage_key]
        secrets += [
            number.to_bytes(length)
            for number, length in ((credential.p, 192), (credential.q, 192), (credential.d, 384))
        ]
    # A part is enough, so that a key cut in two by a page is found as well.
    needles = [form for secret in secrets for form in forms(secret[:32]) | forms(secret[-32:])]
    assert places(seized.evidence, needles) == set()


async def test_what_is_stored_of_the_answers_holds_no_column_of_them_in_the_clear(seized: Seized) -> None:
    for each in seized.trials:
        opened = with_storage_key(seized.evidence, each)
        ticked = each.questionnaire.item("witnessed")
        assert ticked is not None
        column = bytes(int(option.code in row.answers["witnessed"]) for row in opened for option in ticked.options)
        assert [name for name, text in seized.evidence.haystacks().items() if column[:64] in text] == []


async def test_whoever_holds_the_storage_key_reads_answers_but_matches_them_at_chance_level(
    seized: Seized, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [with_storage_key(seized.evidence, each) for each in seized.trials]
    for each, read in zip(seized.trials, rows, strict=True):
        assert sorted(canonical(row.answers) for row in read) == sorted(canonical(p.answers) for p in each.people)
    verdicts = attack(seized.evidence, seized.trials, rows)
    with capsys.disabled():
        print(*("", *(f"{name:26}{verdict}" for name, verdict in verdicts.items())), sep="\n")  # noqa: T201 - the measured figures
    assert [name for name, verdict in verdicts.items() if verdict.is_caught] == []


@pytest.fixture(scope="module")
async def leaking(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator["Leaking"]:
    """An installation for the planted leaks: what they write never comes near the one above."""
    directory = tmp_path_factory.mktemp("leaking")
    settings = settings_in(directory)
    async with migrated(settings) as installation, service_on(settings) as client:
        yield Leaking(installation, client, directory)


class Leaking:
    def __init__(self, installation: Installation, client: httpx.AsyncClient, directory: Path) -> None:
        self.installation = installation
        self._client = client
        self._directory = directory

    async def ballots(self) -> Ballots:
        return await trials.prepare(self.installation, self._directory, PEOPLE_OF_A_LEAK)

    async def run(self, ballots: Ballots) -> tuple[Evidence, Trial]:
        with trials.everything_logged() as lines:
            people = await trials.take_part(self._client, ballots)
            done = await trials.finish(self.installation, ballots, people)
        return await gather(self.installation.settings, {}, "\n".join(lines).encode()), done

    async def execute(self, statement: str, *arguments: Any) -> None:
        async with self.installation.database.owner() as connection:
            await connection.execute(statement, *arguments)


async def test_an_answer_written_in_the_transaction_of_the_redemption_is_caught(
    leaking: Leaking, monkeypatch: pytest.MonkeyPatch
) -> None:
    ballots = await leaking.ballots()
    await leaking.execute("CREATE TABLE one_transaction (answers text)")
    await leaking.execute("GRANT INSERT ON one_transaction TO survey_participation")
    redeem = participation.redeem
    given = iter(ballots.answers)

    async def redeem_and_tell(connection: Any, *arguments: Any) -> bytes | None:
        async with connection.transaction():
            answers = msgspec.json.encode(next(given)).decode()
            await connection.execute("INSERT INTO one_transaction VALUES ($1)", answers)
            return await redeem(connection, *arguments)

    monkeypatch.setattr(participation, "redeem", redeem_and_tell)
    evidence, done = await leaking.run(ballots)
    verdicts = attack(evidence, [done], [found_in(evidence, done, "table one_transaction")])
    assert caught_all(verdicts) >= {"by_transaction", "by_transaction_order", "by_commit_time"}


async def test_a_serial_kept_beside_opened_answers_is_caught(leaking: Leaking, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[tuple[bytes, str]] = []
    open_one = Opener.open

    def open_and_keep(self: Opener, response: SealedResponse) -> Any:
        answers = open_one(self, response)
        opened.append((response.serial, msgspec.json.encode(answers).decode()))
        return answers

    monkeypatch.setattr(Opener, "open", open_and_keep)
    ballots = await leaking.ballots()
    with trials.everything_logged() as lines:
        people = await trials.take_part(leaking._client, ballots)
        done = await trials.finish(leaking.installation, ballots, people)
    await leaking.execute("CREATE TABLE kept_serial (serial bytea, answers text)")
    await leaking.execute(
        "INSERT INTO kept_serial SELECT * FROM unnest($1::bytea[], $2::text[]) ORDER BY random()",
        [serial for serial, _ in opened],
        [answers for _, answers in opened],
    )
    evidence = await gather(leaking.installation.settings, {}, "\n".join(lines).encode())
    verdicts = attack(evidence, [done], [found_in(evidence, done, "table kept_serial")])
    assert caught_all(verdicts) == {"by_name"}


async def test_answers_that_were_not_shuffled_are_caught(leaking: Leaking, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unsealing, "shuffle", lambda _: None)
    evidence, done = await leaking.run(await leaking.ballots())
    verdicts = attack(evidence, [done], [with_storage_key(evidence, done)])
    assert caught_all(verdicts) >= {"by_order_of_taking_part"}


ORDERS: dict[str, tuple[Callable[[Person], Any], str]] = {
    "of taking part": (lambda person: person.at, "by_order_of_taking_part"),
    "of code hashes": (lambda person: person.code_hash, "by_order_of_codes"),
    "of serials": (lambda person: person.serial, "by_order_of_serials"),
    "of receipts": (lambda person: person.receipt, "by_order_of_receipts"),
}


@pytest.mark.parametrize("order", ORDERS)
async def test_answers_in_an_order_that_means_something_are_caught(seized: Seized, order: str) -> None:
    key, attacker = ORDERS[order]
    each = seized.trials[0]
    rows = [
        FoundAnswers(answers=person.answers, xid=None, place=place, beside=frozenset())
        for place, person in enumerate(sorted(each.people, key=key))
    ]
    assert caught_all(attack(seized.evidence, [each], [rows])) == {attacker}


async def test_sealed_copies_without_padding_are_caught(seized: Seized) -> None:
    lengths = {person.serial: len(canonical(person.answers)) for each in seized.trials for person in each.people}
    unpadded = [
        msgspec.structs.replace(each, older_rows=tuple(without_padding(row, lengths) for row in each.older_rows))
        for each in seized.trials
    ]
    rows = [with_storage_key(seized.evidence, each) for each in unpadded]
    assert [name for name, verdict in attack(seized.evidence, unpadded, rows).items() if verdict.is_caught] == [
        "by_length"
    ]


def without_padding(row: StoredRow, lengths: dict[bytes, int]) -> StoredRow:
    if "sealed" not in row.values:
        return row
    values = row.values | {"sealed": row.values["sealed"][: lengths[row.values["serial"]]]}
    return msgspec.structs.replace(row, values=values)


@pytest.mark.parametrize("written", ["raw", "hex", "base64"])
async def test_a_sealing_key_in_the_database_is_caught(leaking: Leaking, written: str) -> None:
    ballots = await leaking.ballots()
    key = leaking.installation.keys.read(ballots.round.round_id, "sealing")
    await leaking.execute(f"CREATE TABLE key_{written} (key bytea)")
    value = {"raw": "$1", "hex": "encode($1, 'hex')::bytea", "base64": "encode($1, 'base64')::bytea"}[written]
    await leaking.execute(f"INSERT INTO key_{written} SELECT {value}", key)
    evidence, done = await leaking.run(ballots)
    assert done.sealing_scalar in key
    verdicts = attack(evidence, [done], [found_in(evidence, done, "older sealed copies")])
    assert caught_all(verdicts) >= {"by_name", "by_transaction_order", "by_commit_time"}


async def test_answers_in_the_log_are_caught(leaking: Leaking, monkeypatch: pytest.MonkeyPatch) -> None:
    ballots = await leaking.ballots()
    given = iter(zip(ballots.codes, ballots.answers, strict=True))
    redeem = participation.redeem

    async def redeem_and_log(*arguments: Any) -> bytes | None:
        code, answers = next(given)
        logging.getLogger("survey_service").debug("%s answered %s", code, msgspec.json.encode(answers).decode())
        return await redeem(*arguments)

    monkeypatch.setattr(participation, "redeem", redeem_and_log)
    evidence, done = await leaking.run(ballots)
    verdicts = attack(evidence, [done], [found_in(evidence, done, "bytes of output")])
    assert caught_all(verdicts) >= {"by_name", "by_order_of_taking_part"}


def attack(evidence: Evidence, rounds: Any, rows: list[list[FoundAnswers]]) -> dict[str, Verdict]:
    """What each attacker achieves over all trials. rows: what can be read of each trial."""
    return {
        name: judge(
            [ranks(each, read, attacker(evidence, each, read)) for each, read in zip(rounds, rows, strict=True)]
        )
        for name, attacker in ATTACKERS.items()
    }


def found_in(evidence: Evidence, trial: Trial, where: str) -> list[FoundAnswers]:
    return find_answers(evidence, search(evidence, trial.questionnaire), trial)[where]


def caught_all(verdicts: dict[str, Verdict]) -> set[str]:
    """The attackers who are right about nine people in ten."""
    return {name for name, verdict in verdicts.items() if verdict.is_caught and verdict.matches >= 0.9 * verdict.people}


def spellings(code: str) -> set[bytes]:
    plain = code.replace("-", "")
    return {
        text.encode(encoding)
        for text in (code, plain, code.lower(), plain.lower())
        for encoding in ("utf-8", "utf-16-le")
    }


def places(evidence: Evidence, needles: list[bytes]) -> set[str]:
    """Where any of these stands."""
    return {name for name, haystack in evidence.haystacks().items() if next(find_all(haystack, needles), None)}
