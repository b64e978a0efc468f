"""No way leads from a code to an answer, and the attackers who find none are ones who would.

Twenty rounds go their whole way on a real server; then everything on the machine is the attackers'. The same
attackers meet installations in which a leak was planted, and must catch each of them.
"""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_der_private_key

from survey_service.attack.attackers import (
    FoundAnswers,
    canonical,
    find_answers,
    forms,
    search,
    spellings,
    with_storage_key,
)
from survey_service.attack.evidence import find_all
from survey_service.attack.leaks import LEAKS, attack_found, caught_all, without_padding
from survey_service.attack.linkage import (
    BY_MAIL,
    PEOPLE,
    Phase,
    Scratch,
    Seized,
    attack,
    during_a_round,
    places,
    scratch_in,
    seize,
    with_a_backup,
    with_the_mail_server,
)
from survey_service.attack.linkage import TRIALS as ROUNDS
from survey_service.attack.trial import Person


@pytest.fixture(scope="module")
async def seized(tmp_path_factory: pytest.TempPathFactory) -> Seized:
    """Rounds that went their whole way, and all that is left of them."""
    async with scratch_in(tmp_path_factory.mktemp("seized")) as place:
        return await seize(place)


@pytest.fixture(scope="module")
async def place(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scratch]:
    """An installation for the planted leaks: what they write never comes near the one above."""
    async with scratch_in(tmp_path_factory.mktemp("leaking")) as made:
        yield made


async def test_during_a_round_nobody_without_the_key_reads_or_links_an_answer(
    seized: Seized, capsys: pytest.CaptureFixture[str]
) -> None:
    phase = during_a_round(seized)
    show(capsys, phase)
    assert [finding for finding in phase.findings if not finding.is_clean] == []
    assert phase.is_clean


async def test_a_backup_from_before_the_close_with_every_secret_in_it_opens_nothing(
    seized: Seized, capsys: pytest.CaptureFixture[str]
) -> None:
    phase = with_a_backup(seized)
    show(capsys, phase)
    assert {finding.name: finding.found for finding in phase.findings} == {
        "answers": 0,
        "guessed": 0,
        "used": 0,
        "keys": 0,
    }
    assert next(finding.tried for finding in phase.findings if finding.name == "guessed") > ROUNDS * PEOPLE
    assert next(finding.tried for finding in phase.findings if finding.name == "used") == ROUNDS * PEOPLE
    assert phase.is_clean


async def test_with_the_log_of_the_mail_server_nobody_can_tell_who_got_which_code(
    seized: Seized, capsys: pytest.CaptureFixture[str]
) -> None:
    phase = with_the_mail_server(seized)
    show(capsys, phase)
    assert {verdict.people for verdict in phase.verdicts.values()} == {ROUNDS * BY_MAIL}
    assert {finding.name: finding.found for finding in phase.findings} == {"addresses": 0, "addresses_after": 0}
    spool = b"".join(content for name, content in seized.during.files.items() if name.startswith("spool/"))
    letters = [letter for each in seized.trials for letter in each.post.letters]
    assert all(letter.delivered.address.encode() in spool for letter in letters)  # to be reminded, until the end
    assert phase.is_clean


async def test_the_attack_finds_the_known_gap_a_sealing_key_kept_by_the_operator(place: Scratch) -> None:
    assert caught_all(await LEAKS["kept_key"](place)) >= {"by_name", "by_order_of_taking_part", "by_commit_time"}


@pytest.mark.parametrize(
    ("leak", "attackers"),
    [
        ("same_transaction", {"by_transaction", "by_transaction_order", "by_commit_time"}),
        ("serial_key", {"by_name"}),
        ("unshuffled", {"by_order_of_serials"}),
        ("key_in_the_database", {"by_name", "by_transaction_order", "by_commit_time"}),
        ("answers_in_the_log", {"by_name", "by_order_of_taking_part"}),
        ("codes_in_the_order_of_mails", {"by_order_of_mails"}),
        ("codes_when_their_mails_go", {"by_order_of_mails"}),
        ("pairs_left_in_the_spool", {"by_address_beside"}),
        ("order_in_the_backup", {"by_order_in_a_backup"}),
    ],
)
async def test_a_planted_leak_betrays_nine_people_in_ten(place: Scratch, leak: str, attackers: set[str]) -> None:
    assert caught_all(await LEAKS[leak](place)) >= attackers


async def test_addresses_between_the_codes_of_others_are_far_from_chance(place: Scratch) -> None:
    assert (await LEAKS["addresses_in_the_log"](place))["by_address_beside"].is_caught


async def test_every_planted_leak_of_the_command_is_tried_here() -> None:
    assert set(LEAKS) == {
        *("same_transaction", "serial_key", "unshuffled", "key_in_the_database", "answers_in_the_log"),
        *("kept_key", "unpadded", "order_in_the_backup", "addresses_in_the_log"),
        *("codes_in_the_order_of_mails", "codes_when_their_mails_go", "pairs_left_in_the_spool"),
    }


async def test_no_answer_can_be_read_anywhere_without_a_key(seized: Seized) -> None:
    readable = search(seized.after, seized.trials[0].questionnaire)
    assert readable.scalars == frozenset()
    for each in seized.trials:
        assert find_answers(seized.after, readable, each) == {}


async def test_no_code_stands_anywhere(seized: Seized) -> None:
    codes = [form for each in seized.trials for person in each.people for form in spellings(person.code)]
    assert places(seized.after, codes) == set()


async def test_no_serial_or_receipt_or_code_hash_is_logged(seized: Seized) -> None:
    secrets = [
        secret
        for each in seized.trials
        for person in each.people
        for secret in (person.serial, bytes.fromhex(person.receipt), person.code_hash)
    ]
    needles = [form for secret in secrets for form in forms(secret)]
    logs = [text for name, text in seized.after.files.items() if name.endswith("postgres/log")]
    assert len(logs) == 3  # now, before the last checkpoint, and in the older copy
    assert [position for text in (*logs, seized.after.output) for position, _ in find_all(text, needles)] == []


async def test_no_piece_of_a_sealed_response_is_kept_in_the_statistics(seized: Seized) -> None:
    sealed = [row.values["sealed"] for each in seized.trials for row in each.older_rows if "sealed" in row.values]
    statistics = b"\n".join(
        line
        for line in seized.after.dump.splitlines()
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
    left = {name for name, text in seized.after.files.items() if next(find_all(text, pieces), None)}
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
    assert places(seized.after, needles) == set()


async def test_what_is_stored_of_the_answers_holds_no_column_of_them_in_the_clear(seized: Seized) -> None:
    for each in seized.trials:
        opened = with_storage_key(seized.after, each)
        ticked = each.questionnaire.item("witnessed")
        assert ticked is not None
        column = bytes(int(option.code in row.answers["witnessed"]) for row in opened for option in ticked.options)
        assert [name for name, text in seized.after.haystacks().items() if column[:64] in text] == []


async def test_whoever_holds_the_storage_key_reads_answers_but_matches_them_at_chance_level(
    seized: Seized, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [with_storage_key(seized.after, each) for each in seized.trials]
    for each, read in zip(seized.trials, rows, strict=True):
        assert sorted(canonical(row.answers) for row in read) == sorted(canonical(p.answers) for p in each.people)
    verdicts = attack(seized.after, seized.trials, rows)
    with capsys.disabled():
        print(*("", *(f"{name:29}{verdict}" for name, verdict in verdicts.items())), sep="\n")  # noqa: T201 - the measured figures
    assert [name for name, verdict in verdicts.items() if verdict.is_caught] == []


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
    assert caught_all(attack(seized.after, [each], [rows])) == {attacker}


async def test_sealed_copies_without_padding_are_caught(seized: Seized, place: Scratch) -> None:
    unpadded = [without_padding(each) for each in seized.trials]
    rows = [with_storage_key(seized.after, each) for each in unpadded]
    assert [name for name, verdict in attack(seized.after, unpadded, rows).items() if verdict.is_caught] == [
        "by_length"
    ]
    assert (await LEAKS["unpadded"](place))["by_length"].is_caught


@pytest.mark.parametrize("written", ["raw", "hex"])
async def test_a_sealing_key_in_the_database_is_caught_however_it_is_written(place: Scratch, written: str) -> None:
    ballots = await place.ballots()
    key = place.installation.keys.read(ballots.round.round_id, "sealing")
    await place.execute(f"CREATE TABLE key_{written} (key bytea)")
    value = {"raw": "$1", "hex": "encode($1, 'hex')::bytea"}[written]
    await place.execute(f"INSERT INTO key_{written} SELECT {value}", key)
    evidence, done = await place.run(ballots)
    await place.execute(f"DROP TABLE key_{written}")
    assert done.sealing_scalar in key
    assert caught_all(attack_found(evidence, done, "older sealed copies")) >= {"by_name", "by_commit_time"}


def show(capsys: pytest.CaptureFixture[str], phase: Phase) -> None:
    with capsys.disabled():
        print(*("", *(f"{name:29}{verdict}" for name, verdict in phase.verdicts.items())), sep="\n")  # noqa: T201 - the measured figures
