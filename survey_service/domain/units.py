"""Units as people rename and merge them before anybody is asked; afterwards they stay as they are."""

from collections.abc import Collection, Iterable

from msgspec.structs import replace

from survey_service.domain.surveys import Text, Unit
from survey_service.errors import Refusal

LONGEST_UNIT_ID = 64


class NotMergeable(Refusal):
    """Units that stand in different places, or none that could be merged."""

    def __init__(self) -> None:
        super().__init__(
            "These units cannot be merged.", remedy="Choose two or more that stand directly below the same unit."
        )


def in_order(units: tuple[Unit, ...]) -> tuple[tuple[int, Unit], ...]:
    """Every unit after the one it is part of, each with how many are above it; what has no place comes last."""
    below: dict[str | None, list[Unit]] = {}
    for unit in units:
        below.setdefault(unit.parent, []).append(unit)
    found: list[tuple[int, Unit]] = []

    def visit(parent: str | None, depth: int) -> None:
        for unit in below.pop(parent, ()):
            found.append((depth, unit))
            visit(unit.id, depth + 1)

    visit(None, 0)
    return (*found, *((0, unit) for lost in below.values() for unit in lost))


def renamed(units: tuple[Unit, ...], unit_id: str, name: Text) -> tuple[Unit, ...]:
    """name: in the languages that change."""
    return tuple(replace(unit, name=unit.name | name) if unit.id == unit_id else unit for unit in units)


def merged(units: tuple[Unit, ...], chosen: Collection[str]) -> tuple[Unit, ...]:
    """One unit in the place of several with the same parent; what stood below them goes with them.

    Where that leaves their parent with nothing else below it, the parent takes their place: a level of one unit tells
    nothing and only hides more.

    Raises: NotMergeable.
    """
    parts = [unit for unit in units if unit.id in chosen]
    siblings = {unit.parent for unit in parts}
    if len(siblings) != 1 or {unit.id for unit in parts} != set(chosen):
        raise NotMergeable
    (parent,) = siblings
    is_everyone = {unit.id for unit in units if unit.parent == parent} == set(chosen)
    if len(parts) == 1 and not (is_everyone and parent is not None):
        raise NotMergeable
    gone = _with_all_below(units, set(chosen))
    if is_everyone and parent is not None:
        return tuple(unit for unit in units if unit.id not in gone)
    kept = {unit.id for unit in units} - gone
    whole = Unit(
        id=_free_id(parts, kept),
        name={
            language: " / ".join(unit.name[language] for unit in parts)
            for language in parts[0].name
            if all(unit.name.get(language) for unit in parts)
        },
        parent=parent,
        headcount=sum(unit.headcount for unit in parts),
        headcount_leadership=_sum(unit.headcount_leadership for unit in parts),
        headcount_contact=_sum(unit.headcount_contact for unit in parts),
    )
    return tuple(
        whole if unit.id == parts[0].id else unit for unit in units if unit.id == parts[0].id or unit.id not in gone
    )


def _with_all_below(units: tuple[Unit, ...], chosen: set[str]) -> set[str]:
    found = set(chosen)
    while more := {unit.id for unit in units if unit.parent in found} - found:
        found |= more
    return found


def _free_id(parts: list[Unit], taken: set[str]) -> str:
    joined = "-".join(unit.id for unit in parts)
    if len(joined) <= LONGEST_UNIT_ID and joined not in taken:
        return joined
    number = 2
    while (found := f"{parts[0].id[: LONGEST_UNIT_ID - 6]}-{number}") in taken:
        number += 1
    return found


def _sum(counts: Iterable[int | None]) -> int | None:
    """None where one of them is not known."""
    known = list(counts)
    return None if None in known else sum(count for count in known if count is not None)
