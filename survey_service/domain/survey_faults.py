"""What can be wrong with a survey before it is set up: each fault by its name, at its place, with its facts.

The survey's file and its pages are checked by the same rules, so the faults are the same: the command line says them in
the words below, the pages in those of the reader, under [draft.fault].
"""

from typing import Literal

from msgspec import Struct

FaultName = Literal[
    "none_chosen",
    "no_questionnaire",
    "no_language",
    "definition",
    "id",
    "id_reserved",
    "id_taken",
    "languages",
    "title",
    "title_long",
    "not_whole",
    "no_time",
    "no_file",
    "not_mergeable",
    "minimum_too_small",
    "custody",
    "approvals_twice",
    "retention",
    "schedule_unread",
    "schedule_days",
    "prepare_days",
    "reminder_late",
    "short_month",
    "start_no_day",
    "rounds_overlap",
    "roster_too_small",
    "units_unreadable",
    "units_no_text",
    "column_missing",
    "column_unknown",
    "fields",
    "no_number",
    "empty",
    "unit_id",
    "unit_twice",
    "unit_name",
    "parent_unknown",
    "own_ancestor",
    "unit_too_small",
    "unit_sum",
    "units_asked",
    "answer_too_long",
    "no_group_item",
    "no_figure",
    "no_crossing",
    "crossing_headcounts",
    "crossing_sum",
    "cut_twice",
    "statistic",
    "statistic_cut",
    "statistic_headcounts",
]

WORDS: dict[FaultName, str] = {
    "none_chosen": "choose one",
    "no_questionnaire": "{reason}",
    "no_language": "the questionnaire has no {languages}",
    "definition": "{reason}",
    "id": "it is written with a-z, 0-9 and hyphens, at most {most} of them",
    "id_reserved": "`{id}` is part of an address of the team's pages; choose another",
    "id_taken": "there is a survey `{id}` already; a new version gets an id of its own",
    "languages": "name at least one, each once",
    "title": "{language} is missing",
    "title_long": "{language} is longer than {most} characters",
    "not_whole": "it is not a whole number",
    "no_time": "it is no day with a time",
    "no_file": "no file was chosen",
    "not_mergeable": "choose two or more units that stand directly below the same one",
    "minimum_too_small": "it is never below {smallest}",
    "custody": 'write "server", or "2 of 3 trustees" with at least {smallest} of at most {most}',
    "approvals_twice": "an office stands twice",
    "retention": "it is from 1 to {most}",
    "schedule_unread": "{reason}",
    "schedule_days": "a round is open for 1 to {most} days",
    "prepare_days": "it is from 0 to {most}",
    "reminder_late": "one would come after the round has ended",
    "short_month": "not every month has a day {day}; take one up to the 28th, or BYMONTHDAY=-1 for the last",
    "start_no_day": "the rule does not name that time; let it start on a day of the rule",
    "rounds_overlap": "the round of {day} would open before the one before it has closed",
    "roster_too_small": "{roster} persons are fewer than the minimum group size {minimum}; "
    "give roster_size, or units with headcounts",
    "units_unreadable": "it cannot be read: {reason}",
    "units_no_text": "it is no UTF-8 CSV file: {reason}",
    "column_missing": "column {column} is missing",
    "column_unknown": "column {column} is unknown",
    "fields": "it has more or fewer fields than the header",
    "no_number": "{column} is not a whole number",
    "empty": "{column} is empty",
    "unit_id": "id is written with a-z, 0-9 and hyphens, at most {most} of them",
    "unit_twice": "the id {unit} stands twice",
    "unit_name": "{unit} has no name in {language}",
    "parent_unknown": "the parent {parent} of {unit} is no unit",
    "own_ancestor": "{unit} stands below itself",
    "unit_too_small": "{unit} has {headcount} persons, fewer than the minimum group size; merge it with another",
    "unit_sum": "{unit} has {headcount} persons, the units below it {below}",
    "units_asked": "questionnaire {questionnaire} asks for the unit; name a units file",
    "answer_too_long": "its longest possible answer takes {longest} bytes and {most} fit",
    "no_group_item": "{item} is no item that groups people (single choice, not sensitive, asked of everyone or of one such group)",
    "no_figure": "{item} is no item or scale",
    "no_crossing": "name one dimension, or the unit crossed with {known}",
    "crossing_headcounts": "a crossing with {item} needs {column} of every unit; it is missing for {units}",
    "crossing_sum": "{column} of {unit} is more than its headcount, or not the sum of the units below it",
    "cut_twice": "a dimension or crossing stands twice; list all its items in one cut",
    "statistic": "no {kind} can be made of {items}",
    "statistic_cut": "{item} is weighted by {dimension}, and so is to be published by it",
    "statistic_headcounts": "weights by {item} need {column} of every unit; it is missing for {units}",
}


class SurveyFault(Struct, frozen=True, kw_only=True):
    """place: a key of the survey file, as `publication[0]`, or a line, as `units.csv, line 3`; empty: of the whole."""

    place: str
    name: FaultName
    facts: dict[str, str | int] = {}

    def __str__(self) -> str:
        told = WORDS[self.name].format(**self.facts)
        return f"{self.place}: {told}" if self.place else told


class FaultySurvey(Exception):
    """A survey that cannot be set up as it is. Whoever asked for it says so in their own way."""

    def __init__(self, faults: list[SurveyFault]) -> None:
        super().__init__("; ".join(map(str, faults)))
        self.faults = tuple(faults)
