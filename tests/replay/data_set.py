"""GitHub Open Source Survey 2017, the block on negative incidents, as answers to `open-source-2017`.

The publisher unlinked this block from everything else and shuffled it. It is read where it lies and never copied.
docs/questionnaire-open-source-2017.md has the mapping.
"""

import csv
from pathlib import Path

from questionnaires.answers import Answers

WHERE = "the Open Source Survey of 2017 (opensourcesurvey.org; github/open-source-survey on GitHub; CC0 1.0)"

MULTIPLE = {
    "NEGATIVE.WITNESS": "witnessed",
    "NEGATIVE.EXPERIENCE": "experienced",
    "NEGATIVE.RESPONSE": "response",
    "NEGATIVE.CONSEQUENCES": "consequences",
}
SINGLE = "RESPONSE.EFFECTIVENESS."
NO_OPTION = ".ANY.RESPONSE"
OPTIONS = {"none-of-the-above": "none"}
EFFECTIVENESS = {
    "Not at all effective": "not-at-all",
    "A little effective": "a-little",
    "Somewhat effective": "somewhat",
    "Mostly effective": "mostly",
    "Completely effective": "completely",
}
POPULATION = {"github": "github", "off site community": "off-site"}


def read(folder: Path) -> list[Answers]:
    """One respondent's answers each, in the order of the file."""
    with (folder / "negative_incidents.csv").open(encoding="utf-8", newline="") as file:
        return [_answers(row) for row in csv.DictReader(file)]


def _answers(row: dict[str, str]) -> Answers:
    answers: Answers = {"population": POPULATION[row["POPULATION"]]}
    for column, value in row.items():
        if column.startswith(SINGLE) and value:
            answers["effectiveness-" + _code(column.removeprefix(SINGLE))] = EFFECTIVENESS[value]
        for block, item_id in MULTIPLE.items():
            if column.startswith(block + ".") and not column.endswith(NO_OPTION) and value == "1":
                chosen = answers.setdefault(item_id, [])
                if isinstance(chosen, list):
                    chosen.append(_code(column.removeprefix(block + ".")))
    return answers


def _code(column: str) -> str:
    code = column.lower().replace(".", "-")
    return OPTIONS.get(code, code)
