"""How much of a release shows, in general terms: counts over its tables, which anyone can make who reads them."""

from msgspec import Struct

from survey_service.domain.releases import ReleaseDocument
from survey_service.results.figures import Dimensions


class Visibility(Struct, frozen=True, kw_only=True):
    """Of the tables by one cut. dimensions: empty for the whole round. groups, figures: those that show, of all there are.

    A group is a row of one table; a figure is one answer's count within a group that shows.
    """

    dimensions: Dimensions
    tables: int
    groups_shown: int
    groups: int
    figures_shown: int
    figures: int


def visibility(document: ReleaseDocument) -> tuple[Visibility, ...]:
    """The whole round first, then cut by cut as they are planned."""
    cuts = dict.fromkeys([(), *(table.dimensions for table in document.tables)])
    return tuple(_of(document, cut) for cut in cuts)


def _of(document: ReleaseDocument, cut: Dimensions) -> Visibility:
    tables = [table for table in document.tables if table.dimensions == cut]
    rows = [row for table in tables for row in table.rows if bool(row.groups) == bool(cut)]
    cells = [cell for row in rows if row.n is not None for cell in row.cells]
    return Visibility(
        dimensions=cut,
        tables=len(tables),
        groups_shown=sum(row.n is not None for row in rows),
        groups=len(rows),
        figures_shown=sum(cell.count is not None for cell in cells),
        figures=len(cells),
    )
