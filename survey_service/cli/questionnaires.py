"""`survey-service questionnaire …`."""

from pathlib import Path

import click

from questionnaires import definitions
from questionnaires.answers import longest_answer
from survey_service.cli.command import Answer, refusing, say
from survey_service.errors import Refusal


def register(main: click.Group) -> None:
    main.add_command(questionnaire)


class FaultyQuestionnaires(Refusal):
    """Definitions with faults; every one of them, a line each."""


@click.group(epilog="Example: survey-service questionnaire check mine.toml")
def questionnaire() -> None:
    """Questionnaires: what is asked."""


@questionnaire.command(epilog="Example: survey-service questionnaire check mine.toml")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE…")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def check(files: tuple[Path, ...], as_json: bool) -> None:
    """Check definitions and show every fault at once."""
    say(refusing(lambda: _checked(files)), as_json=as_json)


@questionnaire.command("list", epilog="Example: survey-service questionnaire list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def list_all(as_json: bool) -> None:
    """List the questionnaires that come with the service."""
    say(refusing(_listed), as_json=as_json)


def _checked(files: tuple[Path, ...]) -> Answer:
    faults: list[str] = []
    sound: list[dict[str, object]] = []
    for file in files:
        try:
            found = definitions.load(file)
        except definitions.DefinitionFaults as error:
            faults.extend(str(fault) for fault in error.faults)
        else:
            sound.append(
                {
                    "file": str(file),
                    "id": found.id,
                    "version": found.version,
                    "sha256": definitions.content_hash(found),
                    "items": len(found.items),
                    "longest_answer": longest_answer(found),
                }
            )
    if faults:
        raise FaultyQuestionnaires("\n".join(faults))
    lines = [f"{s['file']}: {s['id']} {s['version']}, {s['items']} items, sha256 {s['sha256']}" for s in sound]
    return Answer(document=sound, text="\n".join(lines))


def _listed() -> Answer:
    found = [definitions.load(definitions.find(name, None)) for name in definitions.library()]
    return Answer(
        document=[
            {"id": q.id, "version": q.version, "languages": q.languages, "minutes": q.minutes, "items": len(q.items)}
            for q in found
        ],
        text="\n".join(
            f"{q.id} {q.version}: {len(q.items)} items, at most {q.minutes} minutes, {', '.join(q.languages)}"
            for q in found
        ),
    )
