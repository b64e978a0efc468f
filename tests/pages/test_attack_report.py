"""The attack as a command: its figures, its report as a page, and that it notices what is wrong with the installation."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from playwright.sync_api import Browser, expect

from survey_service.attack.attackers import ATTACKERS
from survey_service.attack.backups import by_order_in_a_backup
from survey_service.attack.leaks import LEAKS
from survey_service.attack.letters import SORTERS
from survey_service.attack.own import search_own
from survey_service.attack.report import Report, wordings
from survey_service.operations.create_round import create_round
from survey_service.operations.create_survey import create_survey
from survey_service.operations.installation import Installation
from tests.conftest import SURVEY
from tests.pages.axe import violations
from tests.pages.conftest import Service

PROGRAM = Path(sys.executable).with_name("survey-service")

Attack = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def attack(service: Service, tmp_path_factory: pytest.TempPathFactory) -> Attack:
    home = tmp_path_factory.mktemp("attack")
    (home / "survey.toml").write_text(SURVEY.format(survey_id="attacked", roster_size=50))

    async def prepare(installation: Installation) -> None:
        await create_survey(installation, home / "survey.toml")
        await create_round(installation, "attacked", rehearsal=True)

    service.run(prepare)
    environment = os.environ | {"SURVEY_DATA_DIR": str(service.settings.data_dir)}

    def run(*words: str) -> "subprocess.CompletedProcess[str]":
        command = [PROGRAM, "linkage-test", "--trials", "2", "--people", "20", *words]
        return subprocess.run(command, env=environment, cwd=home, capture_output=True, text=True, check=False)

    return run


@pytest.fixture(scope="module")
def reports(attack: Attack, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Path]:
    """What the command printed, and the report it wrote."""
    path = tmp_path_factory.mktemp("report") / "report.html"
    done = attack("--report", str(path), "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout), path


def test_the_command_finds_nothing_in_ours_and_every_planted_leak(reports: tuple[Any, Path]) -> None:
    printed, _ = reports
    assert printed["good"]
    assert [phase["name"] for phase in printed["phases"]] == ["during", "after", "backup", "mail"]
    assert set(printed["phases"][1]["verdicts"]) == set(ATTACKERS)
    assert set(printed["phases"][3]["verdicts"]) == set(SORTERS)
    assert {leak["name"] for leak in printed["leaks"] if leak["by"]} == set(LEAKS)
    assert {finding["name"]: finding["found"] for finding in printed["own"]} == {"own_keys": 0, "own_parameters": 0}
    assert next(finding["tried"] for finding in printed["own"] if finding["name"] == "own_keys") > 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_the_report_is_a_page_that_people_can_read(
    browser: Browser, reports: tuple[Any, Path], pictures: Path, scheme: Any, width: int
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    page.goto(reports[1].as_uri())
    expect(page.get_by_role("heading", level=1)).to_have_text("Angriff auf uns selbst")
    expect(page.locator(".verdict")).to_contain_text("Nichts gefunden")
    expect(page.get_by_text("Entdeckt:")).to_have_count(len(LEAKS))
    page.screenshot(path=pictures / f"attack-{width}-{scheme}.png", full_page=True)
    assert violations(page) == []
    context.close()


def test_both_languages_of_the_report_have_the_same_wordings() -> None:
    german, english = wordings("de"), wordings("en")
    assert german.keys() == english.keys()
    for name in ("attacker", "leak", "finding", "phase", "limit"):
        assert german[name].keys() == english[name].keys()
    assert german["attacker"].keys() == set(ATTACKERS) | set(SORTERS) | {by_order_in_a_backup.__name__}
    assert german["leak"].keys() == set(LEAKS)


def test_a_key_of_this_installation_in_its_database_is_found(service: Service, reports: tuple[Any, Path]) -> None:
    async def plant(installation: Installation) -> None:
        (key, *_) = (path.read_bytes() for path in installation.settings.key_dir.glob("*/sealing.key"))
        async with installation.database.owner() as connection:
            await connection.execute("CREATE TABLE forgotten (note text)")
            await connection.execute("INSERT INTO forgotten VALUES ($1)", key.hex())

    async def remove(installation: Installation) -> None:
        async with installation.database.owner() as connection:
            await connection.execute("DROP TABLE forgotten")

    sound = msgspec.convert(reports[0], Report)
    assert sound.is_good
    service.run(plant)
    try:
        own = service.run(search_own)
    finally:
        service.run(remove)
    assert {finding.name: finding.is_clean for finding in own} == {"own_keys": False, "own_parameters": True}
    assert not msgspec.structs.replace(sound, own=own).is_good
