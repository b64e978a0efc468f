"""Participates many times over HTTP, in a rehearsal: for practice and for load."""

import asyncio
import random
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from questionnaires.answers import AnswerChecker, Answers
from questionnaires.model import Item, Questionnaire
from survey_service.errors import Refusal
from survey_service.operations.installation import Installation
from survey_service.operations.invite import invite
from survey_service.operations.participate import Client, ServiceRefused
from survey_service.store import rounds as store

CONCURRENCY = 32  # participants at once


class NotARehearsal(Refusal):
    def __init__(self, round_id: str) -> None:
        super().__init__(
            f"Round {round_id!r} is for people, not for invented answers.",
            remedy="Plan a rehearsal: `survey-service round create SURVEY --rehearsal`.",
        )


class UnusableAnswers(Refusal):
    """An answers file that cannot be read."""


class Simulated(Struct, frozen=True, kw_only=True):
    """acknowledged: participants who hold a receipt. refused: by the service's code for it. seconds: elapsed."""

    round_id: str
    participants: int
    acknowledged: int
    refused: dict[str, int]
    seconds: float
    receipts: tuple[str, ...]


async def simulate(
    installation: Installation,
    round_id: str,
    participants: int,
    *,
    answers: Sequence[Answers] | None = None,
    url: str | None = None,
    on_progress: Callable[[int], None] = lambda _: None,
) -> Simulated:
    """Draws codes and takes part with each of them, `CONCURRENCY` at once.

    answers: one for each participant; invented ones if not given. on_progress: told each time one more is through.

    Raises: UnknownRound, NotARehearsal, UnusableAnswers, BeyondRoster, ServiceUnreachable.
    """
    if answers is not None and len(answers) < participants:
        raise UnusableAnswers(f"The file holds {len(answers)} answers for {participants} participants.")
    async with installation.database.session("operation") as connection:
        if not (await store.select_round(connection, round_id)).rehearsal:
            raise NotARehearsal(round_id)
    started = time.monotonic()
    receipts: list[str] = []
    refused: dict[str, int] = {}
    base_url = url or installation.settings.base_url
    async with Client(base_url, round_id) as client:
        terms = await client.terms()
        questionnaire = await client.questionnaire(terms)
    codes = [invitation.code for invitation in await invite(installation, round_id, participants)]
    given = answers if answers is not None else invented(questionnaire, random.SystemRandom())
    todo = iter(zip(codes, given, strict=False))

    async def take_part() -> None:
        async with Client(base_url, round_id) as client:
            for code, chosen in todo:
                try:
                    receipts.append(await client.participate(terms, questionnaire, code, chosen))
                except ServiceRefused as refusal:
                    refused[refusal.code] = refused.get(refusal.code, 0) + 1
                on_progress(1)

    everyone = [asyncio.create_task(take_part()) for _ in range(CONCURRENCY)]
    try:
        await asyncio.gather(*everyone)
    finally:
        # Whoever is still on the way when one gives up leaves too: no connection stays open behind us.
        for one in everyone:
            one.cancel()
        await asyncio.gather(*everyone, return_exceptions=True)
    return Simulated(
        round_id=round_id,
        participants=participants,
        acknowledged=len(receipts),
        refused=refused,
        seconds=round(time.monotonic() - started, 3),
        receipts=tuple(receipts),
    )


def read_answers(path: Path) -> list[Answers]:
    """One JSON object a line: item id to option code, option codes, number or text. Raises: UnusableAnswers."""
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise UnusableAnswers(f"{path} cannot be read: {error.strerror}.") from error
    found = []
    for number, line in enumerate(lines, start=1):
        try:
            found.append(msgspec.json.decode(line, type=Answers))
        except msgspec.DecodeError as error:
            raise UnusableAnswers(f"{path}, line {number}: {error}.") from error
    return found


def invented(questionnaire: Questionnaire, chance: random.Random) -> Iterator[Answers]:
    """Answers drawn at random, each item as its conditions show it, without end."""
    checker = AnswerChecker(questionnaire)
    while True:
        answers: Answers = {}
        for item in questionnaire.items:
            if item.id in checker.shown(answers) and (answer := _drawn(item, chance)) is not None:
                answers[item.id] = answer
        yield answers


def _drawn(item: Item, chance: random.Random) -> str | list[str] | None:
    if item.kind == "single":
        return chance.choice(item.options).code
    if item.kind == "multiple":
        exclusive = [option.code for option in item.options if option.exclusive]
        if exclusive and chance.random() < 1 / 2:
            return [chance.choice(exclusive)]
        ticked = [o.code for o in item.options if not o.exclusive and chance.random() < 1 / 4]
        return ticked or None
    if item.kind == "number" and item.minimum is not None and item.maximum is not None:
        return str(chance.randint(item.minimum, item.maximum))
    return None
