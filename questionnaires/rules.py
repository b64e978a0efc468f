"""What the parts of a questionnaire must mean together. Each rule notes all its faults and goes on."""

import re
from collections.abc import Iterable, Sequence
from itertools import groupby

from questionnaires.faults import FaultList
from questionnaires.model import AnswerOption, Condition, Item, Questionnaire, Scale

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")  # ids and codes; 64 characters keep the longest answer short
LANGUAGE_TAG = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*")  # BCP 47, in lower case so that files are found by name

# Semantic Versioning 2.0.0: three numbers without leading zeros, an optional pre-release.
_VERSION = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?", re.ASCII)

_LARGEST_NUMBER = 10**15 - 1  # fifteen digits: exact in every browser (IEEE 754 doubles)

_CHOICES = ("single", "multiple")


def check_meaning(questionnaire: Questionnaire, faults: FaultList) -> None:
    """Note every fault of `questionnaire`; placeholders of what could not be read ("") cause none."""
    _check_head(questionnaire, faults)
    for kind, parts in (
        ("sections", questionnaire.sections),
        ("blocks", questionnaire.blocks),
        ("conditions", questionnaire.conditions),
        ("items", questionnaire.items),
        ("scales", questionnaire.scales),
    ):
        check_unique_ids(kind, [part.id for part in parts], faults)
    for number, item in enumerate(questionnaire.items):
        _check_item(item, f"items[{number}]", faults)
    _check_references(questionnaire, faults)
    _check_sections(questionnaire, faults)
    _check_blocks(questionnaire, faults)
    for number, condition in enumerate(questionnaire.conditions):
        _check_condition(questionnaire, condition, f"conditions[{number}]", faults)
    _check_order_of_conditions(questionnaire, faults)
    for number, scale in enumerate(questionnaire.scales):
        _check_scale(questionnaire, scale, f"scales[{number}]", faults)


def check_unique_ids(kind: str, ids: Sequence[str], faults: FaultList) -> None:
    seen: dict[str, int] = {}
    for number, name in enumerate(ids):
        _check_name(name, f"{kind}[{number}].id", faults)
        first = seen.setdefault(name, number)
        if name and first != number:
            faults.add(f"{kind}[{number}].id", f"`{name}` is already the id of {kind}[{first}]. Choose another.")


def check_options(options: Sequence[AnswerOption], path: str, faults: FaultList) -> None:
    """Check the options of one item or answer set; `path` leads to their list."""
    seen: dict[str, int] = {}
    for number, option in enumerate(options):
        place = f"{path}[{number}]"
        _check_name(option.code, f"{place}.code", faults)
        first = seen.setdefault(option.code, number)
        if option.code and first != number:
            faults.add(f"{place}.code", f"`{option.code}` is already the code of option {first}. Choose another.")
        if option.missing and option.value is not None:
            faults.add(f"{place}.value", "A missing code carries no points. Remove `value`.")


def _check_name(name: str, path: str, faults: FaultList) -> None:
    if name and not NAME.fullmatch(name):
        faults.add(
            path,
            f"`{name}` is no valid name. Use 1 to 64 lower-case letters, digits and hyphens, not a hyphen first.",
        )


def _check_head(questionnaire: Questionnaire, faults: FaultList) -> None:
    _check_name(questionnaire.id, "id", faults)
    if questionnaire.version and not _VERSION.fullmatch(questionnaire.version):
        faults.add("version", f"`{questionnaire.version}` is no version. Write three numbers, such as 1.0.0.")
    for kind, parts in (("sections", questionnaire.sections), ("items", questionnaire.items)):
        if not parts and not faults.concerns(kind):
            faults.add(kind, f"The questionnaire has no {kind}. Add at least one.")


def _check_item(item: Item, path: str, faults: FaultList) -> None:
    if faults.concerns(f"{path}.kind"):
        return  # which rules apply depends on the kind
    if item.kind in _CHOICES:
        _check_choice(item, path, faults)
    elif item.options or item.options_from:
        faults.add(f"{path}.options", f"A {item.kind} item has no options. Remove them, or change its kind.")
    _check_number(item, path, faults)
    _check_text(item, path, faults)
    _check_reverse(item, path, faults)


def _check_choice(item: Item, path: str, faults: FaultList) -> None:
    unread = faults.concerns(f"{path}.options") or faults.concerns(f"{path}.options_from")
    if not item.options and item.options_from is None and not unread:
        faults.add(f"{path}.options", "A choice needs options. List them, or name an answer set.")
    if item.options_from and item.kind != "single":
        faults.add(f"{path}.options_from", "Only a single choice can offer the units. Set `kind` to single.")
    for number, option in enumerate(item.options):
        if option.exclusive and item.kind != "multiple":
            faults.add(f"{path}.options[{number}]", "`exclusive` belongs in a multiple choice. Remove it.")
    unprotected = item.sensitive and not item.show_if and not any(option.harmless for option in item.options)
    if unprotected and item.options:
        faults.add(
            f"{path}.options",
            "A sensitive item that everyone is asked needs an option marked harmless (such as never, no). Mark it.",
        )


def _check_number(item: Item, path: str, faults: FaultList) -> None:
    bounds = (item.minimum, item.maximum)
    if item.kind != "number":
        if bounds != (None, None):
            faults.add(path, "`minimum` and `maximum` belong to a number item. Remove them.")
        return
    unread = faults.concerns(f"{path}.minimum") or faults.concerns(f"{path}.maximum")
    if item.minimum is None or item.maximum is None:
        if not unread:
            faults.add(path, "A number needs bounds. Add `minimum` and `maximum`.")
    elif item.minimum > item.maximum:
        faults.add(f"{path}.minimum", "`minimum` is larger than `maximum`. Swap them.")
    elif max(abs(item.minimum), abs(item.maximum)) > _LARGEST_NUMBER:
        faults.add(path, "The bounds have more than 15 digits. Choose smaller ones.")


def _check_text(item: Item, path: str, faults: FaultList) -> None:
    if item.kind != "text":
        if item.max_length is not None:
            faults.add(f"{path}.max_length", "`max_length` belongs to a text item. Remove it.")
    elif item.max_length is None or item.max_length < 1:
        faults.add(f"{path}.max_length", "A text needs `max_length`, the number of characters it may have, from 1.")


def _check_reverse(item: Item, path: str, faults: FaultList) -> None:
    if item.reverse and not _has_points(item):
        faults.add(
            f"{path}.reverse",
            "Only a single choice whose options all have a `value` (missing codes apart) can be reversed. "
            "Add the values, or remove `reverse`.",
        )


def _has_points(item: Item) -> bool:
    values = [option.value for option in item.options if not option.missing]
    return item.kind == "single" and bool(values) and None not in values


def _check_references(questionnaire: Questionnaire, faults: FaultList) -> None:
    sections = {section.id for section in questionnaire.sections}
    blocks = {block.id for block in questionnaire.blocks}
    conditions = {condition.id for condition in questionnaire.conditions}
    for number, item in enumerate(questionnaire.items):
        path = f"items[{number}]"
        if item.section and item.section not in sections:
            faults.add(f"{path}.section", f"There is no section `{item.section}`. {_list_of(sections)}")
        if item.block is not None and item.block not in blocks:
            faults.add(f"{path}.block", f"There is no block `{item.block}`. {_list_of(blocks)}")
        for name in item.show_if:
            if name not in conditions:
                faults.add(f"{path}.show_if", f"There is no condition `{name}`. {_list_of(conditions)}")


def _list_of(names: Iterable[str]) -> str:
    known = ", ".join(sorted(name for name in names if name))
    return f"Declared are: {known}." if known else "Declare it."


def _check_sections(questionnaire: Questionnaire, faults: FaultList) -> None:
    order = [section.id for section in questionnaire.sections]
    met = [section for section, _ in groupby(item.section for item in questionnaire.items)]
    for number, section in enumerate(order):
        if section and section not in met:
            faults.add(f"sections[{number}]", f"No item stands in the section `{section}`. Add one, or remove it.")
    for section in dict.fromkeys(met):
        if met.count(section) > 1 and section in order:
            faults.add(
                f"sections[{order.index(section)}]",
                f"The items of the section `{section}` do not stand together. Move them next to each other.",
            )
    once = [section for section in dict.fromkeys(met) if section in order]
    if once != [section for section in dict.fromkeys(order) if section in once]:
        faults.add("sections", "The sections stand in another order than their items. Bring them into one order.")


def _check_blocks(questionnaire: Questionnaire, faults: FaultList) -> None:
    runs = [(name, list(items)) for name, items in groupby(questionnaire.items, lambda item: item.block)]
    for number, block in enumerate(questionnaire.blocks):
        path = f"blocks[{number}]"
        of_block = [items for name, items in runs if name == block.id]
        if not of_block:
            faults.add(path, f"No item stands in the block `{block.id}`. Add some, or remove it.")
        if len(of_block) > 1:
            faults.add(
                path, f"The items of the block `{block.id}` do not stand together. Move them next to each other."
            )
        shapes = [(item.kind, item.section, item.options) for items in of_block for item in items]
        if any(shape != shapes[0] for shape in shapes):
            faults.add(
                path,
                f"The items of the block `{block.id}` differ in kind, section or options. "
                "Give them the same, best by one answer set.",
            )
        elif shapes and shapes[0][0] not in _CHOICES:
            faults.add(path, f"The block `{block.id}` holds {shapes[0][0]} items. Blocks are for choices.")


def _check_condition(questionnaire: Questionnaire, condition: Condition, path: str, faults: FaultList) -> None:
    for member in ("items", "options"):
        if not getattr(condition, member) and not faults.concerns(f"{path}.{member}"):
            faults.add(f"{path}.{member}", f"The condition names no {member}. Add at least one.")
    offered: set[str] = set()
    unsure = False  # an item that could not be read may offer anything
    for name in condition.items:
        item = questionnaire.item(name)
        if item is None:
            faults.add(f"{path}.items", f"There is no item `{name}`. Correct the id.")
        elif item.kind not in _CHOICES:
            faults.add(f"{path}.items", f"`{name}` is no choice. A condition can ask only for ticked options.")
        codes = {option.code for option in item.options} if item is not None else set()
        if codes and not codes.intersection(condition.options) and condition.options:
            faults.add(f"{path}.items", f"`{name}` offers none of the condition's options. Remove one or the other.")
        unsure = unsure or not codes
        offered |= codes
    for code in condition.options:
        if code not in offered and not unsure:
            faults.add(f"{path}.options", f"None of the condition's items offers the option `{code}`. Correct it.")


def _check_order_of_conditions(questionnaire: Questionnaire, faults: FaultList) -> None:
    places: dict[str, int] = {}
    for number, item in enumerate(questionnaire.items):
        places.setdefault(item.id, number)
    conditions = {condition.id: condition for condition in questionnaire.conditions}
    for number, item in enumerate(questionnaire.items):
        for name in item.show_if:
            asked = conditions[name].items if name in conditions else ()
            later = [other for other in asked if places.get(other, -1) >= number]
            if later:
                faults.add(
                    f"items[{number}].show_if",
                    f"The condition `{name}` depends on {', '.join(f'`{other}`' for other in later)}, "
                    "which is not asked before this item. Move this item behind.",
                )


def _check_scale(questionnaire: Questionnaire, scale: Scale, path: str, faults: FaultList) -> None:
    if not scale.items and not faults.concerns(f"{path}.items"):
        faults.add(f"{path}.items", "The scale names no items. Add at least one.")
    if len(set(scale.items)) < len(scale.items):
        faults.add(f"{path}.items", "The scale names an item twice. Remove one of them.")
    if not 0 < scale.minimum_share <= 1:
        faults.add(f"{path}.minimum_share", "`minimum_share` must be above 0 and at most 1, such as 0.5.")
    for name in scale.items:
        item = questionnaire.item(name)
        if item is None:
            faults.add(f"{path}.items", f"There is no item `{name}`. Correct the id.")
        elif item.options and not faults.concerns(f"{path}.kind"):
            _check_scale_item(scale, item, path, faults)


def _check_scale_item(scale: Scale, item: Item, path: str, faults: FaultList) -> None:
    if scale.kind == "score":
        values = {option.value for option in item.options if not option.missing}
        if not _has_points(item) or len(values) == 1:
            faults.add(
                f"{path}.items",
                f"`{item.id}` has no points to score: a score takes single choices whose options carry "
                "different values (missing codes apart). Add `value` to its options.",
            )
    elif not any(option.harmless for option in item.options):
        faults.add(
            f"{path}.items",
            f"`{item.id}` has no harmless option, so everyone would count as affected. Mark one (such as never, no).",
        )
