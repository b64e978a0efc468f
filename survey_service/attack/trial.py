"""One round as it is in life, with people whose codes, answers and order of taking part are known to the judge."""

import asyncio
import logging
import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import httpx
import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_private_key
from msgspec import Struct

from questionnaires import definitions
from questionnaires.answers import Answers
from questionnaires.model import Questionnaire
from survey_service.attack.evidence import StoredRow, stored_rows, superuser
from survey_service.attack.post_office import Letter, Post, PostOffice
from survey_service.domain.codes import code_hash, normalise
from survey_service.domain.messages import Answers as SealedContent
from survey_service.domain.messages import CredentialAnswer, Terms, parse
from survey_service.domain.rounds import Round, RoundId
from survey_service.operations.close_round import close_round
from survey_service.operations.create_round import create_round
from survey_service.operations.create_survey import create_survey
from survey_service.operations.installation import Installation
from survey_service.operations.invite import invite
from survey_service.operations.invite_by_mail import let_invitations_go, prepare_invitations
from survey_service.operations.mail_round import send_waiting
from survey_service.operations.release_tables import release_tables
from survey_service.operations.remind import remind_round
from survey_service.operations.unseal_round import unseal_round
from survey_service.sealing import Participation, in_questionnaire_order

_SURVEY = """
id = "{survey_id}"
title = {{ de = "Angriff auf uns selbst", en = "Attack on ourselves" }}
questionnaire = "open-source-2017"
languages = ["de", "en"]
roster_size = 500
minimum_group_size = 10

[[publication]]
dimensions = ["population"]
items = ["experienced-any", "witnessed-any"]
"""
_numbers = count(1)
_addresses = count(1)


class Person(Struct, frozen=True, kw_only=True):
    """What the attacker knows of a person, and (answers, serial, receipt) what only the judge knows.

    code_hash: as stored. at: when this person took part, to the microsecond.
    """

    code: str
    code_hash: bytes
    at: datetime
    answers: Answers
    serial: bytes
    receipt: str


class Trial(Struct, frozen=True, kw_only=True):
    """people: in the order in which they took part. older_rows: every row as it stood before the close.

    sealing_scalar, credential_der, storage_key: the private keys, for the judge to look for.
    """

    round: Round
    terms: Terms
    questionnaire: Questionnaire
    people: tuple[Person, ...]
    post: Post
    older_rows: tuple[StoredRow, ...]
    sealing_scalar: bytes
    credential_der: bytes
    storage_key: bytes


def distinct_answers(questionnaire: Questionnaire, people: int, chance: random.Random) -> list[Answers]:
    """Answers of which no two are alike: each person ticks another set of witnessed incidents."""
    witnessed = questionnaire.item("witnessed")
    if witnessed is None:
        raise LookupError("witnessed")
    codes = [option.code for option in witnessed.options if not option.exclusive]
    return [
        {
            "witnessed": [code for bit, code in enumerate(codes) if ticked >> bit & 1],
            "population": chance.choice(("github", "off-site")),
        }
        for ticked in chance.sample(range(1, 1 << len(codes)), people)
    ]


class Ballots(Struct, frozen=True, kw_only=True):
    """An open round, and what each person brings: a code and answers, in the order of taking part.

    post: how some of the codes came to their people.
    """

    round: Round
    terms: Terms
    questionnaire: Questionnaire
    codes: tuple[str, ...]
    answers: tuple[Answers, ...]
    post: Post


async def prepare(
    installation: Installation, directory: Path, people: int, *, office: PostOffice | None = None, by_mail: int = 0
) -> Ballots:
    """An open round with codes that are handed to people in an order of its own. by_mail: how many through the office."""
    found = await _new_round(installation, directory)
    chance = random.SystemRandom()
    questionnaire = definitions.from_bytes(found.questionnaire)
    by_slip = people - by_mail
    codes = [each.code for each in await invite(installation, found.round_id, by_slip)] if by_slip else []
    post = Post() if office is None else await send_invitations(installation, found.round_id, office, by_mail)
    codes += [letter.code for letter in post.letters]
    chance.shuffle(codes)
    return Ballots(
        round=found,
        terms=parse(found.terms, Terms),
        questionnaire=questionnaire,
        codes=tuple(codes),
        answers=tuple(distinct_answers(questionnaire, people, chance)),
        post=post,
    )


async def send_invitations(installation: Installation, round_id: RoundId, office: PostOffice, count: int) -> Post:
    """A code by mail to each of so many addresses, in a list that is sorted as such lists are."""
    before = len(office.delivered)
    await prepare_invitations(installation, round_id, [f"person-{next(_addresses):06}@city.test" for _ in range(count)])
    await let_invitations_go(installation, round_id)
    await send_waiting(installation, round_id, "invitation")
    letters = tuple(
        Letter(delivered=each, code=each.code, code_hash=code_hash(round_id, normalise(each.code)))
        for each in office.delivered[before:]
        if each.code is not None
    )
    sent = {letter.code_hash for letter in letters}
    rows = [row for row in await stored_rows(installation.settings, ["invitation"]) if row.values["code_hash"] in sent]
    return Post(letters=letters, codes=tuple(sorted(rows, key=lambda row: (row.xid, row.command, row.place))))


async def remind(installation: Installation, ballots: Ballots) -> None:
    """Reminds everyone who was invited by mail, whether or not they have taken part."""
    await remind_round(installation, ballots.round.round_id)
    await send_waiting(installation, ballots.round.round_id, "reminder")


async def _new_round(installation: Installation, directory: Path) -> Round:
    survey_id = f"linkage-{next(_numbers)}"
    file = directory / f"{survey_id}.toml"
    await asyncio.to_thread(file.write_text, _SURVEY.format(survey_id=survey_id), encoding="utf-8")
    await create_survey(installation, file)
    return await create_round(installation, survey_id, rehearsal=True)


async def take_part(client: httpx.AsyncClient, ballots: Ballots) -> tuple[Person, ...]:
    """Everyone takes part over HTTP, one after the other: the order and the times are what the attacker likes best."""
    path = f"/api/rounds/{ballots.round.round_id}"
    people = []
    for code, answers in zip(ballots.codes, ballots.answers, strict=True):
        content = SealedContent(
            questionnaire=ballots.terms.questionnaire.sha256,
            answers=in_questionnaire_order(ballots.questionnaire, answers),
        )
        person = Participation.begin(ballots.terms, content)
        request = msgspec.json.encode(person.credential_request(code))
        redeemed = await client.post(f"{path}/credentials", content=request)
        at = datetime.now(UTC)
        response = person.finish(parse(redeemed.content, CredentialAnswer).decoded())
        handed_in = await client.post(f"{path}/responses", content=msgspec.json.encode(response))
        if (redeemed.status_code, handed_in.status_code) != (200, 201):
            raise RuntimeError(f"refused: {redeemed.status_code}, {handed_in.status_code}")
        people.append(
            Person(
                code=code,
                code_hash=code_hash(ballots.round.round_id, normalise(code)),
                at=at,
                answers=answers,
                serial=person.serial,
                receipt=msgspec.json.decode(handed_in.content)["receipt"],
            )
        )
    return tuple(people)


async def finish(installation: Installation, ballots: Ballots, people: tuple[Person, ...]) -> Trial:
    """Keeps an older copy and the keys for the judge, then closes, unseals and releases."""
    round_id = ballots.round.round_id
    async with superuser(installation.settings) as connection:
        # Samples of the columns, as autovacuum takes them in a longer round.
        await connection.execute("ANALYZE invitation, ballot, sealed_response")
    older_rows = await stored_rows(installation.settings)
    sealing_key = load_der_private_key(installation.keys.read(round_id, "sealing"), password=None)
    if not isinstance(sealing_key, ec.EllipticCurvePrivateKey):
        raise TypeError(type(sealing_key))
    credential_der = installation.keys.read(round_id, "credential")
    await close_round(installation, round_id)
    await unseal_round(installation, round_id)
    await release_tables(installation, round_id)
    return Trial(
        round=ballots.round,
        terms=ballots.terms,
        questionnaire=ballots.questionnaire,
        people=people,
        post=ballots.post,
        older_rows=tuple(row for row in older_rows if row.values.get("round_id") in (None, round_id)),
        sealing_scalar=sealing_key.private_numbers().private_value.to_bytes(32),
        credential_der=credential_der,
        storage_key=await asyncio.to_thread(installation.keys.read, round_id, "storage"),
    )


@contextmanager
def everything_logged() -> Iterator[list[str]]:
    """What the service would write if somebody turned its logs up as far as they go."""
    lines: list[str] = []

    class Keeper(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(self.format(record))

    root, keeper = logging.getLogger(), Keeper()
    level = root.level
    root.addHandler(keeper)
    root.setLevel(logging.DEBUG)
    logging.getLogger("httpx").setLevel(logging.WARNING)  # the participants' own
    try:
        yield lines
    finally:
        root.setLevel(level)
        root.removeHandler(keeper)
