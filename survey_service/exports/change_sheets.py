"""What has changed, and what the programme did, as lines of a workbook: numbers in points from 0 to 100, shares and means alike."""

from collections.abc import Iterator

from survey_service.results.changes import Change, changes_of_groups, changes_of_the_whole
from survey_service.results.figures import Dimensions, Released
from survey_service.results.findings import group_label
from survey_service.results.history import History
from survey_service.results.wording import Wording

COLUMNS = (
    ("column.group", "text"),
    ("export.code", "text"),
    ("column.figure", "text"),
    ("export.id", "text"),
    ("column.earlier", "score"),
    ("export.n_earlier", "whole"),
    ("column.later", "score"),
    ("export.n_later", "whole"),
    ("column.difference", "score"),
    ("export.low", "score"),
    ("export.high", "score"),
    ("column.effect", "effect"),
    ("export.adjusted_p", "effect"),
    ("column.sure", "text"),
)
"""The wording of each column, and the form of the values below it."""
MEASURE_COLUMNS = (("export.day", "text"), ("export.measure", "text"))

Value = str | int | float


def change_lines(released: Released, history: History, words: Wording) -> tuple[tuple[Value, ...], ...]:
    """A line a change: the whole round first, then cut by cut. Empty where there is no round before."""
    changes = changes_of_the_whole(released, history)
    if changes is None:
        return ()
    return (
        *(_line(words("results.everyone"), change, words) for change in changes.whole),
        *(line for cut in released.cuts for line in _of_cut(released, history, cut, words)),
    )


def measure_lines(history: History, words: Wording) -> tuple[tuple[Value, ...], ...]:
    return tuple((measure.day.isoformat(), words.of(measure.name)) for measure in history.measures)


def _of_cut(released: Released, history: History, cut: Dimensions, words: Wording) -> Iterator[tuple[Value, ...]]:
    for change in changes_of_groups(released, history, cut):
        table = released.table(change.scale, cut)
        for row in () if table is None else table.rows:
            if row.groups == change.groups:
                yield _line(group_label(released, cut, row, words), change, words)


def _line(group: str, change: Change, words: Wording) -> tuple[Value, ...]:
    points, judged = change.points, change.judged
    return (
        group,
        " ".join(change.groups),
        words.of(change.scale.title),
        change.scale.id,
        change.earlier.points,
        change.earlier.n,
        change.later.points,
        change.later.n,
        *(("", "", "") if points is None else points),
        change.effect if judged is not None else "",
        judged.adjusted_p if judged is not None else "",
        words("change.is_sure" if change.is_sure else "change.is_unsure"),
    )
