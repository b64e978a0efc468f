"""`make bench`: every benchmark, as a table on stderr that grows as it measures, and one JSON document on stdout."""

import argparse
import asyncio
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.bench import audits, large_round, parts, releases, service, statistics, suppressions
from tests.bench.figures import Figure


def main() -> None:
    arguments = argparse.ArgumentParser(prog="make bench", description=__doc__)
    arguments.add_argument("--participants", type=int, default=2000, help="who take part over HTTP")
    arguments.add_argument("--large-round", type=int, default=20_000, help="responses that are unsealed")
    arguments.add_argument("--out", type=Path, help="write the JSON document there too")
    given = arguments.parse_args()
    figures = []
    for figure in _measured(given.participants, given.large_round):
        print(f"{figure.name:52}{figure.value:>12,.1f} {figure.unit}", file=sys.stderr, flush=True)
        figures.append(figure)
    document = json.dumps([{"name": f.name, "value": f.value, "unit": f.unit} for f in figures], indent=2)
    print(document)
    if given.out is not None:
        given.out.write_text(document + "\n", encoding="utf-8")


def _measured(participants: int, large_round_size: int) -> Iterator[Figure]:
    yield from parts.measure()
    yield from statistics.measure()
    yield from releases.measure()
    yield from audits.measure()
    yield from suppressions.measure()
    yield from asyncio.run(service.measure(participants))
    yield from asyncio.run(large_round.measure(large_round_size))


if __name__ == "__main__":
    main()
