"""`survey-service questionnaire …`."""

import textwrap
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import click

from questionnaires import definitions
from questionnaires.answers import longest_answer
from questionnaires.model import AnswerOption, Item, Questionnaire
from survey_service.cli.command import Answer, refusing, say
from survey_service.errors import Refusal

WIDTH = 100  # characters of a line that still reads well on a terminal
_KINDS = {"single": "one answer", "multiple": "several answers", "number": "a number", "text": "a text"}


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


@questionnaire.command(epilog="Example: survey-service questionnaire preview core --language de-simple")
@click.argument("file")
@click.option("--language", help="The tag of one of its languages, such as de; the file's own where none is named.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def preview(file: str, language: str | None, as_json: bool) -> None:
    """Show every question with its answers, as a text to read and to pass on. FILE: a definition, or a name of the library.

    On the team's pages the same questionnaire is seen as participants see it, on a phone.
    """
    say(refusing(lambda: _previewed(file, language)), as_json=as_json)


def _previewed(file: str, language: str | None) -> Answer:
    try:
        found = definitions.load(definitions.find(file), None if language is None else [language])
    except definitions.DefinitionFaults as error:
        raise FaultyQuestionnaires("\n".join(str(fault) for fault in error.faults)) from None
    except definitions.UnknownQuestionnaire as error:
        raise FaultyQuestionnaires(str(error)) from None
    tag = found.languages[0]
    shown = definitions.restrict(found, [tag])
    return Answer(document=shown, text="\n".join(_lines(shown, tag)))


def _lines(shown: Questionnaire, tag: str) -> Iterator[str]:
    """title, then section by section; what stands together in a block has its stem above it."""
    yield shown.title[tag]
    yield f"{shown.id} {shown.version}, {tag}, {len(shown.items)} items, at most {shown.minutes} minutes"
    if tag in shown.unconfirmed:
        yield "Translated by a machine, and confirmed by nobody yet."
    stems = {block.id: block.text[tag] for block in shown.blocks}
    numbers = {item.id: number for number, item in enumerate(shown.items, 1)}
    for section in shown.sections:
        yield f"\n== {section.title[tag]}"
        if section.note:
            yield from _wrapped(section.note[tag], "! ")
        for block, items in groupby(
            (item for item in shown.items if item.section == section.id), lambda each: each.block
        ):
            if block is not None:
                yield ""
                yield from _wrapped(stems[block], "")
            for item in items:
                yield from _item(item, numbers[item.id], tag)


def _item(item: Item, number: int, tag: str) -> Iterator[str]:
    yield ""
    yield from _wrapped(item.text[tag], f"{number:>3}. ")
    facts = [item.id, _KINDS[item.kind]]
    if item.show_if:
        facts.append(f"shown if {' and '.join(item.show_if)}")
    if item.options_from is not None:
        facts.append(f"one for each of the survey's {item.options_from}")
    yield f"     [{'; '.join(facts)}]"
    if item.hint:
        yield from _wrapped(item.hint[tag], "     ")
    for option in item.options:
        yield from _wrapped(_option(option, tag), "     [ ] " if item.kind == "multiple" else "     ( ) ")


def _option(option: AnswerOption, tag: str) -> str:
    return f"{option.text[tag]} (alone)" if option.exclusive else option.text[tag]


def _wrapped(text: str, before: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=before, subsequent_indent=" " * len(before))


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
