"""Reads exported releases of several municipalities and checks that they can be compared. Needs no database and no key."""

from collections.abc import Sequence

import msgspec
from msgspec import Struct

from questionnaires import definitions
from questionnaires.model import Questionnaire
from survey_service.domain.releases import ReleaseDocument
from survey_service.errors import Refusal
from survey_service.results.benchmark import Comparison, compare, name_of
from survey_service.results.wording import Language, Wording, words

LARGEST_RELEASE = 20_000_000  # bytes; the demonstration city's is a fiftieth of it
MOST_MUNICIPALITIES = 100


class NotComparable(Refusal):
    """Releases that say nothing beside one another."""


class ReleaseFile(Struct, frozen=True, kw_only=True):
    """name: of the file, for messages."""

    name: str
    content: bytes


def compare_municipalities(
    files: Sequence[ReleaseFile], language: Language, questionnaire: Questionnaire | None = None
) -> Comparison:
    """questionnaire: the one that all of them asked; None: the library's of that name.

    Raises: NotComparable.
    """
    if not 1 < len(files) <= MOST_MUNICIPALITIES:
        raise NotComparable(
            f"{len(files)} files cannot be compared.",
            remedy=f"Give the exported releases of 2 to {MOST_MUNICIPALITIES} municipalities.",
        )
    documents = [_read(file) for file in files]
    wording = Wording(language, words(language))
    _check(files, documents, wording)
    return compare(documents, questionnaire or _questionnaire_of(documents[0]), wording)


def _read(file: ReleaseFile) -> ReleaseDocument:
    remedy = "Export it anew: survey-service export R --format json --out FILE."
    if len(file.content) > LARGEST_RELEASE:
        raise NotComparable(f"{file.name} is larger than any release.", remedy=remedy)
    try:
        return msgspec.json.decode(file.content, type=ReleaseDocument)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise NotComparable(f"{file.name} is no exported release: {error}.", remedy=remedy) from error


def _check(files: Sequence[ReleaseFile], documents: Sequence[ReleaseDocument], wording: Wording) -> None:
    first, seen = documents[0], dict[str, str]()
    for file, document in zip(files, documents, strict=True):
        if (document.questionnaire, document.questionnaire_version) != _asked(first):
            raise NotComparable(
                f"{files[0].name} asked {' '.join(_asked(first))}, {file.name} {' '.join(_asked(document))}.",
                remedy="Compare rounds that asked the same questionnaire in the same version.",
            )
        if document.rehearsal != first.rehearsal:
            raise NotComparable(
                "Rehearsals have invented answers, and one of these is a round of people.",
                remedy="Leave the rehearsal out.",
            )
        name = name_of(document, wording)
        if name in seen:
            raise NotComparable(
                f"{seen[name]} and {file.name} are both of {name}.", remedy="Give one release of each municipality."
            )
        seen[name] = file.name


def _asked(document: ReleaseDocument) -> tuple[str, str]:
    return document.questionnaire, document.questionnaire_version


def _questionnaire_of(document: ReleaseDocument) -> Questionnaire:
    wanted = " ".join(_asked(document))
    if document.questionnaire in definitions.library():
        found = definitions.load(definitions.find(document.questionnaire))
        if found.version == document.questionnaire_version:
            return found
    raise NotComparable(f"There is no questionnaire {wanted} here.", remedy="Name its file with --questionnaire FILE.")
