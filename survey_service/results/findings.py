"""What stands out, in three to five sentences: each states released figures, and says where they are not sure.

The first three say how much was met, what has changed, and where it differs: what a reader takes along.
"""

from itertools import combinations

from analysis import Row
from questionnaires.model import Item, Scale
from survey_service.domain.releases import ReleaseDocument
from survey_service.results.changes import Change, Changes, surest
from survey_service.results.figures import Dimensions, Released, Share, do_not_overlap, measure, score_interval, share
from survey_service.results.wording import Wording

Named = tuple[str, Share]

_NAMED_CHANGES = 2  # in the sentence; more are counted


def answered(document: ReleaseDocument, words: Wording) -> str:
    """How many answers the findings rest on, of how many people."""
    return words(
        "finding.counted",
        analysed=words.whole(document.analysed),
        roster=words.whole(document.roster_size),
        rate=words.whole_per_cent(document.analysed / document.roster_size),
    )


def findings(released: Released, changes: Changes | None, words: Wording) -> list[str]:
    """changes: since the round before; None where there is none."""
    found = (
        _prevalence(released, words),
        _changed(changes, words),
        _groups(released, words),
        _most(released, words),
        _scales(released, words),
    )
    return [sentence for sentence in found if sentence]


def _changed(changes: Changes | None, words: Wording) -> str | None:
    """The two largest changes beyond noise; where there is none, the largest, as not sure."""
    tested = [] if changes is None else [change for change in changes.whole if change.points is not None]
    if changes is None or not tested:
        return None
    sure = surest(tested)
    named = sure[:_NAMED_CHANGES] or [max(tested, key=lambda change: abs(change.effect))]
    sentence = words(
        "finding.change_sure" if sure else "finding.change_unsure",
        since=words.calendar_day(changes.since),
        changes=words.listed([_change(change, words) for change in named]),
    )
    more = len(sure) - len(named)
    return sentence + words("finding.change_more", count=words.whole(more)) if more > 0 else sentence


def _change(change: Change, words: Wording) -> str:
    _, low, high = change.points or (0.0, 0.0, 0.0)
    return words(
        "finding.change",
        label=words.quoted(words.of(change.scale.title)),
        earlier=change.earlier.text(words),
        later=change.later.text(words),
        interval=words.signed_interval(low, high),
    )


def _prevalence(released: Released, words: Wording) -> str | None:
    """The first prevalence scale: a questionnaire names its widest first."""
    for scale in released.scales("prevalence"):
        found = _share(released, scale)
        if found:
            return words("finding.prevalence", label=words.of(scale.title), **_facts(found, words))
    return None


def _most(released: Released, words: Wording) -> str | None:
    """The most frequent of the first block of items that ask how often something was met."""
    forms = [item for item in released.items() if (m := measure(item)) and m.name == "at-least-once"]
    block = [item for item in forms if item.block is not None and item.block == forms[0].block]
    shares = sorted(
        ((words.of(item.text), found) for item in block if (found := _share(released, item))),
        key=lambda named: -named[1].share,
    )
    if len(shares) < 2 or shares[0][1].count == 0:  # noqa: PLR2004 - the most frequent of at least two
        return None
    (label, first), (other, second) = shares[:2]
    said = words("finding.most", label=words.quoted(label), **_facts(first, words))
    comparisons = len(shares) - 1  # with each of the others
    if do_not_overlap(first.interval(comparisons), second.interval(comparisons)):
        return said + words("finding.most_sure")
    return said + words("finding.most_unsure", other=words.quoted(other), share=words.per_cent(second.share))


def _scales(released: Released, words: Wording) -> str | None:
    """The highest and the lowest mean score of the whole round."""
    rows = [(words.of(scale.title), row) for scale in released.scales("score") if (row := released.whole(scale))]
    shown = sorted(
        ((label, row) for label, row in rows if row.score is not None and row.score.low is not None),
        key=lambda named: _mean(named[1]),
    )
    if len(shown) < 2:  # noqa: PLR2004 - a highest and a lowest
        return None
    (low_label, low), (high_label, high) = shown[0], shown[-1]
    comparisons = len(shown) * (len(shown) - 1) // 2  # the two were picked from all pairs
    intervals = [score_interval(row.score, row.n, comparisons) for row in (low, high) if row.score and row.n]
    sure = None not in intervals and do_not_overlap(*[interval for interval in intervals if interval])
    return words(
        "finding.scales",
        high_label=words.quoted(high_label),
        low_label=words.quoted(low_label),
        **_mean_facts("high", high, words),
        **_mean_facts("low", low, words),
    ) + words("finding.scales_sure" if sure else "finding.scales_unsure")


def _groups(released: Released, words: Wording) -> str | None:
    """The two groups that are furthest apart in any prevalence, each pair of one cut compared."""
    pairs: list[tuple[Scale, Item, tuple[Named, Named]]] = []
    for scale in released.scales("prevalence"):
        for cut in released.cuts:
            if len(cut) == 1 and (shares := _by_group(released, scale, cut, words)):
                (dimension,) = released.dimensions(cut)
                pairs += [(scale, dimension, pair) for pair in combinations(shares, 2)]
    if not pairs:
        return None
    scale, dimension, two = max(pairs, key=lambda pair: abs(pair[2][0][1].share - pair[2][1][1].share))
    (low_group, low), (high_group, high) = sorted(two, key=lambda named: named[1].share)
    sure = do_not_overlap(low.interval(len(pairs)), high.interval(len(pairs)))
    return words(
        "finding.groups_sure" if sure else "finding.groups_unsure",
        label=words.of(scale.title),
        question=words.quoted(words.of(dimension.text)),
        high_group=words.quoted(high_group),
        low_group=words.quoted(low_group),
        **_group_facts("high", high, words),
        **_group_facts("low", low, words),
    )


def _by_group(released: Released, scale: Scale, cut: Dimensions, words: Wording) -> list[Named]:
    """Groups of one level: a unit and the one above it are no two groups."""
    table, wanted = released.table(scale, cut), measure(scale)
    if table is None or wanted is None:
        return []
    (dimension,) = released.dimensions(cut)
    listed = {row.groups[0] for row in table.rows}
    return [
        (group_label(released, cut, row, words), found)
        for row in table.rows
        if released.depth(dimension, row.groups[0], listed) == 0 and (found := share(row, wanted)) is not None
    ]


def group_label(released: Released, cut: Dimensions, row: Row, words: Wording) -> str:
    if not row.groups:
        return words("results.everyone")
    names = (
        words.of(released.group_name(dimension, code))
        for dimension, code in zip(released.dimensions(cut), row.groups, strict=True)
    )
    return words("results.crossed").join(names)


def _share(released: Released, figure: Item | Scale) -> Share | None:
    row, wanted = released.whole(figure), measure(figure)
    return None if row is None or wanted is None else share(row, wanted)


def _facts(found: Share, words: Wording) -> dict[str, str]:
    return {
        "share": words.per_cent(found.share),
        "count": words.whole(found.count),
        "n": words.whole(found.n),
        "interval": words.interval(*found.interval()),
    }


def _group_facts(prefix: str, found: Share, words: Wording) -> dict[str, str]:
    facts = _facts(found, words)
    return {prefix: facts["share"], f"{prefix}_n": facts["n"], f"{prefix}_interval": facts["interval"]}


def _mean(row: Row) -> float:
    return row.score.mean if row.score else 0.0


def _mean_facts(prefix: str, row: Row, words: Wording) -> dict[str, str]:
    score = row.score
    low, high = (score.low, score.high) if score else (None, None)
    return {
        prefix: words.decimal(_mean(row)),
        f"{prefix}_n": words.whole(row.n or 0),
        f"{prefix}_interval": words.score_interval(low or 0.0, high or 0.0),
    }
