"""How long protecting takes, and how much dearer the pattern is than the optimum where that can be proven."""

import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from analysis.disclosure.jj_format import read_instance
from analysis.disclosure.linked_tables import LinkedTables
from analysis.disclosure.policy import ProtectionPolicy, linked_tables
from analysis.disclosure.suppression import protect
from tests.bench.figures import Figure
from tests.bench.linked_counts import Shape, jj_text, tree

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
LARGE = (
    Shape(trees=(tree(5, 4, 4), tree(3, name="r")), items=(4, 5), people=5000, seed=7),
    Shape(trees=(tree(5, 5, 5), tree(3, name="r")), items=(5, 5, 6), people=9000, seed=8),
    Shape(trees=(tree(6, 6, 6), tree(4, name="r")), items=(5, 5, 5), people=20000, seed=9),
)


def measure() -> Iterator[Figure]:
    for name, shape in WITH_A_PROOF.items():
        tables = _tables(shape)
        started = time.perf_counter()
        quick = protect(tables)
        yield Figure(f"protect {tables.size} cells: {name}", time.perf_counter() - started, "s")
        proven = protect(tables, exact=True)
        if proven.is_optimal:
            yield Figure("  of the proven optimum", 100 * quick.cost / proven.cost, "%")
    for shape in LARGE:
        tables = _tables(shape)
        started = time.perf_counter()
        protect(tables)
        yield Figure(f"protect {tables.size} linked cells", time.perf_counter() - started, "s")
    yield Figure("  peak memory", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MIB, "MiB")


def _tables(shape: Shape) -> LinkedTables:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "instance.jj"
        path.write_text(jj_text(shape), encoding="utf-8")
        return linked_tables(read_instance(path), ProtectionPolicy(minimum_group_size=10))
