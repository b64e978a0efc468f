"""The parts of a questionnaire, one frozen Struct a kind.

The served form of a questionnaire is these Structs as JSON: everything a client needs to ask and to answer
stands in `items`, in order, with each item's options written out.
"""

from typing import Literal

from msgspec import Struct

ItemKind = Literal["single", "multiple", "number", "text"]

Text = dict[str, str]
"""One wording by language tag, e.g. ``{"de": "Nie", "en": "Never"}``."""


class AnswerOption(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One option of an item.

    value: points on the answer scale, for scores; None where the option carries no points.
    harmless: tells nothing sensitive about whoever chose it ("never", "no").
    missing: a code of its own that is no answer ("prefer not to say", "does not apply").
    exclusive: in a multiple choice, rules out every other option.
    """

    code: str
    text: Text
    value: int | None = None
    harmless: bool = False
    missing: bool = False
    exclusive: bool = False


class Condition(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Holds when any of `items` was shown and answered with any of `options`."""

    id: str
    items: tuple[str, ...]
    options: tuple[str, ...]


class Section(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A page of the questionnaire; `note` is a content note shown before it, with the offer to skip."""

    id: str
    title: Text
    note: Text = {}


class Block(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Items asked together under one stem, with the same options: a Likert block."""

    id: str
    text: Text


class Item(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One question.

    show_if: ids of conditions that must all hold; empty: always shown.
    sensitive: its answers tell of hostility, its sources, motives, channels or consequences.
    reverse: the points of its options are mirrored before a scale is scored.
    minimum, maximum: bounds of a number, inclusive.
    max_length: Unicode code points of a text.
    options_from: the survey fills in the options; "units" offers its organisational units.
    """

    id: str
    kind: ItemKind
    section: str
    text: Text
    block: str | None = None
    hint: Text = {}
    options: tuple[AnswerOption, ...] = ()
    options_from: Literal["units"] | None = None
    show_if: tuple[str, ...] = ()
    sensitive: bool = False
    reverse: bool = False
    minimum: int | None = None
    maximum: int | None = None
    max_length: int | None = None

    def option(self, code: str) -> AnswerOption | None:
        return next((option for option in self.options if option.code == code), None)


class Scale(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Several items read as one figure.

    kind "score": 0 to 100, the mean of the items' rescaled points, for whoever answered at least `minimum_share`
    of them. kind "prevalence": the share of those with a valid answer to any of `items` who chose one that is
    neither harmless nor missing.
    """

    id: str
    kind: Literal["score", "prevalence"]
    items: tuple[str, ...]
    title: Text
    minimum_share: float = 0.5


class Questionnaire(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is asked, in every language, in order.

    languages: language tags; every wording exists in each of them.
    unconfirmed: the languages whose translation no person has confirmed yet.
    minutes: how long answering takes at most.
    """

    id: str
    version: str
    title: Text
    languages: tuple[str, ...]
    minutes: int
    sections: tuple[Section, ...]
    items: tuple[Item, ...]
    conditions: tuple[Condition, ...] = ()
    blocks: tuple[Block, ...] = ()
    scales: tuple[Scale, ...] = ()
    unconfirmed: tuple[str, ...] = ()
    licence: str = "EUPL-1.2"

    def item(self, item_id: str) -> Item | None:
        return next((item for item in self.items if item.id == item_id), None)
