"""A finished rehearsal with invented answers to the core questionnaire, released: what the team's pages show."""

import random
from contextlib import suppress
from itertools import islice
from pathlib import Path

from questionnaires import definitions
from survey_service.domain.rounds import Round
from survey_service.errors import WrongState
from survey_service.operations.close_round import close_round
from survey_service.operations.create_round import create_round
from survey_service.operations.create_survey import create_survey
from survey_service.operations.installation import Installation
from survey_service.operations.plausible_answers import plausible_answers
from survey_service.operations.release_tables import release_tables
from survey_service.operations.run_schedule import run_due
from survey_service.operations.unseal_round import unseal_round
from tests.operations.participants import take_part

SURVEY = """
id = "backing"
title = { de = "Rückhalt 2026", en = "Backing 2026" }
questionnaire = "core"
languages = ["de", "en"]
units = "units.csv"
minimum_group_size = 10

[[publication]]
dimensions = ["citizen-contact"]
items = ["hostility-any", "witnessed-any", "superior-support", "colleague-support", "feels-safe"]

[[publication]]
dimensions = ["unit"]
items = ["threat-or-violence", "superior-support", "colleague-support", "safety"]
"""

UNITS = """\
id,parent,name_de,name_en,headcount
town,,Stadt,Town,600
culture,town,Kultur und Bildung,Culture and education,150
order,town,Ordnung und Bürgerdienste,Public order and citizens' services,250
works,town,Bauen und Betriebe,Building and works,200
"""


async def released_rehearsal(installation: Installation, directory: Path, *, people: int) -> Round:
    """`backing-…-1-rehearsal`, closed, unsealed and released."""
    found = await open_rehearsal(installation, directory)
    await answer(installation, found, people=people)
    await close_round(installation, found.round_id)
    with suppress(WrongState):  # the service itself may have been first
        await unseal_round(installation, found.round_id)
    await release_tables(installation, found.round_id, for_staff=True)
    return found


async def open_rehearsal(installation: Installation, directory: Path) -> Round:
    (directory / "units.csv").write_text(UNITS, encoding="utf-8")
    (directory / "survey.toml").write_text(SURVEY, encoding="utf-8")
    await create_survey(installation, directory / "survey.toml")
    return await create_round(installation, "backing", rehearsal=True)


async def counted(installation: Installation, round_id: str) -> None:
    """The night after: the schedule counts who has taken part."""
    async with installation.database.owner() as connection:
        await connection.execute(
            "UPDATE participation_band SET counted_on = counted_on - 1 WHERE round_id = $1", round_id
        )
    await run_due(installation)


async def plan_next_round(installation: Installation) -> Round:
    """A round that is open, and no rehearsal."""
    return await create_round(installation, "backing")


async def answer(installation: Installation, found: Round, *, people: int) -> None:
    questionnaire = definitions.from_bytes(found.questionnaire)
    headcounts = {"culture": 150, "order": 250, "works": 200}
    invented = plausible_answers(questionnaire, headcounts, 0, random.Random(1))
    await take_part(installation, found, list(islice(invented, people)))
