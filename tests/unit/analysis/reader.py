"""A reader with subtraction: sees a release and the questionnaire, nothing else, and shares no code with what made it."""

from collections.abc import Iterator
from itertools import combinations, product

import msgspec
from msgspec import Struct

from analysis import Cell, Release, Row, SafeTable
from questionnaires.model import Item, Questionnaire


class Known(Struct, frozen=True, kw_only=True):
    """People, as far as they are known: by figure the base and the counts, printed or computed.

    place: for messages. is_part: below the whole round. is_remainder: nobody's group, only what subtraction leaves.
    """

    place: str
    is_part: bool
    is_remainder: bool
    bases: dict[str, int]
    counts: dict[str, dict[str, int]]
    shown_to: dict[str, int] = {}


def leaks(release: Release, questionnaire: Questionnaire, size: int, k: int, smallest: int) -> Iterator[str]:
    """Everything the release tells that it may not."""
    for known in _everyone(release, questionnaire, size):
        yield from _printed(known, questionnaire, k, smallest)
        if known.is_part:  # the rule on small sensitive counts is one for groups below the whole round
            yield from _unions(known, questionnaire, k, smallest)
            yield from _incomplete_scores(known, questionnaire, k)
    yield from _group_sizes(release, questionnaire, size, k)
    yield from _hidden_and_yet_known(release)
    yield from _spreads(release, k)
    yield from _crossings(release, questionnaire, k)


def _everyone(release: Release, questionnaire: Questionnaire, size: int) -> Iterator[Known]:
    whole = {table.figure: table for table in release.tables if not table.dimensions}
    shown = {figure: table for figure, table in whole.items() if table.rows[0].n is not None}
    yield Known(
        place="whole round",
        is_part=False,
        is_remainder=False,
        bases={figure: _n(table.rows[0]) for figure, table in shown.items()},
        counts={figure: _counts(table.rows[0]) for figure, table in shown.items()},
        shown_to={figure: size - t.unanswered.not_asked for figure, t in shown.items() if t.unanswered is not None},
    )
    whole |= {figure: _as_cut(table, questionnaire, release) for figure, table in whole.items()}
    for dimension, tables in _by_dimension(release).items():
        for place, row in enumerate(tables[0].rows):
            rows = {table.figure: table.rows[place] for table in tables if table.rows[place].n is not None}
            yield Known(
                place=f"{dimension}={row.groups}",
                is_part=True,
                is_remainder=False,
                bases={figure: _n(row) for figure, row in rows.items()},
                counts={figure: _counts(row) for figure, row in rows.items()},
            )
        for alike in _showing_alike(tables):
            yield _rest(dimension, [(whole[table.figure].rows[0], *table.rows) for table in alike], alike)
        yield from _rest_of_those_asked(release, questionnaire, dimension, tables)


def _as_cut(table: SafeTable, questionnaire: Questionnaire, release: Release) -> SafeTable:
    """The whole round's table of an item with the categories that its cuts have."""
    item = questionnaire.item(table.figure)
    is_collapsed = any(t.figure == table.figure and t.dimensions and t.kind == "prevalence" for t in release.tables)
    (row,) = table.rows
    if item is None or not is_collapsed or row.n is None:
        return table
    harmless = sum(_counts(row)[o.code] for o in item.options if o.harmless)
    cells = (Cell(option="any", count=row.n - harmless), Cell(option="none", count=harmless))
    return msgspec.structs.replace(table, rows=(Row(n=row.n, cells=cells),))


def _showing_alike(tables: list[SafeTable]) -> list[list[SafeTable]]:
    """What they leave is the same people only where they show the same groups."""
    found: dict[tuple[bool, ...], list[SafeTable]] = {}
    for table in tables:
        showing = tuple(row.n is not None for row in table.rows)
        if any(showing):  # otherwise everyone is left, which the whole round says already
            found.setdefault(showing, []).append(table)
    return list(found.values())


def _rest(dimension: str, rows: list[tuple[Row, ...]], tables: list[SafeTable]) -> Known:
    """Everyone but the groups that show: those who did not state theirs, and the hidden groups."""
    bases: dict[str, int] = {}
    counts: dict[str, dict[str, int]] = {}
    for table, (all_of_it, *parts) in zip(tables, rows, strict=True):
        showing = [part for part in parts if part.n is not None]
        bases[table.figure] = _n(all_of_it) - sum(_n(part) for part in showing)
        counts[table.figure] = {
            code: count - sum(_counts(part)[code] for part in showing)
            for code, count in _counts(all_of_it).items()
            if all(code in _counts(part) for part in showing)
        }
    return Known(place=f"rest of {dimension}", is_part=True, is_remainder=True, bases=bases, counts=counts)


def _rest_of_those_asked(
    release: Release, questionnaire: Questionnaire, dimension: str, tables: list[SafeTable]
) -> Iterator[Known]:
    """Where a group of another dimension is who was asked for this one, its own remainder can be computed."""
    item = questionnaire.item(dimension)
    for condition in questionnaire.conditions:
        if item is None or item.show_if != (condition.id,) or len(condition.items) > 1:
            continue
        for table in _by_dimension(release).get(condition.items[0], []):
            asked = [row for row in table.rows if row.groups[0] in condition.options and row.n is not None]
            mine = next((mine for mine in tables if mine.figure == table.figure), None)
            if mine is not None and len(asked) == 1:
                yield _rest(f"{dimension} among {asked[0].groups}", [(asked[0], *mine.rows)], [mine])


def _printed(known: Known, questionnaire: Questionnaire, k: int, smallest: int) -> Iterator[str]:
    for figure, base in known.bases.items():
        if base < k and not (known.is_remainder and base == 0):
            yield f"{known.place}: {figure} rests on {base}"
        for code, count in known.counts[figure].items():
            if base >= k and _is_sensitive(questionnaire, figure, code):
                yield from _tells(f"{known.place}: {figure} {code}", base, count, smallest if known.is_part else 0)


def _tells(what: str, base: int, count: int, smallest: int) -> Iterator[str]:
    if count >= base - 1:
        yield f"{what}: {count} of {base}"
    if 0 < count < smallest:
        yield f"{what}: only {count}"


def _unions(known: Known, questionnaire: Questionnaire, k: int, smallest: int) -> Iterator[str]:
    """Of those affected in any way, how many in this one."""
    smallest = smallest if known.is_part else 0
    for what, any_of_them, parts in _known_unions(known, questionnaire):
        if 0 < any_of_them < k:
            yield f"{known.place}: {what} has {any_of_them} people"
        for part, count in parts.items():
            if any_of_them:
                yield from _tells(f"{known.place}: {part} within {what}", any_of_them, count, smallest)
            if 0 < any_of_them - count < smallest:
                yield f"{known.place}: {what} without {part}: {any_of_them - count}"
        if len(parts) == 2:
            both = sum(parts.values()) - any_of_them
            for part, count in parts.items():
                if 0 < count < k:
                    yield f"{known.place}: of {count} with {part}, {both} have both"
                if count:
                    yield from _tells(f"{known.place}: both within {part}", count, both, smallest)


def _known_unions(known: Known, questionnaire: Questionnaire) -> Iterator[tuple[str, int, dict[str, int]]]:
    affected = {
        item.id: known.bases[item.id] - sum(known.counts[item.id][o.code] for o in item.options if o.harmless)
        for item in questionnaire.items
        if item.id in known.bases and item.sensitive and any(o.harmless for o in item.options)
        if all(o.missing or o.code in known.counts[item.id] for o in item.options)
    } | {
        item.id: known.counts[item.id]["any"]
        for item in questionnaire.items
        if item.sensitive and "any" in known.counts.get(item.id, {})
    }
    for scale in questionnaire.scales:
        known_any = "any" in known.counts.get(scale.id, {})
        if scale.kind == "prevalence" and known_any and set(scale.items) <= set(affected):
            yield scale.id, known.counts[scale.id]["any"], {item: affected[item] for item in scale.items}
    for item in questionnaire.items:
        if item.kind == "multiple" and item.id in affected:
            parts = {o.code: known.counts[item.id][o.code] for o in item.options if not o.harmless}
            yield item.id, affected[item.id], parts
        for condition in questionnaire.conditions:
            if item.show_if == (condition.id,) and item.id in known.shown_to and set(condition.items) <= set(affected):
                yield f"asked for {item.id}", known.shown_to[item.id], {i: affected[i] for i in condition.items}


def _incomplete_scores(known: Known, questionnaire: Questionnaire, k: int) -> Iterator[str]:
    for scale in questionnaire.scales:
        if scale.kind == "score" and len(scale.items) == 2 and {scale.id, *scale.items} <= set(known.bases):
            only_one = 2 * known.bases[scale.id] - sum(known.bases[item] for item in scale.items)
            if 0 < only_one < k:
                yield f"{known.place}: the sum of {only_one} incomplete scores of {scale.id}"


def _group_sizes(release: Release, questionnaire: Questionnaire, size: int, k: int) -> Iterator[str]:
    dimensions = set(_by_dimension(release))
    for table in release.tables:
        item = questionnaire.item(table.figure)
        if table.figure in dimensions or (item is not None and item.options_from is not None and table.dimensions):
            yield f"{table.figure} crossed with {table.dimensions}"
    for dimension, tables in _by_dimension(release, kind="respondents").items():
        rows = [row for row in tables[0].rows if row.n is not None]
        for members in (*(_n(row) for row in rows), size - sum(_n(row) for row in rows)):
            if 0 < members < k:
                yield f"a group of {dimension} has {members}"


def _hidden_and_yet_known(release: Release) -> Iterator[str]:
    hidden = {table.figure for table in release.tables if not table.dimensions and table.rows[0].n is None}
    yield from (
        f"{t.figure} is hidden, by {t.dimensions} it is not"
        for t in release.tables
        if t.dimensions and t.figure in hidden
    )
    yield from (
        f"{t.figure} is hidden and says who skipped it" for t in release.tables if t.unanswered and t.figure in hidden
    )


def _spreads(release: Release, k: int) -> Iterator[str]:
    for table in release.tables:
        for row in table.rows:
            spread = row.score is not None and {row.score.low, row.score.high, row.score.standard_deviation} != {None}
            if spread and (table.dimensions or _n(row) < 5 * k):
                yield f"{table.figure} by {table.dimensions} shows a spread of {row.n}"


def _crossings(release: Release, questionnaire: Questionnaire, k: int) -> Iterator[str]:
    """By the margins alone: how many are at most in both groups, and how many chose a sensitive option at least."""
    for (first, ones), (second, others) in combinations(_by_dimension(release).items(), 2):
        for one, other in product(ones, others):
            if one.figure != other.figure or one.kind == "score":
                continue
            whole = next(
                _counts(_as_cut(t, questionnaire, release).rows[0])
                for t in release.tables
                if t.figure == one.figure and not t.dimensions
            )
            for a, b in product(one.rows, other.rows):
                in_a, in_b = _counts(a), _counts(b)
                if a.n is None or b.n is None or not set(in_a) == set(in_b) == set(whole):
                    continue
                at_most = _n_at_most(questionnaire.item(one.figure), a, b)
                at_least = sum(max(0, in_a[code] + in_b[code] - count) for code, count in whole.items())
                if 0 < at_least == at_most < k:
                    yield f"{one.figure} of {first}={a.groups} and {second}={b.groups}: {at_most}"
                for code, count in whole.items():
                    at_least = in_a[code] + in_b[code] - count
                    if _is_sensitive(questionnaire, one.figure, code) and 0 < at_least >= at_most - 1:
                        yield f"{one.figure} {code} of {first}={a.groups} and {second}={b.groups}: {at_least} of {at_most}"


def _n_at_most(item: Item | None, a: Row, b: Row) -> int:
    in_a, in_b = _counts(a), _counts(b)
    if item is not None and item.kind == "multiple":
        return min(min(in_a[c], in_b[c]) + min(_n(a) - in_a[c], _n(b) - in_b[c]) for c in in_a)
    return sum(min(in_a[code], in_b[code]) for code in in_a)


def _is_sensitive(questionnaire: Questionnaire, figure: str, code: str) -> bool:
    item = questionnaire.item(figure)
    if item is not None and code not in ("any", "none"):
        option = item.option(code)
        return item.sensitive and option is not None and not option.harmless
    return code == "any"


def _by_dimension(release: Release, *, kind: str = "") -> dict[str, list[SafeTable]]:
    """Tables by one dimension, those of the groups' sizes apart."""
    found: dict[str, list[SafeTable]] = {}
    for table in release.tables:
        if len(table.dimensions) == 1 and (table.kind == "respondents") is (kind == "respondents"):
            found.setdefault(table.dimensions[0], []).append(table)
    return found


def _counts(row: Row) -> dict[str, int]:
    return {cell.option: cell.count for cell in row.cells if cell.count is not None}


def _n(row: Row) -> int:
    if row.n is None:
        raise ValueError("a hidden row has no base")
    return row.n
