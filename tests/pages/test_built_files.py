"""What browsers load is built from the sources beside it: a forgotten `make assets` is found here, without Node.js."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

WEB = Path(__file__).parents[2] / "survey_service" / "web"
SOURCES = WEB / "client"
STATIC = WEB / "static"


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((STATIC / "manifest.json").read_bytes())
    return found


def sha256(file: Path) -> str | None:
    return hashlib.sha256(file.read_bytes()).hexdigest() if file.exists() else None


def test_every_source_is_the_one_that_was_built(manifest: dict[str, Any]) -> None:
    changed = [path for path, digest in manifest["sources"].items() if sha256(SOURCES / path) != digest]
    assert changed == [], "run `make assets`"


def test_every_built_file_is_the_one_that_came_out(manifest: dict[str, Any]) -> None:
    changed = [name for name, output in manifest["outputs"].items() if sha256(STATIC / name) != output["sha256"]]
    assert changed == [], "run `make assets`, and leave its results as they are"


def test_every_entry_has_its_built_file_and_nothing_else_is_a_script_or_style_sheet(manifest: dict[str, Any]) -> None:
    entries = {"participation.js"} | {file.name for file in SOURCES.glob("pages/*.js")}
    entries |= {file.with_suffix(".css").name for file in SOURCES.glob("styles/[!_]*.scss")}
    assert (
        set(manifest["outputs"])
        == entries
        == {file.name for file in STATIC.iterdir() if file.suffix in {".js", ".css"}}
    )


def test_the_tools_of_the_build_are_pinned_by_their_hashes_wherever_they_come_from() -> None:
    packages = json.loads((SOURCES / "package-lock.json").read_bytes())["packages"]
    wanted = json.loads((SOURCES / "package.json").read_bytes())["devDependencies"]
    assert wanted == {name: packages[f"node_modules/{name}"]["version"] for name in wanted}
    tools = [package for path, package in packages.items() if path]
    assert all(package["integrity"].startswith("sha512-") and "resolved" not in package for package in tools)
