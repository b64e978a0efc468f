"""Each database role does what its operation needs and nothing else: the statements are tried, not the grants read."""

from pathlib import Path

import asyncpg
import pytest

from survey_service.attack.evidence import superuser
from survey_service.operations.installation import Installation
from survey_service.store.database import Role
from tests.conftest import new_round

READINGS = {
    "sealed": "SELECT sealed FROM sealed_response",
    "partition": "SELECT * FROM {partition}",
    "invitation": "SELECT code_hash, blinded_hash FROM invitation",
    "ballot": "SELECT serial, receipt FROM ballot",
    "order of ballots": "SELECT serial FROM ballot ORDER BY xmin::text::bigint, ctid",
    "block": "SELECT encrypted FROM response_block",
    "release": "SELECT document FROM release",
    "proposal": "SELECT document FROM proposal",
    "verdicts": "SELECT accepted, blackened FROM comment_verdict",
    "band": "SELECT per_cent FROM participation_band",
    "audit log": "SELECT entry FROM audit_entry",
    "trustees": "SELECT email FROM trustee",
    "approvals": "SELECT office FROM approval",
    "mailings": "SELECT accepted FROM mailing",
    "notices": "SELECT email FROM team_notice",
    "drafts": "SELECT content FROM survey_draft",
    "samples": "SELECT stavalues1::text FROM pg_catalog.pg_statistic",
    "passwords": "SELECT rolpassword FROM pg_authid",
    "file": "SELECT pg_read_file('postgresql.conf')",
}
MAY_READ: dict[Role, set[str]] = {
    "participation": {"invitation", "ballot", "approvals"},
    "operation": {"ballot", "order of ballots", "trustees", "approvals", "band", "mailings", "drafts"},
    "opening": {"sealed", "ballot", "order of ballots"},
    "tabulation": {"block", "release", "proposal", "verdicts"},
    "reporting": {
        "drafts",
        "mailings",
        "ballot",
        "order of ballots",
        "release",
        "proposal",
        "band",
        "audit log",
        "trustees",
        "approvals",
    },
    "team": {"approvals", "notices"},
}
"""No role reads codes and the order of ballots, codes and anything sealed, or anything sealed and blocks."""

CHANGES = {
    "sealed": "INSERT INTO sealed_response (round_id, serial, sealed) VALUES ('{round_id}', '\\x00', '\\x00')",
    "sealed again": "UPDATE sealed_response SET sealed = sealed",
    "unsealed": "DELETE FROM sealed_response",
    "truncated": "TRUNCATE sealed_response",
    "partition": "TRUNCATE {partition}",
    "destroyed": "SELECT destroy_sealed_responses('{round_id}')",
    "ballot again": "UPDATE ballot SET receipt = receipt",
    "ballot gone": "DELETE FROM ballot",
    "code": "INSERT INTO invitation (round_id, code_hash) VALUES ('{round_id}', sha256('\\x01'))",
    "code spent": "UPDATE invitation SET blinded_hash = sha256('\\x01'), blind_signature = decode(repeat('00', 384), 'hex')"
    " WHERE round_id = '{round_id}' AND blinded_hash IS NULL",
    "code changed": "UPDATE invitation SET code_hash = sha256(code_hash)",
    "code voided": "SELECT void_invitations('{round_id}', ARRAY[sha256('\\x01')])",
    "code withdrawn": "SELECT withdraw_invitations('{round_id}', ARRAY[sha256('\\x01')])",
    "codes rewritten": "SELECT rewrite_invitations()",
    "code void": "UPDATE invitation SET void = true",
    "code gone": "DELETE FROM invitation WHERE round_id = '{round_id}'",
    "block": (
        "INSERT INTO response_block (round_id, content, block, encrypted) VALUES ('{round_id}', 'choices', 0, '\\x00')"
    ),
    "block again": "UPDATE response_block SET encrypted = encrypted",
    "block gone": "DELETE FROM response_block WHERE round_id = '{round_id}'",
    "release": "INSERT INTO release (round_id, number, document) VALUES ('{round_id}', 1, '\\x00')",
    "release again": "UPDATE release SET document = document",
    "release gone": "DELETE FROM release",
    "proposal": "INSERT INTO proposal (round_id, number, document) VALUES ('{round_id}', 1, '\\x00')",
    "proposal again": "UPDATE proposal SET document = document",
    "proposal gone": "DELETE FROM proposal",
    "verdict": "INSERT INTO comment_verdict (round_id, item_id, place, reviewer, accepted, blackened)"
    " VALUES ('{round_id}', 'remark', 0, '', true, '{{}}')",
    "verdict gone": "DELETE FROM comment_verdict",
    "reason": "UPDATE release SET withdrawn_because = ''",
    "band": "UPDATE participation_band SET per_cent = 0",
    "audit log": "DELETE FROM audit_entry",
    "audit log again": "UPDATE audit_entry SET entry = entry",
    "retention": "UPDATE round SET erase_at = erase_at + interval '10 years' WHERE round_id = '{round_id}'",
    "minimum": "UPDATE round SET minimum_group_size = minimum_group_size + 1 WHERE round_id = '{round_id}'",
    "analysed": "UPDATE round SET analysed = analysed WHERE round_id = '{round_id}'",
    "times": "UPDATE round SET closes_at = closes_at WHERE round_id = '{round_id}'",
    "terms": "UPDATE round SET terms = terms WHERE round_id = '{round_id}'",
    "approval": "INSERT INTO approval (survey_id, definition_sha256, office, email, approved_on)"
    " SELECT survey_id, definition_sha256, 'staff-council', '', now() FROM survey LIMIT 1",
    "approval again": "UPDATE approval SET office = office",
    "draft": "INSERT INTO survey_draft (draft_id, content, changed_by, changed_at) VALUES ('0123456789ab', '{{}}', '', now())",
    "draft gone": "DELETE FROM survey_draft",
    "proof": "UPDATE trustee SET proven = true",
    "trustee": "UPDATE trustee SET email = email",
    "round gone": "DELETE FROM round",
    "table": "CREATE TABLE survey.another (answers text)",
    "trigger": "ALTER TABLE round DISABLE TRIGGER keep_terms",
    "owner": "ALTER TABLE sealed_response OWNER TO CURRENT_USER",
    "program": "COPY (SELECT 1) TO PROGRAM 'true'",
}
MAY_CHANGE: dict[Role, set[str]] = {
    "participation": {"sealed", "code spent"},
    "operation": {
        "code",
        "code voided",
        "code withdrawn",
        "codes rewritten",
        "code gone",
        "block gone",
        "times",
        "proof",
        "verdict gone",
        "band",
        "draft",
        "draft gone",
    },
    "opening": {"destroyed", "block", "retention", "analysed"},
    "tabulation": {"release", "minimum", "proposal", "verdict", "reason"},
    "reporting": set(),
    "team": set(),
}


@pytest.mark.parametrize("role", MAY_READ)
async def test_a_role_reads_only_what_its_operation_reads(
    installation: Installation, role: Role, tmp_path: Path
) -> None:
    assert await allowed(installation, role, READINGS, tmp_path) == MAY_READ[role]


@pytest.mark.parametrize("role", MAY_CHANGE)
async def test_a_role_changes_only_what_its_operation_changes(
    installation: Installation, role: Role, tmp_path: Path
) -> None:
    assert await allowed(installation, role, CHANGES, tmp_path) == MAY_CHANGE[role]


async def test_nobody_but_the_owner_and_the_roles_has_any_right(installation: Installation) -> None:
    async with superuser(installation.settings) as connection:
        await connection.execute("CREATE ROLE stranger")
        try:
            await connection.execute("SET ROLE stranger")
            for statement in ("SELECT round_id FROM survey.round", "SELECT survey.clock()"):
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await connection.execute(statement)
        finally:
            await connection.execute("RESET ROLE")
            await connection.execute("DROP ROLE stranger")


async def allowed(installation: Installation, role: Role, statements: dict[str, str], directory: Path) -> set[str]:
    """The statements that the database lets this role run; nothing of them stays."""
    found = await new_round(installation, directory)
    async with installation.database.owner() as connection:
        partition = await connection.fetchval(
            "SELECT partition_name(number) FROM round WHERE round_id = $1", found.round_id
        )
    passed = set()
    async with installation.database.session(role) as connection:
        for name, statement in statements.items():
            transaction = connection.transaction()
            await transaction.start()
            try:
                await connection.execute(statement.format(round_id=found.round_id, partition=partition))
                passed.add(name)
            except asyncpg.InsufficientPrivilegeError:
                pass
            except asyncpg.CheckViolationError:
                passed.add(name)  # let in, and then refused because the round is open
            finally:
                await transaction.rollback()
    return passed
