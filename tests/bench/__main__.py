"""`make bench`: every benchmark, as a table on stderr and one JSON document on stdout."""

import argparse
import asyncio
import json
import sys
from pathlib import Path

from tests.bench import audits, large_round, parts, releases, service, statistics, suppressions


def main() -> None:
    arguments = argparse.ArgumentParser(prog="make bench", description=__doc__)
    arguments.add_argument("--participants", type=int, default=2000, help="who take part over HTTP")
    arguments.add_argument("--large-round", type=int, default=20_000, help="responses that are unsealed")
    arguments.add_argument("--out", type=Path, help="write the JSON document there too")
    given = arguments.parse_args()
    figures = [
        *parts.measure(),
        *statistics.measure(),
        *releases.measure(),
        *audits.measure(),
        *suppressions.measure(),
        *asyncio.run(service.measure(given.participants)),
        *asyncio.run(large_round.measure(given.large_round)),
    ]
    for figure in figures:
        print(f"{figure.name:52}{figure.value:>12,.1f} {figure.unit}", file=sys.stderr)
    document = json.dumps([{"name": f.name, "value": f.value, "unit": f.unit} for f in figures], indent=2)
    print(document)
    if given.out is not None:
        given.out.write_text(document + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
