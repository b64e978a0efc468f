"""`survey-service benchmark`: municipalities beside one another, from their exported releases alone."""

from collections.abc import Iterator
from pathlib import Path

import click

from questionnaires import definitions
from questionnaires.model import Questionnaire
from survey_service.cli.command import Answer, refusing, say
from survey_service.errors import Refusal
from survey_service.operations.compare_municipalities import ReleaseFile, compare_municipalities
from survey_service.results.benchmark import Comparison
from survey_service.results.cards import Card
from survey_service.results.wording import Language


def register(main: click.Group) -> None:
    main.add_command(benchmark)


class UnreadableFile(Refusal):
    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path} cannot be read: {reason}.", remedy="Name another file.")


@click.command(epilog="Example: survey-service benchmark aachen.json bonn.json cottbus.json --language en")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE…")
@click.option("--questionnaire", type=click.Path(path_type=Path), help="The one asked, where it is not of the library.")
@click.option("--language", type=click.Choice(["de", "en"]), default="de", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def benchmark(files: tuple[Path, ...], questionnaire: Path | None, language: Language, as_json: bool) -> None:
    """Compare municipalities by their exported releases (json), one file each.

    Needs no database, no key and no account: a random-effects summary, and each one's places with their uncertainty.
    """

    def run() -> Answer:
        asked = None if questionnaire is None else _questionnaire(questionnaire)
        return _answer(compare_municipalities([_file(path) for path in files], language, asked))

    say(refusing(run), as_json=as_json)


def _file(path: Path) -> ReleaseFile:
    try:
        return ReleaseFile(name=path.name, content=path.read_bytes())
    except OSError as error:
        raise UnreadableFile(path, str(error.strerror)) from error


def _questionnaire(path: Path) -> Questionnaire:
    try:
        return definitions.load(path)
    except definitions.DefinitionFaults as error:
        raise UnreadableFile(path, str(error)) from error


def _answer(found: Comparison) -> Answer:
    cards = (*found.scales, *found.items)
    document = {
        "municipalities": found.municipalities,
        "rehearsal": found.is_rehearsal,
        "figures": [
            {"id": card.id, "title": card.title, "centre": card.asked[0], "base": card.base}
            | {"columns": card.table.columns, "rows": card.table.rows}
            for card in cards
        ],
        "method": found.method,
    }
    return Answer(document=document, text="\n\n".join([*("\n".join(_lines(card)) for card in cards), *found.method]))


def _lines(card: Card) -> Iterator[str]:
    yield card.title
    yield from card.asked
    rows = (card.table.columns, *card.table.rows)
    widths = [max(len(row[place]) for row in rows) for place in range(len(card.table.columns))]
    for row in rows:
        first, *others = (
            text.ljust(width) if not place else text.rjust(width)
            for place, (text, width) in enumerate(zip(row, widths, strict=True))
        )
        yield "  ".join((f"  {first}", *others))
    if card.base:
        yield card.base
