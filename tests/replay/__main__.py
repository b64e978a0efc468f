"""`make replay`: the whole way at the command line and over HTTP, on real answers, against published figures."""

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.replay import data_set

SURVEY = """
id = "open-source"
title = { en = "Open Source Survey 2017, negative incidents", de = "Open Source Survey 2017, Vorfälle" }
questionnaire = "open-source-2017"
languages = ["en", "de"]
roster_size = 6029
minimum_group_size = 10

[[publication]]
dimensions = ["population"]
items = ["experienced-any", "witnessed-any"]
"""

PUBLISHED = (
    # what, figure, group, option, count, n
    ("experienced any, github.com sample", "experienced-any", "github", "any", 580, 3197),
    ("witnessed any, github.com sample", "witnessed-any", "github", "any", 1625, 3218),
    ("witnessed rudeness, all", "witnessed", None, "rudeness", 1753, 3664),
    ("experienced rudeness, all", "experienced", None, "rudeness", 646, 3638),
    ("no negative experience, all", "experienced", None, "none", 2900, 3638),
)
"""The first two from the survey's own site, the others from `README.md` of the data set's folder."""

START_SECONDS = 60.0


def main() -> int:
    arguments = argparse.ArgumentParser(prog="make replay", description=__doc__)
    arguments.add_argument("--data", type=Path, required=True, help="folder with negative_incidents.csv")
    folder: Path = arguments.parse_args().data
    if not (folder / "negative_incidents.csv").is_file():
        print(f"{folder} has no negative_incidents.csv. It is part of {data_set.WHERE}.", file=sys.stderr)
        print("Get it there, then: make replay DATA=<its folder>", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="survey-replay-") as home:
        return replay(Path(home), data_set.read(folder))


def replay(home: Path, respondents: list[Any]) -> int:
    """Sends everyone through and compares the release; 0 where every figure is equal."""
    port = _free_port()
    environment = _environment() | {
        "SURVEY_DATA_DIR": str(home / "data"),
        "SURVEY_PORT": str(port),
        "SURVEY_BASE_URL": f"http://127.0.0.1:{port}",
    }
    answers = home / "answers.jsonl"
    answers.write_text("".join(json.dumps(given) + "\n" for given in respondents), encoding="utf-8")
    (home / "survey.toml").write_text(SURVEY, encoding="utf-8")
    _command(environment, "migrate")
    _command(environment, "survey", "create", str(home / "survey.toml"))
    round_id = _command(environment, "round", "create", "open-source", "--rehearsal")["round_id"]
    with _service(environment, port):
        taken = _command(
            environment, "simulate", round_id, "--participants", str(len(respondents)), "--answers", str(answers)
        )
        print(f"{taken['acknowledged']} took part over HTTP in {taken['seconds']:.1f} s", flush=True)
        _command(environment, "round", "close", round_id)
        started = time.monotonic()
        _command(environment, "round", "unseal", round_id)
        print(f"unsealed in {time.monotonic() - started:.1f} s", flush=True)
        release = _command(environment, "round", "release", round_id)
        recount = _command(environment, "ballot-box", round_id)
    _command(environment, "export", round_id, "--format", "json", "--out", str(home / "release.json"))
    exported = json.loads((home / "release.json").read_text(encoding="utf-8"))
    is_same = exported == release and recount["sound"] and recount["count"] == len(respondents)
    return 0 if compare(exported, len(respondents)) and is_same else 1


def compare(release: dict[str, Any], respondents: int) -> bool:
    """Prints the release beside the published figures; whether all are equal."""
    rows = [("respondents", f"{release['analysed']}", f"{respondents}"), ("invalid", f"{release['invalid']}", "0")]
    for name, figure, group, option, count, n in PUBLISHED:
        found = _cell(release, figure, {"population": group} if group else {}, option)
        rows.append((name, _share(*found), _share(count, n)))
    print(f"{'':38}{'released':>24}{'published':>24}")
    for name, released, published in rows:
        print(f"{name:38}{released:>24}{published:>24}  {'equal' if released == published else 'DIFFERS'}")
    return all(released == published for _, released, published in rows)


def _cell(release: dict[str, Any], figure: str, where: dict[str, str], option: str) -> tuple[int, int]:
    """Count and base; `where` gives the group of each dimension, none for the whole round."""
    for table in release["tables"]:
        if (table["figure"], table["dimensions"]) == (figure, list(where)):
            for row in table["rows"]:
                if row["groups"] == list(where.values()):
                    return next(c["count"] for c in row["cells"] if c["option"] == option), row["n"]
    raise LookupError(figure)


def _share(count: int, n: int) -> str:
    return f"{count}/{n} = {count / n:.2%}"


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("SURVEY_")}


def _command(environment: dict[str, str], *words: str) -> Any:
    done = subprocess.run(
        [Path(sys.executable).with_name("survey-service"), *words, "--json"],
        env=environment,
        stdout=subprocess.PIPE,
        check=False,
    )
    if done.returncode != 0:
        raise SystemExit(f"survey-service {' '.join(words)} ended with {done.returncode}")
    return json.loads(done.stdout)


@contextmanager
def _service(environment: dict[str, str], port: int) -> Iterator[None]:
    service = subprocess.Popen([Path(sys.executable).with_name("survey-service"), "serve"], env=environment)
    try:
        _await_ready(f"http://127.0.0.1:{port}/health/ready", service)
        yield
    finally:
        service.send_signal(signal.SIGINT)
        service.wait(timeout=START_SECONDS)


def _await_ready(url: str, service: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and service.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
    raise SystemExit("the service does not start")


def _free_port() -> int:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])


if __name__ == "__main__":
    sys.exit(main())
