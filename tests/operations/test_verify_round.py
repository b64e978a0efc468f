"""Anyone counts a round again from what is public; whoever changed any of it is found out."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from survey_service.domain.encodings import fingerprint as fingerprint_of
from survey_service.domain.rounds import Round
from survey_service.operations.close_round import close_round
from survey_service.operations.unseal_round import unseal_round
from survey_service.operations.verify_round import (
    DocumentsUnreachable,
    NotADocument,
    PublicDocuments,
    fetch_documents,
    read_documents,
    verify_round,
)
from tests.conftest import migrated, new_round
from tests.operations.participants import GitHub, take_part
from tests.operations.running_service import own_settings, serving

PROGRAM = Path(sys.executable).with_name("survey-service")
RESPONDENTS = 12


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Round, Round]]:
    """Where a service runs, a round on it that is unsealed, and one that is open."""
    directory = tmp_path_factory.mktemp("public")
    settings = own_settings(directory)

    async def prepare() -> tuple[Round, Round]:
        async with migrated(settings) as installation:
            found = await new_round(installation, directory, roster_size=50)
            await take_part(installation, found, [GitHub] * RESPONDENTS)
            await close_round(installation, found.round_id)
            return await unseal_round(installation, found.round_id), await new_round(installation, directory)

    found, another = asyncio.run(prepare())
    with serving(settings):
        yield settings.base_url, found, another


@pytest.fixture
def documents(finished: tuple[str, Round, Round]) -> PublicDocuments:
    url, found, _ = finished
    return fetch_documents(url, found.round_id)


def test_an_untouched_round_is_sound_from_its_public_documents_alone(
    documents: PublicDocuments, finished: tuple[str, Round, Round]
) -> None:
    _, found, _ = finished
    verified: list[int] = []
    done = verify_round(documents, fingerprint=found.fingerprint.lower(), on_progress=verified.append)
    assert [check.name for check in done.checks if not check.holds] == []
    assert len(done.checks) == 10
    assert sum(verified) == RESPONDENTS
    assert (done.count, done.credentials_issued, done.roster_size) == (RESPONDENTS, RESPONDENTS, 50)
    assert (done.analysed, done.invalid) == (RESPONDENTS, 0)


def changed(name: str, forge: Callable[[Any], Any]) -> Callable[[PublicDocuments], PublicDocuments]:
    def change(documents: PublicDocuments) -> PublicDocuments:
        content = json.dumps(forge(json.loads(getattr(documents, name)))).encode()
        return msgspec.structs.replace(documents, **{name: content})

    return change


def another_roster(documents: PublicDocuments) -> PublicDocuments:
    """Terms that were changed together with the status: only a fingerprint from elsewhere finds it out."""
    terms = json.dumps(json.loads(documents.terms) | {"roster_size": 5000}).encode()
    status = json.dumps(json.loads(documents.status) | {"fingerprint": fingerprint_of(terms)}).encode()
    return msgspec.structs.replace(documents, terms=terms, status=status)


def with_one_serial_twice(credentials: list[dict[str, str]]) -> list[dict[str, str]]:
    first, second, *others = credentials
    return [first, second | {key: first[key] for key in ("serial", "randomizer", "signature")}, *others]


@pytest.mark.parametrize(
    ("change", "faults"),
    [
        (
            changed("status", lambda status: status | {"fingerprint": "0" * 26}),
            {"the fingerprint is that of the terms"},
        ),
        (another_roster, {"the fingerprint is the one you hold"}),
        (
            changed("ballot_box", lambda box: box | {"count": 11}),
            {"responses in the ballot box = count"},
        ),
        (
            changed("ballot_box", lambda box: box | {"credentials_issued": 11}),
            {"count <= credentials issued <= roster size"},
        ),
        (
            changed("ballot_box", lambda box: box | {"credentials_issued": 51}),
            {"count <= credentials issued <= roster size"},
        ),
        (changed("ballot_box", lambda box: box | {"invalid": 13}), {"analysed + invalid = count"}),
        (
            changed("ballot_box", lambda box: {name: told for name, told in box.items() if name != "invalid"}),
            {"analysed + invalid = count"},
        ),
        (changed("ballot_box", lambda box: box | {"root": "0" * 64}), {"the root is that of the receipts"}),
        (
            changed("ballot_box", lambda box: box | {"receipts": box["receipts"][::-1]}),
            {"receipts are sorted, and none stands twice", "each receipt has its credential"},
        ),
        (
            changed("ballot_box", lambda box: box | {"receipts": sorted(["0" * 64, *box["receipts"][1:]])}),
            {"the root is that of the receipts", "each receipt has its credential"},
        ),
        (changed("credentials", lambda all_: all_[1:]), {"each receipt has its credential"}),
        (changed("credentials", with_one_serial_twice), {"serials are distinct"}),
        (
            changed("credentials", lambda all_: [all_[0] | {"serial": all_[1]["randomizer"]}, *all_[1:]]),
            {"every credential carries a valid signature of the round's key"},
        ),
        (
            changed("credentials", lambda all_: [all_[0] | {"signature": "AA"}, *all_[1:]]),
            {"every credential carries a valid signature of the round's key"},
        ),
    ],
    ids=[
        "another fingerprint",
        "other terms",
        "another count",
        "fewer credentials than responses",
        "more credentials than persons",
        "more invalid than counted",
        "nothing said of invalid ones",
        "another root",
        "another order",
        "a response exchanged",
        "a credential left out",
        "a serial twice",
        "a serial nobody signed",
        "no signature at all",
    ],
)
def test_whatever_somebody_changed_is_named(
    documents: PublicDocuments,
    finished: tuple[str, Round, Round],
    change: Callable[[PublicDocuments], PublicDocuments],
    faults: set[str],
) -> None:
    done = verify_round(change(documents), fingerprint=finished[1].fingerprint)
    assert {check.name for check in done.checks if not check.holds} == faults
    assert not done.is_sound


@pytest.mark.parametrize("name", ["status", "terms", "ballot_box", "credentials"])
def test_what_is_no_document_is_refused(documents: PublicDocuments, name: str) -> None:
    for content in (b"", b"[]{", b"{}", b"\xff"):
        with pytest.raises(NotADocument):
            verify_round(msgspec.structs.replace(documents, **{name: content}))


def test_a_round_that_is_open_or_unknown_cannot_be_verified_yet(finished: tuple[str, Round, Round]) -> None:
    url, _, another = finished
    with pytest.raises(DocumentsUnreachable, match="not closed yet"):
        fetch_documents(url, another.round_id)
    with pytest.raises(DocumentsUnreachable, match="404"):
        fetch_documents(url, "nowhere")
    with pytest.raises(DocumentsUnreachable, match="no round"):
        fetch_documents(url, "../team")


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Callable[..., "subprocess.CompletedProcess[str]"]]:
    """The command on a machine that has nothing of the service's: no database, no keys."""

    def run(*words: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [PROGRAM, "verify", *words], cwd=tmp_path, capture_output=True, text=True, check=False, env={}
        )

    yield run
    assert [path.name for path in tmp_path.iterdir() if path.name != "kept"] == []


def test_the_command_verifies_over_the_network_and_from_kept_files_and_makes_nothing_of_its_own(
    finished: tuple[str, Round, Round], machine: Callable[..., "subprocess.CompletedProcess[str]"], tmp_path: Path
) -> None:
    url, found, _ = finished
    done = machine(found.round_id, "--url", url, "--fingerprint", found.fingerprint, "--keep", "kept")
    assert done.returncode == 0, done.stderr
    assert f"{RESPONDENTS} sealed responses <= {RESPONDENTS} credentials issued <= 50 on the roster" in done.stdout
    assert done.stdout.endswith("Every check holds.\n")
    assert read_documents(tmp_path / "kept").terms == found.terms
    again = machine(found.round_id, "--documents", "kept", "--json")
    assert json.loads(again.stdout)["sound"]
    box = tmp_path / "kept" / "ballot-box.json"
    box.write_text(box.read_text().replace('"count":12', '"count":11'))
    wrong = machine(found.round_id, "--documents", "kept")
    assert wrong.returncode == 1
    assert "NO  responses in the ballot box = count" in wrong.stdout
    assert machine("another-round", "--documents", "kept").returncode == 1
    assert machine(found.round_id).returncode == 2
    assert machine(found.round_id, "--url", "http://127.0.0.1:1").returncode == 1
