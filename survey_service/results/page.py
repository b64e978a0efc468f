"""The results page of a round, made of its release, those before it and its questionnaire's wordings; nothing else is read."""

from collections.abc import Callable
from itertools import groupby
from typing import Generic, TypeVar

import msgspec
from msgspec import Struct

from questionnaires.model import Item, Questionnaire
from survey_service.domain.releases import ReleaseDocument
from survey_service.results.cards import Card, Cards
from survey_service.results.change_cards import ChangeSection, change_section
from survey_service.results.changes import changes_of_the_whole
from survey_service.results.figures import Dimensions, Figure, Released, measure
from survey_service.results.findings import answered, findings
from survey_service.results.history import History
from survey_service.results.statistics import StatisticsCards
from survey_service.results.unit_maps import ShownUnit, shown_units, unit_maps
from survey_service.results.wording import Wording

T = TypeVar("T")

MOST_KEPT = 16  # pages; a city's round is half a megabyte


class Comparison(Struct, frozen=True, kw_only=True):
    """One section's figures by one dimension."""

    title: str
    cards: tuple[Card, ...]


class Part(Struct, frozen=True, kw_only=True):
    """A section of the questionnaire."""

    id: str
    title: str
    cards: tuple[Card, ...]
    comparisons: tuple[Comparison, ...]


class Comments(Struct, frozen=True, kw_only=True):
    """What was written in answer to a question; two people have let out each of its words."""

    title: str
    texts: tuple[str, ...]


class ResultsPage(Struct, frozen=True, kw_only=True):
    """answered: how many the findings rest on. findings, method: sentences. profile: the mean scores at a glance.

    change: None where the rounds before were not read. units: those that show. maps: of the units.
    respondents: how large the groups are. statistics: of the whole round, beyond counts.
    """

    answered: str
    findings: tuple[str, ...]
    change: ChangeSection | None
    profile: Card | None
    units: tuple[ShownUnit, ...]
    maps: tuple[Card, ...]
    parts: tuple[Part, ...]
    respondents: tuple[Card, ...]
    method: tuple[str, ...]
    comments: tuple[Comments, ...] = ()
    statistics: tuple[Card, ...] = ()


def results_page(
    document: ReleaseDocument,
    questionnaire: Questionnaire,
    words: Wording,
    history: History | None = None,
    *,
    with_groups: bool = True,
) -> ResultsPage:
    """history: None: nothing is said of what has changed. with_groups: whether anything below the whole round is shown."""
    if not with_groups:
        document = msgspec.structs.replace(
            document, tables=tuple(table for table in document.tables if not table.dimensions)
        )
    released = Released(document, questionnaire)
    cards = Cards(released, words)
    scores = released.scales("score")
    return ResultsPage(
        answered=answered(document, words),
        findings=tuple(findings(released, None if history is None else changes_of_the_whole(released, history), words)),
        change=None if history is None else change_section(released, history, words),
        profile=cards.profile(scores) if scores else None,
        units=tuple(shown_units(released, words)),
        maps=unit_maps(released, words),
        parts=tuple(part for part in _parts(released, cards, words) if part.cards or part.comparisons),
        respondents=tuple(card for cut in released.cuts if (card := cards.respondents(cut))),
        method=(
            words("results.method_interval"),
            words("results.method_hidden", minimum=document.minimum_group_size),
            words(
                "results.method_counts",
                count=words.whole(document.count),
                analysed=words.whole(document.analysed),
                invalid=words.whole(document.invalid),
                questionnaire=words.quoted(words.of(questionnaire.title)) + f" {questionnaire.version}",
            ),
        ),
        statistics=StatisticsCards(document.statistics, released, words).cards(),
        comments=tuple(
            Comments(title=words.of(item.text), texts=each.texts)
            for each in document.comments
            for item in questionnaire.items
            if item.id == each.item
        ),
    )


class Kept(Generic[T]):
    """Pages by what they are made of: whoever reads one after somebody else reads it at once."""

    def __init__(self) -> None:
        self._kept: dict[tuple[bytes, str], T] = {}

    def get(self, fingerprint: bytes, words: Wording, make: Callable[[], T]) -> T:
        """fingerprint: of everything that `make` reads beside the words."""
        key = fingerprint, words.language
        if key not in self._kept:
            if len(self._kept) >= MOST_KEPT:
                self._kept.clear()
            self._kept[key] = make()
        return self._kept[key]


def _parts(released: Released, cards: Cards, words: Wording) -> list[Part]:
    return [
        Part(
            id=section.id,
            title=words.of(section.title),
            cards=tuple(_section_cards(released, cards, section.id, words)),
            comparisons=tuple(
                comparison for cut in released.cuts if (comparison := _comparison(released, cards, section.id, cut))
            ),
        )
        for section in released.questionnaire.sections
    ]


def _section_cards(released: Released, cards: Cards, section: str, words: Wording) -> list[Card]:
    made = []
    prevalences = [scale for scale in released.scales("prevalence") if _section(released, scale) == section]
    if prevalences:
        made.append(cards.prevalences(prevalences))
    stems = {block.id: words.of(block.text) for block in released.questionnaire.blocks}
    items = [item for item in released.items() if item.section == section]
    for _, together in groupby(items, key=lambda item: (item.block or item.id, item.options)):
        group = list(together)
        if group[0].block is not None and len(group) > 1 and measure(group[0]) is not None:
            made.append(cards.block(group, stems[group[0].block]))
        else:
            made += [cards.options(item) for item in group]
    return made


def _comparison(released: Released, cards: Cards, section: str, cut: Dimensions) -> Comparison | None:
    figures: list[Figure] = [*released.questionnaire.scales, *released.questionnaire.items]
    found = [f for f in figures if _section(released, f) == section and released.table(f, cut) is not None]
    if not found:
        return None
    return Comparison(title=cards.cut_title(cut), cards=tuple(cards.cut(figure, cut) for figure in found))


def _section(released: Released, figure: Figure) -> str | None:
    """Where a figure stands: a scale with the first of its items."""
    if isinstance(figure, Item):
        return figure.section
    return next((item.section for item in released.questionnaire.items if item.id in figure.items), None)
