"""Questionnaire files -> checked `Questionnaire`s, and the bytes and hash they are known by.

The file format is described in ``docs/questionnaire-file.md``.
"""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
from msgspec.structs import replace

from questionnaires.faults import DefinitionFaults, Fault, FaultList
from questionnaires.model import AnswerOption, Item, Questionnaire, Text
from questionnaires.rules import LANGUAGE_TAG, check_meaning, check_options
from questionnaires.source_file import read_source
from questionnaires.toml_tables import TableReader, read_toml
from questionnaires.translation_file import Translation, translation_paths

__all__ = [
    "DefinitionFaults",
    "Fault",
    "NotCanonical",
    "UnknownLanguage",
    "UnknownQuestionnaire",
    "canonical_bytes",
    "content_hash",
    "find",
    "from_bytes",
    "library",
    "load",
    "restrict",
    "with_units",
]

LIBRARY = Path(__file__).parent / "library"

# Object members keep the Structs' order; only texts are dictionaries, and these are sorted by language.
_encoder = msgspec.json.Encoder(order="deterministic")
_decoder = msgspec.json.Decoder(Questionnaire, strict=True)


class UnknownQuestionnaire(LookupError):
    """No questionnaire by that name."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"There is no questionnaire `{name}`. The library has: {', '.join(library())}. "
            "A file of your own is named by a path that ends in .toml."
        )
        self.name = name


class UnknownLanguage(LookupError):
    """The questionnaire does not speak that language."""

    def __init__(self, language: str, known: Sequence[str]) -> None:
        super().__init__(f"The questionnaire has no language `{language}`. Choose from: {', '.join(known)}.")
        self.language = language
        self.known = tuple(known)


class NotCanonical(ValueError):
    """Bytes that no `canonical_bytes` has written."""


def library() -> tuple[str, ...]:
    """Return the ids of the questionnaires that come with the service, sorted."""
    return tuple(sorted(path.stem for path in LIBRARY.glob("*.toml") if "." not in path.stem))


def find(name_or_path: str, base: Path | None = None) -> Path:
    """Return the file of a library id, or of a path that ends in ``.toml`` (relative to `base`).

    Raises: UnknownQuestionnaire.
    """
    if name_or_path.endswith(".toml"):
        path = (base or Path()) / name_or_path
        if path.is_file():
            return path
    elif name_or_path in library():
        return LIBRARY / f"{name_or_path}.toml"
    raise UnknownQuestionnaire(name_or_path)


def load(path: Path, languages: Sequence[str] | None = None) -> Questionnaire:
    """Read a questionnaire file and its translations, and check everything.

    languages: tags to keep, in the order to offer them; only their files are read. None: the file's own language,
    then every translation that lies beside the file.

    Raises: DefinitionFaults, with all faults of all files read.
    """
    faults = FaultList(str(path))
    table = read_toml(path, faults)
    if table is None:
        raise DefinitionFaults(tuple(faults.found))
    top = TableReader(table, "", faults)
    language = top.text("language")
    if language and not LANGUAGE_TAG.fullmatch(language):
        top.fault("language", f"`{language}` is no language tag. Write it in lower case, such as de or de-simple.")
    translations = _translations(path, language, languages, faults)
    questionnaire = read_source(top, faults, language, translations)
    top.refuse_the_rest()
    check_meaning(questionnaire, faults)
    found = [*faults.found, *(fault for translation in translations for fault in translation.faults())]
    if found:
        raise DefinitionFaults(tuple(found))
    return questionnaire if languages is None else restrict(questionnaire, languages)


def _translations(
    path: Path, source_language: str, languages: Sequence[str] | None, faults: FaultList
) -> tuple[Translation, ...]:
    paths = translation_paths(path)
    if source_language in paths:
        faults.add("language", f"`{paths[source_language].name}` translates into the file's own language. Remove one.")
    wanted = paths if languages is None else dict.fromkeys(languages)
    if not wanted and languages is not None:
        faults.add(None, "No language was chosen. Choose at least one.")
    translations = []
    for tag in wanted:
        if tag == source_language:
            continue
        if not LANGUAGE_TAG.fullmatch(tag):
            faults.add(None, f"`{tag}` is no language tag. Write it in lower case, such as en or de-simple.")
        elif tag not in paths:
            faults.add(None, f"There is no translation into `{tag}`. Put it in {path.stem}.{tag}.toml beside the file.")
        else:
            translations.append(Translation(paths[tag], tag))
    return tuple(translations)


def restrict(questionnaire: Questionnaire, languages: Sequence[str]) -> Questionnaire:
    """Keep only `languages`, in the given order.

    Raises: UnknownLanguage; ValueError where no language is left.
    """
    chosen = tuple(dict.fromkeys(languages))
    if not chosen:
        raise ValueError("No language was chosen. Choose at least one.")
    for language in chosen:
        if language not in questionnaire.languages:
            raise UnknownLanguage(language, questionnaire.languages)

    def kept(text: Text) -> Text:
        return {language: text[language] for language in chosen if language in text}

    return replace(
        _with_texts(questionnaire, kept),
        languages=chosen,
        unconfirmed=tuple(language for language in questionnaire.unconfirmed if language in chosen),
    )


def _with_texts(questionnaire: Questionnaire, change: Callable[[Text], Text]) -> Questionnaire:
    """Return the questionnaire with `change` applied to every wording."""

    def changed_item(item: Item) -> Item:
        options = tuple(replace(option, text=change(option.text)) for option in item.options)
        return replace(item, text=change(item.text), hint=change(item.hint), options=options)

    return replace(
        questionnaire,
        title=change(questionnaire.title),
        sections=tuple(
            replace(section, title=change(section.title), note=change(section.note))
            for section in questionnaire.sections
        ),
        blocks=tuple(replace(block, text=change(block.text)) for block in questionnaire.blocks),
        items=tuple(changed_item(item) for item in questionnaire.items),
        scales=tuple(replace(scale, title=change(scale.title)) for scale in questionnaire.scales),
    )


def with_units(questionnaire: Questionnaire, units: Sequence[tuple[str, Text]]) -> Questionnaire:
    """Offer `units`, as (code, name by language), in every item with ``options_from = "units"``.

    The units come first, the item's own options ("prefer not to say") after them. Languages the questionnaire
    lacks are left out of the names.

    Raises: DefinitionFaults, for codes that are no names or stand twice, and for names missing in a language.
    """
    faults = FaultList("units")
    offered = []
    for number, (code, name) in enumerate(units):
        for language in questionnaire.languages:
            if not name.get(language, "").strip():
                faults.add(f"units[{number}]", f"The unit `{code}` has no name in `{language}`. Add it.")
        kept = {language: name[language].strip() for language in questionnaire.languages if language in name}
        offered.append(AnswerOption(code=code, text=kept))
    items = []
    for item in questionnaire.items:
        options = (*offered, *item.options) if item.options_from == "units" else item.options
        if item.options_from == "units":
            check_options(options, "units", faults)
        items.append(replace(item, options=options))
    if faults.found:
        raise DefinitionFaults(tuple(dict.fromkeys(faults.found)))
    return replace(questionnaire, items=tuple(items))


def canonical_bytes(questionnaire: Questionnaire) -> bytes:
    """Return the bytes served to participants: compact UTF-8 JSON, the same for equal questionnaires."""
    return _encoder.encode(questionnaire)


def content_hash(questionnaire: Questionnaire) -> str:
    """Return SHA-256 of the canonical bytes, in hex: what a survey approves and every answer names."""
    return hashlib.sha256(canonical_bytes(questionnaire)).hexdigest()


def from_bytes(canonical: bytes) -> Questionnaire:
    """Read canonical bytes again. Meaning is not judged anew: what was approved once stays readable.

    Raises: NotCanonical, also where the bytes would be written differently, for then their hash is another's.
    """
    try:
        questionnaire = _decoder.decode(canonical)
    except msgspec.DecodeError as error:
        raise NotCanonical(f"These bytes are no questionnaire: {error}.") from error
    if canonical_bytes(questionnaire) != canonical:
        raise NotCanonical("These bytes hold a questionnaire, but not in its one canonical form.")
    return questionnaire
