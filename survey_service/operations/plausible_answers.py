"""Invented answers to `core` for the demonstration city: plausible, drawn at random, nobody's.

The orders of magnitude follow published surveys of public administrations (FÖV Speyer 2022; DGUV and forsa 2024), so
that pages look as they will; they say nothing of any city.
"""

import random
from collections.abc import Iterator

from msgspec import Struct

from questionnaires.answers import AnswerChecker, Answers
from questionnaires.model import Item, Questionnaire

SKIPS = 0.02  # of all questions asked
WITHHOLDS = 0.03  # of those that offer a code of its own for it
LEADS = 0.09
MEETS_CITIZENS = 0.62
SHELTERED = 0.4  # how much of the hostility those without contact to citizens meet

HOSTILITY = {
    "insult": 0.30,
    "derogatory-remark": 0.26,
    "exclusion": 0.08,
    "threat": 0.10,
    "online-hate": 0.06,
    "physical-attack": 0.03,
    "property-damage": 0.03,
    "sexualised-harassment": 0.05,
    "witnessed": 0.42,
}
"""Share of those with contact to citizens, in the first round."""

HOW_OFTEN = {"once-or-twice": 55, "several-times": 33, "monthly": 8, "weekly": 4}

CHOICES: dict[str, dict[str, float]] = {
    "source": {
        "citizens": 0.80,
        "colleagues": 0.14,
        "superiors": 0.06,
        "politics": 0.05,
        "other": 0.04,
        "unknown": 0.08,
    },
    "channel": {
        "counter": 0.44,
        "phone": 0.42,
        "letter-or-mail": 0.26,
        "online": 0.12,
        "field-work": 0.15,
        "private": 0.04,
    },
    "motive": {
        "racism": 0.24,
        "right-wing-extremism": 0.12,
        "antisemitism": 0.03,
        "office-or-decision": 0.58,
        "gender": 0.15,
        "religion": 0.06,
        "disability": 0.03,
        "sexual-orientation": 0.04,
        "stance": 0.14,
        "other": 0.08,
        "unknown": 0.10,
    },
    "told": {
        "colleagues": 0.66,
        "superior": 0.44,
        "staff-council": 0.06,
        "contact-point": 0.05,
        "police": 0.06,
        "private": 0.38,
    },
    "why-not-reported": {
        "not-serious": 0.40,
        "part-of-the-job": 0.44,
        "no-effect-expected": 0.32,
        "did-not-know-how": 0.18,
        "feared-disadvantages": 0.10,
        "unpleasant": 0.12,
    },
    "consequences": {
        "strain": 0.36,
        "less-safe": 0.22,
        "avoidance": 0.14,
        "speaks-up-less": 0.10,
        "thinks-of-leaving": 0.08,
    },
    "training-need": {
        "recognising-racism": 0.28,
        "de-escalation": 0.46,
        "online-hate": 0.18,
        "rights-and-reporting": 0.34,
        "supporting-others": 0.30,
    },
}
"""Share of those asked who tick each option; whoever ticks none of them takes the option that says so, if there is one."""

LIKERT = {"superior": 3.7, "colleagues": 3.9, "left": 2.2, "structures": 3.1, "process": 2.8, "reports": 2.9}
LIKERT_ELSE = 3.3
LEARNS = 0.12  # points a round by which the programme moves agreement

KNOWN = {"structures-known": 0.42, "structures-reachable": 0.36, "training-offered": 0.30, "training-attended": 0.55}
KNOWN_MORE = 0.10  # a round


class _Person(Struct, frozen=True, kw_only=True):
    """unit: where they work. climate: how well things stand there, in standard deviations."""

    unit: str
    meets_citizens: bool
    leads: bool
    climate: float


def plausible_answers(
    questionnaire: Questionnaire, headcounts: dict[str, int], past_rounds: int, chance: random.Random
) -> Iterator[Answers]:
    """Answers of the whole roster, in random order. headcounts: persons by the code of their unit.

    past_rounds: since the programme began.
    """
    checker = AnswerChecker(questionnaire)
    for person in _roster(headcounts, chance):
        answers: Answers = {}
        for item in questionnaire.items:
            if item.id not in checker.shown(answers) or chance.random() < SKIPS:
                continue
            withheld = [option.code for option in item.options if option.missing]
            if withheld and chance.random() < WITHHOLDS:
                answers[item.id] = withheld[0] if item.kind == "single" else withheld[:1]
            elif answer := _answer(item, person, past_rounds, chance):
                answers[item.id] = answer
        yield answers


def _roster(headcounts: dict[str, int], chance: random.Random) -> list[_Person]:
    """Nobody answers twice, and no unit has more leaders than headcounts say."""
    people = []
    for unit, headcount in headcounts.items():
        leaders = max(1, round(LEADS * headcount))
        people += [
            _Person(
                unit=unit,
                meets_citizens=chance.random() < MEETS_CITIZENS,
                leads=number < leaders,
                climate=chance.gauss(0, 1),
            )
            for number in range(headcount)
        ]
    chance.shuffle(people)
    return people


def _answer(item: Item, person: _Person, past_rounds: int, chance: random.Random) -> str | list[str]:
    if item.options_from == "units":
        return person.unit
    if item.id in HOSTILITY:
        return _hostility(HOSTILITY[item.id], person, past_rounds, chance)
    yes = {
        "citizen-contact": person.meets_citizens,
        "leadership-role": person.leads,
        **{known: chance.random() < share + KNOWN_MORE * past_rounds for known, share in KNOWN.items()},
    }
    if item.id in yes:
        return "yes" if yes[item.id] else "no"
    if item.kind == "multiple":
        return _ticked(item, chance)
    if all(option.value is None for option in item.options):
        return chance.choice([option.code for option in item.options if not option.missing])
    return _agreement(item, person, past_rounds, chance)


def _agreement(item: Item, person: _Person, past_rounds: int, chance: random.Random) -> str:
    mean = LIKERT.get(item.id.partition("-")[0], LIKERT_ELSE)
    direction = -1 if item.reverse else 1
    drawn = chance.gauss(mean + direction * (0.8 * person.climate + LEARNS * past_rounds), 0.7)
    points = {option.value: option.code for option in item.options if option.value is not None}
    return points[min(points, key=lambda value: abs(value - drawn))]


def _hostility(share: float, person: _Person, past_rounds: int, chance: random.Random) -> str:
    exposed = share * (1 if person.meets_citizens else SHELTERED) * (1 - 0.05 * past_rounds) * 1.35**-person.climate
    return _drawn(HOW_OFTEN, chance) if chance.random() < exposed else "never"


def _ticked(item: Item, chance: random.Random) -> list[str]:
    shares = CHOICES.get(item.id, {})
    ticked = [option.code for option in item.options if chance.random() < shares.get(option.code, 0)]
    return ticked or [option.code for option in item.options if option.exclusive and not option.missing][:1]


def _drawn(weights: dict[str, int], chance: random.Random) -> str:
    return chance.choices(list(weights), weights=list(weights.values()))[0]
