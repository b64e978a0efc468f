"""Reads exported releases of several municipalities and checks that they can be compared. Needs no database and no key."""

from collections.abc import Iterator, Sequence
from typing import Literal

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


FaultName = Literal[
    "too_few", "too_many", "too_large", "no_release", "other_questionnaire", "rehearsal", "twice", "unknown"
]


class FileFault(Struct, frozen=True, kw_only=True):
    """What is wrong with a file, or with all of them. facts: for the sentence of a page; reason, remedy: for the command line."""

    name: FaultName
    reason: str
    remedy: str
    facts: dict[str, str] = {}


class NotComparable(Refusal):
    """Releases that say nothing beside one another; every fault that was found."""

    def __init__(self, *faults: FileFault) -> None:
        remedies = tuple(dict.fromkeys(fault.remedy for fault in faults))
        super().__init__(" ".join(fault.reason for fault in faults), remedy=" ".join(remedies))
        self.faults = faults


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
            FileFault(
                name="too_many" if len(files) > MOST_MUNICIPALITIES else "too_few",
                reason=f"{len(files)} files cannot be compared.",
                remedy=f"Give the exported releases of 2 to {MOST_MUNICIPALITIES} municipalities.",
                facts={"count": str(len(files)), "most": str(MOST_MUNICIPALITIES)},
            )
        )
    read = [_read(file) for file in files]
    if faults := [found for found in read if isinstance(found, FileFault)]:
        raise NotComparable(*faults)
    documents = [found for found in read if isinstance(found, ReleaseDocument)]
    wording = Wording(language, words(language))
    if faults := list(_faults(files, documents, wording)):
        raise NotComparable(*faults)
    return compare(documents, questionnaire or _questionnaire_of(documents[0]), wording)


def _read(file: ReleaseFile) -> ReleaseDocument | FileFault:
    remedy = "Export it anew: survey-service export R --format json --out FILE."
    facts = {"file": file.name}
    if len(file.content) > LARGEST_RELEASE:
        reason = f"{file.name} is larger than any release."
        return FileFault(name="too_large", reason=reason, remedy=remedy, facts=facts)
    try:
        return msgspec.json.decode(file.content, type=ReleaseDocument)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        reason = f"{file.name} is no exported release: {error}."
        return FileFault(name="no_release", reason=reason, remedy=remedy, facts=facts)


def _faults(
    files: Sequence[ReleaseFile], documents: Sequence[ReleaseDocument], wording: Wording
) -> Iterator[FileFault]:
    first, seen = documents[0], dict[str, str]()
    for file, document in zip(files, documents, strict=True):
        if _asked(document) != _asked(first):
            asked, other = " ".join(_asked(first)), " ".join(_asked(document))
            yield FileFault(
                name="other_questionnaire",
                reason=f"{files[0].name} asked {asked}, {file.name} {other}.",
                remedy="Compare rounds that asked the same questionnaire in the same version.",
                facts={"first": files[0].name, "asked": asked, "file": file.name, "other": other},
            )
        if document.rehearsal != first.rehearsal:
            yield FileFault(
                name="rehearsal",
                reason="Rehearsals have invented answers, and one of these is a round of people.",
                remedy="Leave the rehearsal out.",
                facts={"file": file.name if document.rehearsal else files[0].name},
            )
        name = name_of(document, wording)
        if name in seen:
            yield FileFault(
                name="twice",
                reason=f"{seen[name]} and {file.name} are both of {name}.",
                remedy="Give one release of each municipality.",
                facts={"first": seen[name], "file": file.name, "city": name},
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
    raise NotComparable(
        FileFault(
            name="unknown",
            reason=f"There is no questionnaire {wanted} here.",
            remedy="Name its file with --questionnaire FILE.",
            facts={"asked": wanted},
        )
    )
