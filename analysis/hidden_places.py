"""What released tables hide, in the terms of the model that later releases are judged by."""

from collections.abc import Callable, Iterator, Sequence

import msgspec

from analysis.cutting import Cutting
from analysis.disclosure.cells import Place
from analysis.tables import SafeTable


def hidden_places(tables: Sequence[SafeTable], cuts: Cutting) -> Iterator[Place]:
    """What the tables hide of what is tabulated now."""
    for table in tables:
        partition = cuts.partitions.get(table.dimensions)
        if partition is None:
            continue
        for row in table.rows:
            cell = partition.printed.get(row.groups)
            if cell is None:
                continue
            if row.n is None:
                yield Place(figure=table.figure, dimensions=table.dimensions, groups=cell)
            for shown in row.cells:
                if shown.count is None:
                    yield Place(figure=table.figure, dimensions=table.dimensions, groups=cell, category=shown.option)


def all_hidden(tables: Sequence[SafeTable], cuts: Cutting, codes: Callable[[str], Sequence[str]]) -> set[Place]:
    """Also the categories of hidden rows, and tables that a release has not because the whole round's is hidden.

    codes: of a figure's categories.
    """
    places = set(hidden_places(tables, cuts))
    printed = {(table.figure, table.dimensions) for table in tables}
    places |= {
        Place(figure=figure, dimensions=dimensions, groups=cell)
        for dimensions, partition in cuts.partitions.items()
        for figure in cuts.figures[dimensions]
        if (figure, dimensions) not in printed
        for cell in partition.printed.values()
    }
    rows = [place for place in places if not place.category]
    return places | {msgspec.structs.replace(row, category=code) for row in rows for code in codes(row.figure)}
