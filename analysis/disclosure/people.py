"""Which cells a person knows who is counted in them alone. Whoever hides and whoever audits starts from this knowledge."""

from collections.abc import Iterable

import numpy as np
from scipy.sparse import csr_array, diags_array

from analysis.disclosure.linked_tables import Numbers

Cells = tuple[int, ...]


def known_by_people(
    values: Numbers, relations: csr_array, totals: Numbers, known: Iterable[Cells]
) -> tuple[Cells, ...]:
    """For each person what they know of themselves: no discovery, however they come by it.

    Where a relation has two cells with anybody in them, one person each and on its two sides, both count the same one:
    who is alone in a group is alone in one of its parts, and in a sum of groups the others of which are empty.

    Args:
        values: shape (cells,).
        relations: `relations @ values == totals`.
        totals: shape (relations,).
        known: of each person some cells; cells with a count of 1 in them are all of this person.

    Returns:
        Of each person all cells, ascending, those of one person together even where `known` has them apart.

    """
    same = {cell: cell for cell in np.flatnonzero(values == 1).tolist()}

    def person(cell: int) -> int:
        while same[cell] != cell:
            same[cell] = cell = same[same[cell]]
        return cell

    occupied = csr_array(relations @ diags_array((values != 0).astype(np.float64)))
    occupied.eliminate_zeros()
    pairs = np.flatnonzero((np.diff(occupied.indptr) == 2) & (totals == 0))  # noqa: PLR2004 - a relation's two sides
    for start in occupied.indptr[pairs].tolist():
        one, other = occupied.indices[start : start + 2].tolist()
        if one in same and other in same and occupied.data[start] == -occupied.data[start + 1]:
            same[person(one)] = person(other)
    given = [tuple(cells) for cells in known]
    for cells in given:
        alone = [cell for cell in cells if cell in same]
        for cell in alone[1:]:
            same[person(cell)] = person(alone[0])
    together: dict[int, set[int]] = {}
    for cell in same:
        together.setdefault(person(cell), set()).add(cell)
    people: dict[int, set[int]] = {}
    others: list[Cells] = []
    for cells in given:
        alone = [cell for cell in cells if cell in same]
        if alone:
            root = person(alone[0])
            people.setdefault(root, set(together[root])).update(cells)
        else:
            others.append(cells)
    return (*(tuple(sorted(cells)) for cells in people.values()), *others)
