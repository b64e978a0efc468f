"""The linkage attack: rounds that go their whole way on a server of their own, and everything left of them seized.

Phases: during a round, without a key; after the unsealing, with all older copies and even the storage key; with a backup
from before the close and every secret in it; and with the log of the mail server that carried the invitations. The same
attackers then meet planted leaks and have to catch each of them: an attack that finds nothing anywhere would mean nothing.
"""

import asyncio
import secrets
import tempfile
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import msgspec
from msgspec import Struct

from survey_service.attack import trial as trials
from survey_service.attack.attackers import (
    ATTACKERS,
    FoundAnswers,
    by_commit_time,
    by_length,
    by_order_of_serials,
    by_place,
    find_answers,
    forms,
    guessed_keys,
    search,
    spellings,
    with_storage_key,
)
from survey_service.attack.backups import WRITTEN, attack_backups, told_by_backups, used_codes
from survey_service.attack.evidence import Evidence, backed_up, files_below, find_all, gather
from survey_service.attack.letters import attack_post, beside, names_of
from survey_service.attack.post_office import PostOffice, post_office
from survey_service.attack.scoring import Verdict, judge, ranks
from survey_service.attack.trial import Ballots, Person, Trial
from survey_service.operations.installation import Installation, opened
from survey_service.settings import Settings
from survey_service.store.migrate import migrate
from survey_service.web.app import create_app

TRIALS = 20  # rounds; the sum of their chance matches is Poisson(20)
PEOPLE = 60  # in each of them
PEOPLE_OF_A_LEAK = 40
BY_MAIL = 20  # of them, at most: the others have slips

_OF_A_BACKUP = (by_place.__name__, by_order_of_serials.__name__, by_commit_time.__name__, by_length.__name__)
"""What a copy from before the close could add: places, order, times and sizes of what was sealed then."""

Progress = Callable[[str], None]


class Finding(Struct, frozen=True, kw_only=True):
    """One thing that was looked for. name: for the report's wordings. found: how often. tried: among how many."""

    name: str
    found: int
    tried: int

    @property
    def is_clean(self) -> bool:
        return self.found == 0


class Phase(Struct, frozen=True, kw_only=True):
    """name: `during`, `after`, `backup` or `mail`. verdicts: by attacker, over all trials."""

    name: str
    findings: tuple[Finding, ...]
    verdicts: dict[str, Verdict]

    @property
    def is_clean(self) -> bool:
        return all(f.is_clean for f in self.findings) and not any(v.is_caught for v in self.verdicts.values())


class Seized(Struct, frozen=True, kw_only=True):
    """during: everything while all rounds were open. after: everything when all were unsealed, older copies included."""

    during: Evidence
    after: Evidence
    people: tuple[tuple[Person, ...], ...]
    trials: tuple[Trial, ...]


class Scratch:
    """An installation of its own, with a service in this process. Nothing of it survives."""

    def __init__(
        self, installation: Installation, client: httpx.AsyncClient, directory: Path, office: PostOffice
    ) -> None:
        self.installation = installation
        self.client = client
        self.directory = directory
        self.office = office

    async def ballots(self, people: int = PEOPLE_OF_A_LEAK, *, by_mail: int = 0) -> Ballots:
        return await trials.prepare(
            self.installation, self.directory, people, office=self.office if by_mail else None, by_mail=by_mail
        )

    async def run(self, ballots: Ballots) -> tuple[Evidence, Trial]:
        """One round, from the first code to the release, and what is left of it."""
        with trials.everything_logged() as lines:
            people = await trials.take_part(self.client, ballots)
            done = await trials.finish(self.installation, ballots, people)
        return await self.gather(lines), done

    async def gather(self, lines: Iterable[str], older_copy: dict[str, bytes] | None = None) -> Evidence:
        return await gather(self.installation.settings, older_copy or {}, "\n".join(lines).encode())

    async def execute(self, statement: str, *arguments: object) -> None:
        async with self.installation.database.owner() as connection:
            await connection.execute(statement, *arguments)


@asynccontextmanager
async def scratch() -> AsyncIterator[Scratch]:
    with tempfile.TemporaryDirectory(prefix="linkage-", ignore_cleanup_errors=True) as home:
        directory = Path(home)
        async with scratch_in(directory) as made:
            yield made


@asynccontextmanager
async def scratch_in(directory: Path) -> AsyncIterator[Scratch]:
    """In a directory that somebody else removes."""
    base_url = "http://survey.test"
    async with post_office() as office, opened(_settings(directory, base_url, office)) as installation:
        settings = installation.settings
        async with installation.database.owner() as connection:
            await migrate(connection)
        app = create_app(settings)
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)  # type: ignore[arg-type]  # both are ASGI
        async with app.lifespan(), httpx.AsyncClient(transport=transport, base_url=base_url) as client:
            yield Scratch(installation, client, directory, office)


def _settings(directory: Path, base_url: str, office: PostOffice) -> Settings:
    return Settings.read(
        {
            "SURVEY_DATA_DIR": str(directory / "data"),
            "SURVEY_BASE_URL": base_url,
            "SURVEY_SMTP_URL": office.url,
            "SURVEY_MAIL_FROM": "survey@city.test",
        }
    )


async def seize(
    place: Scratch, *, rounds: int = TRIALS, people: int = PEOPLE, on_progress: Progress = lambda _: None
) -> Seized:
    """Lets rounds go their whole way, and takes everything: while they are open, and when they are unsealed."""
    open_rounds: list[tuple[Ballots, tuple[Person, ...]]] = []
    done: list[Trial] = []
    with trials.everything_logged() as lines:
        for _ in range(rounds):
            ballots = await place.ballots(people, by_mail=min(BY_MAIL, people // 2))
            open_rounds.append((ballots, await trials.take_part(place.client, ballots)))
            await trials.remind(place.installation, ballots)
            on_progress("took part")
        older_copy = await asyncio.to_thread(files_below, place.installation.settings.data_dir, "older copy")
        backup = await backed_up(place.installation, place.directory / WRITTEN)
        during = await place.gather(lines, backup)
        for ballots, took_part in open_rounds:
            done.append(await trials.finish(place.installation, ballots, took_part))
            on_progress("unsealed")
        after = await place.gather(lines, older_copy | backup)
    return Seized(during=during, after=after, people=tuple(p for _, p in open_rounds), trials=tuple(done))


def attack(
    evidence: Evidence, rounds: Sequence[Trial], rows: Sequence[list[FoundAnswers]], only: Iterable[str] = ATTACKERS
) -> dict[str, Verdict]:
    """What each attacker achieves over all trials. rows: what can be read of each trial."""
    return {
        name: judge(
            [ranks(each, read, ATTACKERS[name](evidence, each, read)) for each, read in zip(rounds, rows, strict=True)]
        )
        for name in only
    }


def during_a_round(seized: Seized) -> Phase:
    """Without any key, while the rounds are open: who knows who said what, and what can be told from sizes?"""
    anybody_might_have_said = [_in_no_order(each) for each in seized.trials]
    return Phase(
        name="during",
        findings=(
            _answers(seized.during, seized.trials),
            _places("codes", seized.during, _codes(seized.trials)),
            _places("keys", seized.during, _keys(seized.trials)),
            _logged(seized.during, seized.trials),
            _sizes(seized.trials),
        ),
        # Somebody who knows all answers, but not whose, tries to tell by the size of what each person handed in.
        verdicts=attack(seized.during, seized.trials, anybody_might_have_said, [by_length.__name__]),
    )


def after_the_unsealing(seized: Seized) -> Phase:
    """With everything there is and ever was, and the storage key: whose answers are whose?"""
    return Phase(
        name="after",
        findings=(
            _answers(seized.after, seized.trials),
            _places("codes", seized.after, _codes(seized.trials)),
            _places("keys", seized.after, _keys(seized.trials) + _storage_keys(seized.trials)),
            _logged(seized.after, seized.trials),
        ),
        verdicts=attack(seized.after, seized.trials, [with_storage_key(seized.after, each) for each in seized.trials]),
    )


def with_a_backup(seized: Seized) -> Phase:
    """With a backup from before the close, and every secret in it: what of it opens, and what joins with the answers?"""
    tried, opened_by = 0, 0
    for each in seized.trials:
        candidates, fitting = guessed_keys(seized.during, each)
        tried += candidates
        opened_by += len(fitting)
    joined = msgspec.structs.replace(seized.during, committed_at=seized.during.committed_at | seized.after.committed_at)
    return Phase(
        name="backup",
        findings=(
            _answers(seized.during, seized.trials),
            Finding(name="guessed", found=opened_by, tried=tried),
            Finding(name="used", found=told_by_backups(seized.during), tried=len(used_codes(seized.during))),
            _places("keys", seized.during, _keys(seized.trials)),
        ),
        verdicts=attack(
            joined, seized.trials, [with_storage_key(seized.after, each) for each in seized.trials], _OF_A_BACKUP
        )
        | attack_backups(seized.during, seized.trials),
    )


def with_the_mail_server(seized: Seized) -> Phase:
    """With the log of the mail server, too: which code went to whom, and so, who has taken part?"""
    posts = [each.post for each in seized.trials]
    needles = [name for post in posts for letter in post.letters for name in names_of(letter.delivered)]
    found, where = beside(seized.during, posts)
    outside = {name for name in where if not name.startswith("spool/")}
    return Phase(
        name="mail",
        findings=(
            Finding(name="addresses", found=len(outside), tried=len(needles)),
            Finding(name="addresses_after", found=len(places(seized.after, needles)), tried=len(needles)),
        ),
        verdicts=attack_post(seized.during, posts, found),
    )


def phases(seized: Seized) -> tuple[Phase, ...]:
    return (
        during_a_round(seized),
        after_the_unsealing(seized),
        with_a_backup(seized),
        with_the_mail_server(seized),
    )


def places(evidence: Evidence, needles: list[bytes]) -> set[str]:
    """Where any of these stands."""
    return {name for name, haystack in evidence.haystacks().items() if next(find_all(haystack, needles), None)}


def _answers(evidence: Evidence, rounds: Sequence[Trial]) -> Finding:
    readable = search(evidence, rounds[0].questionnaire)
    found = sum(len(rows) for each in rounds for rows in find_answers(evidence, readable, each).values())
    return Finding(name="answers", found=found, tried=sum(len(each.people) for each in rounds))


def _places(name: str, evidence: Evidence, needles: list[bytes]) -> Finding:
    return Finding(name=name, found=len(places(evidence, needles)), tried=len(needles))


def _logged(evidence: Evidence, rounds: Sequence[Trial]) -> Finding:
    """Codes' hashes, serials and receipts, in what service and database wrote of themselves."""
    known = [
        secret
        for each in rounds
        for person in each.people
        for secret in (person.serial, bytes.fromhex(person.receipt), person.code_hash)
    ]
    needles = [form for secret in known for form in forms(secret)]
    logs = [text for name, text in evidence.files.items() if name.endswith("postgres/log")]
    found = sum(1 for text in (*logs, evidence.output) for _ in find_all(text, needles))
    return Finding(name="logged", found=found, tried=len(known))


def _sizes(rounds: Sequence[Trial]) -> Finding:
    """Sizes of sealed responses beside the one they all should have."""
    sizes = {len(row.values["sealed"]) for each in rounds for row in each.older_rows if "sealed" in row.values}
    return Finding(name="sizes", found=len(sizes) - 1, tried=sum(len(each.people) for each in rounds))


def _codes(rounds: Sequence[Trial]) -> list[bytes]:
    return [form for each in rounds for person in each.people for form in spellings(person.code)]


def _keys(rounds: Sequence[Trial]) -> list[bytes]:
    return [form for each in rounds for form in forms(each.sealing_scalar)]


def _storage_keys(rounds: Sequence[Trial]) -> list[bytes]:
    return [form for each in rounds for form in forms(each.storage_key)]


def _in_no_order(each: Trial) -> list[FoundAnswers]:
    everybodys = [person.answers for person in each.people]
    secrets.SystemRandom().shuffle(everybodys)
    return [
        FoundAnswers(answers=answers, xid=None, place=place, beside=frozenset())
        for place, answers in enumerate(everybodys)
    ]
