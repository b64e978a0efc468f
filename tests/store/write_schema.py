"""Writes the golden schema anew from the migrations: ``python -m tests.store.write_schema``."""

import asyncio
import tempfile
from pathlib import Path

from tests.conftest import migrated, settings_in
from tests.store.test_migrations import GOLDEN, schema_of


async def main() -> None:
    with tempfile.TemporaryDirectory() as home:
        async with migrated(settings_in(Path(home))) as installation:
            GOLDEN.write_text(schema_of(installation.settings.data_dir / "postgres"), encoding="utf-8")


if __name__ == "__main__":
    asyncio.run(main())
