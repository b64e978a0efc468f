"""How long an audit takes; the tables are linked counts of an invented city with a naive pattern."""

import time
from collections.abc import Callable, Iterator

from analysis.disclosure.auditor import audit_tables
from analysis.disclosure.auditor.attacker import Attacker
from analysis.disclosure.auditor.exact import exactly_determined
from analysis.disclosure.linked_tables import LinkedTables, Mask
from tests.bench.figures import Figure
from tests.unit.auditor.invented_tables import City, linked_counts, naive_pattern

MORE = 0.2  # of the other cells are hidden as well, which links nearly all hidden cells

ELEVEN_THOUSAND = City(branches=(10, 11), items=18, options=5)
TWENTY_THOUSAND = City(branches=(6, 6, 3), items=9, options=5, roles=2)
TWO_HUNDRED_THOUSAND = City(branches=(8, 8, 8), items=14, options=5, roles=4)


def measure() -> Iterator[Figure]:
    tables, hidden = _release(ELEVEN_THOUSAND)
    yield _seconds(f"audit of {tables.size} cells", lambda: audit_tables(tables, hidden, minimum_group_size=10))
    yield _seconds(
        f"audit of {tables.size} cells, every interval", lambda: audit_tables(tables, hidden, every_interval=True)
    )
    more_tables, more_hidden = _release(TWENTY_THOUSAND)
    yield _seconds(
        f"audit of {more_tables.size} cells, every interval",
        lambda: audit_tables(more_tables, more_hidden, every_interval=True),
    )
    most_tables, most_hidden = _release(TWO_HUNDRED_THOUSAND)
    yield _seconds(
        f"exact test of {most_tables.size} cells",
        lambda: exactly_determined(Attacker.of(most_tables, most_hidden)),
    )


def _release(city: City) -> tuple[LinkedTables, Mask]:
    tables = linked_counts(city)
    return tables, naive_pattern(tables, share=MORE)


def _seconds(name: str, work: Callable[[], object]) -> Figure:
    started = time.perf_counter()
    work()
    return Figure(name, time.perf_counter() - started, "s")
