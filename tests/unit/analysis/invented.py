"""A small questionnaire with everything in it that tables can be subtracted from."""

import random
from collections.abc import Mapping

from msgspec import Struct

from analysis import Responses
from questionnaires.model import AnswerOption, Condition, Item, Questionnaire, Scale, Section

TEXT = {"en": "x"}
Answers = dict[str, str | list[str]]


def options(*codes: str, missing: str | None = None, harmless: str | None = None) -> tuple[AnswerOption, ...]:
    return tuple(
        AnswerOption(
            code=code,
            text=TEXT,
            value=None if code == missing else place,
            missing=code == missing,
            harmless=code == harmless,
        )
        for place, code in enumerate(codes)
    )


def single(item_id: str, *codes: str, missing: str | None = None, **more: object) -> Item:
    return Item(id=item_id, kind="single", section="s", text=TEXT, options=options(*codes, missing=missing), **more)  # type: ignore[arg-type]


def form(item_id: str) -> Item:
    codes = options("never", "once", "often", "unsaid", missing="unsaid", harmless="never")
    return Item(id=item_id, kind="single", section="s", text=TEXT, options=codes, sensitive=True)


def multiple(item_id: str, *codes: str, **more: object) -> Item:
    listed = tuple(
        AnswerOption(code=code, text=TEXT, exclusive=code == "none", harmless=code == "none") for code in codes
    )
    return Item(id=item_id, kind="multiple", section="s", text=TEXT, options=listed, **more)  # type: ignore[arg-type]


def questionnaire(
    *items: Item, scales: tuple[Scale, ...] = (), conditions: tuple[Condition, ...] = ()
) -> Questionnaire:
    return Questionnaire(
        id="q",
        version="1.0.0",
        title=TEXT,
        languages=("en",),
        minutes=1,
        sections=(Section(id="s", title=TEXT),),
        items=items,
        scales=scales,
        conditions=conditions,
    )


def prevalence(scale_id: str, *items: str) -> Scale:
    return Scale(id=scale_id, kind="prevalence", items=items, title=TEXT)


def score(scale_id: str, *items: str) -> Scale:
    return Scale(id=scale_id, kind="score", items=items, title=TEXT)


SMALL = questionnaire(
    single("office", "north", "south", "unsaid", missing="unsaid"),
    single("lead", "yes", "no"),
    single("team", "one", "two", show_if=("in-north",)),
    form("insult"),
    form("threat"),
    multiple("seen", "insult", "threat", "none", sensitive=True),
    multiple("channel", "counter", "phone", sensitive=True, show_if=("affected",)),
    single("told", "yes", "no", sensitive=True, show_if=("affected", "leading")),
    single("trust", "low", "middle", "high", "unsaid", missing="unsaid"),
    single("safety", "low", "middle", "high"),
    scales=(prevalence("any", "insult", "threat"), score("strength", "trust", "safety"), score("harm", "insult")),
    conditions=(
        Condition(id="in-north", items=("office",), options=("north",)),
        Condition(id="leading", items=("lead",), options=("yes",)),
        Condition(id="affected", items=("insult", "threat"), options=("once", "often")),
    ),
)


class Population(Struct, frozen=True, kw_only=True):
    """Shares from 0 to 1 that respondents are drawn with."""

    size: int
    seed: int
    affected: float
    skipped: float
    unstated: float
    leading: float


def answers(population: Population) -> list[Answers]:
    draw = random.Random(population.seed)
    return [_person(draw, population) for _ in range(population.size)]


def _person(draw: random.Random, population: Population) -> Answers:
    def says(share: float) -> bool:
        return draw.random() < share

    def hostile() -> str:
        if says(population.skipped / 2):
            return "unsaid"
        return draw.choice(("once", "often")) if says(population.affected) else "never"

    given: Answers = {"lead": "yes" if says(population.leading) else "no"}
    given["office"] = "unsaid" if says(population.unstated) else draw.choice(("north", "south"))
    if given["office"] == "north" and not says(population.unstated):
        given["team"] = draw.choice(("one", "two"))
    given |= {"insult": hostile(), "threat": hostile()}
    given["seen"] = [code for code in ("insult", "threat") if says(population.affected)] or ["none"]
    if {"once", "often"} & {str(given["insult"]), str(given["threat"])}:
        given["channel"] = [code for code in ("counter", "phone") if says(0.5)]
        if given["lead"] == "yes":
            given["told"] = draw.choice(("yes", "no"))
    given |= {item: draw.choice(("low", "middle", "high")) for item in ("trust", "safety")}
    if says(population.skipped):
        given["trust"] = "unsaid"
    return {item: answer for item, answer in given.items() if answer and not says(population.skipped / 4)} | _opened(
        given
    )


def _opened(given: Mapping[str, str | list[str]]) -> Answers:
    """The answers that conditions look at are never skipped here: nobody answers what they were not shown."""
    return {item: given[item] for item in ("lead", "office", "insult", "threat")}


def coded(asked: Questionnaire, *like: tuple[Answers, int]) -> Responses:
    """Responses of groups of like respondents, each with how many they are."""
    return Responses.from_answers(asked, [given for given, many in like for _ in range(many)])
