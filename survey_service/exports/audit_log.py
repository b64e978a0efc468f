"""The audit log as JSON, with the exact bytes that every hash is of, and as CSV for spreadsheets."""

import csv
import io
import json

import msgspec

from survey_service.domain.audit_log import AuditLog

COLUMNS = ("position", "at", "who", "deed", "facts", "head")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_json(log: AuditLog) -> bytes:
    """`entry` is the text that was hashed: SHA-256 of the head before and of its SHA-256 is `head`."""
    entries = [{"position": one.position, "entry": one.text, "head": one.head} for one in log.entries]
    document = {"head": log.head, "broken_at": log.broken_at, "entries": entries}
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def as_csv(log: AuditLog) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for entry in log.entries:
        at = "" if entry.at is None else f"{entry.at:%Y-%m-%dT%H:%M:%SZ}"
        facts = "; ".join(
            f"{name}={value if isinstance(value, str) else json.dumps(value)}" for name, value in entry.facts.items()
        )
        writer.writerow([entry.position, at, _plain(entry.who), _plain(entry.deed), _plain(facts), entry.head])
    return text.getvalue().encode()


def _plain(text: str) -> str:
    """No spreadsheet takes it for a formula: an address may begin with any sign."""
    return f"'{text}" if text.startswith(_FORMULA) else text
