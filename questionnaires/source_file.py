"""A questionnaire's own file: TOML tables -> the parts of a `Questionnaire`.

Only the shape is judged here; what the parts mean together is judged in `rules`.
"""

from typing import Literal, cast, get_args

from questionnaires.faults import FaultList
from questionnaires.model import (
    AnswerOption,
    Block,
    Condition,
    Item,
    ItemKind,
    Questionnaire,
    Scale,
    Section,
)
from questionnaires.rules import check_options, check_unique_ids
from questionnaires.toml_tables import TableReader
from questionnaires.translation_file import Translation, Wordings

_LICENCE = "EUPL-1.2"

AnswerSets = dict[str, tuple[AnswerOption, ...]]


def read_source(
    top: TableReader, faults: FaultList, language: str, translations: tuple[Translation, ...]
) -> Questionnaire:
    """Return the questionnaire as far as it can be read; whoever calls looks into `faults` before using it.

    translations: their wordings are fetched on the way, so that missing ones are noted.
    """
    wordings = Wordings(language, translations)
    sets = _answer_sets(top, faults, wordings)
    used_sets: set[str] = set()
    questionnaire = Questionnaire(
        id=top.text("id"),
        version=top.text("version"),
        title=wordings.text(top.text("title"), "title"),
        languages=(language, *(translation.language for translation in translations)),
        minutes=_minutes(top),
        sections=tuple(_section(reader, wordings) for reader in top.tables("sections")),
        conditions=tuple(_condition(reader) for reader in top.tables("conditions")),
        blocks=tuple(_block(reader, wordings) for reader in top.tables("blocks")),
        items=tuple(_item(reader, faults, wordings, sets, used_sets) for reader in top.tables("items")),
        scales=tuple(_scale(reader, wordings) for reader in top.tables("scales")),
        unconfirmed=tuple(translation.language for translation in translations if translation.machine_made),
        licence=top.optional_text("licence") or _LICENCE,
    )
    for number, name in enumerate(sets):
        if name and name not in used_sets:
            faults.add(f"answer_sets[{number}]", f"No item uses the answer set `{name}`. Remove it.")
    return questionnaire


def _minutes(top: TableReader) -> int:
    minutes = top.integer("minutes")
    if minutes is None or minutes < 1:
        top.fault("minutes", "`minutes` must say how long answering takes at most, a whole number from 1.")
        return 1
    return minutes


def _answer_sets(top: TableReader, faults: FaultList, wordings: Wordings) -> AnswerSets:
    sets: AnswerSets = {}
    names: list[str] = []
    for reader in top.tables("answer_sets"):
        name = reader.text("id")
        names.append(name)
        options = tuple(_option(inner, wordings, "answer_sets", name) for inner in reader.tables("options"))
        if not options:
            reader.fault("options", "The answer set has no options. Add them.")
        check_options(options, reader.place("options"), faults)
        sets.setdefault(name, options)
    check_unique_ids("answer_sets", names, faults)
    return sets


def _option(reader: TableReader, wordings: Wordings, *key: str) -> AnswerOption:
    code = reader.text("code")
    return AnswerOption(
        code=code,
        text=wordings.text(reader.text("text"), *key, code),
        value=reader.integer("value"),
        harmless=reader.flag("harmless"),
        missing=reader.flag("missing"),
        exclusive=reader.flag("exclusive"),
    )


def _section(reader: TableReader, wordings: Wordings) -> Section:
    section = reader.text("id")
    return Section(
        id=section,
        title=wordings.text(reader.text("title"), "sections", section, "title"),
        note=wordings.text(reader.optional_text("note"), "sections", section, "note"),
    )


def _block(reader: TableReader, wordings: Wordings) -> Block:
    block = reader.text("id")
    return Block(id=block, text=wordings.text(reader.text("text"), "blocks", block))


def _condition(reader: TableReader) -> Condition:
    return Condition(id=reader.text("id"), items=reader.names("items"), options=reader.names("options"))


def _scale(reader: TableReader, wordings: Wordings) -> Scale:
    scale = reader.text("id")
    return Scale(
        id=scale,
        # A wrong kind is noted as a fault; the stand-in never leaves the loading.
        kind=cast("Literal['score', 'prevalence']", reader.choice("kind", ("score", "prevalence")) or "score"),
        items=reader.names("items"),
        title=wordings.text(reader.text("title"), "scales", scale),
        minimum_share=reader.number("minimum_share", 0.5),
    )


def _item(reader: TableReader, faults: FaultList, wordings: Wordings, sets: AnswerSets, used_sets: set[str]) -> Item:
    item = reader.text("id")
    options_from = reader.choice("options_from", ("units",)) if reader.value("options_from") is not None else ""
    return Item(
        id=item,
        kind=cast("ItemKind", reader.choice("kind", get_args(ItemKind)) or "single"),
        section=reader.text("section"),
        text=wordings.text(reader.text("text"), "items", item, "text"),
        block=reader.optional_text("block") or None,
        hint=wordings.text(reader.optional_text("hint"), "items", item, "hint"),
        options=_item_options(reader, faults, wordings, sets, used_sets),
        options_from="units" if options_from else None,
        show_if=reader.names("show_if"),
        sensitive=reader.flag("sensitive"),
        reverse=reader.flag("reverse"),
        minimum=reader.integer("minimum"),
        maximum=reader.integer("maximum"),
        max_length=reader.integer("max_length"),
    )


def _item_options(
    reader: TableReader, faults: FaultList, wordings: Wordings, sets: AnswerSets, used_sets: set[str]
) -> tuple[AnswerOption, ...]:
    """Return the item's options written out, from its own list or from the answer set it names."""
    named = reader.value("options")
    if isinstance(named, str):
        used_sets.add(named)
        if named not in sets:
            reader.fault("options", f"There is no answer set `{named}`. Declare it under [[answer_sets]].")
        return sets.get(named, ())
    item = reader.value("id")
    key = ("items", item if isinstance(item, str) else "", "options")
    options = tuple(_option(inner, wordings, *key) for inner in reader.tables("options"))
    check_options(options, reader.place("options"), faults)
    return options
