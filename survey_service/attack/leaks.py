"""Planted leaks: variants of the service that betray their participants. The attackers have to catch every one.

Each is planted in a scratch installation, where nobody takes part but invented people.
"""

import inspect
import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
import numpy as np
from msgspec import Struct

from survey_service.attack import trial as trials
from survey_service.attack.attackers import (
    canonical,
    find_answers,
    open_older_copies,
    search,
    with_storage_key,
)
from survey_service.attack.backups import WRITTEN, attack_backups, told_by_backups
from survey_service.attack.evidence import Evidence, StoredRow, backed_up
from survey_service.attack.letters import attack_post, beside
from survey_service.attack.linkage import BY_MAIL, Scratch, attack
from survey_service.attack.scoring import Verdict
from survey_service.attack.trial import Trial
from survey_service.domain.codes import code_hash
from survey_service.operations import mail_round, unseal_round
from survey_service.spool import Pending, Pile, RoundSpool
from survey_service.store import copies, mail, participation

NEARLY_ALL = 0.9  # of the people: a planted leak betrays them all, up to ties


class Caught(Struct, frozen=True, kw_only=True):
    """A planted leak and who caught it. name: for the report's wordings. by: attackers, far beyond chance."""

    name: str
    by: tuple[str, ...]

    @property
    def is_caught(self) -> bool:
        return bool(self.by)


async def same_transaction(place: Scratch) -> dict[str, Verdict]:
    """The answers stand in the clear, written in the transaction that redeems the code."""
    ballots = await place.ballots()
    await place.execute("CREATE TABLE one_transaction (answers text)")
    await place.execute("GRANT INSERT ON one_transaction TO survey_participation")
    given = iter(ballots.answers)
    redeem = participation.redeem

    async def redeem_and_tell(connection: Any, *arguments: Any) -> bytes | None:
        async with connection.transaction():
            answers = msgspec.json.encode(next(given)).decode()
            await connection.execute("INSERT INTO one_transaction VALUES ($1)", answers)
            return await redeem(connection, *arguments)

    with replaced(participation, "redeem", redeem_and_tell):
        evidence, done = await place.run(ballots)
    await place.execute("DROP TABLE one_transaction")
    return attack_found(evidence, done, "table one_transaction")


async def serial_key(place: Scratch) -> dict[str, Verdict]:
    """The opened answers keep the serial they came with."""
    kept: list[tuple[bytes, str]] = []
    open_batch = unseal_round.open_batch  # type: ignore[attr-defined]  # where the leak is planted, not where it is from

    def open_and_keep(opener: Any, responses: Any) -> Any:
        kept.extend((each.serial, msgspec.json.encode(opener.open(each)).decode()) for each in responses)
        return open_batch(opener, responses)

    ballots = await place.ballots()
    with trials.everything_logged() as lines:
        people = await trials.take_part(place.client, ballots)
        with replaced(unseal_round, "open_batch", open_and_keep):
            done = await trials.finish(place.installation, ballots, people)
    await place.execute("CREATE TABLE kept_serial (serial bytea, answers text)")
    await place.execute(
        "INSERT INTO kept_serial SELECT * FROM unnest($1::bytea[], $2::text[]) ORDER BY random()",
        [serial for serial, _ in kept],
        [answers for _, answers in kept],
    )
    evidence = await place.gather(lines)
    await place.execute("DROP TABLE kept_serial")
    return attack_found(evidence, done, "table kept_serial")


async def unshuffled(place: Scratch) -> dict[str, Verdict]:
    """The opened answers keep the order in which they were read: that of the serials."""
    shuffled = unseal_round.shuffled  # type: ignore[attr-defined]  # as above

    def in_order(questionnaire: Any, batches: Any) -> Any:
        with replaced(inspect.getmodule(shuffled), "new_order", np.arange):
            return shuffled(questionnaire, batches)

    with replaced(unseal_round, "shuffled", in_order):
        evidence, done = await place.run(await place.ballots())
    return attack(evidence, [done], [with_storage_key(evidence, done)])


async def unpadded(place: Scratch) -> dict[str, Verdict]:
    """Sealed responses are as long as the answers in them."""
    evidence, done = await place.run(await place.ballots())
    without = without_padding(done)
    return attack(evidence, [without], [with_storage_key(evidence, without)])


async def key_in_the_database(place: Scratch) -> dict[str, Verdict]:
    """The sealing key stands in a table, in base64, and an older copy of the sealed responses is left."""
    ballots = await place.ballots()
    key = place.installation.keys.read(ballots.round.round_id, "sealing")
    await place.execute("CREATE TABLE kept_key (key text)")
    await place.execute("INSERT INTO kept_key SELECT encode($1, 'base64')", key)
    evidence, done = await place.run(ballots)
    await place.execute("DROP TABLE kept_key")
    return attack_found(evidence, done, "older sealed copies")


async def answers_in_the_log(place: Scratch) -> dict[str, Verdict]:
    """The service logs who answers what."""
    ballots = await place.ballots()
    given = iter(zip(ballots.codes, ballots.answers, strict=True))
    redeem = participation.redeem

    async def redeem_and_log(*arguments: Any) -> bytes | None:
        code, answers = next(given)
        logging.getLogger("survey_service").debug("%s answered %s", code, msgspec.json.encode(answers).decode())
        return await redeem(*arguments)

    with replaced(participation, "redeem", redeem_and_log):
        evidence, done = await place.run(ballots)
    return attack_found(evidence, done, "bytes of output")


async def kept_key(place: Scratch) -> dict[str, Verdict]:
    """The known gap: the operator kept a copy of the sealing key, and a backup from before the close."""
    evidence, done = await place.run(await place.ballots())
    return attack(evidence, [done], [open_older_copies(done, done.sealing_scalar)])


async def order_in_the_backup(place: Scratch) -> dict[str, Verdict]:
    """A backup copies rows in the order in which they were written, and says which codes were used."""
    ballots = await place.ballots()

    async def copy_as_written(connection: Any, table: Any, round_id: Any, write: Any) -> int:
        where = "" if round_id is None else " WHERE round_id = $1"
        told = await connection.copy_from_query(
            f"SELECT {', '.join(table.columns)} FROM survey.{table.name}{where} ORDER BY xmin::text::bigint",  # noqa: S608 - the schema's own names
            *(() if round_id is None else (round_id,)),
            output=write,
            format="binary",
        )
        return int(told.rpartition(" ")[2])

    with trials.everything_logged() as lines:
        people = await trials.take_part(place.client, ballots)
        with replaced(copies, "copy_out", copy_as_written), replaced(copies, "COLUMNS_LEFT_OUT", {}):
            backup = await backed_up(place.installation, place.directory / WRITTEN)
        done = await trials.finish(place.installation, ballots, people)
    (place.directory / WRITTEN).unlink()
    evidence = await place.gather(lines, backup)
    return attack_backups(evidence, [done]) if told_by_backups(evidence) >= len(people) else {}


async def codes_in_the_order_of_mails(place: Scratch) -> dict[str, Verdict]:
    """Codes are written to the database in the order in which their mails go."""

    def as_drawn(round_id: Any, codes: Any) -> list[bytes]:
        return [code_hash(round_id, code) for code in codes]

    async def add_in_order(connection: Any, round_id: Any, hashes: list[bytes]) -> None:
        await connection.executemany(
            "INSERT INTO invitation (round_id, code_hash) VALUES ($1, $2)", [(round_id, one) for one in hashes]
        )

    with replaced(mail_round, "hashes", as_drawn), replaced(mail, "add_invitations", add_in_order):
        return await attack_mailed(place)


async def codes_when_their_mails_go(place: Scratch) -> dict[str, Verdict]:
    """A code is written to the database when its mail goes, and not with all others before."""

    async def none_yet(*_: Any) -> None:
        return

    one = mail_round._Run._one  # noqa: SLF001 - where the leak is planted

    async def add_and_send(run: Any, door: Any, place_in_pile: int, each: Any) -> Any:
        await place.execute(
            "INSERT INTO invitation (round_id, code_hash) VALUES ($1, $2)",
            run._round.round_id,  # noqa: SLF001 - as above
            code_hash(run._round.round_id, each.code),  # noqa: SLF001 - as above
        )
        return await one(run, door, place_in_pile, each)

    with replaced(mail, "add_invitations", none_yet), replaced(mail_round._Run, "_one", add_and_send):  # noqa: SLF001 - as above
        return await attack_mailed(place)


async def pairs_left_in_the_spool(place: Scratch) -> dict[str, Verdict]:
    """What has gone stays in the spool, address and code together."""

    def only_mark(pile: Any, at: int, mark: Any) -> None:
        pending = msgspec.json.decode(pile._content(at)[1], type=Pending)  # noqa: SLF001 - where the leak is planted
        pile.mark(at, mark, pending)

    def keep(*_: Any) -> None:
        return

    with replaced(Pile, "settle", only_mark), replaced(RoundSpool, "erase", keep):
        return await attack_mailed(place)


async def addresses_in_the_log(place: Scratch) -> dict[str, Verdict]:
    """The service logs to whom it has sent which code."""
    settle = Pile.settle

    def settle_and_log(pile: Any, at: int, mark: Any) -> None:
        pending = msgspec.json.decode(pile._content(at)[1], type=Pending)  # noqa: SLF001 - where the leak is planted
        logging.getLogger("survey_service").debug("%s went to %s", pending.code, pending.address)
        settle(pile, at, mark)

    with replaced(Pile, "settle", settle_and_log):
        return await attack_mailed(place)


LEAKS: dict[str, Callable[[Scratch], Awaitable[dict[str, Verdict]]]] = {
    leak.__name__: leak
    for leak in (
        same_transaction,
        serial_key,
        unshuffled,
        unpadded,
        key_in_the_database,
        answers_in_the_log,
        order_in_the_backup,
        codes_in_the_order_of_mails,
        codes_when_their_mails_go,
        pairs_left_in_the_spool,
        addresses_in_the_log,
        kept_key,
    )
}


async def plant(place: Scratch, name: str) -> Caught:
    """Plants one leak, attacks, and says who caught it. Names are those of LEAKS; each only once in an installation."""
    verdicts = await LEAKS[name](place)
    return Caught(name=name, by=tuple(sorted(attacker for attacker, v in verdicts.items() if v.is_caught)))


def caught_all(verdicts: dict[str, Verdict]) -> set[str]:
    """The attackers who are right about nine people in ten."""
    return {
        name
        for name, verdict in verdicts.items()
        if verdict.is_caught and verdict.matches >= NEARLY_ALL * verdict.people
    }


def attack_found(evidence: Evidence, done: Trial, where: str) -> dict[str, Verdict]:
    """The attack on what a search brings to light in one place; nothing where it finds less than everybody's answers."""
    rows = find_answers(evidence, search(evidence, done.questionnaire), done).get(where, [])
    return attack(evidence, [done], [rows]) if len(rows) >= len(done.people) else {}


async def attack_mailed(place: Scratch) -> dict[str, Verdict]:
    """Invitations go by mail, nobody takes part yet: the attack on who got which code."""
    with trials.everything_logged() as lines:
        ballots = await place.ballots(BY_MAIL, by_mail=BY_MAIL)
    evidence = await place.gather(lines)
    found, _ = beside(evidence, [ballots.post])
    return attack_post(evidence, [ballots.post], found)


def without_padding(done: Trial) -> Trial:
    """The same trial, had its older sealed copies been as long as the answers in them."""
    lengths = {person.serial: len(canonical(person.answers)) for person in done.people}

    def cut(row: StoredRow) -> StoredRow:
        if "sealed" not in row.values:
            return row
        values = row.values | {"sealed": row.values["sealed"][: lengths[row.values["serial"]]]}
        return msgspec.structs.replace(row, values=values)

    return msgspec.structs.replace(done, older_rows=tuple(cut(row) for row in done.older_rows))


@contextmanager
def replaced(owner: Any, name: str, planted: Any) -> Iterator[None]:
    """Puts a leaking variant in the place of a function, for a while."""
    sound = getattr(owner, name)
    setattr(owner, name, planted)
    try:
        yield
    finally:
        setattr(owner, name, sound)
