"""Writes docs/release.schema.json: `python -m tests.unit.exports.write_schema`, after a change of what a release holds."""

from pathlib import Path

import msgspec

from survey_service.domain.releases import ReleaseDocument

SCHEMA = Path(__file__).parents[3] / "docs" / "release.schema.json"


def written() -> bytes:
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema"} | msgspec.json.schema(ReleaseDocument)
    return msgspec.json.format(msgspec.json.encode(schema), indent=2) + b"\n"


if __name__ == "__main__":
    SCHEMA.write_bytes(written())
