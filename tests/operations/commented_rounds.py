"""A round whose questionnaire ends with a comment in the respondent's own words."""

from collections.abc import Sequence
from itertools import count
from pathlib import Path

from survey_service.domain.rounds import Round
from survey_service.operations.close_round import close_round
from survey_service.operations.create_round import create_round
from survey_service.operations.create_survey import create_survey
from survey_service.operations.installation import Installation
from survey_service.operations.unseal_round import unseal_round
from tests.operations.participants import take_part

PEOPLE = 60

QUESTIONNAIRE = """
id = "tea"
version = "1.0.0"
language = "de"
title = "Teeküche"
minutes = 1

[[sections]]
id = "kitchen"
title = "In der Teeküche"

[[items]]
id = "enough"
kind = "single"
section = "kitchen"
text = "Gibt es genug Tassen?"
options = [{ code = "yes", text = "Ja" }, { code = "no", text = "Nein" }]

[[items]]
id = "remark"
kind = "text"
section = "kitchen"
text = "Was möchten Sie noch sagen?"
max_length = 300
"""

SURVEY = """
id = "{survey_id}"
title = {{ de = "Teeküche" }}
questionnaire = "tea.toml"
languages = ["de"]
roster_size = 500
minimum_group_size = 10
"""

_numbers = count(1)


def remarks(how_many: int) -> list[str]:
    return [f"Frau Meier aus Zimmer {number} spült nie." for number in range(how_many)]


async def unsealed_with_remarks(
    installation: Installation, directory: Path, written: Sequence[str], *, people: int = PEOPLE
) -> Round:
    """Unsealed; the first of the people wrote a remark each."""
    found, _ = await unsealed_with_receipts(installation, directory, written, people=people)
    return found


async def unsealed_with_receipts(
    installation: Installation, directory: Path, written: Sequence[str], *, people: int = PEOPLE
) -> tuple[Round, list[str]]:
    """As `unsealed_with_remarks`, with the receipts of the people, in hex."""
    survey_id = f"tea-{next(_numbers)}"
    (directory / "tea.toml").write_text(QUESTIONNAIRE, encoding="utf-8")
    (directory / f"{survey_id}.toml").write_text(SURVEY.format(survey_id=survey_id), encoding="utf-8")
    await create_survey(installation, directory / f"{survey_id}.toml")
    found = await create_round(installation, survey_id)
    said = [{"remark": text} for text in written] + [{}] * (people - len(written))
    receipts = await take_part(installation, found, [{"enough": "yes"} | each for each in said])
    await close_round(installation, found.round_id)
    return await unseal_round(installation, found.round_id), receipts
