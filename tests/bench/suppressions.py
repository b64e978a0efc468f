"""How long protecting takes, and how much dearer the pattern is than the optimum where that can be proven."""

import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from analysis.disclosure.auditor import audit_tables
from analysis.disclosure.jj_format import read_instance
from analysis.disclosure.linked_tables import LinkedTables
from analysis.disclosure.policy import ProtectionPolicy, linked_tables
from analysis.disclosure.suppression import protect
from analysis.disclosure.suppression.covering import new_master
from analysis.disclosure.suppression.growing import grow
from analysis.disclosure.suppression.search import Search
from tests.bench.figures import Figure
from tests.bench.gaussian_elimination import eliminate
from tests.bench.linked_counts import Shape, jj_text, tree
from tests.unit.auditor.invented_tables import City, linked_counts

MIB = 2**20 if sys.platform == "darwin" else 2**10  # of what the system counts peak memory in

WITH_A_PROOF = {
    "units, roles, 4 answers": Shape(trees=(tree(4, 4), tree(3, name="r")), items=(4,), people=800),
    "two hierarchies": Shape(trees=(tree(5, 4), tree(4, 3, name="r")), people=1500, seed=4),
    "three dimensions, zeros protected": Shape(
        trees=(tree(10), tree(9, name="r"), tree(6, name="s")), people=3000, seed=5, zeros="s"
    ),
    "units, roles, 2 items": Shape(trees=(tree(4, 5), tree(3, name="r")), items=(4, 6), people=2000, seed=2),
    "units, roles, 2 items, zeros protected": Shape(
        trees=(tree(5, 5), tree(3, name="r")), items=(4, 4), people=1500, seed=3, zeros="s"
    ),
}
# Exactly 400, 1,200, 4,000, 11,000 and 20,000 cells.
BY_SIZE = (
    Shape(trees=(tree(4), tree(3, name="r")), items=(4, 5, 5, 5), people=600, seed=7),
    Shape(trees=(tree(2, 6), tree(3, name="r")), items=(4, 5, 5, 5), people=1800, seed=7),
    Shape(trees=(tree(7, 6), tree(3, name="r")), items=(4, 5, 5, 5), people=5000, seed=7),
    Shape(trees=(tree(3, 8, 8), tree(4, name="r")), items=(4, 5), people=15_000, seed=7),
    Shape(trees=(tree(3, 11, 11), tree(4, name="r")), items=(4, 5), people=25_000, seed=7),
)
# Many small groups, where more than half of all cells are primary; and many items over few groups.
SMALL_GROUPS = Shape(trees=(tree(5, 5, 5), tree(3, name="r")), items=(5, 5, 6), people=9000, seed=8)
CITIES = (
    City(branches=(10, 11), items=18, options=5),
    City(branches=(4, 10), items=16, options=5, roles=2, people=30.0),
)
PROVEN = 1200  # cells to which the optimum is asked for


def measure() -> Iterator[Figure]:
    for name, shape in WITH_A_PROOF.items():
        yield from _judged(name, _tables(shape))
    for shape in (*BY_SIZE, SMALL_GROUPS):
        yield from _judged("units, roles, items", _tables(shape))
    for city in CITIES:
        yield from _judged("city", linked_counts(city))


def _judged(name: str, tables: LinkedTables) -> Iterator[Figure]:
    """Time, respondents hidden, and what Gaussian elimination comes to when it is repaired in the same way."""
    cells = f"{tables.size} cells: {name}"
    started = time.perf_counter()
    protection = protect(tables)
    yield Figure(f"protect {cells}", time.perf_counter() - started, "s")
    yield Figure("  respondents in complementary cells", protection.cost, "")
    started = time.perf_counter()
    audit_tables(tables, protection.hidden, minimum_group_size=10, every_interval=True)
    yield Figure("  audit, every interval", time.perf_counter() - started, "s")
    if tables.size <= PROVEN:
        proven = protect(tables, exact=True)
        if proven.is_optimal:
            yield Figure("  of the proven optimum", 100 * protection.cost / proven.cost, "%")
    started = time.perf_counter()
    search = Search(tables, 1)
    pattern = search.new_pattern(eliminate(tables))
    grow(search, new_master(search), pattern, lambda *_: None)
    yield Figure("  by Gaussian elimination, repaired", time.perf_counter() - started, "s")
    yield Figure("  respondents in its complementary cells", search.cost(pattern.hidden), "")
    yield Figure("  peak memory so far", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MIB, "MiB")


def _tables(shape: Shape) -> LinkedTables:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "instance.jj"
        path.write_text(jj_text(shape), encoding="utf-8")
        return linked_tables(read_instance(path), ProtectionPolicy(minimum_group_size=10))
