"""A scale's figure for one group, as the release shows it: a share with its count, or a mean with its spread."""

from collections.abc import Iterator

import msgspec
from msgspec import Struct

from analysis import Row
from questionnaires.model import Item, Questionnaire, Scale
from survey_service.results.figures import Dimensions, Figure, Released, measure, share
from survey_service.results.wording import Wording


class Reading(Struct, frozen=True, kw_only=True):
    """value: a share from 0 to 1, or a mean from 0 to 100. count: of a share. low, high: its interval, where released.

    deviation: of a mean, the whole round's where the group's own is not released; None: not even that.
    """

    n: int
    value: float
    count: int | None = None
    low: float | None = None
    high: float | None = None
    deviation: float | None = None

    @property
    def is_share(self) -> bool:
        return self.count is not None

    @property
    def points(self) -> float:
        """From 0 to 100, shares and means alike."""
        return self.value * 100 if self.is_share else self.value

    def text(self, words: Wording) -> str:
        return words.per_cent(self.value) if self.is_share else words.decimal(self.value)

    def interval(self, words: Wording) -> str | None:
        if self.low is None or self.high is None:
            return None
        return words.interval(self.low, self.high) if self.is_share else words.score_interval(self.low, self.high)


def reading(released: Released, scale: Scale, row: Row | None) -> Reading | None:
    """None: the release hides it, or has no such table."""
    if row is None or row.n is None:
        return None
    wanted = measure(scale)
    if wanted is not None:
        found = share(row, wanted)
        if found is None:
            return None
        low, high = found.interval()
        return Reading(n=found.n, value=found.share, count=found.count, low=low, high=high)
    if row.score is None:
        return None
    whole = released.whole(scale)
    of_whole = None if whole is None or whole.score is None else whole.score.standard_deviation
    own = row.score.standard_deviation
    return Reading(
        n=row.n,
        value=row.score.mean,
        low=row.score.low,
        high=row.score.high,
        deviation=of_whole if own is None else own,
    )


def whole_reading(released: Released, scale: Scale) -> Reading | None:
    return reading(released, scale, released.whole(scale))


def group_readings(released: Released, scale: Scale, cut: Dimensions) -> dict[tuple[str, ...], Reading | None]:
    """By group, in the order of the release; empty where the scale is not cut that way."""
    table = released.table(scale, cut)
    return {} if table is None else {row.groups: reading(released, scale, row) for row in table.rows}


def scales_of(released: Released, cut: Dimensions = ()) -> list[Scale]:
    """The scales with a table by this cut, prevalences first."""
    return [
        scale
        for kind in ("prevalence", "score")
        for scale in released.questionnaire.scales
        if scale.kind == kind and released.table(scale, cut) is not None
    ]


def unit_cut(released: Released) -> Dimensions | None:
    """The cut by organisational unit alone; None where nothing of it is released."""
    for cut in released.cuts:
        if len(cut) == 1 and released.dimensions(cut)[0].options_from == "units":
            return cut
    return None


def is_asked_alike(figure: Figure, one: Questionnaire, other: Questionnaire) -> bool:
    """Whether both questionnaires ask it in the same words: only then is a change one of the answers."""
    language = next((tag for tag in one.languages if tag in other.languages), None)
    if language is None or one.id != other.id:
        return False
    return list(_asked(figure.id, one, language)) == list(_asked(figure.id, other, language))


def _asked(figure_id: str, questionnaire: Questionnaire, language: str) -> Iterator[object]:
    """What decides what an answer means: the wording, its options, and the stem around it."""
    scale = next((scale for scale in questionnaire.scales if scale.id == figure_id), None)
    wanted = (figure_id,) if scale is None else scale.items
    if scale is not None:
        yield scale.kind, scale.items, scale.minimum_share
    blocks = {block.id: block.text.get(language) for block in questionnaire.blocks}
    for item in questionnaire.items:
        if item.id in wanted:
            yield _worded(item, language), blocks.get(item.block or "")


def _worded(item: Item, language: str) -> bytes:
    options = tuple(
        msgspec.structs.replace(option, text={language: option.text.get(language, "")}) for option in item.options
    )
    worded = msgspec.structs.replace(
        item,
        text={language: item.text.get(language, "")},
        hint={},
        options=() if item.options_from is not None else options,
    )
    return msgspec.json.encode(worded)
