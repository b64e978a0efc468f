"""The command line as an operator types it, one process a command."""

import asyncio
import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from questionnaires import definitions
from survey_service.cli import main
from survey_service.domain.accounts import Email
from survey_service.domain.second_factor import Secret
from survey_service.operations.installation import opened
from survey_service.settings import Settings
from survey_service.store import embedded
from tests.conftest import SURVEY
from tests.second_factors import code_of, give_second_factor

PROGRAM = Path(sys.executable).with_name("survey-service")

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("command-line")


@pytest.fixture(scope="module")
def run(home: Path) -> Iterator[Run]:
    environment = os.environ | {"SURVEY_DATA_DIR": str(home / "data")}

    def run(*words: str, stdin: str = "", **settings: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [PROGRAM, *words],
            env=environment | settings,
            cwd=home,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )

    # The database stays up meanwhile, so that each command finds it running, as beside a service.
    with embedded.running(home / "data" / "postgres"):
        done = run("migrate")
        assert done.returncode == 0, done.stderr
        (home / "trial.toml").write_text(SURVEY.format(survey_id="trial", roster_size=40), encoding="utf-8")
        yield run


def second_factor_of(home: Path, email: str) -> Secret:
    """Sets one up, as signing in does."""

    async def within() -> Secret:
        async with opened(Settings.read({"SURVEY_DATA_DIR": str(home / "data")})) as installation:
            return await give_second_factor(installation, Email(email))

    return asyncio.run(within())


def answer(done: "subprocess.CompletedProcess[str]") -> Any:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    for name, command in group.commands.items():
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))


@pytest.mark.parametrize(("path", "command"), list(commands(main)), ids=str)
def test_every_command_says_what_it_does_and_shows_an_example(path: tuple[str, ...], command: click.Command) -> None:
    shown = command.get_help(click.Context(command, info_name=" ".join(path)))
    assert command.help
    assert f"Example: survey-service {' '.join(path)}" in shown.replace("\n ", "") or isinstance(command, click.Group)


def test_a_round_goes_its_way_at_the_command_line(run: Run, tmp_path: Path) -> None:
    created = answer(run("survey", "create", "trial.toml", "--json"))
    assert created["survey_id"] == "trial"
    shown_survey = answer(run("survey", "show", "trial", "--json"))
    assert shown_survey["sha256"] == created["sha256"]
    assert shown_survey["schedule_in_words"][0] == "Each round is planned by hand."
    assert shown_survey["coming_rounds"] == []
    planned = answer(run("round", "create", "trial", "--rehearsal", "--json"))
    round_id = planned["round_id"]
    assert planned["state"] == "open"
    assert len(planned["fingerprint"]) == 26

    codes = tmp_path / "codes.csv"
    answer(run("invite", round_id, "--count", "3", "--out", str(codes), "--json"))
    assert stat.S_IMODE(codes.stat().st_mode) == 0o600
    header, *lines = codes.read_text(encoding="utf-8").splitlines()
    assert (header, len(lines)) == ("code,link", 3)
    slips = tmp_path / "slips.pdf"
    answer(run("invite", round_id, "--count", "2", "--out", str(slips), "--language", "en", "--json"))
    assert (stat.S_IMODE(slips.stat().st_mode), slips.read_bytes()[:5]) == (0o600, b"%PDF-")
    refused = run("invite", round_id, "--count", "2", "--out", str(tmp_path / "codes.txt"))
    assert (refused.returncode, "ends in neither .csv nor .pdf" in refused.stderr) == (1, True)

    closed = answer(run("round", "close", round_id, "--json"))
    assert (closed["state"], closed["count"], closed["credentials_issued"]) == ("closed", 0, 0)
    assert closed["root"] == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    lost = answer(run("round", "unseal", round_id, "--json"))
    assert (lost["state"], lost["lost_because"]) == ("lost", "fewer responses than the minimum group size")
    assert answer(run("ballot-box", round_id, "--json"))["sound"]
    assert [entry["round_id"] for entry in answer(run("round", "list", "--json"))] == [round_id]
    missing = run("receipt", "verify", round_id, "0" * 64)
    assert (missing.returncode, missing.stdout) == (1, "The ballot box does not hold this receipt.\n")


def test_an_office_approves_at_the_command_line_with_its_own_password_and_second_factor(
    run: Run, home: Path, tmp_path: Path
) -> None:
    file = tmp_path / "approved.toml"
    file.write_text('approvals = ["staff-council"]\n' + SURVEY.format(survey_id="approved", roster_size=40))
    sha256 = answer(run("survey", "create", str(file), "--json"))["sha256"]
    password = "four words without sense\n"
    email = "council@office.example"
    office = ("--role", "auditor", "--office", "staff-council", "--password-stdin")
    assert run("team", "add", email, *office, stdin=password).returncode == 0
    assert f"{email}: auditor of staff-council" in run("team", "list").stdout
    planned = answer(run("round", "create", "approved", "--json"))
    assert (planned["state"], planned["waits_for"]) == ("scheduled", ["approval: staff-council"])
    approve = ("survey", "approve", "approved", "--as", email, "--password-stdin", "--hash")
    assert run(*approve, sha256, stdin="four words of somebody else\n").returncode == 1
    assert "Sign in once" in run(*approve, sha256, stdin=password).stderr
    secret = second_factor_of(home, email)
    assert run(*approve, sha256, stdin=password).returncode == 1
    assert "another one" in run(*approve, "0" * 64, stdin=f"{password}{code_of(secret)}\n").stderr
    approved = run(*approve, sha256, stdin=f"{password}{code_of(secret, ahead=1)}\n")
    assert approved.stdout.endswith(f"No approval is missing.\nRound {planned['round_id']} is open.\n")
    assert answer(run("survey", "show", "approved", "--json"))["approved"][0]["office"] == "staff-council"


def test_trustees_hold_and_unseal_a_round_at_the_command_line(run: Run, tmp_path: Path) -> None:
    (tmp_path / "held.toml").write_text(SURVEY.format(survey_id="held", roster_size=40))
    answer(run("survey", "create", str(tmp_path / "held.toml"), "--json"))
    passphrases = {"a@example.org": "five words drawn by chance", "b@example.org": "another five words by chance"}
    named = [word for email in passphrases for word in ("--trustee", email)]
    waiting = run("round", "create", "held", "--custody", "trustees", "--threshold", "2", *named)
    assert "Once one passphrase is lost, or every copy of the key file, its answers are lost for good" in waiting.stdout
    round_id = waiting.stdout.split()[1].rstrip(":")
    assert f"{round_id}: waits for its trustees' passphrases" in run("round", "list").stdout

    def as_trustee(verb: str, email: str, *words: str, passphrase: str | None = None) -> Any:
        return run(
            *("trustee", verb, round_id, email, "--passphrase-stdin", *words),
            stdin=f"{passphrase or passphrases[email]}\n",
        )

    for email in passphrases:
        done = as_trustee("add", email)
        assert done.returncode == 0, done.stderr
    assert "It does not open before these have come:\n  proof of a@example.org\n  proof of b@" in done.stdout
    assert as_trustee("prove", "a@example.org", passphrase="something else altogether").returncode == 1
    for email in passphrases:
        proven = as_trustee("prove", email)
        assert proven.returncode == 0, proven.stderr
    shown = answer(run("round", "show", round_id, "--json"))
    assert (shown["state"], shown["custody"], shown["waits_for"]) == ("open", "2 of 2 trustees", [])

    root = answer(run("round", "close", round_id, "--json"))["root"]
    seen = answer(run("trustee", "show", round_id, "--json"))
    assert (seen["state"], seen["ballot_box"]["root"], seen["ballot_box"]["count"]) == ("closed", root, 0)
    assert f"Root: {root}" in run("trustee", "show", round_id).stdout
    refused = run("round", "unseal", round_id)
    assert refused.returncode == 0  # too few responses: lost, unopened
    assert "Lost: fewer responses than the minimum group size" in refused.stdout
    assert as_trustee("give", "a@example.org", "--root", root).returncode == 1


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("round", "show", "nowhere"), "There is no round 'nowhere'. `survey-service round list` shows all rounds."),
        (("round", "create", "nowhere"), "There is no survey 'nowhere'."),
        (("survey", "create", "nowhere.toml"), "it cannot be read: No such file or directory"),
        (("receipt", "verify", "nowhere", "xyz"), "This is no receipt."),
        (("export", "nowhere", "--format", "csv", "--out", "out.csv"), "There is no round 'nowhere'."),
        (("questionnaire", "check", "nowhere.toml"), "nowhere.toml"),
        (("questionnaire", "preview", "nowhere.toml"), "nowhere.toml"),
        (("questionnaire", "preview", "core", "--language", "xx"), "There is no translation into `xx`."),
    ],
)
def test_a_refusal_names_reason_and_remedy_on_stderr_and_exits_with_1(
    run: Run, words: tuple[str, ...], reason: str
) -> None:
    refused = run(*words)
    assert refused.returncode == 1
    assert reason in refused.stderr
    assert refused.stdout == ""
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("round", "create", "trial", "--opens", "tomorrow"),
        ("round", "create", "trial", "--opens", "2026-12-01T08:00:00"),
        ("invite", "trial-2026-1", "--count", "0", "--out", "codes.csv"),
        ("nonsense",),
    ],
)
def test_wrong_usage_exits_with_2(run: Run, words: tuple[str, ...]) -> None:
    wrong = run(*words)
    assert wrong.returncode == 2
    assert "Usage:" in wrong.stderr


def test_an_unknown_setting_stops_the_start_and_names_the_known_ones(run: Run) -> None:
    refused = run("round", "list", SURVEY_DATABSE_URL="postgresql://nowhere")
    assert refused.returncode == 1
    assert "SURVEY_DATABSE_URL is not a setting. Known: " in refused.stderr


def test_a_key_directory_inside_the_data_directory_stops_the_start(run: Run, tmp_path: Path) -> None:
    refused = run("round", "list", SURVEY_DATA_DIR=str(tmp_path), SURVEY_KEY_DIR=str(tmp_path / "keys"))
    assert refused.returncode == 1
    assert "a backup would carry the keys" in refused.stderr


def test_a_key_directory_open_to_others_stops_the_start(run: Run, tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir(mode=0o755)
    refused = run("round", "list", SURVEY_DATA_DIR=str(tmp_path / "data"), SURVEY_KEY_DIR=str(tmp_path / "keys"))
    assert refused.returncode == 1
    assert "is open to others" in refused.stderr


def test_a_database_that_is_down_is_named_with_its_remedy(run: Run, tmp_path: Path) -> None:
    refused = run("round", "list", SURVEY_DATABASE_URL=f"postgresql://nobody@/none?host={tmp_path}")
    assert refused.returncode == 1
    assert "The database does not answer" in refused.stderr
    assert "survey-service doctor" in refused.stderr


def test_a_database_nobody_migrated_is_named_with_its_remedy(run: Run, tmp_path: Path) -> None:
    refused = run("survey", "list", SURVEY_DATA_DIR=str(tmp_path / "data"))
    assert refused.returncode == 1
    assert "Run `survey-service migrate`" in refused.stderr


def test_a_simulation_in_a_round_for_people_is_refused(run: Run, tmp_path: Path) -> None:
    survey = tmp_path / "people.toml"
    survey.write_text(SURVEY.format(survey_id="people", roster_size=40), encoding="utf-8")
    answer(run("survey", "create", str(survey), "--json"))
    round_id = answer(run("round", "create", "people", "--json"))["round_id"]
    refused = run("simulate", round_id, "--participants", "1")
    assert refused.returncode == 1
    assert "is for people, not for invented answers" in refused.stderr


def test_codes_are_never_written_over_a_file_that_is_there(run: Run, tmp_path: Path) -> None:
    codes = tmp_path / "codes.csv"
    codes.write_text("last round's", encoding="utf-8")
    refused = run("invite", "people-2026-1", "--count", "1", "--out", str(codes))
    assert refused.returncode == 1
    assert codes.read_text(encoding="utf-8") == "last round's"


def test_the_doctor_finds_the_embedded_installation_sound(run: Run) -> None:
    findings = answer(run("doctor", "--json"))
    assert {finding["name"] for finding in findings if not finding["is_ok"]} == set()
    assert {"database", "keys", "disk", "clock", "log_statement"} <= {finding["name"] for finding in findings}


def test_the_library_is_listed_and_sound(run: Run) -> None:
    listed = answer(run("questionnaire", "list", "--json"))
    assert {"core", "pulse", "open-source-2017"} <= {questionnaire["id"] for questionnaire in listed}


def test_a_preview_shows_every_question_with_its_answers_in_the_language_asked_for(run: Run) -> None:
    core = definitions.load(definitions.find("core"), ["en"])
    shown = " ".join(run("questionnaire", "preview", "core", "--language", "en").stdout.split())
    for item in core.items:
        assert item.text["en"] in shown
        assert all(option.text["en"] in shown for option in item.options)
    assert all(section.note["en"] in shown for section in core.sections if section.note)
    document = answer(run("questionnaire", "preview", "core", "--language", "en", "--json"))
    assert document["languages"] == ["en"]
    assert run("questionnaire", "preview", "core").stdout.startswith(
        definitions.load(definitions.find("core")).title["de"]
    )


def test_accounts_are_added_listed_and_disabled(run: Run) -> None:
    words = ("team", "add", "Kim@Example.org", "--role", "auditor", "--password-stdin", "--json")
    assert answer(run(*words, stdin="four words by chance\n")) == {
        "email": "kim@example.org",
        "role": "auditor",
        "disabled": False,
        "office": None,
        "has_second_factor": False,
        "office_today": None,
    }
    again = run(*words, stdin="four words by chance\n")
    assert (again.returncode, "team disable" in again.stderr) == (1, True)
    assert answer(run("team", "disable", "kim@example.org", "--json")) == {"email": "kim@example.org", "disabled": True}
    accounts = answer(run("team", "list", "--json"))
    assert [each["disabled"] for each in accounts if each["email"] == "kim@example.org"] == [True]
    assert "kim@example.org: auditor, disabled\n" in run("team", "list").stdout


def test_a_lost_second_factor_is_taken_away_at_the_command_line(run: Run, home: Path) -> None:
    email = "lost@example.org"
    words = ("team", "add", email, "--role", "operator", "--password-stdin")
    assert run(*words, stdin="four words by chance\n").returncode == 0
    assert f"{email}: operator, no second factor yet\n" in run("team", "list").stdout
    second_factor_of(home, email)
    assert f"{email}: operator\n" in run("team", "list").stdout
    assert answer(run("team", "reset-2fa", email, "--json")) == {"email": email, "has_second_factor": False}
    assert f"{email}: operator, no second factor yet\n" in run("team", "list").stdout
    assert run("team", "reset-2fa", "nobody@example.org").returncode == 1


def test_a_weak_password_an_unknown_role_and_an_unknown_account_are_refused(run: Run) -> None:
    weak = run("team", "add", "lee@example.org", "--role", "operator", "--password-stdin", stdin="passwort1234\n")
    assert (weak.returncode, "passwort1234" in weak.stderr) == (1, False)
    assert run("team", "add", "lee@example.org", "--role", "mayor", "--password-stdin", stdin="").returncode == 2
    assert run("team", "disable", "nobody@example.org").returncode == 1


def test_the_audit_log_is_shown_verified_and_exported(run: Run, tmp_path: Path) -> None:
    assert run(
        "team", "add", "audit@example.org", "--role", "auditor", "--password-stdin", stdin="four words without sense\n"
    )
    entries = answer(run("audit-log", "show", "--deed", "account-added", "--last", "1", "--json"))
    assert (entries[0]["who"], entries[0]["facts"]["email"]) == ("command line", "audit@example.org")
    head = answer(run("audit-log", "verify", "--json"))["head"]
    assert "The head you kept is in the log" in run("audit-log", "verify", "--head", head).stdout
    lost = run("audit-log", "verify", "--head", "0" * 63 + "1")
    assert (lost.returncode, "NOT SOUND" in lost.stdout) == (1, True)
    assert run("audit-log", "verify", "--head", "nonsense").returncode == 1
    out = tmp_path / "log.csv"
    assert answer(run("audit-log", "export", "--format", "csv", "--out", str(out), "--json"))["head"] == head
    assert out.read_text(encoding="utf-8").startswith("position,at,who,deed,facts,head")
    again = run("audit-log", "export", "--format", "json", "--out", str(out))
    assert (again.returncode, "Name a new file" in again.stderr) == (1, True)
