"""The audit log tells nothing of a participant: no deed of theirs, and no fact by which one could be found."""

import ast
from pathlib import Path

import asyncpg
import msgspec
import pytest

from survey_service.attack.attackers import forms
from survey_service.domain.audit_log import FACTS
from survey_service.operations.installation import Installation
from survey_service.operations.invite import invite
from tests.conftest import new_round
from tests.operations.participants import GitHub, take_part

SERVICE = Path(__file__).parents[2] / "survey_service"
PARTICIPANTS = (
    *SERVICE.joinpath("web", "participant").glob("*.py"),
    *(
        SERVICE / "operations" / f"{name}.py"
        for name in ("participate", "redeem_invitation", "submit_response", "simulate", "recount")
    ),
    SERVICE / "store" / "participation.py",
)


def test_no_code_that_participants_run_through_knows_the_audit_log() -> None:
    assert len(PARTICIPANTS) > 6
    for file in PARTICIPANTS:
        assert "audit_log" not in file.read_text(encoding="utf-8"), file


async def test_the_sessions_of_participants_have_no_right_to_write_or_read_it(installation: Installation) -> None:
    async with installation.database.session("participation") as connection:
        for statement in (
            "SELECT append_audit_entry('anyone', 'codes-drawn', '{}')",
            "SELECT entry FROM audit_entry",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)


def test_every_entry_is_written_with_facts_that_somebody_has_thought_about() -> None:
    """Looks at every call of `audit_log.append`: its facts stand in FACTS, and each of those is used."""
    used = set()
    for file in SERVICE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "audit_log.append":
                used |= {keyword.arg for keyword in node.keywords if keyword.arg is not None}
    assert used - set(FACTS) == set()


async def test_taking_part_leaves_no_entry_and_no_entry_names_a_code_or_a_receipt(
    installation: Installation, tmp_path: Path
) -> None:
    found = await new_round(installation, tmp_path)
    receipts = await take_part(installation, found, [GitHub] * 11)
    before = await entries(installation)
    codes = [invitation.code for invitation in await invite(installation, found.round_id, 3)]
    after = await entries(installation)
    assert len(after) == len(before) + 1  # the three codes together, as a number
    told = b"\n".join(after)
    async with installation.database.owner() as connection:
        rows = await connection.fetch("SELECT serial, randomizer, receipt FROM ballot")
        rows += await connection.fetch("SELECT code_hash, blinded_hash FROM invitation")
    for secret in [value for row in rows for value in row.values() if value is not None]:
        assert not [form for form in forms(secret) if form in told]
    for text in (*receipts, *codes, *(code.replace("-", "") for code in codes)):
        assert text.encode() not in told


async def test_between_two_deeds_the_log_is_the_same_whoever_takes_part(
    installation: Installation, tmp_path: Path
) -> None:
    found = await new_round(installation, tmp_path)
    await take_part(installation, found, [GitHub])
    one = await entries(installation)
    await take_part(installation, found, [GitHub] * 5)
    others = await entries(installation)
    assert len(others) == len(one) + 1
    drawn = msgspec.json.decode(others[-1])
    assert (drawn["deed"], drawn["facts"]) == ("codes-drawn", {"count": 5, "round_id": found.round_id})


async def entries(installation: Installation) -> list[bytes]:
    async with installation.database.owner() as connection:
        return [row["entry"] for row in await connection.fetch("SELECT entry FROM audit_entry ORDER BY position")]
