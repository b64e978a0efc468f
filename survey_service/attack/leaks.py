"""Planted leaks: variants of the service that betray their participants. The attackers have to catch every one.

Each is planted in a scratch installation, where nobody takes part but invented people.
"""

import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
from msgspec import Struct

from questionnaires.answers import Answers
from survey_service.attack import trial as trials
from survey_service.attack.attackers import (
    canonical,
    find_answers,
    open_older_copies,
    search,
    with_storage_key,
)
from survey_service.attack.evidence import Evidence, StoredRow
from survey_service.attack.linkage import Scratch, attack
from survey_service.attack.scoring import Verdict
from survey_service.attack.trial import Trial
from survey_service.domain.responses import SealedResponse
from survey_service.operations import unseal_round
from survey_service.store import participation

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
    return attack_found(evidence, done, "table one_transaction")


async def serial_key(place: Scratch) -> dict[str, Verdict]:
    """The opened answers keep the serial they came with."""
    kept: list[tuple[bytes, str]] = []
    open_all = unseal_round.open_all  # type: ignore[attr-defined]  # where the leak is planted, not where it is from

    def open_and_keep(opener: Any, responses: Any, text_items: Any) -> Any:
        for response in (sealed := list(responses)):
            kept.append((response.serial, msgspec.json.encode(opener.open(response)).decode()))
        return open_all(opener, sealed, text_items)

    ballots = await place.ballots()
    with trials.everything_logged() as lines:
        people = await trials.take_part(place.client, ballots)
        with replaced(unseal_round, "open_all", open_and_keep):
            done = await trials.finish(place.installation, ballots, people)
    await place.execute("CREATE TABLE kept_serial (serial bytea, answers text)")
    await place.execute(
        "INSERT INTO kept_serial SELECT * FROM unnest($1::bytea[], $2::text[]) ORDER BY random()",
        [serial for serial, _ in kept],
        [answers for _, answers in kept],
    )
    evidence = await place.gather(lines)
    return attack_found(evidence, done, "table kept_serial")


async def unshuffled(place: Scratch) -> dict[str, Verdict]:
    """The opened answers keep the order in which they came in."""
    open_all = unseal_round.open_all  # type: ignore[attr-defined]  # as above

    def open_in_order(opener: Any, responses: list[SealedResponse], text_items: Any) -> Any:
        in_order: list[Answers] = [opener.open(response) for response in responses]
        return msgspec.structs.replace(open_all(opener, responses, text_items), answers=tuple(in_order))

    with replaced(unseal_round, "open_all", open_in_order):
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


LEAKS: dict[str, Callable[[Scratch], Awaitable[dict[str, Verdict]]]] = {
    leak.__name__: leak
    for leak in (
        same_transaction,
        serial_key,
        unshuffled,
        unpadded,
        key_in_the_database,
        answers_in_the_log,
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
