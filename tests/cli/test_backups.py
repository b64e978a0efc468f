"""Backup and restore as an operator types them."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from survey_service.store import embedded
from tests.conftest import SURVEY

PROGRAM = Path(sys.executable).with_name("survey-service")

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    environment = os.environ | {"SURVEY_DATA_DIR": str(tmp_path / "data")}

    def run(*words: str, stdin: str = "") -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [PROGRAM, *words],
            env=environment,
            cwd=tmp_path,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )

    with embedded.running(tmp_path / "data" / "postgres"):  # each command finds it running
        yield run


def test_a_backup_is_written_looked_at_and_restored_after_a_question(run: Run, tmp_path: Path) -> None:
    assert run("migrate").returncode == 0
    (tmp_path / "trial.toml").write_text(SURVEY.format(survey_id="trial", roster_size=40), encoding="utf-8")
    assert run("survey", "create", "trial.toml").returncode == 0
    planned = run("round", "create", "trial", "--rehearsal", "--json")
    round_id = json.loads(planned.stdout)["round_id"]

    written = run("backup", "today.backup", "--json")
    assert written.returncode == 0, written.stderr
    sha256 = json.loads(written.stdout)["sha256"]
    looked_at = run("check-backup", "today.backup")
    assert looked_at.stdout.startswith("Whole. Made ")
    assert sha256 in looked_at.stdout

    refused = run("restore", "today.backup")
    assert refused.returncode == 1
    assert "repeat with --replace" in refused.stderr
    hesitated = run("restore", "today.backup", "--replace", stdin="n\n")
    assert hesitated.returncode == 1
    restored = run("restore", "today.backup", "--replace", stdin="y\n")
    assert restored.returncode == 0, restored.stderr
    assert f"{round_id}: its codes are void" in restored.stdout
    assert "team list" in restored.stdout

    damaged = run("check-backup", "trial.toml")
    assert damaged.returncode == 1
    assert "is no whole backup" in damaged.stderr
    assert "Traceback" not in damaged.stderr
